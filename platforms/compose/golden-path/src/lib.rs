//! The golden path `deploy-compose`: Score workloads and what was made for them, as a Compose project.
//!
//! `render` writes `compose.yaml`, `.env` and, for binary files, their content. It reads like a sentence:
//! resources become services by the fragments they handed over (`resources`), containers become services
//! (`workload`), routes become a proxy (`router`), and `project` writes it all down in one order. `scope` keeps
//! the projects of several environments apart, `links` looks where workloads refer to each other.
//! `text` is the only place that knows how a secret reaches Compose: as a variable of `.env`.
//!
//! Deliberately absent: how a database is set up (the provisioners know), and Docker.
#![forbid(unsafe_code)]

mod check;
mod links;
mod parameters;
mod ports;
mod project;
mod resources;
mod router;
mod scope;
mod score;
mod steps;
mod text;
mod workload;

use innominatus_guest::prelude::*;

use crate::project::Project;
use crate::resources::Resources;
use crate::text::Variables;

pub use crate::parameters::Parameters;

/// The golden path.
#[derive(Debug, Clone, Copy)]
pub struct DeployCompose;

impl GoldenPath for DeployCompose {
    type Parameters = Parameters;

    fn validate(&self, host: &PathHost<'_>, request: &Request<Parameters>) -> Vec<Violation> {
        let mut found = check::violations(request);
        // Settings that cannot be read are an error of the operator's, and said when they are needed.
        if let Ok(settings) = host.settings::<parameters::Settings>() {
            found.extend(ports::taken_twice(request, scope::route_port(request, &settings)));
        }
        found
    }

    fn generate_steps(
        &self,
        _host: &PathHost<'_>,
        request: &Request<Parameters>,
    ) -> Result<Vec<Step>, Failure> {
        steps::steps(request)
    }

    fn render(
        &self,
        host: &PathHost<'_>,
        request: &Request<Parameters>,
        _step: &Step,
        made: &[Made],
    ) -> Result<Vec<Artifact>, Failure> {
        let settings = host.settings::<parameters::Settings>()?;
        links::check(host, request, made);
        let mut variables = Variables::new(&request.parameters.environment);
        let mut project = Project::new(&scope::project_name(request));

        let resources = Resources::read(request, made, &mut variables)?;
        for workload in &request.workloads {
            workload::add(&mut project, host, request, made, workload, &resources, &mut variables)?;
        }
        resources.add(&mut project, &request.parameters)?;
        router::add(&mut project, request, made, &settings)?;
        project.prepare_folders(&settings.shell_image)?;
        project.mark_configs();

        let mut files = vec![project.document.artifact(&variables)?];
        files.extend(variables.artifact());
        files.extend(project.files);
        Ok(files)
    }
}

innominatus_guest::export_golden_path!(DeployCompose);
