//! The engine from the outside: files in, records and files out, over a store in memory and the fixture guests.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that finds anything else fails")]

mod afar;
mod aws;
mod cloudy;
mod crash;
mod desired;
mod differ;
mod effects;
mod failing;
mod grants;
mod host;
mod house;
mod indexes;
mod interrupted;
mod large_files;
mod misbehaving;
mod open_writes;
mod places;
mod platforms;
mod ready;
mod recordings;
mod removing;
mod secrets;
mod switching;
mod together;
mod tokens;
mod untold;
mod versions;
mod written;
