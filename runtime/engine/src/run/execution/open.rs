//! Writes of which nobody knows whether they happened: which of them need somebody to look, and from when on.

use innominatus_ledger::Execution;
use innominatus_model::{Grant, HttpMethod, Json, Unsettled};

/// Whether it can be settled by sending it again: by its method, or by the key it carries.
pub(super) fn is_repeatable(unsettled: &Unsettled) -> bool {
    is_idempotent(unsettled) || is_keyed(unsettled)
}

fn is_idempotent(unsettled: &Unsettled) -> bool {
    let method = unsettled.request.get("method").and_then(Json::as_str).and_then(HttpMethod::parse);
    method.is_some_and(HttpMethod::is_idempotent)
}

/// Whether it carries a key.
fn is_keyed(unsettled: &Unsettled) -> bool {
    unsettled.request.get("idempotency").is_some_and(|slot| !slot.is_null())
}

/// Whether one of them is settled only by sending it again from where it was: another wish makes another key.
pub(in crate::run) fn need_their_key(unsettled: &[Unsettled]) -> bool {
    unsettled.iter().any(|one| is_keyed(one) && !is_idempotent(one))
}

/// Those that another execution would make a second time.
pub(in crate::run) fn of_their_own(unsettled: &[Unsettled]) -> Vec<Unsettled> {
    unsettled.iter().filter(|one| !is_idempotent(one)).cloned().collect()
}

/// Those that are not settled by sending them again.
pub(in crate::run) fn doubtful(unsettled: &[Unsettled]) -> Vec<Unsettled> {
    unsettled.iter().filter(|one| !is_repeatable(one)).cloned().collect()
}

/// How long it may still have been acted on after it was sent.
pub(super) fn timeout_ms(unsettled: &Unsettled, grant: &Grant) -> u64 {
    let granted = grant.http.iter().map(|line| u64::from(line.limits.timeout_ms)).max().unwrap_or(0);
    let asked = unsettled.request.get("timeoutMs").and_then(Json::as_u64).filter(|asked| *asked > 0);
    asked.map_or(granted, |asked| asked.min(granted))
}

/// What the next call has to look for when this one did not end well: what this one was told of too, for it may not
/// have come to looking.
pub(in crate::run) fn carried(act: &Execution, unsettled: Vec<Unsettled>) -> Vec<Unsettled> {
    let mut all = act.target.unsettled.clone();
    for one in unsettled {
        if !all.contains(&one) {
            all.push(one);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_key_matters_only_where_the_method_does_not_say_enough() {
        for (method, expected) in [("POST", true), ("PATCH", true), ("PUT", false), ("DELETE", false)] {
            let keyed = unsettled(json!({"method": method, "idempotency": {"header": "k"}}));
            assert_eq!(need_their_key(&[keyed]), expected, "{method}");
        }
    }

    fn unsettled(request: Json) -> Unsettled {
        Unsettled { purpose: "x".into(), sent_ms: 1, request }
    }

    #[test]
    fn what_can_be_sent_again_is_in_no_doubt() {
        for (request, expected) in [
            (json!({"method": "PUT", "idempotency": null}), true),
            (json!({"method": "DELETE"}), true),
            (json!({"method": "POST", "idempotency": {"header": "k"}}), true),
            (json!({"method": "POST", "idempotency": null}), false),
            (json!({"method": "PATCH"}), false),
            (json!({}), false),
        ] {
            assert_eq!(is_repeatable(&unsettled(request.clone())), expected, "{request}");
        }
    }
}
