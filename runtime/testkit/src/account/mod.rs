//! An account of AWS that checks every signature (moto, which `cargo xtask test` starts and `cargo xtask moto` too), seen
//! by a library that is not ours: what tests of the platform `aws` hold against what the runtime says.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// The account, and the key of somebody who may do everything there.
#[derive(Debug, Clone)]
pub struct Account {
    /// Where it answers.
    pub endpoint: String,
    /// Where its things are.
    pub region: String,
    /// The key.
    pub operator: Key,
    python: OsString,
}

/// A key of AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its name, which may be seen.
    pub id: String,
    /// Its secret.
    pub secret: String,
}

impl Account {
    /// Its number: moto has one.
    pub const NUMBER: &str = "123456789012";

    /// As the variables of the environment say; none where there is no account, and then it is said what is skipped.
    pub fn here(skipped: &str) -> Option<Self> {
        let read = |name: &str| std::env::var(format!("INNOMINATUS_TEST_MOTO{name}")).ok();
        let found = || {
            Some(Self {
                endpoint: read("")?,
                region: read("_REGION")?,
                operator: Key { id: read("_ACCESS_KEY_ID")?, secret: read("_SECRET_ACCESS_KEY")? },
                python: read("_PYTHON")?.into(),
            })
        };
        let account = found();
        if account.is_none() {
            #[expect(clippy::print_stderr, reason = "a skipped test says so")]
            {
                eprintln!("skipped: {skipped}: there is no account; `cargo xtask test` starts one");
            }
        }
        account
    }

    /// Asks the other library, signed with this key; see `look.py` for the commands. `{"ok": …}` or
    /// `{"refused": "<code>"}`.
    ///
    /// # Panics
    /// When there is no answer at all.
    #[track_caller]
    pub fn ask(&self, key: &Key, arguments: &[&str]) -> Value {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/account/look.py");
        let output = Command::new(&self.python)
            .arg(script)
            .args(arguments)
            .env_clear()
            .env("ENDPOINT", &self.endpoint)
            .env("REGION", &self.region)
            .env("AWS_ACCESS_KEY_ID", &key.id)
            .env("AWS_SECRET_ACCESS_KEY", &key.secret)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::null())
            .output()
            .expect("the Python that came with the account runs");
        let talk = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {talk}");
        serde_json::from_slice(&output.stdout).expect("it answers in JSON")
    }

    /// Asks as the operator, who is not refused.
    ///
    /// # Panics
    /// When it is refused all the same.
    #[track_caller]
    pub fn must(&self, arguments: &[&str]) -> Value {
        let mut answer = self.ask(&self.operator, arguments);
        assert!(answer["refused"].is_null(), "{arguments:?}: {answer}");
        answer["ok"].take()
    }

    /// What is there whose name begins with a prefix and a hyphen.
    ///
    /// # Panics
    /// When it cannot be seen.
    #[track_caller]
    pub fn look(&self, prefix: &str) -> Value {
        self.must(&["account", &format!("{prefix}-")])
    }
}
