//! Work in stages: each announced, timed and, at the end, accounted for.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How a stage ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It did what it is for.
    Passed,
    /// It could not be done here, and why.
    Skipped(String),
    /// It found something.
    Failed(String),
}

/// The stages so far.
pub(crate) struct Stages {
    keep_going: bool,
    done: Vec<(&'static str, Verdict, Duration)>,
}

impl Stages {
    /// No stages yet. With `keep_going` a failed stage does not keep the next ones from running.
    pub(crate) fn new(keep_going: bool) -> Self {
        Self { keep_going, done: Vec::new() }
    }

    /// Runs one stage; fails if it did and nobody asked to go on.
    pub(crate) fn run(&mut self, name: &'static str, work: impl FnOnce() -> Result<Verdict>) -> Result<()> {
        println!("\n== {name}");
        let begin = Instant::now();
        let verdict = work().unwrap_or_else(|error| Verdict::Failed(format!("{error:#}")));
        let elapsed = begin.elapsed();
        println!("== {name}: {} after {}", verdict.word(), seconds(elapsed));
        let stop = matches!(verdict, Verdict::Failed(_)) && !self.keep_going;
        self.done.push((name, verdict, elapsed));
        if stop {
            self.finish()?;
        }
        Ok(())
    }

    /// Says what became of every stage; fails if one did.
    pub(crate) fn finish(&self) -> Result<()> {
        println!("\n== summary");
        for (name, verdict, elapsed) in &self.done {
            let reason = match verdict {
                Verdict::Passed => String::new(),
                Verdict::Skipped(reason) | Verdict::Failed(reason) => format!("  {reason}"),
            };
            println!("{:<8}{name:<12}{:>9}{reason}", verdict.word(), seconds(*elapsed));
        }
        let total = self.done.iter().map(|(_, _, elapsed)| *elapsed).sum();
        let failed = self.done.iter().filter(|(_, verdict, _)| matches!(verdict, Verdict::Failed(_)));
        let failed: Vec<&str> = failed.map(|(name, _, _)| *name).collect();
        println!("{:<20}{:>9}", "in all", seconds(total));
        if !failed.is_empty() {
            bail!("failed: {}", failed.join(", "));
        }
        Ok(())
    }
}

impl Verdict {
    fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Skipped(_) => "skipped",
            Self::Failed(_) => "failed",
        }
    }
}

/// A time for people: tenths of seconds, or minutes and seconds.
fn seconds(time: Duration) -> String {
    match time.as_secs() {
        0..60 => format!("{:.1} s", time.as_secs_f64()),
        whole => format!("{} min {:02} s", whole / 60, whole % 60),
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn the_first_failure_stops() {
        let mut stages = Stages::new(false);
        assert!(stages.run("first", || Ok(Verdict::Passed)).is_ok());
        let error = stages.run("second", || Err(anyhow!("broken"))).unwrap_err();
        assert_eq!(error.to_string(), "failed: second");
    }

    #[test]
    fn asked_to_go_on_every_stage_runs_and_the_end_fails() {
        let mut stages = Stages::new(true);
        stages.run("first", || Ok(Verdict::Failed("broken".to_owned()))).unwrap();
        stages.run("second", || Ok(Verdict::Passed)).unwrap();
        stages.run("third", || Err(anyhow!("broken"))).unwrap();
        assert_eq!(stages.finish().unwrap_err().to_string(), "failed: first, third");
    }

    #[test]
    fn a_skipped_stage_is_not_a_failure() {
        let mut stages = Stages::new(false);
        stages.run("first", || Ok(Verdict::Skipped("no such tool".to_owned()))).unwrap();
        stages.finish().unwrap();
    }

    #[test]
    fn times_are_short() {
        assert_eq!(seconds(Duration::from_millis(1_250)), "1.2 s");
        assert_eq!(seconds(Duration::from_secs(125)), "2 min 05 s");
    }
}
