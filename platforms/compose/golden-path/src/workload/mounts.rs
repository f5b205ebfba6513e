//! Files and volumes of a container.

use innominatus_guest::placeholder::{Template, Value, Values};
use innominatus_guest::{Failure, FailureExt, Json};
use serde_json::{Map, json};

use crate::project::Project;
use crate::score::{Container, File, Volume};
use crate::text::{Variables, literal};

/// Adds both to the service of a container.
pub(crate) fn add(
    service: &mut Map<String, Json>,
    project: &mut Project,
    name: &str,
    container: &Container,
    values: Values<'_>,
    variables: &mut Variables,
) -> Result<(), Failure> {
    let volume = |(target, volume): &(String, Volume)| mount(project, target, volume, values);
    let volumes: Vec<_> = container.volumes.iter().map(volume).collect::<Result<_, _>>()?;
    if !volumes.is_empty() {
        service.insert("volumes".to_owned(), Json::Array(volumes));
    }
    let mut configs = Vec::new();
    for (target, file) in &container.files {
        let config = config(project, name, target, file, values, variables)?;
        let mut mount = json!({"source": config, "target": target});
        if let Some(mode) = &file.mode {
            mount["mode"] = json!(format!("{mode:0>4}"));
        }
        configs.push(mount);
    }
    if !configs.is_empty() {
        service.insert("configs".to_owned(), Json::Array(configs));
    }
    Ok(())
}

fn mount(project: &mut Project, target: &str, volume: &Volume, values: Values<'_>) -> Result<Json, Failure> {
    let source = source(volume, values)?;
    project.add_volume(&source, json!({}));
    let mut mount = json!({"type": "volume", "source": source, "target": literal(target)});
    if volume.read_only {
        mount["read_only"] = json!(true);
    }
    let path = volume.path.as_deref().map(|path| path.trim_matches('/')).filter(|path| !path.is_empty());
    if let Some(path) = path {
        mount["volume"] = json!({"subpath": literal(path)});
    }
    Ok(mount)
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

/// What is wrong with a volume's source, before anything is made.
pub(crate) fn source_problem(volume: &Volume, values: Values<'_>) -> Option<String> {
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

/// Adds a file's content to the project, and says the name of its config.
fn config(
    project: &mut Project,
    service: &str,
    target: &str,
    file: &File,
    values: Values<'_>,
    variables: &mut Variables,
) -> Result<String, Failure> {
    let base = target.rsplit('/').find(|part| !part.is_empty()).unwrap_or("file");
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
    let name: String = format!("{service}-{base}").chars().map(plain).collect();
    let config = match (&file.content, &file.binary_content) {
        // Compose takes an empty content for none.
        (Some(content), _) if content.is_empty() => json!({"file": project.add_file(&name, "")}),
        (Some(content), _) if file.no_expand => json!({"content": literal(content)}),
        (Some(content), _) => json!({"content": variables.expand(content, values)?}),
        (None, Some(base64)) => json!({"file": project.add_file(&name, base64)}),
        (None, None) => {
            let source = file.source.as_deref().unwrap_or_default();
            return Err(Failure::permanent("file", format!("the file `{target}` is not here: `{source}`")));
        }
    };
    Ok(project.add_config(&name, config))
}
