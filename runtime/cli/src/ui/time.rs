//! Times for people: how long ago, or when by their own clock. Programs get RFC 3339 as the server wrote it.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::text::show;

/// Now, and where the reader is.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    now: Timestamp,
    zone: TimeZone,
}

impl Clock {
    /// Of this machine.
    pub(crate) fn now() -> Self {
        Self { now: Timestamp::now(), zone: TimeZone::system() }
    }

    /// `3s ago`, `in 2m`; beyond a day the date and time.
    pub(crate) fn ago(&self, text: &str) -> String {
        let Ok(at) = text.parse::<Timestamp>() else { return show(text) };
        let passed = self.now.duration_since(at);
        let span = brief(passed.abs());
        if passed.abs() >= SignedDuration::from_hours(24) {
            at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
        } else if passed.is_negative() {
            format!("in {span}")
        } else {
            format!("{span} ago")
        }
    }

    /// `23:48:01`, with the date when it was another day.
    pub(crate) fn moment(&self, text: &str) -> String {
        let Ok(at) = text.parse::<Timestamp>() else { return show(text) };
        let at = at.to_zoned(self.zone.clone());
        let today = self.now.to_zoned(self.zone.clone()).date() == at.date();
        at.strftime(if today { "%H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" }).to_string()
    }
}

/// `350ms`, `12s`, `5m 10s`, `2h 5m`.
pub(crate) fn brief(duration: SignedDuration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0) if duration.as_millis() > 0 => format!("{}ms", duration.as_millis()),
        (0, 0, s) => format!("{s}s"),
        (0, m, 0) => format!("{m}m"),
        (0, m, s) => format!("{m}m {s}s"),
        (h, 0, _) => format!("{h}h"),
        (h, m, _) => format!("{h}h {m}m"),
    }
}

/// How long it took from one time to another, both RFC 3339.
pub(crate) fn between(start: &str, end: &str) -> Option<String> {
    let (start, end) = (start.parse::<Timestamp>().ok()?, end.parse::<Timestamp>().ok()?);
    Some(brief(end.duration_since(start)))
}

#[cfg(test)]
impl Clock {
    pub(crate) fn fixed() -> Self {
        Self { now: "2026-11-20T12:00:00Z".parse().expect("a constant"), zone: TimeZone::UTC }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_times_are_relative_and_far_ones_are_dates() {
        let clock = Clock::fixed();
        assert_eq!(clock.ago("2026-11-20T11:59:57Z"), "3s ago");
        assert_eq!(clock.ago("2026-11-20T11:54:50Z"), "5m 10s ago");
        assert_eq!(clock.ago("2026-11-20T09:55:00.5Z"), "2h 4m ago");
        assert_eq!(clock.ago("2026-11-20T12:02:00Z"), "in 2m");
        assert_eq!(clock.ago("2026-11-01T09:00:00Z"), "2026-11-01 09:00");
        assert_eq!(clock.ago("soon\u{1b}"), r"soon\u{1b}", "what is no time is shown as it is");
    }

    #[test]
    fn moments_are_by_the_readers_clock() {
        let berlin = TimeZone::fixed(jiff::tz::offset(1));
        let clock = Clock { zone: berlin, ..Clock::fixed() };
        assert_eq!(clock.moment("2026-11-20T11:59:57Z"), "12:59:57");
        assert_eq!(clock.moment("2026-11-19T23:30:00Z"), "00:30:00", "already today over there");
        assert_eq!(clock.moment("2026-11-19T11:59:57Z"), "2026-11-19 12:59:57");
    }

    #[test]
    fn spans_are_brief() {
        assert_eq!(between("2026-11-20T11:00:00Z", "2026-11-20T11:00:00.350Z").as_deref(), Some("350ms"));
        assert_eq!(between("2026-11-20T11:00:00Z", "2026-11-20T11:00:00Z").as_deref(), Some("0s"));
        assert_eq!(between("?", "2026-11-20T11:00:00Z"), None);
    }
}
