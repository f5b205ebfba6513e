//! Signatures of AWS (version 4), computed once more from what came over the wire, by the rules that AWS publishes.

use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};

/// The signature that a request with this `authorization` header and this target (path and query) must carry if it was
/// signed with this secret key. None where the header is not such a one, or names a header that is not there.
pub fn signature<'a>(
    method: &str,
    target: &str,
    header: impl Fn(&str) -> Option<&'a str>,
    body: &[u8],
    secret_key: &str,
) -> Option<String> {
    let authorization = header("authorization")?;
    let (_, scope) = part(authorization, "Credential=")?.split_once('/')?;
    let signed = part(authorization, "SignedHeaders=")?;
    let [date, region, service, _] = scope.split('/').collect::<Vec<_>>()[..] else { return None };
    let line = |name: &str| header(name).map(|value| format!("{name}:{value}\n"));
    let headers = signed.split(';').map(line).collect::<Option<String>>()?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    // S3 alone takes paths as they are sent.
    let path = if service == "s3" { path.to_owned() } else { path.replace('%', "%25") };
    // A name without a value is signed as one with an empty one.
    let whole = |pair: &str| if pair.contains('=') { pair.to_owned() } else { format!("{pair}=") };
    let mut query: Vec<String> = query.split('&').filter(|pair| !pair.is_empty()).map(whole).collect();
    query.sort_unstable();
    let payload = hex(&Sha256::digest(body));
    let canonical = format!("{method}\n{path}\n{}\n{headers}\n{signed}\n{payload}", query.join("&"));
    let time = header("x-amz-date")?;
    let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
    let key = [date, region, service, "aws4_request"]
        .into_iter()
        .fold(format!("AWS4{secret_key}").into_bytes(), |key, step| mac(&key, step));
    Some(hex(&mac(&key, &to_sign)))
}

/// A part of an `authorization` header: what follows `Credential=`, `SignedHeaders=` or `Signature=`.
pub(super) fn part<'a>(authorization: &'a str, name: &str) -> Option<&'a str> {
    authorization.split_once(name)?.1.split([',', ' ']).next()
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("keys of any length are taken");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
