//! Runs components in capability-restricted sandboxes
