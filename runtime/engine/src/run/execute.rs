//! One call of one export, through the seam.

use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex};

use innominatus_effect::{Authoriser, Export, Live};
use innominatus_model::{Grant, Name, ResourceId, RunId, Scope};
use innominatus_plan::ComponentRef;
use innominatus_sandbox::{Call, Component, Limits};
use tokio::sync::OnceCell;
use tokio::time::Instant;

use crate::run::Cell;
use crate::world::{Execution, PROMPT};
use crate::{Engine, EngineError};

/// What a call belongs to.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) engine: Engine,
    pub(crate) scope: Scope,
    pub(crate) application: Name,
    pub(crate) run: Option<RunId>,
    pub(crate) resource: Option<ResourceId>,
    pub(crate) cell: Option<Arc<Cell>>,
}

/// A component, and the port its call goes through.
pub(crate) struct Prepared {
    pub(crate) component: Component,
    pub(crate) call: Call,
    /// Holds the log lines that were not kept yet.
    pub(crate) execution: Arc<Execution>,
}

/// Prepares one call of one export: loads the component, puts the authoriser before the world.
pub(crate) async fn call(
    context: &Context,
    reference: &ComponentRef,
    grant: Grant,
    export: Export,
) -> Result<Prepared, EngineError> {
    let component = context.engine.0.components.get(reference).await?;
    let limits = Limits::for_export(export);
    let execution = Arc::new(world(context, reference, grant.clone(), &limits));
    let settings = execution.settings_or_empty().await;
    let authoriser = Authoriser::new(export, reference.label(), grant).with_settings(settings);
    let port = Live::new(authoriser, execution.clone());
    let call = Call::new(Arc::new(port)).with_limits(limits);
    Ok(Prepared { component, call, execution })
}

/// What stands behind the port of one call.
pub(crate) fn world(context: &Context, reference: &ComponentRef, grant: Grant, limits: &Limits) -> Execution {
    Execution {
        engine: context.engine.clone(),
        scope: context.scope.clone(),
        application: context.application.clone(),
        run: context.run,
        resource: context.resource,
        component: reference.label(),
        platform: reference.platform.clone(),
        grant,
        deadline: Instant::now() + limits.wall,
        cell: context.cell.clone(),
        claim: None,
        lines: Mutex::default(),
        prompt: AtomicU32::new(PROMPT),
        trouble: Mutex::default(),
        given: OnceCell::new(),
    }
}
