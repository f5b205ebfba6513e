//! What a store holds while a guest runs, and the one way from a guest's import to the port.

use std::sync::Arc;

use innominatus_effect::{Access, Call, Interrupt, Outcome, Port};
use innominatus_model::FaultKind;
use tracing::Instrument;

use crate::bounds::Breach;
use crate::capability::log::LogBudget;
use crate::limiter::Limiter;
use crate::{HostError, Limits};

/// The data of one store.
pub(crate) struct Host {
    pub(crate) limiter: Limiter,
    pub(crate) log: LogBudget,
    pub(crate) progress: LogBudget,
    port: Arc<dyn Port>,
    calls: u32,
    max_calls: u32,
    writes_left: u32,
    bytes_left: u64,
    stop: Option<Stop>,
}

/// Why a host function ended the guest. Kept beside the error that unwinds it, because wasmtime may wrap that.
pub(crate) enum Stop {
    Fault(Breach),
    Host(HostError),
}

impl Host {
    pub(crate) fn new(port: Arc<dyn Port>, limits: &Limits) -> Self {
        Self {
            limiter: Limiter::new(limits),
            log: LogBudget::new(limits),
            progress: LogBudget::new(limits),
            port,
            calls: 0,
            max_calls: limits.host_calls,
            writes_left: limits.host_writes,
            bytes_left: limits.hostcall_total_bytes,
            stop: None,
        }
    }

    /// Host calls that the guest made.
    pub(crate) fn calls(&self) -> u32 {
        self.calls
    }

    /// Why a host function ended the guest, if one did.
    pub(crate) fn take_stop(&mut self) -> Option<Stop> {
        self.stop.take()
    }

    /// Counts one call that carries so many bytes. Every host function begins with this.
    pub(crate) fn admit(&mut self, name: &'static str, bytes: usize) -> wasmtime::Result<()> {
        if self.calls >= self.max_calls {
            return Err(self.fault(Breach {
                kind: FaultKind::HostCalls,
                message: format!("called the host more than {} times, last `{name}`", self.max_calls),
            }));
        }
        self.calls += 1;
        match self.bytes_left.checked_sub(bytes as u64) {
            Some(left) => self.bytes_left = left,
            None => {
                let message = format!("`{name}`: the host calls together carried too many bytes");
                return Err(self.fault(Breach::size(message)));
            }
        }
        Ok(())
    }

    /// Sends a call through the port.
    pub(crate) async fn cross(&mut self, call: Call) -> wasmtime::Result<Outcome> {
        let name = call.name();
        let answer = if matches!(call.access(), Access::Write | Access::Keep) {
            match self.writes_left.checked_sub(1) {
                Some(left) => self.writes_left = left,
                None => {
                    let message = format!("`{name}`: more calls that write than one execution may make");
                    return Err(self.fault(Breach { kind: FaultKind::HostCalls, message }));
                }
            }
            // A task of its own: a guest that runs out of time is dropped here, its write is not.
            let port = Arc::clone(&self.port);
            let write = async move { port.perform(call).await };
            match tokio::spawn(write.in_current_span()).await {
                Ok(answer) => answer,
                Err(error) => Err(Interrupt::Host { call: name, reason: error.to_string() }),
            }
        } else {
            self.port.perform(call).await
        };
        match answer {
            Ok(outcome) => Ok(outcome),
            Err(Interrupt::Breach(why)) => Err(self.fault(Breach::contract(format!("`{name}`: {why}")))),
            Err(error @ Interrupt::Diverged { .. }) => Err(self.abort(HostError::diverged(&error))),
            Err(Interrupt::Host { call, reason }) => Err(self.abort(HostError::performing(call, reason))),
        }
    }

    /// Ends the guest: it broke a rule.
    pub(crate) fn fault(&mut self, breach: Breach) -> wasmtime::Error {
        let error = wasmtime::format_err!("{}", breach.message);
        self.stop.get_or_insert(Stop::Fault(breach));
        error
    }

    /// Ends the guest: the host could not do its part.
    pub(crate) fn abort(&mut self, error: HostError) -> wasmtime::Error {
        let unwinding = wasmtime::format_err!("{error}");
        self.stop.get_or_insert(Stop::Host(error));
        unwinding
    }

    /// Ends the guest: the port answered with an outcome of another call's shape, a bug of ours.
    pub(crate) fn misshapen(&mut self, call: &'static str) -> wasmtime::Error {
        self.abort(HostError::performing(call, "the answer has the shape of another call's".into()))
    }

    /// The value, or the end of the guest.
    pub(crate) fn checked<T>(&mut self, value: Result<T, Breach>) -> wasmtime::Result<T> {
        value.map_err(|breach| self.fault(breach))
    }
}
