//! What a round of `dev` came to: the values, for whoever shows them. No text in here holds a token or a secret.

use std::time::Duration;

use innominatus_effect::LogLevel;
use innominatus_model::{Code, Coded, Diagnostic, Json, Name, Version};

/// Something that did not work, and what to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Trouble {
    /// What kind.
    pub code: Code,
    /// In a line, with its causes.
    pub message: String,
    /// What to do.
    pub remedy: Option<String>,
    /// Places in files that people write.
    pub diagnostics: Vec<Diagnostic>,
    /// Where a component was when it broke, innermost first.
    pub trace: Vec<Place>,
}

/// A line of a component's source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The function, where its name is known.
    pub function: Option<String>,
    /// The file as the compiler knew it, seen from the workspace; none without debug information.
    pub file: Option<String>,
    /// From 1; 0 where it is not known.
    pub line: u32,
    /// From 1; 0 where it is not known.
    pub column: u32,
}

impl Trouble {
    pub(crate) fn new(code: Code, message: impl Into<String>, remedy: Option<String>) -> Self {
        Self { code, message: message.into(), remedy, diagnostics: Vec::new(), trace: Vec::new() }
    }

    /// An error with its causes.
    pub(crate) fn of(error: &(impl Coded + ?Sized)) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause {
            let text = inner.to_string();
            // A transparent wrapper says the same as what it wraps.
            if !message.ends_with(&text) {
                message = format!("{message}: {text}");
            }
            cause = inner.source();
        }
        let diagnostics = error.diagnostics().to_vec();
        Self { diagnostics, ..Self::new(error.code(), message, error.remedy()) }
    }

    /// Mistakes in files.
    pub(crate) fn in_files(diagnostics: Vec<Diagnostic>) -> Self {
        let code = diagnostics.first().map_or(Code::ScoreSyntax, |first| first.code);
        let message = match diagnostics.as_slice() {
            [] => "the file cannot be used".to_owned(),
            [only] => only.message.clone(),
            [first, rest @ ..] => format!("{} (and {} more)", first.message, rest.len()),
        };
        Self { diagnostics, ..Self::new(code, message, None) }
    }
}

/// One resource of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedResource {
    /// `type.class#id`.
    pub uid: String,
    /// For people.
    pub name: String,
    /// `create`, `update`, `resume`, `keep` or `follow`.
    pub action: &'static str,
    /// Why.
    pub reason: String,
    /// `<platform>/<entry>`.
    pub provisioner: String,
    /// Uids that come first.
    pub depends_on: Vec<String>,
}

/// A plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// The application, which is called like the workload.
    pub application: String,
    /// `<platform>/<golden path>`; none where the platform has none: then each need is one step.
    pub golden_path: Option<String>,
    /// What the golden path got.
    pub parameters: Json,
    /// In the order of execution.
    pub resources: Vec<PlannedResource>,
    /// How many are removed.
    pub removed: usize,
    /// Whether files are rendered anew.
    pub renders: bool,
    /// Whether nothing would be done.
    pub unchanged: bool,
}

/// A call that a component made of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The method, or the name of the call.
    pub what: String,
    /// The URL, or what else is meant.
    pub on: String,
    /// The status, or how else it ended.
    pub came: String,
}

/// A line that a component logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// How urgent.
    pub level: LogLevel,
    /// The line.
    pub message: String,
}

/// How a resource ended.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// It is ready.
    Ready,
    /// It is not.
    Failed(Trouble),
    /// Nobody was called, because what it refers to is not there.
    Skipped(String),
}

/// What came of one resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// `type.class#id`.
    pub uid: String,
    /// `<platform>/<entry>`.
    pub provisioner: String,
    /// How it ended.
    pub end: End,
    /// Name and value; a secret is `[secret]`.
    pub outputs: Vec<(String, Json)>,
    /// What it asked of the host, in order.
    pub effects: Vec<Effect>,
    /// What it logged.
    pub log: Vec<LogLine>,
    /// Calls of `provision`.
    pub calls: u32,
    /// The most fuel of a call.
    pub fuel: u64,
    /// The most bytes of linear memory of a call.
    pub memory_peak: u64,
    /// The longest call.
    pub elapsed: Duration,
}

/// A rendered file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its relative name.
    pub name: String,
    /// Its size in bytes, with tokens where secrets will stand.
    pub bytes: usize,
    /// Whether it holds secrets.
    pub sensitive: bool,
}

/// What came of a Score file that could be planned.
#[derive(Debug, Clone, PartialEq)]
pub struct Played {
    /// The plan.
    pub plan: Planned,
    /// In the order of the plan.
    pub resources: Vec<Resource>,
    /// What the golden path rendered.
    pub files: Vec<File>,
    /// Why nothing was rendered.
    pub trouble: Option<Trouble>,
    /// What applying it once more would do; none where it was not done at all.
    pub again: Option<Planned>,
}

/// One Score file.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// As a person would name it.
    pub file: String,
    /// What came of it.
    pub came: Result<Played, Trouble>,
}

/// One round: from the sources as they were to what they do.
#[derive(Debug, Clone, PartialEq)]
pub struct Round {
    /// The platform; none if it was never good.
    pub platform: Option<(Name, Version)>,
    /// Why this build is not good.
    pub trouble: Option<Trouble>,
    /// What a person should look at.
    pub warnings: Vec<Diagnostic>,
    /// Components, each with its size.
    pub components: Vec<(String, usize)>,
    /// What was tried with it, or with the last good one where this build is not.
    pub samples: Vec<Sample>,
    /// What a person should know besides.
    pub remarks: Vec<String>,
    /// How long building and checking took.
    pub built_in: Duration,
    /// How long all of it took.
    pub elapsed: Duration,
}

impl Round {
    /// Whether what is shown is of an earlier build.
    pub fn is_stale(&self) -> bool {
        self.trouble.is_some() && self.platform.is_some()
    }

    /// The first thing that did not work.
    pub fn first_trouble(&self) -> Option<&Trouble> {
        self.troubles().next()
    }

    /// Everything that did not work.
    pub fn troubles(&self) -> impl Iterator<Item = &Trouble> {
        self.trouble.iter().chain(self.samples.iter().flat_map(Sample::troubles))
    }
}

impl Sample {
    /// Everything that did not work.
    pub fn troubles(&self) -> Box<dyn Iterator<Item = &Trouble> + '_> {
        match &self.came {
            Err(trouble) => Box::new(std::iter::once(trouble)),
            Ok(played) => {
                Box::new(played.resources.iter().filter_map(Resource::trouble).chain(&played.trouble))
            }
        }
    }
}

impl Resource {
    /// Why it is not ready, if it was tried.
    pub fn trouble(&self) -> Option<&Trouble> {
        match &self.end {
            End::Failed(trouble) => Some(trouble),
            End::Ready | End::Skipped(_) => None,
        }
    }
}
