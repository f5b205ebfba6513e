//! The platform `aws`: the process dies around every write and every request, and nobody helps. What was made is found
//! again, what cannot be used is removed, and nothing is there twice.

use std::sync::Arc;

use innominatus_engine::{ApplyInput, Engine};
use innominatus_ledger::RunState;
use innominatus_model::Json;
use innominatus_testkit::crash::{Failpoints, matrix};
use serde_json::json;

use super::{applied, applied_alive, deleted, impatient, live, next_life, nothing_left, tidy};
use crate::aws::{Ground, shop};
use crate::cloudy::at_rest;
use crate::house::{Kept, engine, web};

impl Ground {
    /// A life that ends at one of the places, and what is left of it.
    async fn dies<W: Future<Output = ()>>(
        &self,
        points: &Arc<Failpoints>,
        work: impl FnOnce(Engine) -> W,
    ) -> Arc<innominatus_store::memory::MemoryStore> {
        let memory = self.again().await;
        self.cloud.until_death(points);
        live(&memory, self.folder.path(), points, work).await;
        self.cloud.outlive();
        memory
    }

    /// Dies while it carries out a wish, goes on, and is wished again.
    async fn carried_out(&self, points: Arc<Failpoints>, input: &ApplyInput) -> Json {
        let memory = self.dies(&points, |first| async move { applied(&first, input).await }).await;
        let second = next_life(&memory, self.folder.path()).await;
        let run = applied_alive(&second, input).await;
        assert_eq!(run.state, RunState::Succeeded, "{run:?}");
        assert!(second.apply(input).await.unwrap().unchanged);
        at_rest(second.ledger()).await;
        tidy(&memory, &second).await;
        second.shutdown().await;
        self.there()
    }

    /// Dies while it makes or removes; then it is removed.
    async fn removed(&self, points: Arc<Failpoints>, making: Option<&ApplyInput>) -> Json {
        let memory = self
            .dies(&points, |first| async move {
                match making {
                    Some(input) => applied(&first, input).await,
                    None => deleted(&first).await,
                }
            })
            .await;
        let folder = self.folder.path();
        let second = engine(Arc::new(Kept(Arc::clone(&memory))), folder, impatient(folder)).await.unwrap();
        deleted(&second).await;
        nothing_left(&memory, &second).await;
        second.shutdown().await;
        let there = self.there();
        json!([there["buckets"], there["users"], there["databases"]])
    }
}

// One account is served, so one process at a time works in it.
const ALONE: usize = 1;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_is_made_once_wherever_it_dies() {
    let (ground, wish) = (Ground::after(&[]).await, shop("01-made"));
    let died = matrix("aws", ALONE, |points| ground.carried_out(points, &wish)).await;
    assert!(died > 60, "{died}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_is_changed_wherever_it_dies() {
    let (ground, wish) = (Ground::after(&["01-made"]).await, shop("02-changed"));
    matrix("aws changed", ALONE, |points| ground.carried_out(points, &wish)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_shop_nothing_is_left_wherever_its_removal_dies() {
    let ground = Ground::after(&["04-removable"]).await;
    matrix("aws removed", ALONE, |points| ground.removed(points, None)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_half_a_bucket_nothing_is_left() {
    // The bucket, its user and its key: what takes the most steps to make.
    let wish = web(json!({"uploads": {"type": "s3", "params": {"forceDestroy": true}}}));
    let ground = Ground::after(&[]).await;
    matrix("half an aws", ALONE, |points| ground.removed(points, Some(&wish))).await;
}
