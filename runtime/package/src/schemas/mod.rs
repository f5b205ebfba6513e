//! JSON Schemas of the files that people write, for editors: they complete, explain and underline.
//!
//! The readers of this room decide what is accepted; the schemas say it as far as a schema can. Tests hold the two
//! together, field by field.

/// A kind of file that people write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileSchema {
    /// How the kind is called: `Platform`.
    pub kind: &'static str,
    /// What such a file is usually called.
    pub file: &'static str,
    /// What it is for, in one line.
    pub summary: &'static str,
    /// The schema: JSON, draft 2020-12.
    pub text: &'static str,
}

/// Every kind, in the order in which a person meets them.
pub const SCHEMAS: [FileSchema; 7] = [
    FileSchema {
        kind: "Platform",
        file: "platform.yaml",
        summary: "what a platform is, makes and asks for",
        text: include_str!("platform.schema.json"),
    },
    FileSchema {
        kind: "GoldenPath",
        file: "goldenpaths/*.yaml",
        summary: "a golden path as a file: steps and templates",
        text: include_str!("golden-path.schema.json"),
    },
    FileSchema {
        kind: "ResourceDefinition",
        file: "resources/*.yaml",
        summary: "which provisioner makes a type, with which defaults",
        text: include_str!("resource-definition.schema.json"),
    },
    FileSchema {
        kind: "Platforms",
        file: "platforms.yaml",
        summary: "the platforms that an installation is to have",
        text: include_str!("platforms.schema.json"),
    },
    FileSchema {
        kind: "Grants",
        file: "grants.yaml",
        summary: "what the components of platforms may do",
        text: include_str!("grants.schema.json"),
    },
    FileSchema {
        kind: "Policy",
        file: "policy.yaml",
        summary: "whose signatures are trusted",
        text: include_str!("policy.schema.json"),
    },
    FileSchema {
        kind: "Registries",
        file: "registries.yaml",
        summary: "how registries are spoken to, and where platforms are looked for",
        text: include_str!("registries.schema.json"),
    },
];

/// The JSON Schema of a kind of file, by its word: `Platform`. Upper and lower case are the same.
pub fn schema(kind: &str) -> Option<&'static str> {
    SCHEMAS.iter().find(|schema| schema.kind.eq_ignore_ascii_case(kind)).map(|schema| schema.text)
}
