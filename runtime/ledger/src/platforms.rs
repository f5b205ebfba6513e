//! Installed platforms: what they make, by which bytes, and what they may do.

use innominatus_model::{
    Capability, Class, CoreRange, Digest, Grant, Json, Kind, Name, Offer, Version, Want,
};
use innominatus_plan::{Catalogue, ComponentRef, Defaults, Offered, Serves};
use serde::{Deserialize, Serialize};

use crate::key::KeyBuilder;
use crate::record::{GrantRecord, OfferRecord, Text, TextOption, Via, ViaVec, WantRecord};
use crate::{Change, Ledger, LedgerError, Origin, Stored};

/// One installed version of a platform.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InstalledPlatform {
    /// The tenant.
    #[serde(with = "Text")]
    pub tenant: Name,
    /// The name.
    #[serde(with = "Text")]
    pub name: Name,
    /// The version.
    #[serde(with = "Text")]
    pub version: Version,
    /// Of the whole package.
    #[serde(with = "Text")]
    pub digest: Digest,
    /// What it is.
    pub description: Option<String>,
    /// The release of something else that it was made for, in words, where its manifest says what it follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<String>,
    /// Core versions it works with.
    #[serde(with = "Text")]
    pub min_core: Version,
    /// Exclusive end.
    #[serde(with = "TextOption")]
    pub max_core: Option<Version>,
    /// What it makes.
    pub provisioners: Vec<InstalledProvisioner>,
    /// Its golden paths.
    pub golden_paths: Vec<InstalledGoldenPath>,
    /// When, milliseconds since the Unix epoch.
    pub installed_ms: u64,
    /// Where it came from, and its blobs; none where only components were kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

/// One provisioner entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InstalledProvisioner {
    /// The entry's name.
    #[serde(with = "Text")]
    pub name: Name,
    /// Score `type`.
    #[serde(rename = "type", with = "Text")]
    pub kind: Kind,
    /// The entry's version.
    #[serde(with = "Text")]
    pub version: Version,
    /// The component's bytes.
    #[serde(with = "Text")]
    pub component: Digest,
    /// The contract version it was built for.
    #[serde(with = "Text")]
    pub contract: Version,
    /// What it said it makes of this type.
    #[serde(with = "Via::<OfferRecord>")]
    pub offer: Offer,
    /// JSON Schema of the params by class; one without a class when the offer names none.
    schemas: Vec<SchemaRecord>,
    #[serde(with = "ViaVec::<WantRecord>")]
    wants: Vec<Want>,
    /// Capabilities that are granted, in words.
    grants: Vec<String>,
    /// What those words do not say; before they had details, they said it all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    granted: Option<GrantRecord>,
    /// Which entry serves the type when several of the platform could: `resources:` of the manifest.
    pub preferred: bool,
    /// What the platform's resource definition gives. Before there were definitions nothing was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    defaults: Option<DefaultsRecord>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct DefaultsRecord {
    #[serde(with = "TextOption")]
    class: Option<Class>,
    params: Json,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct SchemaRecord {
    #[serde(with = "TextOption")]
    class: Option<Class>,
    schema: Json,
}

/// One golden path entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InstalledGoldenPath {
    /// The entry's name.
    #[serde(with = "Text")]
    pub name: Name,
    /// The entry's version.
    #[serde(with = "Text")]
    pub version: Version,
    /// The bytes of the component, or of the file.
    #[serde(with = "Text")]
    pub component: Digest,
    /// The contract version it was built for; of a file, the version of its form.
    #[serde(with = "Text")]
    pub contract: Version,
    /// JSON Schema of the parameters.
    pub schema: Json,
    /// Whether it is a file. Before golden paths could be written down, all were components.
    #[serde(default, skip_serializing_if = "is_false")]
    pub written: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks like this")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl InstalledProvisioner {
    /// An entry as installed: `schemas` by class, or one without.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a field of the record, named at the one call site"
    )]
    pub fn new(
        name: Name,
        kind: Kind,
        version: Version,
        component: Digest,
        contract: Version,
        offer: Offer,
        schemas: Vec<(Option<Class>, Json)>,
        wants: &[Want],
        grant: &Grant,
        preferred: bool,
    ) -> Self {
        Self {
            name,
            kind,
            version,
            component,
            contract,
            offer,
            schemas: schemas.into_iter().map(|(class, schema)| SchemaRecord { class, schema }).collect(),
            wants: wants.to_vec(),
            grants: grant.capabilities().map(|capability| capability.to_string()).collect(),
            granted: GrantRecord::of(grant),
            preferred,
            defaults: None,
        }
    }

    /// What it may do. What cannot be read is not granted.
    pub fn grant(&self) -> Grant {
        let mut grant = Grant::new(self.grants.iter().filter_map(|word| Capability::parse(word)));
        if let Some(record) = &self.granted
            && let Err(error) = record.clone().add_to(&mut grant)
        {
            tracing::error!(entry = %self.name, %error, "the grants of an entry cannot be read: it has none");
            return Grant::default();
        }
        if grant.allows(Capability::Http) {
            grant.wanted_http = self.wants.iter().flat_map(|want| want.http.clone()).collect();
        }
        grant
    }

    /// Grants it this from now on.
    pub fn set_grant(&mut self, grant: &Grant) {
        self.grants = grant.capabilities().map(|capability| capability.to_string()).collect();
        self.granted = GrantRecord::of(grant);
    }

    /// What a resource definition gives beneath what a file says.
    pub fn defaults(&self) -> Option<Defaults> {
        let DefaultsRecord { class, params } = self.defaults.clone()?;
        Some(Defaults { class, params })
    }

    /// Gives it the defaults of a resource definition.
    pub fn with_defaults(mut self, defaults: Option<Defaults>) -> Self {
        self.defaults = defaults.map(|Defaults { class, params }| DefaultsRecord { class, params });
        self
    }

    /// What it asks for, and why.
    pub fn wants(&self) -> &[Want] {
        &self.wants
    }

    /// The schema of the params of a class; none when the offer does not have it.
    pub fn schema(&self, class: &Class) -> Option<&Json> {
        let of = |wanted: Option<&Class>| self.schemas.iter().find(|record| record.class.as_ref() == wanted);
        of(Some(class)).or_else(|| of(None)).map(|record| &record.schema)
    }

    /// The schema of the params, and the class it is for.
    pub fn schemas(&self) -> impl Iterator<Item = (Option<&Class>, &Json)> {
        self.schemas.iter().map(|record| (record.class.as_ref(), &record.schema))
    }
}

impl InstalledPlatform {
    /// Core versions it works with, in words.
    pub fn compatibility(&self) -> String {
        CoreRange::new(self.min_core.clone(), self.max_core.clone())
            .map_or_else(|error| error.to_string(), |range| range.to_string())
    }

    /// The entry with this name.
    pub fn provisioner(&self, entry: &Name) -> Option<&InstalledProvisioner> {
        self.provisioners.iter().find(|known| known.name == *entry)
    }

    /// The golden path with this name.
    pub fn golden_path(&self, entry: &Name) -> Option<&InstalledGoldenPath> {
        self.golden_paths.iter().find(|known| known.name == *entry)
    }

    /// Digests of everything that is kept for it.
    pub fn blobs(&self) -> impl Iterator<Item = Digest> + '_ {
        let origin = self.origin.iter().flat_map(|origin| &origin.blobs);
        self.components().chain(origin.map(|blob| blob.digest))
    }

    /// Digests of every component, and of every golden path that is a file.
    pub fn components(&self) -> impl Iterator<Item = Digest> + '_ {
        let provisioners = self.provisioners.iter().map(|entry| entry.component);
        provisioners.chain(self.golden_paths.iter().map(|entry| entry.component))
    }

    fn reference(&self, entry: &Name, component: Digest) -> ComponentRef {
        ComponentRef {
            platform: self.name.clone(),
            version: self.version.clone(),
            entry: entry.clone(),
            component,
        }
    }

    /// A golden path, pinned.
    pub fn golden_path_ref(&self, entry: &InstalledGoldenPath) -> ComponentRef {
        self.reference(&entry.name, entry.component)
    }

    /// What it makes, one per entry and class.
    fn offered(&self, serves: Serves) -> Vec<Offered> {
        let mut offered = Vec::new();
        for entry in &self.provisioners {
            let overruled = !entry.preferred
                && self.provisioners.iter().any(|other| other.preferred && other.kind == entry.kind);
            for record in &entry.schemas {
                let mut offer = entry.offer.clone();
                offer.classes = record.class.iter().cloned().collect();
                let provisioner = self.reference(&entry.name, entry.component);
                offered.push(Offered {
                    provisioner,
                    offer: offer.into(),
                    schema: record.schema.clone(),
                    serves,
                    defaults: entry.defaults(),
                    overruled,
                });
            }
        }
        offered
    }
}

fn platform_key(tenant: &Name, name: &Name, version: &Version) -> Vec<u8> {
    KeyBuilder::new("platform").part(tenant.as_str()).part(name.as_str()).part(version.to_string()).build()
}

impl Ledger {
    /// Every installed platform of a tenant, by name and version.
    pub async fn platforms(&self, tenant: &Name) -> Result<Vec<Stored<InstalledPlatform>>, LedgerError> {
        let prefix = KeyBuilder::new("platform").part(tenant.as_str()).build();
        let mut platforms: Vec<Stored<InstalledPlatform>> = self.list(prefix, "a platform").await?;
        platforms.sort_by(|a, b| (&a.value.name, &a.value.version).cmp(&(&b.value.name, &b.value.version)));
        Ok(platforms)
    }

    /// Every installed platform of every tenant.
    pub async fn all_platforms(&self) -> Result<Vec<Stored<InstalledPlatform>>, LedgerError> {
        self.list(KeyBuilder::new("platform").build(), "a platform").await
    }

    /// One version of a platform.
    pub async fn platform(
        &self,
        tenant: &Name,
        name: &Name,
        version: &Version,
    ) -> Result<Option<Stored<InstalledPlatform>>, LedgerError> {
        self.read(&platform_key(tenant, name, version), format!("platform {name}@{version}")).await
    }

    /// What installed provisioners make, and for whom.
    pub fn catalogue<'a>(platforms: impl IntoIterator<Item = (&'a InstalledPlatform, Serves)>) -> Catalogue {
        Catalogue::new(
            platforms.into_iter().flat_map(|(platform, serves)| platform.offered(serves)).collect(),
        )
    }
}

impl Change<'_> {
    /// Adds a platform that is not there yet.
    pub fn add_platform(&mut self, platform: &InstalledPlatform) {
        let key = platform_key(&platform.tenant, &platform.name, &platform.version);
        self.put(key, format!("platform {}", platform.name), platform, None::<&Stored<InstalledPlatform>>);
    }

    /// Writes a platform that is still as it was read.
    pub fn put_platform(&mut self, platform: &InstalledPlatform, before: &Stored<InstalledPlatform>) {
        let key = platform_key(&platform.tenant, &platform.name, &platform.version);
        self.put(key, format!("platform {}", platform.name), platform, Some(before));
    }

    /// Writes nothing if a platform is no longer there as it was read.
    pub fn require_platform(&mut self, before: &Stored<InstalledPlatform>) {
        let platform = &before.value;
        let key = platform_key(&platform.tenant, &platform.name, &platform.version);
        self.require(key, format!("platform {}", platform.name), before);
    }

    /// Removes a platform.
    pub fn delete_platform(&mut self, before: &Stored<InstalledPlatform>) {
        let platform = &before.value;
        let key = platform_key(&platform.tenant, &platform.name, &platform.version);
        self.delete(key, format!("platform {}", platform.name), before);
    }
}
