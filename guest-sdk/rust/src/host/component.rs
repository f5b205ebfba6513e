//! In a component: the imports of the contract.

use std::marker::PhantomData;

use super::{HttpBody, HttpError, HttpRequest, HttpResponse, Level, SecretError, Slot};
use crate::bindings::provisioner::innominatus::platform::{
    clock, http, log, random, report, secrets, settings,
};
use crate::{Denial, Json, State, wire};

/// Imports need no address.
#[derive(Clone, Copy)]
pub(crate) struct Backing<'a>(PhantomData<&'a ()>);

impl Backing<'_> {
    pub(crate) const IMPORTS: Self = Self(PhantomData);

    pub(super) fn log(self, level: Level, message: String, fields: Vec<(String, String)>) {
        log::write(level.into(), &message, &pairs(fields));
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

    pub(super) fn send(self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let request = http::Request {
            purpose: request.purpose,
            method: request.method,
            url: request.url,
            headers: pairs(request.headers),
            body: match request.body {
                HttpBody::Empty => http::Body::Empty,
                HttpBody::Raw(bytes) => http::Body::Raw(bytes),
                HttpBody::Json(value) => http::Body::Json(value.to_string()),
                HttpBody::Form(fields) => http::Body::Form(pairs(fields)),
            },
            credential: request.credential,
            idempotency: request.idempotency.map(|slot| match slot {
                Slot::Header(name) => http::Slot::Header(name),
                Slot::Query(name) => http::Slot::Query(name),
                Slot::Pointer(pointer) => http::Slot::Pointer(pointer),
            }),
            capture: request
                .capture
                .into_iter()
                .map(|(pointer, secret)| http::Capture { pointer, secret })
                .collect(),
            timeout_ms: request.timeout.map(|time| u32::try_from(time.as_millis()).unwrap_or(u32::MAX)),
        };
        let answer = http::send(&request).map_err(|error| match error {
            http::Error::Denied(denied) => HttpError::Denied(denial(denied)),
            http::Error::NotSent(why) => HttpError::NotSent(why),
            http::Error::OutcomeUnknown(why) => HttpError::OutcomeUnknown(why),
            http::Error::TooLarge(bytes) => HttpError::TooLarge(bytes),
        })?;
        let headers = answer.headers.into_iter().map(|pair| (pair.key, pair.value)).collect();
        Ok(HttpResponse { status: answer.status, headers, body: answer.body })
    }
}

fn pairs(pairs: Vec<(String, String)>) -> Vec<wire::types::Pair> {
    pairs.into_iter().map(|(key, value)| wire::types::Pair { key, value }).collect()
}

fn denial(denial: wire::types::Denial) -> Denial {
    Denial { capability: denial.capability, wanted: denial.wanted, remedy: denial.remedy }
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
        secrets::Error::Denied(denied) => SecretError::Denied(denial(denied)),
        secrets::Error::NotFound => SecretError::NotFound { name: name.to_owned() },
    }
}
