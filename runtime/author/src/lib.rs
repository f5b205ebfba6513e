//! What a platform author does all day: scaffold, build, test, pack.
//!
//! **Absent on purpose:** the command line and what people see of it (`cli`), the store, and whatever is installed on
//! this machine: an author's tools leave a runtime alone.

#![forbid(unsafe_code)]

pub mod harness;
pub mod publish;
