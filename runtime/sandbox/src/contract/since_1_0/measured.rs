//! The bare half of a measurement: typed values in and out, and nothing around them.

use innominatus_model::Target;
use wasmtime::Store;
use wasmtime::component::{ComponentExportIndex, Instance};

use super::to_guest;
use super::wit::types;

/// `get-status`, its answer thrown away.
pub(crate) async fn get_status(
    instance: &Instance,
    store: &mut Store<()>,
    index: &ComponentExportIndex,
    target: &Target,
) -> Result<(), String> {
    let said = |error: wasmtime::Error| format!("{error:#}");
    let target = to_guest::target(target).map_err(|error| error.to_string())?;
    type Answer = (Result<types::Status, types::Failure>,);
    let function = instance.get_typed_func::<(types::Target,), Answer>(&mut *store, index).map_err(said)?;
    let (answer,) = function.call_async(&mut *store, (target,)).await.map_err(said)?;
    answer.map(|_| ()).map_err(|failure| failure.message)
}
