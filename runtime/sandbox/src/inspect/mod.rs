//! Reads a component's contract from its own type, before anything is compiled or run.

mod error;
mod kept;
mod reference;
mod scan;
mod shape;

use std::fmt;

use innominatus_model::{CONTRACT_PACKAGE, Capability, Version};
use innominatus_package::ComponentFacts;
use wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType};

use crate::contract::since_1_0::{VERSION, exports, interface};
use crate::engine::FEATURES;

pub use error::ContractError;

use reference::Reference;
use scan::Scan;

/// Bytes of the largest component that is looked at: 64 MiB.
pub const MAX_COMPONENT_BYTES: u64 = 64 << 20;

/// What a component can be called as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Exports `lifecycle`: makes resources.
    Provisioner,
    /// Exports `generator`: turns workloads into steps and files.
    GoldenPath,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 2] = [Self::Provisioner, Self::GoldenPath];

    /// The world of the contract that it is.
    pub fn world(self) -> &'static str {
        match self {
            Self::Provisioner => "provisioner",
            Self::GoldenPath => "golden-path",
        }
    }

    /// The interface that a component of this role exports.
    pub fn interface(self) -> &'static str {
        match self {
            Self::Provisioner => "lifecycle",
            Self::GoldenPath => "generator",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Provisioner => "provisioner",
            Self::GoldenPath => "golden path",
        })
    }
}

/// What a component was built for and what it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contract {
    /// The contract version in its exports.
    pub version: Version,
    /// What it can be called as; at least one.
    pub roles: Vec<Role>,
    /// What it imports, in the order of [`Capability`], each once.
    pub imports: Vec<Capability>,
    /// Every import by name, as the component has it.
    pub imported: Vec<String>,
    /// Every export by name.
    pub exported: Vec<String>,
    /// Bytes.
    pub size: u64,
}

/// As a platform's artifact tells it.
impl From<&Contract> for ComponentFacts {
    fn from(contract: &Contract) -> Self {
        let worlds: Vec<_> = contract.roles.iter().map(|role| role.world()).collect();
        Self {
            contract: format!("{CONTRACT_PACKAGE}@{}", contract.version),
            world: worlds.join("+"),
            imports: contract.imported.clone(),
            exports: contract.exported.clone(),
        }
    }
}

/// Reads and checks the contract of a component: its version, every export of each role it has, and every
/// import, by name and type.
pub fn inspect(bytes: &[u8]) -> Result<Contract, ContractError> {
    let size = bytes.len() as u64;
    if size > MAX_COMPONENT_BYTES {
        return Err(ContractError::TooLarge { size, limit: MAX_COMPONENT_BYTES });
    }
    let scan = Scan::of(bytes, FEATURES)?;
    let reference = Reference::get();
    let roles = check_exports(&scan, reference)?;
    let imports = check_imports(&scan, reference)?;
    check_golden_path(&roles, &imports)?;
    let (imported, exported) = (scan.imports().to_vec(), scan.exports().to_vec());
    Ok(Contract { version: known_version(), roles, imports, imported, exported, size })
}

/// Whether a component can be called as `role`.
pub fn check_role(contract: &Contract, role: Role) -> Result<(), ContractError> {
    if contract.roles.contains(&role) {
        return Ok(());
    }
    Err(ContractError::MissingExport { export: interface(role), role: Some(role) })
}

fn known_version() -> Version {
    Version::parse(VERSION).expect("the contract version in this source is SemVer")
}

fn check_exports(scan: &Scan, reference: &Reference) -> Result<Vec<Role>, ContractError> {
    let mut roles = Vec::new();
    for role in Role::ALL {
        let wanted = interface(role);
        if let Some(item) = scan.export(&wanted) {
            check_role_export(scan, reference, role, &wanted, item)?;
            roles.push(role);
        } else if let Some(found) = scan.exports().iter().find_map(|name| version_of(name, role.interface()))
        {
            return Err(ContractError::Version { found, expected: VERSION.into() });
        }
    }
    if roles.is_empty() {
        let export = Role::ALL.map(interface).join("` or `");
        return Err(ContractError::MissingExport { export, role: None });
    }
    Ok(roles)
}

fn check_role_export(
    scan: &Scan,
    reference: &Reference,
    role: Role,
    name: &str,
    item: ComponentEntityType,
) -> Result<(), ContractError> {
    let ComponentEntityType::Instance(id) = item else {
        return Err(ContractError::MistypedExport {
            export: name.to_owned(),
            expected: "an interface".into(),
            found: shape::entity(item).into(),
        });
    };
    let types = scan.types();
    for export in exports(role) {
        let function = export.as_str();
        let full = format!("{name}#{function}");
        let Some(found) = types[id].exports.get(function) else {
            return Err(ContractError::MissingExport { export: full, role: Some(role) });
        };
        let expected =
            reference.function(role.interface(), function).expect("the contract has its own functions");
        shape::same_function(reference, expected, types, found.ty).map_err(|mismatch| {
            ContractError::MistypedExport { export: full, expected: mismatch.expected, found: mismatch.found }
        })?;
    }
    Ok(())
}

fn check_imports(scan: &Scan, reference: &Reference) -> Result<Vec<Capability>, ContractError> {
    let mut imports = Vec::new();
    for name in scan.imports() {
        let Some((interface, found)) = split(name) else {
            return Err(ContractError::UnknownImport { import: name.clone() });
        };
        if found != VERSION {
            return Err(ContractError::Version { found: found.into(), expected: VERSION.into() });
        }
        let capability = Capability::parse(interface);
        match capability {
            Some(capability) if !capability.is_linked() => {
                return Err(ContractError::Unlinked { capability });
            }
            None if interface != "types" => {
                return Err(ContractError::UnknownImport { import: name.clone() });
            }
            _ => {}
        }
        let Some(ComponentEntityType::Instance(id)) = scan.import(name) else {
            return Err(ContractError::UnknownImport { import: name.clone() });
        };
        for (inner, item) in &scan.types()[id].exports {
            let import = format!("{name}#{inner}");
            match item.ty {
                // A type is only a name for what functions carry, and those are compared whole.
                ComponentEntityType::Type { created: ComponentAnyTypeId::Defined(_), .. } => {}
                ComponentEntityType::Func(_) => {
                    let Some(expected) = reference.function(interface, inner) else {
                        return Err(ContractError::UnknownImport { import });
                    };
                    shape::same_function(reference, expected, scan.types(), item.ty).map_err(|mismatch| {
                        ContractError::MistypedImport {
                            import,
                            expected: mismatch.expected,
                            found: mismatch.found,
                        }
                    })?;
                }
                _ => return Err(ContractError::UnknownImport { import }),
            }
        }
        imports.extend(capability);
    }
    imports.sort();
    imports.dedup();
    Ok(imports)
}

/// A golden path that is nothing else answers only from what it is told, so that a plan can be explained.
fn check_golden_path(roles: &[Role], imports: &[Capability]) -> Result<(), ContractError> {
    let allowed = [Capability::Log, Capability::Settings];
    match imports.iter().find(|capability| !allowed.contains(capability)) {
        Some(&capability) if roles == [Role::GoldenPath] => Err(ContractError::PathImport { capability }),
        _ => Ok(()),
    }
}

/// `innominatus:platform/<interface>@<version>` in its two parts; the version is empty when there is none.
fn split(name: &str) -> Option<(&str, &str)> {
    let rest = name.strip_prefix(CONTRACT_PACKAGE)?.strip_prefix('/')?;
    Some(rest.split_once('@').unwrap_or((rest, "")))
}

fn version_of(name: &str, interface: &str) -> Option<String> {
    let (found, version) = split(name)?;
    (found == interface).then(|| if version.is_empty() { "none".into() } else { version.to_owned() })
}
