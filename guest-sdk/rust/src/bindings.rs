//! What `wit-bindgen` makes of the contract. Authors meet it only through the export macros.
//!
//! Unused imports leave no trace: each is referred to by one function of [`crate::Host`] and the linker
//! drops what nobody calls, so a component imports exactly what its author used.

#![allow(missing_docs, reason = "generated; the contract's own comments are the documentation")]
#![allow(unsafe_code, reason = "the canonical ABI is raw memory; nothing else in the SDK is unsafe")]
#![allow(unused_qualifications, reason = "generated")]
#![allow(clippy::all, reason = "generated")]

/// The world of provisioners: every import of the contract, and the export `lifecycle`.
pub mod provisioner {
    wit_bindgen::generate!({
        path: "../../wit/since-1.0",
        world: "provisioner",
        pub_export_macro: true,
        export_macro_name: "export_lifecycle",
    });
}

/// The world of golden paths: the export `generator`; types and imports are those of [`provisioner`].
pub mod golden_path {
    wit_bindgen::generate!({
        path: "../../wit/since-1.0",
        world: "golden-path",
        pub_export_macro: true,
        export_macro_name: "export_generator",
        with: {
            "innominatus:platform/types@1.0.0": super::provisioner::innominatus::platform::types,
            "innominatus:platform/log@1.0.0": super::provisioner::innominatus::platform::log,
            "innominatus:platform/settings@1.0.0": super::provisioner::innominatus::platform::settings,
        },
    });
}
