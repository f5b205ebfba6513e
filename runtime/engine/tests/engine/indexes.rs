//! Configured indexes: what they list is shown, and one that goes back is not believed.

use std::path::PathBuf;

use innominatus_package::{INDEX_NAME, PublishedEntry, PublishedIndex};

use crate::house::{House, chain, name};

/// An index in a folder of the home that `registries.yaml` names.
fn write(house: &House, folder: &str, generation: u64) {
    let entry = PublishedEntry {
        name: name("ours"),
        version: "1.0.0".parse().unwrap(),
        core: ">=1.0.0, <2.0.0".parse().unwrap(),
        repository: "registry.example/acme/ours".to_owned(),
        digest: innominatus_model::Digest::of("x"),
        types: Vec::new(),
        description: None,
    };
    let folder = home(house).join(folder);
    std::fs::create_dir_all(&folder).unwrap();
    let index = PublishedIndex { generation, entries: vec![entry] };
    std::fs::write(folder.join(INDEX_NAME), index.to_json().to_string()).unwrap();
}

fn configure(house: &House, folder: &str) {
    let text = format!("indexes:\n  - {{ name: corp, type: dir, path: {folder} }}\n");
    std::fs::write(home(house).join("registries.yaml"), text).unwrap();
}

fn home(house: &House) -> PathBuf {
    house.folder.path().to_owned()
}

/// How many versions are listed, and why an index is not believed.
async fn look(house: &House) -> (usize, Vec<String>) {
    let (listed, not_asked) = house.engine.discover(&name("default")).await.unwrap();
    (listed.len(), not_asked.iter().map(|it| chain(&it.error)).collect())
}

#[tokio::test]
async fn an_index_that_goes_back_is_not_believed() {
    let house = House::empty().await;
    configure(&house, "./index");
    write(&house, "index", 7);
    assert_eq!(look(&house).await, (1, vec![]));
    assert_eq!(look(&house).await, (1, vec![]), "it may stand still");
    write(&house, "index", 9);
    assert_eq!(look(&house).await, (1, vec![]));

    write(&house, "index", 7);
    let (listed, refused) = look(&house).await;
    assert_eq!((listed, refused.len()), (0, 1));
    assert!(refused[0].contains("it is generation 7 and was generation 9 before"), "{refused:?}");
    write(&house, "index", 9);
    assert_eq!(look(&house).await, (1, vec![]), "what was refused is not remembered");

    // Another place is another index.
    configure(&house, "./elsewhere");
    write(&house, "elsewhere", 1);
    assert_eq!(look(&house).await, (1, vec![]));
}
