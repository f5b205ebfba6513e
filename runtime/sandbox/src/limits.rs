//! How much one call of one export may use.

use std::time::Duration;

use innominatus_effect::Export;

const MIB: u64 = 1 << 20;

/// The budget of one call. [`Limits::for_export`] gives the defaults; an operator may raise them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Instructions, more or less: one each, and one per byte of bulk operations.
    pub fuel: u64,
    /// Time by the clock, waiting for the host included.
    pub wall: Duration,
    /// Bytes of all linear memories together.
    pub memory: u64,
    /// Elements of all tables together.
    pub table_elements: u64,
    /// Core instances.
    pub instances: usize,
    /// Linear memories.
    pub memories: usize,
    /// Tables.
    pub tables: usize,
    /// Live handles of the component's own resources.
    pub handles: usize,
    /// Calls of host functions.
    pub host_calls: u32,
    /// Of these, calls that write (each is durable before it returns).
    pub host_writes: u32,
    /// Bytes that one crossing from the guest to the host may carry: the arguments of a host call, or the
    /// answer of the export.
    pub hostcall_bytes: usize,
    /// Bytes that the arguments of all host calls may carry together.
    pub hostcall_total_bytes: u64,
    /// Bytes of one log line with its fields; what is over is cut off.
    pub log_line_bytes: usize,
    /// Bytes of all log lines; lines over it are dropped, and one line says so. As much again for progress.
    pub log_bytes: usize,
    /// Log lines; as for bytes.
    pub log_lines: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fuel: 10_000_000_000,
            wall: Duration::from_secs(30),
            memory: 128 * MIB,
            table_elements: 100_000,
            instances: 64,
            memories: 16,
            tables: 32,
            handles: 1_000,
            host_calls: 10_000,
            host_writes: 256,
            hostcall_bytes: 4 << 20,
            hostcall_total_bytes: 16 * MIB,
            log_line_bytes: 4 << 10,
            log_bytes: 64 << 10,
            log_lines: 1_000,
        }
    }
}

impl Limits {
    /// The defaults for an export: little for questions that are asked often, more for work.
    pub fn for_export(export: Export) -> Self {
        let base = Self::default();
        match export {
            Export::Metadata | Export::ConfigSchema | Export::ParameterSchema => {
                Self { fuel: 1_000_000_000, wall: Duration::from_secs(10), host_calls: 1_000, ..base }
            }
            Export::ValidateConfig | Export::GetHints => {
                Self { fuel: 1_000_000_000, host_calls: 1_000, ..base }
            }
            Export::GetStatus | Export::UpgradeState => base,
            // Long work answers `pending` and is called again, so a minute is long.
            Export::Provision | Export::Deprovision | Export::Adopt => {
                Self { wall: Duration::from_secs(60), ..base }
            }
            // A golden path sees every workload at once, and hands over whole files.
            Export::Validate | Export::GenerateSteps | Export::Render => {
                Self { wall: Duration::from_secs(60), hostcall_bytes: 16 << 20, memory: 256 * MIB, ..base }
            }
        }
    }
}
