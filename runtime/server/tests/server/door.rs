//! Who may call.

use std::os::unix::fs::PermissionsExt as _;

use crate::client::Request;
use crate::house::House;

#[tokio::test]
async fn over_tcp_a_token_is_asked_for() {
    let house = House::new().await;
    let token = house.token();
    for shown in [
        None,
        Some(String::new()),
        Some("Bearer".into()),
        Some("Bearer ".into()),
        Some(token.clone()),
        Some(format!("Basic {token}")),
        Some(format!("Bearer {token}0")),
        Some(format!("Bearer {}", &token[1..])),
    ] {
        let mut request = Request::get("/v1/status");
        if let Some(shown) = &shown {
            request = request.header("authorization", shown);
        }
        let answer = house.tcp().await.ask(request).await;
        assert_eq!((answer.status, answer.problem().as_str()), (401, "unauthenticated"), "{shown:?}");
        assert_eq!(answer.header("www-authenticate"), Some("bearer"));
        assert!(answer.json()["hint"].as_str().unwrap().contains("INNOMINATUS_TOKEN"));
        assert!(!answer.body.contains(&token), "the token is told to whoever asks");
    }
    assert_eq!(house.tcp().await.ask(Request::get("/v1/status").token(&token)).await.status, 200);
}

#[tokio::test]
async fn the_scheme_may_be_written_in_any_case() {
    let house = House::new().await;
    for scheme in ["bearer", "BEARER", "Bearer "] {
        let request =
            Request::get("/v1/status").header("authorization", &format!("{scheme} {}", house.token()));
        assert_eq!(house.tcp().await.ask(request).await.status, 200, "{scheme}");
    }
}

#[tokio::test]
async fn a_page_under_a_foreign_name_is_not_heard() {
    let house = House::new().await;
    for host in
        ["example.com", "example.com:80", "localhost.example.com", "127.0.0.1.example.com", "", "[::2]"]
    {
        let request = Request::get("/v1/status").token(&house.token()).header("host", host);
        let answer = house.tcp().await.ask(request).await;
        assert_eq!((answer.status, answer.problem().as_str()), (403, "forbidden"), "{host}");
    }
    let port = house.address().port();
    for host in ["localhost", "127.0.0.1", "[::1]"] {
        for host in [host.to_owned(), format!("{host}:{port}")] {
            let request = Request::get("/v1/status").token(&house.token()).header("host", &host);
            assert_eq!(house.tcp().await.ask(request).await.status, 200, "{host}");
        }
    }
}

#[tokio::test]
async fn the_socket_is_for_its_owner_and_asks_for_nothing() {
    let house = House::new().await;
    let request = Request::get("/v1/status").header("host", "example.com");
    assert_eq!(house.unix().await.ask(request).await.status, 200);
    for (file, mode) in [("home", 0o700), ("home/api.sock", 0o600), ("home/api.token", 0o600)] {
        let found = std::fs::metadata(house.folder.path().join(file)).unwrap().permissions().mode();
        assert_eq!(found & 0o777, mode, "{file}");
    }
}

#[tokio::test]
async fn the_token_of_a_home_stays_the_same() {
    let house = House::new().await;
    let (token, folder) = (house.token(), house.folder.clone());
    house.running.stop().await;
    let house = House::over(folder, crate::house::patient()).await.unwrap();
    assert_eq!(house.token(), token);
    assert!(token.len() >= 32);
}
