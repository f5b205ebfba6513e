//! The contract versions that this runtime speaks, one folder each, named by the version it begins with.

pub(crate) mod since_1_0;
