//! Media types, and which file is of which.

use crate::FileRole;

/// What the whole is.
pub const ARTIFACT_TYPE: &str = "application/vnd.innominatus.platform.v1";
/// What its config is.
pub const CONFIG_TYPE: &str = "application/vnd.innominatus.platform.config.v1+json";
/// An OCI image manifest.
pub const IMAGE_MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
/// An OCI image index.
pub const IMAGE_INDEX_TYPE: &str = "application/vnd.oci.image.index.v1+json";
/// The config of what has none.
pub const EMPTY_TYPE: &str = "application/vnd.oci.empty.v1+json";
/// Its only content.
pub const EMPTY_BYTES: &[u8] = b"{}";

const MANIFEST: &str = "application/vnd.innominatus.platform.manifest.v1+yaml";
const COMPONENT: &str = "application/wasm";
const SCHEMA: &str = "application/schema+json";
const GOLDEN_PATH: &str = "application/vnd.innominatus.goldenpath.v1+yaml";
const DEFINITION: &str = "application/vnd.innominatus.resource.v1+yaml";
const MARKDOWN: &str = "text/markdown";
const TEXT: &str = "text/plain";

/// The media type of a file.
pub(super) fn of(role: FileRole, title: &str) -> &'static str {
    match role {
        FileRole::Manifest => MANIFEST,
        FileRole::Component => COMPONENT,
        FileRole::Schema => SCHEMA,
        FileRole::GoldenPath => GOLDEN_PATH,
        FileRole::Definition => DEFINITION,
        FileRole::Document if title.ends_with(".md") => MARKDOWN,
        FileRole::Document => TEXT,
    }
}

/// What a layer of this media type may be; none for what no platform has.
pub(super) fn role(media_type: &str) -> Option<FileRole> {
    Some(match media_type {
        MANIFEST => FileRole::Manifest,
        COMPONENT => FileRole::Component,
        SCHEMA => FileRole::Schema,
        GOLDEN_PATH => FileRole::GoldenPath,
        DEFINITION => FileRole::Definition,
        MARKDOWN | TEXT => FileRole::Document,
        _ => return None,
    })
}

/// What a file is that this machine could run by itself, judged by its first bytes; none for all else. Precompiled
/// components are ELF files.
pub(super) fn native(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x7f, b'E', b'L', b'F', ..] => Some("a native program or a precompiled component (ELF)"),
        [b'M', b'Z', ..] => Some("a native program (PE)"),
        [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..] | [0xfe, 0xed, 0xfa, 0xcf | 0xce, ..] => {
            Some("a native program (Mach-O)")
        }
        _ => None,
    }
}
