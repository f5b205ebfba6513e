//! Values take the place of placeholders, in one pass. Placeholders of Score and escapes stay as they are, because
//! Score reads the params once more; what comes from a person is escaped for it.

use innominatus_model::placeholder::{Part, Source, parts};
use innominatus_model::{Json, Need, PathRequest, json_bytes};

use super::WrittenError;

/// Bytes that may be filled into the params of one step, or into one path.
const ROOM: usize = 1 << 20;

/// Where values come from.
pub(super) struct Filling<'a> {
    request: &'a PathRequest,
    /// The need, and its params.
    need: Option<(&'a Need, &'a Json)>,
    /// Where this is, for messages: a fragment.
    place: String,
    room: usize,
}

impl<'a> Filling<'a> {
    pub(super) fn new(request: &'a PathRequest, need: Option<(&'a Need, &'a Json)>, place: String) -> Self {
        Self { request, need, place, room: ROOM }
    }

    /// Every string in the value; keys stay as they are. A string that is one placeholder becomes its value.
    pub(super) fn json(&mut self, value: &Json) -> Result<Json, WrittenError> {
        Ok(match value {
            Json::String(text) => self.string(text)?,
            Json::Array(items) => {
                Json::Array(items.iter().map(|item| self.json(item)).collect::<Result<_, _>>()?)
            }
            Json::Object(entries) => {
                let filled = entries.iter().map(|(key, item)| Ok((key.clone(), self.json(item)?)));
                Json::Object(filled.collect::<Result<_, WrittenError>>()?)
            }
            other => other.clone(),
        })
    }

    fn string(&mut self, text: &str) -> Result<Json, WrittenError> {
        let parts = self.parts(text)?;
        if let [Part::Value(source)] = parts.as_slice() {
            return self.for_score(source);
        }
        let mut filled = String::with_capacity(text.len());
        for part in parts {
            match part {
                Part::Text(text) | Part::Escape(text) | Part::Score(text) => filled.push_str(text),
                Part::Value(source) => match self.for_score(&source)? {
                    Json::String(value) => filled.push_str(&value),
                    value => filled.push_str(&value.to_string()),
                },
            }
        }
        Ok(Json::String(filled))
    }

    /// A text that nobody reads again.
    pub(super) fn text(&mut self, text: &str) -> Result<String, WrittenError> {
        let mut filled = String::with_capacity(text.len());
        for part in self.parts(text)? {
            match part {
                Part::Text(text) | Part::Score(text) => filled.push_str(text),
                Part::Escape(text) => filled.push_str(&text[1..]),
                Part::Value(source) => match self.value(&source)? {
                    Json::String(value) => filled.push_str(&value),
                    value => filled.push_str(&value.to_string()),
                },
            }
        }
        Ok(filled)
    }

    fn parts<'t>(&self, text: &'t str) -> Result<Vec<Part<'t>>, WrittenError> {
        // Found when the file was read; a definition that was not read is not trusted all the same.
        parts(text).map_err(|bad| WrittenError::NoValue {
            placeholder: bad.to_string(),
            place: self.place.clone(),
            remedy: bad.remedy(),
        })
    }

    /// The params of a need are read by Score as they are; everything else is text to it.
    fn for_score(&mut self, source: &Source) -> Result<Json, WrittenError> {
        let value = self.value(source)?;
        Ok(if matches!(source, Source::NeedParam(_)) { value } else { escaped(value) })
    }

    fn value(&mut self, source: &Source) -> Result<Json, WrittenError> {
        let PathRequest { scope, application, parameters, .. } = self.request;
        let found = match source {
            Source::Application => Some(Json::from(application.as_str())),
            Source::Environment => Some(Json::from(scope.environment.as_str())),
            Source::Tenant => Some(Json::from(scope.tenant.as_str())),
            Source::Parameter(path) => at(parameters, path).cloned(),
            Source::NeedName => self.need.map(|(need, _)| Json::from(need.name.as_str())),
            Source::NeedParam(path) => self.need.and_then(|(_, params)| at(params, path)).cloned(),
        };
        let value = found.ok_or_else(|| self.nothing(source))?;
        self.room = self
            .room
            .checked_sub(json_bytes(&value))
            .ok_or_else(|| WrittenError::TooLarge { place: self.place.clone(), limit: ROOM })?;
        Ok(value)
    }

    fn nothing(&self, source: &Source) -> WrittenError {
        let remedy = match (source, self.need) {
            (Source::Parameter(path), _) => {
                let name = path.first().map(String::as_str).unwrap_or_default();
                format!("pass `--param {name}=…`, or let the golden path give it a default")
            }
            (Source::NeedParam(path), Some((need, _))) => format!(
                "write the param `{}` of `{}`, or give it a default in the resource definition",
                path.join("."),
                need.id
            ),
            _ => "report this to the platform's author".to_owned(),
        };
        WrittenError::NoValue { placeholder: source.to_string(), place: self.place.clone(), remedy }
    }
}

fn at<'v>(value: &'v Json, path: &[String]) -> Option<&'v Json> {
    path.iter().try_fold(value, |value, segment| value.get(segment))
}

fn escaped(value: Json) -> Json {
    match value {
        Json::String(text) => Json::String(text.replace('$', "$$")),
        Json::Array(items) => Json::Array(items.into_iter().map(escaped).collect()),
        Json::Object(entries) => {
            Json::Object(entries.into_iter().map(|(key, item)| (key, escaped(item))).collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use innominatus_model::{Class, Kind, Name, Scope};
    use innominatus_score::placeholder::fill;
    use serde_json::json;

    use super::*;

    fn request() -> PathRequest {
        PathRequest {
            scope: Scope::default(),
            application: Name::new("shop").unwrap(),
            workloads: Vec::new(),
            needs: Vec::new(),
            parameters: json!({"size": 3, "tags": {"a": "${resources.x.y}"}, "price": "5$", "big": "x".repeat(600_000)}),
        }
    }

    fn need() -> Need {
        Need {
            id: "postgres.default#web.db".into(),
            name: "web-db".into(),
            kind: Kind::new("postgres").unwrap(),
            class: Class::default(),
            workloads: Vec::new(),
            params: Json::Null,
            depends_on: Vec::new(),
            candidates: Vec::new(),
        }
    }

    fn filled(value: Json) -> Result<Json, WrittenError> {
        let (request, need) = (request(), need());
        let params = json!({"host": "${resources.dns.host}", "n": [1, "$${x}"]});
        Filling::new(&request, Some((&need, &params)), "a test".into()).json(&value)
    }

    #[test]
    fn one_placeholder_keeps_its_type_and_several_make_a_text() {
        let value = json!({
            "n": "${parameters.size}", "t": "${parameters.size}-${need.name}", "o": "${application} ${parameters.tags}",
            "params": "${need.params.n}", "k": ["${tenant}", true, null],
        });
        let expected = json!({
            "n": 3, "t": "3-web-db", "o": r#"shop {"a":"$${resources.x.y}"}"#,
            "params": [1, "$${x}"], "k": ["default", true, null],
        });
        assert_eq!(filled(value).unwrap(), expected);
    }

    #[test]
    fn score_reads_its_own_placeholders_and_no_others() {
        let written = "${need.params.host} ${metadata.name} $${parameters.size} ${parameters.price}{x} $";
        let text = filled(json!(written)).unwrap();
        assert_eq!(text, "${resources.dns.host} ${metadata.name} $${parameters.size} 5$${x} $");
        let shown =
            fill(text.as_str().unwrap(), &mut |reference| Ok::<_, String>(json!(format!("<{reference}>"))));
        assert_eq!(shown.unwrap(), "<${resources.dns.host}> <${metadata.name}> ${parameters.size} 5${x} $");
        assert_eq!(filled(json!("${parameters.tags}")).unwrap(), json!({"a": "$${resources.x.y}"}));
    }

    #[test]
    fn what_has_no_value_or_too_much_of_it_is_an_error() {
        let error = filled(json!("${parameters.sise}")).unwrap_err();
        assert_eq!(error.to_string(), "`${parameters.sise}` in a test has no value");
        assert!(filled(json!("${need.params.port}")).is_err());
        let twice = filled(json!("${parameters.big}${parameters.big}"));
        assert!(matches!(twice, Err(WrittenError::TooLarge { .. })), "{twice:?}");
    }

    #[test]
    fn escapes_of_a_text_are_resolved() {
        let request = request();
        let mut filling = Filling::new(&request, None, "a test".into());
        assert_eq!(filling.text("$${x}/${application}/$$5").unwrap(), "${x}/shop/$5");
        assert!(filling.text("${need.name}").is_err());
    }
}
