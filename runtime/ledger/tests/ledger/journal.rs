//! Executions and their journals come back as they were kept, and hold nothing in clear.

use std::collections::BTreeMap;

use innominatus_effect::{Export, HttpError, HttpResponse, Intent, Note, Outcome, Past, SecretError};
use innominatus_ledger::{EXECUTIONS_KEPT, Execution, Stored};
use innominatus_model::{Class, Denial, Digest, ExecutionId, Kind, ResourceId, Target};
use serde_json::json;

use crate::samples::{component, name, scope};
use crate::support::{everything, memory, of_family};

fn target(resource: ResourceId) -> Target {
    Target {
        scope: scope(),
        application: name("shop"),
        id: resource,
        name: "orders".into(),
        kind: Kind::new("postgres").unwrap(),
        class: Class::new("default").unwrap(),
        workloads: vec![],
        labels: vec![("uid".into(), "postgres.default#shop.orders".into())],
        params: json!({"size": "canary-in-the-params"}),
        generation: 3,
        attempt: 1,
        prior: None,
        unsettled: vec![],
    }
}

pub(crate) fn execution(resource: ResourceId) -> Execution {
    Execution {
        id: ExecutionId::generate(),
        resource,
        scope: scope(),
        application: name("shop"),
        run: None,
        component: component("postgres"),
        export: Export::Provision,
        target: target(resource),
        started_ms: 7,
        ended_ms: None,
        ended: None,
    }
}

fn outcomes() -> Vec<Outcome> {
    let denial = Denial { capability: "http".into(), wanted: "PUT x".into(), remedy: "grant it".into() };
    let answer = HttpResponse {
        status: 201,
        headers: vec![("etag".into(), "1".into())],
        body: vec![0, 159, 146, 150],
    };
    vec![
        Outcome::Done,
        Outcome::Millis(u64::MAX),
        Outcome::Bytes(vec![0, 255]),
        Outcome::Json(json!({"a": [1.5, null]})),
        Outcome::Token(Ok("inmt".into())),
        Outcome::Token(Err(SecretError::NotFound)),
        Outcome::Token(Err(SecretError::Denied(denial.clone()))),
        Outcome::Minted(Ok(innominatus_effect::Minted { token: "t".into(), public: Some("p".into()) })),
        Outcome::Minted(Err(SecretError::NotFound)),
        Outcome::Http(Ok(answer)),
        Outcome::Http(Err(HttpError::Denied(denial))),
        Outcome::Http(Err(HttpError::NotSent("dns".into()))),
        Outcome::Http(Err(HttpError::OutcomeUnknown("reset".into()))),
        Outcome::Http(Err(HttpError::TooLarge(9))),
    ]
}

fn note(position: usize, outcome: Outcome) -> Note {
    let position = u32::try_from(position).unwrap();
    Note::Outcome { position, digest: Digest::of(position.to_be_bytes()), call: "x".into(), outcome }
}

pub(crate) fn intent(position: usize, body: &str) -> Note {
    let position = u32::try_from(position).unwrap();
    let intent = Intent {
        call: "http.send".into(),
        purpose: "make it".into(),
        request: json!({"body": body}),
        key: Some("k".into()),
        repeatable: false,
        sent_ms: 5,
        timeout_ms: 30_000,
    };
    Note::Intent { position, digest: Digest::of(position.to_be_bytes()), intent }
}

#[tokio::test]
async fn a_journal_comes_back_as_it_was_kept() {
    let (store, ledger) = memory().await;
    let resource = ResourceId::generate();
    let begun = execution(resource);
    let mut change = ledger.change();
    change.put_execution(&begun, None);
    change.commit().await.unwrap();
    assert_eq!(ledger.execution(&scope(), resource, begun.id).await.unwrap().unwrap().value, begun);

    let (past, mut sequence) = ledger.journal(&scope(), resource, begun.id).await.unwrap();
    assert!(past.is_empty());
    let all = outcomes();
    for (position, outcome) in all.iter().cloned().enumerate() {
        let notes = [note(position, outcome)];
        sequence = ledger.append_notes(&scope(), resource, begun.id, sequence, &notes, &[]).await.unwrap();
    }
    // Bigger than one value of the store.
    let open = [intent(all.len(), &"canary-in-a-body ".repeat(10_000))];
    sequence = ledger.append_notes(&scope(), resource, begun.id, sequence, &open, &[]).await.unwrap();
    let (past, next) = ledger.journal(&scope(), resource, begun.id).await.unwrap();
    assert_eq!(next, sequence);
    let told: Vec<_> = past.iter().filter_map(|past| past.outcome.clone()).collect();
    assert_eq!(told, all);
    let last = past.last().unwrap();
    assert!(last.outcome.is_none() && last.intent.as_ref().unwrap().purpose == "make it");
    for item in everything(&*store).await {
        let text = String::from_utf8_lossy(&item.value);
        assert!(!text.contains("canary-in"), "notes and targets are sealed");
    }
}

#[tokio::test]
async fn two_who_append_at_once_do_not_both_succeed() {
    let (_, ledger) = memory().await;
    let resource = ResourceId::generate();
    let id = ExecutionId::generate();
    let (_, sequence) = ledger.journal(&scope(), resource, id).await.unwrap();
    let append =
        async |outcome| ledger.append_notes(&scope(), resource, id, sequence, &[note(0, outcome)], &[]).await;
    append(Outcome::Done).await.unwrap();
    append(Outcome::Millis(1)).await.unwrap_err();
    assert_eq!(ledger.journal(&scope(), resource, id).await.unwrap().0.len(), 1);
}

#[tokio::test]
async fn old_executions_are_forgotten_with_their_notes() {
    let (store, ledger) = memory().await;
    let resource = ResourceId::generate();
    let mut ids = Vec::new();
    for at in 0..EXECUTIONS_KEPT + 2 {
        let mut one = execution(resource);
        one.ended_ms = (at > 0).then_some(9);
        ids.push(one.id);
        let mut change = ledger.change();
        change.put_execution(&one, None);
        let kept =
            Past { digest: Digest::of("d"), call: "x".into(), outcome: Some(Outcome::Done), intent: None };
        change.put_journal(&one, &[kept]);
        change.commit().await.unwrap();
    }
    ledger.forget_executions(&scope(), resource, false).await.unwrap();
    let kept: BTreeMap<ExecutionId, Stored<Execution>> = ledger
        .executions(&scope(), resource)
        .await
        .unwrap()
        .into_iter()
        .map(|stored| (stored.value.id, stored))
        .collect();
    // The open one stays, whatever its age.
    assert!(kept.contains_key(&ids[0]) && !kept.contains_key(&ids[1]));
    assert_eq!(ledger.journal(&scope(), resource, ids[0]).await.unwrap().0.len(), 1);
    ledger.forget_executions(&scope(), resource, true).await.unwrap();
    assert!(ledger.executions(&scope(), resource).await.unwrap().is_empty());
    assert!(ledger.journal(&scope(), resource, ids[0]).await.unwrap().0.is_empty());
    for family in ["note", "exec", "chunk"] {
        assert!(of_family(&*store, family).await.is_empty(), "{family}");
    }
}

#[tokio::test]
async fn what_is_asked_again_is_kept_in_the_place_of_what_was() {
    let (_, ledger) = memory().await;
    let (resource, id) = (ResourceId::generate(), ExecutionId::generate());
    let (_, mut sequence) = ledger.journal(&scope(), resource, id).await.unwrap();
    for notes in [
        vec![note(0, Outcome::Millis(1)), note(1, Outcome::Millis(2))],
        vec![Note::Again { position: 1 }],
        vec![note(1, Outcome::Millis(3))],
    ] {
        sequence = ledger.append_notes(&scope(), resource, id, sequence, &notes, &[]).await.unwrap();
    }
    let (past, next) = ledger.journal(&scope(), resource, id).await.unwrap();
    let told: Vec<_> = past.into_iter().filter_map(|past| past.outcome).collect();
    assert_eq!((told, next), (vec![Outcome::Millis(1), Outcome::Millis(3)], sequence));
}
