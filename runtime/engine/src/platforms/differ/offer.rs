//! What an entry takes and gives, before and now: params, classes, outputs, verbs.

use std::collections::BTreeMap;

use innominatus_ledger::InstalledProvisioner;
use innominatus_model::{Class, Json, Offer, OutputSpec};
use innominatus_plan::Defaults;
use innominatus_plan::params::{Schema, SchemaChange, output_changes, schema_changes};

use super::{OfferChange, ParamChange, Remark};

/// Of one entry.
pub(super) fn offered(was: &InstalledProvisioner, is: &InstalledProvisioner) -> OfferChange {
    let mut change = served(was, is);
    classes(&was.offer, &is.offer, &mut change.remarks);
    change.remarks.sort_by_key(|remark| !remark.breaks);
    change
}

/// Of two entries for what both make: that they make it for other classes is not their difference.
pub(super) fn served(was: &InstalledProvisioner, is: &InstalledProvisioner) -> OfferChange {
    let mut change = OfferChange { params: params(was, is), ..OfferChange::default() };
    outputs(&was.offer, &is.offer, &mut change);
    verbs(&was.offer, &is.offer, &mut change.remarks);
    change.remarks.sort_by_key(|remark| !remark.breaks);
    change
}

/// Of every class.
pub(super) fn param(change: SchemaChange) -> ParamChange {
    ParamChange { classes: Vec::new(), change }
}

fn classes(was: &Offer, is: &Offer, remarks: &mut Vec<Remark>) {
    let mut say = |breaks: bool, words: String| remarks.push(Remark { breaks, words });
    match (was.classes.as_slice(), is.classes.as_slice()) {
        ([], []) => {}
        ([], now) => {
            let now: Vec<String> = now.iter().map(|class| format!("`{class}`")).collect();
            say(true, format!("any class was taken, and only {} is", now.join(" or ")));
        }
        (_, []) => say(false, "any class is taken now".to_owned()),
        (before, now) => {
            for class in before.iter().filter(|class| !now.contains(class)) {
                say(true, format!("the class `{class}` is gone"));
            }
            for class in now.iter().filter(|class| !before.contains(class)) {
                say(false, format!("the class `{class}` is new"));
            }
        }
    }
}

fn outputs(was: &Offer, is: &Offer, change: &mut OfferChange) {
    fn find<'o>(offer: &'o Offer, name: &str) -> Option<&'o OutputSpec> {
        offer.outputs.iter().find(|spec| spec.name == name)
    }
    let (added, removed) = &mut change.outputs;
    let mut say = |breaks: bool, words: String| change.remarks.push(Remark { breaks, words });
    for before in &was.outputs {
        match find(is, &before.name) {
            Some(now) => output(before, now, &mut say),
            None => {
                removed.push(before.name.clone());
                say(true, format!("the output `{}` is gone", before.name));
            }
        }
    }
    for now in is.outputs.iter().filter(|now| find(was, &now.name).is_none()) {
        added.push(now.name.clone());
        say(false, format!("the output `{}` is new", now.name));
    }
    match (was.open_outputs, is.open_outputs) {
        (true, false) => say(true, "it has no outputs any more that it does not list".to_owned()),
        (false, true) => say(false, "it may have outputs that it does not list".to_owned()),
        _ => {}
    }
}

fn output(was: &OutputSpec, is: &OutputSpec, say: &mut impl FnMut(bool, String)) {
    let name = &was.name;
    match (was.sensitive, is.sensitive) {
        (false, true) => {
            say(true, format!("the output `{name}` is sensitive now: what had it in clear may not any more"));
        }
        (true, false) => say(false, format!("the output `{name}` is not sensitive any more: it is in clear")),
        _ => {}
    }
    match (was.required, is.required) {
        (true, false) => say(true, format!("the output `{name}` need not be there any more")),
        (false, true) => say(false, format!("the output `{name}` is always there now")),
        _ => {}
    }
    for change in output_changes(&was.schema, &is.schema) {
        say(change.breaks, format!("the output `{name}{}` {}", change.pointer, change.words));
    }
}

fn verbs(was: &Offer, is: &Offer, remarks: &mut Vec<Remark>) {
    for verb in was.verbs.iter().filter(|verb| !is.verbs.contains(verb)) {
        let words = format!("it cannot `{}` any more", verb.as_str());
        remarks.push(Remark { breaks: true, words });
    }
    for verb in is.verbs.iter().filter(|verb| !was.verbs.contains(verb)) {
        remarks.push(Remark { breaks: false, words: format!("it can `{}` now", verb.as_str()) });
    }
}

/// By class, and what is alike in all of them once.
fn params(was: &InstalledProvisioner, is: &InstalledProvisioner) -> Vec<ParamChange> {
    let mut pairs: Vec<(Option<&Class>, &Json, &Json)> = Vec::new();
    for (class, before) in was.schemas() {
        match class {
            Some(class) => pairs.extend(is.schema(class).map(|now| (Some(class), before, now))),
            None => pairs.extend(is.schemas().map(|(class, now)| (class, before, now))),
        }
    }
    let mut found: Vec<ParamChange> = Vec::new();
    for (class, before, now) in &pairs {
        let class = class.map(ToString::to_string);
        let mut changes = schema_changes(before, now);
        changes.extend(definition(was, is, class.as_deref(), now));
        for change in changes {
            let known = found.iter().position(|known| known.change == change);
            let known = known.unwrap_or_else(|| {
                found.push(param(change));
                found.len() - 1
            });
            let classes = &mut found[known].classes;
            if let Some(class) = &class
                && classes.last() != Some(class)
            {
                classes.push(class.clone());
            }
        }
    }
    for change in found.iter_mut().filter(|change| change.classes.len() == pairs.len()) {
        change.classes.clear();
    }
    found.sort_by_key(|param| !param.change.breaks);
    found
}

/// What the platform's resource definition gives that it did not, and the other way round. That breaks where the
/// component does not do without.
fn definition(
    was: &InstalledProvisioner,
    is: &InstalledProvisioner,
    class: Option<&str>,
    schema: &Json,
) -> Vec<SchemaChange> {
    let (before, now) = (given(was, class), given(is, class));
    if before == now {
        return Vec::new();
    }
    let missing = missing(schema, &before, &now);
    let (before, now) = (leaves(&before), leaves(&now));
    let mut pointers: Vec<&String> = before.keys().chain(now.keys()).collect();
    pointers.sort();
    pointers.dedup();
    let differing = pointers.into_iter().filter(|pointer| before.get(*pointer) != now.get(*pointer));
    let change = |pointer: &String| {
        let shown = |value: Option<&&Json>| value.map_or("nothing".to_owned(), ToString::to_string);
        let (was, is) = (shown(before.get(pointer)), shown(now.get(pointer)));
        let breaks = !now.contains_key(pointer) && missing;
        let why = if breaks { ", and not all that is needed is given any more" } else { "" };
        let words = format!("its definition gave {was} and gives {is}{why}");
        SchemaChange { pointer: pointer.clone(), breaks, words }
    };
    differing.map(change).collect()
}

/// What a resource of this class is given where its file says nothing.
fn given(entry: &InstalledProvisioner, class: Option<&str>) -> Json {
    let nothing = || Json::Object(Default::default());
    match entry.defaults() {
        Some(Defaults { class: Some(meant), .. }) if class.is_some_and(|class| class != meant.as_str()) => {
            nothing()
        }
        Some(Defaults { params, .. }) => params,
        None => nothing(),
    }
}

/// Whether a file that says nothing has to say something now, or nobody knows.
fn missing(schema: &Json, before: &Json, now: &Json) -> bool {
    let Ok(schema) = Schema::new(schema) else { return true };
    let wrong = |params: &Json| schema.violations(&schema.with_defaults(params));
    let before = wrong(before);
    wrong(now).iter().any(|violation| !before.contains(violation))
}

/// Everything that is no object, by pointer.
fn leaves(json: &Json) -> BTreeMap<String, &Json> {
    let mut found = BTreeMap::new();
    let mut open = vec![(String::new(), json)];
    while let Some((pointer, value)) = open.pop() {
        match value {
            Json::Object(entries) => open.extend(entries.iter().map(|(name, value)| {
                (format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1")), value)
            })),
            _ => _ = found.insert(pointer, value),
        }
    }
    found
}
