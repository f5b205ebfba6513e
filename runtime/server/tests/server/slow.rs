//! Clients that are slow, or say nothing at all.

use innominatus_server::Limits;

use crate::client::Request;
use crate::house::{House, SHORT, patient};

#[tokio::test]
async fn who_says_nothing_is_left() {
    let house = House::with(Limits { head: SHORT, ..patient() }).await;
    assert_eq!(house.tcp().await.rest().await, b"");
    assert_eq!(house.unix().await.rest().await, b"");
}

#[tokio::test]
async fn a_head_that_does_not_end_is_not_waited_for() {
    let house = House::with(Limits { head: SHORT, ..patient() }).await;
    for mut wire in [house.tcp().await, house.unix().await] {
        wire.send("GET /v1/status HTTP/1.1\r\nhost: local").await;
        assert_eq!(wire.rest().await, b"");
    }
    assert_eq!(house.ask(Request::get("/v1/status")).await.status, 200);
}

#[tokio::test]
async fn a_connection_that_is_kept_and_not_used_is_left() {
    let house = House::with(Limits { head: SHORT, ..patient() }).await;
    let mut wire = house.unix().await;
    wire.send(Request::get("/livez").header("connection", "keep-alive").head()).await;
    wire.until("ok\n").await;
    assert_eq!(wire.rest().await, b"");
}
