//! AWS Signature Version 4 over a whole request.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign as sign_request,
};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime_api::client::identity::Identity;
use http::header::ACCEPT_ENCODING;
use http::{HeaderMap, HeaderName};
use innominatus_effect::HttpError;
use innominatus_model::Secret;
use tracing::subscriber::NoSubscriber;

use super::credential::Sent;
use super::headers;

/// The keys of one identity.
pub(super) struct Keys {
    pub(super) access_key_id: Secret,
    pub(super) secret_access_key: Secret,
    pub(super) session_token: Option<Secret>,
}

/// Whether a text can be the name of a service. It becomes a part of the signature's scope.
pub(super) fn is_name(service: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=64).contains(&service.len()) && service.bytes().all(plain)
}

/// The service that a host name of AWS speaks of: the label before region and suffix.
pub(super) fn service_of(host: &str) -> Option<&str> {
    let rest =
        [".amazonaws.com", ".amazonaws.com.cn"].into_iter().find_map(|suffix| host.strip_suffix(suffix))?;
    let is_region = |label: &str| {
        let parts: Vec<&str> = label.split('-').collect();
        parts.len() >= 3
            && parts
                .first()
                .is_some_and(|first| first.len() == 2 && first.bytes().all(|byte| byte.is_ascii_lowercase()))
            && parts
                .last()
                .is_some_and(|last| last.len() == 1 && last.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let service = rest.rsplit('.').find(|label| !is_region(label) && *label != "dualstack")?;
    // `s3-eu-west-1` and `rds-fips` are older forms.
    let service = service.strip_suffix("-fips").unwrap_or(service);
    Some(if service.starts_with("s3-") { "s3" } else { service })
}

/// The region that requests to a service are signed for. Services that are one for all regions are signed for the
/// first one of their partition, wherever the operator works.
fn region_of<'a>(service: &str, region: &'a str) -> &'a str {
    const GLOBAL: &[(&str, [&str; 3])] = &[
        ("iam", ["us-east-1", "us-gov-west-1", "cn-north-1"]),
        ("organizations", ["us-east-1", "us-gov-west-1", "cn-northwest-1"]),
        ("route53", ["us-east-1", "us-gov-west-1", "cn-northwest-1"]),
    ];
    let Some((_, [aws, gov, china])) = GLOBAL.iter().find(|(known, _)| *known == service) else {
        return region;
    };
    match region {
        region if region.starts_with("us-gov-") => gov,
        region if region.starts_with("cn-") => china,
        _ => aws,
    }
}

/// How a service wants its signatures.
fn settings(service: &str) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if service == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    }
    // S3 demands the sum of the body as a header; others take it, and some who stand in for them look for it.
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    settings
}

/// Signs, and gives the signature.
pub(super) fn sign(
    sent: Sent<'_>,
    to: &mut HeaderMap,
    keys: &Keys,
    region: &str,
    service: &str,
    now: SystemTime,
) -> Result<Secret, HttpError> {
    sign_with(settings(service), sent, to, keys, (region, service), now)
}

fn sign_with(
    mut settings: SigningSettings,
    sent: Sent<'_>,
    to: &mut HeaderMap,
    keys: &Keys,
    (region, service): (&str, &str),
    now: SystemTime,
) -> Result<Secret, HttpError> {
    let refused = |what: &str| HttpError::NotSent(format!("the request cannot be signed: {what}"));
    // Put in by us, and changed on the way by some who serve this protocol.
    settings.excluded_headers.get_or_insert_default().push(ACCEPT_ENCODING.as_str().into());
    let identity: Identity = Credentials::new(
        keys.access_key_id.expose(),
        keys.secret_access_key.expose(),
        keys.session_token.as_ref().map(|token| token.expose().to_owned()),
        None,
        "innominatus",
    )
    .into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(region_of(service, region))
        .name(service)
        .time(now)
        .settings(settings)
        .build()
        .map_err(|_| refused("the credential binding is incomplete"))?
        .into();
    let mut covered = Vec::new();
    for (name, value) in to.iter() {
        let value = std::str::from_utf8(value.as_bytes()).map_err(|_| refused("a header is not text"))?;
        covered.push((name.as_str(), value));
    }
    // The library writes whole requests to the trace; they hold secrets here.
    let (added, signature) = tracing::subscriber::with_default(NoSubscriber::default(), || {
        let request = SignableRequest::new(
            sent.method.as_str(),
            sent.url.as_str(),
            covered.into_iter(),
            SignableBody::Bytes(sent.body),
        )
        .map_err(|_| refused("its URL cannot be read"))?;
        let (instructions, signature) =
            sign_request(request, &params).map_err(|_| refused("it has no canonical form"))?.into_parts();
        Ok((instructions.into_parts().0, signature))
    })?;
    for header in added {
        let name = HeaderName::from_static(header.name());
        let value = headers::value(header.name(), header.value(), true)?;
        to.insert(name, value);
    }
    Ok(Secret::new(signature))
}

#[cfg(test)]
mod tests;
