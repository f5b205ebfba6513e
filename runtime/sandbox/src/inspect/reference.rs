//! The contract as this runtime knows it, parsed from the WIT text it was built with.

use std::sync::OnceLock;

use wit_parser::{Function, InterfaceId, Resolve, SourceMap};

use crate::contract::since_1_0::WIT;

/// The parsed contract.
pub(super) struct Reference {
    pub(super) resolve: Resolve,
    interfaces: Vec<(String, InterfaceId)>,
}

impl Reference {
    /// Parsed at the first use.
    pub(super) fn get() -> &'static Self {
        static REFERENCE: OnceLock<Reference> = OnceLock::new();
        REFERENCE.get_or_init(Self::parse)
    }

    fn parse() -> Self {
        let mut sources = SourceMap::new();
        for (name, text) in WIT {
            sources.push_str(name, text);
        }
        let group = match sources.parse() {
            Ok(group) => group,
            Err((_, error)) => panic!("the WIT in this binary does not parse: {error:?}"),
        };
        let mut resolve = Resolve::default();
        let package = resolve.push_group(group).expect("the WIT in this binary refers only to itself");
        let interfaces =
            resolve.packages[package].interfaces.iter().map(|(name, id)| (name.clone(), *id)).collect();
        Self { resolve, interfaces }
    }

    /// A function of the contract.
    pub(super) fn function(&self, interface: &str, function: &str) -> Option<&Function> {
        let (_, id) = self.interfaces.iter().find(|(name, _)| name == interface)?;
        self.resolve.interfaces[*id].functions.get(function)
    }
}
