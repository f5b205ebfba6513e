//! Two versions side by side: what is installed, waits or lies in a folder, and what is told of the difference. What the
//! fixtures cannot become, because their components offer what they offer, is in the tests of `platforms/differ`.

use std::fs;
use std::path::Path;

use innominatus_engine::{Difference, EntryChange, OfferChange, Side, Terms, UpdateInput, Updated, Wanted};
use innominatus_model::Coded as _;
use innominatus_testkit::programs;
use tempfile::TempDir;

use crate::house::{House, name};
use crate::platforms::{changed, changed_more};
use crate::versions::wider;

/// An entry as the manifest of the fixtures has it.
fn entry(name: &str, kind: &str) -> String {
    format!(
        "  - name: {name}\n    type: {kind}\n    version: 1.0.0\n    component: ./guests.wasm\n    capabilities:\n      \
         - name: secrets\n        reason: its component also holds guests that make secrets\n"
    )
}

/// The same, with a want that its component has no use for.
fn with_http(entry: &str) -> String {
    let rules = "        http:\n          - {host: api.example.com, methods: [GET]}\n";
    format!("{entry}      - name: http\n        reason: asks somebody\n{rules}")
}

fn installed(text: &str) -> Side {
    Side::Installed(text.to_owned())
}

fn folder(path: &Path) -> Side {
    Side::Wanted(Wanted::Folder(path.to_owned()))
}

async fn differ(house: &House, before: &Side, now: &Side) -> Difference {
    let compared = house.engine.differ(&name("default"), before, now, &Terms::default()).await;
    compared.unwrap_or_else(|error| panic!("{}", crate::house::chain(&error)))
}

/// A line for each thing that is told.
fn told(difference: &Difference) -> Vec<String> {
    let mut lines = Vec::new();
    difference.provisioners.iter().chain(&difference.golden_paths).for_each(|it| entry_told(it, &mut lines));
    for it in &difference.types {
        lines.push(format!("{} by {}, now {}", it.kind, it.before, it.now));
        offer_told(&it.offer, &mut lines);
    }
    lines
}

fn entry_told(it: &EntryChange, lines: &mut Vec<String>) {
    let kind = it.kind.iter().map(|kind| format!(" ({kind})")).collect::<String>();
    let versions = it.versions.iter().map(|(was, is)| format!(" {was} to {is}")).collect::<String>();
    lines.push(format!("{} {}{kind}{versions}", it.fate.as_str(), it.entry));
    let (gained, lost) = &it.imports;
    for (what, all) in [("asks", &it.wider), ("asked", &it.narrower), ("calls", gained), ("called", lost)] {
        lines.extend(all.iter().map(|words| format!("{what}: {words}")));
    }
    offer_told(&it.offer, lines);
    lines.extend(it.component.then(|| "another component".to_owned()));
}

fn offer_told(offer: &OfferChange, lines: &mut Vec<String>) {
    let sign = |breaks: bool| if breaks { '!' } else { '+' };
    for it in &offer.params {
        lines.push(format!("{} params{} {}", sign(it.change.breaks), it.change.pointer, it.change.words));
    }
    lines.extend(offer.remarks.iter().map(|it| format!("{} {}", sign(it.breaks), it.words)));
}

#[tokio::test]
async fn what_differs_is_told_and_whether_it_breaks() {
    let house = House::new().await;
    let before = "goldenpaths:\n";
    let second = format!("{}{before}", entry("second", "trivial"));
    let bound = |to: &str| {
        format!("{}resources:\n  trivial: {{provisioner: {to}}}\n{before}", entry("zz", "trivial"))
    };
    let newer = entry("trivial", "trivial").replace("version: 1.0.0", "version: 1.1.0");
    let everything = "  - name: everything\n    version: 1.0.0\n    component: ./everything.wasm\n";
    let again = everything.replace("everything\n", "again\n");
    let narrower = entry("flaky", "flaky").replace("its component also holds", "it holds");
    let none: &[&str] = &[];
    let asks = "asks: make secrets of its own; it holds tokens, never the values";
    let rows: [(&str, &str, &[&str]); 10] = [
        ("description: Guests that", "description: Other guests that", none),
        // A reason is for who reads it.
        (&entry("flaky", "flaky"), &narrower, none),
        (&entry("trivial", "trivial"), &newer, &["changed trivial 1.0.0 to 1.1.0"]),
        (&entry("sized", "sized"), "", &["removed sized (sized)", "! nothing makes `sized` any more"]),
        // The first by name makes what is new, unless `resources:` says who does.
        (
            before,
            &second,
            &["added second (trivial)", asks, "calls: secrets", "trivial by trivial, now second"],
        ),
        (before, &bound("trivial"), &["added zz (trivial)", asks, "calls: secrets"]),
        (before, &bound("zz"), &["added zz (trivial)", asks, "calls: secrets", "trivial by trivial, now zz"]),
        // What it is granted goes by its name, and it asks for no more.
        (
            &entry("heir", "heir"),
            &entry("heir", "sized"),
            &[
                "removed heir (heir)",
                "! nothing makes `heir` any more",
                "added heir (sized)",
                "sized by sized, now heir",
            ],
        ),
        (
            &entry("secretive", "secretive"),
            &with_http(&entry("secretive", "secretive")),
            &["changed secretive", "asks: http: send requests", "asks: http: GET to https://api.example.com"],
        ),
        (
            everything,
            &again,
            &[
                "added again (golden path)",
                "removed everything (golden path)",
                "! what was deployed by it has to name another one",
            ],
        ),
    ];
    for (from, to, expected) in rows {
        let now = changed_more(&[("  version: 1.0.0\n", "  version: 1.1.0\n"), (from, to)]);
        let difference = differ(&house, &installed("fixtures"), &folder(now.path())).await;
        assert_eq!(told(&difference), expected, "{to}");
        let has = |sign: &str| expected.iter().any(|line| line.starts_with(sign));
        assert_eq!(
            (difference.breaks(), difference.widens()),
            (has("!"), has("asks") || has("calls")),
            "{to}"
        );
    }
    let both = changed(everything, &format!("{everything}{again}"));
    let difference = differ(&house, &installed("fixtures"), &folder(both.path())).await;
    assert_eq!(
        told(&difference),
        ["added again (golden path)", "+ who names no golden path has to name one now"]
    );
    assert!(!difference.breaks());
}

/// What is declared and not imported was no question, so it is one as soon as it is imported.
#[tokio::test]
async fn what_is_imported_now_is_told_though_it_was_declared_before() {
    let house = House::empty().await;
    let was = with_http(&entry("trivial", "trivial"));
    house.install(changed(&entry("trivial", "trivial"), &was).path()).await;
    let is = was.replace("type: trivial", "type: widget").replace("guests.wasm", "cloudy.wasm");
    let now =
        changed_more(&[("  version: 1.0.0\n", "  version: 1.1.0\n"), (&entry("trivial", "trivial"), &is)]);
    fs::copy(programs::platform("cloudy").join("cloudy.wasm"), now.path().join("cloudy.wasm")).unwrap();
    let difference = differ(&house, &installed("fixtures"), &folder(now.path())).await;
    assert_eq!(
        told(&difference),
        [
            "removed trivial (trivial)",
            "! nothing makes `trivial` any more",
            "added trivial (widget)",
            "calls: http",
            "another component",
        ]
    );
    assert!(difference.widens());
    hold(&house, &now).await;
}

async fn hold(house: &House, newer: &TempDir) {
    let from = Some(Wanted::Folder(newer.path().to_owned()));
    let input = UpdateInput { from, ..UpdateInput::default() };
    let updated = house.engine.update(&name("default"), &name("fixtures"), &input).await.unwrap();
    assert!(matches!(updated, Updated::Held { .. }), "{updated:?}");
}

#[tokio::test]
async fn what_is_installed_and_what_waits_are_known_by_what_is_kept() {
    let house = House::new().await;
    let mit = changed("license: Apache-2.0", "license: MIT");
    let difference = differ(&house, &installed("fixtures"), &folder(mit.path())).await;
    assert_eq!(told(&difference), [""; 0]);
    let [before, now] = [&difference.before, &difference.now].map(|side| side.contents.clone().unwrap());
    assert_eq!((before.license.unwrap(), now.license.unwrap()), ("Apache-2.0".into(), "MIT".into()));
    assert_eq!(before.bytes, now.bytes + 7, "its manifest is shorter, and all else is the same");
    assert_eq!(before.imports, now.imports);

    hold(&house, &wider("1.1.0")).await;
    let expected = [
        "added another (trivial)",
        "asks: make secrets of its own; it holds tokens, never the values",
        "calls: secrets",
        "trivial by trivial, now another",
    ];
    let difference = differ(&house, &installed("fixtures"), &installed("fixtures@held")).await;
    assert_eq!(told(&difference), expected);
    let (tenant, fixtures) = (name("default"), name("fixtures"));
    house.engine.approve(&tenant, &fixtures, None, None, None).await.unwrap();
    let difference = differ(&house, &installed("fixtures@1.0.0"), &installed("fixtures")).await;
    assert_eq!(told(&difference), expected);
    assert_eq!(difference.now.platform.version.to_string(), "1.1.0");
}

#[tokio::test]
async fn what_is_not_known_is_not_told() {
    let house = House::new().await;
    let (tenant, fixtures) = (name("default"), name("fixtures"));
    let stored = house.engine.installed(&tenant, &fixtures, None).await.unwrap();
    let mut platform = stored.value.clone();
    // As long ago, when components alone were kept.
    platform.origin = None;
    let mut change = house.ledger().change();
    change.put_platform(&platform, &stored);
    change.commit().await.unwrap();
    let newer = changed("  version: 1.0.0\n", "  version: 1.1.0\n");
    let difference = differ(&house, &installed("fixtures"), &folder(newer.path())).await;
    assert!(difference.before.contents.is_none() && difference.now.contents.is_some());
    assert_eq!(told(&difference), [""; 0]);
    assert!(!difference.widens() && !difference.breaks());
}

/// Another version would be the answer to another question.
#[tokio::test]
async fn a_version_that_is_not_installed_is_not_compared() {
    let house = House::new().await;
    let terms = Terms::default();
    for (side, code) in [
        ("fixtures@9", "platform-not-found"),
        ("fixtures@held", "nothing-held"),
        ("nobody", "platform-not-found"),
        ("fixtures@x", "id-invalid"),
    ] {
        let compared =
            house.engine.differ(&name("default"), &installed("fixtures"), &installed(side), &terms).await;
        assert_eq!(compared.unwrap_err().code().as_str(), code, "{side}");
    }
}
