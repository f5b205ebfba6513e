//! `postgres`: a database of RDS.
//!
//! Every call begins with looking at the database by its name, and takes one step from what is there to what is
//! asked for. Making and changing take minutes: the host is told to look again, and the next call takes the next step.

mod change;
mod instance;
mod make;
mod params;
mod remove;
mod status;
mod version;
mod work;

use innominatus_guest::Hint;
use innominatus_guest::prelude::*;

use crate::settings::Settings;
use work::{Handle, Work};

pub use params::PostgresParams;

/// A PostgreSQL database of RDS.
#[derive(Debug, Clone, Copy)]
pub struct Postgres;

impl Provisioner for Postgres {
    type Params = PostgresParams;

    fn offer(&self) -> Offer {
        Offer::new("postgres")
            .verb("update")
            .verb("settle")
            .output(OutputSpec::text("host"))
            .output(OutputSpec::integer("port"))
            .output(OutputSpec::text("name"))
            .output(OutputSpec::text("database"))
            .output(OutputSpec::text("username"))
            .output(OutputSpec::secret("password"))
            .output(OutputSpec::secret("connection"))
    }

    fn validate_config(&self, host: &Host<'_>, target: &Target<PostgresParams>) -> Vec<Violation> {
        let _ = host;
        params::violations(&target.params, target.handle().as_ref())
    }

    fn provision(&self, host: &Host<'_>, target: &Target<PostgresParams>) -> Result<Progress, Failure> {
        let mut work = Work::of(host, target)?.checked()?;
        work.make().map_err(|failure| work.failed(failure))
    }

    fn deprovision(&self, host: &Host<'_>, target: &Target<PostgresParams>) -> Result<Removal, Failure> {
        let work = Work::of(host, target)?;
        work.remove().map_err(|failure| work.failed(failure))
    }

    fn get_status(&self, host: &Host<'_>, target: &Target<PostgresParams>) -> Result<Status, Failure> {
        if target.prior.is_none() {
            return Ok(Status::new(Health::Missing, "NotProvisioned", "has not been made yet"));
        }
        Work::of(host, target)?.status()
    }

    fn get_hints(&self, host: &Host<'_>, target: &Target<PostgresParams>) -> Result<Vec<Hint>, Failure> {
        let Some(Handle { instance, region, username, database, .. }) = target.handle() else {
            return Ok(Vec::new());
        };
        let state = target.prior.as_ref().map(|prior| &prior.state);
        let text = |output| state.and_then(|state| state.get(output)?.as_str());
        let mut hints = Vec::new();
        if let Some(connection) = text("connection") {
            hints.push(
                Hint::new("connection_string", "PostgreSQL, from inside the network", connection).sensitive(),
            );
        }
        if let Some(address) = text("host") {
            let shell = format!("psql --host {address} --username {username} --dbname {database}");
            hints.push(Hint::command("Open a shell in PostgreSQL", shell));
        }
        if Settings::of(host)?.has_console() {
            let page = format!(
                "https://{region}.console.aws.amazon.com/rds/home?region={region}#database:id={instance}"
            );
            hints.push(Hint::url("Database in the console of AWS", page));
        }
        Ok(hints)
    }
}
