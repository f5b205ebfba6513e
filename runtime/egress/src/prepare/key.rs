//! The idempotency key, where the request says it goes. What stands there already is not overwritten.

use innominatus_effect::{HttpBody, HttpError, Slot};
use innominatus_model::{Binding, Json};

use super::{Draft, headers};
use crate::words::{author, shown};

/// Writes the key.
pub(super) fn place(
    draft: &mut Draft,
    slot: &Slot,
    key: &str,
    binding: Option<&Binding>,
) -> Result<(), HttpError> {
    let taken = |place: String| author(place, "it is set already; leave it to the idempotency key");
    match slot {
        Slot::Header(name) => {
            let name = headers::name(name, binding)?;
            if draft.headers.iter().any(|(known, _)| *known == name) {
                return Err(taken(format!("the header `{name}`")));
            }
            draft.headers.push((name, key.to_owned()));
        }
        Slot::Query(name) => {
            if draft.url.query_pairs().any(|(known, _)| known == name.as_str()) {
                return Err(taken(format!("the query parameter `{}`", shown(name))));
            }
            draft.url.query_pairs_mut().append_pair(name, key);
        }
        Slot::Pointer(pointer) => {
            let place = format!("`{}` in the body", shown(pointer));
            let free = match &mut draft.body {
                HttpBody::Json(body) => in_json(body, pointer, key),
                HttpBody::Form(fields) => {
                    let free = fields.iter().all(|(name, _)| name != pointer);
                    fields.push((pointer.clone(), key.to_owned()));
                    Some(free)
                }
                HttpBody::Empty | HttpBody::Raw(_) => None,
            };
            match free {
                Some(true) => {}
                Some(false) => return Err(taken(place)),
                None => {
                    let remedy = "the idempotency key has no place there: point to a member of an object in a JSON \
                                  body, or to a form's field";
                    return Err(author(place, remedy));
                }
            }
        }
    }
    Ok(())
}

/// Whether the member was free (absent or null), if there is an object that it is a member of.
fn in_json(body: &mut Json, pointer: &str, key: &str) -> Option<bool> {
    let (parent, member) = pointer.rsplit_once('/')?;
    let member = member.replace("~1", "/").replace("~0", "~");
    let object = body.pointer_mut(parent)?.as_object_mut()?;
    let free = object.get(&member).is_none_or(Json::is_null);
    object.insert(member, Json::from(key));
    Some(free)
}
