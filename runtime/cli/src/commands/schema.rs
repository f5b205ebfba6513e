//! `schema`: the JSON Schema of a kind of file, for editors. Needs no server.

use innominatus_api::wire::{SchemaList, SchemaSummary};
use innominatus_model::Code;
use innominatus_package::{FileSchema, SCHEMAS};
use serde_json::Value;

use crate::args::Format;
use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::ui::View;
use crate::ui::table::{cell, render};

/// Print the JSON Schema of a kind of file, or list the kinds
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A kind of file: `Platform`, or the name of such a file
    #[arg(value_name = "KIND")]
    kind: Option<String>,
}

/// Prints a schema as it is, so that it can be sent to a file; without a kind, a table.
pub(crate) fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    let ui = &session.ui;
    match args.kind.as_deref() {
        None => {
            let list = SchemaList { items: SCHEMAS.iter().map(summary).collect() };
            let names = || list.items.iter().map(|item| item.kind.clone()).collect();
            ui.answer("SchemaList", &list, |view| table(view, &list), names)?;
        }
        Some(word) => {
            let schema = find(word)?;
            match ui.format() {
                // A schema is a document of its own: nothing is put around it.
                Format::Table | Format::Json => ui.data(schema.text),
                Format::Yaml => ui.data(&yaml(schema)?),
                Format::Name => ui.data(&format!("{}\n", schema.kind)),
            }
        }
    }
    Ok(Exit::OK)
}

/// By its kind, or by the name of the file that a person has before them.
fn find(word: &str) -> Result<FileSchema, Failure> {
    let file = word.rsplit('/').next().unwrap_or_default();
    let fits = |schema: &&FileSchema| schema.kind.eq_ignore_ascii_case(word) || schema.file == file;
    if let Some(schema) = SCHEMAS.iter().find(fits) {
        return Ok(*schema);
    }
    let lower = word.to_lowercase();
    let likeness =
        |schema: &FileSchema| strsim::normalized_damerau_levenshtein(&schema.kind.to_lowercase(), &lower);
    let nearest = SCHEMAS.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let failure = Failure::new(Code::NotFound, format!("there is no schema of `{}`", word.escape_debug()));
    Err(match nearest {
        Some(schema) if likeness(schema) > 0.6 => failure.hint(format!("did you mean `{}`?", schema.kind)),
        _ => failure.hint("see all of them with `innominatus schema`"),
    })
}

fn summary(schema: &FileSchema) -> SchemaSummary {
    let FileSchema { kind, file, summary, .. } = schema;
    SchemaSummary { kind: (*kind).into(), file: (*file).into(), summary: (*summary).into() }
}

fn yaml(schema: FileSchema) -> Result<String, Failure> {
    let broken = |error: &dyn std::fmt::Display| {
        Failure::new(Code::Internal, format!("the schema of `{}` cannot be written: {error}", schema.kind))
    };
    let value: Value = serde_json::from_str(schema.text).map_err(|error| broken(&error))?;
    serde_saphyr::to_string(&value).map_err(|error| broken(&error))
}

fn table(view: &View, list: &SchemaList) -> String {
    let rows = list.items.iter().map(|item| vec![cell(&item.kind), cell(&item.file), cell(&item.summary)]);
    render(view, &["KIND", "FILE", "WHAT IT SAYS"], rows.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_found_by_its_kind_or_its_file() {
        for word in ["Platform", "platform", "platform.yaml", "./aws/platform.yaml"] {
            assert_eq!(find(word).unwrap().kind, "Platform", "{word}");
        }
        for schema in SCHEMAS {
            assert_eq!(find(schema.kind).unwrap(), schema);
            assert!(yaml(schema).unwrap().contains("title:"));
        }
    }

    #[test]
    fn a_misspelt_kind_finds_its_neighbour() {
        let failure = find("Platfrom").unwrap_err();
        assert!(failure.is(Code::NotFound));
        assert_eq!(failure.problem().hint.as_deref(), Some("did you mean `Platform`?"));
        assert!(find("\u{1b}").unwrap_err().problem().detail.is_ascii());
    }
}
