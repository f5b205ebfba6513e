//! What the README promises, apart from that it compiles and runs, which its doc tests see to.

const README: &str = include_str!("../README.md");

#[test]
fn a_first_provisioner_is_under_forty_lines() {
    let begin = README.find("```rust\n").expect("a first example") + "```rust\n".len();
    let example = &README[begin..begin + README[begin..].find("```").expect("its end")];
    let lines = example.lines().count();
    assert!(lines < 40, "{lines} lines");
    // Whole: nothing is hidden from the reader.
    assert!(example.contains("export_provisioner!") && !example.lines().any(|line| line.starts_with("# ")));
}
