//! `environment`: variables of the developer's own shell.

use innominatus_guest::prelude::*;

/// `${resources.env.KEY}` is the variable `KEY` of whoever runs `docker compose`. Nobody knows the keys
/// before, so its outputs are open, and the golden path writes `${KEY}`.
#[derive(Debug, Clone, Copy)]
pub struct Environment;

impl Provisioner for Environment {
    type Params = NoParams;

    fn offer(&self) -> Offer {
        Offer::new("environment").verb("update").with_open_outputs()
    }

    fn provision(&self, _host: &Host<'_>, _target: &Target<NoParams>) -> Result<Progress, Failure> {
        Ok(State::new().into())
    }

    fn get_hints(&self, _host: &Host<'_>, _target: &Target<NoParams>) -> Result<Vec<Hint>, Failure> {
        Ok(vec![Hint::command(
            "Show which variables are taken from the shell",
            "docker compose config --variables",
        )])
    }
}
