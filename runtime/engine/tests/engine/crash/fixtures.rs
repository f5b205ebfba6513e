//! The guests of the fixtures: chunks, secrets, long work, outputs of one in another.

use innominatus_engine::ApplyInput;
use innominatus_testkit::crash::matrix;
use serde_json::json;

use super::{AT_ONCE, apply_twice, copied, delete_twice};
use crate::house::{House, web_with};

fn wanted() -> ApplyInput {
    let resources = json!({
        // Too big for one record, so that chunks are written and swapped too.
        "big": {"type": "trivial", "params": {"text": "x".repeat(40_000)}},
        "key": {"type": "secretive"},
        "slow": {"type": "slow", "params": {"rounds": 1, "removalRounds": 1}},
        "user": {"type": "trivial", "params": {"key": "${resources.key.password}", "big": "${resources.big.id}"}},
        "last": {"type": "trivial", "params": {"of": "${resources.user.id}"}},
    });
    web_with(resources, json!({"secrets": true}))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_apply_survives_a_crash_at_every_write() {
    let house = House::new().await;
    let (image, wanted) = (copied(&house.memory).await, wanted());
    let folder = house.folder.path();
    let died = matrix("apply", AT_ONCE, |points| apply_twice(&image, folder, points, &wanted)).await;
    assert!(died > 40, "{died}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removal_survives_a_crash_at_every_write() {
    let house = House::new().await;
    house.run(&wanted()).await;
    let image = copied(&house.memory).await;
    let folder = house.folder.path();
    let died = matrix("removal", AT_ONCE, |points| delete_twice(&image, folder, points)).await;
    assert!(died > 20, "{died}");
}
