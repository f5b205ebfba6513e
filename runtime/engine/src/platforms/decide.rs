//! An answer meets what is asked for: what each entry may do, or why the answer is none.

use innominatus_ledger::InstalledPlatform;
use innominatus_model::{Capability, Code, Coded, Diagnostic, Grant, Name, Severity, Want};
use innominatus_package::{EntryGrants, Gap, NoSetting, Stale, as_asked, effective};

use super::examine::{Asking, Examined};
use super::{Answer, Choice};

/// Why nothing is granted, and so nothing is installed.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// It asks for something, and there is no answer.
    #[error("`{platform}` asks for more than every component may do, and nothing says what is granted")]
    NoAnswer {
        /// Name and version.
        platform: String,
        /// What to do: who asks for what, which flags would grant it, and a grants file to begin with.
        advice: String,
    },
    /// It bears the name of what is installed, and is of neither the same place nor the same hand.
    #[error("`{platform}` would stand in for what is installed: {why}")]
    Stranger {
        /// Name and version.
        platform: String,
        /// Where each comes from.
        why: String,
    },
    /// Everything is to be granted as asked for, but a person has to name secrets first.
    #[error("`{platform}` asks for what only a grants file can grant: {missing}")]
    NamesSecrets {
        /// Name and version.
        platform: String,
        /// What that is.
        missing: String,
        /// A grants file to begin with.
        advice: String,
    },
    /// A choice is about something that is not there.
    #[error("{message}")]
    Choice {
        /// What is wrong.
        message: String,
        /// What there is.
        hint: String,
    },
    /// What was reviewed is something else.
    #[error(transparent)]
    Stale(Box<Stale>),
}

impl From<Stale> for GrantError {
    fn from(stale: Stale) -> Self {
        Self::Stale(Box::new(stale))
    }
}

impl Coded for GrantError {
    fn code(&self) -> Code {
        match self {
            Self::NoAnswer { .. } | Self::NamesSecrets { .. } | Self::Stranger { .. } => {
                Code::CapabilityNotGranted
            }
            Self::Choice { .. } => Code::GrantsInvalid,
            Self::Stale(stale) => stale.code(),
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::NoAnswer { advice, .. } | Self::NamesSecrets { advice, .. } => Some(advice.clone()),
            Self::Stranger { .. } => {
                Some("if that is meant, answer what it may do: `--grant none`, `--grant all`, or `--grants <file>`".into())
            }
            Self::Choice { hint, .. } => Some(hint.clone()),
            Self::Stale(stale) => stale.remedy(),
        }
    }
}

/// What an answer comes to.
#[derive(Debug)]
pub(super) struct Decided {
    /// What each provisioner may do, in the order of the manifest.
    pub(super) grants: Vec<Grant>,
    /// What was asked for and is not granted, by `<platform>/<entry>`.
    pub(super) missing: Vec<(String, Gap)>,
    /// What a person should look at in the answer.
    pub(super) warnings: Vec<Diagnostic>,
}

pub(super) fn decide(
    examined: &Examined,
    installed: Option<&InstalledPlatform>,
    answer: Option<&Answer>,
    folder: &str,
) -> Result<Decided, GrantError> {
    let nobody = Answer::default();
    let answer = match answer {
        Some(answer) => answer,
        None if examined.entries.iter().all(|entry| entry.asked().next().is_none()) => &nobody,
        None => {
            return Err(GrantError::NoAnswer { platform: name(examined), advice: advice(examined, folder) });
        }
    };
    check_choices(examined, answer)?;
    let mut decided = Decided { grants: Vec::new(), missing: Vec::new(), warnings: Vec::new() };
    let setting = |name: &str| examined.settings.destination(name);
    for entry in &examined.entries {
        let granted = granted(examined, installed, entry, answer)?;
        let effective = effective(&entry.wants, &entry.imports, &granted, &setting);
        decided.grants.push(effective.grant);
        decided.missing.extend(effective.missing.into_iter().map(|gap| (entry.label.clone(), gap)));
        for gap in effective.unwanted {
            let message = format!("`{}` is granted what it cannot use: {gap}", entry.label);
            decided.warnings.push(warning(answer, message, "remove it from the grants file"));
        }
    }
    if answer.choices.contains(&Choice::All) && !decided.missing.is_empty() {
        let missing: Vec<String> =
            decided.missing.iter().map(|(label, gap)| format!("`{label}` {gap}")).collect();
        return Err(names_secrets(examined, &missing));
    }
    unknown_entries(examined, answer, &mut decided.warnings);
    Ok(decided)
}

/// What only a person can answer, with a grants file to begin with.
pub(super) fn names_secrets(examined: &Examined, missing: &[String]) -> GrantError {
    GrantError::NamesSecrets {
        platform: name(examined),
        missing: missing.join("; "),
        advice: format!(
            "these name secrets of yours; say which, in a grants file, and pass it with `--grants <file>`:\n{}",
            examined.sample()
        ),
    }
}

fn name(examined: &Examined) -> String {
    format!("{}@{}", examined.platform.name, examined.platform.version)
}

/// Everything that is granted to one entry: what the file says, and what is chosen besides. Without a file single
/// choices add to what an installed platform is granted; `all` and `none` are the whole answer.
fn granted(
    examined: &Examined,
    installed: Option<&InstalledPlatform>,
    entry: &Asking,
    answer: &Answer,
) -> Result<EntryGrants, GrantError> {
    let adds = !answer.choices.is_empty()
        && answer.choices.iter().all(|choice| matches!(choice, Choice::One { .. }));
    let before = installed.filter(|_| adds).and_then(|platform| platform.provisioner(&entry.name));
    let mut granted = match &answer.file {
        Some((_, grants)) => grants.entries.get(&entry.label).cloned().unwrap_or_default(),
        None => before.map(|before| EntryGrants::from(&before.grant())).unwrap_or_default(),
    };
    granted.check_approval(&entry.label, &examined.platform.version, &examined.platform.digest)?;
    let setting = |name: &str| examined.settings.destination(name);
    for want in entry.asked().filter(|want| is_chosen(entry, want, answer)) {
        let as_asked = as_asked(want, &setting)
            .map_err(|error| no_setting(&entry.label, want.capability, &examined.platform.name, &error))?;
        granted.join(as_asked);
    }
    Ok(granted)
}

/// A want leads to a setting that is not there.
pub(super) fn no_setting(
    label: &str,
    capability: Capability,
    platform: &Name,
    error: &NoSetting,
) -> GrantError {
    GrantError::Choice {
        message: format!("`{label}` cannot be granted `{capability}` as asked for: {error}"),
        hint: format!(
            "put `\"{}\": \"https://…\"` into `settings/{platform}.json` of the home, or name the host in a grants file",
            error.setting
        ),
    }
}

fn is_chosen(entry: &Asking, want: &Want, answer: &Answer) -> bool {
    answer.choices.iter().any(|choice| match choice {
        Choice::All => true,
        Choice::Nothing => false,
        Choice::One { entry: name, capability, .. } => *name == entry.name && *capability == want.capability,
    })
}

/// A choice that is about nothing is a slip of the pen: it is said before anything happens.
fn check_choices(examined: &Examined, answer: &Answer) -> Result<(), GrantError> {
    let others = answer.choices.len() > 1 || answer.file.is_some();
    if answer.choices.contains(&Choice::Nothing) && others {
        return Err(GrantError::Choice {
            message: "`none` stands beside other grants".into(),
            hint: "remove `--grant none`, or everything else".into(),
        });
    }
    for choice in &answer.choices {
        let Choice::One { platform, entry, capability } = choice else { continue };
        let words = |wants: &mut dyn Iterator<Item = String>| {
            let words: Vec<String> = wants.collect();
            if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
        };
        let known = examined.entries.iter().find(|known| known.name == *entry);
        let Some(known) = known.filter(|_| *platform == examined.platform.name) else {
            let entries = words(&mut examined.entries.iter().map(|known| format!("`{}`", known.label)));
            return Err(GrantError::Choice {
                message: format!("`{choice}`: `{}` has no provisioner `{platform}/{entry}`", name(examined)),
                hint: format!("its provisioners are {entries}"),
            });
        };
        if !known.asked().any(|want| want.capability == *capability) {
            let asked = words(&mut known.asked().map(|want| format!("`{}`", want.capability)));
            return Err(GrantError::Choice {
                message: format!("`{choice}`: `{}` does not ask for `{capability}`", known.label),
                hint: format!("it asks for {asked}"),
            });
        }
    }
    Ok(())
}

fn unknown_entries(examined: &Examined, answer: &Answer, warnings: &mut Vec<Diagnostic>) {
    let Some((_, grants)) = &answer.file else { return };
    let prefix = format!("{}/", examined.platform.name);
    for label in grants.entries.keys().filter(|label| label.starts_with(&prefix)) {
        if !examined.entries.iter().any(|entry| entry.label == *label) {
            let message = format!("`{}` has no provisioner `{label}`", name(examined));
            warnings.push(warning(answer, message, "mend its name, or remove it"));
        }
    }
}

fn warning(answer: &Answer, message: String, hint: &str) -> Diagnostic {
    let file = answer.file.as_ref().map_or("--grant", |(name, _)| name);
    Diagnostic {
        file: file.to_owned(),
        line: 0,
        column: 0,
        severity: Severity::Warning,
        code: Code::GrantsInvalid,
        message,
        hint: Some(hint.to_owned()),
    }
}

/// Who asks for what in words, and every way to answer.
fn advice(examined: &Examined, folder: &str) -> String {
    let mut lines = Vec::new();
    for ask in examined.asks() {
        // On one line, whatever the author wrote.
        let reason = ask.want.reason.split_whitespace().collect::<Vec<_>>().join(" ");
        lines.push(format!("`{}` asks for `{}`: {reason}", ask.entry, ask.want.capability));
        lines.extend(ask.lines.iter().map(|line| format!("  it wants to {line}")));
    }
    let command = format!("innominatus platform install {folder}");
    let flags: Vec<String> = examined.choices().iter().map(|choice| format!("--grant {choice}")).collect();
    lines.push(String::new());
    lines.push(format!("answer with the flags of what you grant: {command} {}", flags.join(" ")));
    if examined.names_secrets() {
        lines.push(
            "credentials and references name secrets of yours, so only a grants file can grant them".into(),
        );
    } else {
        lines.push(format!("or grant everything as asked for: {command} --grant all"));
    }
    lines.push(format!("or write what you grant into a file: {command} --grants grants.yaml"));
    if !folder.starts_with(['.', '/']) {
        lines.push("a `--key` that was named is named again".into());
    }
    lines.push(String::new());
    lines.push(examined.sample());
    lines.join("\n")
}
