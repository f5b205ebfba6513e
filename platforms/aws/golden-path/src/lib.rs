//! The golden path `aws-resources`: makes what the workloads need, and writes for each container the variables that it
//! is to run with, secrets included.
//!
//! Where containers run is not this platform's matter: whoever runs them (`docker run --env-file`, a service of AWS, a
//! developer's shell) is handed the file. So everything else of a container is left aside: image, files, volumes,
//! probes, ports.
//!
//! Deliberately absent: how anything is made (the provisioners know), and what secrets are (they stand here as tokens).
#![forbid(unsafe_code)]

mod variables;

use innominatus_guest::prelude::*;

/// The golden path.
#[derive(Debug, Clone, Copy)]
pub struct AwsResources;

impl GoldenPath for AwsResources {
    type Parameters = NoParams;

    fn validate(&self, _host: &PathHost<'_>, request: &Request<NoParams>) -> Vec<Violation> {
        request.workloads.iter().flat_map(variables::violations).collect()
    }

    fn render(
        &self,
        _host: &PathHost<'_>,
        request: &Request<NoParams>,
        _step: &Step,
        made: &[Made],
    ) -> Result<Vec<Artifact>, Failure> {
        let mut files = Vec::new();
        for workload in &request.workloads {
            files.extend(variables::files(workload, &request.needs, made)?);
        }
        Ok(files)
    }
}

innominatus_guest::export_golden_path!(AwsResources);
