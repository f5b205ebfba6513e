//! Reading `registries.yaml`: strictly, with every mistake and its place.

use std::collections::BTreeMap;

use innominatus_model::Diagnostic;

use super::{Registries, hosts, indexes};
use crate::ConfigErrors;
use crate::config;
use crate::findings::{Document, Fields, Findings};

/// Reads `registries.yaml`. `file` is how the person named it; it stands in every diagnostic. On success the
/// diagnostics are warnings; on failure they are everything that is wrong.
pub fn read_registries(file: &str, text: &[u8]) -> Result<(Registries, Vec<Diagnostic>), ConfigErrors> {
    config::read(file, text, Document::Registries, read)
}

fn read(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<Registries> {
    let hosts = match fields.optional("hosts") {
        Some(node) => hosts::hosts(node, findings),
        None => Some(BTreeMap::new()),
    };
    let mappings = match fields.optional("mappings") {
        Some(node) => hosts::mappings(node, findings),
        None => Some(BTreeMap::new()),
    };
    let indexes = match fields.optional("indexes") {
        Some(node) => indexes::indexes(node, findings),
        None => Some(Vec::new()),
    };
    let namespaces = match fields.optional("namespaces") {
        Some(node) => indexes::namespaces(node, indexes.as_deref(), findings),
        None => Some(Vec::new()),
    };
    Some(Registries { hosts: hosts?, mappings: mappings?, indexes: indexes?, namespaces: namespaces? })
}
