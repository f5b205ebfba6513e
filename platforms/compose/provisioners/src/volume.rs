//! `volume`: a named volume of the Compose project.

use innominatus_guest::prelude::*;

use crate::fragment::Fragment;
use crate::naming;

/// A named volume.
#[derive(Debug, Clone, Copy)]
pub struct Volume;

/// Params of `volume`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VolumeParams {
    /// Without effect here: a local volume takes what the disk has.
    #[serde(rename = "size")]
    _size: Option<Json>,
}

impl Provisioner for Volume {
    type Params = VolumeParams;

    fn offer(&self) -> Offer {
        Offer::new("volume").verb("update").output(OutputSpec::text("source"))
    }

    fn provision(&self, _host: &Host<'_>, target: &Target<VolumeParams>) -> Result<Progress, Failure> {
        let name = naming::label(&target.name);
        let fragment = Fragment::default().volume(&name);
        Ok(State::new().output("source", name).artifact(fragment.artifact()?).into())
    }

    fn get_hints(&self, _host: &Host<'_>, target: &Target<VolumeParams>) -> Result<Vec<Hint>, Failure> {
        let name = naming::label(&target.name);
        let find = format!("docker volume ls --filter label=com.docker.compose.volume={name}");
        Ok(vec![Hint::command("Find the volume", find)])
    }
}
