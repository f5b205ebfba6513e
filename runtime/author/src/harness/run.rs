//! One run over the entries of a platform: what the checks are made with, and in which order.

use std::path::Path;
use std::sync::{Arc, PoisonError};

use innominatus_model::{Artifact, Class, Json, Made, Name, Need};
use innominatus_package::{Package, PlatformTest, ProvisionerEntry, TestSubject};
use innominatus_plan::Offered;
use innominatus_plan::params::Schema;
use innominatus_sandbox::{Component, LoadError, Role, check_role};
use serde_json::json;

use super::catalogue::{self as list, Scope};
use super::checks::{self, Case, Declared};
use super::report::{EntryReport, Figures as Took};
use super::sample::Samples;
use super::sheet::{Selection, Sheet};
use super::subject::Subject;
use super::world::Cloud;
use super::{Components, drive, table};

/// What golden paths are shown of the platform's provisioners.
#[derive(Default)]
pub(crate) struct Shown {
    /// A need for each that came to its end, and what came of it.
    pub(crate) needs: Vec<(Need, Made)>,
    /// What all of them offer.
    pub(crate) offered: Vec<Offered>,
}

/// A run.
pub(super) struct Run<'a> {
    pub(super) package: &'a Package,
    pub(super) tests: &'a [PlatformTest],
    pub(super) folder: &'a Path,
    pub(super) selection: &'a Selection,
    pub(super) components: &'a Components,
}

impl<'a> Run<'a> {
    fn component(&self, path: &str) -> Option<&'a Result<Component, LoadError>> {
        self.components.get(&self.package.component(path)?.digest)
    }

    /// The platform's own checks.
    pub(super) fn platform(&self) -> EntryReport {
        let manifest = &self.package.manifest;
        let mut sheet = Sheet::new(self.selection, &manifest.name, Scope::Platform, None);
        if self.selection.entries.is_empty() {
            match self.package.warnings.first() {
                None => sheet.pass(&list::MANIFEST),
                Some(first) => {
                    sheet.warn(&list::MANIFEST, format!("line {}: {}", first.line, first.message));
                    sheet.detail(
                        self.package.warnings.iter().map(|one| format!("{one}\n")).collect::<String>(),
                    );
                }
            }
            for test in self.tests.iter().filter(|test| !self.has(test)) {
                sheet.of(Some(test.name.to_string()));
                sheet.fail(&list::TEST, format!("{}: the platform has no such entry", test.file));
            }
        }
        sheet.finish(Took::default())
    }

    fn has(&self, test: &PlatformTest) -> bool {
        match &test.given.subject {
            TestSubject::Provisioner(name) => self.package.manifest.provisioner(name).is_some(),
            TestSubject::GoldenPath(name) => self.package.manifest.golden_path(name).is_some(),
        }
    }

    fn tests_of(&self, subject: TestSubject) -> impl Iterator<Item = &'a PlatformTest> {
        self.tests.iter().filter(move |test| test.given.subject == subject)
    }

    pub(super) async fn provisioner(
        &self,
        entry: &ProvisionerEntry,
        shown: &mut Shown,
    ) -> Option<EntryReport> {
        let component = self.component(&entry.component)?;
        let mut sheet =
            Sheet::new(self.selection, &entry.name, Scope::Provisioner, Some(entry.kind.to_string()));
        let wanted = self.selection.wants_entry(entry.name.as_str());
        let Some(declared) = Box::pin(checks::declare(self.package, entry, component, &mut sheet)).await
        else {
            return wanted.then(|| sheet.finish(Took::default()));
        };
        shown.offered.extend(declared.offered(self.package));
        let Declared { subject, schemas } = declared;
        let cases = self.cases(&subject, &schemas, &mut sheet);
        if let Some(case) = cases.first() {
            shown.needs.extend(Box::pin(made(&subject, case)).await);
        }
        if wanted {
            Box::pin(checks::provisioner(&subject, &cases, &mut sheet)).await;
            for test in
                self.tests_of(TestSubject::Provisioner(entry.name.clone())).filter(|test| !test.is_sample())
            {
                Box::pin(table::run(&subject, &schemas, test, self.folder, &mut sheet)).await;
            }
        }
        let took = subject.figures.into_inner().unwrap_or_else(PoisonError::into_inner);
        wanted.then(|| sheet.finish(took))
    }

    /// What the checks work on: what tests with `when: checks` give, else what can be made up for each class.
    fn cases(&self, subject: &Subject, schemas: &[(Class, Json)], sheet: &mut Sheet<'_>) -> Vec<Case> {
        let given: Vec<&PlatformTest> = self
            .tests_of(TestSubject::Provisioner(subject.entry.name.clone()))
            .filter(|test| test.is_sample())
            .collect();
        let (mut cases, mut wrong) = (Vec::new(), Vec::new());
        for test in &given {
            let class = &test.given.target.class;
            let Some((_, source)) = schemas.iter().find(|(known, _)| known == class).or(schemas.first())
            else {
                continue;
            };
            let cloud = table::world(test, subject.settings());
            let grant = table::grant(subject, test, cloud.settings());
            let target = table::target(subject, &test.given.target, Some(source));
            let Ok(schema) = Schema::new(source) else { continue };
            if let Some(violation) = schema.violations(&target.params).first() {
                wrong.push(format!("{}: `params{}`: {}", test.file, violation.pointer, violation.message));
                continue;
            }
            let changed = Samples::changes(source, &schema, &target.params);
            let label = (given.len() > 1).then(|| test.name.to_string());
            let (class, schema, cloud) = (class.clone(), source.clone(), Arc::new(cloud));
            cases.push(Case { label, class, target, changed, maximal: None, schema, cloud, grant });
        }
        for (class, source) in schemas.iter().filter(|_| given.is_empty()) {
            let Ok(schema) = Schema::new(source) else { continue };
            match Samples::of(source, &schema) {
                Ok(Samples { minimal, maximal, changed }) => {
                    let settings = subject.settings();
                    let (target, grant) = (subject.target(class, minimal), subject.grant(&settings));
                    let label = (schemas.len() > 1).then(|| format!("class {class}"));
                    let (class, schema, cloud) =
                        (class.clone(), source.clone(), Arc::new(Cloud::new(settings)));
                    cases.push(Case { label, class, target, changed, maximal, schema, cloud, grant });
                }
                Err(why) => wrong.push(format!("no params could be made up: {why}")),
            }
        }
        if sheet.has_failed(&list::SCHEMA) {
            return cases;
        }
        match wrong.first() {
            None => sheet.pass(&list::SCHEMA),
            Some(first) => {
                sheet.warn(&list::SCHEMA, format!("{first}; a test with `when: checks` can give params"));
            }
        }
        cases
    }

    pub(super) async fn golden_path(
        &self,
        name: &Name,
        component: &str,
        needs: &[(Need, Made)],
    ) -> EntryReport {
        let mut sheet = Sheet::new(self.selection, name, Scope::GoldenPath, None);
        let Some(loaded) = self.component(component) else { return sheet.finish(Took::default()) };
        let label = format!("{}/{name}", self.package.manifest.name);
        let tests: Vec<&PlatformTest> = self.tests_of(TestSubject::GoldenPath(name.clone())).collect();
        let cloud = match tests.iter().find(|test| test.is_sample()) {
            Some(test) => table::world(test, json!({})),
            None => Cloud::new(json!({})),
        };
        // Outputs that are sensitive hold tokens, and this world knows which.
        let cloud = Arc::new(cloud.minted(needs.iter().flat_map(|(_, made)| made.outputs.iter())));
        let mut took = Box::pin(checks::golden_path(label.clone(), loaded, needs, &cloud, &mut sheet)).await;
        if let Ok(component) = loaded
            && check_role(component.contract(), Role::GoldenPath).is_ok()
        {
            let path = checks::Path { label, component: component.clone(), figures: took.into() };
            for test in tests.iter().filter(|test| !test.is_sample()) {
                Box::pin(table::run_path(&path, test, &mut sheet)).await;
            }
            took = path.figures.into_inner().unwrap_or_else(PoisonError::into_inner);
        }
        sheet.finish(took)
    }
}

impl Run<'_> {
    /// A golden path that is a file: worked out here, with nobody to be called.
    pub(super) fn written(&self, name: &Name, shown: &Shown) -> EntryReport {
        let mut sheet = Sheet::new(self.selection, name, Scope::GoldenPath, None);
        if let Some(path) = self.package.written.get(name) {
            let platform = &self.package.manifest.name;
            checks::written(path, platform, shown, &mut sheet);
            let path = table::Written { path, platform, offered: &shown.offered };
            for test in self.tests_of(TestSubject::GoldenPath(name.clone())) {
                // What a sample gives is a world, and a file asks nobody.
                if !test.is_sample() {
                    table::run_written(&path, test, &mut sheet);
                }
            }
        }
        sheet.finish(Took::default())
    }
}

/// What a golden path is shown of this entry: the need, and what comes of it.
async fn made(subject: &Subject, case: &Case) -> Option<(Need, Made)> {
    let cloud = Arc::new(case.cloud.fork());
    let export = innominatus_effect::Export::Provision;
    let drive = drive::Drive { subject, cloud: &cloud, grant: &case.grant, export };
    let drive::Ended::Ready(state) = Box::pin(drive.run(case.target.clone())).await.ended else {
        return None;
    };
    let need = checks::need(subject, &case.class, case.target.params.clone());
    let declared = |name: &str| subject.offer.outputs.iter().any(|spec| spec.name == name && spec.sensitive);
    let mut outputs = state.outputs;
    for output in &mut outputs {
        output.sensitive |= declared(&output.name) || cloud.secret_in(&output.value.to_string()).is_some();
    }
    let artifacts = state
        .artifacts
        .into_iter()
        .map(|artifact| Artifact {
            sensitive: artifact.sensitive || cloud.secret_in(&artifact.content).is_some(),
            ..artifact
        })
        .collect();
    Some((need.clone(), Made { need: need.id, outputs, artifacts }))
}
