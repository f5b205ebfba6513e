//! Writes of which nobody knows whether they happened, where that is easily overlooked.

use serde_json::json;

use crate::cloudy::{self, Sky, thing};
use crate::house::web;

#[tokio::test]
async fn a_write_whose_answer_nobody_could_read_is_open() {
    let sky = Sky::new().await;
    let narrow = cloudy::LINE.replace("secrets: true,", "secrets: true, limits: {responseBytes: 8},");
    cloudy::install(&sky.house.engine, &cloudy::grants(&sky.cloud, &narrow)).await.unwrap();
    let run = sky.house.run(&web(thing("gadget", json!({"steps": ["post"]})))).await;
    assert_eq!(run.error.unwrap().code, "in-doubt");
    assert_eq!(sky.cloud.created(), 1);
    sky.house.run(&web(thing("gadget", json!({"steps": ["post"]})))).await;
    assert_eq!(sky.cloud.created(), 1, "nothing is made before somebody has looked");
}
