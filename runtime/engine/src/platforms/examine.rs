//! What a folder holds: read, checked against the core and the contract, asked what it makes and what it wants.

use std::collections::BTreeMap;

use innominatus_effect::Export;
use innominatus_ledger::{InstalledGoldenPath, InstalledPlatform, InstalledProvisioner};
use innominatus_model::{
    Capability, Class, Code, Diagnostic, Digest, EventKind, Grant, Info, Json, Kind, Name, Offer, Scope,
    Subject, Version, Want,
};
use innominatus_package::{
    EntryGrants, Grants, Package, PathSource, ProvisionerEntry, asked, asks, render_grants, sample_of,
};
use innominatus_plan::params::Schema;
use innominatus_sandbox::{CallError, Component, Role, asking, check_role};

use super::Choice;
use super::contracts::{blob, contracts};
use super::source::{Terms, Wanted};
use super::written;
use crate::clock::now_ms;
use crate::refusals::Refused;
use crate::settings::Settings;
use crate::{Engine, InstallError};

/// One capability that an entry asks for and that needs an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// `<platform>/<entry>`.
    pub entry: String,
    /// What it makes.
    pub kind: Kind,
    /// What it asks for, and why.
    pub want: Want,
    /// What that comes to, in words that complete "it wants to …".
    pub lines: Vec<String>,
}

/// What would be installed, and what that asks for.
#[derive(Debug, Clone)]
pub struct Examination {
    /// The platform as it would be installed with nothing granted.
    pub platform: InstalledPlatform,
    /// What needs an answer, in the order of the manifest.
    pub asks: Vec<Ask>,
    /// The choices that grant each of them as asked for.
    pub choices: Vec<Choice>,
    /// A grants file that grants all of it, to begin with; names of secrets in it are examples.
    pub sample: String,
    /// Whether it cannot be answered by choices alone: credentials and references name secrets of the operator.
    pub names_secrets: bool,
    /// Whether these very bytes are installed.
    pub installed: bool,
    /// Warnings about the manifest.
    pub warnings: Vec<Diagnostic>,
}

/// What came of looking at a package.
pub(super) struct Examined {
    pub(super) platform: InstalledPlatform,
    pub(super) entries: Vec<Asking>,
    pub(super) settings: Settings,
}

/// What one provisioner asks for, and what its component imports.
pub(super) struct Asking {
    pub(super) name: Name,
    pub(super) label: String,
    pub(super) kind: Kind,
    pub(super) wants: Vec<Want>,
    pub(super) imports: Vec<Capability>,
}

impl Asking {
    pub(super) fn asked(&self) -> impl Iterator<Item = &Want> {
        asked(&self.wants, &self.imports)
    }
}

impl Examined {
    pub(super) fn asks(&self) -> Vec<Ask> {
        let setting = |name: &str| self.settings.destination(name);
        let ask = |entry: &Asking, want: &Want| Ask {
            entry: entry.label.clone(),
            kind: entry.kind.clone(),
            want: want.clone(),
            lines: asks(want, Some(&setting)),
        };
        self.entries.iter().flat_map(|entry| entry.asked().map(move |want| ask(entry, want))).collect()
    }

    pub(super) fn choices(&self) -> Vec<Choice> {
        let choice = |entry: &Asking, want: &Want| Choice::One {
            platform: self.platform.name.clone(),
            entry: entry.name.clone(),
            capability: want.capability,
        };
        self.entries.iter().flat_map(|entry| entry.asked().map(move |want| choice(entry, want))).collect()
    }

    pub(super) fn sample(&self) -> String {
        let setting = |name: &str| self.settings.destination(name);
        let mut grants = Grants::default();
        for entry in &self.entries {
            let granted = sample_of(entry.asked(), &setting);
            if granted != EntryGrants::default() {
                grants.entries.insert(entry.label.clone(), granted);
            }
        }
        render_grants(&grants)
    }

    pub(super) fn names_secrets(&self) -> bool {
        let names = |want: &Want| !want.credentials.is_empty() || !want.references.is_empty();
        self.entries.iter().any(|entry| entry.asked().any(names))
    }
}

impl Engine {
    /// Looks at a platform without installing it.
    pub async fn examine(
        &self,
        tenant: &Name,
        wanted: &Wanted,
        terms: &Terms,
    ) -> Result<Examination, InstallError> {
        let acquired = self.acquired(tenant, wanted, terms).await?;
        let package = &acquired.package;
        let manifest = &package.manifest;
        let known = self.ledger().platform(tenant, &manifest.name, &manifest.version).await?;
        let installed = known.is_some_and(|known| acquired.is(&known.value.digest));
        let called = (manifest.name.clone(), manifest.version.clone());
        let examined = self.examined(tenant, package).await;
        let mut examined = self.told_if_refused(tenant, Some(called), examined).await?;
        examined.platform.digest = acquired.digest();
        Ok(Examination {
            asks: examined.asks(),
            choices: examined.choices(),
            sample: examined.sample(),
            names_secrets: examined.names_secrets(),
            installed,
            warnings: acquired.package.warnings,
            platform: examined.platform,
        })
    }

    /// What came of it; and where that is a refusal, an event tells of it.
    pub(super) async fn told_if_refused<T>(
        &self,
        tenant: &Name,
        called: Option<(Name, Version)>,
        came: Result<T, InstallError>,
    ) -> Result<T, InstallError> {
        if let Err(error) = &came {
            let (scope, kind) =
                (Scope { tenant: tenant.clone(), ..Scope::default() }, EventKind::PlatformRefused);
            let what = match &called {
                Some((name, version)) => format!("platform {name}@{version}"),
                None => "a platform".to_owned(),
            };
            let subject = Subject { platform: called.map(|(name, _)| name), ..Subject::default() };
            self.tell_of_refusal(Refused { scope: &scope, kind, subject, what }, error).await;
        }
        came
    }

    pub(super) async fn examined(&self, tenant: &Name, package: &Package) -> Result<Examined, InstallError> {
        let manifest = &package.manifest;
        let settings = Settings::read(&self.0.config, &manifest.name).await?;
        contracts(package).await?;
        let mut components: BTreeMap<Digest, Component> = BTreeMap::new();
        let mut provisioners = Vec::new();
        let mut entries = Vec::new();
        for entry in &manifest.provisioners {
            let (digest, component) = self
                .loaded(package, &mut components, &entry.name, &entry.component, Role::Provisioner)
                .await?;
            provisioners.push(provisioner(package, entry, digest, &component).await?);
            entries.push(Asking {
                name: entry.name.clone(),
                label: format!("{}/{}", manifest.name, entry.name),
                kind: entry.kind.clone(),
                wants: entry.wants.clone(),
                imports: component.contract().imports.clone(),
            });
        }
        let mut golden_paths = Vec::new();
        for entry in &manifest.golden_paths {
            let path = match &entry.source {
                PathSource::Component(path) => path,
                PathSource::File(path) => {
                    golden_paths.push(written::golden_path(package, entry, path)?);
                    continue;
                }
            };
            let (component, live) =
                self.loaded(package, &mut components, &entry.name, path, Role::GoldenPath).await?;
            let port = asking(entry.name.as_str(), Export::ParameterSchema);
            let answer = live.golden_path(port).parameter_schema().await;
            let schema = answer.map_err(call_error(&entry.name, Export::ParameterSchema))?.value;
            usable(&entry.name, &schema)?;
            golden_paths.push(InstalledGoldenPath {
                name: entry.name.clone(),
                version: entry.version.clone(),
                component,
                contract: live.contract().version.clone(),
                schema,
                written: false,
            });
        }
        let platform = InstalledPlatform {
            tenant: tenant.clone(),
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            digest: package.digest,
            description: manifest.description.clone(),
            upstream: manifest.upstream.as_ref().map(ToString::to_string),
            min_core: manifest.compatibility.min().clone(),
            max_core: manifest.compatibility.max().cloned(),
            provisioners,
            golden_paths,
            installed_ms: now_ms(),
            origin: None,
        };
        Ok(Examined { platform, entries, settings })
    }

    async fn loaded(
        &self,
        package: &Package,
        components: &mut BTreeMap<Digest, Component>,
        entry: &Name,
        path: &str,
        role: Role,
    ) -> Result<(Digest, Component), InstallError> {
        let blob = blob(package, entry, path)?;
        let refused = |source| InstallError::Component { entry: entry.to_string(), source: Box::new(source) };
        let component = match components.get(&blob.digest) {
            Some(known) => known.clone(),
            None => {
                let loaded =
                    self.0.components.sandbox().load(&blob.digest, &blob.bytes).await.map_err(refused)?;
                components.insert(blob.digest, loaded.clone());
                loaded
            }
        };
        check_role(component.contract(), role).map_err(|error| refused(error.into()))?;
        Ok((blob.digest, component))
    }
}

/// The entry with nothing granted.
async fn provisioner(
    package: &Package,
    entry: &ProvisionerEntry,
    digest: Digest,
    component: &Component,
) -> Result<InstalledProvisioner, InstallError> {
    let info = component
        .provisioner(asking(entry.name.as_str(), Export::Metadata))
        .metadata()
        .await
        .map_err(call_error(&entry.name, Export::Metadata))?
        .value;
    let offer = offer_of(&entry.name, &entry.kind, info)?;
    imports_are_asked_for(entry, component)?;
    let mut schemas = Vec::new();
    let classes: Vec<Option<Class>> =
        if offer.classes.is_empty() { vec![None] } else { offer.classes.iter().cloned().map(Some).collect() };
    for class in classes {
        let asked = class.clone().unwrap_or_default();
        let schema = component
            .provisioner(asking(entry.name.as_str(), Export::ConfigSchema))
            .config_schema(&entry.kind, &asked)
            .await
            .map_err(call_error(&entry.name, Export::ConfigSchema))?
            .value;
        usable(&entry.name, &schema)?;
        schemas.push((class, schema));
    }
    let bound = package.manifest.resources.get(&entry.kind).filter(|bound| bound.provisioner == entry.name);
    let definition = bound.and_then(|_| package.definitions.get(&entry.kind));
    let defaults = written::defaults(&entry.name, definition, &schemas)?;
    Ok(InstalledProvisioner::new(
        entry.name.clone(),
        entry.kind.clone(),
        entry.version.clone(),
        digest,
        component.contract().version.clone(),
        offer,
        schemas,
        &entry.wants,
        &Grant::default(),
        bound.is_some(),
    )
    .with_defaults(defaults))
}

fn call_error(entry: &Name, export: Export) -> impl FnOnce(CallError) -> InstallError {
    let entry = entry.to_string();
    move |source| InstallError::Call { entry, export: export.as_str(), source: Box::new(source) }
}

fn usable(entry: &Name, schema: &Json) -> Result<(), InstallError> {
    Schema::new(schema).map(|_| ()).map_err(|error| InstallError::Mismatch {
        entry: entry.to_string(),
        code: Code::SchemaInvalid,
        message: format!("its schema {error}"),
        hint: "let the component answer a self-contained JSON Schema (draft 2020-12)".into(),
    })
}

fn offer_of(entry: &Name, kind: &Kind, info: Info) -> Result<Offer, InstallError> {
    let offered: Vec<String> = info.offers.iter().map(|offer| format!("`{}`", offer.kind)).collect();
    info.offers.into_iter().find(|offer| offer.kind == *kind).ok_or_else(|| InstallError::Mismatch {
        entry: entry.to_string(),
        code: Code::ManifestReference,
        message: format!(
            "the manifest says it makes `{kind}`, but the component makes {}",
            if offered.is_empty() { "nothing".to_owned() } else { offered.join(", ") }
        ),
        hint: "correct `type` in platform.yaml, or the component's metadata".into(),
    })
}

/// What a component can call has to be asked for: nobody could answer otherwise.
fn imports_are_asked_for(entry: &ProvisionerEntry, component: &Component) -> Result<(), InstallError> {
    let wanted = |capability: Capability| entry.wants.iter().any(|want| want.capability == capability);
    for &import in &component.contract().imports {
        if !import.is_always_granted() && !wanted(import) {
            return Err(InstallError::Mismatch {
                entry: entry.name.to_string(),
                code: Code::CapabilityDenied,
                message: format!("the component imports `{import}`, which the manifest does not ask for"),
                hint: format!(
                    "add `- name: {import}` with a reason under `capabilities:` of `{}`",
                    entry.name
                ),
            });
        }
    }
    Ok(())
}
