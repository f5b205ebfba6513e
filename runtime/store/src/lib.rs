//! The store port, its backends and the conformance suite every backend passes
