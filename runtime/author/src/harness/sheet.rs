//! Where the findings of one entry are gathered.

use innominatus_model::Name;

use super::catalogue::{Check, Scope};
use super::report::{EntryReport, Figures, Finding, Status};

/// Which checks are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Entries by name; none means all.
    pub entries: Vec<String>,
    /// Parts of `<entry>/<check>`; none means all.
    pub filters: Vec<String>,
}

impl Selection {
    pub(crate) fn wants_entry(&self, name: &str) -> bool {
        self.entries.is_empty() || self.entries.iter().any(|wanted| wanted == name)
    }

    fn wants(&self, entry: &str, check: &Check) -> bool {
        let whole = format!("{entry}/{}", check.id);
        self.filters.is_empty() || self.filters.iter().any(|part| whole.contains(part.as_str()))
    }
}

/// The findings of one entry.
pub(crate) struct Sheet<'a> {
    selection: &'a Selection,
    name: String,
    scope: Scope,
    kind: Option<String>,
    /// Of several samples, which one the next findings are about.
    case: Option<String>,
    findings: Vec<Finding>,
}

impl<'a> Sheet<'a> {
    pub(crate) fn new(selection: &'a Selection, name: &Name, scope: Scope, kind: Option<String>) -> Self {
        Self { selection, name: name.to_string(), scope, kind, case: None, findings: Vec::new() }
    }

    /// Whether somebody wants to know.
    pub(crate) fn wants(&self, check: &Check) -> bool {
        self.selection.wants(&self.name, check)
    }

    pub(crate) fn of(&mut self, case: Option<String>) {
        self.case = case;
    }

    pub(crate) fn pass(&mut self, check: &'static Check) {
        self.add(check, Status::Pass, String::new());
    }

    /// It holds, and there is something to say about how far that was looked at.
    pub(crate) fn pass_with(&mut self, check: &'static Check, message: impl Into<String>) {
        self.add(check, Status::Pass, message.into());
    }

    pub(crate) fn fail(&mut self, check: &'static Check, message: impl Into<String>) {
        self.add(check, Status::Fail, message.into());
    }

    pub(crate) fn warn(&mut self, check: &'static Check, message: impl Into<String>) {
        self.add(check, Status::Warn, message.into());
    }

    pub(crate) fn skip(&mut self, check: &'static Check, why: impl Into<String>) {
        self.add(check, Status::Skip, why.into());
    }

    /// Fails with the first thing that was found, passes if there is none; says how many more there are.
    pub(crate) fn judge(&mut self, check: &'static Check, found: Vec<String>) {
        match found.split_first() {
            None => self.pass(check),
            Some((first, [])) => self.fail(check, first.as_str()),
            Some((first, more)) => self.fail(check, format!("{first} (and {} more)", more.len())),
        }
    }

    /// What a diff or a list says besides.
    pub(crate) fn detail(&mut self, details: impl Into<String>) {
        if let Some(last) = self.findings.last_mut() {
            last.details = details.into();
        }
    }

    pub(crate) fn add(&mut self, check: &'static Check, status: Status, message: String) {
        if !self.wants(check) {
            return;
        }
        let remedy = matches!(status, Status::Fail | Status::Warn).then(|| check.remedy.to_owned());
        // One line: whatever a guest says, it says it in one.
        let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
        let case = self.case.clone();
        self.findings.push(Finding { check, case, status, message, details: String::new(), remedy });
    }

    /// Whether a check failed.
    pub(crate) fn has_failed(&self, check: &Check) -> bool {
        self.findings.iter().any(|finding| finding.check == check && finding.status == Status::Fail)
    }

    pub(crate) fn finish(self, figures: Figures) -> EntryReport {
        let Self { name, scope, kind, findings, .. } = self;
        EntryReport { name, scope, kind, findings, figures }
    }
}
