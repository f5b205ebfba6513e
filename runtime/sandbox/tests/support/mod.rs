//! What the tests of this room share: components made from WebAssembly text, and ports.

#![allow(dead_code, reason = "each test program uses a part of it")]

pub(crate) mod guest;
pub(crate) mod port;

use std::path::{Path, PathBuf};

use innominatus_model::{
    Class, Digest, Json, Kind, Name, PathRequest, ResourceId, Scope, Step, StepKind, Target,
};
use innominatus_sandbox::{CompileLimits, CompilerCommand, Component, Sandbox, SandboxConfig};

/// A sandbox with a cache in `folder` and this room's own compiler program.
pub(crate) fn sandbox(folder: &Path) -> Sandbox {
    sandbox_with(folder, CompileLimits::default())
}

pub(crate) fn sandbox_with(folder: &Path, compile_limits: CompileLimits) -> Sandbox {
    Sandbox::new(SandboxConfig { cache: folder.join("components"), compiler: compiler(), compile_limits })
        .unwrap()
}

pub(crate) fn compiler() -> CompilerCommand {
    CompilerCommand { program: PathBuf::from(env!("CARGO_BIN_EXE_innominatus-compile")), args: Vec::new() }
}

/// Loads a component that must load.
pub(crate) async fn load(sandbox: &Sandbox, bytes: &[u8]) -> Component {
    sandbox.load(&Digest::of(bytes), bytes).await.unwrap()
}

/// A target with these params.
pub(crate) fn target(params: Json) -> Target {
    Target {
        scope: Scope::default(),
        application: Name::new("shop").unwrap(),
        id: ResourceId::generate(),
        name: "shop-db".into(),
        kind: Kind::new("thing").unwrap(),
        class: Class::default(),
        workloads: vec![Name::new("web").unwrap()],
        labels: vec![("team".into(), "blue".into())],
        params,
        generation: 1,
        attempt: 1,
        prior: None,
        unsettled: Vec::new(),
    }
}

/// A request without workloads or needs.
pub(crate) fn request() -> PathRequest {
    PathRequest {
        scope: Scope::default(),
        application: Name::new("shop").unwrap(),
        workloads: Vec::new(),
        needs: Vec::new(),
        parameters: Json::Object(Default::default()),
    }
}

pub(crate) fn render_step() -> Step {
    Step {
        name: "render".into(),
        kind: StepKind::Render,
        subject: None,
        config: Json::Null,
        depends_on: Vec::new(),
    }
}
