//! Canaries: secrets that are looked for wherever they must not be, in all the forms in which they would show.
//!
//! **Absent on purpose:** the runtime's own idea of what a secret looks like; this one is made apart from it.

use std::collections::BTreeSet;
use std::path::Path;

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use walkdir::WalkDir;

/// Secrets, by what they are.
#[derive(Debug, Clone, Default)]
pub struct Canaries(Vec<(String, String)>);

impl Canaries {
    /// Adds one.
    ///
    /// # Panics
    /// When it is so short that it turns up by chance.
    pub fn add(&mut self, what: impl Into<String>, secret: impl Into<String>) {
        let (what, secret) = (what.into(), secret.into());
        assert!(secret.len() >= 8, "`{what}` is too short to be looked for");
        if !self.0.iter().any(|(_, known)| *known == secret) {
            self.0.push((what, secret));
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Which of them stand in these bytes, in which form.
    pub fn found(&self, bytes: &[u8]) -> Vec<String> {
        let (names, texts): (Vec<String>, Vec<String>) = self
            .0
            .iter()
            .flat_map(|(what, secret)| {
                forms(secret).into_iter().map(move |(form, text)| (format!("{what} ({form})"), text))
            })
            .unzip();
        // All at once: logs are long, and there are many forms.
        let forms = AhoCorasick::new(texts).expect("forms are few and short against the automaton's limits");
        let found: BTreeSet<usize> =
            forms.find_overlapping_iter(bytes).map(|found| found.pattern().as_usize()).collect();
        found.into_iter().map(|at| names[at].clone()).collect()
    }

    /// None of them stands in these bytes.
    ///
    /// # Panics
    /// When one does. The bytes themselves are not shown.
    #[track_caller]
    pub fn none_in(&self, place: &str, bytes: impl AsRef<[u8]>) {
        assert!(!self.is_empty(), "there is no canary to look for");
        let found = self.found(bytes.as_ref());
        assert!(found.is_empty(), "{place} holds {}", found.join(", "));
    }

    /// None of them stands in a file of the folder, or in a file's name. Returns how many files were looked at.
    ///
    /// # Panics
    /// When one does, or when a file cannot be read.
    #[track_caller]
    pub fn none_below(&self, folder: &Path, except: impl Fn(&Path) -> bool) -> usize {
        let mut files = 0;
        for entry in WalkDir::new(folder) {
            let entry = entry.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
            let path = entry.path();
            if !entry.file_type().is_file() || except(path) {
                continue;
            }
            let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            self.none_in(&format!("the file `{}`", path.display()), bytes);
            self.none_in("a file's name", path.to_string_lossy().as_bytes());
            files += 1;
        }
        files
    }
}

/// The forms of a secret: as it is; in base64 of both alphabets, wherever it begins in a longer text; URL-encoded;
/// escaped in JSON, once and twice.
pub fn forms(secret: &str) -> Vec<(&'static str, String)> {
    let json = |text: &str| {
        let quoted = serde_json::Value::from(text).to_string();
        quoted[1..quoted.len() - 1].to_owned()
    };
    let mut forms = vec![
        ("as it is", secret.to_owned()),
        ("escaped in JSON", json(secret)),
        ("escaped in JSON twice", json(&json(secret))),
        ("URL-encoded", percent(secret, |byte| format!("%{byte:02X}"))),
        ("URL-encoded, lower case", percent(secret, |byte| format!("%{byte:02x}"))),
        ("form-encoded", percent(secret, |byte| format!("%{byte:02X}")).replace("%20", "+")),
    ];
    for (form, engine) in [("base64", STANDARD_NO_PAD), ("base64url", URL_SAFE_NO_PAD)] {
        for before in 0..3 {
            let mut bytes = vec![0; before];
            bytes.extend_from_slice(secret.as_bytes());
            let text = engine.encode(&bytes);
            // The digits at the ends hold bits of what stands around.
            let inner = &text[(before * 8).div_ceil(6)..bytes.len() * 8 / 6];
            forms.push((form, inner.to_owned()));
        }
    }
    forms
}

fn percent(text: &str, escaped: impl Fn(u8) -> String) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { escaped(byte) }).collect()
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    const SECRET: &str = "can\"ary a/b+c\\d";

    #[test]
    fn a_canary_is_found_in_each_of_its_forms() {
        let mut canaries = Canaries::default();
        canaries.add("one", SECRET);
        for text in [
            format!("x{SECRET}x"),
            serde_json::json!({"a": SECRET}).to_string(),
            serde_json::json!({"a": serde_json::json!({"b": SECRET}).to_string()}).to_string(),
            STANDARD.encode(format!("user:{SECRET}")),
            STANDARD.encode(format!("us:{SECRET}x")),
            "p=can%22ary+a%2Fb%2Bc%5Cd".to_owned(),
            "p=can%22ary%20a%2fb%2bc%5cd".to_owned(),
        ] {
            assert!(!canaries.found(text.as_bytes()).is_empty(), "{text}");
        }
        canaries.none_in("a text", "nothing of the kind");
    }

    #[test]
    #[should_panic(expected = "a place holds one (as it is)")]
    fn what_is_found_is_said_without_showing_it() {
        let mut canaries = Canaries::default();
        canaries.add("one", "canary-1");
        canaries.none_in("a place", "xcanary-1");
    }
}
