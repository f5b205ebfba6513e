//! Platforms that do as they should.

use std::time::Duration;

use innominatus_author::harness::{Selection, Status};

use crate::house::{ended, test};

#[test]
fn compose_passes_and_does_not_take_long() {
    let report = test("compose", Selection::default());
    assert!(report.passed(), "{}", report.text(false));
    let entries = report.entries.iter().filter(|entry| !entry.figures.0.is_empty()).count();
    assert_eq!(entries, 13, "{}", report.text(true));
    // Far more than it takes, so that a busy machine does not fail it; the goal is measured by `cargo xtask bench`.
    assert!(report.elapsed < Duration::from_secs(120), "{:?}", report.elapsed);
}

#[test]
fn cloudy_passes_where_a_person_is_not_needed() {
    let report = test("cloudy", Selection::default());
    assert!(report.passed(), "{}", report.text(false));
    // It does not offer to settle, and says so.
    let doubts = ["gadget/crash", "gadget/fault-reset", "gadget/fault-timeout"];
    let warned = ended(&report, Status::Warn);
    for doubt in doubts {
        assert!(warned.iter().any(|one| one == doubt), "{doubt} in {warned:?}");
    }
    assert!(!warned.iter().any(|one| one.starts_with("widget/")), "{}", report.text(false));
}

#[test]
fn aws_passes_its_tables() {
    let report = test("aws", Selection::default());
    assert!(report.passed(), "{}", report.text(false));
    let tables = report.findings().filter(|(_, finding)| finding.check.id == "test");
    assert_eq!(tables.count(), 3, "{}", report.text(true));
}
