//! What can be said of a written golden path before anybody asks for it, beyond what reading it says: whether its
//! schema and its templates can be used.

use innominatus_model::{Code, Diagnostic, Json, Severity, WrittenFile, WrittenPath, WrittenWork};

use super::context::Context;
use super::template::{environment, words};
use super::{filters, guard, quote};
use crate::params::Schema;

/// Every finding; each is an error. `file` is how the person named the file.
pub fn check(path: &WrittenPath, file: &str) -> Vec<Diagnostic> {
    let finding = |line: u32, code: Code, message: String, hint: &str| Diagnostic {
        file: file.to_owned(),
        line,
        column: u32::from(line > 0),
        severity: Severity::Error,
        code,
        message,
        hint: Some(hint.to_owned()),
    };
    let mut found = Vec::new();
    if let Err(error) = Schema::new(&path.schema) {
        let hint = "write a self-contained JSON Schema (draft 2020-12)";
        let message = format!("the schema under `parameters` {error}");
        found.push(finding(path.schema_line, Code::SchemaInvalid, message, hint));
    }
    for step in &path.steps {
        let WrittenWork::Render(files) = &step.work else { continue };
        for file in files {
            if let Err((line, what)) = template(file, &path.schema) {
                let at = u32::try_from(line.saturating_sub(1)).unwrap_or(u32::MAX);
                let line = if file.line == 0 { 0 } else { file.line.saturating_add(at) };
                let message =
                    format!("the template of `{}` cannot be used: {what}", file.path.escape_debug());
                let hint = "`docs/reference/golden-path-files.md` lists what templates can say";
                found.push(finding(line, Code::ManifestInvalid, message, hint));
            }
        }
    }
    found.sort_by_key(|finding| finding.line);
    found
}

/// The error is a line of the template, from 1, and a fragment.
fn template(file: &WrittenFile, schema: &Json) -> Result<(), (usize, String)> {
    guard::check(&file.template)?;
    let mut env = environment();
    let empty = std::sync::Arc::new(Context::nothing());
    let style = quote::Style::of(&file.media_type, file.sensitive);
    filters::add(&mut env, &empty, &filters::Budget::new(0), style);
    let template =
        env.template_from_str(&file.template).map_err(|error| (error.line().unwrap_or(1), words(&error)))?;
    let mut names: Vec<String> = template.undeclared_variables(true).into_iter().collect();
    names.sort();
    for name in names {
        let (root, below) = name.split_once('.').unwrap_or((&name, ""));
        let line = || file.template.lines().position(|line| line.contains(&name)).map_or(1, |at| at + 1);
        if !Context::NAMES.contains(&root) {
            let known = Context::NAMES[..6].join(", ");
            return Err((line(), format!("there is no `{}`; there are {known}", root.escape_debug())));
        }
        let parameter = below.split('.').next().unwrap_or_default();
        let closed = schema.get("additionalProperties") == Some(&Json::Bool(false));
        let has = schema.get("properties").is_some_and(|properties| properties.get(parameter).is_some());
        if root == "parameters" && !parameter.is_empty() && closed && !has {
            return Err((line(), format!("there is no parameter `{}`", parameter.escape_debug())));
        }
    }
    Ok(())
}
