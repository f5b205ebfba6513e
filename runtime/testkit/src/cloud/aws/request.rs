//! A request to AWS, taken apart.

use percent_encoding::percent_decode_str;

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// `s3`, `iam` or `rds`; `none` where nothing says which.
    pub service: String,
    /// The method.
    pub method: String,
    /// The path, as it was sent.
    pub path: String,
    /// The parameters of the URL, decoded.
    pub query: Vec<(String, String)>,
    /// The parameters of the body, decoded.
    pub form: Vec<(String, String)>,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, if it is no form.
    pub body: String,
}

/// AWS would not know what to do with this; why.
#[derive(Debug)]
pub(super) struct Misunderstood(pub(super) String);

impl Asked {
    /// A request for this host, path and query. `signed_for` is the service that its signature names: on an endpoint of
    /// its own, nothing else says which one is meant.
    pub fn new(method: &str, host: &str, path_and_query: &str, signed_for: Option<&str>) -> Self {
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        let known = |name: &str| ["s3", "iam", "rds"].contains(&name);
        let of_host = host.split('.').next().filter(|label| known(label));
        let service = of_host.or(signed_for).filter(|name| known(name)).unwrap_or("none");
        Self {
            service: service.to_owned(),
            method: method.to_owned(),
            path: path.to_owned(),
            query: pairs(query),
            form: Vec::new(),
            headers: Vec::new(),
            body: String::new(),
        }
    }

    /// A parameter of an action.
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.query.iter().chain(&self.form);
        fields.find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// `METHOD service:what`: the action, or the path with the names of the parameters.
    pub fn line(&self) -> String {
        let what = match self.field("Action") {
            Some(action) => action.to_owned(),
            None => {
                let query: Vec<&str> = self.query.iter().map(|(name, _)| name.as_str()).collect();
                format!("{}?{}", self.path.trim_start_matches('/'), query.join("&"))
            }
        };
        format!("{} {}:{}", self.method, self.service, what.trim_end_matches('?'))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.query.iter().any(|(known, _)| known == name)
    }

    /// A parameter without which there is no action.
    pub(super) fn must(&self, name: &str) -> Result<&str, Misunderstood> {
        self.field(name).ok_or_else(|| Misunderstood(format!("`{name}` is missing")))
    }

    /// The members of a list of tags.
    pub(super) fn tags(&self, list: &str) -> Vec<(String, String)> {
        let at = |n: usize, part: &str| self.field(&format!("{list}.{n}.{part}")).map(str::to_owned);
        (1..).map_while(|n| Some((at(n, "Key")?, at(n, "Value")?))).collect()
    }

    /// The members of a list of texts.
    pub(super) fn members(&self, list: &str) -> Vec<String> {
        (1..).map_while(|n| self.field(&format!("{list}.{n}")).map(str::to_owned)).collect()
    }
}

/// `a=b&c` as names and values.
pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    };
    text.split('&').filter(|part| !part.is_empty()).map(pair).collect()
}

/// Demands something of a request.
pub(super) fn demand(holds: bool, what: impl FnOnce() -> String) -> Result<(), Misunderstood> {
    if holds { Ok(()) } else { Err(Misunderstood(what())) }
}
