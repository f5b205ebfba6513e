//! Who may call. The Unix socket is protected by its mode; on TCP every request shows a token.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::{AUTHORIZATION, HOST};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use innominatus_model::{Code, Digest, Secret};

use crate::problem::ApiError;

/// How requests on one listener are judged.
#[derive(Debug, Clone)]
pub(crate) enum Door {
    /// Whoever can open the socket.
    Socket,
    /// Whoever shows the token, and means this machine.
    Token(Secret),
}

/// Digits of a token.
const DIGITS: usize = 64;

/// Reads the token of a home, or makes one: also in the place of one that is damaged, which would be easier to guess.
/// Only the owner can read it.
pub(crate) fn token(path: &Path) -> io::Result<Secret> {
    match private(path).and_then(|()| fs::read(path)) {
        Ok(text) => match whole(&text) {
            Some(token) => Ok(Secret::new(token)),
            None => make(path),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(path),
        Err(error) => Err(error),
    }
}

fn whole(text: &[u8]) -> Option<&str> {
    let token = std::str::from_utf8(text).ok()?.trim();
    (token.len() == DIGITS && token.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(token)
}

fn private(path: &Path) -> io::Result<()> {
    let found = fs::symlink_metadata(path)?;
    if !found.is_file() {
        // To open a pipe would wait for somebody at its other end.
        return Err(io::Error::other(format!("`{}` is not a file", path.display())));
    }
    if found.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

fn make(path: &Path) -> io::Result<Secret> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    let token: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    // Whole or not there.
    let draft = path.with_extension(format!("token.{}.new", std::process::id()));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(token.as_bytes())?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    Ok(Secret::new(token))
}

/// Lets a request in, or answers with 401 or 403.
pub(crate) async fn guard(State(door): State<Door>, request: Request, next: Next) -> Response {
    if let Door::Token(expected) = &door {
        if !is_local(&request) {
            return ApiError::new(Code::Forbidden, "the `Host` header does not name this machine")
                .into_response();
        }
        let shown = request.headers().get(AUTHORIZATION).and_then(bearer).unwrap_or_default();
        // Digests of equal length are compared, so the time tells nothing of the token.
        if Digest::of(shown) != Digest::of(expected.expose()) {
            let error = ApiError::new(Code::Unauthenticated, "no valid token was shown");
            return error
                .hint("set INNOMINATUS_TOKEN to what `api.token` in the server's home holds")
                .into_response();
        }
    }
    next.run(request).await
}

/// The token behind the scheme, whose case does not matter (RFC 9110, 11.1).
fn bearer(value: &HeaderValue) -> Option<&str> {
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// A page in a browser may reach a loopback address under a name of its own: only this machine's are heard.
fn is_local(request: &Request) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let host = host.to_str().unwrap_or_default();
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, port),
        _ => (host, "0"),
    };
    matches!(name, "localhost" | "127.0.0.1" | "[::1]") && port.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_is_read_in_any_case_and_no_other_scheme_is() {
        for (text, token) in [
            ("Bearer abc", Some("abc")),
            ("bearer abc", Some("abc")),
            ("BEARER  abc ", Some("abc")),
            ("Bearer", None),
            ("abc", None),
            ("Basic abc", None),
            ("Bearerabc", None),
        ] {
            assert_eq!(bearer(&HeaderValue::from_static(text)), token, "{text}");
        }
    }

    #[test]
    fn a_token_that_is_damaged_is_made_anew_and_a_whole_one_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("api.token");
        let first = token(&path).unwrap();
        assert_eq!(first.expose().len(), DIGITS);
        assert_eq!(token(&path).unwrap().expose(), first.expose());
        for damaged in ["", "a", &first.expose()[..63], &"g".repeat(64), "\u{e9}"] {
            fs::write(&path, damaged).unwrap();
            let made = token(&path).unwrap();
            assert_eq!(made.expose().len(), DIGITS, "{damaged}");
            assert_ne!(made.expose(), damaged);
        }
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(token(&path).unwrap_err().to_string().contains("not a file"));
    }

    #[test]
    fn only_this_machine_is_meant() {
        let asks = |hosts: &[&'static str]| {
            let mut request = Request::new(axum::body::Body::empty());
            for host in hosts {
                request.headers_mut().append(HOST, HeaderValue::from_static(host));
            }
            is_local(&request)
        };
        for good in ["localhost", "localhost:80", "127.0.0.1:8080", "[::1]", "[::1]:8080"] {
            assert!(asks(&[good]), "{good}");
        }
        for bad in
            ["evil.com", "localhost:80@evil.com", "localhost.evil.com:80", "localhost:", "", "127.0.0.1:x"]
        {
            assert!(!asks(&[bad]), "{bad}");
        }
        assert!(!asks(&["localhost", "evil.com"]) && !asks(&[]));
    }
}
