//! JSON Schema from a Rust type.

use schemars::JsonSchema;

use crate::Json;

/// The self-contained schema (2020-12, references only to its own `$defs`) of what `T` reads.
pub fn of<T: JsonSchema>() -> Json {
    schemars::generate::SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value()
}
