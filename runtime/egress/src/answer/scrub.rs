//! Known secrets in answers, replaced wherever they are echoed.

use innominatus_model::Secret;

use crate::{Vault, VaultError};

/// Bytes that are not UTF-8 are looked at as these characters, so that the text around them is searched too.
const STRAY: u32 = 0x0010_ff00;

/// A body without secrets.
pub(super) async fn bytes(body: Vec<u8>, also: &[Secret], vault: &dyn Vault) -> Result<Vec<u8>, VaultError> {
    if body.is_empty() {
        return Ok(body);
    }
    let text = match String::from_utf8(body) {
        Ok(text) if !text.chars().any(|letter| stray(letter).is_some()) => {
            return Ok(vault.scrub(&text, also).await?.into_bytes());
        }
        Ok(text) => as_text(text.as_bytes()),
        Err(error) => as_text(error.as_bytes()),
    };
    Ok(as_bytes(&vault.scrub(&text, also).await?))
}

/// Headers without secrets.
pub(super) async fn headers(
    headers: Vec<(String, String)>,
    also: &[Secret],
    vault: &dyn Vault,
) -> Result<Vec<(String, String)>, VaultError> {
    // All at once where that can be taken apart again: a value has no line break.
    let together: Vec<&str> = headers.iter().map(|(_, value)| value.as_str()).collect();
    let scrubbed = vault.scrub(&together.join("\n"), also).await?;
    let values: Vec<&str> = scrubbed.split('\n').collect();
    if values.len() == headers.len() {
        let pairs = headers.into_iter().zip(values);
        return Ok(pairs.map(|((name, _), value)| (name, value.to_owned())).collect());
    }
    let mut apart = Vec::new();
    for (name, value) in headers {
        apart.push((name, vault.scrub(&value, also).await?));
    }
    Ok(apart)
}

fn stray(letter: char) -> Option<u8> {
    u32::from(letter).checked_sub(STRAY).and_then(|byte| u8::try_from(byte).ok())
}

fn as_text(bytes: &[u8]) -> String {
    let mut text = String::new();
    let odd = |text: &mut String, bytes: &[u8]| {
        text.extend(bytes.iter().filter_map(|byte| char::from_u32(STRAY + u32::from(*byte))));
    };
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match stray(letter) {
                // The character itself was in the answer: its bytes are stray ones.
                Some(_) => odd(&mut text, letter.encode_utf8(&mut [0; 4]).as_bytes()),
                None => text.push(letter),
            }
        }
        odd(&mut text, chunk.invalid());
    }
    text
}

fn as_bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for letter in text.chars() {
        match stray(letter) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_not_text_come_back_as_they_were() {
        let every: Vec<u8> = (0..=255).collect();
        for bytes in [every.as_slice(), b"plain", "\u{10ff41}x\u{10ffff}".as_bytes(), b"\xf4\x8f\xbd", b""] {
            assert_eq!(as_bytes(&as_text(bytes)), bytes);
        }
    }
}
