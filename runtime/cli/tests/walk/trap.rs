//! A component that breaks while it is written is shown with the line where that was, in a project as `platform new` writes it.

use crate::{Person, Project, edit};

const SOURCE: &str = "provisioners/postgres/src/lib.rs";
const BEFORE: &str = "        let settings: Settings = host.settings()?;\n";
/// On lines of its own; whether it is reached is not known before it runs.
const PLANTED: &str = "        if !settings.host.is_empty() {\n            panic!(\"planted\")\n        }\n";

#[test]
fn a_panic_is_shown_with_its_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let author = Person { home: folder.path().join("home"), folder: folder.path().to_owned() };
    // As the guide's, so that cargo compiles what both need once.
    let project =
        Project::new(&author, &["--provisioner", "postgres", "--provisioner", "dns", "--golden-path"]);
    let source = project.folder.join(SOURCE);
    edit(&source, BEFORE, &format!("{BEFORE}{PLANTED}"));
    let text = std::fs::read_to_string(&source).unwrap();
    let line = text.lines().position(|line| line.contains("panic!(\"planted\")")).unwrap() + 1;

    let output = author.types(&["platform", "dev", "--once", "--offline", project.folder.to_str().unwrap()]);
    let shown = String::from_utf8_lossy(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(12), "{shown}{said}");
    assert!(shown.contains("error[guest-trap]") && shown.contains("planted"), "{shown}");
    let innermost = shown.lines().map(str::trim).find(|line| line.starts_with("at "));
    let expected = format!("at {SOURCE}:{line}:");
    assert!(innermost.is_some_and(|found| found.starts_with(&expected)), "no `{expected}` first:\n{shown}");
}
