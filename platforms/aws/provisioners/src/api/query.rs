//! IAM and RDS: actions, as query parameters of a `GET` or as a form.

use innominatus_guest::HttpResponse;

use super::{Absent, Aws, Trouble, encoded};
use crate::settings::Service;

/// A secret that AWS makes, which the host keeps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Capture {
    /// The path of elements that lead to it.
    pub(crate) path: &'static str,
    /// What it is called.
    pub(crate) secret: &'static str,
}

fn version(service: Service) -> &'static str {
    match service {
        Service::Rds => "2014-10-31",
        Service::Iam | Service::S3 => "2010-05-08",
    }
}

fn permission(service: Service, action: &str) -> String {
    format!("{}:{action}", service.name())
}

impl Aws<'_> {
    /// Looks.
    pub(crate) fn ask(
        &self,
        service: Service,
        action: &str,
        fields: &[(&str, &str)],
        purpose: &str,
    ) -> Result<String, Trouble> {
        let query = [&[("Action", action), ("Version", version(service))][..], fields].concat();
        let url = format!("{}/?{}", self.settings.url(service), encoded(&query));
        let call = self.host.http().get(url);
        Self::sent(call, service, purpose, &permission(service, action)).map(|answer| answer.text())
    }

    /// Looks for what may be missing: none where AWS says so with one of these codes.
    pub(crate) fn find(
        &self,
        service: Service,
        action: &str,
        fields: &[(&str, &str)],
        purpose: &str,
        missing: &[&str],
    ) -> Result<Option<String>, Trouble> {
        self.ask(service, action, fields, purpose).unless(missing)
    }

    /// Changes something. Sent once only, so that whoever calls this has looked before.
    pub(crate) fn act(
        &self,
        service: Service,
        action: &str,
        fields: Vec<(String, String)>,
        purpose: &str,
        capture: Option<Capture>,
    ) -> Result<String, Trouble> {
        let named = [("Action", action), ("Version", version(service))];
        let form = named.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().chain(fields);
        let mut call = self.host.http().post(format!("{}/", self.settings.url(service))).form(form);
        if let Some(Capture { path, secret }) = capture {
            call = call.capture(path, secret);
        }
        Self::sent(call, service, purpose, &permission(service, action))
            .map(|answer: HttpResponse| answer.text())
    }
}
