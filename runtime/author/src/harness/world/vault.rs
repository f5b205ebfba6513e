//! Secrets as guests hold them: tokens, the same each time. There is nothing behind them, so nothing can leak.

use std::collections::BTreeMap;

use innominatus_model::Digest;

const PREFIX: &str = "inmt";
const BODY: usize = 52;
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// The tokens of one resource.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vault {
    by_name: BTreeMap<String, String>,
}

impl Vault {
    /// The token of this name, made if there is none yet. In the form that tokens have.
    pub(crate) fn token(&mut self, name: &str) -> String {
        self.by_name.entry(name.to_owned()).or_insert_with(|| token(name)).clone()
    }

    /// Takes over every token that stands in the text.
    pub(crate) fn learn(&mut self, name: &str, text: &str) {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric());
        for word in words.filter(|word| word.starts_with(PREFIX) && word.len() == PREFIX.len() + BODY) {
            self.by_name.insert(name.to_owned(), word.to_owned());
        }
    }

    /// The name of the first token that stands in the text.
    pub(crate) fn found_in(&self, text: &str) -> Option<&str> {
        self.by_name.iter().find(|(_, token)| text.contains(token.as_str())).map(|(name, _)| name.as_str())
    }
}

/// `inmt` and 52 characters.
fn token(name: &str) -> String {
    let digest = Digest::of(format!("planted\n{name}").as_bytes());
    let mut text = String::from(PREFIX);
    let (mut bits, mut held) = (0_u32, 0);
    for byte in digest.as_bytes() {
        bits = bits << 8 | u32::from(*byte);
        held += 8;
        while held >= 5 {
            held -= 5;
            text.push(char::from(ALPHABET[(bits >> held) as usize & 31]));
        }
    }
    if held > 0 {
        text.push(char::from(ALPHABET[(bits << (5 - held)) as usize & 31]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_have_the_form_of_tokens() {
        let token = token("password");
        assert_eq!(token.len(), 4 + 52);
        assert!(token.bytes().all(|byte| byte.is_ascii_lowercase() || (b'2'..=b'7').contains(&byte)));
    }
}
