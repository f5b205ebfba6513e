//! The author guide, word for word: every command of `docs/guides/author.md`, in its order, as a person would type it.

use std::path::Path;
use std::process::Command;

use innominatus_testkit::fixtures;

use crate::{PROGRAM, Person, Project, registry};

/// What stands between fences: the language that was named, and the lines.
fn fences(text: &str) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(language) if !inside => {
                found.push((language.to_owned(), Vec::new()));
                inside = true;
            }
            Some(_) => inside = false,
            None if inside => found.last_mut().unwrap().1.push(line.to_owned()),
            None => {}
        }
    }
    assert!(!inside, "a fence is left open");
    found
}

/// What a person does where a test cannot: ends what watches, and answers what asks.
fn typed(line: &str) -> String {
    match line {
        "innominatus platform dev" => format!("{line} --once"),
        line if line.contains("platform install ") => format!("{line} --grant all"),
        line => line.to_owned(),
    }
}

#[test]
fn every_command_of_the_author_guide_works() {
    let Some(registry) = registry() else { return };
    let folder = tempfile::tempdir().unwrap();
    let author = Person { home: folder.path().join("home"), folder: folder.path().to_owned() };
    let guide = fixtures::root().parent().unwrap().join("docs/guides/author.md");
    let text = std::fs::read_to_string(guide).unwrap();
    let place = format!("{registry}/guide-{}", std::process::id());
    let text = text.replace("registry.example.com/acme", &place);
    let mut project: Option<Project> = None;
    let mut ran = 0;
    for (language, lines) in fences(&text) {
        if language == "yaml" && lines[0] == "publish:" {
            let manifest = project.as_ref().unwrap().folder.join("platform.yaml");
            let text = std::fs::read_to_string(&manifest).unwrap();
            let (rest, _) = text.split_once("\npublish:").unwrap();
            std::fs::write(manifest, format!("{rest}\n{}\n", lines.join("\n"))).unwrap();
        }
        if !language.is_empty() {
            continue;
        }
        for line in lines.iter().map(|line| line.split("  #").next().unwrap().trim()) {
            ran += 1;
            match (line.strip_prefix("innominatus platform new acme "), &project) {
                // The same project, at a place where cargo finds what it built last time.
                (Some(arguments), _) => {
                    let arguments: Vec<&str> = arguments.split(' ').collect();
                    project = Some(Project::new(&author, &arguments));
                }
                (None, Some(project)) if line == "cd acme" => assert!(project.folder.ends_with("acme")),
                (None, project) => type_in(&author, &project.as_ref().unwrap().folder, &typed(line)),
            }
        }
    }
    assert!(ran >= 20, "{ran} commands are not the whole guide");
}

fn type_in(author: &Person, folder: &Path, line: &str) {
    let program = Path::new(PROGRAM).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    let output = Command::new("sh")
        .args(["-c", line])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", program.display()))
        .env("INNOMINATUS_HOME", &author.home)
        .env("HOME", &author.folder)
        .env_remove("DOCKER_CONFIG")
        .env_remove("STAGE")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "`{line}` ended with {}:\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
