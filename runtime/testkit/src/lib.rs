//! What tests share: goldens, fixtures, redaction.
//!
//! A dev-dependency only. **Absent on purpose:** every other room of the runtime; what a test is about
//! belongs beside the code it tests.

#![forbid(unsafe_code)]

pub mod fixtures;
pub mod golden;
pub mod redact;
