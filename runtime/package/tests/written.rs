//! Golden paths and resource definitions that are files: what is read from `fixtures/golden-paths/valid` and
//! `fixtures/packages/written`, and every word said about those that are refused.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::path::Path;

use innominatus_model::{Coded as _, Diagnostic, Severity, WrittenPath, WrittenWork};
use innominatus_package::{Package, open_folder, read_golden_path};
use innominatus_testkit::{fixtures, golden};

fn lines(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|finding| format!("{finding}\n")).collect()
}

fn check_all(folder: &str, extension: &str, render: impl Fn(&str, &[u8]) -> String) {
    let folder = fixtures::root().join("golden-paths").join(folder);
    let differences: Vec<_> = fixtures::files(folder, ".yaml")
        .iter()
        .filter_map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            let said = render(name, &std::fs::read(path).unwrap());
            golden::compare(path.with_extension(extension), &said).err()
        })
        .collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn valid_golden_paths_are_read_whole() {
    check_all("valid", "txt", |name, text| {
        let read = read_golden_path(name, text);
        let (path, warnings) = read.unwrap_or_else(|errors| panic!("{}", lines(&errors.diagnostics)));
        assert!(warnings.iter().all(|finding| finding.severity == Severity::Warning));
        summary(&path) + &lines(&warnings)
    });
}

#[test]
fn invalid_golden_paths_are_refused_with_every_reason() {
    check_all("invalid", "err", |name, text| {
        let errors = read_golden_path(name, text).expect_err(name);
        assert!(errors.diagnostics.iter().any(|finding| finding.severity == Severity::Error));
        for finding in &errors.diagnostics {
            assert!(finding.hint.is_some(), "{finding}");
            assert!(finding.line > 0, "{finding}");
        }
        lines(&errors.diagnostics)
    });
}

#[test]
fn no_part_that_is_left_out_or_cut_off_confuses_the_reader() {
    // Every answer is a golden path or at least one error; anything else would panic.
    let read = |text: &[u8]| {
        if let Err(errors) = read_golden_path("path.yaml", text) {
            assert!(errors.diagnostics.iter().any(|finding| finding.severity == Severity::Error));
        }
    };
    for path in fixtures::files(fixtures::root().join("golden-paths/valid"), ".yaml") {
        let text = std::fs::read_to_string(path).unwrap();
        let lines: Vec<_> = text.lines().collect();
        for without in 0..lines.len() {
            read([&lines[..without], &lines[without + 1..]].concat().join("\n").as_bytes());
            let (key, _) = lines[without].split_once(':').unwrap_or((lines[without], ""));
            for value in ["", " null", " []", " {}", " 1", " [{}]", " {a: b}", " \"${parameters.x}\""] {
                let changed = format!("{key}:{value}");
                let all = [&lines[..without], &[changed.as_str()], &lines[without + 1..]].concat();
                read(all.join("\n").as_bytes());
            }
        }
        (0..text.len()).step_by(11).for_each(|end| read(&text.as_bytes()[..end]));
    }
}

fn packages() -> std::path::PathBuf {
    fixtures::root().join("packages")
}

#[test]
fn a_package_holds_what_its_files_say() {
    let folder = packages().join("written");
    let Package { written, definitions, files, warnings, .. } =
        open_folder(&folder).unwrap_or_else(|error| panic!("{}", lines(error.diagnostics())));
    assert_eq!(warnings, []);
    let mut said = String::new();
    for (path, file) in &files {
        writeln!(said, "{path} is a {:?}", file.role).unwrap();
    }
    for (entry, path) in &written {
        write!(said, "{entry}: {}", summary(path)).unwrap();
    }
    for (kind, definition) in &definitions {
        let class = definition.class.as_ref().map_or("every class".to_owned(), ToString::to_string);
        let by = definition.provisioner.iter().map(|name| format!(" by {name}")).collect::<String>();
        writeln!(said, "{kind} of {class}{by}: {}", definition.params).unwrap();
    }
    golden::check(packages().join("written.txt"), &said);
}

#[test]
fn what_is_wrong_with_the_manifest_and_its_files_is_said_together() {
    let error = open_folder(&packages().join("at-odds")).unwrap_err();
    let shown = |finding: &Diagnostic| {
        let file = Path::new(&finding.file).strip_prefix(packages()).unwrap().display().to_string();
        Diagnostic { file, ..finding.clone() }
    };
    let diagnostics: Vec<_> = error.diagnostics().iter().map(shown).collect();
    golden::check(packages().join("at-odds.err"), &lines(&diagnostics));
}

fn summary(path: &WrittenPath) -> String {
    let mut out = format!("{} {}\n", path.name, path.version);
    if let Some(description) = &path.description {
        writeln!(out, "  {description}").unwrap();
    }
    writeln!(out, "  parameters (line {}) {}", path.schema_line, path.schema).unwrap();
    for step in &path.steps {
        write!(out, "  {}", step.name).unwrap();
        if let Some(before) = &step.depends_on {
            let before: Vec<_> = before.iter().map(ToString::to_string).collect();
            write!(out, " after [{}]", before.join(", ")).unwrap();
        }
        match &step.work {
            WrittenWork::Provision(provision) => {
                write!(out, " makes {}", provision.resource).unwrap();
                if let Some((platform, entry)) = &provision.provisioner {
                    let platform =
                        platform.as_ref().map_or("its own platform".to_owned(), ToString::to_string);
                    write!(out, " by {entry} of {platform}").unwrap();
                }
                if let Some(params) = &provision.params {
                    write!(out, " with {params}").unwrap();
                }
                out.push('\n');
            }
            WrittenWork::Render(files) => {
                out.push_str(" renders\n");
                for file in files {
                    let secret = if file.sensitive { ", sensitive" } else { "" };
                    writeln!(out, "    {} ({}{secret}), line {}", file.path, file.media_type, file.line)
                        .unwrap();
                    file.template.lines().for_each(|line| writeln!(out, "      |{line}").unwrap());
                }
            }
        }
    }
    out
}
