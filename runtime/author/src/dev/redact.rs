//! What people are shown holds no secret: tokens, and texts that tests plant as secrets, become `[secret]`.

use innominatus_model::Json;

/// What stands in the place of a secret.
pub(crate) const SECRET: &str = "[secret]";

const PREFIX: &str = "inmt";
const BODY: usize = 52;

/// Knows the planted ones.
#[derive(Debug, Clone, Default)]
pub(crate) struct Redactor {
    planted: Vec<String>,
}

impl Redactor {
    pub(crate) fn new(planted: impl IntoIterator<Item = String>) -> Self {
        let mut planted: Vec<String> = planted.into_iter().filter(|text| !text.is_empty()).collect();
        // The longer ones first: one may be part of another.
        planted.sort_by_key(|text| std::cmp::Reverse(text.len()));
        Self { planted }
    }

    pub(crate) fn text(&self, text: &str) -> String {
        let planted = self.planted.iter().fold(text.to_owned(), |text, known| text.replace(known, SECRET));
        tokens(&planted)
    }

    pub(crate) fn value(&self, value: &Json) -> Json {
        match value {
            Json::String(text) => Json::String(self.text(text)),
            Json::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            Json::Object(fields) => {
                fields.iter().map(|(name, value)| (self.text(name), self.value(value))).collect()
            }
            plain => plain.clone(),
        }
    }
}

fn tokens(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(PREFIX) {
        let body = &rest[at + PREFIX.len()..];
        let length = body.bytes().take_while(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7')).count();
        out.push_str(&rest[..at]);
        if length >= BODY {
            out.push_str(SECRET);
            rest = &body[BODY..];
        } else {
            out.push_str(PREFIX);
            rest = body;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tokens_and_planted_texts_are_not_shown() {
        let token = format!("inmt{}", "a".repeat(52));
        let redactor = Redactor::new(["hunter".to_owned(), "hunter2".to_owned(), String::new()]);
        assert_eq!(redactor.text(&format!("u:{token}@h/inmt x hunter2")), "u:[secret]@h/inmt x [secret]");
        let long = redactor.text(&format!("inmt{token}"));
        assert!(!long.contains(&token[..BODY]), "{long}");
        let shown = redactor.value(&json!({"a": [token, 1], "hunter": true}));
        assert_eq!(shown, json!({"a": ["[secret]", 1], "[secret]": true}));
    }
}
