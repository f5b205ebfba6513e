//! Filters and tests of templates. Those that make texts take the bytes from one budget, so that no loop makes more
//! of them than memory holds.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use innominatus_model::Json;
use minijinja::value::{Rest, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State, Value, filters, tests};

use super::context::Context;
use super::quote::{self, Style};

/// Every filter.
pub(super) const FILTERS: &[&str] = &[
    "abs",
    "bool",
    "count",
    "d",
    "default",
    "dictsort",
    "dotenv",
    "fill",
    "first",
    "indent",
    "int",
    "items",
    "join",
    "json",
    "last",
    "length",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "replace",
    "select",
    "selectattr",
    "shell",
    "sort",
    "tojson",
    "trim",
    "unique",
    "upper",
    "yaml",
];

/// Every test.
pub(super) const TESTS: &[&str] = &[
    "boolean",
    "defined",
    "endingwith",
    "eq",
    "equalto",
    "ge",
    "gt",
    "in",
    "iterable",
    "le",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "sequence",
    "startingwith",
    "string",
    "undefined",
];

/// Bytes that filters may make for all files of one step.
pub(super) struct Budget(AtomicUsize);

impl Budget {
    pub(super) fn new(bytes: usize) -> Arc<Self> {
        Arc::new(Self(AtomicUsize::new(bytes)))
    }

    fn take(&self, bytes: usize) -> Result<(), Error> {
        let taken = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes));
        taken.map(|_| ()).map_err(|_| refused("its filters make more text than is allowed"))
    }
}

/// Why a value is not taken: a fragment.
#[derive(Debug)]
pub(super) struct Refused(pub(super) String);

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        Self::new(ErrorKind::InvalidOperation, refused.0)
    }
}

fn refused(what: impl Into<String>) -> Error {
    Refused(what.into()).into()
}

/// Adds everything that may be called.
pub(super) fn add(env: &mut Environment<'_>, values: &Arc<Context>, budget: &Arc<Budget>, style: Style) {
    add_tests(env);
    add_known(env);
    add_texts(env, budget);
    let with = || (values.clone(), budget.clone());

    for name in ["json", "tojson", "yaml"] {
        let (values, budget) = with();
        env.add_filter(name, move |value: Value| {
            let json = json(&value)?;
            let text = json.to_string();
            budget.take(text.len())?;
            if style != Style::Json {
                let type_of = if name == "yaml" { "application/yaml" } else { "application/json" };
                no_secret(&values, &text, &format!("give the file `mediaType: {type_of}`"))?;
            }
            Ok::<_, Error>(if name == "yaml" { quote::yaml(&text) } else { text })
        });
    }
    let (values, budget) = with();
    env.add_filter("dotenv", move |value: Value| {
        let text = scalar(&value)?;
        budget.take(2 * text.len())?;
        if style == Style::Dotenv {
            return Ok::<_, Error>(quote::dotenv_line(&text)?);
        }
        no_secret(&values, &text, "give the file `mediaType: text/x-dotenv` and `sensitive: true`")?;
        Ok(quote::dotenv(&text)?)
    });
    let (values, budget) = with();
    env.add_filter("shell", move |value: Value| {
        let text = scalar(&value)?;
        budget.take(4 * text.len())?;
        no_secret(&values, &text, "put it into a file of type `text/x-dotenv` and read that")?;
        Ok::<_, Error>(quote::shell(&text)?)
    });
    let (values, budget) = with();
    env.add_filter("fill", move |value: Value, workload: Value| {
        let name = match workload.as_str() {
            Some(name) => name.to_owned(),
            None => workload.get_attr("name")?.as_str().map(str::to_owned).unwrap_or_default(),
        };
        let filled = values.filled(&json(&value)?, &name).map_err(refused)?;
        budget.take(innominatus_model::json_bytes(&filled))?;
        Ok::<_, Error>(Value::from_serialize(&filled))
    });
}

/// Filters that make a text of others.
fn add_texts(env: &mut Environment<'_>, budget: &Arc<Budget>) {
    let mine = budget.clone();
    env.add_filter("upper", move |value: Value| {
        let text = scalar(&value)?;
        mine.take(3 * text.len())?;
        Ok::<_, Error>(text.to_uppercase())
    });
    let mine = budget.clone();
    env.add_filter("lower", move |value: Value| {
        let text = scalar(&value)?;
        mine.take(3 * text.len())?;
        Ok::<_, Error>(text.to_lowercase())
    });
    let mine = budget.clone();
    env.add_filter("trim", move |value: Value| {
        let text = scalar(&value)?;
        mine.take(text.len())?;
        Ok::<_, Error>(text.trim().to_owned())
    });
    let mine = budget.clone();
    env.add_filter("replace", move |value: Value, from: String, to: String| {
        let text = scalar(&value)?;
        if from.is_empty() {
            return Err(refused("`replace` was given nothing to look for"));
        }
        let times = text.matches(&from).count();
        mine.take(text.len().saturating_add(times.saturating_mul(to.len())))?;
        Ok(text.replace(&from, &to))
    });
    let mine = budget.clone();
    env.add_filter("join", move |value: Value, between: Option<String>| {
        let between = between.unwrap_or_default();
        let mut out = String::new();
        for (at, item) in value.try_iter()?.enumerate() {
            let text = scalar(&item)?;
            mine.take(text.len() + between.len())?;
            if at > 0 {
                out.push_str(&between);
            }
            out.push_str(&text);
        }
        Ok::<_, Error>(out)
    });
    let mine = budget.clone();
    env.add_filter("indent", move |value: Value, width: usize, first: Option<bool>| {
        let text = scalar(&value)?;
        if width > 256 {
            return Err(refused("`indent` takes at most 256 spaces"));
        }
        let lines = text.split('\n').count();
        mine.take(text.len().saturating_add(lines.saturating_mul(width)))?;
        let space = " ".repeat(width);
        let mut out = String::with_capacity(text.len());
        for (at, line) in text.split('\n').enumerate() {
            if at > 0 {
                out.push('\n');
            }
            if !line.is_empty() && (at > 0 || first.unwrap_or(false)) {
                out.push_str(&space);
            }
            out.push_str(line);
        }
        Ok(out)
    });
}

/// Those of the library that choose among values and make no text.
fn add_known(env: &mut Environment<'_>) {
    env.add_filter("abs", filters::abs);
    env.add_filter("bool", filters::bool);
    env.add_filter("count", filters::length);
    env.add_filter("d", filters::default);
    env.add_filter("default", filters::default);
    env.add_filter("dictsort", filters::dictsort);
    env.add_filter("first", filters::first);
    env.add_filter("int", filters::int);
    env.add_filter("items", filters::items);
    env.add_filter("last", filters::last);
    env.add_filter("length", filters::length);
    env.add_filter("map", map);
    env.add_filter("max", filters::max);
    env.add_filter("min", filters::min);
    env.add_filter("reject", filters::reject);
    env.add_filter("rejectattr", filters::rejectattr);
    env.add_filter("select", filters::select);
    env.add_filter("selectattr", filters::selectattr);
    env.add_filter("sort", filters::sort);
    env.add_filter("unique", filters::unique);
}

/// Of attributes only: a filter for each of many items would be work that nobody counts.
fn map(state: &State<'_, '_>, value: Value, args: Rest<Value>) -> Result<Vec<Value>, Error> {
    if args.iter().any(|argument| !argument.is_kwargs()) {
        return Err(refused("`map` takes an attribute: `map(attribute=\"name\")`"));
    }
    filters::map(state, value, args)
}

fn add_tests(env: &mut Environment<'_>) {
    env.add_test("boolean", tests::is_boolean);
    env.add_test("defined", tests::is_defined);
    env.add_test("endingwith", tests::is_endingwith);
    env.add_test("eq", tests::is_eq);
    env.add_test("equalto", tests::is_eq);
    env.add_test("ge", tests::is_ge);
    env.add_test("gt", tests::is_gt);
    env.add_test("in", tests::is_in);
    env.add_test("iterable", tests::is_iterable);
    env.add_test("le", tests::is_le);
    env.add_test("lt", tests::is_lt);
    env.add_test("mapping", tests::is_mapping);
    env.add_test("ne", tests::is_ne);
    env.add_test("none", tests::is_none);
    env.add_test("number", tests::is_number);
    env.add_test("sequence", tests::is_sequence);
    env.add_test("startingwith", tests::is_startingwith);
    env.add_test("string", tests::is_string);
    env.add_test("undefined", tests::is_undefined);
}

fn is_there(value: &Value) -> Result<(), Error> {
    if value.is_undefined() { Err(ErrorKind::UndefinedError.into()) } else { Ok(()) }
}

fn scalar(value: &Value) -> Result<String, Error> {
    is_there(value)?;
    match value.kind() {
        ValueKind::String | ValueKind::Number | ValueKind::Bool => Ok(value.to_string()),
        other => Err(refused(format!("a text is wanted here, and this is {other}"))),
    }
}

fn json(value: &Value) -> Result<Json, Error> {
    is_there(value)?;
    bounded(value, 0, &mut (1 << 20))?;
    serde_json::to_value(value).map_err(|error| refused(format!("it cannot be written as JSON: {error}")))
}

/// A list may hold another one many times over: counted before it is copied.
fn bounded(value: &Value, depth: usize, left: &mut usize) -> Result<(), Error> {
    let too_much = || refused("it is too large or too deep to be written as JSON");
    let bytes = value.as_str().map_or(0, str::len) / 16;
    *left = left.checked_sub(1 + bytes).filter(|_| depth <= 64).ok_or_else(too_much)?;
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable => {
            value.try_iter()?.try_for_each(|item| bounded(&item, depth + 1, left))
        }
        ValueKind::Map => value.try_iter()?.try_for_each(|key| {
            bounded(&key, depth + 1, left)?;
            bounded(&value.get_item(&key)?, depth + 1, left)
        }),
        _ => Ok(()),
    }
}

/// A secret is put in when everything else is written: by then it is too late to quote it.
fn no_secret(values: &Context, text: &str, remedy: &str) -> Result<(), Error> {
    if values.holds_secret(text) {
        return Err(refused(format!("it quotes a secret, which is put in later; {remedy}")));
    }
    Ok(())
}
