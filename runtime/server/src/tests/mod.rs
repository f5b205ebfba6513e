//! What can be told only from within: what a request that was dropped leaves, what a start does in which order.
//! What clients see over a socket is told in `tests/`.

mod apart;
mod events;
mod gone;
mod hints;
mod hostile;
mod house;
mod resumed;
mod schemas;
mod tenants;
