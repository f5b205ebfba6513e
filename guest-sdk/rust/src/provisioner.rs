//! The trait of provisioners.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::{
    Failure, Health, Hint, Host, Json, Offer, Progress, Removal, State, Status, Target, Violation, schema,
};

/// Makes one kind of resource. A component makes several by listing several values in
/// [`export_provisioner!`](crate::export_provisioner): where kinds are alike, one type with a table of
/// values is enough, because every method has `&self`.
///
/// Only `provision`, `deprovision` and `adopt` may change the world; `get_status` and `get_hints` may look;
/// the rest have no effect outside the guest. Nothing is kept between calls: what a provisioner needs again
/// it puts into [`State`], and gets it back as `target.prior`.
pub trait Provisioner {
    /// What a Score file may write under `params:`. The config schema comes from this type; with
    /// `#[serde(deny_unknown_fields)]` the host refuses what it does not know and names the nearest.
    type Params: DeserializeOwned + JsonSchema;

    /// What it makes: the Score type, and the outputs that others may refer to.
    fn offer(&self) -> Offer;

    /// Makes the resource as the target says, or changes it. Called again after a crash, after a transient
    /// failure, and with [`Progress::Pending`] for as long as it says so: look at `target.prior` first.
    fn provision(&self, host: &Host<'_>, target: &Target<Self::Params>) -> Result<Progress, Failure>;

    /// Removes the resource. By default nothing is to be removed, which is right for a provisioner that
    /// only hands over outputs and artifacts. A resource that was never made is gone already.
    fn deprovision(&self, host: &Host<'_>, target: &Target<Self::Params>) -> Result<Removal, Failure> {
        let _ = (host, target);
        Ok(Removal::Gone)
    }

    /// How the resource is. By default as the host remembers it: ready once it was made.
    fn get_status(&self, host: &Host<'_>, target: &Target<Self::Params>) -> Result<Status, Failure> {
        let _ = host;
        Ok(match &target.prior {
            Some(_) => Status::new(Health::Ready, "Provisioned", "as it was made"),
            None => Status::new(Health::Missing, "NotProvisioned", "has not been made yet"),
        })
    }

    /// What a person can do with the resource. By default nothing.
    fn get_hints(&self, host: &Host<'_>, target: &Target<Self::Params>) -> Result<Vec<Hint>, Failure> {
        let _ = (host, target);
        Ok(Vec::new())
    }

    /// What the schema cannot say. By default all is well.
    fn validate_config(&self, host: &Host<'_>, target: &Target<Self::Params>) -> Vec<Violation> {
        let _ = (host, target);
        Vec::new()
    }

    /// Takes over a thing that exists; `reference` is what a person would call it. By default unsupported.
    fn adopt(
        &self,
        host: &Host<'_>,
        target: &Target<Self::Params>,
        reference: &str,
    ) -> Result<Progress, Failure> {
        let _ = (host, target, reference);
        Err(Failure::unsupported("adopt"))
    }

    /// The state in this version's shape, from that of an older version in `target.prior`. By default
    /// unchanged.
    fn upgrade_state(&self, host: &Host<'_>, target: &Target<Self::Params>) -> Result<State, Failure> {
        let _ = host;
        Ok(target.prior.as_ref().map(|prior| prior.state.clone()).unwrap_or_default())
    }

    /// The schema of the params for a class of the offer. By default that of the type.
    fn config_schema(&self, class: &str) -> Json {
        let _ = class;
        schema::of::<Self::Params>()
    }
}

/// For a provisioner without params.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoParams {}
