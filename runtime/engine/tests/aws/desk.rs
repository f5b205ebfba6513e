//! What stands behind a component here: the real authoriser and the real egress, with secrets kept in memory. What the
//! component was told is written down.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use innominatus_effect::{
    Authoriser, Call, Export, Interrupt, Live, Minted, Outcome, Permit, Recording, World, http,
};
use innominatus_egress::{Egress, EgressConfig, Escape, Vault, VaultError};
use innominatus_model::{
    Binding, Capability, Class, Digest, Grant, HostPattern, HttpDestination, HttpGrant, HttpMethod, HttpRule,
    HttpTarget, Json, Kind, Name, Prior, Progress, ResourceId, Scope, Secret, State, Status, Target,
};
use innominatus_sandbox::{Call as Run, CompileLimits, CompilerCommand, Component, Sandbox, SandboxConfig};
use innominatus_testkit::account::Account;
use innominatus_testkit::programs;
use serde_json::json;

/// A component of the platform, and all it reaches.
pub(crate) struct Desk {
    component: Component,
    grant: Grant,
    world: Arc<Behind>,
    /// Everything that the component was told.
    told: Mutex<String>,
    _folder: tempfile::TempDir,
}

impl Desk {
    /// `component` is a file of the platform. With `generate` it may make secrets of its own.
    pub(crate) async fn new(account: &Account, prefix: &str, component: &str, generate: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let compiler = CompilerCommand { program: programs::compiler(), args: Vec::new() };
        let cache = folder.path().join("components");
        let config = SandboxConfig { cache, compiler, compile_limits: CompileLimits::default() };
        let bytes = std::fs::read(programs::platform("aws").join(component)).unwrap();
        let component = Sandbox::new(config).unwrap().load(&Digest::of(&bytes), &bytes).await.unwrap();
        let world = Behind {
            egress: Egress::new(EgressConfig {
                backoff: Duration::from_millis(1),
                ..EgressConfig::default()
            })
            .unwrap(),
            settings: json!({"region": account.region, "endpoint": account.endpoint, "namePrefix": prefix,
                "account": Account::NUMBER}),
            operator: [account.operator.id.clone(), account.operator.secret.clone()],
            own: Mutex::default(),
        };
        let grant = grant(account, generate);
        Self { component, grant, world: Arc::new(world), told: Mutex::default(), _folder: folder }
    }

    fn port(&self, export: Export) -> Arc<Recording> {
        let authoriser = Authoriser::new(export, "aws/desk", self.grant.clone());
        let authoriser = authoriser.with_settings(self.world.settings.clone());
        Arc::new(Recording::new(Arc::new(Live::new(authoriser, Arc::clone(&self.world) as Arc<dyn World>))))
    }

    fn write_down(&self, port: &Recording) {
        let mut told = self.told.lock().unwrap();
        for entry in port.entries() {
            writeln!(told, "{:?}", entry.call).unwrap();
            match entry.outcome {
                Some(Outcome::Http(Ok(answer))) => {
                    let body = String::from_utf8_lossy(&answer.body).into_owned();
                    writeln!(told, "{} {:?} {body}", answer.status, answer.headers).unwrap();
                }
                outcome => writeln!(told, "{outcome:?}").unwrap(),
            }
        }
    }

    /// Until it is done.
    pub(crate) async fn provision(&self, target: &Target) -> State {
        let mut target = target.clone();
        for _ in 0..9 {
            let port = self.port(Export::Provision);
            let answer = self.component.provisioner(Run::new(port.clone())).provision(&target).await.unwrap();
            self.write_down(&port);
            match answer.value.unwrap_or_else(|failure| panic!("{failure:?}")) {
                Progress::Ready(state) => return state,
                Progress::Pending(pending) => target = known(&target, pending.state),
            }
        }
        panic!("it is never done");
    }

    pub(crate) async fn adopt(&self, target: &Target, reference: &str) -> Result<State, String> {
        let port = self.port(Export::Adopt);
        let answer =
            self.component.provisioner(Run::new(port.clone())).adopt(target, reference).await.unwrap();
        self.write_down(&port);
        match answer.value {
            Ok(Progress::Ready(state)) => Ok(state),
            Ok(Progress::Pending(pending)) => panic!("{}", pending.reason),
            Err(failure) => Err(failure.code),
        }
    }

    pub(crate) async fn status(&self, target: &Target) -> Status {
        let port = self.port(Export::GetStatus);
        let answer = self.component.provisioner(Run::new(port.clone())).get_status(target).await.unwrap();
        self.write_down(&port);
        answer.value.unwrap_or_else(|failure| panic!("{failure:?}"))
    }

    /// Everything that the component was told so far.
    pub(crate) fn told(&self) -> String {
        self.told.lock().unwrap().clone()
    }

    /// The secrets that were captured or made, which only the host has.
    pub(crate) fn kept(&self) -> Vec<String> {
        self.world.own.lock().unwrap().iter().map(|(_, secret)| secret.clone()).collect()
    }
}

/// A resource of an application `shop`.
pub(crate) fn target(kind: &str, params: Json) -> Target {
    Target {
        scope: Scope::default(),
        application: Name::new("shop").unwrap(),
        id: ResourceId::generate(),
        name: "shop-data".into(),
        kind: Kind::new(kind).unwrap(),
        class: Class::default(),
        workloads: vec![Name::new("web").unwrap()],
        labels: vec![("uid".into(), format!("{kind}.default#web.data"))],
        params,
        generation: 1,
        attempt: 1,
        prior: None,
        unsettled: Vec::new(),
    }
}

/// The same, with what was handed over.
pub(crate) fn known(target: &Target, state: State) -> Target {
    let prior = Prior { state, version: "1.0.0".into(), generation: 1, params: json!({}) };
    Target { prior: Some(prior), ..target.clone() }
}

fn grant(account: &Account, generate: bool) -> Grant {
    let (_, to) = http::destination(&account.endpoint).unwrap();
    let rule = HttpRule {
        target: HttpTarget::Origin {
            scheme: to.scheme,
            host: HostPattern::Exact(to.host.clone()),
            port: to.port,
        },
        methods: HttpMethod::ALL.into_iter().collect(),
        path: "/".into(),
        secrets: generate,
    };
    let mut line = HttpGrant::new(rule.clone());
    line.addresses = vec![format!("{}/32", to.host).parse().unwrap()];
    let secrets = generate.then_some(Capability::Secrets);
    let mut grant = Grant::new([Capability::Http].into_iter().chain(secrets));
    grant.wanted_http = vec![rule];
    grant.http = vec![line];
    let binding = Binding::AwsSigV4 {
        access_key_id: "id".into(),
        secret_access_key: "key".into(),
        session_token: None,
        region: account.region.clone(),
        service: None,
    };
    grant.credentials.insert("aws".into(), binding);
    grant
}

struct Behind {
    egress: Egress,
    settings: Json,
    /// Id and secret.
    operator: [String; 2],
    /// Tokens, and what they stand for.
    own: Mutex<Vec<(String, String)>>,
}

impl Behind {
    fn token(&self, name: &str, secret: String) -> String {
        let token = format!("token{}", name.replace(|letter: char| !letter.is_ascii_alphanumeric(), ""));
        let mut own = self.own.lock().unwrap();
        own.retain(|(known, _)| *known != token);
        own.push((token.clone(), secret));
        token
    }
}

#[async_trait]
impl World for Behind {
    async fn perform(&self, call: Call, permit: Permit, key: Option<String>) -> Result<Outcome, Interrupt> {
        Ok(match call {
            Call::SettingsGet => Outcome::Json(self.settings.clone()),
            Call::ClockRemaining => Outcome::Millis(60_000),
            Call::SecretGenerate { name, .. } => {
                let token = self.token(&name, "a-password-that-is-not-short".into());
                Outcome::Minted(Ok(Minted { token, public: None }))
            }
            Call::Http { request } => {
                let permit = permit.http.unwrap();
                let answer = self.egress.send("aws/desk", &request, &permit, key.as_deref(), self).await;
                Outcome::Http(
                    answer
                        .map_err(|error| Interrupt::Host { call: "http.send", reason: error.to_string() })?,
                )
            }
            Call::Log { .. } | Call::Progress { .. } | Call::Checkpoint { .. } => Outcome::Done,
            other => return Err(Interrupt::Breach(format!("nobody stands behind `{}`", other.name()))),
        })
    }
}

#[async_trait]
impl Vault for Behind {
    async fn complete(
        &self,
        text: &str,
        _: &HttpDestination,
        own: bool,
        escape: &Escape<'_>,
    ) -> Result<Secret, VaultError> {
        let known = self.own.lock().unwrap();
        let filled = known.iter().filter(|_| own).fold(text.to_owned(), |text, (token, secret)| {
            if text.contains(token) { text.replace(token, &escape(secret)) } else { text }
        });
        Ok(Secret::new(filled))
    }

    async fn secret(&self, name: &str) -> Result<Option<Secret>, VaultError> {
        let [id, key] = &self.operator;
        Ok(match name {
            "id" => Some(Secret::new(id)),
            "key" => Some(Secret::new(key)),
            _ => None,
        })
    }

    async fn keep(&self, name: &str, value: &Secret) -> Result<String, VaultError> {
        Ok(self.token(name, value.expose().to_owned()))
    }

    async fn scrub(&self, text: &str, also: &[Secret]) -> Result<String, VaultError> {
        Ok(also.iter().fold(text.to_owned(), |text, secret| text.replace(secret.expose(), "[redacted]")))
    }
}
