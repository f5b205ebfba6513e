//! What a plan is made from.

use std::collections::BTreeMap;
use std::sync::Arc;

use innominatus_model::{
    Class, Digest, Json, Kind, Name, Offer, PathRequest, PlanId, ResourceId, ResourceUid, Step,
};
use innominatus_score::{Demand, Workload};

use crate::{ComponentRef, Defaults, Plan, Task};

/// One type of resource that an installed provisioner makes.
#[derive(Debug, Clone, PartialEq)]
pub struct Offered {
    /// Who.
    pub provisioner: ComponentRef,
    /// What.
    pub offer: Arc<Offer>,
    /// JSON Schema of the params.
    pub schema: Json,
    /// What the platform's resource definition gives beneath what a file says.
    pub defaults: Option<Defaults>,
    /// Whether the platform binds the type to another of its entries: then it is chosen by name only.
    pub overruled: bool,
    /// For whom.
    pub serves: Serves,
}

/// Which resources an installed version of a provisioner serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Serves {
    /// New ones, and those that it made.
    #[default]
    New,
    /// New ones, and those that other versions of it made: they move to it.
    All,
    /// Only those that it made itself.
    ItsOwn,
}

impl Offered {
    fn makes(&self, kind: &Kind, class: &Class) -> bool {
        self.offer.kind == *kind && self.offer.covers(class)
    }
}

impl Serves {
    fn new_ones(self) -> bool {
        matches!(self, Self::New | Self::All)
    }
}

/// Everything installed provisioners make.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalogue {
    offered: Vec<Offered>,
}

impl Catalogue {
    /// Of these, in any order.
    pub fn new(mut offered: Vec<Offered>) -> Self {
        offered.sort_by(|a, b| {
            let key = |o: &Offered| (o.provisioner.platform.clone(), o.provisioner.entry.clone());
            key(a).cmp(&key(b)).then_with(|| b.provisioner.version.cmp(&a.provisioner.version))
        });
        Self { offered }
    }

    /// Whether new resources of this type and class are made by an entry; newest version first, then by name.
    pub fn makers<'a>(&'a self, kind: &'a Kind, class: &'a Class) -> impl Iterator<Item = &'a Offered> {
        let new_ones = self.offered.iter().filter(|offered| offered.serves.new_ones());
        new_ones.filter(move |offered| offered.makes(kind, class))
    }

    /// Who serves a new resource, by label: of several versions the newest of those that may.
    pub fn find(&self, label: &str, kind: &Kind, class: &Class) -> Option<&Offered> {
        self.offered.iter().find(|offered| {
            offered.serves.new_ones() && offered.makes(kind, class) && offered.provisioner.label() == label
        })
    }

    /// Who goes on with a resource that this entry in this version made: that version while it is installed, unless
    /// what it made is to move.
    pub fn going_on(&self, by: &ComponentRef, kind: &Kind, class: &Class) -> Option<&Offered> {
        let label = by.label();
        let entry = || {
            let of_it = |it: &&Offered| it.makes(kind, class) && it.provisioner.label() == label;
            self.offered.iter().filter(of_it)
        };
        let moved = entry().find(|offered| offered.serves == Serves::All);
        moved.or_else(|| entry().find(|offered| offered.provisioner.version == by.version))
    }

    /// Every type that is made, sorted, each once.
    pub fn kinds(&self) -> Vec<&Kind> {
        let new_ones = self.offered.iter().filter(|offered| offered.serves.new_ones());
        let mut kinds: Vec<_> = new_ones.map(|offered| &offered.offer.kind).collect();
        kinds.sort();
        kinds.dedup();
        kinds
    }
}

/// The plan that is current.
#[derive(Debug, Clone, PartialEq)]
pub struct Current {
    /// Its id.
    pub plan: PlanId,
    /// What it wants.
    pub intent: Digest,
    /// Whether a run of it ended well.
    pub settled: bool,
}

/// One resource that exists, or was begun.
#[derive(Debug, Clone, PartialEq)]
pub struct Existing {
    /// Identity.
    pub id: ResourceId,
    /// Identity in the application.
    pub uid: ResourceUid,
    /// Name for people.
    pub name: String,
    /// Desired params, as the plan had them.
    pub params: Json,
    /// Desired annotations.
    pub annotations: BTreeMap<String, String>,
    /// Who claims it.
    pub workloads: Vec<Name>,
    /// In whose context the params are read.
    pub owner: Name,
    /// What the params refer to.
    pub references: Vec<(String, ResourceId)>,
    /// Who is to make it.
    pub provisioner: ComponentRef,
    /// Who was called to make it last, if anybody was: only that provisioner can change or remove what is there.
    pub made_by: Option<ComponentRef>,
    /// Desired generation.
    pub generation: u64,
    /// Ready for the desired generation.
    pub settled: bool,
    /// Being removed.
    pub deleting: bool,
}

impl Existing {
    /// What a plan wants of a resource, before anybody was called to make it.
    pub fn begun(task: &Task) -> Self {
        Self {
            id: task.resource,
            uid: task.uid.clone(),
            name: task.name.clone(),
            params: task.params.clone(),
            annotations: task.annotations.clone(),
            workloads: task.workloads.clone(),
            owner: task.owner.clone(),
            references: task.references.clone(),
            provisioner: task.provisioner.clone(),
            made_by: None,
            generation: task.generation,
            settled: false,
            deleting: false,
        }
    }
}

/// What exists of one application.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// The application's generation; 0 before the first plan.
    pub generation: u64,
    /// The plan in force.
    pub current: Option<Current>,
    /// Everything not yet gone.
    pub resources: Vec<Existing>,
}

impl Snapshot {
    /// What there is once a plan was carried out to its end.
    pub fn after(plan: &Plan) -> Self {
        let made = |task: &Task| Existing {
            made_by: Some(task.provisioner.clone()),
            settled: true,
            ..Existing::begun(task)
        };
        Self {
            generation: plan.generation,
            current: Some(Current { plan: plan.id, intent: plan.intent, settled: true }),
            resources: plan.tasks.iter().map(made).collect(),
        }
    }
}

/// Everything [`crate::decide`] looks at.
#[derive(Debug, Clone)]
pub struct Inputs<'a> {
    /// The plan's identity, handed in.
    pub id: PlanId,
    /// What the golden path was asked; [`crate::needs`] made its needs against the same snapshot.
    pub request: &'a PathRequest,
    /// The golden path.
    pub golden_path: &'a ComponentRef,
    /// The workloads, for places in messages and the meaning of placeholders.
    pub workloads: &'a [Workload],
    /// What they need.
    pub demand: &'a Demand,
    /// What the golden path answered.
    pub steps: &'a [Step],
    /// What can be made.
    pub catalogue: &'a Catalogue,
    /// What exists.
    pub snapshot: &'a Snapshot,
    /// Identities for new resources, handed in: at least one per need.
    pub fresh: &'a [ResourceId],
}
