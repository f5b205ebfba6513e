//! What reading takes is in proportion to the file. A process of its own: the measure is the process's peak.

use innominatus_score::{Source, demand, read};

/// The most memory this process ever had in use, in MiB; none where the system does not say.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? / 1024)
}

/// `levels` mappings inside each other under keys of 255 characters, `leaves` inside the last.
fn deep(levels: usize, leaves: &str) -> String {
    let key = "k".repeat(255);
    let mut text = String::new();
    for _ in 0..levels {
        text.push_str(&format!("? {key}\n: {{"));
    }
    text + leaves + &"}".repeat(levels)
}

fn leaves(count: usize, value: &str) -> String {
    (0..count).map(|at| format!("b{at}: {value}, ")).collect()
}

const REST: &str = "apiVersion: score.dev/v1b1, containers: {main: {image: x}}";

#[test]
fn memory_is_in_proportion_to_the_file() {
    const ALLOWED: u64 = 64;
    let named = "metadata: {name: web}";
    let long_key = format!(
        "{REST}, metadata: {{name: web, ? \"{}\" : {{{}}}}}",
        "a".repeat(300_000),
        leaves(3_000, "1")
    );
    let deep_metadata = format!("{REST}, metadata: {{name: web, {}}}", deep(30, &leaves(9_900, "1")));
    let placeholder = "\"${metadata.name}\"";
    let deep_params = format!(
        "{REST}, {named}, resources: {{db: {{type: x1, params: {{{}}}}}}}",
        deep(28, &leaves(9_900, placeholder))
    );
    let before = peak();
    for (text, valid) in [(long_key, false), (deep_metadata, true), (deep_params, true)] {
        let source =
            Source { name: "score.yaml".into(), text: format!("{{{text}}}").into(), ..Source::default() };
        let reading = read(&source);
        assert_eq!(reading.workload.is_some(), valid, "{:?}", reading.diagnostics);
        if let Some(workload) = reading.workload {
            demand(&[workload]).unwrap();
        }
        if let (Some(before), Some(after)) = (before, peak()) {
            assert!(after < before + ALLOWED, "{before} MiB became {after}");
        }
    }
}
