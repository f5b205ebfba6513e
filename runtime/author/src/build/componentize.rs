//! From a core module to a component: the types of the contract are in the module, and are put around it.

use wit_component::ComponentEncoder;

use super::BuildError;
use crate::Project;
use crate::cargo::Profile;
use crate::project::Guest;
use crate::toolchain::TARGET;

/// A compiled guest as a component.
pub(super) fn component(project: &Project, guest: &Guest, profile: Profile) -> Result<Vec<u8>, BuildError> {
    let target = project.workspace.as_ref().map(|workspace| workspace.target.clone()).unwrap_or_default();
    let file = target.join(TARGET).join(profile.name()).join(format!("{}.wasm", guest.library));
    let module = std::fs::read(&file).map_err(|source| BuildError::Module { file, source })?;
    let encoded =
        ComponentEncoder::default().validate(true).module(&module).and_then(|mut encoder| encoder.encode());
    encoded.map_err(|error| BuildError::Component {
        package: guest.package.clone(),
        reason: format!("{error:#}"),
    })
}
