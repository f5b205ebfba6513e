//! The platform `compose`, with a Score file as people write them.

use innominatus_engine::ApplyInput;
use innominatus_score::Source;
use innominatus_testkit::crash::matrix;
use innominatus_testkit::{fixtures, programs};

use super::{AT_ONCE, apply_twice, copied, delete_twice};
use crate::house::{House, name};

fn shop() -> ApplyInput {
    let file = fixtures::root().join("quickstart/shop.score.yaml");
    let text = std::fs::read(file).unwrap();
    let source = Source { name: "shop.score.yaml".into(), text, ..Source::default() };
    ApplyInput { application: Some(name("web")), sources: vec![source], ..ApplyInput::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn compose_survives_a_crash_at_every_write() {
    let house = House::empty().await;
    house.install(&programs::platform("compose")).await;
    let (image, wanted) = (copied(&house.memory).await, shop());
    let folder = house.folder.path();
    matrix("compose", AT_ONCE, |points| apply_twice(&image, folder, points, &wanted)).await;
    house.run(&wanted).await;
    let image = copied(&house.memory).await;
    matrix("compose removed", AT_ONCE, |points| delete_twice(&image, folder, points)).await;
}
