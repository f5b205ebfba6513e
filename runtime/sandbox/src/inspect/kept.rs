//! A contract as it lies beside compiled code: what was read of the same bytes before they were compiled.

use innominatus_model::{Capability, Json, Version};
use serde_json::json;

use super::{Contract, Role};

impl Contract {
    /// To be kept where nobody else can write.
    pub(crate) fn to_kept(&self) -> Vec<u8> {
        let imports: Vec<_> = self.imports.iter().map(|import| import.as_str()).collect();
        let roles: Vec<_> = self.roles.iter().map(|role| role.world()).collect();
        let contract = json!({
            "version": self.version.to_string(),
            "roles": roles,
            "imports": imports,
            "imported": self.imported,
            "exported": self.exported,
            "size": self.size,
        });
        contract.to_string().into_bytes()
    }

    /// From what was kept; none where it was written otherwise: then the component is read again.
    pub(crate) fn from_kept(bytes: &[u8]) -> Option<Self> {
        let kept: Json = serde_json::from_slice(bytes).ok()?;
        let words = |field: &str| -> Option<Vec<&str>> {
            kept.get(field)?.as_array()?.iter().map(Json::as_str).collect()
        };
        let owned = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect();
        let role = |word: &&str| Role::ALL.into_iter().find(|role| role.world() == *word);
        Some(Self {
            version: Version::parse(kept.get("version")?.as_str()?).ok()?,
            roles: words("roles")?.iter().map(role).collect::<Option<_>>()?,
            imports: words("imports")?.into_iter().map(Capability::parse).collect::<Option<_>>()?,
            imported: owned(words("imported")?),
            exported: owned(words("exported")?),
            size: kept.get("size")?.as_u64()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_as_it_was() {
        let contract = Contract {
            version: Version::new(1, 0, 0),
            roles: Role::ALL.to_vec(),
            imports: vec![Capability::Log, Capability::Http],
            imported: vec!["innominatus:platform/log@1.0.0".to_owned()],
            exported: vec!["innominatus:platform/lifecycle@1.0.0".to_owned()],
            size: 7,
        };
        let kept = contract.to_kept();
        assert_eq!(Contract::from_kept(&kept), Some(contract));
        let otherwise = String::from_utf8(kept).unwrap().replace("\"provisioner\"", "\"tyrant\"");
        for bytes in [&b""[..], b"{}", otherwise.as_bytes()] {
            assert_eq!(Contract::from_kept(bytes), None);
        }
    }
}
