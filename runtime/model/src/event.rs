//! What happened. An event is written in the same transaction as the change it tells of.

use crate::{EventId, Json, Name, ResourceId, RunId, Scope, Severity};

macro_rules! event_kinds {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// What kind of thing happened. The words are stable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum EventKind {
            $($(#[$doc])* $name,)*
        }

        impl EventKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable word.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            /// From the stable word.
            pub fn parse(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

event_kinds! {
    /// A plan became the application's current one.
    PlanAccepted = "plan.accepted",
    /// Files, or what a golden path made of them, were not accepted.
    PlanRefused = "plan.refused",
    /// A run began.
    RunStarted = "run.started",
    /// A run goes on after an interruption of the runtime.
    RunResumed = "run.resumed",
    /// A run ended well.
    RunSucceeded = "run.succeeded",
    /// A run ended badly.
    RunFailed = "run.failed",
    /// A newer plan took over.
    RunSuperseded = "run.superseded",
    /// A resource entered the desired state.
    ResourceCreated = "resource.created",
    /// A resource's desired state changed.
    ResourceChanged = "resource.changed",
    /// The phase of a resource changed.
    ResourcePhase = "resource.phase",
    /// A provisioner call began.
    ProvisionStarted = "provision.started",
    /// A provisioner waits for something.
    ProvisionPending = "provision.pending",
    /// A provisioner finished.
    ProvisionSucceeded = "provision.succeeded",
    /// A provisioner said no.
    ProvisionFailed = "provision.failed",
    /// Another try is due later.
    RetryScheduled = "retry.scheduled",
    /// Removal began.
    DeprovisionStarted = "deprovision.started",
    /// Removal finished.
    DeprovisionSucceeded = "deprovision.succeeded",
    /// Removal did not work.
    DeprovisionFailed = "deprovision.failed",
    /// A guest trapped, ran out or broke the contract.
    GuestFault = "guest.fault",
    /// A guest wrote a log line.
    GuestLog = "guest.log",
    /// A request of a guest went out, and this came of it.
    EffectPerformed = "effect.performed",
    /// A write of a guest may have happened, or not.
    EffectUnknown = "effect.unknown",
    /// An interrupted execution goes on where it was.
    ExecutionResumed = "execution.resumed",
    /// A resource waits for a person to say whether a write happened.
    ResourceInDoubt = "resource.in-doubt",
    /// A person said what became of a write.
    ResourceResolved = "resource.resolved",
    /// A guest reported progress.
    GuestProgress = "guest.progress",
    /// Run artifacts were rendered.
    ArtifactsRendered = "artifacts.rendered",
    /// A secret was generated for a component.
    SecretGenerated = "secret.generated",
    /// Sensitive values were shown to a person.
    SecretRevealed = "secret.revealed",
    /// A secret was taken out of an answer and kept for a component.
    SecretCaptured = "secret.captured",
    /// The operator put a secret in.
    SecretSet = "secret.set",
    /// The operator gave a secret a new value.
    SecretRotated = "secret.rotated",
    /// The operator took a secret away.
    SecretRemoved = "secret.removed",
    /// The store's key was replaced, and everything sealed with it sealed anew.
    KeyRotated = "key.rotated",
    /// The operator changed what an installed platform may do.
    GrantsChanged = "grants.changed",
    /// A platform was installed.
    PlatformInstalled = "platform.installed",
    /// A platform was not installed.
    PlatformRefused = "platform.refused",
    /// Another version of a platform serves what is new, or none does.
    PlatformSwitched = "platform.switched",
    /// An update of a platform asks for more, and waits for a person.
    PlatformHeld = "platform.held",
    /// A platform was removed.
    PlatformUninstalled = "platform.uninstalled",
    /// An application is to be removed.
    ApplicationDeleting = "application.deleting",
    /// An application is gone.
    ApplicationDeleted = "application.deleted",
}

/// What an event is about; each part narrows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subject {
    /// The application.
    pub application: Option<Name>,
    /// The resource.
    pub resource: Option<ResourceId>,
    /// The run.
    pub run: Option<RunId>,
    /// The platform.
    pub platform: Option<Name>,
}

/// One thing that happened. Order is the store's revision, never `at_ms`.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Identity.
    pub id: EventId,
    /// Whose, and where.
    pub scope: Scope,
    /// What kind.
    pub kind: EventKind,
    /// Whether a person should look.
    pub severity: Option<Severity>,
    /// About what.
    pub subject: Subject,
    /// For people: one line, guest text escaped, no secret.
    pub message: String,
    /// For machines: an object.
    pub details: Json,
    /// When, milliseconds since the Unix epoch, for people.
    pub at_ms: u64,
}
