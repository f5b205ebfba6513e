//! For platform authors: provisioners and golden paths in Rust
