//! From the author's typed values to one component: finds who makes the kind, reads the params.
//!
//! The export macros make a component of a list; [`testing`](crate::testing) offers the same natively.

mod golden_path;
mod provisioners;

pub use golden_path::{AnyGoldenPath, GoldenPathComponent, ListsGoldenPath};
pub use provisioners::{AnyProvisioner, ListsProvisioners, ProvisionerComponent};

/// Has the message of a panic logged before the guest traps: a trap says where, but not why.
#[cfg(target_arch = "wasm32")]
fn log_panics() {
    use std::sync::Once;

    use crate::Level;
    use crate::host::Backing;

    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|panic| {
            crate::PathHost::new(Backing::IMPORTS).log(Level::Error, panic.to_string(), &[]);
        }));
    });
}
