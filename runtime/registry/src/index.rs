//! Image indexes: lists of manifests. Layouts have one at their root; registries answer with one when they are asked
//! what is about a manifest, and keep one under a tag where they cannot.

use innominatus_model::{Json, canonical};
use innominatus_package::{Descriptor, IMAGE_INDEX_TYPE};
use serde_json::json;

/// Reads an index. What is wrong goes on after "it".
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Descriptor>, String> {
    let json: Json = serde_json::from_slice(bytes).map_err(|error| format!("is not JSON: {error}"))?;
    if json["schemaVersion"].as_u64() != Some(2) {
        return Err("is not of `schemaVersion` 2".to_owned());
    }
    match &json["mediaType"] {
        Json::Null => {}
        Json::String(media_type) if media_type == IMAGE_INDEX_TYPE => {}
        _ => return Err(format!("is not `{IMAGE_INDEX_TYPE}`")),
    }
    let manifests = json["manifests"].as_array().ok_or("has no list of manifests")?;
    manifests.iter().map(|entry| Descriptor::read(entry).map_err(|error| error.to_string())).collect()
}

/// Writes an index: the same list is the same bytes.
pub(crate) fn write(manifests: &[Descriptor]) -> Vec<u8> {
    let list: Vec<Json> = manifests.iter().map(Descriptor::to_json).collect();
    let json = json!({ "schemaVersion": 2, "mediaType": IMAGE_INDEX_TYPE, "manifests": list });
    canonical(&json).into_bytes()
}
