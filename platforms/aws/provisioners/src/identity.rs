//! Who a resource is in an account: names that follow from its identity alone, and tags that say whose a thing is.

use innominatus_guest::Target;
use sha2::{Digest, Sha256};

use crate::tags::Tags;

const IDENTITY: &str = "innominatus:identity";
const ID: &str = "innominatus:id";
/// Hexadecimal digits at the end of a name.
const DIGITS: usize = 10;

/// A resource's identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Of tenant, environment, application and uid; hexadecimal.
    digest: String,
    /// For people.
    readable: String,
    tags: Tags,
}

/// Whose a thing is, by its tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Owner {
    /// This resource's.
    Ours,
    /// That of a resource of the same name in another installation, or from before this one lost its memory.
    Namesake(String),
    /// Another resource's, as a person would call it.
    Other(String),
    /// It does not say.
    Nobody,
}

impl Identity {
    /// Of the resource that is asked about.
    pub(crate) fn of<P>(target: &Target<P>) -> Self {
        let parts = [&target.tenant, &target.environment, &target.application].map(String::as_str);
        let mut digest = Sha256::new();
        for part in parts.into_iter().chain([target.uid()]) {
            // With its length, so that no two lists of parts read the same.
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        let digest: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let environment = Some(target.environment.as_str()).filter(|name| *name != "default");
        let readable = [Some(target.application.as_str()), environment, Some(target.resource_name())];
        let readable = readable.into_iter().flatten().collect::<Vec<_>>().join("-");
        let mut tags = Tags::default();
        tags.set(IDENTITY, &digest[..32]);
        tags.set(ID, written(&target.id));
        tags.set("innominatus:tenant", written(&target.tenant));
        tags.set("innominatus:environment", written(&target.environment));
        tags.set("innominatus:application", written(&target.application));
        tags.set("innominatus:resource", written(target.uid()));
        Self { digest, readable, tags }
    }

    /// A name of at most `limit` letters (at least 40): lower case letters, digits and single hyphens, a letter
    /// first. Buckets, instances and users may all be called so.
    pub(crate) fn name(&self, prefix: Option<&str>, limit: usize) -> String {
        let mut name = folded(&[prefix.unwrap_or_default(), &self.readable].join("-"));
        // `xn--` and `sthree-` have a meaning for S3; hyphens are single here, so that only the latter is left.
        if !name.starts_with(|first: char| first.is_ascii_lowercase()) || name.starts_with("sthree-") {
            name.insert_str(0, "in-");
        }
        name.truncate(limit - DIGITS - 1);
        format!("{}-{}", name.trim_end_matches('-'), &self.digest[..DIGITS])
    }

    /// The tags that say whose a thing is.
    pub(crate) fn tags(&self) -> &Tags {
        &self.tags
    }

    /// Whose a thing with these tags is.
    pub(crate) fn owner(&self, found: &Tags) -> Owner {
        match found.get(IDENTITY) {
            None => Owner::Nobody,
            Some(identity) if Some(identity) != self.tags.get(IDENTITY) => {
                let part = |key| found.get(key).unwrap_or("?");
                Owner::Other(format!(
                    "`{}` of application `{}` in environment `{}`",
                    part("innominatus:resource"),
                    part("innominatus:application"),
                    part("innominatus:environment"),
                ))
            }
            Some(_) if found.get(ID) == self.tags.get(ID) => Owner::Ours,
            Some(_) => Owner::Namesake(found.get(ID).unwrap_or("?").to_owned()),
        }
    }
}

fn folded(text: &str) -> String {
    let mut folded = String::new();
    for letter in text.chars() {
        match letter.to_ascii_lowercase() {
            letter if letter.is_ascii_alphanumeric() => folded.push(letter),
            _ if folded.is_empty() || folded.ends_with('-') => {}
            _ => folded.push('-'),
        }
    }
    folded.truncate(folded.trim_end_matches('-').len());
    folded
}

/// A tag's value holds letters, digits and few signs, 256 at most.
fn written(text: &str) -> String {
    let fold = |letter: char| match letter {
        '#' => '/',
        _ if letter.is_alphanumeric() || " _.:/=+-@".contains(letter) => letter,
        _ => '_',
    };
    text.chars().map(fold).take(256).collect()
}

#[cfg(test)]
mod tests;
