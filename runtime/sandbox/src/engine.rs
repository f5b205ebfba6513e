//! The one wasmtime engine of the process, with the hardening profile of docs/security/sandbox.md.
//!
//! The profile has no parameters on purpose: the compiler child and every sandbox must agree on it, and a
//! second engine would only be a second thing to get wrong.

use std::num::NonZeroUsize;
use std::sync::OnceLock;

use wasmtime::{
    Config, Engine, OperatorCost, OptLevel, Strategy, VariableOperatorCost, WasmBacktraceDetails,
    WasmFeatures,
};

/// Bytes of stack for guest code; running over it is a trap.
const WASM_STACK: usize = 512 << 10;
/// Bytes of stack for guest and host functions together; the host keeps three quarters.
const FIBER_STACK: usize = 2 << 20;

/// What guests may use. An allow-list: whatever a later wasmtime turns on by itself stays off here.
///
/// `GC_TYPES` only means that `externref` exists; wasmtime 48.0.8 is best left with it (no GC proposal is on).
pub(crate) const FEATURES: WasmFeatures = WasmFeatures::MUTABLE_GLOBAL
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::REFERENCE_TYPES)
    .union(WasmFeatures::CALL_INDIRECT_OVERLONG)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::BULK_MEMORY_OPT)
    .union(WasmFeatures::SIMD)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::FLOATS)
    .union(WasmFeatures::GC_TYPES)
    .union(WasmFeatures::COMPONENT_MODEL);

/// The engine, made at the first use. The error is wasmtime's words: a bug of ours or an unfit machine.
pub(crate) fn shared() -> Result<&'static Engine, String> {
    static ENGINE: OnceLock<Result<Engine, String>> = OnceLock::new();
    ENGINE
        .get_or_init(|| Engine::new(&profile()).map_err(|error| format!("{error:#}")))
        .as_ref()
        .map_err(Clone::clone)
}

fn profile() -> Config {
    let mut config = Config::new();
    // The compiler. Never Winch: it has had escapes this year, and epochs do not work with it.
    config.strategy(Strategy::Cranelift);
    config.cranelift_opt_level(OptLevel::Speed);
    config.cranelift_nan_canonicalization(true);
    config.parallel_compilation(true);
    config.debug_info(false);
    config.wasm_backtrace_details(WasmBacktraceDetails::Disable);
    config.wasm_backtrace_max_frames(NonZeroUsize::new(20));
    // Time: fuel is the deterministic budget, epochs make a busy guest yield so that the wall clock is read.
    config.consume_fuel(true);
    config.operator_cost(operator_cost());
    config.epoch_interruption(true);
    // Stack.
    config.max_wasm_stack(WASM_STACK);
    config.async_stack_size(FIBER_STACK);
    config.async_stack_zeroing(true);
    // Memory: reservation and guards as wasmtime fuzzes them most; instances are allocated on demand.
    config.memory_reservation(4 << 30);
    config.memory_guard_size(32 << 20);
    config.guard_before_linear_memory(true);
    config.memory_init_cow(true);
    config.signals_based_traps(true);
    // Features.
    config.wasm_features(WasmFeatures::all().difference(FEATURES), false);
    config.wasm_features(FEATURES, true);
    config.concurrency_support(false);
    config.shared_memory(false);
    config
}

/// One per instruction, and one per byte or element of bulk operations, so that a single instruction cannot
/// do unbounded work. Growing is charged near what clearing the pages costs.
fn operator_cost() -> OperatorCost {
    OperatorCost {
        variable: VariableOperatorCost { memory_grow_per_page: u8::MAX, ..VariableOperatorCost::new() },
        ..OperatorCost::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every setting of the profile, as the engine itself reports it. A new wasmtime that changes a default,
    /// and an edit of the profile, end here first.
    #[test]
    fn the_engine_has_the_documented_profile() {
        let engine = shared().unwrap();
        assert_eq!(engine.get_strategy().map(|s| format!("{s:?}")).as_deref(), Some("Cranelift"));
        assert_eq!(engine.get_cranelift_opt_level().map(|l| format!("{l:?}")).as_deref(), Some("Speed"));
        assert_eq!(engine.get_cranelift_nan_canonicalization(), Some(true));
        assert!(engine.get_parallel_compilation());
        assert!(!engine.get_debug_info() && !engine.get_guest_debug());
        assert_eq!(engine.get_wasm_backtrace_max_frames(), 20);
        assert!(engine.get_consume_fuel() && engine.get_epoch_interruption());
        assert_eq!(engine.get_max_wasm_stack(), 512 << 10);
        assert_eq!(engine.get_async_stack_size(), 2 << 20);
        assert!(engine.get_async_stack_zeroing());
        assert_eq!(engine.get_memory_reservation(), 4 << 30);
        assert_eq!(engine.get_memory_guard_size(), 32 << 20);
        assert!(engine.get_guard_before_linear_memory() && engine.get_memory_init_cow());
        assert!(engine.get_signals_based_traps());
        assert!(engine.get_pooling_config().is_none(), "instances are allocated on demand");
        assert!(!engine.get_concurrency_support() && !engine.get_shared_memory());
        assert_eq!(engine.get_wasm_features(), FEATURES);
    }

    #[test]
    fn no_risky_proposal_is_on() {
        let on = shared().unwrap().get_wasm_features();
        for (name, off) in [
            ("threads", WasmFeatures::THREADS),
            ("shared-everything-threads", WasmFeatures::SHARED_EVERYTHING_THREADS),
            ("memory64", WasmFeatures::MEMORY64),
            ("gc", WasmFeatures::GC),
            ("function-references", WasmFeatures::FUNCTION_REFERENCES),
            ("exceptions", WasmFeatures::EXCEPTIONS),
            ("legacy-exceptions", WasmFeatures::LEGACY_EXCEPTIONS),
            ("relaxed-simd", WasmFeatures::RELAXED_SIMD),
            ("tail-call", WasmFeatures::TAIL_CALL),
            ("stack-switching", WasmFeatures::STACK_SWITCHING),
            ("custom-page-sizes", WasmFeatures::CUSTOM_PAGE_SIZES),
            ("wide-arithmetic", WasmFeatures::WIDE_ARITHMETIC),
            ("component-async", WasmFeatures::CM_ASYNC),
            ("component-threading", WasmFeatures::CM_THREADING),
            ("component-gc", WasmFeatures::CM_GC),
        ] {
            assert!(!on.intersects(off), "{name} is on");
        }
    }

    /// Operator costs have no getter; the price of work whose size is only known at run time is what matters.
    #[test]
    fn bulk_operations_and_growth_are_charged_by_size() {
        let cost = operator_cost();
        assert_eq!(cost.I32Add, 1);
        assert_eq!(cost.variable.memory_copy_per_byte, 1);
        assert_eq!(cost.variable.memory_fill_per_byte, 1);
        assert_eq!(cost.variable.table_fill_per_element, 1);
        assert_eq!(cost.variable.memory_grow_per_page, u8::MAX);
    }
}
