//! `volume`: a named volume of the Compose project.

use innominatus_guest::prelude::*;

use crate::label::label;

/// The media type of a fragment of the Compose file; see the platform's README.
pub const FRAGMENT: &str = "application/vnd.innominatus.compose+json";

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
        let name = label(&target.name);
        let fragment = json!({"volumes": {name.as_str(): {}}});
        let artifact = Artifact::json("compose.json", FRAGMENT, &fragment)?;
        Ok(State::new().output("source", name).artifact(artifact).into())
    }

    fn get_hints(&self, _host: &Host<'_>, target: &Target<VolumeParams>) -> Result<Vec<Hint>, Failure> {
        let name = label(&target.name);
        let find = format!("docker volume ls --filter label=com.docker.compose.volume={name}");
        Ok(vec![Hint::command("Find the volume", find)])
    }
}
