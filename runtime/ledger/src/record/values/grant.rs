//! What an entry asks for and what it may do. Lists where the vocabulary has maps: a record's keys are ours alone.

use innominatus_model::{
    Binding, BindingKind, Capability, Grant, HostPattern, HttpGrant, HttpLimits, HttpMethod, HttpRule,
    HttpTarget, Scheme, SecretGrant, Want,
};
use serde::{Deserialize, Serialize};

use crate::record::Word;

fn is_false(value: &bool) -> bool {
    !*value
}

/// A want, as stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct WantRecord {
    capability: String,
    reason: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    http: Vec<RuleRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    credentials: Vec<NamedKind>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    references: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct NamedKind {
    name: String,
    kind: String,
}

/// Either `setting` or the other three.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct RuleRecord {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    setting: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scheme: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    methods: Vec<String>,
    path: String,
    #[serde(default, skip_serializing_if = "is_false")]
    secrets: bool,
}

/// What an entry may do, beyond the words of its capabilities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct GrantRecord {
    generate: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    http: Vec<HttpGrantRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    credentials: Vec<BindingRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    references: Vec<ReferenceGrantRecord>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct HttpGrantRecord {
    rule: RuleRecord,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    reads: Vec<ReadRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    addresses: Vec<String>,
    limits: LimitsRecord,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ca_file: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    proxy: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct ReadRecord {
    method: String,
    path: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct LimitsRecord {
    request_bytes: u64,
    response_bytes: u64,
    concurrency: u32,
    timeout_ms: u32,
}

/// Which of the fields are there follows from the kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct BindingRecord {
    name: String,
    kind: String,
    fields: Vec<FieldRecord>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct FieldRecord {
    field: String,
    value: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct ReferenceGrantRecord {
    name: String,
    secret: String,
    hosts: Vec<String>,
}

impl From<&Want> for WantRecord {
    fn from(want: &Want) -> Self {
        let kind = |(name, kind): (&String, &BindingKind)| NamedKind {
            name: name.clone(),
            kind: kind.as_str().to_owned(),
        };
        Self {
            capability: want.capability.to_string(),
            reason: want.reason.clone(),
            http: want.http.iter().map(Into::into).collect(),
            credentials: want.credentials.iter().map(kind).collect(),
            references: want.references.iter().cloned().collect(),
        }
    }
}

impl TryFrom<WantRecord> for Want {
    type Error = Word;
    fn try_from(record: WantRecord) -> Result<Self, Word> {
        let kind = |named: NamedKind| {
            let kind = Word::parse("kind of credential", &named.kind, BindingKind::parse)?;
            Ok((named.name, kind))
        };
        Ok(Self {
            capability: Word::parse("capability", &record.capability, Capability::parse)?,
            reason: record.reason,
            http: record.http.into_iter().map(HttpRule::try_from).collect::<Result<_, _>>()?,
            credentials: record.credentials.into_iter().map(kind).collect::<Result<_, Word>>()?,
            references: record.references.into_iter().collect(),
        })
    }
}

impl From<&HttpRule> for RuleRecord {
    fn from(rule: &HttpRule) -> Self {
        let (setting, scheme, host, port) = match &rule.target {
            HttpTarget::Setting(name) => (Some(name.clone()), None, None, None),
            HttpTarget::Origin { scheme, host, port } => {
                (None, Some(scheme.as_str().to_owned()), Some(host.to_string()), Some(*port))
            }
        };
        Self {
            setting,
            scheme,
            host,
            port,
            methods: rule.methods.iter().map(ToString::to_string).collect(),
            path: rule.path.clone(),
            secrets: rule.secrets,
        }
    }
}

impl TryFrom<RuleRecord> for HttpRule {
    type Error = Word;
    fn try_from(record: RuleRecord) -> Result<Self, Word> {
        let RuleRecord { setting, scheme, host, port, methods, path, secrets } = record;
        let target = match (setting, port) {
            (Some(setting), _) => HttpTarget::Setting(setting),
            (None, Some(port)) => HttpTarget::Origin {
                scheme: Word::parse("scheme", &scheme.unwrap_or_default(), Scheme::parse)?,
                host: host_of(&host.unwrap_or_default())?,
                port,
            },
            (None, None) => return Err(Word { what: "destination", found: host.unwrap_or_default() }),
        };
        let methods = methods.iter().map(|word| Word::parse("method", word, HttpMethod::parse));
        Ok(Self { target, methods: methods.collect::<Result<_, _>>()?, path, secrets })
    }
}

fn host_of(text: &str) -> Result<HostPattern, Word> {
    Word::parse("host", text, |text| HostPattern::parse(text).ok())
}

impl GrantRecord {
    /// None for a grant that its capabilities say whole.
    pub(crate) fn of(grant: &Grant) -> Option<Self> {
        let plain = Grant::new(grant.capabilities());
        let Grant { generate, http, credentials, references, .. } = grant;
        let record = Self {
            generate: *generate,
            http: http.iter().map(Into::into).collect(),
            credentials: credentials.iter().map(|(name, binding)| binding_record(name, binding)).collect(),
            references: references
                .iter()
                .map(|(name, grant)| ReferenceGrantRecord {
                    name: name.clone(),
                    secret: grant.secret.clone(),
                    hosts: grant.hosts.iter().map(ToString::to_string).collect(),
                })
                .collect(),
        };
        let details = record.http.len() + record.credentials.len() + record.references.len();
        (details > 0 || record.generate != plain.generate).then_some(record)
    }

    /// Adds what the record says to a grant of its capabilities.
    pub(crate) fn add_to(self, grant: &mut Grant) -> Result<(), Word> {
        grant.generate = self.generate;
        grant.http = self.http.into_iter().map(HttpGrant::try_from).collect::<Result<_, _>>()?;
        for record in self.credentials {
            let (name, binding) = binding_of(record)?;
            grant.credentials.insert(name, binding);
        }
        for ReferenceGrantRecord { name, secret, hosts } in self.references {
            let hosts = hosts.iter().map(|host| host_of(host)).collect::<Result<_, _>>()?;
            grant.references.insert(name, SecretGrant { secret, hosts });
        }
        Ok(())
    }
}

impl From<&HttpGrant> for HttpGrantRecord {
    fn from(grant: &HttpGrant) -> Self {
        let HttpLimits { request_bytes, response_bytes, concurrency, timeout_ms } = grant.limits;
        let read = |(method, path): &(HttpMethod, String)| ReadRecord {
            method: method.to_string(),
            path: path.clone(),
        };
        Self {
            rule: (&grant.rule).into(),
            reads: grant.reads.iter().map(read).collect(),
            addresses: grant.addresses.iter().map(ToString::to_string).collect(),
            limits: LimitsRecord { request_bytes, response_bytes, concurrency, timeout_ms },
            ca_file: grant.ca_file.clone(),
            proxy: grant.proxy.clone(),
        }
    }
}

impl TryFrom<HttpGrantRecord> for HttpGrant {
    type Error = Word;
    fn try_from(record: HttpGrantRecord) -> Result<Self, Word> {
        let LimitsRecord { request_bytes, response_bytes, concurrency, timeout_ms } = record.limits;
        let read =
            |read: ReadRecord| Ok((Word::parse("method", &read.method, HttpMethod::parse)?, read.path));
        let net = |text: &String| Word::parse("network", text, |text| text.parse().ok());
        Ok(Self {
            rule: record.rule.try_into()?,
            reads: record.reads.into_iter().map(read).collect::<Result<_, Word>>()?,
            addresses: record.addresses.iter().map(net).collect::<Result<_, _>>()?,
            limits: HttpLimits { request_bytes, response_bytes, concurrency, timeout_ms },
            ca_file: record.ca_file,
            proxy: record.proxy,
        })
    }
}

fn binding_record(name: &str, binding: &Binding) -> BindingRecord {
    let mut fields: Vec<(&str, &str)> = Vec::new();
    match binding {
        Binding::Bearer { token } => fields.push(("token", token)),
        Binding::Basic { username, password } => {
            fields.extend([("username", &**username), ("password", password)])
        }
        Binding::Header { name, value } => fields.extend([("name", &**name), ("value", value)]),
        Binding::AwsSigV4 { access_key_id, secret_access_key, session_token, region, service } => {
            fields.extend([("access_key_id", &**access_key_id), ("secret_access_key", secret_access_key)]);
            fields.extend(session_token.as_deref().map(|token| ("session_token", token)));
            fields.push(("region", region));
            fields.extend(service.as_deref().map(|service| ("service", service)));
        }
    }
    let field =
        |(field, value): (&str, &str)| FieldRecord { field: field.to_owned(), value: value.to_owned() };
    BindingRecord {
        name: name.to_owned(),
        kind: binding.kind().as_str().to_owned(),
        fields: fields.into_iter().map(field).collect(),
    }
}

fn binding_of(record: BindingRecord) -> Result<(String, Binding), Word> {
    let BindingRecord { name, kind, fields } = record;
    let optional =
        |wanted: &str| fields.iter().find(|field| field.field == wanted).map(|field| field.value.clone());
    let field = |wanted: &'static str| {
        optional(wanted)
            .ok_or_else(|| Word { what: "credential: it lacks a field", found: wanted.to_owned() })
    };
    let binding = match Word::parse("kind of credential", &kind, BindingKind::parse)? {
        BindingKind::Bearer => Binding::Bearer { token: field("token")? },
        BindingKind::Basic => Binding::Basic { username: field("username")?, password: field("password")? },
        BindingKind::Header => Binding::Header { name: field("name")?, value: field("value")? },
        BindingKind::AwsSigV4 => Binding::AwsSigV4 {
            access_key_id: field("access_key_id")?,
            secret_access_key: field("secret_access_key")?,
            session_token: optional("session_token"),
            region: field("region")?,
            service: optional("service"),
        },
    };
    Ok((name, binding))
}
