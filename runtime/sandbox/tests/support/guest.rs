//! From text to components. The format of the files is described in fixtures/hostile/README.md.

use std::fs;
use std::path::{Path, PathBuf};

use innominatus_sandbox::Role;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// One file of parts.
pub(crate) struct Parts {
    head: Vec<(String, String)>,
    parts: Vec<(String, String)>,
}

impl Parts {
    pub(crate) fn parse(text: &str) -> Self {
        let (mut head, mut parts) = (Vec::new(), Vec::<(String, String)>::new());
        for line in text.lines() {
            if let Some(name) = line.strip_prefix(";; part: ") {
                parts.push((name.to_owned(), String::new()));
            } else if let Some((_, body)) = parts.last_mut() {
                body.push_str(line);
                body.push('\n');
            } else if let Some((key, value)) = line.strip_prefix(";; ").and_then(|rest| rest.split_once(": "))
            {
                head.push((key.to_owned(), value.to_owned()));
            }
        }
        Self { head, parts }
    }

    pub(crate) fn read(path: &Path) -> Self {
        Self::parse(&fs::read_to_string(path).unwrap())
    }

    /// Every value of a key in the head.
    pub(crate) fn values(&self, key: &str) -> impl Iterator<Item = &str> {
        self.head.iter().filter(move |(found, _)| found == key).map(|(_, value)| value.as_str())
    }

    pub(crate) fn role(&self) -> Role {
        match self.values("role").next() {
            None | Some("provisioner") => Role::Provisioner,
            Some("golden-path") => Role::GoldenPath,
            Some(other) => panic!("unknown role `{other}`"),
        }
    }

    /// The component: these parts over the well-behaved ones of the role.
    pub(crate) fn build(&self) -> Vec<u8> {
        let (base, world) = match self.role() {
            Role::Provisioner => ("provisioner", "innominatus:platform/provisioner@1.0.0"),
            Role::GoldenPath => ("golden-path", "innominatus:platform/golden-path@1.0.0"),
        };
        let mut parts = Self::read(&hostile().join(format!("well-behaved/{base}.wat"))).parts;
        let mut own_wit = None;
        for (name, body) in &self.parts {
            if name == "wit" {
                own_wit = Some(body.as_str());
            } else if let Some(slot) = parts.iter_mut().find(|(found, _)| found == name) {
                slot.1.clone_from(body);
            } else {
                parts.push((name.clone(), body.clone()));
            }
        }
        let module: String = parts.iter().map(|(_, body)| body.as_str()).collect();
        let module = wat::parse_str(format!("(module\n{module})")).unwrap_or_else(|error| panic!("{error}"));
        match own_wit {
            Some(wit) => encode(&contract(), wit, "test:hostile/attack", module),
            None => encode(&contract(), "", world, module),
        }
    }
}

/// A provisioner from parts.
pub(crate) fn provisioner(parts: &str) -> Vec<u8> {
    Parts::parse(parts).build()
}

/// A golden path from parts.
pub(crate) fn golden_path(parts: &str) -> Vec<u8> {
    Parts::parse(&format!(";; role: golden-path\n{parts}")).build()
}

/// The folder of hostile fixtures.
pub(crate) fn hostile() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/hostile")
}

/// The WIT of the contract, as one text.
pub(crate) fn contract() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit/since-1.0");
    let header = "package innominatus:platform@1.0.0;";
    let mut text = header.to_owned();
    for file in ["types", "capabilities", "lifecycle", "generator"] {
        let part = fs::read_to_string(folder.join(format!("{file}.wit"))).unwrap();
        text.push_str(&part.replace(header, ""));
    }
    text
}

/// A core module as a component of a world.
pub(crate) fn encode(contract: &str, extra: &str, world: &str, mut module: Vec<u8>) -> Vec<u8> {
    let (resolve, world) = resolve(contract, extra, world);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
    ComponentEncoder::default().module(&module).unwrap().encode().unwrap_or_else(|error| panic!("{error:?}"))
}

/// A component of a world, every function of which traps. For what is decided by type alone.
pub(crate) fn dummy(contract: &str, extra: &str, world: &str) -> Vec<u8> {
    let (resolve, id) = resolve(contract, extra, world);
    let abi = wit_parser::ManglingAndAbi::Legacy(wit_parser::LiftLowerAbi::Sync);
    encode(contract, extra, world, wit_component::dummy_module(&resolve, id, abi))
}

fn resolve(contract: &str, extra: &str, world: &str) -> (Resolve, wit_parser::WorldId) {
    let mut resolve = Resolve::default();
    let mut package = resolve.push_source("contract.wit", contract).unwrap();
    if !extra.is_empty() {
        package = resolve.push_source("extra.wit", extra).unwrap_or_else(|error| panic!("{error:?}"));
    }
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    (resolve, world)
}
