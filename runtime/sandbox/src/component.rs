//! A live component: compiled, linked, cheap to clone. It keeps no instance; each call makes its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use innominatus_effect::Export;
use innominatus_model::Digest;
use wasmtime::Engine;
use wasmtime::component::{Component as Code, ComponentExportIndex, InstancePre, Linker};

use crate::call::Call;
use crate::host::Host;
use crate::inspect::Contract;
pub(crate) use crate::inspect::Role;
use crate::ticker::Ticker;
use crate::{capability, contract};

pub use crate::contract::since_1_0::{GoldenPath, Provisioner};

/// A component that can be called.
#[derive(Clone)]
pub struct Component(Arc<Live>);

struct Live {
    digest: Digest,
    contract: Contract,
    pre: InstancePre<Host>,
    exports: BTreeMap<(Role, Export), ComponentExportIndex>,
    /// Busy guests yield as long as someone can call them.
    _ticker: Arc<Ticker>,
}

impl Component {
    /// Links compiled code. Fails only where [`inspect`](crate::inspect()) was less strict than wasmtime.
    pub(crate) fn link(
        engine: &Engine,
        code: &Code,
        digest: Digest,
        contract: Contract,
        ticker: Arc<Ticker>,
    ) -> wasmtime::Result<Self> {
        let mut linker = Linker::new(engine);
        capability::link(&mut linker)?;
        let pre = linker.instantiate_pre(code)?;
        let mut exports = BTreeMap::new();
        for &role in &contract.roles {
            let interface = contract::since_1_0::interface(role);
            let outer = code.get_export_index(None, interface.as_str());
            for &export in contract::since_1_0::exports(role) {
                let index =
                    outer.as_ref().and_then(|outer| code.get_export_index(Some(outer), export.as_str()));
                let index = index
                    .ok_or_else(|| wasmtime::format_err!("no export `{interface}#{}`", export.as_str()))?;
                exports.insert((role, export), index);
            }
        }
        Ok(Self(Arc::new(Live { digest, contract, pre, exports, _ticker: ticker })))
    }

    /// What it was built for and what it imports.
    pub fn contract(&self) -> &Contract {
        &self.0.contract
    }

    /// The SHA-256 of its bytes.
    pub fn digest(&self) -> &Digest {
        &self.0.digest
    }

    /// One call of it as a provisioner.
    pub fn provisioner(&self, call: Call) -> Provisioner {
        Provisioner::new(self.clone(), call)
    }

    /// One call of it as a golden path.
    pub fn golden_path(&self, call: Call) -> GoldenPath {
        GoldenPath::new(self.clone(), call)
    }

    pub(crate) fn pre(&self) -> &InstancePre<Host> {
        &self.0.pre
    }

    pub(crate) fn engine(&self) -> &Engine {
        self.0.pre.engine()
    }

    pub(crate) fn export_index(&self, role: Role, export: Export) -> Option<&ComponentExportIndex> {
        self.0.exports.get(&(role, export))
    }

    /// For the sandbox's list of live components, which must not keep them alive.
    pub(crate) fn downgrade(&self) -> WeakComponent {
        WeakComponent(Arc::downgrade(&self.0))
    }
}

impl std::fmt::Debug for Component {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Component")
            .field("digest", &self.0.digest)
            .field("contract", &self.0.contract)
            .finish()
    }
}

/// A component that may be gone.
#[derive(Clone, Default)]
pub(crate) struct WeakComponent(std::sync::Weak<Live>);

impl WeakComponent {
    pub(crate) fn upgrade(&self) -> Option<Component> {
        self.0.upgrade().map(Component)
    }
}
