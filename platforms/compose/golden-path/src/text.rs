//! Texts of the Compose file. In it `${NAME}` is a variable and `$$` a `$`; secrets and the developer's
//! own variables are variables, everything else is literal.

use std::collections::BTreeMap;

use innominatus_guest::placeholder::{Segment, Template, Value, Values};
use innominatus_guest::{Artifact, Failure, FailureExt, Json, Made, Need, Output};

/// The variables that the Compose file refers to, and the values of those that go to `.env`.
#[derive(Debug, Default)]
pub(crate) struct Variables {
    /// Those of `.env`.
    values: Vec<Variable>,
    /// Names of the developer's own.
    open: Vec<String>,
}

#[derive(Debug)]
struct Variable {
    name: String,
    /// Text, or the token of a secret.
    value: String,
    /// For a secret: the id of its need, and the path of the output.
    secret_of: Option<(String, String)>,
}

impl Variables {
    /// With values for the developer's own variables.
    pub(crate) fn new(given: &BTreeMap<String, String>) -> Self {
        let variable = |(name, value): (&String, &String)| Variable {
            name: name.clone(),
            value: value.clone(),
            secret_of: None,
        };
        Self { values: given.iter().map(variable).collect(), open: Vec::new() }
    }

    /// A text of a Score file, its placeholders replaced.
    pub(crate) fn expand(&mut self, text: &str, values: Values<'_>) -> Result<String, Failure> {
        let template = Template::parse(text).or_permanent("placeholder")?;
        let mut expanded = String::new();
        for segment in template.segments() {
            match segment {
                Segment::Text(text) => expanded.push_str(&literal(text)),
                Segment::Reference(reference) => {
                    let value = values.look_up(reference).or_permanent("placeholder")?;
                    expanded.push_str(&self.value(&value, reference.parts())?);
                }
            }
        }
        Ok(expanded)
    }

    fn value(&mut self, value: &Value<'_>, path: &[String]) -> Result<String, Failure> {
        match value {
            Value::Output { need, output, value } if output.sensitive => {
                // `resources` and the resource's name are not part of the variable's name.
                Ok(self.secret(need, &path[2..].join("_"), value))
            }
            Value::Open { name, .. } => self.own(name),
            _ => Ok(literal(&value.to_text().unwrap_or_default())),
        }
    }

    /// A text of a fragment: `${outputs.<name>}` is an output of its resource. Tokens that stand in the
    /// text itself become variables too, because nothing but `.env` may hold them.
    pub(crate) fn fill(&mut self, text: &str, need: &Need, made: &Made) -> Result<String, Failure> {
        let template = Template::parse(text).or_permanent("fragment")?;
        let mut filled = String::new();
        for segment in template.segments() {
            match segment {
                Segment::Text(text) => filled.push_str(&self.tokens(text, need, made)),
                Segment::Reference(reference) => {
                    let output = match reference.parts() {
                        [root, name] if root == "outputs" => made.output(name),
                        _ => None,
                    };
                    let output = output.ok_or_else(|| {
                        let message = format!(
                            "a fragment of `{}` refers to `{reference}`, which is not there",
                            need.id
                        );
                        Failure::permanent("fragment", message)
                    })?;
                    filled.push_str(&self.output(need, output));
                }
            }
        }
        Ok(filled)
    }

    fn output(&mut self, need: &Need, output: &Output) -> String {
        if output.sensitive {
            return self.secret(need, &output.name, &output.value);
        }
        literal(&match &output.value {
            Json::String(text) => text.clone(),
            other => other.to_string(),
        })
    }

    fn tokens(&mut self, text: &str, need: &Need, made: &Made) -> String {
        let sensitive = made.outputs.iter().filter(|output| output.sensitive);
        let token = sensitive.filter_map(|output| Some((output, output.value.as_str()?)));
        let found = token.filter(|(_, token)| !token.is_empty() && text.contains(token));
        // The longest first: one token may be the beginning of another.
        let Some((output, token)) = found.max_by_key(|(_, token)| token.len()) else {
            return literal(text);
        };
        let variable = self.secret(need, &output.name, &output.value);
        let parts: Vec<_> = text.split(token).map(|part| self.tokens(part, need, made)).collect();
        parts.join(&variable)
    }

    /// A secret as a variable: named for its resource and output, valued in `.env`.
    fn secret(&mut self, need: &Need, output: &str, value: &Json) -> String {
        let of = (need.id.clone(), output.to_owned());
        if let Some(known) = self.values.iter().find(|known| known.secret_of.as_ref() == Some(&of)) {
            return format!("${{{}}}", known.name);
        }
        let text = match value {
            Json::String(text) => text.clone(),
            other => other.to_string(),
        };
        let base = variable_name(&format!("{}_{output}", need.name));
        let mut name = base.clone();
        for number in 2.. {
            let taken = self.values.iter().any(|known| known.name == name) || self.open.contains(&name);
            if !taken {
                break;
            }
            name = format!("{base}_{number}");
        }
        let reference = format!("${{{name}}}");
        self.values.push(Variable { name, value: text, secret_of: Some(of) });
        reference
    }

    /// A variable of the developer's own.
    fn own(&mut self, name: &str) -> Result<String, Failure> {
        if !is_variable(name) {
            let message = format!("`{name}` is not the name of an environment variable");
            return Err(Failure::permanent("variable-name", message));
        }
        let ours = self.values.iter().filter(|known| known.name == name);
        if let Some((need, _)) = ours.filter_map(|known| known.secret_of.as_ref()).next() {
            let message =
                format!("the variable `{name}` of the environment is also that of a secret of `{need}`");
            return Err(Failure::conflict("variable-clash", message));
        }
        if !self.open.iter().any(|known| known == name) {
            self.open.push(name.to_owned());
        }
        Ok(format!("${{{name}}}"))
    }

    /// Whether any of them is a secret.
    pub(crate) fn hold_secrets(&self) -> bool {
        self.values.iter().any(|variable| variable.secret_of.is_some())
    }

    /// `.env`, the only file with secrets, if there is anything to put in it. The host writes the values so that
    /// Compose reads them back.
    pub(crate) fn artifact(&self) -> Option<Artifact> {
        let lines = self.values.iter().map(|Variable { name, value, .. }| format!("{name}={value}\n"));
        let text: String = lines.collect();
        (!text.is_empty()).then(|| Artifact::text(".env", "text/x-dotenv", text).sensitive())
    }
}

/// A text that means itself.
pub(crate) fn literal(text: &str) -> String {
    text.replace('$', "$$")
}

/// A word of `command` or `args`. Score expands nothing here; people write `$$` for a shell's `$` all the
/// same, as they do elsewhere in the file.
pub(crate) fn argument(text: &str) -> String {
    literal(&text.replace("$$", "$"))
}

pub(crate) fn is_variable(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn variable_name(text: &str) -> String {
    let fold = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let name: String = text.chars().map(fold).collect();
    if name.starts_with(|first: char| first.is_ascii_digit()) { format!("_{name}") } else { name }
}
