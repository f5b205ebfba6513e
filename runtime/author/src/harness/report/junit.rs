//! The report for CI systems: JUnit XML. A warning is a test that passed, with its line in the output.

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::{Report, Status};
use crate::harness::HarnessError;

impl Report {
    /// As JUnit XML: a suite for each entry, a case for each check.
    pub fn junit(&self) -> Result<String, HarnessError> {
        let mut report = quick_junit::Report::new(format!("innominatus test-platform {}", self.platform));
        report.set_time(self.elapsed);
        for entry in &self.entries {
            let mut suite = TestSuite::new(format!("{}.{}", self.platform, entry.name));
            for finding in &entry.findings {
                let status = match finding.status {
                    Status::Pass | Status::Warn => TestCaseStatus::success(),
                    Status::Fail => {
                        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                        status.set_type(finding.check.id).set_message(finding.message.clone());
                        let remedy = finding.remedy.as_deref().unwrap_or_default();
                        status.set_description(format!("{remedy}\n{}", finding.details));
                        status
                    }
                    Status::Skip => {
                        let mut status = TestCaseStatus::skipped();
                        status.set_message(finding.message.clone());
                        status
                    }
                };
                let name = match &finding.case {
                    Some(case) => format!("{} [{case}]", finding.check.id),
                    None => finding.check.id.to_owned(),
                };
                let mut case = TestCase::new(name, status);
                case.set_classname(format!("{}.{}", self.platform, entry.name));
                if finding.status == Status::Warn {
                    case.set_system_out(format!("warning: {}", finding.message));
                }
                suite.add_test_case(case);
            }
            report.add_test_suite(suite);
        }
        report.to_string().map_err(|error| HarnessError::Report { reason: error.to_string() })
    }
}
