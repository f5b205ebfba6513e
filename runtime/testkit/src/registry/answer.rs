//! What a registry answers: the distribution protocol, by the habits it has, with what goes wrong put in.

use serde_json::{Value, json};

use super::body::Body;
use super::habits::{Gate, Kind};
use super::serve::{Asked, Reply};
use super::store::digest;
use super::{Fault, State};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// The token that it gives out.
const TOKEN: &str = "a-token-of-the-fake-registry";

pub(super) fn answer(state: &mut State, mut asked: Asked) -> Option<Reply> {
    let fits = |fault: &Fault| fault.method == asked.method && asked.path.contains(&fault.path);
    let at = state.faults.iter().position(fits);
    let fault = at.map(|at| state.faults.remove(at).kind);
    let reply = match fault {
        None | Some(Kind::None) => Some(honest(state, &asked)),
        Some(Kind::Cut) => None,
        Some(Kind::Status(status, header)) => {
            Some(Reply { status, headers: header.into_iter().collect(), body: Body::Whole(Vec::new()) })
        }
        Some(Kind::Endless(status)) => Some(Reply { status, headers: Vec::new(), body: Body::Endless }),
        Some(Kind::Redirect(to)) => Some(reply(307, &[("location", &to)], Vec::new())),
        Some(kind) => Some(spoiled(honest(state, &asked), &kind)),
    };
    asked.status = reply.as_ref().map(|reply| reply.status);
    asked.body.clear();
    state.asked.push(asked);
    reply
}

fn spoiled(mut reply: Reply, kind: &Kind) -> Reply {
    let bytes = match &reply.body {
        Body::Whole(bytes) => bytes.clone(),
        _ => Vec::new(),
    };
    reply.body = match kind {
        Kind::Truncated => Body::Half(bytes),
        Kind::Stalled => Body::Stalled(bytes),
        Kind::Changed => Body::Whole(bytes.iter().map(|byte| byte.wrapping_add(1)).collect()),
        Kind::Longer => Body::Whole([bytes, b"and more".to_vec()].concat()),
        _ => Body::Whole(bytes),
    };
    if *kind == Kind::OtherDigest {
        reply.headers.retain(|(name, _)| name != "docker-content-digest");
        reply.headers.push(("docker-content-digest".to_owned(), digest(b"something else")));
    }
    reply
}

fn reply(status: u16, headers: &[(&str, &str)], body: Vec<u8>) -> Reply {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Reply { status, headers, body: Body::Whole(body) }
}

fn error(status: u16, code: &str) -> Reply {
    let body = json!({ "errors": [{ "code": code, "message": "says the fake registry" }] });
    reply(status, &[("content-type", "application/json")], body.to_string().into_bytes())
}

fn honest(state: &mut State, asked: &Asked) -> Reply {
    let path = asked.path.split('?').next().unwrap_or_default().to_owned();
    if path == "/token" {
        return token(state, asked);
    }
    if let Some(refused) = gate(state, asked) {
        return refused;
    }
    let Some(rest) = path.strip_prefix("/v2/") else { return error(404, "NOT_FOUND") };
    if rest.is_empty() {
        return reply(200, &[], b"{}".to_vec());
    }
    for (what, handle) in [
        ("/blobs/uploads/", upload as fn(&mut State, &Asked, &str, &str) -> Reply),
        ("/blobs/", blob),
        ("/manifests/", manifest),
        ("/tags/", tags),
        ("/referrers/", referrers),
    ] {
        if let Some((repository, rest)) = rest.split_once(what) {
            return handle(state, asked, repository, rest);
        }
    }
    error(404, "NOT_FOUND")
}

fn gate(state: &State, asked: &Asked) -> Option<Reply> {
    let given = asked.authorization.as_deref();
    let (expected, challenge) = match state.habits.gate.as_ref()? {
        Gate::Basic { username, password } => (basic(username, password), "Basic realm=\"fake\"".to_owned()),
        Gate::Token { realm, .. } => {
            let own = format!("http://{}/token", asked.host);
            let realm = realm.as_ref().unwrap_or(&own);
            (format!("Bearer {TOKEN}"), format!("Bearer realm=\"{realm}\",service=\"fake, registry\""))
        }
    };
    (given != Some(&expected)).then(|| {
        let mut refused = error(401, "UNAUTHORIZED");
        refused.headers.push(("www-authenticate".to_owned(), challenge));
        refused
    })
}

fn basic(username: &str, password: &str) -> String {
    use base64::Engine as _;
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{username}:{password}"));
    format!("Basic {pair}")
}

fn token(state: &State, asked: &Asked) -> Reply {
    let Some(Gate::Token { login, .. }) = &state.habits.gate else { return error(404, "NOT_FOUND") };
    let body = String::from_utf8_lossy(&asked.body).into_owned();
    let refreshed = |password: &str| {
        asked.method == "POST"
            && body.contains("grant_type=refresh_token")
            && body.contains(&format!("refresh_token={password}"))
    };
    let known = login.as_ref().is_none_or(|(username, password)| {
        asked.authorization.as_deref() == Some(&basic(username, password)) || refreshed(password)
    });
    if !known {
        return error(401, "UNAUTHORIZED");
    }
    // Nothing is for nobody: who does not say what for gets none.
    let scoped = asked.query("scope").is_some() || body.contains("scope=");
    if !scoped {
        return error(400, "DENIED");
    }
    reply(200, &[("content-type", "application/json")], json!({ "token": TOKEN }).to_string().into_bytes())
}

fn blob(state: &mut State, asked: &Asked, repository: &str, digest: &str) -> Reply {
    match (asked.method.as_str(), state.store.blob(repository, digest)) {
        ("GET" | "HEAD", Some(bytes)) => reply(200, &[("docker-content-digest", digest)], bytes),
        ("GET" | "HEAD", None) => error(404, "BLOB_UNKNOWN"),
        _ => error(405, "UNSUPPORTED"),
    }
}

fn upload(state: &mut State, asked: &Asked, repository: &str, rest: &str) -> Reply {
    let base = state.habits.upload_to.clone().unwrap_or_default();
    let at = |upload: u64| format!("{base}/v2/{repository}/blobs/uploads/{upload}");
    if asked.method == "POST" {
        let from = asked.query("from").zip(asked.query("mount")).filter(|_| state.habits.mounts);
        if let Some(bytes) = from.and_then(|(from, digest)| state.store.blob(&from, &digest)) {
            let digest = state.store.put_blob(repository, &bytes);
            return reply(201, &[("location", &format!("/v2/{repository}/blobs/{digest}"))], Vec::new());
        }
        let upload = state.store.begin_upload();
        return reply(202, &[("location", &at(upload))], Vec::new());
    }
    let Ok(upload) = rest.parse::<u64>() else { return error(404, "BLOB_UPLOAD_UNKNOWN") };
    let Some(so_far) = state.store.more(upload, &asked.body) else {
        return error(404, "BLOB_UPLOAD_UNKNOWN");
    };
    match asked.method.as_str() {
        "PATCH" => {
            let range = format!("0-{}", so_far.saturating_sub(1));
            reply(202, &[("location", &at(upload)), ("range", &range)], Vec::new())
        }
        "PUT" => {
            let bytes = state.store.end_upload(upload).unwrap_or_default();
            if asked.query("digest").as_deref() != Some(&digest(&bytes)) {
                return error(400, "DIGEST_INVALID");
            }
            let digest = state.store.put_blob(repository, &bytes);
            let location = format!("/v2/{repository}/blobs/{digest}");
            let headers = if state.habits.location { &[("location", location.as_str())][..] } else { &[] };
            reply(201, headers, Vec::new())
        }
        "DELETE" => {
            state.store.end_upload(upload);
            reply(204, &[], Vec::new())
        }
        _ => error(405, "UNSUPPORTED"),
    }
}

fn manifest(state: &mut State, asked: &Asked, repository: &str, at: &str) -> Reply {
    if asked.method == "PUT" {
        return put(state, asked, repository, at);
    }
    let spelled = at.strip_prefix("sha256-").filter(|_| state.habits.digest_tags);
    let found = state.store.manifest(repository, at);
    let found = found.or_else(|| state.store.manifest(repository, &format!("sha256:{}", spelled?)));
    match found {
        Some((media_type, bytes)) => {
            let digest = digest(&bytes);
            reply(200, &[("content-type", &media_type), ("docker-content-digest", &digest)], bytes)
        }
        None => error(404, "MANIFEST_UNKNOWN"),
    }
}

fn put(state: &mut State, asked: &Asked, repository: &str, at: &str) -> Reply {
    let media_type = asked.content_type.clone().unwrap_or_default();
    let Ok(json) = serde_json::from_slice::<Value>(&asked.body) else {
        return error(400, "MANIFEST_INVALID");
    };
    if media_type != INDEX && state.store.lacks(repository, &json).is_some() {
        return error(400, "MANIFEST_BLOB_UNKNOWN");
    }
    let tag = (!at.starts_with("sha256:")).then_some(at);
    if tag.is_none() && at != digest(&asked.body) {
        return error(400, "DIGEST_INVALID");
    }
    let digest = state.store.put_manifest(repository, tag, &media_type, &asked.body);
    let mut headers = vec![("docker-content-digest", digest.as_str())];
    let location = format!("/v2/{repository}/manifests/{digest}");
    if state.habits.location {
        headers.push(("location", &location));
    }
    if let Some(subject) = json["subject"]["digest"].as_str().filter(|_| state.habits.referrers) {
        headers.push(("oci-subject", subject));
    }
    reply(201, &headers, Vec::new())
}

fn tags(state: &mut State, asked: &Asked, repository: &str, _: &str) -> Reply {
    let all = state.store.tags(repository);
    let (page, next) = page(state, asked, all, |tag| tag.clone());
    let link = next.map(|last| format!("</v2/{repository}/tags/list?last={last}>; rel=\"next\""));
    let body = json!({ "name": repository, "tags": page }).to_string().into_bytes();
    let headers = link.as_deref().map(|link| ("link", link));
    reply(200, headers.as_slice(), body)
}

fn referrers(state: &mut State, asked: &Asked, repository: &str, subject: &str) -> Reply {
    if !state.habits.referrers {
        return reply(404, &[("content-type", "text/plain")], b"404 page not found".to_vec());
    }
    let all = state.store.about(repository, subject);
    let name = |entry: &Value| entry["digest"].as_str().unwrap_or_default().to_owned();
    let (page, next) = page(state, asked, all, name);
    let link = next.map(|last| format!("</v2/{repository}/referrers/{subject}?last={last}>; rel=\"next\""));
    let body = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": page }).to_string().into_bytes();
    let mut headers = vec![("content-type", INDEX)];
    headers.extend(link.as_deref().map(|link| ("link", link)));
    reply(200, &headers, body)
}

/// The part of a list that was asked for, and the last of it where more follows and that is said.
fn page<T>(
    state: &State,
    asked: &Asked,
    all: Vec<T>,
    name: impl Fn(&T) -> String,
) -> (Vec<T>, Option<String>) {
    let habits = &state.habits;
    let last = asked.query("last").filter(|_| habits.last);
    let wanted = asked.query("n").and_then(|n| n.parse().ok()).filter(|_| habits.last);
    let size = habits.page.or(wanted).unwrap_or(usize::MAX);
    let after = |entry: &T| last.as_ref().is_none_or(|last| name(entry) > *last);
    let mut rest: Vec<T> = all.into_iter().filter(after).collect();
    let more = rest.len() > size;
    rest.truncate(size);
    let next = rest.last().map(name).filter(|_| more && habits.links);
    (rest, next)
}
