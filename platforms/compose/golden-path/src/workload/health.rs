//! Probes as a health check. Compose has one check per service, run inside the container.

use innominatus_guest::Json;
use serde_json::json;

use crate::parameters::Parameters;
use crate::score::{Container, HttpGet};
use crate::text::{argument, literal};

/// The check of a container: by its readiness probe, else its liveness probe; by a command where there is
/// one, as Score prefers.
pub(crate) fn check(container: &Container, parameters: &Parameters) -> Option<Json> {
    let probe = container.probe()?;
    let test: Json = match (&probe.exec, &probe.http_get) {
        (Some(exec), _) => {
            std::iter::once("CMD".to_owned()).chain(exec.command.iter().map(|word| argument(word))).collect()
        }
        (None, Some(get)) if parameters.http_probes => json!(["CMD-SHELL", literal(&command(get))]),
        _ => return None,
    };
    Some(json!({"test": test, "interval": "5s", "timeout": "5s", "retries": 12}))
}

/// A request from inside the container, by whichever of the two usual tools the image has. Where it has none
/// of them nothing can be asked, and the container counts as healthy once it runs; the parameter's words say so.
fn command(get: &HttpGet) -> String {
    let scheme = get.scheme.as_deref().unwrap_or("HTTP").to_ascii_lowercase();
    let host = get.host.as_deref().unwrap_or("127.0.0.1");
    let url = format!("{scheme}://{host}:{}/{}", get.port, get.path.trim_start_matches('/'));
    let mut wget = "wget -q -O /dev/null".to_owned();
    let mut curl = "curl -fsS -o /dev/null".to_owned();
    if scheme == "https" {
        // A probe asks whether the workload answers, not who it is.
        wget.push_str(" --no-check-certificate");
        curl.push_str(" -k");
    }
    for header in &get.http_headers {
        let header = quoted(&format!("{}: {}", header.name, header.value));
        wget.push_str(&format!(" --header={header}"));
        curl.push_str(&format!(" -H {header}"));
    }
    let url = quoted(&url);
    format!(
        "if command -v wget >/dev/null; then {wget} {url}; elif command -v curl >/dev/null; then {curl} {url}; fi"
    )
}

/// One word for a POSIX shell.
fn quoted(word: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(safe) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
