//! Artifacts meet what lies in a folder already.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use innominatus_api::wire::ArtifactView;
use tempfile::TempDir;

use super::*;

struct Here(TempDir);

impl Here {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.at(name)).unwrap()
    }

    fn mode(&self, name: &str) -> u32 {
        fs::metadata(self.at(name)).unwrap().permissions().mode() & 0o777
    }

    fn output(&self, application: &str, overwrite: bool) -> Output {
        Output {
            folder: self.0.path().to_path_buf(),
            application: application.into(),
            environment: "default".into(),
            overwrite,
        }
    }

    fn write(
        &self,
        application: &str,
        files: &[(&str, &str)],
        overwrite: bool,
    ) -> Result<Vec<String>, OutputError> {
        let output = self.output(application, overwrite);
        let artifacts: Vec<_> = files.iter().map(|(name, content)| artifact(name, content)).collect();
        Ok(write(&output, &artifacts)?
            .into_iter()
            .map(|file| format!("{} {}", file.state, file.name))
            .collect())
    }
}

fn artifact(name: &str, content: &str) -> ArtifactContent {
    ArtifactContent {
        artifact: ArtifactView {
            name: name.into(),
            media_type: "text/plain".into(),
            sensitive: name.contains("secret"),
            size: content.len() as u64,
        },
        content: BASE64.encode(content),
    }
}

#[test]
fn files_are_created_then_left_then_replaced_then_removed() {
    let here = Here::new();
    let both = [("compose.yaml", "a"), ("conf/x.txt", "x")];
    assert_eq!(here.write("shop", &both, false).unwrap(), ["created compose.yaml", "created conf/x.txt"]);
    assert_eq!(here.write("shop", &both, false).unwrap(), ["unchanged compose.yaml", "unchanged conf/x.txt"]);
    assert_eq!(
        here.write("shop", &[("compose.yaml", "b")], false).unwrap(),
        ["replaced compose.yaml", "removed conf/x.txt"]
    );
    assert_eq!(here.read("compose.yaml"), "b");
    assert!(!here.at("conf/x.txt").exists());
    assert_eq!(here.read(".innominatus/.gitignore"), "*\n");
}

#[test]
fn a_missing_file_comes_back() {
    let here = Here::new();
    here.write("shop", &[("compose.yaml", "a")], false).unwrap();
    fs::remove_file(here.at("compose.yaml")).unwrap();
    assert_eq!(here.write("shop", &[("compose.yaml", "a")], false).unwrap(), ["created compose.yaml"]);
}

#[test]
fn a_persons_file_stays_and_nothing_else_is_touched() {
    let here = Here::new();
    fs::write(here.at("compose.yaml"), "mine").unwrap();
    let error = here.write("shop", &[(".env", "new"), ("compose.yaml", "a")], false).unwrap_err();
    assert_eq!(error.code(), Code::OutputExists);
    assert!(error.remedy().unwrap().contains("--overwrite"));
    assert_eq!(here.read("compose.yaml"), "mine");
    assert!(!here.at(".env").exists(), "the other file is not written either");
    assert_eq!(here.write("shop", &[("compose.yaml", "a")], true).unwrap(), ["replaced compose.yaml"]);
}

#[test]
fn a_file_changed_since_is_a_persons_again() {
    let here = Here::new();
    here.write("shop", &[("compose.yaml", "a")], false).unwrap();
    fs::write(here.at("compose.yaml"), "a, with care").unwrap();
    let error = here.write("shop", &[("compose.yaml", "b")], false).unwrap_err();
    assert!(matches!(error, OutputError::Changed { .. }), "{error}");
    let left = here.write("shop", &[("other.yaml", "b")], false).unwrap();
    assert_eq!(left, ["created other.yaml"], "and it is not removed");
    assert_eq!(here.read("compose.yaml"), "a, with care");
}

#[test]
fn two_applications_do_not_take_each_others_files() {
    let here = Here::new();
    here.write("shop", &[("compose.yaml", "a")], false).unwrap();
    let error = here.write("blog", &[("compose.yaml", "b")], false).unwrap_err();
    assert_eq!(error.to_string().split('`').nth(3), Some("shop"), "{error}");
}

#[test]
fn a_crash_between_the_notes_leaves_no_stranger() {
    let here = Here::new();
    here.write("shop", &[("compose.yaml", "a")], false).unwrap();
    // As after a crash in the middle of replacing: the note knows both, the file is either.
    let old: Note = serde_json::from_str(&here.read(".innominatus/shop.json")).unwrap();
    let folder = Folder::open(here.0.path()).unwrap();
    let output = here.output("shop", false);
    folder.ensure_notes().unwrap();
    Note::of(&output, [("compose.yaml".to_owned(), Digest::of("b"))].into())
        .and(&old)
        .write(&folder)
        .unwrap();
    for content in ["a", "b"] {
        fs::write(here.at("compose.yaml"), content).unwrap();
        assert!(Note::read(&folder, "shop").unwrap().knows("compose.yaml", content.as_bytes()));
    }
    assert_eq!(here.write("shop", &[("compose.yaml", "c")], false).unwrap(), ["replaced compose.yaml"]);
}

#[test]
fn secrets_are_for_their_owner_alone_also_when_nothing_changed() {
    let here = Here::new();
    let files = [(".env", "A=1"), ("deep/secret.txt", "s"), ("compose.yaml", "a")];
    here.write("shop", &files, false).unwrap();
    assert_eq!((here.mode(".env"), here.mode("deep/secret.txt")), (0o600, 0o600));
    assert_ne!(here.mode("compose.yaml"), 0o600);
    assert_eq!(here.mode(".innominatus/shop.json"), 0o600);
    fs::set_permissions(here.at(".env"), fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(here.write("shop", &files, false).unwrap()[0], "unchanged .env");
    assert_eq!(here.mode(".env"), 0o600);
}

#[test]
fn names_that_leave_the_folder_are_refused() {
    let here = Here::new();
    let outside = here.0.path().parent().unwrap().join("x");
    let before = outside.exists();
    for bad in [
        "/etc/x",
        "../x",
        "a/../../x",
        "a//b",
        "",
        ".",
        "..",
        "a/.",
        "./a",
        "a\\b",
        "c:x",
        "a\nb",
        ".innominatus/shop.json",
        ".innominatus",
    ] {
        let error = here.write("shop", &[(bad, "x")], true).unwrap_err();
        assert!(matches!(error, OutputError::Name { .. }), "{bad:?}: {error}");
    }
    assert_eq!(outside.exists(), before);
}

#[test]
fn links_do_not_lead_writes_out_of_the_folder() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("target"), "precious").unwrap();
    let here = Here::new();
    symlink(outside.path(), here.at("way-out")).unwrap();
    symlink(outside.path().join("target"), here.at("link")).unwrap();
    assert!(here.write("shop", &[("way-out/x", "x")], true).is_err());
    assert!(!outside.path().join("x").exists());
    let error = here.write("shop", &[("link", "x")], false).unwrap_err();
    assert!(matches!(error, OutputError::Foreign { .. }), "{error}");
    here.write("shop", &[("link", "x")], true).unwrap();
    assert_eq!(fs::read_to_string(outside.path().join("target")).unwrap(), "precious");
}

#[test]
fn a_folder_in_the_way_is_not_replaced_even_when_asked() {
    let here = Here::new();
    fs::create_dir(here.at("compose.yaml")).unwrap();
    let error = here.write("shop", &[("compose.yaml", "x")], true).unwrap_err();
    assert!(matches!(error, OutputError::Folder { .. }), "{error}");
}

#[test]
fn commands_that_write_at_once_take_turns() {
    let here = Here::new();
    let text = "x".repeat(1 << 16);
    std::thread::scope(|scope| {
        for number in 0..8 {
            let (here, text) = (&here, &text);
            let files = [
                ("compose.yaml".to_owned(), format!("{number}{text}")),
                (".env".to_owned(), format!("{number}")),
            ];
            scope.spawn(move || {
                let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
                here.write("shop", &files, false).unwrap();
            });
        }
    });
    assert_eq!(here.read("compose.yaml").chars().next(), here.read(".env").chars().next());
}

#[test]
fn nothing_to_write_leaves_no_trace() {
    let here = Here::new();
    assert_eq!(here.write("shop", &[], false).unwrap(), [""; 0]);
    assert_eq!(fs::read_dir(here.0.path()).unwrap().count(), 0);
}

#[test]
fn what_a_killed_command_left_is_swept_away() {
    let here = Here::new();
    here.write("shop", &[("compose.yaml", "a")], false).unwrap();
    fs::write(here.at(".innominatus/4711.tmp"), "half a secr").unwrap();
    fs::write(here.at("mine.tmp"), "mine").unwrap();
    here.write("shop", &[("compose.yaml", "a")], false).unwrap();
    let mut left: Vec<_> = fs::read_dir(here.at(".innominatus"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, [".gitignore", ".lock", "shop.json"]);
    assert_eq!(here.read("mine.tmp"), "mine");
}

#[test]
fn what_is_left_of_an_application_can_be_told() {
    let here = Here::new();
    assert!(left(here.0.path(), "shop").is_empty());
    here.write("shop", &[("compose.yaml", "a"), (".env", "b")], false).unwrap();
    fs::remove_file(here.at(".env")).unwrap();
    assert_eq!(left(here.0.path(), "shop"), [here.at("compose.yaml")]);
    assert!(left(here.0.path(), "blog").is_empty());
}

/// What would be said before anything is made.
fn foreseen(here: &Here, names: &[&str], overwrite: bool) -> Result<(), OutputError> {
    let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
    check(&here.output("shop", overwrite), &names)
}

#[test]
fn what_is_in_the_way_is_seen_beforehand_and_nothing_is_touched() {
    let here = Here::new();
    fs::write(here.at("compose.yaml"), "mine").unwrap();
    fs::create_dir(here.at("dir")).unwrap();
    symlink("compose.yaml", here.at("link")).unwrap();
    symlink("nowhere", here.at("dangling")).unwrap();
    for (name, expected) in [
        ("compose.yaml", "`{}` exists and was not written by innominatus"),
        ("link", "`{}` exists and was not written by innominatus"),
        ("dangling", "`{}` exists and was not written by innominatus"),
        ("dir", "`{}` is a folder, and a file is to be written there"),
    ] {
        let error = foreseen(&here, &[".env", name], false).unwrap_err();
        assert_eq!(error.to_string(), expected.replace("{}", here.at(name).to_str().unwrap()));
        assert_eq!(error.code(), Code::OutputExists);
    }
    let error = foreseen(&here, &["compose.yaml/x"], true).unwrap_err();
    assert!(matches!(&error, OutputError::NoFolder { path } if *path == here.at("compose.yaml")), "{error}");
    assert!(foreseen(&here, &["compose.yaml", "link", "dangling", ".env", "new/x"], true).is_ok());
    assert!(matches!(foreseen(&here, &["dir"], true).unwrap_err(), OutputError::Folder { .. }));
    assert!(!here.at(".innominatus").exists() && !here.at("new").exists(), "no trace is left");
}

#[test]
fn our_own_files_are_in_nobodys_way_until_somebody_changes_them() {
    let here = Here::new();
    here.write("shop", &[("compose.yaml", "a"), ("conf/x", "x")], false).unwrap();
    assert!(foreseen(&here, &["compose.yaml", "conf/x", "conf/y"], false).is_ok());
    fs::write(here.at("compose.yaml"), "mended").unwrap();
    let error = foreseen(&here, &["compose.yaml"], false).unwrap_err();
    assert!(matches!(error, OutputError::Changed { .. }), "{error}");
    here.write("blog", &[("blog.yaml", "b")], false).unwrap();
    let error = foreseen(&here, &["blog.yaml"], false).unwrap_err();
    assert!(matches!(error, OutputError::Other { .. }), "{error}");
}

#[test]
fn a_folder_that_cannot_be_written_is_seen_beforehand() {
    let here = Here::new();
    fs::write(here.at("file"), "").unwrap();
    symlink("nowhere", here.at("dangling")).unwrap();
    let probed = |path: PathBuf| probe(&path);
    assert!(!probed(here.at("deep/new")).unwrap(), "there is nothing yet");
    assert!(!here.at("deep").exists());
    assert!(probed(here.0.path().to_path_buf()).unwrap());
    for (path, code) in [
        (here.at("file"), Code::OutputExists),
        (here.at("file/below"), Code::OutputExists),
        (here.at("dangling"), Code::OutputExists),
        // Nobody makes files there, not even who may do everything.
        (PathBuf::from("/proc/none"), Code::OutputFailed),
    ] {
        let error = probed(path.clone()).unwrap_err();
        assert_eq!(error.code(), code, "{}: {error}", path.display());
    }
    fs::write(here.at(".innominatus"), "mine").unwrap();
    let error = probed(here.0.path().to_path_buf()).unwrap_err();
    assert!(matches!(error, OutputError::NoFolder { .. }), "{error}");
}

#[test]
fn another_environment_of_the_same_application_is_somebody_else() {
    let here = Here::new();
    here.write("shop", &[("compose.yaml", "default\n")], false).unwrap();
    let staging = |overwrite| Output { environment: "staging".into(), ..here.output("shop", overwrite) };
    let files = [artifact("compose.yaml", "staging\n")];
    let names = ["compose.yaml".to_owned()];
    let refused = write(&staging(false), &files).unwrap_err();
    let text = "was written for environment `default` of application `shop`";
    assert!(refused.to_string().ends_with(text), "{refused}");
    assert!(check(&staging(false), &names).unwrap_err().to_string().ends_with(text));
    assert_eq!(here.read("compose.yaml"), "default\n");
    write(&staging(true), &files).unwrap();
    assert_eq!(here.read("compose.yaml"), "staging\n");
    write(&staging(false), &[artifact("compose.yaml", "again\n")]).unwrap();
}
