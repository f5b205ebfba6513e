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

/// Reads the token of a home, or makes one. Only the owner can read it.
pub(crate) fn token(path: &Path) -> io::Result<Secret> {
    match private(path).and_then(|()| fs::read_to_string(path)) {
        Ok(text) if !text.trim().is_empty() => Ok(Secret::new(text.trim())),
        Ok(_) => make(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(path),
        Err(error) => Err(error),
    }
}

fn private(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path)?.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

fn make(path: &Path) -> io::Result<Secret> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    let token: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(token.as_bytes())?;
    file.sync_all()?;
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
    let host = request.headers().get(HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let name =
        host.rsplit_once(':').map_or(host, |(name, port)| if port.ends_with(']') { host } else { name });
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
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
}
