//! How values are written into files that others read.

use super::filters::Refused;

/// What the runtime does with secrets once it puts them into a file; a template leaves the rest to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Puts them in as they are.
    Plain,
    /// Escapes them for double quotes, in JSON and YAML.
    Json,
    /// Quotes the value of each line after it was put in.
    Dotenv,
}

impl Style {
    pub(super) fn of(media_type: &str, sensitive: bool) -> Self {
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        if !sensitive {
            // There are no secrets in it, and nothing is done to it.
            Self::Plain
        } else if essence == "text/x-dotenv" {
            Self::Dotenv
        } else if essence.ends_with("json") || essence.ends_with("yaml") {
            Self::Json
        } else {
            Self::Plain
        }
    }
}

/// JSON, and what YAML would read otherwise in it escaped: JSON in one line is YAML.
pub(super) fn yaml(json: &str) -> String {
    let special = |c: char| matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}');
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if special(c) {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

/// As Compose reads it: plain where nothing is special, single quotes where nothing has to be escaped, double quotes
/// otherwise.
pub(super) fn dotenv(value: &str) -> Result<String, Refused> {
    if value.contains('\0') {
        return Err(Refused("a variable cannot hold the character NUL".into()));
    }
    if value.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:@%+,=".contains(c)) {
        return Ok(value.to_owned());
    }
    if !value.contains(['\'', '\n', '\r', '\\']) {
        return Ok(format!("'{value}'"));
    }
    let mut out = String::from("\"");
    for c in value.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '$' => out.push_str("\\$"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            other => out.push(other),
        }
    }
    out.push('"');
    Ok(out)
}

/// One line, which the runtime quotes itself.
pub(super) fn dotenv_line(value: &str) -> Result<String, Refused> {
    if value.contains(['\n', '\r', '\0']) {
        return Err(Refused("a variable of a sensitive `text/x-dotenv` file has one line only".into()));
    }
    Ok(value.to_owned())
}

/// One word of a POSIX shell.
pub(super) fn shell(value: &str) -> Result<String, Refused> {
    if value.contains('\0') {
        return Err(Refused("a word of a shell cannot hold the character NUL".into()));
    }
    Ok(format!("'{}'", value.replace('\'', "'\\''")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_to_their_place() {
        assert_eq!(shell("it's $HOME").unwrap(), r"'it'\''s $HOME'");
        assert_eq!(dotenv("a-b").unwrap(), "a-b");
        assert_eq!(dotenv("a b$c").unwrap(), "'a b$c'");
        assert_eq!(dotenv("a'b\n$c\"").unwrap(), r#""a'b\n\$c\"""#);
        assert_eq!(yaml("\"a\u{85}b\u{2028}é\""), "\"a\\u0085b\\u2028é\"");
        assert!(dotenv_line("a\nB=1").is_err() && shell("\0").is_err() && dotenv("\0").is_err());
    }

    #[test]
    fn the_media_type_says_what_is_left_to_the_runtime() {
        assert_eq!(Style::of("text/x-dotenv; charset=utf-8", true), Style::Dotenv);
        assert_eq!(Style::of("text/x-dotenv", false), Style::Plain);
        assert_eq!(Style::of("application/yaml", true), Style::Json);
        assert_eq!(Style::of("application/vnd.acme+json", true), Style::Json);
        assert_eq!(Style::of("text/plain", true), Style::Plain);
    }
}
