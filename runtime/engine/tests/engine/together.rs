//! Many at the same time.

use innominatus_ledger::RunState;
use serde_json::json;

use crate::house::{House, shop};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workloads_of_one_application_can_be_applied_at_the_same_time() {
    let house = House::new().await;
    let shared = json!({"type": "trivial", "id": "shared"});
    let one = shop("one", json!({"shared": shared, "aa": {"type": "trivial"}}));
    let two = shop("two", json!({"shared": shared, "bb": {"type": "secretive"}}));
    let three = shop("three", json!({"cc": {"type": "slow"}}));
    let (one, two, three) = tokio::join!(house.apply(&one), house.apply(&two), house.apply(&three));
    let mut succeeded = 0;
    for accepted in [one, two, three] {
        let run = house.ended(accepted.run.unwrap()).await;
        assert_ne!(run.state, RunState::Failed, "{run:?}");
        succeeded += usize::from(run.state == RunState::Succeeded);
    }
    assert!(succeeded >= 1, "the last one is carried out");
    let resources = house.resources("shop").await;
    assert_eq!(resources.keys().collect::<Vec<_>>(), ["aa", "bb", "cc", "shared"]);
    assert!(resources.values().all(innominatus_ledger::Resource::is_settled));
    assert_eq!(house.engine.runs_at_work(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_ends_while_the_next_plan_is_accepted_is_not_called_failed() {
    let house = House::new().await;
    for round in 0..20_u32 {
        let input = |n: u32| shop("one", json!({"aa": {"type": "trivial", "params": {"n": n}}}));
        let first = house.apply(&input(round * 2)).await.run.unwrap();
        let second = house.apply(&input(round * 2 + 1)).await.run.unwrap();
        assert_ne!(house.ended(first).await.state, RunState::Failed);
        assert_eq!(house.ended(second).await.state, RunState::Succeeded);
    }
}
