//! Clients that are slow, or say nothing at all.

use innominatus_server::Limits;

use crate::client::{Request, Wire};
use crate::house::{House, SHORT, patient, soon};

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

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let house = House::with(Limits { body: SHORT, ..patient() }).await;
    let request = Request::new("POST", "/v1/apply").token(&house.token()).json("{\"files\":[]}");
    for mut wire in [house.tcp().await, house.unix().await] {
        wire.send(request.head()).await;
        wire.send("{\"fi").await;
        let answer = wire.answer().await;
        assert_eq!((answer.status, answer.problem().as_str()), (408, "request-timeout"));
    }
    let mut chunks = house.unix().await;
    let request = Request::new("POST", "/v1/apply").header("content-type", "application/json");
    chunks.send(request.header("transfer-encoding", "chunked").head()).await;
    chunks.send("1\r\n{\r\n").await;
    assert_eq!(chunks.answer().await.status, 408);
}

#[tokio::test]
async fn a_body_that_says_it_is_too_large_is_not_waited_for() {
    let house = House::new().await;
    let mut wire = house.tcp().await;
    let request = Request::new("POST", "/v1/apply").token(&house.token());
    let request = request.header("content-type", "application/json").header("content-length", "99999999");
    wire.send(request.head()).await;
    let answer = wire.answer().await;
    assert_eq!((answer.status, answer.problem().as_str()), (413, "body-too-large"));
}

#[tokio::test]
async fn a_body_without_a_token_is_not_waited_for() {
    let house = House::new().await;
    let mut wire = house.tcp().await;
    wire.send(Request::new("POST", "/v1/apply").json("{\"files\":[]}").head()).await;
    assert_eq!(wire.answer().await.status, 401);
}

/// Connections that say nothing, and are taken in by the server.
async fn silent(house: &House, number: usize) -> Vec<Wire> {
    let mut wires = Vec::new();
    for _ in 0..number {
        wires.push(house.tcp().await);
    }
    wires
}

#[tokio::test]
async fn who_is_one_too_many_is_told_so_and_the_socket_answers_as_ever() {
    let house = House::with(Limits { connections: 2, ..patient() }).await;
    let status = || Request::get("/v1/status");
    let mut wires = silent(&house, 2).await;
    // One that may be kept is not kept either.
    let mut third = house.tcp().await;
    third.send(status().token(&house.token()).header("connection", "keep-alive").head()).await;
    let answer = third.answer().await;
    assert_eq!((answer.status, answer.problem().as_str()), (503, "unavailable"));
    assert!(answer.json()["hint"].as_str().is_some());
    soon("the socket answers", async {
        for _ in 0..4 {
            assert_eq!(house.unix().await.ask(status()).await.status, 200);
        }
    })
    .await;
    wires.pop();
    soon("there is a place again", async { while house.ask_over_tcp(status()).await.status != 200 {} }).await;
}

#[tokio::test]
async fn who_is_many_too_many_is_closed_without_a_word() {
    let house = House::with(Limits { connections: 1, refusals: 1, ..patient() }).await;
    let wires = silent(&house, 2).await;
    assert_eq!(house.tcp().await.rest().await, b"");
    assert_eq!(house.unix().await.ask(Request::get("/v1/status")).await.status, 200);
    drop(wires);
    soon("there is a place again", async {
        loop {
            let mut wire = house.tcp().await;
            wire.send(Request::get("/v1/status").token(&house.token()).text()).await;
            if wire.rest().await.starts_with(b"HTTP/1.1 200") {
                break;
            }
        }
    })
    .await;
}
