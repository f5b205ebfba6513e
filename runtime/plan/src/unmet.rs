//! What a file asks for and no installed provisioner can give, before any golden path has chosen one: a need is
//! met if one of those that could serve it meets it.

use std::collections::{BTreeSet, HashMap};

use innominatus_model::{Code, Diagnostic, Json, Offer, Severity, Violation};
use innominatus_score::placeholder::Root;
use innominatus_score::{Sketch, SketchedResource};

use crate::error::MOST_FINDINGS;
use crate::needs::nobody;
use crate::outputs::unknown;
use crate::params::Schema;
use crate::{Catalogue, Offered, fit};

/// Every finding of these files, by file and place. Schemas of components that cannot be used are passed over:
/// whoever plans the files hears of them.
pub fn unmet(sketches: &[Sketch], catalogue: &Catalogue) -> Vec<Diagnostic> {
    let mut schemas = Schemas::default();
    let mut diagnostics = Vec::new();
    for sketch in sketches {
        if diagnostics.len() >= MOST_FINDINGS {
            break;
        }
        let mut candidates: HashMap<&str, Vec<&Offered>> = HashMap::new();
        for resource in sketch.resources() {
            let makers = makers(resource, catalogue);
            if makers.is_empty() {
                let (line, column) = sketch.locate(&resource.name, "");
                let place = (sketch.file().to_owned(), line, column);
                diagnostics.push(nobody(&resource.kind, &resource.class, place, catalogue));
                continue;
            }
            if diagnostics.len() < MOST_FINDINGS {
                diagnostics.extend(misfits(sketch, resource, &makers, &mut schemas));
            }
            candidates.insert(&resource.name, makers);
        }
        for placed in sketch.placeholders() {
            let (Root::Resources, [name, output, ..]) =
                (&placed.reference.root, placed.reference.path.as_slice())
            else {
                continue;
            };
            if diagnostics.len() >= MOST_FINDINGS {
                break;
            }
            let Some(makers) = candidates.get(name.as_str()) else { continue };
            let offers: Vec<&Offer> = makers.iter().map(|offered| &*offered.offer).collect();
            diagnostics.extend(unknown(placed, name, output, &offers));
        }
    }
    diagnostics.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
    diagnostics
}

/// Who could make it, each entry in its newest version.
fn makers<'a>(resource: &'a SketchedResource, catalogue: &'a Catalogue) -> Vec<&'a Offered> {
    let mut seen = BTreeSet::new();
    catalogue
        .makers(&resource.kind, &resource.class)
        .filter(|offered| !offered.overruled && seen.insert(offered.provisioner.label()))
        .collect()
}

#[derive(Default)]
struct Schemas(HashMap<*const Offered, Option<Schema>>);

impl Schemas {
    fn of(&mut self, offered: &Offered) -> Option<&Schema> {
        self.0
            .entry(std::ptr::from_ref(offered))
            .or_insert_with(|| Schema::new(&offered.schema).ok())
            .as_ref()
    }
}

/// What is wrong with the params by the first one that could serve; nothing if another one takes them.
fn misfits(
    sketch: &Sketch,
    resource: &SketchedResource,
    makers: &[&Offered],
    schemas: &mut Schemas,
) -> Vec<Diagnostic> {
    let Some(params) = &resource.params else { return Vec::new() };
    let mut first: Option<Vec<Diagnostic>> = None;
    for offered in makers {
        let Some(schema) = schemas.of(offered) else { return Vec::new() };
        let judged = |params: &Json| schema.violations(&schema.with_defaults(params));
        let mut violations = judged(&offered.beneath(&resource.class, params));
        if offered.defaults.is_some() && !violations.is_empty() {
            // What a definition gives is not the file's mistake.
            let said = judged(params);
            violations.retain(|violation| said.contains(violation));
        }
        if violations.is_empty() {
            return Vec::new();
        }
        first.get_or_insert_with(|| {
            let of = |violation: &Violation| {
                let below = format!("/params{}", violation.pointer);
                let (line, column) = sketch.locate(&resource.name, &below);
                Diagnostic {
                    file: sketch.file().to_owned(),
                    line,
                    column,
                    severity: Severity::Error,
                    code: Code::ParamsInvalid,
                    message: fit::words(&resource.name, &offered.provisioner, violation),
                    hint: Some(fit::remedy(&resource.kind, &offered.provisioner, violation)),
                }
            };
            violations.iter().map(of).collect()
        });
    }
    first.unwrap_or_default()
}
