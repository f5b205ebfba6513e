//! The one authoriser: every call of every contract version is judged here, and nowhere else.

use innominatus_model::{
    Binding, Denial, Grant, HttpDestination, HttpGrant, HttpMethod, HttpTarget, Json, Scheme, SecretGrant,
};
use url::Url;

use crate::http::destination;
use crate::{Access, Call, Export, HttpRequest, Outcome};

/// What the authoriser says of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Go on, on these terms.
    Allow(Permit),
    /// No; the guest sees this outcome.
    Deny(Outcome),
    /// The contract forbids this call here, and its answer has no way to say no: a fault of the guest.
    Breach(String),
}

/// The terms on which a call is allowed.
#[derive(Debug, Clone, PartialEq)]
pub struct Permit {
    /// What it does to the world, in the operator's eyes.
    pub access: Access,
    /// For `http.send`: where it goes, and how.
    pub http: Option<Box<HttpPermit>>,
    /// For `secrets.reference`: which of the operator's secrets.
    pub secret: Option<SecretGrant>,
}

/// The terms on which a request is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpPermit {
    /// The URL, normalised.
    pub url: Url,
    /// Of the URL, what was judged.
    pub to: HttpDestination,
    /// The line of the grant that allows it.
    pub grant: HttpGrant,
    /// Whether the component's own secrets may go there, asked for and granted; if not, what would allow it.
    pub secrets: Result<(), String>,
    /// The credential that the host puts in.
    pub binding: Option<Binding>,
    /// What the request's credential says after a colon: the service to sign for.
    pub service: Option<String>,
}

/// Judges the calls of one execution: what the export may do, what was wanted, and what the operator granted.
#[derive(Debug, Clone)]
pub struct Authoriser {
    export: Export,
    entry: String,
    grant: Grant,
    settings: Json,
}

impl Authoriser {
    /// For one export of one manifest entry (`<platform>/<entry>`, for the remedy) under this grant.
    pub fn new(export: Export, entry: impl Into<String>, grant: Grant) -> Self {
        Self { export, entry: entry.into(), grant, settings: Json::Null }
    }

    /// With the platform's settings: wants may name one that holds a URL.
    pub fn with_settings(mut self, settings: Json) -> Self {
        self.settings = settings;
        self
    }

    /// Judges one call.
    pub fn judge(&self, call: &Call) -> Verdict {
        let denial = match self.permit(call) {
            Ok(permit) => return Verdict::Allow(permit),
            Err(denial) => denial,
        };
        let remedy = denial.remedy.clone();
        match Outcome::denied(call, denial) {
            Some(outcome) => Verdict::Deny(outcome),
            None => Verdict::Breach(remedy),
        }
    }

    fn permit(&self, call: &Call) -> Result<Permit, Denial> {
        let capability = call.capability();
        let deny =
            |wanted: String, remedy: String| Denial { capability: capability.to_string(), wanted, remedy };
        let misplaced = || {
            let (name, export) = (call.name(), self.export.as_str());
            deny(name.to_owned(), format!("`{name}` may not be called from `{export}`; do it in `provision`"))
        };
        // Before anything is looked at: an export without effects has none, whatever is granted.
        if !self.export.may(Access::Read) && call.access() != Access::Observe {
            return Err(misplaced());
        }
        if !self.grant.allows(capability) {
            return Err(deny(
                call.name().to_owned(),
                format!(
                    "grant `{capability}` to `{0}`: if its platform.yaml asks for it, install the platform again \
                     with `--grant {0}:{capability}`",
                    self.entry
                ),
            ));
        }
        if matches!(call, Call::SecretGenerate { .. }) && !self.grant.generate {
            return Err(deny(
                call.name().to_owned(),
                format!("write `generate: true` under `secrets:` of `{}` in the grants file", self.entry),
            ));
        }
        let mut permit = Permit { access: call.access(), http: None, secret: None };
        match call {
            Call::Http { request } => {
                let http = self.http(request)?;
                if http.grant.is_read(request.method, &http.to.path) {
                    permit.access = Access::Read;
                }
                permit.http = Some(Box::new(http));
            }
            Call::SecretReference { name } => {
                let known = self.grant.references.get(name).ok_or_else(|| {
                    deny(
                        format!("secrets.reference {}", name.escape_debug()),
                        format!(
                            "say which secret `{0}` is, under `references:` of `{1}` in the grants file: \
                             `{0}: {{secret: <name>, hosts: [<host>]}}`",
                            name.escape_debug(),
                            self.entry
                        ),
                    )
                })?;
                permit.secret = Some(known.clone());
            }
            _ => {}
        }
        if !self.export.may(permit.access) {
            return Err(misplaced());
        }
        Ok(permit)
    }

    fn http(&self, request: &HttpRequest) -> Result<HttpPermit, Denial> {
        let deny = |wanted: String, remedy: String| Denial { capability: "http".to_owned(), wanted, remedy };
        let (url, to) = destination(&request.url).map_err(|error| {
            let shown: String = request.url.chars().take(128).collect();
            deny(
                format!("{} {}", request.method, shown.escape_debug()),
                format!("the URL {error}; this is for the author of `{}`", self.entry),
            )
        })?;
        let wanted = || format!("{} {}", request.method, shown(&to));
        let asked = self
            .grant
            .wanted_http
            .iter()
            .find(|rule| rule.matches(request.method, &to, |name| self.setting(name)))
            .ok_or_else(|| {
                deny(
                    wanted(),
                    format!(
                        "platform.yaml does not ask for it; its author adds `{}` under `http:` of `{}`",
                        self.missing_line(request.method, &to),
                        self.entry
                    ),
                )
            })?;
        let grant = self
            .grant
            .http
            .iter()
            .find(|grant| grant.rule.matches(request.method, &to, |_| None))
            .ok_or_else(|| {
                // Without `secrets`, its secrets would not go along, and it could do nothing with the rest.
                let exact = line(&[request.method], &to, &to.path, asked.secrets);
                let methods: Vec<HttpMethod> = asked.methods.iter().copied().collect();
                let whole = line(&methods, &to, &asked.path, asked.secrets);
                let more = match whole == exact {
                    true => String::new(),
                    false => format!(" (all that it asks for there: `- {whole}`)"),
                };
                deny(
                    wanted(),
                    format!(
                        "add `- {exact}` under `http:` of `{}` in the grants file and install the platform again with \
                         it{more}",
                        self.entry
                    ),
                )
            })?;
        let (name, service) = match request.credential.as_deref().map(|name| name.split_once(':')) {
            None => (None, None),
            Some(Some((name, service))) => (Some(name), Some(service.to_owned())),
            Some(None) => (request.credential.as_deref(), None),
        };
        let binding = match name {
            None => None,
            Some(name) => Some(self.grant.credentials.get(name).cloned().ok_or_else(|| {
                deny(
                    format!("the credential `{}` for {}", name.escape_debug(), wanted()),
                    format!(
                        "add `{}:` with its kind and secrets under `credentials:` of `{}` in the grants file",
                        name.escape_debug(),
                        self.entry
                    ),
                )
            })?),
        };
        let secrets = match (asked.secrets, grant.rule.secrets) {
            (true, true) => Ok(()),
            (true, false) => Err(format!(
                "write `secrets: true` into its line under `http:` of `{}` in the grants file and install the platform \
                 again with it",
                self.entry
            )),
            (false, _) => Err(format!(
                "platform.yaml does not ask for that; its author adds `secrets: true` to the line under `http:` of `{}`",
                self.entry
            )),
        };
        Ok(HttpPermit { url, secrets, to, grant: grant.clone(), binding, service })
    }

    /// Where the URL in a setting leads.
    /// What the manifest would have to say. Where the operator says where requests go, its author names the setting.
    fn missing_line(&self, method: HttpMethod, to: &HttpDestination) -> String {
        let leads_there = |name: &&String| {
            let there = self.setting(name);
            there.is_some_and(|it| (it.scheme, &it.host, it.port) == (to.scheme, &to.host, to.port))
        };
        let settings = self.grant.wanted_http.iter().filter_map(|rule| match &rule.target {
            HttpTarget::Setting(name) => Some(name),
            HttpTarget::Origin { .. } => None,
        });
        match settings.into_iter().find(leads_there) {
            Some(name) => {
                format!("{{setting: {name}, methods: [{}], path: \"{}\"}}", method.as_str(), to.path)
            }
            None => line(&[method], to, &to.path, false),
        }
    }

    fn setting(&self, name: &str) -> Option<HttpDestination> {
        let text = self.settings.get(name)?.as_str()?;
        destination(text).ok().map(|(_, to)| to)
    }
}

fn shown(to: &HttpDestination) -> String {
    format!("{}{}", origin(to), to.path)
}

fn origin(to: &HttpDestination) -> String {
    let host = if to.host.contains(':') { format!("[{}]", to.host) } else { to.host.clone() };
    let port = if to.port == to.scheme.default_port() { String::new() } else { format!(":{}", to.port) };
    format!("{}://{host}{port}", to.scheme.as_str())
}

/// The line of a grants file that allows it.
fn line(methods: &[HttpMethod], to: &HttpDestination, path: &str, secrets: bool) -> String {
    let scheme = match to.scheme {
        Scheme::Https => String::new(),
        Scheme::Http => "scheme: http, ".to_owned(),
    };
    let port =
        if to.port == to.scheme.default_port() { String::new() } else { format!("port: {}, ", to.port) };
    let secrets = if secrets { ", secrets: true" } else { "" };
    let methods: Vec<&str> = methods.iter().map(|method| method.as_str()).collect();
    let methods = methods.join(", ");
    format!("{{{scheme}host: \"{}\", {port}methods: [{methods}], path: \"{path}\"{secrets}}}", to.host)
}

#[cfg(test)]
mod tests;
