//! Fetches, publishes, signs and verifies platforms as OCI artifacts.
//!
//! **Absent on purpose:** what a platform's files mean (`package`), what is inside a component (`sandbox`), what is
//! installed (`ledger`), and who decides what may be (`engine`).

#![forbid(unsafe_code)]
