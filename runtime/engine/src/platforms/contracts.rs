//! Which contracts the components of a package are made for: asked of their bytes, before anything is compiled.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use innominatus_model::{Code, Digest, Name};
use innominatus_package::{Blob, Package, PathSource};
use innominatus_sandbox::{Contract, ContractError, Role, check_role, inspect};

use crate::{EngineError, InstallError};

/// Before anything is compiled, every component says which contract it is made for.
pub(super) async fn contracts(package: &Package) -> Result<(), InstallError> {
    let manifest = &package.manifest;
    let provisioners =
        manifest.provisioners.iter().map(|entry| (&entry.name, &entry.component, Role::Provisioner));
    let golden_paths = manifest.golden_paths.iter().filter_map(|entry| match &entry.source {
        PathSource::Component(path) => Some((&entry.name, path, Role::GoldenPath)),
        PathSource::File(_) => None,
    });
    let mut asked = Vec::new();
    for (entry, path, role) in provisioners.chain(golden_paths) {
        asked.push((entry.to_string(), blob(package, entry, path)?.clone(), role));
    }
    let judge = move || {
        let mut known: BTreeMap<Digest, Contract> = BTreeMap::new();
        for (entry, Blob { digest, bytes }, role) in asked {
            let refused = |error: ContractError| InstallError::Component {
                entry: entry.clone(),
                source: Box::new(error.into()),
            };
            let contract = match known.entry(digest) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(inspect(&bytes).map_err(refused)?),
            };
            check_role(contract, role).map_err(refused)?;
        }
        Ok(())
    };
    tokio::task::spawn_blocking(judge).await.map_err(|_| EngineError::Stopping)?
}

/// The component that an entry names.
pub(super) fn blob<'p>(package: &'p Package, entry: &Name, path: &str) -> Result<&'p Blob, InstallError> {
    package.component(path).ok_or_else(|| InstallError::Mismatch {
        entry: entry.to_string(),
        code: Code::ManifestPath,
        message: format!("the component `{path}` is not in the package"),
        hint: "build the platform again".into(),
    })
}
