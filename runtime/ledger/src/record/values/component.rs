//! Components, and what they offer.

use innominatus_model::{Class, Digest, Json, Kind, Name, Offer, OutputSpec, Verb, Version};
use innominatus_plan::ComponentRef;
use serde::{Deserialize, Serialize};

use crate::record::{Text, TextVec};

#[derive(Serialize, Deserialize)]
pub(crate) struct ComponentRecord {
    #[serde(with = "Text")]
    platform: Name,
    #[serde(with = "Text")]
    version: Version,
    #[serde(with = "Text")]
    entry: Name,
    #[serde(with = "Text")]
    component: Digest,
}

impl From<&ComponentRef> for ComponentRecord {
    fn from(reference: &ComponentRef) -> Self {
        let ComponentRef { platform, version, entry, component } = reference.clone();
        Self { platform, version, entry, component }
    }
}

impl From<ComponentRecord> for ComponentRef {
    fn from(record: ComponentRecord) -> Self {
        let ComponentRecord { platform, version, entry, component } = record;
        Self { platform, version, entry, component }
    }
}

#[derive(Serialize, Deserialize)]
struct OutputSpecRecord {
    name: String,
    schema: Json,
    sensitive: bool,
    required: bool,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct OfferRecord {
    #[serde(rename = "type", with = "Text")]
    kind: Kind,
    #[serde(with = "TextVec")]
    classes: Vec<Class>,
    outputs: Vec<OutputSpecRecord>,
    #[serde(default)]
    open_outputs: bool,
    verbs: Vec<String>,
}

impl From<&Offer> for OfferRecord {
    fn from(offer: &Offer) -> Self {
        Self {
            kind: offer.kind.clone(),
            classes: offer.classes.clone(),
            outputs: offer
                .outputs
                .iter()
                .map(|OutputSpec { name, schema, sensitive, required }| OutputSpecRecord {
                    name: name.clone(),
                    schema: schema.clone(),
                    sensitive: *sensitive,
                    required: *required,
                })
                .collect(),
            open_outputs: offer.open_outputs,
            verbs: offer.verbs.iter().map(|verb| verb.as_str().to_owned()).collect(),
        }
    }
}

impl From<OfferRecord> for Offer {
    fn from(record: OfferRecord) -> Self {
        Self {
            kind: record.kind,
            classes: record.classes,
            outputs: record
                .outputs
                .into_iter()
                .map(|OutputSpecRecord { name, schema, sensitive, required }| OutputSpec {
                    name,
                    schema,
                    sensitive,
                    required,
                })
                .collect(),
            open_outputs: record.open_outputs,
            verbs: record.verbs.iter().map(|verb| Verb::parse(verb)).collect(),
        }
    }
}
