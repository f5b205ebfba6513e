//! The macros that make a component of a crate.

/// Makes the crate a component with the export `lifecycle`, of one or several provisioners.
///
/// Each argument is a value whose type implements [`Provisioner`](crate::Provisioner); the kind of a target
/// decides who answers. Name and version of the component are those of the crate. In a build for any target
/// but `wasm32` nothing is exported, so that the crate can be tested natively.
///
/// ```
/// # use innominatus_guest::prelude::*;
/// # struct Engine { kind: &'static str }
/// # impl Provisioner for Engine {
/// #     type Params = NoParams;
/// #     fn offer(&self) -> Offer { Offer::new(self.kind) }
/// #     fn provision(&self, _: &Host<'_>, _: &Target<NoParams>) -> Result<Progress, Failure> {
/// #         Ok(State::new().into())
/// #     }
/// # }
/// innominatus_guest::export_provisioner!(Engine { kind: "postgres" }, Engine { kind: "mysql" });
/// ```
///
/// What is no provisioner does not compile, and neither does an empty list:
///
/// ```compile_fail,E0277
/// struct Nothing;
/// innominatus_guest::export_provisioner!(Nothing);
/// ```
///
/// ```compile_fail
/// innominatus_guest::export_provisioner!();
/// ```
#[macro_export]
macro_rules! export_provisioner {
    ($($provisioner:expr),+ $(,)?) => {
        const _: () = {
            struct Component;

            impl $crate::component::ListsProvisioners for Component {
                fn with<R>(
                    run: impl FnOnce($crate::component::ProvisionerComponent<'_>) -> R,
                ) -> R {
                    run($crate::component::ProvisionerComponent::new(
                        env!("CARGO_PKG_NAME"),
                        env!("CARGO_PKG_VERSION"),
                        &[$(&$provisioner),+],
                    ))
                }
            }

            #[cfg(target_arch = "wasm32")]
            $crate::bindings::provisioner::export_lifecycle!(
                Component with_types_in $crate::bindings::provisioner
            );
        };
    };
}

/// Makes the crate a component with the export `generator`, of one golden path.
///
/// The argument is a value whose type implements [`GoldenPath`](crate::GoldenPath). Name and version of the
/// component are those of the crate. In a build for any target but `wasm32` nothing is exported.
///
/// ```
/// # use innominatus_guest::prelude::*;
/// # struct Deploy;
/// # impl GoldenPath for Deploy {
/// #     type Parameters = NoParams;
/// #     fn render(&self, _: &PathHost<'_>, _: &Request<NoParams>, _: &Step, _: &[Made])
/// #         -> Result<Vec<Artifact>, Failure> { Ok(vec![]) }
/// # }
/// innominatus_guest::export_golden_path!(Deploy);
/// ```
///
/// A golden path's host offers no secrets:
///
/// ```compile_fail,E0599
/// # use innominatus_guest::PathHost;
/// fn render(host: &PathHost<'_>) {
///     host.secrets();
/// }
/// ```
#[macro_export]
macro_rules! export_golden_path {
    ($path:expr) => {
        const _: () = {
            struct Component;

            impl $crate::component::ListsGoldenPath for Component {
                fn with<R>(run: impl FnOnce($crate::component::GoldenPathComponent<'_>) -> R) -> R {
                    run($crate::component::GoldenPathComponent::new(
                        env!("CARGO_PKG_NAME"),
                        env!("CARGO_PKG_VERSION"),
                        &$path,
                    ))
                }
            }

            #[cfg(target_arch = "wasm32")]
            $crate::bindings::golden_path::export_generator!(
                Component with_types_in $crate::bindings::golden_path
            );
        };
    };
}
