//! Which versions a new project uses: those of this project, which the SDK was tested with.

use std::collections::{BTreeMap, BTreeSet};

use super::ScaffoldError;

const ROOT: &str = include_str!("../../../../Cargo.toml");
const SDK: &str = include_str!("../../../../guest-sdk/rust/Cargo.toml");
const LOCK: &str = include_str!("../../../../Cargo.lock");

/// The SDK's own package.
const GUEST: &str = "innominatus-guest";

/// What other parts of this project switch on in libraries that the SDK uses as well: a project of the SDK alone has none
/// of it. cargo holds the result against its own opinion in a test.
const SWITCHED_OFF: &[(&str, &[&str])] = &[
    ("hashbrown", &["allocator-api2", "equivalent", "serde", "serde_core"]),
    ("quick-xml", &["serde"]),
    ("semver", &["serde", "serde_core"]),
    ("wasmparser", &["serde"]),
    ("wit-component", &["wat"]),
];

/// What this project is built with.
pub(super) struct Versions {
    root: toml::Table,
    sdk: toml::Table,
    lock: Vec<Locked>,
}

/// One package of a lock file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Locked {
    name: String,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
    /// Names, each with a version where the name alone would not do.
    dependencies: Vec<String>,
}

/// A package of the new project.
pub(super) struct Own<'a> {
    pub(super) name: String,
    pub(super) version: &'a str,
    pub(super) dependencies: Vec<&'a str>,
}

impl Versions {
    /// From what was embedded.
    pub(super) fn read() -> Result<Self, ScaffoldError> {
        let lock: toml::Table = parse("Cargo.lock", LOCK)?;
        let packages = lock.get("package").and_then(toml::Value::as_array);
        Ok(Self {
            root: parse("Cargo.toml", ROOT)?,
            sdk: parse("guest-sdk", SDK)?,
            lock: packages.into_iter().flatten().filter_map(locked).collect(),
        })
    }

    /// A field of `[workspace.package]`.
    pub(super) fn package(&self, field: &str) -> &str {
        let value = self.root.get("workspace").and_then(|table| table.get("package")?.get(field)?.as_str());
        value.unwrap_or_default()
    }

    /// What the SDK depends on, each with its requirement as TOML: always, and natively only.
    pub(super) fn of_sdk(&self) -> [Vec<(String, String)>; 2] {
        let names = |table: Option<&toml::Value>| {
            let names = table.and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::keys);
            names.map(|name| (name.clone(), self.requirement(name))).collect()
        };
        let native = self.sdk.get("target").and_then(toml::Value::as_table);
        let native = native.and_then(|targets| targets.values().next()?.get("dependencies"));
        [names(self.sdk.get("dependencies")), names(native)]
    }

    /// The requirement of this project, as TOML.
    pub(super) fn requirement(&self, name: &str) -> String {
        let found = self.root.get("workspace").and_then(|table| table.get("dependencies")?.get(name));
        match found {
            Some(toml::Value::Table(table)) => {
                // The version first, as people write it.
                let (first, rest): (Vec<_>, Vec<_>) = table.iter().partition(|(key, _)| *key == "version");
                let fields = first.into_iter().chain(rest).map(|(key, value)| format!("{key} = {value}"));
                format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
            }
            Some(other) => other.to_string(),
            None => "\"*\"".to_owned(),
        }
    }

    /// A lock file for these packages and what the SDK needs.
    pub(super) fn lock(&self, own: &[Own<'_>]) -> String {
        let mut kept: BTreeSet<&Locked> = BTreeSet::new();
        let mut open: Vec<&Locked> = self.lock.iter().filter(|package| package.name == GUEST).collect();
        while let Some(package) = open.pop() {
            if kept.insert(package) {
                open.extend(package.dependencies.iter().filter_map(|name| self.find(name)));
            }
        }
        let mut count: BTreeMap<&str, usize> = BTreeMap::new();
        kept.iter().for_each(|package| *count.entry(&package.name).or_default() += 1);
        let short = |name: &String| match self.find(name) {
            Some(found) if count.get(found.name.as_str()) == Some(&1) => found.name.clone(),
            Some(found) => format!("{} {}", found.name, found.version),
            None => name.clone(),
        };
        let mut packages: Vec<Locked> = kept
            .into_iter()
            .map(|package| Locked {
                dependencies: package.dependencies.iter().map(short).collect(),
                ..package.clone()
            })
            .collect();
        packages.extend(own.iter().map(|package| Locked {
            name: package.name.clone(),
            version: package.version.to_owned(),
            source: None,
            checksum: None,
            dependencies: package.dependencies.iter().map(|name| (*name).to_owned()).collect(),
        }));
        packages.sort();
        let head = "# This file is automatically @generated by Cargo.\n# It is not intended for manual editing.\nversion = 4\n";
        packages.iter().fold(head.to_owned(), |text, package| text + "\n" + &package.text())
    }

    /// By a name as it stands among dependencies: `name`, or `name version`.
    fn find(&self, name: &str) -> Option<&Locked> {
        let mut parts = name.split(' ');
        let (name, version) = (parts.next()?, parts.next());
        self.lock
            .iter()
            .find(|package| package.name == name && version.is_none_or(|version| package.version == version))
    }
}

impl Locked {
    fn text(&self) -> String {
        let Self { name, version, source, checksum, dependencies } = self;
        let mut text = format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n");
        for (key, value) in [("source", source), ("checksum", checksum)] {
            value.iter().for_each(|value| text.push_str(&format!("{key} = \"{value}\"\n")));
        }
        if !dependencies.is_empty() {
            text.push_str("dependencies = [\n");
            dependencies.iter().for_each(|name| text.push_str(&format!(" \"{name}\",\n")));
            text.push_str("]\n");
        }
        text
    }
}

fn locked(value: &toml::Value) -> Option<Locked> {
    let text = |key: &str| value.get(key).and_then(toml::Value::as_str).map(str::to_owned);
    let name = text("name")?;
    let off = SWITCHED_OFF.iter().find(|(package, _)| *package == name).map_or(&[][..], |(_, off)| off);
    let dependencies = value.get("dependencies").and_then(toml::Value::as_array);
    let dependencies = dependencies.into_iter().flatten().filter_map(toml::Value::as_str);
    let dependencies = dependencies.filter(|name| !off.contains(&name.split(' ').next().unwrap_or_default()));
    Some(Locked {
        name,
        version: text("version")?,
        source: text("source"),
        checksum: text("checksum"),
        dependencies: dependencies.map(str::to_owned).collect(),
    })
}

fn parse(template: &'static str, text: &str) -> Result<toml::Table, ScaffoldError> {
    text.parse()
        .map_err(|error: toml::de::Error| ScaffoldError::Template { template, reason: error.to_string() })
}
