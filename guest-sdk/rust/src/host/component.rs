//! In a component: the imports of the contract.

use std::marker::PhantomData;

use super::{Level, SecretError};
use crate::bindings::provisioner::innominatus::platform::{clock, log, random, report, secrets, settings};
use crate::{Denial, Json, State, wire};

/// Imports need no address.
#[derive(Clone, Copy)]
pub(crate) struct Backing<'a>(PhantomData<&'a ()>);

impl Backing<'_> {
    pub(crate) const IMPORTS: Self = Self(PhantomData);

    pub(super) fn log(self, level: Level, message: String, fields: Vec<(String, String)>) {
        let fields: Vec<_> =
            fields.into_iter().map(|(key, value)| wire::types::Pair { key, value }).collect();
        log::write(level.into(), &message, &fields);
    }

    pub(super) fn settings(self) -> String {
        settings::get()
    }

    pub(super) fn now_ms(self) -> u64 {
        clock::now_ms()
    }

    pub(super) fn remaining_ms(self) -> u64 {
        clock::remaining_ms()
    }

    pub(super) fn random(self, count: u32) -> Vec<u8> {
        random::bytes(count)
    }

    pub(super) fn checkpoint(self, state: &State) {
        report::checkpoint(&wire::state_out(state.clone()));
    }

    pub(super) fn progress(self, message: String, percent: Option<u8>) {
        report::progress(&message, percent);
    }

    pub(super) fn reference(self, name: &str) -> Result<String, SecretError> {
        secrets::reference(name).map_err(|error| failed(error, name))
    }

    pub(super) fn generate(
        self,
        name: &str,
        recipe: &str,
        options: &Json,
    ) -> Result<(String, Option<String>), SecretError> {
        let minted =
            secrets::generate(name, recipe, &options.to_string()).map_err(|error| failed(error, name))?;
        Ok((minted.token, minted.public))
    }
}

impl From<Level> for log::Level {
    fn from(level: Level) -> Self {
        match level {
            Level::Debug => Self::Debug,
            Level::Info => Self::Info,
            Level::Warn => Self::Warn,
            Level::Error => Self::Error,
        }
    }
}

fn failed(error: secrets::Error, name: &str) -> SecretError {
    match error {
        secrets::Error::Denied(denial) => SecretError::Denied(Denial {
            capability: denial.capability,
            wanted: denial.wanted,
            remedy: denial.remedy,
        }),
        secrets::Error::NotFound => SecretError::NotFound { name: name.to_owned() },
    }
}
