//! From WebAssembly text to components. The format of the files is described in `fixtures/hostile/README.md`.
//!
//! What a component is judged or called as is left to the room under test.

use std::fs;
use std::path::{Path, PathBuf};

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, WorldId};

use crate::fixtures;

/// One file of parts: a head of keys and values, then pieces of a module.
#[derive(Debug, Clone)]
pub struct Parts {
    head: Vec<(String, String)>,
    parts: Vec<(String, String)>,
}

impl Parts {
    /// From text.
    pub fn parse(text: &str) -> Self {
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

    /// From a file.
    ///
    /// # Panics
    /// When it cannot be read.
    #[track_caller]
    pub fn read(path: &Path) -> Self {
        Self::parse(&fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    }

    /// Every value of a key in the head.
    pub fn values(&self, key: &str) -> impl Iterator<Item = &str> {
        self.head.iter().filter(move |(found, _)| found == key).map(|(_, value)| value.as_str())
    }

    /// Whether it is a golden path; otherwise it is a provisioner.
    ///
    /// # Panics
    /// When the head names another role.
    pub fn is_golden_path(&self) -> bool {
        match self.values("role").next() {
            None | Some("provisioner") => false,
            Some("golden-path") => true,
            Some(other) => panic!("unknown role `{other}`"),
        }
    }

    /// The component: these parts over the well-behaved ones of the role.
    ///
    /// # Panics
    /// When the text is no module, or does not fit the world.
    pub fn build(&self) -> Vec<u8> {
        let (base, world) = if self.is_golden_path() {
            ("golden-path", "innominatus:platform/golden-path@1.0.0")
        } else {
            ("provisioner", "innominatus:platform/provisioner@1.0.0")
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
        let component = match own_wit {
            Some(wit) => encode(&contract(), wit, "test:hostile/attack", module),
            None => encode(&contract(), "", world, module),
        };
        match self.values("core-instances").next() {
            Some(count) => with_core_instances(component, count.parse().expect("a number of instances")),
            None => component,
        }
    }
}

/// A provisioner from parts.
pub fn provisioner(parts: &str) -> Vec<u8> {
    Parts::parse(parts).build()
}

/// A golden path from parts.
pub fn golden_path(parts: &str) -> Vec<u8> {
    Parts::parse(&format!(";; role: golden-path\n{parts}")).build()
}

/// The folder of hostile fixtures.
pub fn hostile() -> PathBuf {
    fixtures::root().join("hostile")
}

/// The WIT of the contract, as one text.
///
/// # Panics
/// When a file of it cannot be read.
pub fn contract() -> String {
    let folder = fixtures::root().with_file_name("wit").join("since-1.0");
    let header = "package innominatus:platform@1.0.0;";
    let mut text = header.to_owned();
    for file in ["types", "capabilities", "lifecycle", "generator"] {
        let path = folder.join(format!("{file}.wit"));
        let part = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        text.push_str(&part.replace(header, ""));
    }
    text
}

/// A core module as a component of a world; `extra` is WIT beside the contract.
///
/// # Panics
/// When the module does not fit the world.
pub fn encode(contract: &str, extra: &str, world: &str, mut module: Vec<u8>) -> Vec<u8> {
    let (resolve, world) = resolve(contract, extra, world);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
        .unwrap_or_else(|error| panic!("{error:?}"));
    ComponentEncoder::default()
        .module(&module)
        .and_then(|mut encoder| encoder.encode())
        .unwrap_or_else(|error| panic!("{error:?}"))
}

/// A component of a world, every function of which traps. For what is decided by type alone.
pub fn dummy(contract: &str, extra: &str, world: &str) -> Vec<u8> {
    let (resolve, id) = resolve(contract, extra, world);
    let abi = wit_parser::ManglingAndAbi::Legacy(wit_parser::LiftLowerAbi::Sync);
    encode(contract, extra, world, wit_component::dummy_module(&resolve, id, abi))
}

/// A world of the contract, or of `extra` beside it.
///
/// # Panics
/// When the WIT does not parse, or has no such world.
pub fn resolve(contract: &str, extra: &str, world: &str) -> (Resolve, WorldId) {
    let mut resolve = Resolve::default();
    let mut package =
        resolve.push_source("contract.wit", contract).unwrap_or_else(|error| panic!("{error:?}"));
    if !extra.is_empty() {
        package = resolve.push_source("extra.wit", extra).unwrap_or_else(|error| panic!("{error:?}"));
    }
    let world = resolve.select_world(&[package], Some(world)).unwrap_or_else(|error| panic!("{error:?}"));
    (resolve, world)
}

/// The component with an empty core module at its end, and that many instances of it.
fn with_core_instances(mut component: Vec<u8>, count: u32) -> Vec<u8> {
    const CORE_MODULE: u8 = 1;
    const CORE_INSTANCE: u8 = 2;
    const EMPTY_MODULE: &[u8] = b"\0asm\x01\0\0\0";
    let (mut modules, mut at) = (0, 8);
    while at < component.len() {
        let (length, body) = read_number(&component, at + 1);
        modules += u32::from(component[at] == CORE_MODULE);
        at = body + length as usize;
    }
    section(&mut component, CORE_MODULE, EMPTY_MODULE);
    let mut instances = Vec::new();
    write_number(&mut instances, count);
    for _ in 0..count {
        // Instantiate this module, with no arguments.
        instances.push(0);
        write_number(&mut instances, modules);
        write_number(&mut instances, 0);
    }
    section(&mut component, CORE_INSTANCE, &instances);
    component
}

fn section(component: &mut Vec<u8>, kind: u8, body: &[u8]) {
    component.push(kind);
    write_number(component, u32::try_from(body.len()).expect("a section is short"));
    component.extend_from_slice(body);
}

/// An unsigned LEB128 number, and where what follows it begins.
fn read_number(bytes: &[u8], mut at: usize) -> (u32, usize) {
    let (mut number, mut shift) = (0, 0);
    loop {
        let byte = bytes[at];
        number |= u32::from(byte & 0x7f) << shift;
        (at, shift) = (at + 1, shift + 7);
        if byte & 0x80 == 0 {
            return (number, at);
        }
    }
}

fn write_number(bytes: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        for number in [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, u32::MAX] {
            let mut bytes = vec![0xff];
            write_number(&mut bytes, number);
            assert_eq!(read_number(&bytes, 1), (number, bytes.len()));
        }
    }

    #[test]
    fn a_head_ends_where_the_first_part_begins() {
        let parts = Parts::parse(";; attack: a\n;; expect: b\n;; expect: c\n\n;; part: x\n;; attack: no\n");
        assert_eq!(parts.values("expect").collect::<Vec<_>>(), ["b", "c"]);
        assert_eq!(parts.values("attack").collect::<Vec<_>>(), ["a"]);
        assert!(!parts.is_golden_path());
    }
}
