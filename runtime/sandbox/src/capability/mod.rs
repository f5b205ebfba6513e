//! The imports that are linked, one file each. Every host function counts itself, bounds what it was passed,
//! crosses the one seam, and matches the shape of the outcome. `sql` and `files` are not linked yet:
//! [`inspect`](crate::inspect()) refuses components that import them.

mod clock;
mod http;
pub(crate) mod log;
mod random;
mod report;
mod secrets;
mod settings;

use wasmtime::component::{HasSelf, Linker};

use crate::contract::since_1_0::wit;
use crate::host::Host;

/// Links everything. What a component may do with it, the port decides, call by call.
pub(crate) fn link(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    type Whole = HasSelf<Host>;
    wit::log::add_to_linker::<_, Whole>(linker, |host| host)?;
    wit::clock::add_to_linker::<_, Whole>(linker, |host| host)?;
    wit::random::add_to_linker::<_, Whole>(linker, |host| host)?;
    wit::settings::add_to_linker::<_, Whole>(linker, |host| host)?;
    wit::report::add_to_linker::<_, Whole>(linker, |host| host)?;
    wit::secrets::add_to_linker::<_, Whole>(linker, |host| host)?;
    wit::http::add_to_linker::<_, Whole>(linker, |host| host)
}
