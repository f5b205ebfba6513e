//! What a registry wants before it answers: the header `WWW-Authenticate`.

use http::HeaderMap;
use http::header::WWW_AUTHENTICATE;

/// What it wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// A name and a password.
    Basic,
    /// A token that another address gives out.
    Bearer {
        /// The address.
        realm: String,
        /// What it is told the token is for.
        service: Option<String>,
    },
}

/// The first challenge that is understood; a token rather than a password.
pub(super) fn read(headers: &HeaderMap) -> Option<Challenge> {
    let all = || headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    all()
        .find_map(bearer)
        .or_else(|| all().any(|text| scheme(text, "basic").is_some()).then_some(Challenge::Basic))
}

fn bearer(text: &str) -> Option<Challenge> {
    let parameters = parameters(scheme(text, "bearer")?);
    let get = |name: &str| {
        parameters.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
    };
    Some(Challenge::Bearer { realm: get("realm")?, service: get("service") })
}

/// What stands after the name of a scheme.
fn scheme<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let text = text.trim_start();
    let (head, rest) = text.split_at_checked(name.len())?;
    (head.eq_ignore_ascii_case(name) && (rest.is_empty() || rest.starts_with(' '))).then_some(rest)
}

/// `name="value", name=value`, values in quotes with escapes.
fn parameters(mut text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    while let Some((name, rest)) = text.split_once('=') {
        let name = name.trim_matches([' ', ',', '\t']).to_owned();
        let mut value = String::new();
        text = match rest.strip_prefix('"') {
            Some(quoted) => {
                let mut characters = quoted.char_indices();
                loop {
                    match characters.next() {
                        Some((at, '"')) => break &quoted[at + 1..],
                        Some((_, '\\')) => value.extend(characters.next().map(|(_, c)| c)),
                        Some((_, c)) => value.push(c),
                        None => break "",
                    }
                }
            }
            None => {
                let end = rest.find([',', ' ']).unwrap_or(rest.len());
                value.push_str(&rest[..end]);
                &rest[end..]
            }
        };
        found.push((name, value));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn challenge(values: &[&str]) -> Option<Challenge> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(WWW_AUTHENTICATE, value.parse().unwrap());
        }
        read(&headers)
    }

    fn token(realm: &str, service: Option<&str>) -> Option<Challenge> {
        Some(Challenge::Bearer { realm: realm.to_owned(), service: service.map(str::to_owned) })
    }

    #[test]
    fn challenges_are_read_as_registries_write_them() {
        assert_eq!(challenge(&[]), None);
        assert_eq!(challenge(&["Negotiate"]), None);
        assert_eq!(challenge(&["Basic realm=\"x\""]), Some(Challenge::Basic));
        assert_eq!(challenge(&["basic"]), Some(Challenge::Basic));
        assert_eq!(challenge(&["Bearer"]), None);
        assert_eq!(
            challenge(&["Bearer realm=\"https://a/t\",service=\"s\""]),
            token("https://a/t", Some("s"))
        );
        assert_eq!(
            challenge(&["bearer service=s, realm=\"https://a/t?x=1,2\""]),
            token("https://a/t?x=1,2", Some("s"))
        );
        assert_eq!(challenge(&["Bearer realm=\"a\\\"b\""]), token("a\"b", None));
        assert_eq!(challenge(&["Bearer realm=\"never closed"]), token("never closed", None));
        assert_eq!(challenge(&["Basic realm=\"x\"", "Bearer realm=\"r\""]), token("r", None));
    }
}
