//! The one place with `unsafe`: loading machine code that our own compiler child made.

#![expect(unsafe_code, reason = "machine code can be loaded only on trust; `Sealed` is the trust")]

use wasmtime::Engine;
use wasmtime::component::Component;

use super::cache::Sealed;

/// Loads compiled code. A [`Sealed`] is made only from what our own child process wrote to its pipe, or from a
/// cache entry whose authentication code held with a key that only we can read.
pub(crate) fn load(engine: &Engine, code: &Sealed) -> wasmtime::Result<Component> {
    // SAFETY: the bytes are the unmodified output of `Engine::precompile_component` of the same engine profile
    // (see above). wasmtime itself still refuses another version, another target or other settings.
    unsafe { Component::deserialize(engine, code.bytes()) }
}
