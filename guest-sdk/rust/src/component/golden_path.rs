//! A golden path as a component.

use crate::{Artifact, Failure, GoldenPath, Info, Json, Made, PathHost, Request, Step, Violation};

/// A golden path whose parameters are read from JSON. Every [`GoldenPath`] is one.
pub trait AnyGoldenPath {
    /// See [`GoldenPath::parameter_schema`].
    fn parameter_schema(&self) -> Json;
    /// See [`GoldenPath::validate`]. Parameters that the author's type cannot read are a violation.
    fn validate(&self, host: &PathHost<'_>, request: Request<Json>) -> Vec<Violation>;
    /// See [`GoldenPath::generate_steps`].
    fn generate_steps(&self, host: &PathHost<'_>, request: Request<Json>) -> Result<Vec<Step>, Failure>;
    /// See [`GoldenPath::render`].
    fn render(
        &self,
        host: &PathHost<'_>,
        request: Request<Json>,
        step: &Step,
        made: &[Made],
    ) -> Result<Vec<Artifact>, Failure>;
}

impl<G: GoldenPath> AnyGoldenPath for G {
    fn parameter_schema(&self) -> Json {
        GoldenPath::parameter_schema(self)
    }

    fn validate(&self, host: &PathHost<'_>, request: Request<Json>) -> Vec<Violation> {
        match request.typed() {
            Ok(request) => GoldenPath::validate(self, host, &request),
            Err(failure) => vec![Violation::new("", failure.message)],
        }
    }

    fn generate_steps(&self, host: &PathHost<'_>, request: Request<Json>) -> Result<Vec<Step>, Failure> {
        GoldenPath::generate_steps(self, host, &request.typed()?)
    }

    fn render(
        &self,
        host: &PathHost<'_>,
        request: Request<Json>,
        step: &Step,
        made: &[Made],
    ) -> Result<Vec<Artifact>, Failure> {
        GoldenPath::render(self, host, &request.typed()?, step, made)
    }
}

/// A golden path as the host calls it.
#[derive(Clone, Copy)]
pub struct GoldenPathComponent<'a> {
    name: &'a str,
    version: &'a str,
    path: &'a dyn AnyGoldenPath,
}

impl<'a> GoldenPathComponent<'a> {
    /// Of this golden path.
    pub fn new(name: &'a str, version: &'a str, path: &'a dyn AnyGoldenPath) -> Self {
        Self { name, version, path }
    }

    /// The export `metadata`.
    pub fn metadata(&self) -> Info {
        Info {
            name: self.name.to_owned(),
            version: self.version.to_owned(),
            offers: Vec::new(),
            ext: Default::default(),
        }
    }

    /// The export `parameter-schema`.
    pub fn parameter_schema(&self) -> Json {
        self.path.parameter_schema()
    }

    /// The export `validate`.
    pub fn validate(&self, host: PathHost<'_>, request: Request<Json>) -> Vec<Violation> {
        self.path.validate(&host, request)
    }

    /// The export `generate-steps`.
    pub fn generate_steps(&self, host: PathHost<'_>, request: Request<Json>) -> Result<Vec<Step>, Failure> {
        self.path.generate_steps(&host, request)
    }

    /// The export `render`.
    pub fn render(
        &self,
        host: PathHost<'_>,
        request: Request<Json>,
        step: &Step,
        made: &[Made],
    ) -> Result<Vec<Artifact>, Failure> {
        self.path.render(&host, request, step, made)
    }
}

/// What [`export_golden_path!`](crate::export_golden_path) implements: the golden path.
pub trait ListsGoldenPath {
    /// Runs with the component.
    fn with<R>(run: impl FnOnce(GoldenPathComponent<'_>) -> R) -> R;

    /// The host of the running component.
    #[doc(hidden)]
    fn host() -> PathHost<'static> {
        #[cfg(target_arch = "wasm32")]
        {
            super::log_panics();
            PathHost::new(crate::host::Backing::IMPORTS)
        }
        #[cfg(not(target_arch = "wasm32"))]
        unreachable!("exports are called in a component only")
    }
}
