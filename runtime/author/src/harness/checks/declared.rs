//! What an entry declares: contract, wants, type, schemas. Nothing is made here.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use innominatus_effect::Export;
use innominatus_model::{Class, Grant, Json};
use innominatus_package::{FileRole, Package, ProvisionerEntry};
use innominatus_plan::params::Schema;
use innominatus_plan::{ComponentRef, Defaults, Offered, Serves};
use innominatus_sandbox::{Component, LoadError, Role, check_role};
use serde_json::json;

use crate::harness::catalogue as list;
use crate::harness::report::Figures;
use crate::harness::sheet::Sheet;
use crate::harness::subject::Subject;
use crate::harness::world::Cloud;

/// A provisioner that can be called, and the schema of each class that it names.
pub(crate) struct Declared {
    pub(crate) subject: Subject,
    pub(crate) schemas: Vec<(Class, Json)>,
}

impl Declared {
    /// What a plan may choose of it, as it would be once it is installed: one for each class that it names.
    pub(crate) fn offered(&self, package: &Package) -> Vec<Offered> {
        let Some(blob) = package.component(&self.subject.entry.component) else { return Vec::new() };
        let manifest = &package.manifest;
        let entry = &self.subject.entry;
        let bound = manifest.resources.get(&entry.kind);
        let own = bound.is_some_and(|bound| bound.provisioner == entry.name);
        let definition = package.definitions.get(&entry.kind).filter(|_| own);
        let offered = |(class, schema): &(Class, Json)| {
            let mut offer = self.subject.offer.clone();
            offer.classes.retain(|known| known == class);
            Offered {
                provisioner: ComponentRef {
                    platform: manifest.name.clone(),
                    version: manifest.version.clone(),
                    entry: entry.name.clone(),
                    component: blob.digest,
                },
                offer: offer.into(),
                schema: schema.clone(),
                defaults: definition
                    .map(|given| Defaults { class: given.class.clone(), params: given.params.clone() }),
                overruled: bound.is_some() && !own,
                serves: Serves::New,
            }
        };
        self.schemas.iter().map(offered).collect()
    }
}

/// Looks at everything that is declared; none where there is nothing to go on with.
pub(crate) async fn declare(
    package: &Package,
    entry: &ProvisionerEntry,
    component: &Result<Component, LoadError>,
    sheet: &mut Sheet<'_>,
) -> Option<Declared> {
    let component = contract(component, Role::Provisioner, &list::CONTRACT, sheet)?;
    wants(entry, &component, sheet);
    let offer = innominatus_model::Offer {
        kind: entry.kind.clone(),
        classes: Vec::new(),
        outputs: Vec::new(),
        open_outputs: false,
        verbs: Vec::new(),
    };
    let label = format!("{}/{}", package.manifest.name, entry.name);
    let figures = Mutex::new(Figures::default());
    let others = package.manifest.provisioners.iter().filter(|other| other.component == entry.component);
    let is_shared = others.count() > 1;
    let mut subject = Subject { label, entry: entry.clone(), component, offer, is_shared, figures };
    let nothing = Grant::default();
    let mut infos = Vec::new();
    for season in 0..2 {
        let cloud = Arc::new(Cloud::new(json!({})));
        (0..season).for_each(|_| cloud.later());
        let call = async |guest: innominatus_sandbox::Provisioner| guest.metadata().await;
        match subject.look(Export::Metadata, &nothing, &cloud, call).await.answer {
            Ok(info) => infos.push(info),
            Err(error) => {
                sheet.fail(&list::METADATA, format!("`metadata` breaks: {error}"));
                return None;
            }
        }
    }
    let stable = infos[0] == infos[1];
    let info = infos.swap_remove(0);
    let made: Vec<String> = info.offers.iter().map(|offer| format!("`{}`", offer.kind)).collect();
    let Some(offer) = info.offers.into_iter().find(|offer| offer.kind == entry.kind) else {
        let made = if made.is_empty() { "nothing".to_owned() } else { made.join(", ") };
        sheet
            .fail(&list::KIND, format!("the manifest says `{}`, and the component makes {made}", entry.kind));
        return None;
    };
    sheet.pass(&list::KIND);
    subject.offer = offer;
    let schemas = schemas(&subject, stable, sheet).await;
    schema_file(package, entry, &schemas, sheet);
    let usable = schemas.into_iter().filter(|(_, schema)| Schema::new(schema).is_ok()).collect();
    Some(Declared { subject, schemas: usable })
}

/// Whether the component can be called as this.
pub(super) fn contract(
    component: &Result<Component, LoadError>,
    role: Role,
    check: &'static list::Check,
    sheet: &mut Sheet<'_>,
) -> Option<Component> {
    match component {
        Err(error) => {
            sheet.fail(check, error.to_string());
            None
        }
        Ok(component) => match check_role(component.contract(), role) {
            Err(error) => {
                sheet.fail(check, error.to_string());
                None
            }
            Ok(()) => {
                sheet.pass_with(check, format!("contract {}", component.contract().version));
                Some(component.clone())
            }
        },
    }
}

fn wants(entry: &ProvisionerEntry, component: &Component, sheet: &mut Sheet<'_>) {
    let imports = &component.contract().imports;
    let is_wanted = |import| entry.wants.iter().any(|want| want.capability == import);
    let undeclared: Vec<String> = imports
        .iter()
        .filter(|import| !import.is_always_granted() && !is_wanted(**import))
        .map(|import| format!("the component imports `{import}`, which the manifest does not ask for"))
        .collect();
    if !undeclared.is_empty() {
        sheet.judge(&list::WANTS, undeclared);
        return;
    }
    let idle = entry.wants.iter().map(|want| want.capability);
    let idle = idle.filter(|want| !want.is_always_granted() && !imports.contains(want));
    let words =
        idle.map(|want| format!("the manifest asks for `{want}`, which the component does not import"));
    sheet.judge(&list::WANTS, words.collect());
}

/// The schema of each class, asked twice.
async fn schemas(subject: &Subject, stable: bool, sheet: &mut Sheet<'_>) -> Vec<(Class, Json)> {
    let classes =
        if subject.offer.classes.is_empty() { vec![Class::default()] } else { subject.offer.classes.clone() };
    let (mut known, mut unstable, mut wrong) = (BTreeMap::new(), Vec::new(), Vec::new());
    if !stable {
        unstable.push("`metadata` answers otherwise the second time".to_owned());
    }
    for class in &classes {
        for season in 0..2 {
            let cloud = Arc::new(Cloud::new(json!({})));
            (0..season).for_each(|_| cloud.later());
            let kind = &subject.entry.kind;
            let call = async |guest: innominatus_sandbox::Provisioner| guest.config_schema(kind, class).await;
            match subject.look(Export::ConfigSchema, &Grant::default(), &cloud, call).await.answer {
                Err(error) => wrong.push(format!("`config-schema` for class `{class}` breaks: {error}")),
                Ok(schema) => match known.get(class) {
                    None => {
                        if let Err(error) = Schema::new(&schema) {
                            wrong.push(format!("the schema of class `{class}` {error}"));
                        }
                        known.insert(class.clone(), schema);
                    }
                    Some(first) if *first != schema => {
                        unstable.push(format!(
                            "`config-schema` for class `{class}` answers otherwise the second time"
                        ));
                    }
                    Some(_) => {}
                },
            }
        }
    }
    sheet.judge(&list::METADATA, unstable);
    if !wrong.is_empty() {
        sheet.judge(&list::SCHEMA, wrong);
    }
    classes.into_iter().filter_map(|class| known.remove(&class).map(|schema| (class, schema))).collect()
}

fn schema_file(
    package: &Package,
    entry: &ProvisionerEntry,
    schemas: &[(Class, Json)],
    sheet: &mut Sheet<'_>,
) {
    let Some(path) = &entry.schema else {
        sheet.skip(&list::SCHEMA_FILE, "the manifest names no `schema:`");
        return;
    };
    let Some(blob) = package.file(FileRole::Schema, path) else {
        sheet.fail(&list::SCHEMA_FILE, format!("`{path}` is not in the package"));
        return;
    };
    let Ok(written) = serde_json::from_slice::<Json>(&blob.bytes) else {
        sheet.fail(&list::SCHEMA_FILE, format!("`{path}` is not JSON"));
        return;
    };
    let answered = schemas.first().map(|(_, schema)| schema);
    if answered == Some(&written) {
        sheet.pass(&list::SCHEMA_FILE);
        return;
    }
    sheet.fail(&list::SCHEMA_FILE, format!("`{path}` is not what the component answers"));
    let pretty = |value: &Json| serde_json::to_string_pretty(value).unwrap_or_default();
    let (old, new) = (pretty(&written), answered.map(pretty).unwrap_or_default());
    sheet.detail(super::outputs::diff(&old, &new));
}
