//! Files and volumes of a container.

use innominatus_guest::placeholder::{Template, Value, Values};
use innominatus_guest::{Failure, FailureExt, Json, PathHost};
use serde_json::{Map, json};

use crate::project::{DependsOn, Project};
use crate::score::{Container, File, Volume};
use crate::text::{Variables, literal};

/// Where files and volumes of a container go.
pub(super) struct Mounts<'a> {
    pub(super) project: &'a mut Project,
    pub(super) variables: &'a mut Variables,
    pub(super) values: Values<'a>,
    pub(super) depends_on: &'a mut DependsOn,
    pub(super) host: &'a PathHost<'a>,
}

impl Mounts<'_> {
    /// Adds both to the service of a container.
    pub(super) fn add(
        &mut self,
        service: &mut Map<String, Json>,
        name: &str,
        container: &Container,
    ) -> Result<(), Failure> {
        let volume = |(target, volume): &(String, Volume)| self.mount(target, volume);
        let volumes: Vec<_> = container.volumes.iter().map(volume).collect::<Result<_, _>>()?;
        if !volumes.is_empty() {
            service.insert("volumes".to_owned(), Json::Array(volumes));
        }
        let mut configs = Vec::new();
        for (target, file) in &container.files {
            let mut mount = json!({"source": self.config(name, target, file)?, "target": literal(target)});
            if let Some(mode) = &file.mode {
                let mode = u32::from_str_radix(mode, 8).or_permanent("file-mode")?;
                mount["mode"] = json!(mode);
                if file.content.as_ref().is_none_or(String::is_empty) {
                    self.host.warn(format!(
                        "`{target}` of service `{name}` is mounted from a file, and Compose leaves such a file the mode \
                         it has on this machine: make it {mode:o} there if it has to be"
                    ));
                }
            }
            configs.push(mount);
        }
        if !configs.is_empty() {
            service.insert("configs".to_owned(), Json::Array(configs));
        }
        Ok(())
    }

    fn mount(&mut self, target: &str, volume: &Volume) -> Result<Json, Failure> {
        let source = source(volume, self.values)?;
        self.project.add_volume(&source, json!({}));
        let mut mount = json!({"type": "volume", "source": source, "target": literal(target)});
        if volume.read_only {
            mount["read_only"] = json!(true);
        }
        let path = volume.path.as_deref().map(|path| path.trim_matches('/')).filter(|path| !path.is_empty());
        if let Some(path) = path {
            let folders = self.project.need_folder(&source, path);
            self.depends_on.add(&folders, "service_completed_successfully");
            mount["volume"] = json!({"subpath": literal(path)});
        }
        Ok(mount)
    }

    /// Adds a file's content to the project, and says the name of its config.
    fn config(&mut self, service: &str, target: &str, file: &File) -> Result<String, Failure> {
        let base = target.rsplit('/').find(|part| !part.is_empty()).unwrap_or("file");
        let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
        let name: String = format!("{service}-{base}").chars().map(plain).collect();
        let config = match (&file.content, &file.binary_content) {
            // Compose takes an empty content for none.
            (Some(content), _) if content.is_empty() => json!({"file": self.project.add_file(&name, "")}),
            (Some(content), _) if file.no_expand => json!({"content": literal(content)}),
            (Some(content), _) => json!({"content": self.variables.expand(content, self.values)?}),
            (None, Some(base64)) => json!({"file": self.project.add_file(&name, base64)}),
            (None, None) => {
                let source = file.source.as_deref().unwrap_or_default();
                let message = format!("the file `{target}` is not here: `{source}`");
                return Err(Failure::permanent("file", message));
            }
        };
        Ok(self.project.add_config(&name, config))
    }
}

/// The project's volume that is meant: a volume resource, or a name that stands for one.
fn source(volume: &Volume, values: Values<'_>) -> Result<String, Failure> {
    let template = Template::parse(&volume.source).or_permanent("placeholder")?;
    let Some(reference) = template.sole_reference() else {
        return Ok(volume.source.clone());
    };
    let source = match values.look_up(reference).or_permanent("placeholder")? {
        Value::Resource(need) => values.output(need, "source").and_then(Json::as_str).map(str::to_owned),
        value => value.to_text(),
    };
    source.filter(|source| is_volume_name(source)).ok_or_else(|| {
        Failure::permanent("volume", format!("`{reference}` is not a volume that this project can mount"))
    })
}

/// What is wrong with a volume, before anything is made, and what to write instead.
pub(crate) fn problem(volume: &Volume, values: Values<'_>) -> Option<(String, &'static str)> {
    if let Some(problem) = source_problem(volume, values) {
        return Some((problem, "write `${resources.<name>}` of a resource with `type: volume`"));
    }
    let path = volume.path.as_deref().filter(|path| path.split('/').any(|part| part == ".."))?;
    Some((format!("the path `{path}` leads out of its volume"), "name a folder inside the volume"))
}

fn source_problem(volume: &Volume, values: Values<'_>) -> Option<String> {
    let source = &volume.source;
    let Ok(template) = Template::parse(source) else {
        return Some(format!("the volume source `{source}` is not a placeholder that ends"));
    };
    let Some(reference) = template.sole_reference() else {
        let plain = template.references().next().is_none() && is_volume_name(source);
        return (!plain)
            .then(|| format!("the volume source `{source}` is neither a volume resource nor a name"));
    };
    let Ok(Value::Resource(need)) = values.look_up(&reference.prefix(2)) else {
        return Some(format!("the volume source `{reference}` is not a resource of the workload"));
    };
    let mut offers = need.candidates.iter().map(|candidate| &candidate.offer);
    let has_source = offers.any(|offer| offer.outputs.iter().any(|output| output.name == "source"));
    (!has_source).then(|| format!("the volume source `{reference}` is a `{}`, not a volume", need.kind))
}

fn is_volume_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
}
