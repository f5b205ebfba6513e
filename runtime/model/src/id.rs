//! Identities: a typed prefix and a UUIDv7, one parser for all of them. Names are not identity.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not an id of the form {prefix}_<32 hex digits>", .found.chars().take(80).collect::<String>().escape_debug())]
pub struct InvalidId {
    /// The prefix that was expected.
    pub prefix: &'static str,
    /// What was found instead.
    pub found: String,
}

fn parse(prefix: &'static str, text: &str) -> Result<Uuid, InvalidId> {
    text.strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .filter(|rest| {
            rest.len() == 32 && rest.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        })
        .and_then(|rest| Uuid::try_parse(rest).ok())
        .ok_or_else(|| InvalidId { prefix, found: text.to_owned() })
}

macro_rules! typed_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// The text before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// A new identity. The only source of chance in this room: edges and engine call it, `plan`
            /// is handed ids.
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }

            /// From its 16 bytes, as kept in store keys.
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The 16 bytes, ordered by creation.
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&format!("{}_{}", $prefix, self.0.as_simple()))
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                parse($prefix, text).map(Self)
            }
        }
    };
}

typed_id!(
    /// One provisioned (or to be provisioned) thing.
    ResourceId,
    "res"
);
typed_id!(
    /// One application: the set of workloads applied under its name.
    ApplicationId,
    "app"
);
typed_id!(
    /// One accepted (or offered) plan.
    PlanId,
    "plan"
);
typed_id!(
    /// One execution of a plan.
    RunId,
    "run"
);
typed_id!(
    /// One call of an export that writes, with everything it did.
    ExecutionId,
    "exec"
);
typed_id!(
    /// One event.
    EventId,
    "evt"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_round_trip_and_refuse_everything_else() {
        let id = ResourceId::generate();
        assert_eq!(id.to_string().parse::<ResourceId>(), Ok(id));
        assert_eq!(ResourceId::from_bytes(*id.as_bytes()), id);
        let hex = &id.to_string()[4..];
        for bad in [
            hex.to_owned(),
            format!("run_{hex}"),
            format!("res_{hex}0"),
            format!("res_{}", hex.to_uppercase()),
            "res_".into(),
        ] {
            // An all-digit id has no upper case to refuse.
            if bad == id.to_string() {
                continue;
            }
            assert!(bad.parse::<ResourceId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn later_ids_sort_after_earlier_ones() {
        let ids: Vec<_> = (0..100).map(|_| EventId::generate()).collect();
        assert!(ids.is_sorted());
    }
}
