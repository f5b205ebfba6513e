//! Golden paths that are written down: what a component would answer, worked out from the file. Pure: the same request
//! gives the same steps and the same files.

mod check;
mod context;
mod error;
mod fill;
mod filters;
mod guard;
mod quote;
mod render;
mod steps;
mod template;

pub use check::check;
pub use error::WrittenError;
pub use render::render;
pub use steps::steps;
