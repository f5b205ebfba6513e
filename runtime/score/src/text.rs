//! Bytes become text: size, byte order marks, encodings; and byte offsets become lines and columns.

use innominatus_model::Code;

use crate::findings::Findings;
use crate::tree::Place;

/// The largest Score file, and the largest file named by `source`, in bytes.
pub(crate) const LARGEST: usize = 1024 * 1024;

/// The text of a file without its byte order mark, or a finding.
pub(crate) fn decode<'a>(bytes: &'a [u8], findings: &mut Findings) -> Option<&'a str> {
    if bytes.len() > LARGEST {
        let message = format!("the file has {} bytes, more than 1 MiB", bytes.len());
        let hint = "move large contents to files beside it and name them with `source`";
        findings.error(Place::WHOLE_FILE, Code::ScoreTooLarge, message, hint);
        return None;
    }
    let save = "save the file as UTF-8";
    if looks_like_utf16(bytes) {
        findings.error(Place::WHOLE_FILE, Code::ScoreSyntax, "the file is UTF-16 or UTF-32, not UTF-8", save);
        return None;
    }
    let start = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let bytes = &bytes[start..];
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) => {
            let good = error.valid_up_to();
            let text = std::str::from_utf8(&bytes[..good]).expect("valid up to here");
            let message = format!("byte 0x{:02x} is not UTF-8", bytes[good]);
            findings.error(Lines::of(text).place(good), Code::ScoreSyntax, message, save);
            None
        }
    }
}

/// With a byte order mark, or (YAML begins with ASCII) with a zero among the first two bytes.
fn looks_like_utf16(bytes: &[u8]) -> bool {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => true,
        [a, b, ..] => (*a == 0) != (*b == 0) || bytes.starts_with(&[0, 0, 0xfe, 0xff]),
        _ => false,
    }
}

/// Where the lines of a text begin.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    pub(crate) fn text(&self) -> &'a str {
        self.text
    }

    /// Line and column (in characters) of a byte offset that lies on a character.
    pub(crate) fn place(&self, byte: usize) -> Place {
        self.places([byte]).next().unwrap_or_default()
    }

    /// The places of byte offsets that ascend; no part of a long line is counted twice.
    pub(crate) fn places<I: IntoIterator<Item = usize>>(
        &self,
        ascending: I,
    ) -> impl Iterator<Item = Place> + use<'_, 'a, I> {
        let (mut counted, mut column) = (0, 0);
        ascending.into_iter().map(move |byte| {
            let line = self.starts.partition_point(|start| *start <= byte);
            let start = self.starts[line - 1];
            if counted < start {
                (counted, column) = (start, 0);
            }
            column += self.text.get(counted..byte).map_or(0, |more| more.chars().count());
            counted = byte;
            Place::new(line, column + 1)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_from_one() {
        let lines = Lines::of("aé\nbü$");
        assert_eq!(lines.place(0), Place::new(1, 1));
        assert_eq!(lines.place(3), Place::new(1, 3));
        assert_eq!(lines.place(4), Place::new(2, 1));
        assert_eq!(lines.place(7), Place::new(2, 3));
        let all: Vec<Place> = lines.places([1, 3, 5, 7]).collect();
        assert_eq!(all, [Place::new(1, 2), Place::new(1, 3), Place::new(2, 2), Place::new(2, 3)]);
    }
}
