//! Several provisioners as one component.

use crate::{
    Failure, Hint, Host, Info, Json, Offer, Progress, Provisioner, Removal, State, Status, Target, Violation,
};

/// A provisioner whose params are read from JSON. Every [`Provisioner`] is one.
pub trait AnyProvisioner {
    /// See [`Provisioner::offer`].
    fn offer(&self) -> Offer;
    /// See [`Provisioner::config_schema`].
    fn config_schema(&self, class: &str) -> Json;
    /// See [`Provisioner::validate_config`]. Params that the author's type cannot read are a violation.
    fn validate_config(&self, host: &Host<'_>, target: Target<Json>) -> Vec<Violation>;
    /// See [`Provisioner::provision`].
    fn provision(&self, host: &Host<'_>, target: Target<Json>) -> Result<Progress, Failure>;
    /// See [`Provisioner::deprovision`].
    fn deprovision(&self, host: &Host<'_>, target: Target<Json>) -> Result<Removal, Failure>;
    /// See [`Provisioner::get_status`].
    fn get_status(&self, host: &Host<'_>, target: Target<Json>) -> Result<Status, Failure>;
    /// See [`Provisioner::get_hints`].
    fn get_hints(&self, host: &Host<'_>, target: Target<Json>) -> Result<Vec<Hint>, Failure>;
    /// See [`Provisioner::adopt`].
    fn adopt(&self, host: &Host<'_>, target: Target<Json>, reference: &str) -> Result<Progress, Failure>;
    /// See [`Provisioner::upgrade_state`].
    fn upgrade_state(&self, host: &Host<'_>, target: Target<Json>) -> Result<State, Failure>;
}

impl<P: Provisioner> AnyProvisioner for P {
    fn offer(&self) -> Offer {
        Provisioner::offer(self)
    }

    fn config_schema(&self, class: &str) -> Json {
        Provisioner::config_schema(self, class)
    }

    fn validate_config(&self, host: &Host<'_>, target: Target<Json>) -> Vec<Violation> {
        match target.typed() {
            Ok(target) => Provisioner::validate_config(self, host, &target),
            Err(failure) => vec![Violation::new("", failure.message)],
        }
    }

    fn provision(&self, host: &Host<'_>, target: Target<Json>) -> Result<Progress, Failure> {
        Provisioner::provision(self, host, &target.typed()?)
    }

    fn deprovision(&self, host: &Host<'_>, target: Target<Json>) -> Result<Removal, Failure> {
        Provisioner::deprovision(self, host, &target.typed()?)
    }

    fn get_status(&self, host: &Host<'_>, target: Target<Json>) -> Result<Status, Failure> {
        Provisioner::get_status(self, host, &target.typed()?)
    }

    fn get_hints(&self, host: &Host<'_>, target: Target<Json>) -> Result<Vec<Hint>, Failure> {
        Provisioner::get_hints(self, host, &target.typed()?)
    }

    fn adopt(&self, host: &Host<'_>, target: Target<Json>, reference: &str) -> Result<Progress, Failure> {
        Provisioner::adopt(self, host, &target.typed()?, reference)
    }

    fn upgrade_state(&self, host: &Host<'_>, target: Target<Json>) -> Result<State, Failure> {
        Provisioner::upgrade_state(self, host, &target.typed()?)
    }
}

/// A component as the host calls it: the kind of a target decides who answers.
#[derive(Clone, Copy)]
pub struct ProvisionerComponent<'a> {
    name: &'a str,
    version: &'a str,
    provisioners: &'a [&'a dyn AnyProvisioner],
}

impl<'a> ProvisionerComponent<'a> {
    /// Of these provisioners; where two cover the same kind and class, the first answers.
    pub fn new(name: &'a str, version: &'a str, provisioners: &'a [&'a dyn AnyProvisioner]) -> Self {
        Self { name, version, provisioners }
    }

    /// The export `metadata`.
    pub fn metadata(&self) -> Info {
        Info {
            name: self.name.to_owned(),
            version: self.version.to_owned(),
            offers: self.provisioners.iter().map(|provisioner| provisioner.offer()).collect(),
            ext: Default::default(),
        }
    }

    /// The export `config-schema`; for what nobody makes, the schema that nothing satisfies.
    pub fn config_schema(&self, kind: &str, class: &str) -> Json {
        self.find(kind, class).map_or(Json::Bool(false), |provisioner| provisioner.config_schema(class))
    }

    /// The export `validate-config`.
    pub fn validate_config(&self, host: Host<'_>, target: Target<Json>) -> Vec<Violation> {
        match self.find_for(&target) {
            Ok(provisioner) => provisioner.validate_config(&host, target),
            Err(failure) => vec![Violation::new("", failure.message)],
        }
    }

    /// The export `provision`.
    pub fn provision(&self, host: Host<'_>, target: Target<Json>) -> Result<Progress, Failure> {
        self.find_for(&target)?.provision(&host, target)
    }

    /// The export `deprovision`.
    pub fn deprovision(&self, host: Host<'_>, target: Target<Json>) -> Result<Removal, Failure> {
        self.find_for(&target)?.deprovision(&host, target)
    }

    /// The export `get-status`.
    pub fn get_status(&self, host: Host<'_>, target: Target<Json>) -> Result<Status, Failure> {
        self.find_for(&target)?.get_status(&host, target)
    }

    /// The export `get-hints`.
    pub fn get_hints(&self, host: Host<'_>, target: Target<Json>) -> Result<Vec<Hint>, Failure> {
        self.find_for(&target)?.get_hints(&host, target)
    }

    /// The export `adopt`.
    pub fn adopt(&self, host: Host<'_>, target: Target<Json>, reference: &str) -> Result<Progress, Failure> {
        self.find_for(&target)?.adopt(&host, target, reference)
    }

    /// The export `upgrade-state`.
    pub fn upgrade_state(&self, host: Host<'_>, target: Target<Json>) -> Result<State, Failure> {
        self.find_for(&target)?.upgrade_state(&host, target)
    }

    fn find(&self, kind: &str, class: &str) -> Option<&'a dyn AnyProvisioner> {
        self.provisioners.iter().copied().find(|provisioner| provisioner.offer().covers(kind, class))
    }

    fn find_for(&self, target: &Target<Json>) -> Result<&'a dyn AnyProvisioner, Failure> {
        self.find(&target.kind, &target.class).ok_or_else(|| {
            Failure::unsupported(format_args!("{} of class {} in {}", target.kind, target.class, self.name))
        })
    }
}

/// What [`export_provisioner!`](crate::export_provisioner) implements: the list.
pub trait ListsProvisioners {
    /// Runs with the component.
    fn with<R>(run: impl FnOnce(ProvisionerComponent<'_>) -> R) -> R;

    /// The host of the running component.
    #[doc(hidden)]
    fn host() -> Host<'static> {
        #[cfg(target_arch = "wasm32")]
        {
            super::log_panics();
            Host::new(crate::host::Backing::IMPORTS)
        }
        #[cfg(not(target_arch = "wasm32"))]
        unreachable!("exports are called in a component only")
    }
}
