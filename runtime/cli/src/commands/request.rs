//! What `validate`, `plan`, `run` and `apply` hand in: Score files and what goes with them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use innominatus_api::wire::{ApplyRequest, DiagnosticView};
use innominatus_model::Code;
use serde_json::{Map, Value};

use crate::args::Environment;
use crate::files;
use crate::problem::Failure;
use crate::server::Server;

/// Score files and how they are meant.
#[derive(Debug, Args)]
pub(crate) struct Wish {
    /// Score files; `-` is standard input
    #[arg(value_name = "SCORE", required = true)]
    pub(crate) files: Vec<PathBuf>,

    /// The platform whose golden path is meant: `name` or `name@version`
    #[arg(long, value_name = "NAME")]
    pub(crate) platform: Option<String>,

    /// The application [default: the first file's `metadata.name`]
    #[arg(long, value_name = "NAME")]
    pub(crate) application: Option<String>,

    #[command(flatten)]
    pub(crate) environment: Environment,

    /// A parameter of the golden path; numbers, true, false, lists and objects as in JSON, null takes it away
    ///
    /// Parameters stay with the application: what is given now is put over what was given before, by name, each
    /// value whole. So saying one thing more loses nothing that was said, and a run without `--param` changes
    /// nothing (as with `helm upgrade --reuse-values`). `--param NAME=null` takes one away, so that its default
    /// holds again; `--reset-params` takes all of them away first. Another golden path begins with none. `plan`
    /// shows the parameters that hold.
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub(crate) params: Vec<String>,

    /// All parameters of the golden path, from a YAML or JSON file; `--param` is put over them
    ///
    /// A file is the whole truth, as with `kubectl apply`: what was given before and does not stand in it is
    /// taken away.
    #[arg(long, value_name = "FILE")]
    pub(crate) params_file: Option<PathBuf>,

    /// Take away all parameters that were given before
    #[arg(long)]
    pub(crate) reset_params: bool,

    /// Image for containers that say `image: .`: for one container, or for all of them
    #[arg(long = "image", value_name = "[[WORKLOAD/]CONTAINER=]IMAGE")]
    pub(crate) images: Vec<String>,
}

/// A request, and what could not be read for it.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) request: ApplyRequest,
    pub(crate) refused: Vec<DiagnosticView>,
}

impl Wish {
    /// Reads the files; what cannot be read of those that Score files name is told apart.
    pub(crate) async fn prepare(
        &self,
        server: &Server<'_>,
        golden_path: Option<String>,
    ) -> Result<Prepared, Failure> {
        // What stands on the command line is judged before any file is read.
        let (images, set_parameters) = (images(&self.images)?, self.set_parameters()?);
        let parameters = self.parameters().await?;
        let gathered = files::gather(server, &self.files).await?;
        let request = ApplyRequest {
            application: self.application.clone(),
            environment: self.environment.environment.clone(),
            golden_path,
            platform: self.platform.clone(),
            parameters,
            set_parameters,
            images,
            files: gathered.files,
        };
        Ok(Prepared { request, refused: gathered.refused })
    }

    /// Reads the files; everything must be readable.
    pub(crate) async fn request(
        &self,
        server: &Server<'_>,
        golden_path: Option<String>,
    ) -> Result<ApplyRequest, Failure> {
        let Prepared { request, refused } = self.prepare(server, golden_path).await?;
        match refused.first() {
            None => Ok(request),
            Some(first) => {
                let failure = Failure::new(Code::FileSource, format!("{}: {}", first.file, first.message));
                Err(failure.diagnostics(refused))
            }
        }
    }

    /// The whole set, where one is given.
    async fn parameters(&self) -> Result<Option<Value>, Failure> {
        match &self.params_file {
            Some(path) => Ok(Some(Value::Object(read_parameters(path).await?))),
            None => Ok(self.reset_params.then(|| Value::Object(Map::new()))),
        }
    }

    /// What is put over the whole set.
    fn set_parameters(&self) -> Result<Option<Value>, Failure> {
        let mut parameters = Map::new();
        for text in &self.params {
            let (key, value) = pair(text)?;
            parameters.insert(key.to_owned(), scalar(value));
        }
        Ok((!parameters.is_empty()).then_some(Value::Object(parameters)))
    }
}

async fn read_parameters(path: &Path) -> Result<Map<String, Value>, Failure> {
    let shown = path.display().to_string();
    let shown = shown.escape_debug();
    let text = files::read_text(path).await?;
    serde_saphyr::from_str(&text).map_err(|error| {
        // The first line says what and where; the rest quotes the file.
        let error = error.to_string();
        let reason = error.lines().next().unwrap_or_default();
        Failure::new(Code::FileUnreadable, format!("`{shown}` holds no YAML object: {reason}"))
            .hint("write one `name: value` a line")
    })
}

fn pair(text: &str) -> Result<(&str, &str), Failure> {
    text.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or_else(|| {
        let shown = text.escape_debug();
        Failure::usage(format!("`--param {shown}` has no name or no `=`"), "write `--param <name>=<value>`")
    })
}

/// JSON where it reads back as it was written, so that `1.10` stays the text that was meant.
fn scalar(text: &str) -> Value {
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Number(number)) if number.to_string() != text => Value::String(text.into()),
        Ok(value) => value,
        Err(_) => Value::String(text.into()),
    }
}

/// By container, by `workload/container`, or `*` for all. A reference may hold `/` and `:` but no `=`.
fn images(texts: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let mut images = BTreeMap::new();
    for text in texts {
        let (key, image) = text.split_once('=').unwrap_or(("*", text));
        let shown = text.escape_debug();
        if key.is_empty() || image.is_empty() {
            let hint = "write `--image <container>=<image>` or `--image <image>`";
            return Err(Failure::usage(format!("`--image {shown}` lacks a container or an image"), hint));
        }
        if images.insert(key.to_owned(), image.to_owned()).is_some() {
            let what =
                if key == "*" { "all containers".to_owned() } else { format!("`{}`", key.escape_debug()) };
            let hint = "name each container once";
            return Err(Failure::usage(format!("`--image {shown}` is the second image for {what}"), hint));
        }
    }
    Ok(images)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parameters_are_json_where_they_read_back_as_written() {
        for (text, value) in [
            ("3", json!(3)),
            ("1.5", json!(1.5)),
            ("true", json!(true)),
            ("null", json!(null)),
            ("[1,2]", json!([1, 2])),
            (r#"{"a":1}"#, json!({ "a": 1 })),
            (r#""3""#, json!("3")),
            ("1.10", json!("1.10")),
            ("1e3", json!("1e3")),
            ("007", json!("007")),
            ("yes", json!("yes")),
            ("", json!("")),
            ("a=b", json!("a=b")),
        ] {
            assert_eq!(scalar(text), value, "{text}");
        }
        assert!(pair("novalue").is_err());
        assert!(pair("=x").is_err());
        assert_eq!(pair("a=b=c").unwrap(), ("a", "b=c"));
    }

    #[test]
    fn images_are_for_one_container_or_for_all() {
        let read = |texts: &[&str]| images(&texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>());
        let images = read(&["web=registry.example.com:5000/a/b:1@sha256:00", "shop/api=x", "y"]).unwrap();
        assert_eq!(images["web"], "registry.example.com:5000/a/b:1@sha256:00");
        assert_eq!((images["shop/api"].as_str(), images["*"].as_str()), ("x", "y"));
        for bad in [&["=x"][..], &["web="], &["a", "b"], &["web=a", "web=b"], &[""]] {
            assert!(read(bad).unwrap_err().is(Code::Usage), "{bad:?}");
        }
    }

    #[tokio::test]
    async fn a_parameter_file_holds_one_object() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("params.yaml");
        let read = async |text: &[u8]| {
            std::fs::write(&file, text).unwrap();
            read_parameters(&file).await
        };
        let good = read(b"a: 1\nb: {c: x}\n").await.unwrap();
        assert_eq!(Value::Object(good), json!({ "a": 1, "b": { "c": "x" } }));
        for bad in [&b"- a\n"[..], b"a: [\n", b"a: \xff\n", &vec![b'#'; 1024 * 1024 + 1]] {
            assert!(read(bad).await.unwrap_err().is(Code::FileUnreadable));
        }
        assert!(read_parameters(folder.path()).await.unwrap_err().is(Code::FileUnreadable));
        assert!(read_parameters(&folder.path().join("none")).await.unwrap_err().is(Code::FileNotFound));
    }
}
