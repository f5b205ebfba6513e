//! From a wish to the files of a project.

use std::collections::BTreeMap;

use innominatus_model::{CORE_VERSION, Kind};
use minijinja::{Environment, UndefinedBehavior, Value, context};
use serde::Serialize;

use super::known::{Out, known};
use super::lock::{Own, Versions};
use super::{Scaffold, ScaffoldError};

/// A template: what it makes, and its text.
macro_rules! template {
    ($name:literal) => {
        ($name, include_str!(concat!("../../templates/rust/", $name)))
    };
}

/// Rendered once, each with the path of what it makes.
const ONCE: &[(&str, (&str, &str))] = &[
    ("platform.yaml", template!("platform.yaml.j2")),
    ("Cargo.toml", template!("Cargo.toml.j2")),
    ("README.md", template!("README.md.j2")),
    (".gitignore", template!("gitignore")),
    (".github/workflows/platform.yml", template!("workflow.yml.j2")),
    ("examples/hello.score.yaml", template!("example.score.yaml.j2")),
];
const GOLDEN_PATH: (&str, (&str, &str)) = ("goldenpaths/deploy.yaml", template!("golden-path.yaml.j2"));
const PACKAGE: (&str, &str) = template!("provisioner/Cargo.toml.j2");
const LIBRARY: (&str, &str) = template!("provisioner/lib.rs.j2");
const TESTS: (&str, &str) = template!("provisioner/tests.rs.j2");
const TABLE: (&str, &str) = template!("table-test.yaml.j2");
const SDK_README: (&str, &str) = template!("sdk/README.md.j2");
const SDK_PACKAGE: (&str, &str) = template!("sdk/Cargo.toml.j2");

/// The version that a new platform begins with.
const FIRST_VERSION: &str = "0.1.0";
/// What a provisioner uses besides the SDK.
const USES: [&str; 3] = ["schemars", "serde", "serde_json"];

/// One provisioner, as templates see it.
#[derive(Debug, Serialize)]
struct Provisioner {
    kind: String,
    /// Of the manifest, and of files.
    entry: String,
    package: String,
    library: String,
    type_name: String,
    /// An environment variable of the sample.
    variable: String,
    what: String,
    thing: String,
    secret: bool,
    /// What stands between the words of a name.
    joint: char,
    outputs: Vec<Out>,
}

/// All of the project but the SDK.
pub(super) fn project(wish: &Scaffold) -> Result<BTreeMap<String, Vec<u8>>, ScaffoldError> {
    let versions = Versions::read()?;
    let provisioners: Vec<Provisioner> = wish.kinds.iter().map(|kind| provisioner(wish, kind)).collect();
    let requirements: BTreeMap<&str, String> =
        USES.iter().map(|name| (*name, versions.requirement(name))).collect();
    let shared = context! {
        name => wish.name.as_str(),
        provisioners => provisioners,
        golden_path => wish.golden_path,
        dependencies => requirements,
        ..common(&versions)
    };
    let mut files = BTreeMap::new();
    let mut add = |path: String, template, context: &Value| -> Result<(), ScaffoldError> {
        files.insert(path, fill(template, context)?.into_bytes());
        Ok(())
    };
    for (path, template) in ONCE {
        add((*path).to_owned(), *template, &shared)?;
    }
    if wish.golden_path {
        add(GOLDEN_PATH.0.to_owned(), GOLDEN_PATH.1, &shared)?;
    }
    for provisioner in &provisioners {
        let one = context! { p => provisioner, dependencies => USES, ..common(&versions) };
        let folder = format!("provisioners/{}", provisioner.entry);
        add(format!("{folder}/Cargo.toml"), PACKAGE, &one)?;
        add(format!("{folder}/src/lib.rs"), LIBRARY, &one)?;
        add(format!("{folder}/tests/provisioner.rs"), TESTS, &one)?;
        add(format!("tests/{}.yaml", provisioner.entry), TABLE, &one)?;
    }
    let own = provisioners.iter().map(|provisioner| Own {
        name: provisioner.package.clone(),
        version: FIRST_VERSION,
        dependencies: std::iter::once("innominatus-guest").chain(USES).collect(),
    });
    files.insert("Cargo.lock".to_owned(), versions.lock(&own.collect::<Vec<_>>()).into_bytes());
    Ok(files)
}

/// The files of the SDK that are made here.
pub(super) fn sdk() -> Result<[(&'static str, String); 2], ScaffoldError> {
    let versions = Versions::read()?;
    let [always, native] = versions.of_sdk();
    let lists = context! { dependencies => pairs(always), native => pairs(native) };
    let context = context! { sdk => lists, ..common(&versions) };
    Ok([("README.md", fill(SDK_README, &context)?), ("rust/Cargo.toml", fill(SDK_PACKAGE, &context)?)])
}

fn pairs(list: Vec<(String, String)>) -> BTreeMap<String, String> {
    list.into_iter().collect()
}

fn common(versions: &Versions) -> Value {
    let core = CORE_VERSION;
    let (min, max) = (format!("{}.0.0", core.major), format!("{}.0.0", core.major + 1));
    context! {
        core => context! { version => core.to_string(), min => min, max => max },
        edition => versions.package("edition"),
        rust => versions.package("rust-version"),
        repository => versions.package("repository"),
    }
}

fn provisioner(wish: &Scaffold, kind: &Kind) -> Provisioner {
    let entry = kind.as_str().to_ascii_lowercase();
    let package = format!("{}-{entry}", wish.name);
    let known = known(kind.as_str());
    let begin = if entry.starts_with(|c: char| c.is_ascii_digit()) { "R" } else { "" };
    let parts = entry.split('-').map(|part| {
        let mut letters = part.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    });
    let output = known.outputs.first().map_or("", |out| out.name);
    Provisioner {
        kind: kind.to_string(),
        library: package.replace('-', "_"),
        type_name: begin.chars().chain(parts.collect::<String>().chars()).collect(),
        variable: format!("{entry}_{output}").replace('-', "_").to_ascii_uppercase(),
        secret: known.has_secret(),
        joint: known.joint(),
        what: known.what,
        thing: known.thing,
        outputs: known.outputs,
        entry,
        package,
    }
}

fn fill((template, text): (&'static str, &'static str), context: &Value) -> Result<String, ScaffoldError> {
    let broken = |error: minijinja::Error| ScaffoldError::Template { template, reason: format!("{error:#}") };
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_keep_trailing_newline(true);
    environment.render_str(text, context).map_err(broken)
}
