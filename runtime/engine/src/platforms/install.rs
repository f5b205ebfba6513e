//! A folder becomes an installed platform: read, checked against the core and the contract, asked what it
//! makes, kept.

use std::collections::BTreeMap;
use std::path::Path;

use innominatus_effect::{Authoriser, Export, Interrupt, Live, Outcome, World};
use innominatus_ledger::{InstalledGoldenPath, InstalledPlatform, InstalledProvisioner, LedgerError};
use innominatus_model::{
    CORE_VERSION, Capability, Class, Code, Diagnostic, Digest, EventKind, Grant, Info, Json, Kind, Name,
    Offer, Scope, Subject,
};
use innominatus_package::{Package, ProvisionerEntry, open_folder};
use innominatus_plan::params::Schema;
use innominatus_sandbox::{Call, CallError, Component, Limits, Role, check_role};

use crate::clock::now_ms;
use crate::events::event;
use crate::{Engine, EngineError, InstallError};

/// What came of an installation.
#[derive(Debug, Clone)]
pub struct Installed {
    /// The platform.
    pub platform: InstalledPlatform,
    /// The same bytes were installed already.
    pub unchanged: bool,
    /// Warnings about the manifest.
    pub warnings: Vec<Diagnostic>,
}

/// While a platform is asked what it is, nothing stands behind its calls.
struct Nothing;

#[async_trait::async_trait]
impl World for Nothing {
    async fn perform(&self, call: innominatus_effect::Call) -> Result<Outcome, Interrupt> {
        match call {
            innominatus_effect::Call::Log { .. } | innominatus_effect::Call::Progress { .. } => {
                Ok(Outcome::Done)
            }
            innominatus_effect::Call::ClockNow => Ok(Outcome::Millis(0)),
            innominatus_effect::Call::ClockRemaining => Ok(Outcome::Millis(1000)),
            innominatus_effect::Call::SettingsGet => Ok(Outcome::Json(Json::Object(Default::default()))),
            other => Err(Interrupt::Breach(format!(
                "`{}` has no place while a platform is installed",
                other.name()
            ))),
        }
    }
}

impl Engine {
    /// Installs a platform from a folder. Nothing is changed unless everything about it is right.
    pub async fn install(&self, tenant: &Name, folder: &Path) -> Result<Installed, InstallError> {
        let folder = folder.to_owned();
        let package = tokio::task::spawn_blocking(move || open_folder(&folder))
            .await
            .map_err(|_| EngineError::Stopping)??;
        let manifest = &package.manifest;
        manifest.check_core(&CORE_VERSION)?;
        if let Some(known) = self.ledger().platform(tenant, &manifest.name, &manifest.version).await? {
            if known.value.digest == package.digest {
                let engine = self.clone();
                return self.whole(async move { engine.mend(known.value, package).await }).await;
            }
            return Err(EngineError::refused(
                Code::PlatformExists,
                format!("{}@{} is installed with other contents", manifest.name, manifest.version),
                Some("give the new build another version, or uninstall the old one first".to_owned()),
            )
            .into());
        }
        let platform = self.examine(tenant, &package).await?;
        let engine = self.clone();
        self.whole(async move { engine.keep(platform, package).await }).await
    }

    /// What is installed already: its bytes are there again, should they have been lost.
    async fn mend(&self, platform: InstalledPlatform, package: Package) -> Result<Installed, InstallError> {
        let _held = self.0.platforms.write().await;
        let there = self.ledger().platform(&platform.tenant, &platform.name, &platform.version).await?;
        if there.is_none_or(|there| there.value.digest != package.digest) {
            return Err(LedgerError::Conflict { what: format!("platform {}", platform.name) }.into());
        }
        self.keep_bytes(&package).await?;
        Ok(Installed { platform, unchanged: true, warnings: package.warnings })
    }

    async fn keep_bytes(&self, package: &Package) -> Result<(), EngineError> {
        for blob in package.components.values() {
            let (blobs, bytes) = (self.0.components.blobs().clone(), blob.bytes.clone());
            tokio::task::spawn_blocking(move || blobs.keep(&bytes))
                .await
                .map_err(|_| EngineError::Stopping)??;
        }
        Ok(())
    }

    /// The bytes, and the record that needs them.
    async fn keep(&self, platform: InstalledPlatform, package: Package) -> Result<Installed, InstallError> {
        let _held = self.0.platforms.write().await;
        self.keep_bytes(&package).await?;
        let scope = Scope { tenant: platform.tenant.clone(), ..Scope::default() };
        let subject = Subject { platform: Some(platform.name.clone()), ..Subject::default() };
        let message = format!("platform {}@{} installed", platform.name, platform.version);
        let mut installed = event(&scope, EventKind::PlatformInstalled, subject, message);
        installed.details = serde_json::json!({"version": platform.version.to_string(), "digest": platform.digest.to_string()});
        let mut change = self.ledger().change();
        change.add_platform(&platform);
        change.event(&installed);
        change.commit().await?;
        Ok(Installed { platform, unchanged: false, warnings: package.warnings })
    }

    async fn examine(&self, tenant: &Name, package: &Package) -> Result<InstalledPlatform, InstallError> {
        let manifest = &package.manifest;
        let mut components: BTreeMap<Digest, Component> = BTreeMap::new();
        let mut provisioners = Vec::new();
        for entry in &manifest.provisioners {
            let (digest, component) = self
                .loaded(package, &mut components, &entry.name, &entry.component, Role::Provisioner)
                .await?;
            provisioners.push(self.provisioner(package, entry, digest, &component).await?);
        }
        let mut golden_paths = Vec::new();
        for entry in &manifest.golden_paths {
            let (component, live) = self
                .loaded(package, &mut components, &entry.name, &entry.component, Role::GoldenPath)
                .await?;
            let port = asking(&entry.name, Export::ParameterSchema);
            let answer = live.golden_path(port).parameter_schema().await;
            let schema = answer.map_err(call_error(&entry.name, Export::ParameterSchema))?.value;
            usable(&entry.name, &schema)?;
            golden_paths.push(InstalledGoldenPath {
                name: entry.name.clone(),
                version: entry.version.clone(),
                component,
                contract: live.contract().version.clone(),
                schema,
            });
        }
        Ok(InstalledPlatform {
            tenant: tenant.clone(),
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            digest: package.digest,
            description: manifest.description.clone(),
            min_core: manifest.compatibility.min().clone(),
            max_core: manifest.compatibility.max().cloned(),
            provisioners,
            golden_paths,
            installed_ms: now_ms(),
        })
    }

    async fn loaded(
        &self,
        package: &Package,
        components: &mut BTreeMap<Digest, Component>,
        entry: &Name,
        path: &str,
        role: Role,
    ) -> Result<(Digest, Component), InstallError> {
        let blob = package.components.get(path).ok_or_else(|| InstallError::Mismatch {
            entry: entry.to_string(),
            code: Code::ManifestPath,
            message: format!("the component `{path}` is not in the package"),
            hint: "build the platform again".into(),
        })?;
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

    async fn provisioner(
        &self,
        package: &Package,
        entry: &ProvisionerEntry,
        digest: Digest,
        component: &Component,
    ) -> Result<InstalledProvisioner, InstallError> {
        let info = component
            .provisioner(asking(&entry.name, Export::Metadata))
            .metadata()
            .await
            .map_err(call_error(&entry.name, Export::Metadata))?
            .value;
        let offer = offer_of(&entry.name, &entry.kind, info)?;
        let grant = granted(entry, component)?;
        let mut schemas = Vec::new();
        let classes: Vec<Option<Class>> = if offer.classes.is_empty() {
            vec![None]
        } else {
            offer.classes.iter().cloned().map(Some).collect()
        };
        for class in classes {
            let asked = class.clone().unwrap_or_default();
            let schema = component
                .provisioner(asking(&entry.name, Export::ConfigSchema))
                .config_schema(&entry.kind, &asked)
                .await
                .map_err(call_error(&entry.name, Export::ConfigSchema))?
                .value;
            usable(&entry.name, &schema)?;
            schemas.push((class, schema));
        }
        Ok(InstalledProvisioner::new(
            entry.name.clone(),
            entry.kind.clone(),
            entry.version.clone(),
            digest,
            component.contract().version.clone(),
            offer,
            schemas,
            &entry.wants,
            &grant,
            package.manifest.resources.get(&entry.kind) == Some(&entry.name),
        ))
    }
}

fn asking(entry: &Name, export: Export) -> Call {
    let port =
        Live::new(Authoriser::new(export, entry.as_str(), Grant::default()), std::sync::Arc::new(Nothing));
    Call::new(std::sync::Arc::new(port)).with_limits(Limits::for_export(export))
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

/// Effective is what the component imports, and the manifest asks for, and this runtime links.
fn granted(entry: &ProvisionerEntry, component: &Component) -> Result<Grant, InstallError> {
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
    let imports = &component.contract().imports;
    Ok(Grant::new(
        entry.wants.iter().map(|want| want.capability).filter(|capability| imports.contains(capability)),
    ))
}
