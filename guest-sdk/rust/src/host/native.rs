//! In an author's own tests: the fake host.

use super::{HttpError, HttpRequest, HttpResponse, Level, SecretError};
use crate::testing::{FakeHost, HostCall};
use crate::{Json, State};

/// Which fake host answers.
#[derive(Clone, Copy)]
pub(crate) struct Backing<'a>(&'a FakeHost);

impl<'a> Backing<'a> {
    pub(crate) fn fake(fake: &'a FakeHost) -> Self {
        Self(fake)
    }

    pub(super) fn log(self, level: Level, message: String, fields: Vec<(String, String)>) {
        self.0.note(HostCall::Log { level, message, fields });
    }

    pub(super) fn settings(self) -> String {
        self.0.note(HostCall::Settings);
        self.0.settings_text()
    }

    pub(super) fn now_ms(self) -> u64 {
        self.0.note(HostCall::Now);
        self.0.now_ms()
    }

    pub(super) fn remaining_ms(self) -> u64 {
        self.0.note(HostCall::Remaining);
        self.0.remaining_ms()
    }

    pub(super) fn random(self, count: u32) -> Vec<u8> {
        self.0.note(HostCall::Random { count });
        self.0.random_bytes(count)
    }

    pub(super) fn checkpoint(self, state: &State) {
        self.0.note(HostCall::Checkpoint { state: state.clone() });
    }

    pub(super) fn progress(self, message: String, percent: Option<u8>) {
        self.0.note(HostCall::Progress { message, percent });
    }

    pub(super) fn reference(self, name: &str) -> Result<String, SecretError> {
        self.0.note(HostCall::Reference { name: name.to_owned() });
        self.0.reference_token(name)
    }

    pub(super) fn generate(
        self,
        name: &str,
        recipe: &str,
        options: &Json,
    ) -> Result<(String, Option<String>), SecretError> {
        self.0.note(HostCall::Generate {
            name: name.to_owned(),
            recipe: recipe.to_owned(),
            options: options.clone(),
        });
        self.0.generated(name, recipe, options)
    }

    pub(super) fn send(self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.0.note(HostCall::Http { request: request.clone() });
        self.0.answered(&request)
    }
}
