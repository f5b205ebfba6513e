//! Why a written golden path gives no steps or no files.

use innominatus_model::{Class, Code, Coded, Kind};

/// Why a written golden path gives no steps or no files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrittenError {
    /// Nothing in the file makes a need.
    #[error("no step makes `{need}`, which is of type `{kind}` and class `{class}`")]
    Uncovered {
        /// The need's id.
        need: String,
        /// Its type.
        kind: Kind,
        /// Its class.
        class: Class,
    },
    /// A step names a provisioner that cannot serve the need.
    #[error("step `{step}` names the provisioner `{provisioner}`, which does not make `{need}` here")]
    Candidate {
        /// The step of the file.
        step: String,
        /// `<platform>/<entry>`
        provisioner: String,
        /// The need's id.
        need: String,
        /// Who could make it, in words.
        candidates: String,
    },
    /// A placeholder has no value.
    #[error("`{placeholder}` in {place} has no value")]
    NoValue {
        /// As written.
        placeholder: String,
        /// Where: a fragment.
        place: String,
        /// What to do.
        remedy: String,
    },
    /// What is filled in is too much.
    #[error("what is filled into {place} comes to more than {limit} bytes")]
    TooLarge {
        /// Where: a fragment.
        place: String,
        /// The bound.
        limit: usize,
    },
    /// A file's name is none, once it is filled.
    #[error("the file `{path}` would be named `{}`, which is not a relative file name", .name.escape_debug())]
    FileName {
        /// As written.
        path: String,
        /// As filled.
        name: String,
    },
    /// Two files have the same name, once it is filled.
    #[error("two files would be named `{}`", .name.escape_debug())]
    TwoFiles {
        /// As filled.
        name: String,
    },
    /// A template cannot be carried out.
    #[error("the template of `{path}`{} cannot be rendered: {what}", at(*.line, .source_line))]
    Template {
        /// The path of the file that it makes, as written.
        path: String,
        /// The line of the golden path's file; 0 if it is not known.
        line: u32,
        /// That line of the template, shortened; empty if it is not known.
        source_line: String,
        /// What is wrong: a fragment.
        what: String,
    },
    /// The request is not one that can be worked on.
    #[error("the workload `{workload}` cannot be read: {what}")]
    Workload {
        /// Which one.
        workload: String,
        /// Why.
        what: String,
    },
    /// The file has no such step: it is another one than the plan was made with.
    #[error("the golden path has no render step `{0}`")]
    NoStep(String),
}

fn at(line: u32, source_line: &str) -> String {
    match (line, source_line) {
        (0, "") => String::new(),
        (0, source) => format!(" (`{source}`)"),
        (line, "") => format!(" (line {line} of the golden path's file)"),
        (line, source) => format!(" (line {line} of the golden path's file, `{source}`)"),
    }
}

impl Coded for WrittenError {
    fn code(&self) -> Code {
        match self {
            Self::NoValue { placeholder, .. } if placeholder.starts_with("${parameters.") => {
                Code::ParametersInvalid
            }
            _ => Code::GoldenPathFailed,
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Uncovered { kind, .. } => {
                format!(
                    "add a step of type `provisioner` with `resource: {kind}` (or `\"*\"`) to the golden path's file"
                )
            }
            Self::Candidate { candidates, .. } => {
                format!("candidates are {candidates}; or leave `provisioner` out")
            }
            Self::NoValue { remedy, .. } => remedy.clone(),
            Self::TooLarge { .. } => "let it say less; large contents belong into files or volumes".into(),
            Self::FileName { .. } | Self::TwoFiles { .. } => {
                "pass parameters that give each file a name of its own, without `..`, `\\` and `:`".into()
            }
            Self::Template { .. } => {
                "mend the template in the golden path's file, under a new version".into()
            }
            Self::Workload { .. } | Self::NoStep(_) => "report this to the platform's author".into(),
        })
    }
}
