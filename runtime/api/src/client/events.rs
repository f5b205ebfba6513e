//! The event stream: server-sent events, one JSON object each.

use http_body_util::BodyExt;
use hyper::Response;
use hyper::body::Incoming;

use super::ClientError;
use crate::wire::{EventView, Problem};

/// Events as they come.
#[derive(Debug)]
pub struct EventStream {
    body: Incoming,
    buffer: Vec<u8>,
}

impl EventStream {
    pub(super) fn new(response: Response<Incoming>) -> Self {
        Self { body: response.into_body(), buffer: Vec::new() }
    }

    /// The next event; none when the server closed the stream.
    pub async fn next(&mut self) -> Result<Option<EventView>, ClientError> {
        loop {
            if let Some(end) = find_blank_line(&self.buffer) {
                let block: Vec<u8> = self.buffer.drain(..end).collect();
                match parse(&block)? {
                    Some(event) => return Ok(Some(event)),
                    None => continue,
                }
            }
            match self.body.frame().await {
                Some(Ok(frame)) => {
                    if let Some(data) = frame.data_ref() {
                        self.buffer.extend_from_slice(data);
                    }
                }
                Some(Err(error)) => return Err(ClientError::Broken(error.to_string())),
                None => return Ok(None),
            }
        }
    }
}

fn find_blank_line(buffer: &[u8]) -> Option<usize> {
    buffer.windows(2).position(|pair| pair == b"\n\n").map(|at| at + 2)
}

/// One block: comments (keep-alives) give nothing, `event: problem` an error.
fn parse(block: &[u8]) -> Result<Option<EventView>, ClientError> {
    let text = std::str::from_utf8(block).map_err(|error| ClientError::Malformed(error.to_string()))?;
    let mut kind = "message";
    let mut data = String::new();
    for line in text.lines() {
        if let Some(value) = line.strip_prefix("event:") {
            kind = value.trim();
        } else if let Some(value) = line.strip_prefix("data:") {
            data.push_str(value.trim_start());
        }
    }
    if data.is_empty() {
        return Ok(None);
    }
    let malformed = |error: serde_json::Error| ClientError::Malformed(error.to_string());
    if kind == "problem" {
        let problem: Problem = serde_json::from_str(&data).map_err(malformed)?;
        return Err(ClientError::Problem(Box::new(problem)));
    }
    serde_json::from_str(&data).map(Some).map_err(malformed)
}
