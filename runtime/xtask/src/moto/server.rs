//! A running moto. It ends with whoever started it, also when that is killed: it watches its standard input.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Child;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process::Command;

const SERVE: &str = include_str!("serve.py");

/// A running moto; stopped when it is dropped.
pub(crate) struct Moto {
    child: Child,
    ready: Ready,
    /// Tests look at the account with the library that came with it.
    python: PathBuf,
}

/// What it says when it is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ready {
    endpoint: String,
    region: String,
    access_key_id: String,
    secret_access_key: String,
}

impl Moto {
    /// Starts it, and waits until it answers. What it says goes into `moto.log` in `folder`.
    pub(super) fn start(python: &Path, folder: &Path) -> Result<Self> {
        let script = folder.join("serve.py");
        std::fs::write(&script, SERVE).with_context(|| format!("cannot write `{}`", script.display()))?;
        let log = folder.join("moto.log");
        let file = File::create(&log).with_context(|| format!("cannot write `{}`", log.display()))?;
        let mut command = Command::new(python).arg(&script);
        // Settings of a person's own account are not to reach it.
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("AWS_") || name.starts_with("PYTHON")) {
                command = command.env(name, None::<&str>);
            }
        }
        let mut child = command.env("AWS_EC2_METADATA_DISABLED", Some("true")).start(file)?;
        let answer = child.stdout.take().map(|stdout| {
            let mut line = String::new();
            BufReader::new(stdout).read_line(&mut line).map(|_| line)
        });
        let ready = match answer {
            Some(Ok(line)) => ready(&line),
            Some(Err(error)) => Err(error.into()),
            None => bail!("moto has no standard output"),
        };
        match ready {
            Ok(ready) => Ok(Self { child, ready, python: python.to_owned() }),
            Err(error) => {
                stop(&mut child);
                Err(error.context(format!("moto did not start; `{}` says why", log.display())))
            }
        }
    }

    /// Where it answers.
    pub(crate) fn endpoint(&self) -> &str {
        &self.ready.endpoint
    }

    /// What tests need to know, as environment variables.
    pub(crate) fn variables(&self) -> [(&'static str, &OsStr); 5] {
        let Ready { endpoint, region, access_key_id, secret_access_key } = &self.ready;
        [
            ("INNOMINATUS_TEST_MOTO", endpoint.as_ref()),
            ("INNOMINATUS_TEST_MOTO_REGION", region.as_ref()),
            ("INNOMINATUS_TEST_MOTO_ACCESS_KEY_ID", access_key_id.as_ref()),
            ("INNOMINATUS_TEST_MOTO_SECRET_ACCESS_KEY", secret_access_key.as_ref()),
            ("INNOMINATUS_TEST_MOTO_PYTHON", self.python.as_os_str()),
        ]
    }

    /// Waits until it ends by itself.
    pub(super) fn wait(mut self) -> Result<()> {
        // `Child::wait` would close its standard input, which tells it to end.
        let held = self.child.stdin.take();
        let status = self.child.wait().context("moto cannot be waited for")?;
        drop(held);
        bail!("moto ended with {status}")
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        stop(&mut self.child);
    }
}

/// By its process id. One that has ended already needs nothing more.
fn stop(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

fn ready(line: &str) -> Result<Ready> {
    let value: Value = serde_json::from_str(line).context("it did not say where it answers")?;
    let text = |key: &str| {
        value[key].as_str().map(str::to_owned).with_context(|| format!("it did not say its `{key}`"))
    };
    Ok(Ready {
        endpoint: text("endpoint")?,
        region: text("region")?,
        access_key_id: text("accessKeyId")?,
        secret_access_key: text("secretAccessKey")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_says_is_read_whole_or_not_at_all() {
        let whole = r#"{"endpoint": "http://127.0.0.1:1", "region": "r", "accessKeyId": "k", "secretAccessKey": "s"}"#;
        assert_eq!(ready(whole).unwrap().endpoint, "http://127.0.0.1:1");
        for line in ["", "Traceback", r#"{"endpoint": "http://127.0.0.1:1"}"#] {
            assert!(ready(line).is_err(), "{line}");
        }
    }
}
