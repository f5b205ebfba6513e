//! The plan: what will be done, in which order, by which bytes.

use std::collections::{BTreeMap, BTreeSet};

use innominatus_model::{
    Class, Digest, Json, Kind, Name, PathRequest, PlanId, ResourceId, ResourceUid, Scope, Step, Version,
};

/// A manifest entry of one version of a platform, and the component that stands behind it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ComponentRef {
    /// The platform.
    pub platform: Name,
    /// Its version.
    pub version: Version,
    /// The entry: a provisioner or a golden path.
    pub entry: Name,
    /// The component's bytes.
    pub component: Digest,
}

impl ComponentRef {
    /// `<platform>/<entry>`: what grants, tokens and people call it.
    pub fn label(&self) -> String {
        format!("{}/{}", self.platform, self.entry)
    }
}

/// What is done with one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// It does not exist yet.
    Create,
    /// It exists and is asked for differently.
    Update,
    /// It was begun earlier and is not what was asked for yet.
    Resume,
    /// It is as asked for, and nothing it refers to changes.
    Keep,
    /// It is as asked for; it is made again only if the outputs its params refer to come out differently.
    Follow,
}

impl Action {
    /// The stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Resume => "resume",
            Self::Keep => "keep",
            Self::Follow => "follow",
        }
    }

    /// From the stable word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Create, Self::Update, Self::Resume, Self::Keep, Self::Follow]
            .into_iter()
            .find(|action| action.as_str() == word)
    }

    /// Whether a provisioner is certainly called.
    pub fn is_change(self) -> bool {
        matches!(self, Self::Create | Self::Update | Self::Resume)
    }
}

/// One provisioner step.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// The step's name.
    pub step: String,
    /// The resource.
    pub resource: ResourceId,
    /// Its identity in the application.
    pub uid: ResourceUid,
    /// Its name for people.
    pub name: String,
    /// Who claims it.
    pub workloads: Vec<Name>,
    /// In whose context the placeholders of `params` are read.
    pub owner: Name,
    /// Placeholders of resources as written, metadata filled in.
    pub params: Json,
    /// What the file says under `metadata.annotations` of the resource: labels for its provisioner.
    pub annotations: BTreeMap<String, String>,
    /// Where the params refer to, by resource name in the owner's file.
    pub references: Vec<(String, ResourceId)>,
    /// Who makes it.
    pub provisioner: ComponentRef,
    /// What is done.
    pub action: Action,
    /// Why, for people.
    pub reason: String,
    /// The resource's generation once this plan is accepted.
    pub generation: u64,
    /// Steps that come first.
    pub after: Vec<String>,
}

impl Task {
    /// Score `type`.
    pub fn kind(&self) -> &Kind {
        &self.uid.kind
    }

    /// Score `class`.
    pub fn class(&self) -> &Class {
        &self.uid.class
    }
}

/// One render step.
#[derive(Debug, Clone, PartialEq)]
pub struct RenderTask {
    /// As the golden path said it.
    pub step: Step,
    /// Steps that come first, directly or not, by name.
    pub after: Vec<String>,
}

/// One resource that nobody claims any more.
#[derive(Debug, Clone, PartialEq)]
pub struct Removal {
    /// The resource.
    pub resource: ResourceId,
    /// Its identity in the application.
    pub uid: ResourceUid,
    /// Its name for people.
    pub name: String,
    /// Who made it, and so removes it.
    pub provisioner: ComponentRef,
    /// Why, for people.
    pub reason: String,
    /// Resources that refer to it and are removed too: they go first.
    pub after: Vec<ResourceId>,
}

/// How many of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Counts {
    pub create: usize,
    pub update: usize,
    pub resume: usize,
    pub keep: usize,
    pub remove: usize,
}

/// What will be done. Immutable; becomes current only if `parent` still is.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Identity.
    pub id: PlanId,
    /// The plan it was made against.
    pub parent: Option<PlanId>,
    /// Whose, and where.
    pub scope: Scope,
    /// The application.
    pub application: Name,
    /// The application's generation once accepted.
    pub generation: u64,
    /// The golden path; none when the application is removed.
    pub golden_path: Option<ComponentRef>,
    /// What the golden path was asked, and is shown again at `render`. A need has another name than it was asked
    /// about if it chose to replace what another provisioner made: then whoever plans asks once more, with this.
    pub request: PathRequest,
    /// Provisioner steps, dependencies first.
    pub tasks: Vec<Task>,
    /// Render steps, dependencies first.
    pub renders: Vec<RenderTask>,
    /// Whether the files are rendered anew. Without a render step there are none, and that is a change too.
    pub render: bool,
    /// Removals, dependents first.
    pub removals: Vec<Removal>,
    /// What is wanted, ids and actions aside: equal intents mean the same world.
    pub intent: Digest,
}

impl Plan {
    /// Whether carrying it out would do nothing. Removing an application does something even when it has
    /// no resources.
    pub fn is_unchanged(&self) -> bool {
        self.golden_path.is_some()
            && !self.render
            && self.removals.is_empty()
            && !self.tasks.iter().any(|task| task.action.is_change())
    }

    /// Counts by action.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts { remove: self.removals.len(), ..Counts::default() };
        for task in &self.tasks {
            match task.action {
                Action::Create => counts.create += 1,
                Action::Update => counts.update += 1,
                Action::Resume => counts.resume += 1,
                Action::Keep | Action::Follow => counts.keep += 1,
            }
        }
        counts
    }

    /// Every version of a platform that carrying it out needs.
    pub fn platforms(&self) -> BTreeSet<(&Name, &Version)> {
        let tasks = self.tasks.iter().map(|task| &task.provisioner);
        let removals = self.removals.iter().map(|removal| &removal.provisioner);
        let all = self.golden_path.iter().chain(tasks).chain(removals);
        all.map(|component| (&component.platform, &component.version)).collect()
    }

    /// The task that makes this resource.
    pub fn task_of(&self, resource: ResourceId) -> Option<&Task> {
        self.tasks.iter().find(|task| task.resource == resource)
    }
}
