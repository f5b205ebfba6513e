//! `log`: lines for people, cleaned and bounded. A guest that logs too much is quietened, not ended.

use innominatus_effect::{Call, LogLevel, Outcome};

use crate::Limits;
use crate::bounds;
use crate::contract::since_1_0::wit::log;
use crate::contract::since_1_0::wit::types::Pair;
use crate::host::Host;
use crate::text::clean;

/// Bytes of a field's name.
const KEY: usize = 64;

/// How much may still be said to people, in log lines or as progress. Counts, not clocks, so that a replay says the
/// same.
pub(crate) struct LogBudget {
    line: usize,
    bytes_left: usize,
    lines_left: u32,
    silenced: bool,
}

/// What becomes of a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Write,
    /// The first line over the budget: say that there are more.
    Silence,
    Drop,
}

impl LogBudget {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            line: limits.log_line_bytes,
            bytes_left: limits.log_bytes,
            lines_left: limits.log_lines,
            silenced: false,
        }
    }

    pub(crate) fn judge(&mut self, bytes: usize) -> Verdict {
        if self.silenced {
            return Verdict::Drop;
        }
        match (self.bytes_left.checked_sub(bytes), self.lines_left.checked_sub(1)) {
            (Some(bytes), Some(lines)) => {
                (self.bytes_left, self.lines_left) = (bytes, lines);
                Verdict::Write
            }
            _ => {
                self.silenced = true;
                Verdict::Silence
            }
        }
    }
}

impl log::Host for Host {
    async fn write(&mut self, level: log::Level, message: String, fields: Vec<Pair>) -> wasmtime::Result<()> {
        let carried = fields.iter().fold(message.len(), |sum, pair| sum + pair.key.len() + pair.value.len());
        self.admit("log.write", carried)?;
        let mut level = match level {
            log::Level::Debug => LogLevel::Debug,
            log::Level::Info => LogLevel::Info,
            log::Level::Warn => LogLevel::Warn,
            log::Level::Error => LogLevel::Error,
        };
        let (mut message, mut fields) = shorten(self.log.line, &message, &fields);
        let bytes = fields.iter().fold(message.len(), |sum, (key, value)| sum + key.len() + value.len());
        match self.log.judge(bytes) {
            Verdict::Write => {}
            Verdict::Silence => {
                level = LogLevel::Warn;
                message = "further log lines of this call are dropped: it has logged too much".into();
                fields = Vec::new();
            }
            Verdict::Drop => return Ok(()),
        }
        match self.cross(Call::Log { level, message, fields }).await? {
            Outcome::Done => Ok(()),
            _ => Err(self.misshapen("log.write")),
        }
    }
}

/// Cleans a line and cuts it to the limit: the message first, then as many fields as fit.
fn shorten(limit: usize, message: &str, fields: &[Pair]) -> (String, Vec<(String, String)>) {
    let message = clean(message, limit);
    let mut left = limit.saturating_sub(message.len());
    let mut kept = Vec::new();
    for pair in fields.iter().take(bounds::FIELDS) {
        let key = clean(&pair.key, KEY);
        if key.len() >= left {
            break;
        }
        let value = clean(&pair.value, left - key.len());
        left = left.saturating_sub(key.len() + value.len());
        kept.push((key, value));
    }
    (message, kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_the_budget_one_marker_and_then_silence() {
        let mut budget = LogBudget::new(&Limits { log_bytes: 10, log_lines: 100, ..Limits::default() });
        assert_eq!(budget.judge(6), Verdict::Write);
        assert_eq!(budget.judge(6), Verdict::Silence);
        assert_eq!(budget.judge(1), Verdict::Drop, "a shorter line does not slip through");

        let mut budget = LogBudget::new(&Limits { log_lines: 1, ..Limits::default() });
        assert_eq!(budget.judge(1), Verdict::Write);
        assert_eq!(budget.judge(1), Verdict::Silence);
    }

    #[test]
    fn long_lines_are_cut_and_lose_their_fields() {
        let field = |key: &str, value: &str| Pair { key: key.into(), value: value.into() };
        let (message, fields) = shorten(20, &"x".repeat(99), &[field("a", "b")]);
        assert!(message.starts_with(&"x".repeat(20)) && message.len() < 40);
        assert!(fields.is_empty());
        let (_, fields) = shorten(20, "short", &[field("a", "b"), field("c", &"y".repeat(99))]);
        assert_eq!(fields[0], ("a".into(), "b".into()));
        assert!(fields[1].1.len() < 40, "{fields:?}");
    }
}
