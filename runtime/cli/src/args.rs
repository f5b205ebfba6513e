//! The command line's grammar: what holds for every command, and the list of verbs. What a verb takes stands
//! beside the verb.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::Resettable;
use clap::{ArgAction, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use jiff::SignedDuration;
use tokio::time::Instant;

use crate::commands::{
    apply, completions, delete, describe, events, explain, get_outputs, grants, journal, list, man, plan,
    platform, resolve, run, schema, secret, serve, status, test_platform, validate, wait,
};

const AFTER: &str = "\
Data goes to standard output, talk to standard error.

Exit codes: 0 ok, 1 internal, 2 usage, 3 validation, 4 auth, 5 not found, 6 conflict, 7 transient (retry),
8 not converged in time, 9 failed, 10 changes present, 11 trust refused, 12 guest fault.
See `innominatus explain exit-codes`.";

/// Runs Score files through sandboxed platforms.
#[derive(Debug, Parser)]
#[command(name = "innominatus", version, after_help = AFTER, arg_required_else_help = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Folder of store, caches and installed platforms [default: the XDG data folder]
    #[arg(long, global = true, value_name = "DIR", env = "INNOMINATUS_HOME", hide_env_values = true)]
    pub(crate) home: Option<PathBuf>,

    /// Talk to this server: `http://host:port` or `unix:/path`
    #[arg(long, global = true, value_name = "URL", env = "INNOMINATUS_SERVER", hide_env_values = true)]
    pub(crate) server: Option<String>,

    /// Form of what is printed [default: table]
    #[arg(short = 'o', long, global = true, value_name = "FORM", value_enum)]
    pub(crate) format: Option<Format>,

    /// The same as `-o json`
    #[arg(long, global = true, conflicts_with = "format")]
    pub(crate) json: bool,

    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,

    /// No receipts, no progress, no remarks: only what was asked to be shown, and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    /// Say more; twice, say everything
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

impl Cli {
    /// Reads the command line. A variable that is set to nothing says nothing.
    pub(crate) fn read() -> Result<Self, clap::Error> {
        let empty = |variable| std::env::var_os(variable).is_some_and(|value| value.is_empty());
        let mut command = Self::command();
        for (argument, variable) in [("home", "INNOMINATUS_HOME"), ("server", "INNOMINATUS_SERVER")] {
            if empty(variable) {
                command = command.mut_arg(argument, |argument| argument.env(Resettable::Reset));
            }
        }
        Self::from_arg_matches(&command.try_get_matches()?)
    }
}

impl Global {
    /// The form of what is printed.
    pub(crate) fn format(&self) -> Format {
        if self.json { Format::Json } else { self.format.unwrap_or(Format::Table) }
    }
}

/// The form of what is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// One object with `apiVersion` and `kind`; streams give one object per line.
    Json,
    /// The same object as YAML.
    Yaml,
    /// Names or ids, one per line.
    Name,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Validate(validate::Args),
    Plan(plan::Args),
    Run(run::Args),
    Apply(apply::Args),
    List(list::Args),
    Describe(describe::Args),
    Status(status::Args),
    Wait(wait::Args),
    #[command(subcommand)]
    Events(events::Command),
    Delete(delete::Args),
    GetOutputs(get_outputs::Args),
    Resolve(resolve::Args),
    #[command(subcommand)]
    Journal(journal::Command),
    #[command(subcommand)]
    Platform(platform::Command),
    TestPlatform(test_platform::Args),
    #[command(subcommand)]
    Grants(grants::Command),
    #[command(subcommand)]
    Secret(secret::Command),
    Serve(serve::Args),
    Explain(explain::Args),
    Schema(schema::Args),
    Completions(completions::Args),
    Man(man::Args),
}

impl Command {
    /// Whether it goes on with all runs that were interrupted, where no server is that does. What acts on one application
    /// takes up what is its own; whoever looks, or asks for something that is refused, leaves things as they were.
    pub(crate) fn goes_on(&self) -> bool {
        matches!(self, Self::Wait(_) | Self::Serve(_))
    }
}

/// Which environment is meant.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Environment {
    /// The environment
    #[arg(long = "env", value_name = "NAME")]
    pub(crate) environment: Option<String>,
}

/// Reads `90s`, `5m`, `1h30m`; a plain `0` is no limit.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    if text.trim() == "0" {
        return Ok(Duration::ZERO);
    }
    let expected = "expected a duration such as `90s`, `5m` or `1h30m`";
    let parsed: SignedDuration = text.parse().map_err(|_| expected.to_owned())?;
    Duration::try_from(parsed).map_err(|_| expected.to_owned())
}

/// Longer than anybody waits. What a clock can show beyond it depends on when the machine was started.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// The end of a time; none for one without limit, or that nobody will see the end of.
pub(crate) fn deadline(timeout: Duration) -> Option<Instant> {
    if timeout.is_zero() || timeout > FOREVER { None } else { Instant::now().checked_add(timeout) }
}

/// How many, at least one.
pub(crate) fn number(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| "expected a whole number from 1".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_version_is_the_cores() {
        assert_eq!(Cli::command().get_version(), Some(innominatus_model::CORE_VERSION.to_string().as_str()));
    }

    #[test]
    fn durations_read_as_people_write_them() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("1h30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("0"), Ok(Duration::ZERO));
        for bad in ["", "5", "-5m", "5 parsecs", "m"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_time_that_nobody_will_see_the_end_of_has_none() {
        assert!(deadline(Duration::ZERO).is_none());
        assert!(deadline(Duration::from_secs(1)).is_some());
        assert!(deadline(duration("2562047788015215h").unwrap()).is_none());
    }

    #[test]
    fn a_number_is_one_or_more() {
        assert_eq!(number("7"), Ok(7));
        for bad in ["0", "-1", "", "x", "1.5", "99999999999999999999999"] {
            assert!(number(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_help_lists_every_exit_class() {
        for class in innominatus_model::ExitClass::ALL {
            assert!(AFTER.contains(&format!("{} ", class.number())), "{class:?} is missing");
        }
    }
}
