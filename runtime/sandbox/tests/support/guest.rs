//! Components from text, and what this room calls them.

use innominatus_sandbox::Role;
use innominatus_testkit::guest::Parts;

#[allow(unused_imports, reason = "each test program uses a part of it")]
pub(crate) use innominatus_testkit::guest::{contract, dummy, golden_path, hostile, provisioner, resolve};

/// What a file of parts is called as.
pub(crate) fn role(parts: &Parts) -> Role {
    if parts.is_golden_path() { Role::GoldenPath } else { Role::Provisioner }
}
