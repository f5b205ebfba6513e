//! What calls took.

use std::collections::BTreeMap;
use std::time::Duration;

use innominatus_effect::Export;
use innominatus_sandbox::Usage;

/// The most that any call of one export took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExportFigure {
    /// How often it was called.
    pub calls: u32,
    /// Fuel.
    pub fuel: u64,
    /// Bytes of linear memory.
    pub memory_peak: u64,
    /// Calls of the host.
    pub host_calls: u32,
    /// Time by the clock.
    pub elapsed: Duration,
}

/// By export.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Figures(pub BTreeMap<Export, ExportFigure>);

impl Figures {
    pub(crate) fn add(&mut self, export: Export, usage: Usage) {
        let figure = self.0.entry(export).or_default();
        figure.calls += 1;
        figure.fuel = figure.fuel.max(usage.fuel);
        figure.memory_peak = figure.memory_peak.max(usage.memory_peak);
        figure.host_calls = figure.host_calls.max(usage.host_calls);
        figure.elapsed = figure.elapsed.max(usage.elapsed);
    }

    /// The most of any export.
    pub fn most(&self) -> ExportFigure {
        let mut most = ExportFigure::default();
        for figure in self.0.values() {
            most.calls += figure.calls;
            most.fuel = most.fuel.max(figure.fuel);
            most.memory_peak = most.memory_peak.max(figure.memory_peak);
            most.host_calls = most.host_calls.max(figure.host_calls);
            most.elapsed = most.elapsed.max(figure.elapsed);
        }
        most
    }
}
