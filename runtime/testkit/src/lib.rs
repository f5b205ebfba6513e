//! What tests share: goldens, fixtures, redaction, a fake cloud, the crash matrix, canaries, damaged inputs, components
//! made from text, a fake registry, the table of attacks, and the programs and platforms that are built beside them.
//!
//! A dev-dependency only. **Absent on purpose:** every other room of the runtime; what a test is about
//! belongs beside the code it tests.

#![forbid(unsafe_code)]

pub mod account;
pub mod canary;
pub mod cloud;
pub mod crash;
pub mod damage;
pub mod fixtures;
pub mod golden;
pub mod guest;
pub mod hostile;
pub mod programs;
pub mod redact;
pub mod registry;
