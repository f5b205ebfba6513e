//! One call of one export: a store and an instance of its own, a budget, a clock, and then nothing is kept.

use std::sync::Arc;
use std::time::{Duration, Instant};

use innominatus_effect::{Export, Port};
use innominatus_model::{Code, Coded, Fault, FaultKind};
use wasmtime::Store;
use wasmtime::component::{ComponentNamedList, Lift, Lower};

use crate::bounds::Breach;
use crate::component::{Component, Role};
use crate::fault::{Phase, classify, trace};
use crate::host::Host;
use crate::{Limits, text};

/// Guest code between two looks at the executor; epochs do the same by time.
const YIELD_FUEL: u64 = 10_000_000;

/// What one call runs with.
#[derive(Clone)]
pub struct Call {
    /// Where every host call goes. One port serves one call.
    pub port: Arc<dyn Port>,
    /// The budget; none means [`Limits::for_export`].
    pub limits: Option<Limits>,
}

impl Call {
    /// With the export's default limits.
    pub fn new(port: Arc<dyn Port>) -> Self {
        Self { port, limits: None }
    }

    /// With these limits instead.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits: Some(limits), ..self }
    }
}

/// What a guest answered, and what that took.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer<T> {
    /// The answer, checked. A guest's failure is in here.
    pub value: T,
    /// What it took.
    pub usage: Usage,
}

/// What a call took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Fuel burnt: the same for the same input on every machine.
    pub fuel: u64,
    /// Most bytes of linear memory at one time.
    pub memory_peak: u64,
    /// Host calls made.
    pub host_calls: u32,
    /// Time by the clock.
    pub elapsed: Duration,
}

/// A function of a guest that was at work when it broke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Its name as the component has it, where it holds names; escaped.
    pub function: Option<String>,
    /// The byte of the component at which the instruction stands, where that is known.
    pub offset: Option<u64>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The guest broke. Effects it had before may have happened.
    #[error("{fault}")]
    Fault {
        /// In which way.
        fault: Fault,
        /// What it took until then.
        usage: Usage,
        /// Where it was, innermost first; empty where it was stopped between two of its instructions.
        trace: Vec<Frame>,
    },
    /// We could not do our part.
    #[error(transparent)]
    Host(#[from] HostError),
}

impl Coded for CallError {
    fn code(&self) -> Code {
        match self {
            Self::Fault { fault, .. } => fault.kind.code(),
            Self::Host(error) => error.code(),
        }
    }

    fn remedy(&self) -> Option<String> {
        let fault = match self {
            Self::Fault { fault, .. } => fault,
            Self::Host(error) => return error.remedy(),
        };
        Some(match fault.kind {
            FaultKind::Trap => "report it to the platform's author with the guest's log lines".into(),
            FaultKind::Fuel | FaultKind::Time => {
                "long work belongs in steps: answer `pending` and go on in the next call".into()
            }
            FaultKind::Memory => {
                "let the component hold less at once, or give it a higher memory limit".into()
            }
            FaultKind::HostCalls => "let the component ask the host once and keep the answer".into(),
            FaultKind::Size => "hand over less: a reference instead of the thing itself".into(),
            FaultKind::Contract => "build the component with the SDK of the contract version it names".into(),
        })
    }
}

/// Our own error around a guest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct HostError {
    code: Code,
    message: String,
    remedy: Option<String>,
}

impl HostError {
    /// The host could not perform a call of the guest.
    pub(crate) fn performing(call: &str, reason: String) -> Self {
        let message = format!("the host could not perform `{call}`: {reason}");
        Self { code: Code::Unavailable, message, remedy: None }
    }

    /// A replay did something else than what was kept.
    pub fn diverged(error: &innominatus_effect::Interrupt) -> Self {
        Self { code: Code::EffectDiverged, message: error.to_string(), remedy: None }
    }

    /// The host had no room for an instance.
    pub(crate) fn starting(reason: &str) -> Self {
        let message = format!("the host could not start the guest: {reason}");
        Self { code: Code::Unavailable, message, remedy: None }
    }

    /// What the guest was to be told is over the contract's bounds.
    pub(crate) fn input(code: Code, message: String, remedy: &str) -> Self {
        Self { code, message, remedy: Some(remedy.to_owned()) }
    }
}

impl Coded for HostError {
    fn code(&self) -> Code {
        self.code
    }

    fn remedy(&self) -> Option<String> {
        self.remedy.clone()
    }
}

/// Runs one export of a component. `lift` checks what came back.
pub(crate) async fn run<P, R, T>(
    component: &Component,
    call: Call,
    role: Role,
    export: Export,
    params: P,
    lift: impl FnOnce(R) -> Result<T, Breach>,
) -> Result<Answer<T>, CallError>
where
    P: ComponentNamedList + Lower + Send + Sync + 'static,
    R: ComponentNamedList + Lift + Send + Sync + 'static,
{
    let started = Instant::now();
    let limits = call.limits.unwrap_or_else(|| Limits::for_export(export));
    let mut store = open_store(component, Host::new(call.port, &limits), &limits)
        .map_err(|error| HostError::starting(&format!("{error:#}")))?;

    let mut phase = Phase::Instantiate;
    let work = async {
        // Core `start` functions run here, so budget and deadline are already set.
        let instance = component.pre().instantiate_async(&mut store).await?;
        phase = Phase::Call;
        let index = component
            .export_index(role, export)
            .ok_or_else(|| wasmtime::format_err!("the component is not a {role}"))?;
        instance.get_typed_func::<P, R>(&mut store, index)?.call_async(&mut store, params).await
    };
    // The clock covers what fuel and epochs do not: a host call that never returns.
    let result = tokio::time::timeout(limits.wall, work).await;

    let usage = Usage {
        fuel: limits.fuel.saturating_sub(store.get_fuel().unwrap_or(0)),
        memory_peak: store.data().limiter.memory_peak(),
        host_calls: store.data().calls(),
        elapsed: started.elapsed(),
    };
    let broken = |breach: Breach, trace: Vec<Frame>| CallError::Fault {
        fault: Fault {
            kind: breach.kind,
            export: export.as_str().to_owned(),
            message: text::clean(&breach.message, crate::bounds::MESSAGE),
        },
        usage,
        trace,
    };
    let fault = |breach: Breach| broken(breach, Vec::new());
    match result {
        Ok(Ok(value)) => lift(value).map(|value| Answer { value, usage }).map_err(fault),
        Ok(Err(error)) => Err(match classify(&error, store.data_mut(), phase) {
            crate::host::Stop::Fault(breach) => broken(breach, trace(&error)),
            crate::host::Stop::Host(error) => CallError::Host(error),
        }),
        Err(_elapsed) => Err(fault(Breach {
            kind: FaultKind::Time,
            message: format!("took longer than {} ms", limits.wall.as_millis()),
        })),
    }
}

fn open_store(component: &Component, host: Host, limits: &Limits) -> wasmtime::Result<Store<Host>> {
    let mut store = Store::new(component.engine(), host);
    store.limiter(|host| &mut host.limiter);
    store.set_fuel(limits.fuel)?;
    store.fuel_async_yield_interval(Some(YIELD_FUEL))?;
    store.set_epoch_deadline(1);
    store.epoch_deadline_async_yield_and_update(1);
    store.set_hostcall_fuel(limits.hostcall_bytes);
    store.set_max_component_handles(limits.handles);
    Ok(store)
}
