//! Secrets are sealed, tokens stand for them, and only for whom they were issued to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use innominatus_ledger::seal::find_tokens;
use innominatus_ledger::seal::recipe::{Generated, RecipeError};
use innominatus_ledger::{GeneratedSecret, Ledger, LedgerError};
use innominatus_model::{Code, Coded as _, Output, Prior, ResourceId, Scope, Secret, State};
use innominatus_plan::ComponentRef;
use serde_json::{Value, json};

use crate::samples::{component, name, prior, resource_id, scope, small};
use crate::support::{everything, held, memory, of_family};

pub(crate) const POSTGRES: &str = "compose/postgres";
pub(crate) const DEPLOY: &str = "compose/deploy";

fn fixed(text: &str) -> impl FnOnce() -> Result<Generated, RecipeError> + use<> {
    let secret = Secret::new(text);
    move || Ok(Generated { secret, public: Some("public part".into()) })
}

pub(crate) async fn generate(
    ledger: &Ledger,
    component: &str,
    resource: ResourceId,
    name: &str,
    text: &str,
) -> GeneratedSecret {
    there(ledger, resource).await;
    ledger
        .generate_secret(&scope(), component, resource, name, fixed(text), "password")
        .await
        .unwrap()
        .unwrap()
}

/// Secrets are of resources that there are; what there is of this one already stays.
pub(crate) async fn there(ledger: &Ledger, id: ResourceId) {
    if ledger.resource(id).await.unwrap().is_none() {
        let mut one = small(1);
        one.id = id;
        let mut change = ledger.change();
        change.put_resource(&one, None);
        change.commit().await.unwrap();
    }
}

/// A resource whose sensitive outputs are these.
async fn made(ledger: &Ledger, number: u64, by: ComponentRef, outputs: &[(&str, Value)]) -> ResourceId {
    let mut one = small(number);
    let output = |(name, value): &(&str, Value)| Output {
        name: (*name).to_owned(),
        value: value.clone(),
        sensitive: true,
    };
    one.status.prior = Some(Prior {
        state: State { outputs: outputs.iter().map(output).collect(), ..State::default() },
        ..prior("", "")
    });
    one.status.made_by = Some(by);
    let before = ledger.resource(one.id).await.unwrap();
    let mut change = ledger.change();
    change.put_resource(&one, before.as_ref());
    change.commit().await.unwrap();
    one.id
}

async fn completed(ledger: &Ledger, component: &str, text: &str) -> String {
    ledger.complete(held(&scope(), component), text, &str::to_owned).await.unwrap().expose().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_generate_at_once_one_makes_the_secret_and_all_get_it() {
    let (store, ledger) = memory().await;
    for round in 0..20 {
        let asked = Arc::new(AtomicUsize::new(0));
        let tasks: Vec<_> = (0..16)
            .map(|number| {
                let (ledger, asked) = (ledger.clone(), asked.clone());
                let generated = move || {
                    asked.fetch_add(1, Ordering::SeqCst);
                    fixed(&format!("made-by-{number}"))()
                };
                tokio::spawn(async move {
                    let id = resource_id(round);
                    ledger
                        .generate_secret(&scope(), POSTGRES, id, "admin", generated, "password")
                        .await
                        .unwrap()
                        .unwrap()
                })
            })
            .collect();
        let mut made = Vec::new();
        for task in tasks {
            made.push(task.await.unwrap());
        }
        assert_eq!(made.iter().filter(|made| made.created).count(), 1);
        assert!(made.iter().all(|known| known.token == made[0].token && known.public == made[0].public));
        assert!(asked.load(Ordering::SeqCst) >= 1);
        assert_eq!(ledger.secrets_of(&scope(), resource_id(round)).await.unwrap().len(), 1);
    }
    assert_eq!(of_family(&*store, "secret").await.len(), 20);
}

#[tokio::test]
async fn a_secret_is_made_once_and_a_recipe_that_fails_makes_nothing() {
    let (store, ledger) = memory().await;
    let first = generate(&ledger, POSTGRES, resource_id(1), "admin", "first").await;
    assert_eq!((first.created, first.public.as_deref()), (true, Some("public part")));
    let again = generate(&ledger, POSTGRES, resource_id(1), "admin", "second").await;
    assert_eq!(again, GeneratedSecret { created: false, ..first.clone() });
    assert_eq!(completed(&ledger, POSTGRES, &first.token).await, "first");
    // The component got another name: it is its secret all the same, under the token of today.
    let renamed = generate(&ledger, "compose/pg", resource_id(1), "admin", "third").await;
    assert!(!renamed.created && renamed.token != first.token);
    assert_eq!(completed(&ledger, "compose/pg", &renamed.token).await, "first");
    assert_eq!(completed(&ledger, POSTGRES, &first.token).await, "first");

    let before = everything(&*store).await;
    let fails = || Err(RecipeError::Unknown("rot13".into()));
    let failed =
        ledger.generate_secret(&scope(), POSTGRES, resource_id(1), "other", fails, "rot13").await.unwrap();
    assert_eq!(failed, Err(RecipeError::Unknown("rot13".into())));
    assert_eq!(everything(&*store).await, before);
}

#[tokio::test]
async fn names_of_secrets_may_be_anything_but_endless() {
    let (_, ledger) = memory().await;
    let mut tokens = Vec::new();
    for name in ["", "a", "a/b", "a\0b", "\u{e9}", &"\0".repeat(256)] {
        let made = generate(&ledger, POSTGRES, resource_id(1), name, &format!("of {name:?}")).await;
        assert!(made.created, "{name:?}");
        tokens.push((made.token, format!("of {name:?}")));
    }
    for (token, text) in tokens {
        assert_eq!(completed(&ledger, POSTGRES, &token).await, text);
    }
    let long = "x".repeat(257);
    let error = ledger
        .generate_secret(&scope(), POSTGRES, resource_id(1), &long, fixed("x"), "password")
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("the name of a secret of {} has 257 bytes, more than 256", resource_id(1))
    );
    assert_eq!(error.code(), Code::GuestSize);
}

#[tokio::test]
async fn a_token_is_swapped_for_its_holder_and_there_alone() {
    let (_, ledger) = memory().await;
    let made = generate(&ledger, POSTGRES, resource_id(1), "admin", "hunter2").await;
    let text = format!("postgres://admin:{}@db", made.token);
    assert_eq!(completed(&ledger, POSTGRES, &text).await, "postgres://admin:hunter2@db");
    assert!(ledger.holds_token(held(&scope(), POSTGRES), &text).await.unwrap());
    assert_eq!(completed(&ledger, DEPLOY, &text).await, text, "to others it is only text");
    assert!(!ledger.holds_token(held(&scope(), DEPLOY), &text).await.unwrap());
    let elsewhere =
        |tenant: &str, environment: &str| Scope { tenant: name(tenant), environment: name(environment) };
    for other in [elsewhere("acme", "production"), elsewhere("other", "staging")] {
        let there = ledger.complete(held(&other, POSTGRES), &text, &str::to_owned).await.unwrap();
        assert_eq!(there.expose(), text);
        assert!(!ledger.holds_token(held(&other, POSTGRES), &text).await.unwrap());
        assert!(ledger.secrets_of(&other, resource_id(1)).await.unwrap().is_empty());
    }
    let forged = format!("inmt{}", "a".repeat(52));
    assert_eq!(completed(&ledger, POSTGRES, &forged).await, forged);
}

#[tokio::test]
async fn a_text_that_is_handed_on_has_the_tokens_of_who_gets_it() {
    let (_, ledger) = memory().await;
    let made = generate(&ledger, POSTGRES, resource_id(1), "admin", "hunter2").await;
    let forged = format!("inmt{}", "b".repeat(52));
    let text = format!("{0}:{0} {forged}", made.token);
    let handed_on = ledger.translate(held(&scope(), POSTGRES), DEPLOY, &text).await.unwrap();
    let tokens: Vec<&str> = find_tokens(&handed_on).map(|range| &handed_on[range]).collect();
    assert_eq!((tokens.len(), tokens[0], tokens[2]), (3, tokens[1], forged.as_str()));
    assert_ne!(tokens[0], made.token);
    assert_eq!(completed(&ledger, DEPLOY, &handed_on).await, format!("hunter2:hunter2 {forged}"));
    assert_eq!(completed(&ledger, POSTGRES, &handed_on).await, handed_on);
    // Only what the writer held is handed on.
    assert_eq!(ledger.translate(held(&scope(), "compose/redis"), DEPLOY, &text).await.unwrap(), text);
    assert_eq!(ledger.translate(held(&scope(), POSTGRES), POSTGRES, &text).await.unwrap(), text);
}

#[tokio::test]
async fn an_output_that_is_one_token_goes_by_the_secrets_own() {
    let (_, ledger) = memory().await;
    let secret = generate(&ledger, POSTGRES, resource_id(1), "admin", "hunter2").await;
    let url = format!("postgres://{}@db", secret.token);
    let outputs =
        [("password", json!(secret.token)), ("url", json!(url)), ("other", json!({"a": [secret.token, 1]}))];
    let id = made(&ledger, 1, component("postgres"), &outputs).await;
    let by_output = ledger.output_token(&scope(), DEPLOY, id, "password").await.unwrap();
    let by_text = ledger.translate(held(&scope(), POSTGRES), DEPLOY, &secret.token).await.unwrap();
    assert_eq!(by_output, by_text, "one secret, one token per component");
    assert_eq!(completed(&ledger, DEPLOY, &by_output).await, "hunter2");
    let own = ledger.output_token(&scope(), POSTGRES, id, "password").await.unwrap();
    assert_eq!(own, secret.token);

    let url = ledger.output_token(&scope(), DEPLOY, id, "url").await.unwrap();
    assert_ne!(url, by_output);
    assert_eq!(completed(&ledger, DEPLOY, &format!("<{url}>")).await, "<postgres://hunter2@db>");
    for (output, shown) in
        [("password", "hunter2"), ("url", "postgres://hunter2@db"), ("other", r#"{"a":["hunter2",1]}"#)]
    {
        assert_eq!(ledger.reveal_output(&scope(), id, output).await.unwrap().expose(), shown);
    }
    for (id, output) in [(id, "none"), (resource_id(77), "password")] {
        let error = ledger.reveal_output(&scope(), id, output).await.unwrap_err();
        assert!(error.to_string().ends_with("what a token stands for is gone"), "{error}");
    }
    let mut elsewhere = scope();
    elsewhere.environment = name("production");
    assert!(ledger.reveal_output(&elsewhere, id, "url").await.is_err(), "it is not there");
}

#[tokio::test]
async fn what_is_put_in_is_escaped_and_never_looked_at_again() {
    let (_, ledger) = memory().await;
    // A secret that reads like a token of the same component.
    let inner = generate(&ledger, POSTGRES, resource_id(1), "inner", "the inner one").await;
    let outer = generate(&ledger, POSTGRES, resource_id(1), "outer", &format!("\"{}\"", inner.token)).await;
    let json = |text: &str| text.replace('"', "\\\"");
    let text = format!("a{}b{}c", outer.token, inner.token);
    let completed = ledger.complete(held(&scope(), POSTGRES), &text, &json).await.unwrap();
    assert_eq!(completed.expose(), format!("a\\\"{}\\\"bthe inner onec", inner.token));

    // Outputs of outputs are escaped once, where they end up.
    let quoted = generate(&ledger, POSTGRES, resource_id(1), "quoted", "say \"hi\"").await;
    let id = made(&ledger, 1, component("postgres"), &[("line", json!(format!("<{}>", quoted.token)))]).await;
    let token = ledger.output_token(&scope(), "compose/redis", id, "line").await.unwrap();
    let next = made(&ledger, 2, component("redis"), &[("line", json!(format!("[{token}]")))]).await;
    let token = ledger.output_token(&scope(), DEPLOY, next, "line").await.unwrap();
    let completed = ledger.complete(held(&scope(), DEPLOY), &token, &json).await.unwrap();
    assert_eq!(completed.expose(), "[<say \\\"hi\\\">]");
}

#[tokio::test]
async fn outputs_that_repeat_each_other_have_an_end() {
    let (_, ledger) = memory().await;
    let mut token = generate(&ledger, POSTGRES, resource_id(1), "seed", "x").await.token;
    for number in 1..=20 {
        let id =
            made(&ledger, number, component("postgres"), &[("grown", json!(format!("{token}-{token}")))])
                .await;
        token = ledger.output_token(&scope(), POSTGRES, id, "grown").await.unwrap();
        let completed = ledger.complete(held(&scope(), POSTGRES), &token, &str::to_owned).await;
        match completed {
            Ok(text) => assert!(number < 15 && text.expose().len() == (1 << (number + 1)) - 1, "{number}"),
            Err(error) => {
                assert!(number > 12, "{number}");
                assert!(matches!(error, LedgerError::TooBig { .. }), "{error}");
                assert_eq!(error.code(), Code::GuestSize);
                return;
            }
        }
    }
    panic!("it grew without an end");
}

#[tokio::test]
async fn chains_of_outputs_may_be_long_but_not_endless() {
    let (_, ledger) = memory().await;
    let mut token = generate(&ledger, POSTGRES, resource_id(1), "seed", "x").await.token;
    let mut failed = None;
    for number in 1..=80 {
        let id = made(&ledger, number, component("postgres"), &[("next", json!(format!("-{token}")))]).await;
        token = ledger.output_token(&scope(), POSTGRES, id, "next").await.unwrap();
        match ledger.complete(held(&scope(), POSTGRES), &token, &str::to_owned).await {
            Ok(text) => assert_eq!(text.expose().len() as u64, number + 1),
            Err(error) => {
                failed.get_or_insert((number, error.to_string()));
            }
        }
    }
    let (number, error) = failed.unwrap();
    assert!(number > 20 && error.contains("more than 24 steps"), "{number}: {error}");
}

#[tokio::test]
async fn with_a_resource_its_secrets_and_all_tokens_for_it_are_forgotten() {
    let (store, ledger) = memory().await;
    let kept = generate(&ledger, POSTGRES, resource_id(2), "admin", "stays").await;
    there(&ledger, resource_id(1)).await;
    let before = everything(&*store).await;
    let mut tokens = Vec::new();
    for number in 0..130 {
        tokens
            .push(generate(&ledger, POSTGRES, resource_id(1), &format!("name-{number}"), "goes").await.token);
    }
    let handed_on = ledger.translate(held(&scope(), POSTGRES), DEPLOY, &tokens[0]).await.unwrap();
    tokens.push(ledger.output_token(&scope(), POSTGRES, resource_id(1), "url").await.unwrap());
    ledger.forget_secrets(&scope(), resource_id(1)).await.unwrap();
    assert_eq!(everything(&*store).await, before, "nothing is left of it");
    for token in &tokens {
        assert_eq!(&completed(&ledger, POSTGRES, token).await, token);
    }
    assert_eq!(completed(&ledger, DEPLOY, &handed_on).await, handed_on);
    assert_eq!(completed(&ledger, POSTGRES, &kept.token).await, "stays");
    ledger.forget_secrets(&scope(), resource_id(1)).await.unwrap();
    assert!(generate(&ledger, POSTGRES, resource_id(1), "name-1", "anew").await.created);
}
