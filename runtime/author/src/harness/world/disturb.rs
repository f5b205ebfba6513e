//! What can go wrong on the way to the world, once, at a place that is named.

use innominatus_effect::{HttpError, HttpResponse, Outcome};

/// In which way a request goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It never left.
    Refused,
    /// No answer, and it was not acted on.
    Timeout,
    /// It was acted on, and the answer was lost.
    Reset,
    /// 500, not acted on.
    Broken,
    /// 429, not acted on.
    Busy,
    /// It was acted on, and the answer is half of one.
    Malformed,
}

impl Fault {
    pub(crate) const ALL: [Self; 6] =
        [Self::Refused, Self::Timeout, Self::Reset, Self::Broken, Self::Busy, Self::Malformed];

    /// Whether the other side acts on the request all the same.
    pub(crate) fn acts(self) -> bool {
        matches!(self, Self::Reset | Self::Malformed)
    }

    /// In words, for "call 3 (…) {this}".
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Refused => "is refused a connection",
            Self::Timeout => "is not answered in time",
            Self::Reset => "is acted on and loses its answer",
            Self::Broken => "is answered with 500",
            Self::Busy => "is answered with 429",
            Self::Malformed => "is answered with half a document",
        }
    }

    /// What the guest is told. `real` is the answer that it would have had.
    pub(crate) fn outcome(self, is_read: bool, real: Option<HttpResponse>) -> Outcome {
        let plain = |status: u16, headers: &[(&str, &str)], body: &str| {
            let headers =
                headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            Ok(HttpResponse { status, headers, body: body.as_bytes().to_vec() })
        };
        let lost = |reason: &str| match is_read {
            true => Err(HttpError::NotSent(reason.to_owned())),
            false => Err(HttpError::OutcomeUnknown(reason.to_owned())),
        };
        Outcome::Http(match self {
            Self::Refused => Err(HttpError::NotSent("connection refused".into())),
            Self::Timeout => lost("no answer came in time"),
            Self::Reset => lost("the connection was reset"),
            Self::Broken => {
                plain(500, &[("content-type", "text/html")], "<html>Internal Server Error</html>")
            }
            Self::Busy => plain(429, &[("retry-after", "1")], "{\"error\": \"slow down\"}"),
            Self::Malformed => {
                let status = real.map_or(200, |real| real.status);
                plain(status, &[("content-type", "application/json")], "{\"id\": \"")
            }
        })
    }
}

/// What goes wrong, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disturbance {
    /// The HTTP request with this number, from 0.
    Fault { at: u32, kind: Fault },
    /// The operator's secret that the call with this number asks for, from 0, is not there yet.
    Missing { at: u32 },
    /// The runtime dies at the call with this number, from 0.
    Crash {
        at: u32,
        /// When the call was performed already.
        after: bool,
    },
}
