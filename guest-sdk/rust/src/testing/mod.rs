//! For an author's own tests, natively, with plain `cargo test`.
//!
//! [`FakeHost`] answers what the real host would, and remembers what it was asked. [`target`] and
//! [`request`] make what the host would hand in.

mod capture;
mod fake_host;
mod recipes;

use serde::de::DeserializeOwned;
use serde_json::Map;

use crate::{Json, Need, Prior, Request, State, Target, Workload};

pub use crate::component::{GoldenPathComponent, ProvisionerComponent};
pub use fake_host::{FakeHost, HostCall};

/// A target of the kind, called `name`, of workload `hello` in application `hello`. Its id is made from kind and name.
///
/// # Panics
///
/// If the author's type cannot read the params.
pub fn target<P: DeserializeOwned>(kind: &str, name: &str, params: Json) -> Target<P> {
    Target {
        tenant: "default".to_owned(),
        environment: "default".to_owned(),
        application: "hello".to_owned(),
        id: format!("res_{:032x}", fake_host::sum(kind.bytes().chain([0]).chain(name.bytes()))),
        name: name.to_owned(),
        kind: kind.to_owned(),
        class: "default".to_owned(),
        workloads: vec!["hello".to_owned()],
        labels: vec![("uid".to_owned(), format!("{kind}.default#hello.{name}"))],
        params: serde_json::from_value(params).expect("params that the type reads"),
        generation: 1,
        attempt: 1,
        prior: None,
        unsettled: Vec::new(),
        ext: Map::new(),
    }
}

/// The same target with an annotation.
#[must_use]
pub fn annotated<P>(mut target: Target<P>, key: &str, value: &str) -> Target<P> {
    target.labels.push((format!("{}{key}", crate::value::ANNOTATION), value.to_owned()));
    target
}

/// The same target after it was made with this state.
pub fn made<P>(target: Target<P>, state: State) -> Target<P> {
    let prior =
        Prior { state, version: "1.0.0".to_owned(), generation: target.generation, params: Json::Null };
    Target { prior: Some(prior), ..target }
}

/// A request for these workloads and needs, in application `hello`.
///
/// # Panics
///
/// If the author's type cannot read the parameters.
pub fn request<P: DeserializeOwned>(
    workloads: Vec<Workload>,
    needs: Vec<Need>,
    parameters: Json,
) -> Request<P> {
    Request {
        tenant: "default".to_owned(),
        environment: "default".to_owned(),
        application: "hello".to_owned(),
        workloads,
        needs,
        parameters: serde_json::from_value(parameters).expect("parameters that the type reads"),
        ext: Map::new(),
    }
}
