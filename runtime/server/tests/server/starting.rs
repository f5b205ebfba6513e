//! The start of a server, over whatever lies in its home.

use std::os::unix::net::UnixListener;
use std::sync::Arc;

use innominatus_model::{Code, Coded as _, ExitClass};
use innominatus_server::{Options, StartError, start_with};

use crate::client::Request;
use crate::house::{House, options, patient};

/// Why it does not start.
async fn refusal(options: Options) -> StartError {
    match start_with(options, patient()).await {
        Err(error) => error,
        Ok(_) => panic!("it started"),
    }
}

#[tokio::test]
async fn a_socket_that_nobody_listens_on_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    std::fs::create_dir(&home).unwrap();
    std::fs::set_permissions(&home, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    drop(UnixListener::bind(home.join("api.sock")).unwrap());
    assert!(home.join("api.sock").exists());
    let house = House::over(Arc::new(folder), patient()).await.unwrap();
    assert_eq!(house.ask(Request::get("/v1/status")).await.status, 200);
}

#[tokio::test]
async fn the_second_server_of_a_home_is_told_who_has_it() {
    let house = House::new().await;
    let error = refusal(options(&house.folder)).await;
    assert_eq!(error.code(), Code::StoreLocked, "{error:?}");
    let said = format!("{error}: {}", std::error::Error::source(&error).unwrap());
    assert!(said.contains(&std::process::id().to_string()), "{said}");
    assert!(error.remedy().is_some());
    // The first one has lost nothing.
    assert_eq!(house.ask(Request::get("/v1/status")).await.status, 200);
}

#[tokio::test]
async fn a_port_that_is_taken_is_said_and_the_home_is_free_again() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let address = taken.local_addr().unwrap();
    let error = refusal(Options { tcp: Some(address), ..options(&folder) }).await;
    assert!(matches!(error, StartError::Listen { .. }), "{error:?}");
    assert!(error.remedy().unwrap().contains("another port"));
    assert!(error.to_string().contains(&address.to_string()), "{error}");
    House::over(folder, patient()).await.unwrap();
}

#[tokio::test]
async fn only_loopback_is_served() {
    let folder = tempfile::tempdir().unwrap();
    for address in ["0.0.0.0:0", "192.0.2.1:0", "[::]:0"] {
        let error = refusal(Options { tcp: Some(address.parse().unwrap()), ..options(&folder) }).await;
        assert_eq!(error.code(), Code::Usage, "{error:?}");
    }
    assert!(!folder.path().join("home").exists(), "nothing was changed");
}

/// Whoever waits and tries again would wait for ever: exit code 7 would have scripts do that.
#[tokio::test]
async fn what_lasts_is_not_called_transient() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let port = refusal(Options { tcp: taken.local_addr().ok(), ..options(&folder) }).await;
    assert_eq!((port.code(), port.code().exit()), (Code::ListenFailed, ExitClass::Failed));

    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::write(elsewhere.path().join("home"), "a file").unwrap();
    let home = refusal(options(&elsewhere)).await;
    assert_eq!((home.code(), home.code().exit()), (Code::HomeUnusable, ExitClass::Failed));

    let token = folder.path().join("home/api.token");
    std::fs::create_dir(&token).unwrap();
    let token = refusal(options(&folder)).await;
    assert_eq!((token.code(), token.code().exit()), (Code::HomeUnusable, ExitClass::Failed));

    let store = tempfile::tempdir().unwrap();
    std::fs::create_dir(store.path().join("home")).unwrap();
    std::fs::write(store.path().join("home/store"), "a file").unwrap();
    let store = refusal(options(&store)).await;
    assert_eq!((store.code(), store.code().exit()), (Code::StoreFailed, ExitClass::Failed));
    for error in [port, home, token, store] {
        assert!(error.remedy().is_some(), "{error:?}");
    }
}

/// A disk that is not mounted looks like a home in which nothing was ever made.
#[tokio::test]
async fn a_store_that_is_gone_is_not_begun_anew_where_platforms_were_installed() {
    let House { running, folder } = House::new().await;
    running.stop().await;
    let home = folder.path().join("home");
    std::fs::write(home.join("components").join("some"), "bytes").unwrap();
    std::fs::rename(home.join("store"), folder.path().join("away")).unwrap();
    for _ in 0..2 {
        let error = refusal(options(&folder)).await;
        assert_eq!(error.code(), Code::StoreDamaged, "{error:?}");
        assert!(error.remedy().unwrap().contains("mounted"));
    }
    std::fs::remove_dir_all(home.join("store")).unwrap();
    std::fs::rename(folder.path().join("away"), home.join("store")).unwrap();
    House::over(folder, patient()).await.unwrap();
}

#[tokio::test]
async fn a_server_leaves_no_core_dump() {
    let house = House::new().await;
    let limit = rustix::process::getrlimit(rustix::process::Resource::Core);
    assert_eq!((limit.current, limit.maximum), (Some(0), Some(0)));
    drop(house);
}
