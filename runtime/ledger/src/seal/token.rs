//! Tokens: what guests hold instead of secrets.

use std::ops::Range;

use innominatus_model::Name;

use super::keyring::{Keyring, hmac};

const PREFIX: &str = "inmt";

/// Characters after the prefix: 256 bits, five to a character.
const BODY: usize = 52;

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

impl Keyring {
    /// The token of one component for one secret: `inmt` and 52 characters of a-z and 2-7. The same
    /// arguments give the same token for as long as the store lives, also when its key is replaced; nobody without
    /// the key can make or guess one. Alphanumeric, so that it survives URLs, JSON and connection strings unescaped.
    ///
    /// `component` is `<platform>/<entry>`, `name` the secret's name there.
    pub fn token(&self, tenant: &Name, component: &str, name: &str) -> String {
        let parts = [tenant.as_str().as_bytes(), component.as_bytes(), name.as_bytes()];
        let mut token = String::with_capacity(PREFIX.len() + BODY);
        token.push_str(PREFIX);
        encode(&hmac(&self.tokens(), &parts), &mut token);
        token
    }
}

/// Base32 in lower case, without padding.
fn encode(bytes: &[u8; 32], out: &mut String) {
    let (mut bits, mut held) = (0_u32, 0);
    let mut push = |five: u32| out.push(char::from(ALPHABET[five as usize & 31]));
    for byte in bytes {
        bits = bits << 8 | u32::from(*byte);
        held += 8;
        while held >= 5 {
            held -= 5;
            push(bits >> held);
        }
    }
    if held > 0 {
        push(bits << (5 - held));
    }
}

/// Where tokens may stand in a text, from left to right and without overlap. That it looks like a token does
/// not say that it was issued.
pub fn find_tokens(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut from = 0;
    std::iter::from_fn(move || {
        while let Some(found) = text[from..].find(PREFIX) {
            let start = from + found;
            let end = start + PREFIX.len() + BODY;
            let body = text.as_bytes().get(start + PREFIX.len()..end);
            if body.is_some_and(|body| body.iter().all(|byte| ALPHABET.contains(byte))) {
                from = end;
                return Some(start..end);
            }
            from = start + 1;
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring() -> Keyring {
        Keyring::from_text(&"17".repeat(32)).unwrap()
    }

    fn token(tenant: &str, component: &str, name: &str) -> String {
        ring().token(&Name::new(tenant).unwrap(), component, name)
    }

    #[test]
    fn a_token_is_stable_and_alphanumeric() {
        let one = token("default", "compose/postgres", "password");
        assert_eq!(one, token("default", "compose/postgres", "password"));
        assert_eq!(one.len(), 56);
        assert!(one.starts_with("inmt") && one.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
        // The alphabet and the key's derivation are part of the stored format.
        assert_eq!(one, "inmtg4cywrd7m2qra2c57yohfptucby3u44msm5cifkzv2qw24w45j4a");
    }

    #[test]
    fn another_tenant_component_name_or_key_has_another_token() {
        let one = token("default", "compose/postgres", "password");
        let others = [
            token("other", "compose/postgres", "password"),
            token("default", "compose/mysql", "password"),
            token("default", "compose/postgres", "root"),
            token("default", "compose/postgrespass", "word"),
            token("defaultcompose", "/postgres", "password"),
            Keyring::from_text(&"18".repeat(32)).unwrap().token(
                &Name::new("default").unwrap(),
                "compose/postgres",
                "password",
            ),
        ];
        for other in others {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn base32_is_that_of_the_standard() {
        let mut out = String::new();
        encode(b"foobarfoobarfoobarfoobarfoobarfo", &mut out);
        assert_eq!(out, "mzxw6ytbojtg633cmfzgm33pmjqxeztpn5rgc4tgn5xweylsmzxq");
    }

    #[test]
    fn tokens_are_found_wherever_they_stand() {
        let (a, b) = (token("default", "c/a", "x"), token("default", "c/b", "x"));
        let text = format!("postgres://é{a}:{b}{a}@host/inmt inmt{}", &b[4..55]);
        let found: Vec<_> = find_tokens(&text).map(|range| &text[range]).collect();
        assert_eq!(found, [&a, &b, &a], "the last one is a character short");
        assert_eq!(find_tokens(&a.to_uppercase()).count(), 0);
        assert_eq!(find_tokens("inmt").count() + find_tokens("").count(), 0);
    }
}
