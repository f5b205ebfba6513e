//! Carrying out one template: strict about what is not there, and bounded in work and in what it writes.

use std::io::{self, Write};
use std::sync::Arc;

use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value, context};

use super::context::Context;
use super::filters::{self, Budget};
use super::quote::Style;
use super::{WrittenError, guard};
use innominatus_model::WrittenFile;

/// Instructions of one template: far more than files of configuration need, a fraction of a second.
const FUEL: u64 = 2_000_000;
/// How deep expressions and blocks may stand in each other.
const RECURSION: usize = 64;

/// An environment in which only what is listed here can be called.
pub(super) fn environment<'s>() -> Environment<'s> {
    let mut env = Environment::empty();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    env.set_trim_blocks(true);
    env.set_lstrip_blocks(true);
    env.set_keep_trailing_newline(true);
    env.set_fuel(Some(FUEL));
    env.set_recursion_limit(RECURSION);
    env.add_function("range", minijinja::functions::range);
    // A list or nothing at all in a file of configuration is a mistake that nobody would notice.
    env.set_formatter(|out, _, value| match value.kind() {
        minijinja::value::ValueKind::String
        | minijinja::value::ValueKind::Number
        | minijinja::value::ValueKind::Bool => write!(out, "{value}").map_err(Error::from),
        other => Err(Error::new(
            ErrorKind::InvalidOperation,
            format!("{other} cannot be written as it is; use the filter `json`, `yaml` or `default`"),
        )),
    });
    env
}

/// What is written, at most `left` bytes of it.
pub(super) fn render(
    file: &WrittenFile,
    values: &Arc<Context>,
    budget: &Arc<Budget>,
    left: usize,
) -> Result<String, WrittenError> {
    let refused = |line: usize, what: String| error(file, line, what);
    guard::check(&file.template).map_err(|(line, what)| refused(line, what))?;
    let mut env = environment();
    filters::add(&mut env, values, budget, Style::of(&file.media_type, file.sensitive));
    let of = |error: &Error| refused(error.line().unwrap_or(0), words(error));
    let template = env.template_from_str(&file.template).map_err(|error| of(&error))?;
    let mut out = Bounded { bytes: Vec::new(), left, full: false };
    let Context { workloads, resources, parameters, application, environment, tenant, .. } = &**values;
    let told = context! { workloads, resources, parameters, application, environment, tenant };
    let rendered = template.render_captured_to(told, &mut out).map(drop);
    if out.full {
        return Err(WrittenError::TooLarge { place: format!("the file `{}`", file.path), limit: left });
    }
    rendered.map_err(|error| of(&error))?;
    String::from_utf8(out.bytes).map_err(|_| refused(0, "it is not text".into()))
}

pub(super) fn error(file: &WrittenFile, line: usize, what: String) -> WrittenError {
    let source = line.checked_sub(1).and_then(|at| file.template.lines().nth(at)).unwrap_or_default();
    let short: String = source.trim().chars().take(80).collect();
    let offset = u32::try_from(line.saturating_sub(1)).unwrap_or(u32::MAX);
    let line = if file.line == 0 || line == 0 { 0 } else { file.line.saturating_add(offset) };
    let path = file.path.clone();
    WrittenError::Template { path, line, source_line: shown(&short), what }
}

/// What is wrong, as a fragment.
pub(super) fn words(error: &Error) -> String {
    let words = match (error.kind(), error.detail()) {
        (ErrorKind::UndefinedError, None) => "it uses a value that is not there".to_owned(),
        (ErrorKind::OutOfFuel, _) => "it goes on for too long".to_owned(),
        (kind, None) => kind.to_string(),
        (ErrorKind::InvalidOperation, Some(detail)) => detail.to_owned(),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
    };
    shown(&words.chars().take(500).collect::<String>())
}

/// Without what a terminal would act on; quotes stay as they are.
fn shown(text: &str) -> String {
    text.chars()
        .map(|c| if matches!(c, '\'' | '"' | '\\') { c.to_string() } else { c.escape_debug().to_string() })
        .collect()
}

struct Bounded {
    bytes: Vec<u8>,
    left: usize,
    full: bool,
}

impl Write for Bounded {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        let Some(left) = self.left.checked_sub(more.len()) else {
            self.full = true;
            return Err(io::Error::other("it is full"));
        };
        self.left = left;
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A value for a template.
pub(super) fn value(json: &innominatus_model::Json) -> Value {
    Value::from_serialize(json)
}
