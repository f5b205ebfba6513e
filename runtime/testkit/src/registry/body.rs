//! Bodies of answers, also of those that do not end as they should.

use std::convert::Infallible;
use std::pin::Pin;

use futures::stream::{self, Stream, StreamExt as _};
use http_body_util::StreamBody;
use hyper::body::{Bytes, Frame};

/// What is sent after the headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Body {
    /// These bytes.
    Whole(Vec<u8>),
    /// Half of these, and then the connection is cut.
    Half(Vec<u8>),
    /// Half of these, and then nothing.
    Stalled(Vec<u8>),
    /// Without an end.
    Endless,
}

/// The connection is cut.
#[derive(Debug)]
pub(super) struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cut on order")
    }
}

impl std::error::Error for Cut {}

impl From<Infallible> for Cut {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

type Frames = Pin<Box<dyn Stream<Item = Result<Frame<Bytes>, Cut>> + Send>>;

impl Body {
    /// How many bytes are announced; none where nobody knows.
    pub(super) fn announced(&self) -> Option<usize> {
        match self {
            Self::Whole(bytes) | Self::Half(bytes) | Self::Stalled(bytes) => Some(bytes.len()),
            Self::Endless => None,
        }
    }

    pub(super) fn frames(self) -> StreamBody<Frames> {
        let frame = |bytes: &[u8]| Ok(Frame::data(Bytes::copy_from_slice(bytes)));
        let frames: Frames = match self {
            Self::Whole(bytes) => Box::pin(stream::iter([frame(&bytes)])),
            Self::Half(bytes) => {
                let cut = async {
                    // What was written is to arrive before it.
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                    Err(Cut)
                };
                Box::pin(stream::iter([frame(&bytes[..bytes.len() / 2])]).chain(stream::once(cut)))
            }
            Self::Stalled(bytes) => {
                Box::pin(stream::iter([frame(&bytes[..bytes.len() / 2])]).chain(stream::pending()))
            }
            Self::Endless => {
                Box::pin(stream::repeat_with(|| Ok(Frame::data(Bytes::from_static(&[b' '; 8192])))))
            }
        };
        StreamBody::new(frames)
    }
}
