//! Whose things stand beside each other on one machine: environments and tenants that are not the default.
//!
//! The golden path follows the same rules for the project's name and the port of its routes.

use innominatus_guest::Target;

const DEFAULT: &str = "default";

/// What tells this scope from the default one: nothing, the environment, or the environment and the tenant.
/// No name has a `.` or `_`, so joined with one of them no two scopes read alike.
pub(crate) fn parts<P>(target: &Target<P>) -> Vec<&str> {
    match (target.environment.as_str(), target.tenant.as_str()) {
        (DEFAULT, DEFAULT) => vec![],
        (environment, DEFAULT) => vec![environment],
        (environment, tenant) => vec![environment, tenant],
    }
}
