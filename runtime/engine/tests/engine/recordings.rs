//! What a component did, done again from what was kept.

use serde_json::json;

use crate::cloudy::{Sky, thing};

#[tokio::test]
async fn a_recording_replays_without_the_cloud() {
    let sky = Sky::new().await;
    sky.made(thing("widget", json!({"steps": ["post", "keyed", "look"], "key": true, "password": true})))
        .await;
    let recording = sky.house.engine.recording(sky.id("aa").await).await.unwrap();
    let before = sky.cloud.seen().len();
    let replayed = sky.house.engine.replay(&recording).await.unwrap();
    assert_eq!((replayed.answer.as_str(), replayed.calls as usize), ("ready", replayed.recorded));
    assert_eq!(sky.asked(before), Vec::<String>::new());
    // Less was recorded than it does; more was recorded than it does.
    for edit in [-1_i32, 1] {
        let mut other = recording.clone();
        match edit {
            1 => other.past.push(other.past.last().unwrap().clone()),
            _ => drop(other.past.pop()),
        }
        let error = sky.house.engine.replay(&other).await.unwrap_err();
        assert_eq!(innominatus_model::Coded::code(&error).to_string(), "effect-diverged", "{error}");
    }
}
