//! Shared by tests: fixture walker, goldens, redaction, crash harness
