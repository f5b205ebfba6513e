//! Files are read on a thread of their own: a hostile one may take a while, and requests of others go on.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::mpsc;
use std::task::Poll;

use serde_json::json;

use super::house::{House, file};

/// More turns than any request takes that waits for nothing.
const TURNS: usize = 10_000;

/// Requests of one thread, whose only other thread is taken: what is read apart is not read before that is free.
#[test]
fn files_are_read_apart() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build();
    runtime.unwrap().block_on(async {
        let house = House::empty().await;
        let request = || json!({"files": [file("containers: [")]});
        for (path, status) in
            [("/v1/score/sources", 200), ("/v1/validate", 200), ("/v1/plan", 422), ("/v1/apply", 422)]
        {
            let (free, taken) = mpsc::channel::<()>();
            let other = tokio::task::spawn_blocking(move || taken.recv());
            let mut asked = pin!(house.ask("POST", path, Some(request())));
            for _ in 0..TURNS {
                let answer = poll_fn(|context| Poll::Ready(asked.as_mut().poll(context))).await;
                assert!(answer.is_pending(), "`{path}` was read between the requests of others: {answer:?}");
                tokio::task::yield_now().await;
            }
            // Others are answered meanwhile.
            house.ok("GET", "/v1/status", None).await;
            free.send(()).unwrap();
            other.await.unwrap().unwrap();
            let (found, answer) = asked.await;
            assert_eq!(found, status, "{path}: {answer}");
        }
    });
}
