//! Walks the sections of a component and keeps its type: the names and types of what it imports and exports.
//! Function bodies are left to the compiler, which runs elsewhere.

use wasmparser::component_types::ComponentEntityType;
use wasmparser::types::{Types, TypesRef};
use wasmparser::{Parser, Payload, ValidPayload, Validator, WasmFeatures};

use super::ContractError;

/// The outer type of one component.
pub(super) struct Scan {
    types: Types,
    imports: Vec<String>,
    exports: Vec<String>,
}

impl Scan {
    /// Validates everything but function bodies, with the features of the engine.
    pub(super) fn of(bytes: &[u8], features: WasmFeatures) -> Result<Self, ContractError> {
        if let Some(found) = other_than_component(bytes) {
            return Err(ContractError::NotAComponent { found });
        }
        Self::walk(bytes, features).map_err(|reason| ContractError::Malformed { reason })
    }

    fn walk(bytes: &[u8], features: WasmFeatures) -> Result<Self, String> {
        let words = |error: wasmparser::BinaryReaderError| error.to_string();
        let mut validator = Validator::new_with_features(features);
        let (mut imports, mut exports) = (Vec::new(), Vec::new());
        let mut depth = 0;
        for payload in Parser::new(0).parse_all(bytes) {
            let payload = payload.map_err(words)?;
            match &payload {
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::ComponentImportSection(section) if depth == 0 => {
                    for import in section.clone() {
                        imports.push(import.map_err(words)?.name.name.to_owned());
                    }
                }
                Payload::ComponentExportSection(section) if depth == 0 => {
                    for export in section.clone() {
                        exports.push(export.map_err(words)?.name.name.to_owned());
                    }
                }
                _ => {}
            }
            if let ValidPayload::End(types) = validator.payload(&payload).map_err(words)? {
                if depth == 0 {
                    return Ok(Self { types, imports, exports });
                }
                depth -= 1;
            }
        }
        Err("it ends before its end".into())
    }

    pub(super) fn imports(&self) -> &[String] {
        &self.imports
    }

    pub(super) fn exports(&self) -> &[String] {
        &self.exports
    }

    pub(super) fn import(&self, name: &str) -> Option<ComponentEntityType> {
        self.types.component_item_for_import(name).map(|item| item.ty)
    }

    pub(super) fn export(&self, name: &str) -> Option<ComponentEntityType> {
        self.types.component_item_for_export(name).map(|item| item.ty)
    }

    pub(super) fn types(&self) -> TypesRef<'_> {
        self.types.as_ref()
    }
}

/// What the bytes are, if their first eight do not begin a component.
fn other_than_component(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"\x7fELF") {
        return Some("an ELF file (a program, or a component that someone compiled already)");
    }
    if bytes.is_empty() {
        return Some("nothing");
    }
    if !bytes.starts_with(b"\0asm") {
        return Some(if std::str::from_utf8(&bytes[..bytes.len().min(64)]).is_ok() {
            "text"
        } else {
            "other bytes"
        });
    }
    match bytes.get(6..8) {
        Some([0, 0]) => Some("a core module"),
        Some(_) => None,
        None => Some("the first bytes of a WebAssembly file"),
    }
}
