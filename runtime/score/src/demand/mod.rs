//! What all workloads of an application need: resources merged by identity and ordered by placeholders.

mod order;

use std::collections::BTreeMap;

use innominatus_model::{Code, Diagnostic, Json, Name, ResourceUid, Severity};

use crate::Workload;
use crate::findings::show;
use crate::placeholder::references;
use crate::tree::join;

/// The needs of an application.
#[derive(Debug, Clone, PartialEq)]
pub struct Demand {
    /// In an order in which every need comes after what it depends on. The same for the same workloads, in
    /// whatever order they were given.
    pub needs: Vec<Demanded>,
}

/// One resource that workloads ask for.
#[derive(Debug, Clone, PartialEq)]
pub struct Demanded {
    /// Its identity in the application.
    pub uid: ResourceUid,
    /// The workload in whose context placeholders of the params are read: the first by name that gives
    /// params, else the first that declares the resource.
    pub owner: Name,
    /// Every workload that declares it, by name.
    pub workloads: Vec<Name>,
    /// An object, with placeholders as written; empty when no workload gives params.
    pub params: Json,
    /// An object, as written; empty when no workload gives metadata.
    pub metadata: Json,
    /// What the params refer to, each once, by uid.
    pub depends_on: Vec<ResourceUid>,
    /// File, line and column of its declaration in the owner's file.
    pub place: (String, u32, u32),
}

/// A declaration: which workload, under which name.
#[derive(Debug, Clone, Copy)]
struct Declared<'a> {
    workload: &'a Workload,
    resource: &'a str,
}

/// A need while declarations are merged.
struct Draft<'a> {
    owner: Declared<'a>,
    workloads: Vec<Name>,
    params: Option<(&'a Json, Declared<'a>)>,
    metadata: Option<(&'a Json, Declared<'a>)>,
}

/// Merges what the workloads of one application declare. Fails if two files describe one workload, if two
/// declarations of a shared resource disagree, or if resources depend on each other in a circle; every such
/// finding is reported.
pub fn demand(workloads: &[Workload]) -> Result<Demand, Vec<Diagnostic>> {
    let mut findings = Vec::new();
    let ordered = by_name(workloads, &mut findings);
    let drafts = merge(&ordered, &mut findings);
    distinct_texts(&drafts, &mut findings);
    let edges = dependencies(&drafts, &mut findings);
    let order = order::order(&edges);
    if let Err(circles) = &order {
        findings.extend(circles.iter().map(|circle| circular(circle, &drafts)));
    }
    match order {
        Ok(order) if findings.is_empty() => Ok(Demand { needs: finish(order, drafts, edges) }),
        _ => Err(findings),
    }
}

fn by_name<'a>(workloads: &'a [Workload], findings: &mut Vec<Diagnostic>) -> Vec<&'a Workload> {
    let mut ordered: BTreeMap<&Name, &Workload> = BTreeMap::new();
    for workload in workloads {
        let Some(first) = ordered.get(workload.name()) else {
            ordered.insert(workload.name(), workload);
            continue;
        };
        let message =
            format!("workload `{}` is described by {} already", workload.name(), show(first.file()));
        let hint = "give one of the two another `metadata.name`";
        findings.push(finding(workload, "/metadata/name", Code::DuplicateWorkload, message, hint.into()));
    }
    ordered.into_values().collect()
}

fn merge<'a>(
    workloads: &[&'a Workload],
    findings: &mut Vec<Diagnostic>,
) -> BTreeMap<&'a ResourceUid, Draft<'a>> {
    let mut drafts: BTreeMap<&ResourceUid, Draft<'_>> = BTreeMap::new();
    for &workload in workloads {
        for (resource, declaration) in workload.resources() {
            let here = Declared { workload, resource };
            let draft = drafts.entry(&declaration.uid).or_insert_with(|| Draft {
                owner: here,
                workloads: Vec::new(),
                params: None,
                metadata: None,
            });
            if draft.workloads.last() != Some(workload.name()) {
                draft.workloads.push(workload.name().clone());
            }
            if draft.params.is_none() && !declaration.params.is_null() {
                draft.owner = here;
            }
            let uid = &declaration.uid;
            agree(&mut draft.params, &declaration.params, "params", uid, here, findings);
            agree(&mut draft.metadata, &declaration.metadata, "metadata", uid, here, findings);
        }
    }
    drafts
}

fn agree<'a>(
    kept: &mut Option<(&'a Json, Declared<'a>)>,
    given: &'a Json,
    field: &str,
    uid: &ResourceUid,
    here: Declared<'a>,
    findings: &mut Vec<Diagnostic>,
) {
    match kept {
        _ if given.is_null() => {}
        None => *kept = Some((given, here)),
        Some((first, _)) if *first == given => {}
        Some((_, there)) => {
            let pointer =
                |declared: Declared<'_>| format!("{}/{field}", join("/resources", declared.resource));
            let other = place_text(there.workload, &pointer(*there));
            let message =
                format!("two definitions of `{uid}` disagree on `{field}`, the other is at {other}");
            let hint = format!("make them equal, or keep `{field}` in one of the two");
            findings.push(finding(here.workload, &pointer(here), Code::SharedConflict, message, hint));
        }
    }
}

/// Uids are kept as parts, but people and platforms see them as text.
fn distinct_texts(drafts: &BTreeMap<&ResourceUid, Draft<'_>>, findings: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<String, Declared<'_>> = BTreeMap::new();
    for (uid, draft) in drafts {
        let here = draft.owner;
        if let Some(there) = seen.insert(uid.to_string(), here) {
            let pointer = |declared: Declared<'_>| join("/resources", declared.resource);
            let other = place_text(there.workload, &pointer(there));
            let message = format!("two resources are called `{uid}`, the other is at {other}");
            let hint = "change the `id` of the one that has it".into();
            findings.push(finding(here.workload, &pointer(here), Code::SharedConflict, message, hint));
        }
    }
}

fn dependencies<'a>(
    drafts: &BTreeMap<&'a ResourceUid, Draft<'a>>,
    findings: &mut Vec<Diagnostic>,
) -> order::Edges<'a> {
    let mut edges = order::Edges::new();
    for (&uid, draft) in drafts {
        let needed = edges.entry(uid).or_default();
        let Some((params, by)) = draft.params else { continue };
        // Kept workloads were checked when they were read, so neither case below is expected of them.
        let references = references(params).unwrap_or_default();
        for name in references.iter().filter_map(|reference| reference.resource()) {
            match by.workload.resources().get(name) {
                Some(declaration) => _ = needed.insert(&declaration.uid),
                None => {
                    let pointer = format!("{}/params", join("/resources", by.resource));
                    let message = format!("`{uid}` refers to resource `{}`, which is not there", show(name));
                    let hint = "add the resource, or correct its name".into();
                    findings.push(finding(by.workload, &pointer, Code::PlaceholderResource, message, hint));
                }
            }
        }
    }
    edges
}

fn circular(circle: &[&ResourceUid], drafts: &BTreeMap<&ResourceUid, Draft<'_>>) -> Diagnostic {
    // A person follows no longer circle; a message has an end.
    const SHOWN: usize = 30;
    let mut members: Vec<String> = circle.iter().take(SHOWN).map(|uid| format!("`{uid}`")).collect();
    if circle.len() > SHOWN {
        members.push(format!("{} more", circle.len() - SHOWN));
    }
    members.extend(members.first().cloned());
    let message = format!("resources depend on each other in a circle: {}", members.join(" needs "));
    let Draft { owner, params, .. } = &drafts[circle[0]];
    let by = params.map_or(*owner, |(_, by)| by);
    let pointer = format!("{}/params", join("/resources", by.resource));
    let hint = "remove one of the placeholders that refer on in their `params`".into();
    finding(by.workload, &pointer, Code::ResourceCycle, message, hint)
}

fn finish(
    order: Vec<&ResourceUid>,
    mut drafts: BTreeMap<&ResourceUid, Draft<'_>>,
    mut edges: order::Edges<'_>,
) -> Vec<Demanded> {
    let object = |part: Option<(&Json, Declared<'_>)>| {
        part.map_or_else(|| Json::Object(Default::default()), |(value, _)| value.clone())
    };
    let needs = order.into_iter().map(|uid| {
        let draft = drafts.remove(uid).expect("every ordered uid has a draft, once");
        let Declared { workload, resource } = draft.owner;
        let (line, column) = workload.locate(&join("/resources", resource));
        Demanded {
            uid: uid.clone(),
            owner: workload.name().clone(),
            workloads: draft.workloads,
            params: object(draft.params),
            metadata: object(draft.metadata),
            depends_on: edges.remove(uid).into_iter().flatten().cloned().collect(),
            place: (workload.file().to_owned(), line, column),
        }
    });
    needs.collect()
}

fn finding(workload: &Workload, pointer: &str, code: Code, message: String, hint: String) -> Diagnostic {
    let (line, column) = workload.locate(pointer);
    let file = workload.file().to_owned();
    Diagnostic { file, line, column, severity: Severity::Error, code, message, hint: Some(hint) }
}

fn place_text(workload: &Workload, pointer: &str) -> String {
    match workload.locate(pointer) {
        (0, _) => show(workload.file()),
        (line, column) => format!("{}:{line}:{column}", show(workload.file())),
    }
}
