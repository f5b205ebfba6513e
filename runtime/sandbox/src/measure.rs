//! What the seam costs: one call through all of it, beside the same call on bare wasmtime.

use std::sync::Arc;
use std::time::{Duration, Instant};

use innominatus_effect::{Export, Port};
use innominatus_model::{Digest, Target};
use wasmtime::component::{ComponentExportIndex, InstancePre, Linker};
use wasmtime::{Engine, Store};

use crate::compile::{self, Sealed};
use crate::component::Component;
use crate::contract::since_1_0;
use crate::inspect::Role;
use crate::{Call, Limits, Sandbox};

/// Median time of one `get-status` with a new instance.
#[derive(Debug, Clone, Copy)]
pub struct SeamCost {
    /// On bare wasmtime: the same engine, fuel and epoch, nothing limited, nothing checked.
    pub bare: Duration,
    /// Through limits, checks and the port.
    pub whole: Duration,
}

/// Measures `rounds` calls of each kind, one after the other in turns, so that both see the same machine.
/// The error is for people.
pub async fn seam(
    component: &Component,
    target: &Target,
    port: Arc<dyn Port>,
    rounds: usize,
) -> Result<SeamCost, String> {
    let bare = Bare::new(component).map_err(|error| format!("{error:#}"))?;
    let (mut alone, mut whole) = (Vec::with_capacity(rounds), Vec::with_capacity(rounds));
    for _ in 0..rounds {
        let begin = Instant::now();
        bare.call(target).await?;
        alone.push(begin.elapsed());
        let begin = Instant::now();
        through(component, target, port.clone()).await?;
        whole.push(begin.elapsed());
    }
    Ok(SeamCost { bare: median(alone), whole: median(whole) })
}

/// Median time from the bytes of a component that was compiled before to its first answer: alone, the engine maps the
/// compiled code, links it and calls; with everything, the bytes are hashed, the contract is read, and the compiled code is
/// found and authenticated. The error is for people.
pub async fn first_answer(
    sandbox: &Sandbox,
    bytes: &[u8],
    target: &Target,
    port: Arc<dyn Port>,
    rounds: usize,
) -> Result<SeamCost, String> {
    let digest = Digest::of(bytes);
    let load = async || sandbox.load(&digest, bytes).await.map_err(|error| error.to_string());
    let component = load().await?;
    let words = |error: wasmtime::Error| format!("{error:#}");
    let sealed = Sealed::from_child(component.pre().component().serialize().map_err(words)?);
    let engine = component.engine().clone();
    let (mut alone, mut whole) = (Vec::with_capacity(rounds), Vec::with_capacity(rounds));
    drop(component);
    // In turns, so that both see the same machine.
    for _ in 0..rounds {
        let begin = Instant::now();
        let code = compile::load(&engine, &sealed).map_err(words)?;
        Bare::of(&engine, &code).map_err(words)?.call(target).await?;
        alone.push(begin.elapsed());
        drop(code);
        // Nobody holds it, so it is loaded anew.
        let begin = Instant::now();
        let component = load().await?;
        through(&component, target, port.clone()).await?;
        whole.push(begin.elapsed());
    }
    Ok(SeamCost { bare: median(alone), whole: median(whole) })
}

/// One call as everybody else makes it.
async fn through(component: &Component, target: &Target, port: Arc<dyn Port>) -> Result<(), String> {
    let call = Call::new(port);
    let answer = component.provisioner(call).get_status(target).await.map_err(|error| error.to_string())?;
    answer.value.map(drop).map_err(|failure| failure.to_string())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

struct Bare {
    engine: Engine,
    pre: InstancePre<()>,
    /// An index is good for the code that it was looked up in, and no other, were it of the same bytes.
    index: ComponentExportIndex,
}

impl Bare {
    fn new(component: &Component) -> wasmtime::Result<Self> {
        Self::of(component.engine(), component.pre().component())
    }

    fn of(engine: &Engine, code: &wasmtime::component::Component) -> wasmtime::Result<Self> {
        let mut linker = Linker::new(engine);
        linker.define_unknown_imports_as_traps(code)?;
        let interface = since_1_0::interface(Role::Provisioner);
        let outer = code.get_export_index(None, interface.as_str());
        let index = outer.and_then(|outer| code.get_export_index(Some(&outer), Export::GetStatus.as_str()));
        let index = index.ok_or_else(|| wasmtime::format_err!("the component is not a provisioner"))?;
        Ok(Self { pre: linker.instantiate_pre(code)?, engine: engine.clone(), index })
    }

    async fn call(&self, target: &Target) -> Result<(), String> {
        let limits = Limits::for_export(Export::GetStatus);
        let said = |error: wasmtime::Error| format!("{error:#}");
        let mut store = Store::new(&self.engine, ());
        store.set_fuel(limits.fuel).map_err(said)?;
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        let instance = self.pre.instantiate_async(&mut store).await.map_err(said)?;
        since_1_0::measured::get_status(&instance, &mut store, &self.index, target).await
    }
}
