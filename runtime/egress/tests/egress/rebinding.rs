//! N3: a name that leads elsewhere the second time. `127.0.0.1` is granted and stands for the server that is meant,
//! `127.0.0.2` for one inside that is not.

use innominatus_model::HttpMethod;

use crate::support::{MemoryVault, Reply, Scripted, Server, egress_with, permit, remedy, request, text};

/// A server that is meant and one that is not, on the same port.
async fn pair() -> (Server, Server, String) {
    let meant = Server::always(Reply::ok("meant")).await;
    let port = meant.address.port();
    let inside = Server::at(&format!("127.0.0.2:{port}"), Reply::ok("inside")).await;
    (meant, inside, format!("http://api.example.test:{port}/"))
}

#[tokio::test]
async fn n3_a_name_is_looked_up_once_for_a_connection() {
    let (meant, inside, url) = pair().await;
    // Had it been looked up to be judged and again to connect, the second answer would count.
    let resolver = Scripted::says(&["127.0.0.1", "127.0.0.2"]);
    let egress = egress_with(resolver.clone());
    let post = request(HttpMethod::Post, &url);
    let first = egress.send("p/e", &post, &permit(&url), None, &MemoryVault::default()).await.unwrap();
    assert_eq!(text(&first.unwrap()), "meant");
    assert_eq!(resolver.asked(), ["api.example.test"]);

    // The next connection is judged anew.
    let second = egress.send("p/e", &post, &permit(&url), None, &MemoryVault::default()).await.unwrap();
    assert!(remedy(second).contains("127.0.0.2"));
    assert_eq!((meant.connections(), inside.connections()), (1, 0));
}

#[tokio::test]
async fn n3_of_mixed_answers_only_the_allowed_addresses_are_connected_to() {
    let (meant, inside, url) = pair().await;
    for answer in ["127.0.0.2 127.0.0.1", "127.0.0.1 127.0.0.2", "169.254.169.254 127.0.0.1 ::1"] {
        let egress = egress_with(Scripted::says(&[answer]));
        let post = request(HttpMethod::Post, &url);
        let result = egress.send("p/e", &post, &permit(&url), None, &MemoryVault::default()).await.unwrap();
        assert_eq!(text(&result.unwrap()), "meant", "{answer}");
    }
    assert_eq!((meant.connections(), inside.connections()), (3, 0));
}

#[tokio::test]
async fn n3_an_allowed_address_that_is_down_leads_nowhere_else() {
    let (meant, inside, _) = pair().await;
    drop(meant);
    // A port that only the inner server listens on.
    let only = Server::at("127.0.0.2:0", Reply::ok("inside")).await;
    let url = format!("http://api.example.test:{}/", only.address.port());
    let egress = egress_with(Scripted::says(&["127.0.0.1 127.0.0.2"]));
    let post = request(HttpMethod::Post, &url);
    let result = egress.send("p/e", &post, &permit(&url), None, &MemoryVault::default()).await.unwrap();
    assert!(crate::support::not_sent(result).contains("no connection"));
    assert_eq!((inside.connections(), only.connections()), (0, 0));
}

#[tokio::test]
async fn n3_names_that_lead_nowhere_are_not_sent() {
    let url = "http://nowhere.example.test/";
    let egress = egress_with(Scripted::nobody());
    let post = request(HttpMethod::Post, url);
    let result = egress.send("p/e", &post, &permit(url), None, &MemoryVault::default()).await.unwrap();
    assert!(crate::support::not_sent(result).contains("leads to no address"));
}
