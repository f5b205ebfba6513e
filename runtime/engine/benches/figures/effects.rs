//! What the seam costs per effect: in time for reads, in syncs of the disk for writes, in time for a replay.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use async_trait::async_trait;
use innominatus_effect::{
    Access, Authoriser, Call, Export, HttpBody, HttpRequest, HttpResponse, Interrupt, Journal, JournalError,
    Journaled, Note, Outcome, Permit, Port as _, Replay, World,
};
use innominatus_ledger::seal::Keyring;
use innominatus_ledger::{Ledger, NoteSequence};
use innominatus_model::{
    Capability, ExecutionId, Grant, HostPattern, HttpGrant, HttpMethod, HttpRule, HttpTarget, Json,
    ResourceId, Scheme, Scope,
};
use innominatus_store::sled::{SledOptions, SledStore};
use tokio::sync::Mutex;

use crate::{Error, figure, median};

/// Every request is answered at once.
struct Instantly;

#[async_trait]
impl World for Instantly {
    async fn perform(&self, _: Call, _: Permit, _: Option<String>) -> Result<Outcome, Interrupt> {
        Ok(answer())
    }
}

fn answer() -> Outcome {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Outcome::Http(Ok(HttpResponse { status: 200, headers, body: br#"{"id": "thing-1"}"#.to_vec() }))
}

/// Keeps nothing, and counts.
#[derive(Default)]
struct Counting(AtomicU64);

#[async_trait]
impl Journal for Counting {
    async fn append(&self, _: Vec<Note>) -> Result<(), JournalError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// Keeps notes where the engine keeps them.
struct Durable {
    ledger: Ledger,
    resource: ResourceId,
    execution: ExecutionId,
    sequence: Mutex<NoteSequence>,
}

#[async_trait]
impl Journal for Durable {
    async fn append(&self, notes: Vec<Note>) -> Result<(), JournalError> {
        let mut sequence = self.sequence.lock().await;
        let scope = Scope::default();
        let next =
            self.ledger.append_notes(&scope, self.resource, self.execution, *sequence, &notes, &[]).await;
        *sequence = next.map_err(|error| JournalError(error.to_string()))?;
        Ok(())
    }
}

fn grant() -> Result<Grant, Error> {
    let host = HostPattern::parse("api.example.com")?;
    let rule = HttpRule {
        target: HttpTarget::Origin { scheme: Scheme::Https, host, port: 443 },
        methods: HttpMethod::ALL.into_iter().collect::<BTreeSet<_>>(),
        path: "/".into(),
        secrets: false,
    };
    let mut grant = Grant::new([Capability::Http]);
    grant.wanted_http.push(rule.clone());
    grant.http.push(HttpGrant::new(rule));
    Ok(grant)
}

fn request(method: HttpMethod, at: usize) -> Call {
    Call::Http {
        request: Box::new(HttpRequest {
            purpose: "measure".into(),
            method,
            url: format!("https://api.example.com/things/{at}"),
            headers: vec![("accept".into(), "application/json".into())],
            body: HttpBody::Empty,
            credential: None,
            idempotency: None,
            capture: Vec::new(),
            timeout_ms: None,
        }),
    }
}

fn port(journal: Arc<dyn Journal>) -> Result<Journaled, Error> {
    let authoriser = Authoriser::new(Export::Provision, "bench/bench", grant()?)
        .with_settings(Json::Object(Default::default()));
    Ok(Journaled::new(authoriser, Arc::new(Instantly), journal, "bench", Vec::new()))
}

/// A read through authoriser and journal, over the same answer without them.
pub(crate) async fn read() -> Result<(), Error> {
    const READS: usize = 2_000;
    let mut costs = Vec::new();
    for _ in 0..9 {
        let calls: Vec<Call> = (0..READS).map(|at| request(HttpMethod::Get, at)).collect();
        let bare = calls.clone();
        let begin = Instant::now();
        for call in bare {
            let permit = Permit { access: Access::Read, http: None, secret: None };
            std::hint::black_box(Instantly.perform(call, permit, None).await)?;
        }
        let bare = begin.elapsed();
        let port = port(Arc::new(Counting::default()))?;
        let begin = Instant::now();
        for call in calls {
            std::hint::black_box(port.perform(call).await)?;
        }
        let whole = begin.elapsed();
        costs.push((whole.as_secs_f64() - bare.as_secs_f64()) * 1e6 / READS as f64);
    }
    figure("seam-of-a-read", median(&mut costs), "us");
    Ok(())
}

/// How often something is made durable for a write.
pub(crate) async fn writes(folder: &Path) -> Result<(), Error> {
    const WRITES: usize = 10;
    for (name, method) in
        [("appends-per-idempotent-write", HttpMethod::Put), ("appends-per-other-write", HttpMethod::Post)]
    {
        let journal = Arc::new(Counting::default());
        let port = port(journal.clone())?;
        for at in 0..WRITES {
            port.perform(request(method, at)).await?;
        }
        figure(name, journal.0.load(Ordering::Relaxed) as f64 / WRITES as f64, "per effect");
    }

    const EXECUTIONS: usize = 64;
    let store = Arc::new(SledStore::open(folder, SledOptions::default()).await?);
    let ledger = Ledger::open(store.clone(), Keyring::from_text(&"5a".repeat(32))?).await?;
    let mut ports = Vec::new();
    for _ in 0..EXECUTIONS {
        let (resource, execution) = (ResourceId::generate(), ExecutionId::generate());
        let (_, sequence) = ledger.journal(&Scope::default(), resource, execution).await?;
        let sequence = Mutex::new(sequence);
        ports.push(port(Arc::new(Durable { ledger: ledger.clone(), resource, execution, sequence }))?);
    }
    let before = store.stats().groups;
    let mut tasks = tokio::task::JoinSet::new();
    for port in ports {
        tasks.spawn(async move {
            for at in 0..WRITES {
                port.perform(request(HttpMethod::Post, at)).await?;
            }
            Ok::<_, Interrupt>(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    let syncs = (store.stats().groups - before) as f64;
    figure("syncs-per-effect-of-64-at-once", syncs / (EXECUTIONS * WRITES) as f64, "per effect");
    ledger.close().await?;
    Ok(())
}

/// Effects answered from a recording.
pub(crate) async fn replay() -> Result<(), Error> {
    const EFFECTS: usize = 10_000;
    let calls: Vec<Call> = (0..EFFECTS).map(|at| request(HttpMethod::Get, at)).collect();
    let past: Vec<_> = calls
        .iter()
        .map(|call| innominatus_effect::Past {
            digest: call.digest(),
            call: call.name().to_owned(),
            outcome: Some(answer()),
            intent: None,
        })
        .collect();
    let mut rates = Vec::new();
    for _ in 0..9 {
        let (replay, calls) = (Replay::new(past.clone()), calls.clone());
        let begin = Instant::now();
        for call in calls {
            std::hint::black_box(replay.perform(call).await)?;
        }
        rates.push(EFFECTS as f64 / begin.elapsed().as_secs_f64());
        replay.finished()?;
    }
    figure("replay", median(&mut rates), "per second");
    Ok(())
}
