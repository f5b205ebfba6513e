//! The engine from the outside: files in, records and files out, over a store in memory and the fixture guests.

mod crash;
mod failing;
mod house;
mod interrupted;
mod misbehaving;
mod platforms;
mod ready;
mod removing;
mod secrets;
mod together;
