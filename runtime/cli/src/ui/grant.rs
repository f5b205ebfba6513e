//! What is asked for, before anybody says yes; and grants as a file.

use innominatus_api::wire::Examination;

use super::style::{BOLD, DIM, paint};
use super::text::{show, show_lines};

/// A grants file as it is, each line safe to show.
pub(crate) fn file(text: &str) -> String {
    show_lines(text).iter().map(|line| format!("{line}\n")).collect()
}

/// The entries of one platform: their blocks stand at one depth of the file.
pub(crate) fn of_platform(file: &str, prefix: &str) -> String {
    let mut kept = String::new();
    let mut keep = false;
    for line in file.lines().skip(1) {
        if let Some(key) = line.strip_prefix("  ").filter(|key| !key.starts_with(' ')) {
            keep = key.starts_with(prefix);
        }
        if keep {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    if kept.is_empty() { "grants: {}\n".to_owned() } else { format!("grants:\n{kept}") }
}

/// What a platform asks for, in words to judge.
pub(crate) fn asks(examination: &Examination) -> String {
    let mut text = format!(
        "{} asks for more than every component may do:\n",
        paint(BOLD, format!("{} {}", show(&examination.name), show(&examination.version)))
    );
    let mut last = None;
    for ask in &examination.asks {
        if last != Some(&ask.entry) {
            let entry = paint(BOLD, show(&ask.entry));
            text.push_str(&format!("\n  {entry}, which makes {}\n", show(&ask.kind)));
            last = Some(&ask.entry);
        }
        let capability = &ask.capability;
        text.push_str(&format!("    {}: {}\n", show(&capability.name), show(&capability.reason)));
        for line in &capability.asks {
            text.push_str(&format!("      {} {}\n", paint(DIM, "it wants to"), show(line)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entries_of_one_platform_are_picked_out_whole() {
        let file = "grants:\n  aws/s3:\n    secrets:\n      generate: true\n  compose/a:\n    secrets:\n      generate: true\n  compose2/b:\n    http: []\n";
        assert_eq!(
            of_platform(file, "compose/"),
            "grants:\n  compose/a:\n    secrets:\n      generate: true\n"
        );
        assert_eq!(of_platform(file, "none/"), "grants: {}\n");
        assert_eq!(of_platform("grants: {}\n", "aws/"), "grants: {}\n");
    }
}
