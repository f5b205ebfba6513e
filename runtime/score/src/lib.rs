//! Reads Score files and turns workloads into an ordered demand for resources
