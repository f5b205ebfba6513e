//! What holds for whatever a guest or a server may come up with.

use innominatus_effect::{Capture, HttpBody, HttpError, HttpRequest, HttpResponse, Slot};
use innominatus_egress::Egress;
use innominatus_model::HttpMethod;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::support::{MemoryVault, Reply, Seen, Server, egress, permit, request};

/// One server and one egress for all cases.
struct World {
    runtime: Runtime,
    egress: Egress,
    server: Server,
}

impl World {
    /// A server that answers with the body of the request.
    fn echo() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let answer = |seen: &Seen| {
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", seen.body.len());
            Reply::Keep([head.as_bytes(), &seen.body].concat())
        };
        let server = runtime.block_on(Server::with(answer));
        Self { egress: egress(), runtime, server }
    }

    fn put(
        &self,
        change: impl FnOnce(&mut HttpRequest),
        vault: &MemoryVault,
    ) -> Result<HttpResponse, HttpError> {
        let url = self.server.url("/path?query");
        let mut put = request(HttpMethod::Put, &url);
        change(&mut put);
        self.runtime.block_on(self.egress.send("p/e", &put, &permit(&url), Some("key"), vault)).unwrap()
    }
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((".{0,4}", inner), 0..4).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

/// The pointers to everything in a value.
fn pointers(value: &Value, prefix: &str, found: &mut Vec<String>) {
    found.push(prefix.to_owned());
    match value {
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                pointers(item, &format!("{prefix}/{at}"), found);
            }
        }
        Value::Object(entries) => {
            for (name, item) in entries {
                let step = name.replace('~', "~0").replace('/', "~1");
                pointers(item, &format!("{prefix}/{step}"), found);
            }
        }
        _ => {}
    }
}

/// Names and values as an attacker would write them.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\r\n".to_owned()),
        Just("\n".to_owned()),
        Just("\0".to_owned()),
        Just(": ".to_owned()),
        Just("x-injected".to_owned()),
        Just("transfer-encoding".to_owned()),
        Just("content-length".to_owned()),
        "[a-zA-Z0-9_-]{1,8}",
        "\\PC{0,4}",
        any::<char>().prop_map(String::from),
    ];
    vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

#[test]
fn n6_a_header_is_refused_or_arrives_alone() {
    let world = World::echo();
    world.put(|_| {}, &MemoryVault::default()).unwrap();
    let usual = world.server.only().headers.len();
    proptest!(|(name in hostile(), value in hostile(), slot in hostile())| {
        let before = world.server.seen().len();
        let result = world.put(
            |put| {
                put.headers.push((name.clone(), value.clone()));
                put.idempotency = Some(Slot::Header(slot.clone()));
            },
            &MemoryVault::default(),
        );
        let seen = world.server.seen();
        match result {
            Ok(_) => {
                let last = seen.last().unwrap();
                prop_assert_eq!(seen.len(), before + 1);
                // The two that were set, each whole, and nothing else.
                prop_assert_eq!(last.headers.len(), usual + 2);
                prop_assert_eq!(last.header(&slot.to_ascii_lowercase()), Some("key"));
                prop_assert!(last.header(&name.to_ascii_lowercase()).is_some());
                prop_assert_eq!(last.line.as_str(), "PUT /path?query HTTP/1.1");
            }
            Err(HttpError::Denied(_)) => prop_assert_eq!(seen.len(), before),
            Err(other) => prop_assert!(false, "{:?}", other),
        }
    });
}

#[test]
fn n6_a_query_parameter_stays_one() {
    let world = World::echo();
    proptest!(|(name in hostile())| {
        let result = world.put(|put| put.idempotency = Some(Slot::Query(name.clone())), &MemoryVault::default());
        if name == "query" {
            prop_assert!(matches!(result, Err(HttpError::Denied(_))));
        } else {
            result.unwrap();
            let line = world.server.seen().last().unwrap().line.clone();
            let target = line.strip_prefix("PUT /path?query&").and_then(|rest| rest.strip_suffix(" HTTP/1.1"));
            let pairs: Vec<_> = form_urlencoded::parse(target.unwrap().as_bytes()).into_owned().collect();
            prop_assert_eq!(pairs, [(name, "key".to_owned())]);
        }
    });
}

#[test]
fn n10_whatever_a_secret_is_a_body_stays_what_it_was() {
    let world = World::echo();
    proptest!(|(secret in ".{1,12}", around in ".{0,8}", json in json_value())| {
        let vault = MemoryVault::default().own("tok0own0", &secret);
        let text = format!("{around}tok0own0{around}");
        let body = json!({"json": json, "text": text, "tok0own0": 1});
        let _ = world.put(|put| put.body = HttpBody::Json(body.clone()), &vault);
        let sent = world.server.seen().last().unwrap().body.clone();
        let expected = json!({"json": json, "text": format!("{around}{secret}{around}"), "tok0own0": 1});
        prop_assert_eq!(serde_json::from_slice::<Value>(&sent).unwrap(), expected);

        let fields = vec![(around.clone(), text.clone()), ("tok0own0".to_owned(), around.clone())];
        let _ = world.put(|put| put.body = HttpBody::Form(fields), &vault);
        let sent = world.server.seen().last().unwrap().body.clone();
        let found: Vec<(String, String)> = form_urlencoded::parse(&sent).into_owned().collect();
        let expected =
            [(around.clone(), format!("{around}{secret}{around}")), ("tok0own0".to_owned(), around.clone())];
        prop_assert_eq!(found, expected);
    });
}

#[test]
fn a_capture_changes_what_it_points_to_and_nothing_else() {
    let world = World::echo();
    proptest!(|(json in json_value(), choice in any::<prop::sample::Index>())| {
        let mut all = Vec::new();
        pointers(&json, "", &mut all);
        let pointer = choice.get(&all).clone();
        let vault = MemoryVault::default().forgetful();
        let text = serde_json::to_string_pretty(&json).unwrap();
        let result = world.put(
            |put| {
                put.body = HttpBody::Raw(text.clone().into_bytes());
                put.capture = vec![Capture { pointer: pointer.clone(), secret: "key".into() }];
            },
            &vault,
        );
        let secret = json.pointer(&pointer).unwrap();
        let response = result.unwrap();
        let kept = vault.kept();
        if secret.is_null() || secret.as_str() == Some("") {
            prop_assert!(kept.is_empty());
            prop_assert_eq!(response.body, text.as_bytes());
        } else {
            let (_, value) = &kept[0];
            match secret.as_str() {
                Some(secret) => prop_assert_eq!(secret, value.as_str()),
                None => prop_assert_eq!(secret, &serde_json::from_str::<Value>(value).unwrap()),
            }
            // What is written the same elsewhere is scrubbed too, which is another matter.
            let written = match secret {
                Value::String(secret) => json!(secret).to_string(),
                _ => value.clone(),
            };
            if value.len() > 12 && text.matches(written.trim_matches('"')).count() == 1 {
                let mut expected = json.clone();
                *expected.pointer_mut(&pointer).unwrap() = "tok0key0".into();
                prop_assert_eq!(serde_json::from_slice::<Value>(&response.body).unwrap(), expected);
            }
        }
    });
}

#[test]
fn no_answer_upsets_a_capture() {
    let world = World::echo();
    let pieces = prop_oneof![
        Just("<a>".to_owned()),
        Just("</a>".to_owned()),
        Just("<b x='1'>".to_owned()),
        Just("</b>".to_owned()),
        Just("<![CDATA[".to_owned()),
        Just("]]>".to_owned()),
        Just("&amp;".to_owned()),
        Just("&#x41;".to_owned()),
        Just("<!--".to_owned()),
        Just("-->".to_owned()),
        Just("{\"a\":".to_owned()),
        Just("}".to_owned()),
        Just("[".to_owned()),
        Just("]".to_owned()),
        Just("\"b\"".to_owned()),
        Just("\\u0041".to_owned()),
        ".{0,3}",
    ];
    proptest!(|(body in vec(pieces, 0..12), pointer in "(/?[ab0~]{0,2}){0,3}")| {
        let body = body.concat().into_bytes();
        let capture = Capture { pointer, secret: "key".into() };
        let result = world.put(
            |put| {
                put.body = HttpBody::Raw(body.clone());
                put.capture = vec![capture];
            },
            &MemoryVault::default(),
        );
        prop_assert!(matches!(result, Ok(_) | Err(HttpError::OutcomeUnknown(_))), "{:?}", result);
    });
}
