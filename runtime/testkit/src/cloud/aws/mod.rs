//! A small account of AWS in memory: buckets, users and databases, answered for with the XML of S3, IAM and RDS. It takes
//! its time with databases and misbehaves when told to, which emulators do not. Shapes are those that `moto` answers with.
//!
//! [`Account`] is the account itself, for a test without a network; [`AwsCloud`] serves one over HTTP and checks every
//! signature. A request that AWS would not understand is refused, and kept among the [complaints](Account::complaints).
//!
//! **Absent on purpose:** whoever calls it. It is no second opinion on what AWS does: that is [`crate::account`].

mod iam;
mod rds;
mod request;
mod s3;
mod served;
mod signature;

use std::collections::BTreeMap;

pub use iam::{Key, User};
pub use rds::Instance;
pub use request::Asked;
pub use s3::{Object, Store};
pub use served::AwsCloud;
pub use signature::signature;

use request::Misunderstood;

/// How every secret of a key begins that the account mints. No component may ever see it.
pub const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYSECRETKEY";

/// The account.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// Buckets by name.
    pub buckets: BTreeMap<String, Store>,
    /// Names that other accounts took.
    pub foreign_buckets: Vec<String>,
    /// Users of IAM by name.
    pub users: BTreeMap<String, User>,
    /// Databases by name.
    pub instances: BTreeMap<String, Instance>,
    /// Names of final snapshots.
    pub snapshots: Vec<String>,
    /// How often a database is looked at before it is as asked for.
    pub slowness: u32,
    /// Whether changes of databases are never taken.
    pub stubborn: bool,
    /// Every request: `METHOD service:what`.
    pub log: Vec<String>,
    /// How many buckets, users, keys and databases were ever made.
    pub made: u32,
    /// How many keys were removed again: one whose secret nobody heard is of no use.
    pub keys_removed: u32,
    /// What is to go wrong.
    pub faults: Vec<Fault>,
    /// What AWS would not have understood.
    pub complaints: Vec<String>,
    clock: u32,
}

/// Something that goes wrong with one request.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The request's line in the log begins so.
    pub at: String,
    /// So many requests pass before.
    pub after: usize,
    /// What goes wrong.
    pub kind: FaultKind,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// It is acted on, and nobody hears of it.
    Lost,
    /// It never leaves.
    NotSent,
    /// It is not acted on, and refused with this status and code.
    Refused(u16, &'static str),
    /// It is acted on, and a gateway answers with this status all the same.
    Gateway(u16),
}

/// What comes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Status and body.
    Said(u16, String),
    /// It was acted on, and nobody hears of it.
    Lost,
    /// It was not acted on.
    NotSent,
}

impl Account {
    /// Lets the next request that begins so in the log go wrong, after so many that pass.
    pub fn fault(&mut self, at: &str, after: usize, kind: FaultKind) {
        self.faults.push(Fault { at: at.to_owned(), after, kind });
    }

    /// The requests that change something.
    pub fn writes(&self) -> Vec<String> {
        self.log.iter().filter(|line| !line.starts_with("GET ")).cloned().collect()
    }

    /// Does what is asked, unless that is to go wrong.
    pub fn answer(&mut self, asked: &Asked) -> Answer {
        let line = asked.line();
        self.log.push(line.clone());
        match self.due(&line) {
            Some(FaultKind::NotSent) => Answer::NotSent,
            Some(FaultKind::Refused(status, code)) => {
                let (status, body) = refusal(&asked.service, status, code);
                Answer::Said(status, body)
            }
            Some(FaultKind::Lost) => {
                self.act(asked);
                Answer::Lost
            }
            Some(FaultKind::Gateway(status)) => {
                self.act(asked);
                Answer::Said(status, "<html>a gateway</html>".to_owned())
            }
            None => {
                let (status, body) = self.act(asked);
                Answer::Said(status, body)
            }
        }
    }

    /// A time that grows with every call, as AWS writes it.
    fn now(&mut self) -> String {
        self.clock += 1;
        format!("2026-01-01T{:02}:{:02}:{:02}Z", self.clock / 3600, self.clock / 60 % 60, self.clock % 60)
    }

    /// What is to go wrong with this request.
    fn due(&mut self, line: &str) -> Option<FaultKind> {
        let at = self.faults.iter_mut().position(|fault| {
            let fits = line.starts_with(&fault.at);
            let now = fits && fault.after == 0;
            fault.after = fault.after.saturating_sub(usize::from(fits));
            now
        });
        at.map(|at| self.faults.remove(at).kind)
    }

    fn act(&mut self, asked: &Asked) -> (u16, String) {
        let answered = match asked.service.as_str() {
            "s3" => self.s3(asked),
            "iam" => self.iam(asked),
            "rds" => self.rds(asked),
            other => Err(Misunderstood(format!("nobody serves `{other}`"))),
        };
        answered.unwrap_or_else(|Misunderstood(why)| {
            self.complaints.push(format!("{}: {why}", asked.line()));
            refusal(&asked.service, 400, "ValidationError")
        })
    }
}

/// A refusal as the service writes it.
fn refusal(service: &str, status: u16, code: &str) -> (u16, String) {
    if service == "s3" { s3_error(status, code) } else { action_error(status, code) }
}

/// A refusal as S3 writes it.
fn s3_error(status: u16, code: &str) -> (u16, String) {
    let body = format!(
        "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>said</Message><RequestId>R1</RequestId></Error>"
    );
    (status, body)
}

/// A refusal as actions write it.
fn action_error(status: u16, code: &str) -> (u16, String) {
    let body = format!(
        "<ErrorResponse xmlns=\"https://x/\"><Error><Type>Sender</Type><Code>{code}</Code><Message>said</Message>\
         </Error><RequestId>R1</RequestId></ErrorResponse>"
    );
    (status, body)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
