//! The harness on real platforms: good ones pass, and on a bad one every planted fault is found and named.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that finds anything else fails")]

mod bad;
mod good;
mod house;
mod recordings;
mod reports;
mod tables;
mod written;
