//! N9: requests wait for their turn, each line of a grant for itself.

use std::sync::Arc;

use innominatus_egress::{Egress, EgressConfig};
use innominatus_model::HttpMethod;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};

use crate::support::{MemoryVault, egress, not_sent, permit, request};

/// A server that tells of each request and answers when it is let.
struct Gate {
    url: String,
    arrived: mpsc::UnboundedReceiver<()>,
    answers: Arc<Semaphore>,
}

impl Gate {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let (tell, arrived) = mpsc::unbounded_channel();
        let answers = Arc::new(Semaphore::new(0));
        let let_through = Arc::clone(&answers);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (tell, answers) = (tell.clone(), Arc::clone(&let_through));
                tokio::spawn(async move {
                    let mut bytes = Vec::new();
                    while !bytes.ends_with(b"\r\n\r\n") && stream.read_buf(&mut bytes).await.unwrap_or(0) > 0
                    {
                    }
                    let _ = tell.send(());
                    answers.acquire().await.unwrap().forget();
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
                });
            }
        });
        Self { url, arrived, answers }
    }
}

/// Sends in the background.
fn spawn(egress: &Egress, entry: &'static str, url: &str, concurrency: u32) -> tokio::task::JoinHandle<u16> {
    let (egress, url) = (egress.clone(), url.to_owned());
    tokio::spawn(async move {
        let mut permit = permit(&url);
        permit.grant.limits.concurrency = concurrency;
        let post = request(HttpMethod::Post, &url);
        let sent = egress.send(entry, &post, &permit, None, &MemoryVault::default()).await;
        sent.unwrap().unwrap().status
    })
}

#[tokio::test]
async fn n9_a_line_holds_as_many_as_the_grant_says() {
    let mut gate = Gate::open().await;
    let egress = egress();
    let sent: Vec<_> = (0..6).map(|_| spawn(&egress, "p/e", &gate.url, 2)).collect();
    // Two are there at once; a third comes only after an answer.
    for _ in 0..2 {
        gate.arrived.recv().await.unwrap();
    }
    for _ in 0..4 {
        assert!(gate.arrived.try_recv().is_err());
        gate.answers.add_permits(1);
        gate.arrived.recv().await.unwrap();
    }
    gate.answers.add_permits(2);
    for sent in sent {
        assert_eq!(sent.await.unwrap(), 200);
    }
}

#[tokio::test]
async fn n9_a_full_line_keeps_nobody_else_waiting() {
    let mut gate = Gate::open().await;
    let egress = egress();
    let held = spawn(&egress, "p/e", &gate.url, 1);
    gate.arrived.recv().await.unwrap();

    // Another of the same line waits in vain, and says so.
    let mut permit = permit(&gate.url);
    permit.grant.limits.concurrency = 1;
    permit.grant.limits.timeout_ms = 40;
    let post = request(HttpMethod::Post, &gate.url);
    let result = egress.send("p/e", &post, &permit, None, &MemoryVault::default()).await.unwrap();
    assert!(not_sent(result).contains("too many requests"));
    assert!(gate.arrived.try_recv().is_err());

    // One of another component goes.
    let other = spawn(&egress, "p/other", &gate.url, 1);
    gate.arrived.recv().await.unwrap();
    gate.answers.add_permits(2);
    assert_eq!((held.await.unwrap(), other.await.unwrap()), (200, 200));
}

#[tokio::test]
async fn n9_there_is_a_bound_for_all_together() {
    let mut gate = Gate::open().await;
    let egress = Egress::new(EgressConfig { concurrency: 1, ..EgressConfig::default() }).unwrap();
    let first = spawn(&egress, "p/e", &gate.url, 8);
    gate.arrived.recv().await.unwrap();
    let second = spawn(&egress, "p/other", &gate.url, 8);
    tokio::task::yield_now().await;
    assert!(gate.arrived.try_recv().is_err());
    gate.answers.add_permits(1);
    assert_eq!(first.await.unwrap(), 200);
    gate.arrived.recv().await.unwrap();
    gate.answers.add_permits(1);
    assert_eq!(second.await.unwrap(), 200);
}

#[tokio::test]
async fn n9_a_request_that_is_given_up_gives_its_turn_back() {
    let mut gate = Gate::open().await;
    let egress = egress();
    let first = spawn(&egress, "p/e", &gate.url, 1);
    gate.arrived.recv().await.unwrap();
    first.abort();
    let second = spawn(&egress, "p/e", &gate.url, 1);
    gate.arrived.recv().await.unwrap();
    gate.answers.add_permits(2);
    assert_eq!(second.await.unwrap(), 200);
}
