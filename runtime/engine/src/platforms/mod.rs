//! Installing and removing platforms.

mod install;
mod uninstall;

pub use install::Installed;
