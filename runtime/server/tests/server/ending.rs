//! The end of a server: streams end, calls in flight are finished, and who does not finish is not waited for.

use std::net::SocketAddr;

use innominatus_server::Limits;
use tokio::net::TcpStream;

use crate::client::{Request, Wire};
use crate::house::{House, SHORT, patient, soon};

/// A call in flight: its head has been read, and its handler waits for the body.
async fn in_flight(mut wire: Wire, request: &Request) -> Wire {
    wire.send(request.clone().header("expect", "100-continue").head()).await;
    wire.until("HTTP/1.1 100 Continue\r\n\r\n").await;
    wire
}

const BODY: &str = "{\"files\":[]}";

fn validate() -> Request {
    Request::new("POST", "/v1/validate").json(BODY)
}

/// Waits until nobody listens there any more.
async fn refused(address: SocketAddr) {
    soon("no connection is taken", async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn calls_in_flight_are_finished_and_no_more_are_taken() {
    let house = House::new().await;
    let (address, socket, token) = (house.address(), house.socket(), house.token());
    let mut over_tcp = in_flight(house.tcp().await, &validate().token(&token)).await;
    let mut over_socket = in_flight(house.unix().await, &validate()).await;
    let stop = tokio::spawn(house.running.stop());
    refused(address).await;
    for wire in [&mut over_tcp, &mut over_socket] {
        wire.send(BODY).await;
        assert_eq!(wire.answer().await.status, 200);
    }
    soon("the server stopped", stop).await.unwrap();
    assert!(!socket.exists(), "the socket is gone");
}

#[tokio::test]
async fn who_does_not_finish_is_not_waited_for() {
    let house = House::with(Limits { drain: SHORT, ..patient() }).await;
    let mut wire = in_flight(house.unix().await, &validate()).await;
    soon("the server stopped", house.running.stop()).await;
    assert_eq!(wire.rest().await, b"", "it was cut");
}

#[tokio::test]
async fn idle_connections_end_at_once() {
    let house = House::new().await;
    let (mut silent, mut kept) = (house.tcp().await, house.unix().await);
    kept.send(Request::get("/livez").header("connection", "keep-alive").head()).await;
    kept.until("ok\n").await;
    soon("the server stopped", house.running.stop()).await;
    assert_eq!((silent.rest().await, kept.rest().await), (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn streams_end() {
    let house = House::new().await;
    let request = Request::get("/v1/events").header("accept", "text/event-stream");
    let mut streams = vec![house.unix().await, house.tcp().await];
    for wire in &mut streams {
        wire.send(request.clone().token(&house.token()).head()).await;
        assert!(wire.until("\r\n\r\n").await.contains("text/event-stream"));
    }
    soon("the server stopped", house.running.stop()).await;
    for wire in &mut streams {
        let rest = wire.rest().await;
        assert!(rest.ends_with(b"0\r\n\r\n"), "not ended, but cut: {rest:?}");
    }
}

#[tokio::test]
async fn another_server_takes_over_what_one_left() {
    let house = House::new().await;
    let folder = house.folder.clone();
    soon("the server stopped", house.running.stop()).await;
    let house = House::over(folder, patient()).await.unwrap();
    assert_eq!(house.ask(Request::get("/v1/status")).await.status, 200);
}
