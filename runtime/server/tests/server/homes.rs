//! Which folders can be a home, and what becomes of their modes.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::sync::Arc;

use innominatus_model::Coded as _;
use innominatus_server::{HomeError, StartError, start_with};
use tempfile::TempDir;

use crate::client::Request;
use crate::house::{House, options, patient};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// A folder with a home in it that has this mode.
fn home(mode: u32) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    fs::create_dir(&home).unwrap();
    fs::set_permissions(&home, Permissions::from_mode(mode)).unwrap();
    folder
}

async fn refusal(folder: &TempDir) -> HomeError {
    match start_with(options(folder), patient()).await {
        Err(error) => {
            assert!(error.remedy().unwrap().contains("--home"), "{error:?}");
            match error {
                StartError::Home { source, path } => {
                    assert_eq!(path, folder.path().join("home"));
                    source
                }
                other => panic!("{other:?}"),
            }
        }
        Ok(_) => panic!("it started"),
    }
}

/// The files of a folder, each with its mode.
fn listing(folder: &Path) -> Vec<(String, u32)> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let mut listing: Vec<_> =
        entries.map(|entry| (entry.file_name().into_string().unwrap(), mode(&entry.path()))).collect();
    listing.sort();
    listing
}

#[tokio::test]
async fn a_folder_that_we_make_is_for_its_owner_alone() {
    let house = House::new().await;
    let home = house.folder.path().join("home");
    for private in ["", "store", "keys", "settings", "compiled"] {
        assert_eq!(mode(&home.join(private)), 0o700, "{private}");
    }
    for (private, _) in listing(&home.join("keys")) {
        assert_eq!(mode(&home.join("keys").join(&private)), 0o600, "{private}");
    }
}

#[tokio::test]
async fn a_folder_that_holds_other_things_is_left_as_it_is() {
    for (name, folder_mode) in [("notes.txt", 0o755), (".profile", 0o700), ("store.bak", 0o755)] {
        let folder = home(folder_mode);
        let path = folder.path().join("home");
        fs::write(path.join(name), "mine").unwrap();
        // What could be ours does not make it a home.
        fs::create_dir(path.join("settings")).unwrap();
        let before = (mode(&path), listing(&path));
        let error = refusal(&folder).await;
        assert!(matches!(&error, HomeError::Foreign(first) if first == name), "{error:?}");
        assert_eq!((mode(&path), listing(&path)), before);
    }
}

#[tokio::test]
async fn a_folder_that_others_may_write_to_is_left_as_it_is() {
    for open in [0o777, 0o1777, 0o775, 0o702] {
        let folder = home(open);
        let error = refusal(&folder).await;
        assert!(matches!(error, HomeError::Open(mode) if mode == open), "{error:?}");
        assert_eq!((mode(&folder.path().join("home")), listing(&folder.path().join("home"))), (open, vec![]));
    }
}

#[tokio::test]
async fn an_empty_folder_is_taken_and_keeps_its_mode() {
    let folder = Arc::new(home(0o755));
    let path = folder.path().join("home");
    fs::create_dir(path.join("lost+found")).unwrap();
    for _ in 0..2 {
        let house = House::over(folder.clone(), patient()).await.unwrap();
        assert_eq!(house.ask(Request::get("/v1/status")).await.status, 200);
        house.running.stop().await;
        assert_eq!(mode(&path), 0o755);
        for private in ["store", "keys", "settings", "compiled"] {
            assert_eq!(mode(&path.join(private)), 0o700, "{private}");
        }
        assert_eq!(mode(&path.join("api.token")), 0o600);
    }
}

#[tokio::test]
async fn what_is_private_becomes_so_again_but_not_where_a_link_leads() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    House::over(folder.clone(), patient()).await.unwrap().running.stop().await;
    let home = folder.path().join("home");
    let elsewhere = folder.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::remove_dir(home.join("settings")).unwrap();
    symlink(&elsewhere, home.join("settings")).unwrap();
    for (name, open) in [("store", 0o755), ("keys", 0o750), ("api.token", 0o644)] {
        fs::set_permissions(home.join(name), Permissions::from_mode(open)).unwrap();
    }
    fs::set_permissions(&elsewhere, Permissions::from_mode(0o755)).unwrap();
    // What a person put beside it later does no harm.
    fs::write(home.join("notes.txt"), "mine").unwrap();
    House::over(folder.clone(), patient()).await.unwrap().running.stop().await;
    for (name, private) in [("store", 0o700), ("keys", 0o700), ("api.token", 0o600)] {
        assert_eq!(mode(&home.join(name)), private, "{name}");
    }
    assert_eq!(mode(&elsewhere), 0o755);
}

#[tokio::test]
async fn what_is_no_folder_is_no_home() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("home"), "a file").unwrap();
    let error = refusal(&folder).await;
    assert!(matches!(error, HomeError::Io(_)), "{error:?}");
}
