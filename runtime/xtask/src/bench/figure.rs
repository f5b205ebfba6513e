//! One measured number, what it was hoped to be, and how both are shown.

use std::fmt;

use serde_json::{Value, json};

/// A measured number.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Figure {
    /// What was measured, as a stable word.
    pub(super) name: String,
    /// The number.
    pub(super) value: f64,
    /// What it counts: `ratio`, `per second`, `ms`.
    pub(super) unit: String,
    /// What it should be; some figures are only to be watched.
    pub(super) goal: Option<Goal>,
}

/// A bound on a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Goal {
    /// Smaller is better.
    AtMost(f64),
    /// Larger is better.
    AtLeast(f64),
}

impl Figure {
    /// Whether the goal is met; nothing where there is none.
    pub(super) fn holds(&self) -> Option<bool> {
        self.goal.map(|goal| match goal {
            Goal::AtMost(bound) => self.value <= bound,
            Goal::AtLeast(bound) => self.value >= bound,
        })
    }

    /// As one JSON object.
    pub(super) fn json(&self) -> Value {
        let goal = self.goal.map(|goal| goal.to_string());
        json!({ "name": self.name, "value": self.value, "unit": self.unit, "goal": goal, "holds": self.holds() })
    }

    /// As one line of a table.
    pub(super) fn row(&self) -> String {
        let goal = self.goal.map_or_else(String::new, |goal| goal.to_string());
        let holds = match self.holds() {
            Some(true) => "holds",
            Some(false) => "missed",
            None => "",
        };
        let row = format!("{:<32}{:>12.3} {:<12}{goal:<12}{holds}", self.name, self.value, self.unit);
        row.trim_end().to_owned()
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(bound) => write!(formatter, "<= {bound}"),
            Self::AtLeast(bound) => write!(formatter, ">= {bound}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(value: f64, goal: Option<Goal>) -> Figure {
        Figure { name: "call-overhead".to_owned(), value, unit: "ratio".to_owned(), goal }
    }

    #[test]
    fn a_goal_holds_up_to_its_bound() {
        assert_eq!(figure(1.25, Some(Goal::AtMost(1.25))).holds(), Some(true));
        assert_eq!(figure(1.26, Some(Goal::AtMost(1.25))).holds(), Some(false));
        assert_eq!(figure(0.4, Some(Goal::AtLeast(0.4))).holds(), Some(true));
        assert_eq!(figure(0.39, Some(Goal::AtLeast(0.4))).holds(), Some(false));
        assert_eq!(figure(1.0, None).holds(), None);
    }

    #[test]
    fn a_number_that_is_none_holds_nothing() {
        assert_eq!(figure(f64::NAN, Some(Goal::AtMost(1.25))).holds(), Some(false));
        assert_eq!(figure(f64::NAN, Some(Goal::AtLeast(0.4))).holds(), Some(false));
    }

    #[test]
    fn the_object_has_the_five_fields() {
        let object = figure(1.5, Some(Goal::AtMost(1.25))).json();
        let expected = json!({
            "name": "call-overhead", "value": 1.5, "unit": "ratio", "goal": "<= 1.25", "holds": false,
        });
        assert_eq!(object, expected);
    }

    #[test]
    fn a_row_ends_with_whether_it_holds() {
        assert!(figure(1.0, Some(Goal::AtMost(1.25))).row().ends_with("<= 1.25     holds"));
        assert!(figure(1.0, None).row().ends_with("ratio"));
    }
}
