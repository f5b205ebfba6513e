//! A question to a person at a terminal.

use std::io;

use crate::problem::Failure;
use crate::ui;

/// Whether the answer is yes; anything else is a no.
pub(super) async fn yes(question: &str) -> Result<bool, Failure> {
    // What was typed before the question answers something else. Where it cannot be taken away, it stays.
    let _ = rustix::termios::tcflush(io::stdin(), rustix::termios::QueueSelector::IFlush);
    ui::stderr(question);
    let answer = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map(|_| line)
    });
    let line = answer
        .await
        .map_err(|_| Failure::internal("the thread that waits for the answer broke"))?
        .map_err(|error| {
            Failure::new(
                innominatus_model::Code::FileUnreadable,
                format!("the answer cannot be read: {error}"),
            )
        })?;
    Ok(is_yes(&line))
}

fn is_yes(line: &str) -> bool {
    matches!(line.trim().to_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_a_yes() {
        for yes in ["y\n", "Y\n", "yes\n", " YES \n"] {
            assert!(is_yes(yes), "{yes:?}");
        }
        for no in ["", "\n", "n\n", "no\n", "yess\n", "yes please\n", "j\n"] {
            assert!(!is_yes(no), "{no:?}");
        }
    }
}
