//! From wasmtime's errors to the three kinds of bad.

use innominatus_model::FaultKind;
use wasmtime::{Error, Trap, WasmBacktrace};

use crate::bounds::Breach;
use crate::host::{Host, Stop};
use crate::{Frame, HostError, text};

/// Characters of a function's name: as compilers write them, with their types.
const NAME: usize = 400;

/// How far the call had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Making the instance.
    Instantiate,
    /// Calling the export and reading its answer.
    Call,
}

/// Says whose fault an error is.
pub(crate) fn classify(error: &Error, host: &mut Host, phase: Phase) -> Stop {
    // A host function ended the guest: it said why itself.
    if let Some(stop) = host.take_stop() {
        return stop;
    }
    let refused = host.limiter.refused();
    let breach = |kind, message| Stop::Fault(Breach { kind, message });
    if let Some(trap) = error.downcast_ref::<Trap>() {
        let kind = trap_kind(*trap);
        return match refused {
            // Refused memory, most guests give up by trapping.
            Some(refused) if kind == FaultKind::Trap => {
                breach(FaultKind::Memory, format!("{refused}, and trapped: {}", describe(*trap, error)))
            }
            _ => breach(kind, describe(*trap, error)),
        };
    }
    // The machine, not the guest: no address space, no stack, no file for the memory image.
    if error.downcast_ref::<std::io::Error>().is_some()
        || error.downcast_ref::<wasmtime::OutOfMemory>().is_some()
    {
        return Stop::Host(HostError::starting(&root(error)));
    }
    if let Some(refused) = refused {
        return breach(FaultKind::Memory, refused.to_owned());
    }
    // These have no public type in wasmtime; the tests of the hostile fixtures hold the words.
    let words = format!("{error:#}");
    if words.contains("fuel allocated for hostcalls has been exhausted") {
        return breach(FaultKind::Size, "passed or returned more data than one crossing may carry".into());
    }
    if words.contains("resource limit exceeded") || words.contains("handle limit exceeded") {
        return breach(FaultKind::Memory, root(error));
    }
    match phase {
        Phase::Instantiate => Stop::Host(HostError::starting(&root(error))),
        // What is left is what the canonical ABI refuses: text that is not UTF-8, pointers out of bounds.
        Phase::Call => {
            breach(FaultKind::Contract, format!("the value it handed over is malformed: {}", root(error)))
        }
    }
}

fn trap_kind(trap: Trap) -> FaultKind {
    match trap {
        Trap::OutOfFuel => FaultKind::Fuel,
        Trap::Interrupt => FaultKind::Time,
        Trap::AllocationTooLarge => FaultKind::Memory,
        Trap::CannotEnterComponent
        | Trap::CannotLeaveComponent
        | Trap::InvalidChar
        | Trap::InvalidDiscriminant
        | Trap::StringOutOfBounds
        | Trap::ListOutOfBounds
        | Trap::UnalignedPointer => FaultKind::Contract,
        _ => FaultKind::Trap,
    }
}

/// The trap in words, and the innermost function that has a name.
fn describe(trap: Trap, error: &Error) -> String {
    let words = trap.to_string();
    let words = words.strip_prefix("wasm trap: ").unwrap_or(&words);
    let function = error
        .downcast_ref::<WasmBacktrace>()
        .and_then(|trace| trace.frames().iter().find_map(|frame| frame.func_name()));
    match function {
        Some(name) => format!("{words}, in `{}`", text::clean(name, 80)),
        None => words.to_owned(),
    }
}

/// The functions that were at work, innermost first.
pub(crate) fn trace(error: &Error) -> Vec<Frame> {
    let frames = error.downcast_ref::<WasmBacktrace>().map(WasmBacktrace::frames).unwrap_or_default();
    let frame = |frame: &wasmtime::FrameInfo| Frame {
        function: frame.func_name().map(|name| text::clean(name, NAME)),
        offset: frame.module_offset().and_then(|offset| u64::try_from(offset).ok()),
    };
    frames.iter().map(frame).collect()
}

fn root(error: &Error) -> String {
    text::clean(&error.root_cause().to_string(), crate::bounds::LABEL)
}
