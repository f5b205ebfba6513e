//! How AWS is spoken to: S3 with sub-resources and XML, IAM and RDS with actions (`query`). Reads are `GET`, also of
//! actions, so that the host knows them as reads; writes are `PUT`, `POST` and `DELETE`.
//!
//! Deliberately absent: what is asked for, and why.

mod query;
mod refusal;
mod s3;
mod xml;

use innominatus_guest::{Failure, Host, HttpCall, HttpResponse};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::settings::{Service, Settings};

pub(crate) use query::Capture;
pub(crate) use refusal::{Absent, Trouble};
pub(crate) use s3::{Access, XML};
pub(crate) use xml::{document, read};

/// What a signature leaves as it is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// An account of AWS, as far as the operator's settings and credentials reach.
#[derive(Debug, Clone)]
pub(crate) struct Aws<'a> {
    pub(crate) host: Host<'a>,
    pub(crate) settings: Settings,
}

impl<'a> Aws<'a> {
    /// As configured.
    pub(crate) fn of(host: &Host<'a>) -> Result<Self, Failure> {
        Ok(Self { host: *host, settings: Settings::of(host)? })
    }

    /// Sends, signed for the service. `permission` is what the identity must be allowed.
    fn sent(
        call: HttpCall<'a>,
        service: Service,
        purpose: &str,
        permission: &str,
    ) -> Result<HttpResponse, Trouble> {
        let answer = call.purpose(purpose).credential(service.credential()).send();
        let answer = answer.map_err(|error| Trouble::Failed(error.into()))?;
        refusal::judged(answer, purpose, permission)
    }
}

/// Query parameters as they stand in a URL; a parameter without a value is a name alone.
fn encoded(query: &[(&str, &str)]) -> String {
    let pair = |(name, value): &(&str, &str)| {
        let name = utf8_percent_encode(name, ENCODED);
        if value.is_empty() {
            name.to_string()
        } else {
            format!("{name}={}", utf8_percent_encode(value, ENCODED))
        }
    };
    query.iter().map(pair).collect::<Vec<_>>().join("&")
}
