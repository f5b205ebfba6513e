//! Data outlives its container: what is known of a server's volumes, and when another server must not be put
//! on one.
//!
//! The handle of a server's state says which release wrote which volume. A release that does not take over
//! the data of another is refused before anything is made, as long as it would meet that data: a person who
//! accepts an empty volume names another one, and finds the old one again by its name.

use std::collections::BTreeMap;

use innominatus_guest::prelude::*;

use crate::release::{Release, TakesOver};

/// A server and the volume it is to run on.
pub(crate) struct Data<'a> {
    /// The server, for people.
    pub(crate) title: &'a str,
    /// The Compose service.
    pub(crate) service: &'a str,
    /// The param `volume`.
    pub(crate) volume: &'a str,
    /// The image that will run.
    pub(crate) image: &'a str,
    /// The param that decides the release, for the violation.
    pub(crate) pointer: &'static str,
    /// What the image makes in an empty volume only, by param.
    pub(crate) first: &'a [(&'static str, &'a str)],
    pub(crate) takes_over: TakesOver,
}

/// The handle: every volume that was ever asked for, by the param `volume`.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
struct Volumes {
    volumes: BTreeMap<String, Written>,
}

#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
struct Written {
    /// The last release that ran on it, if its image said so.
    #[serde(default)]
    release: Option<Release>,
    /// What was made when it was empty.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    first: BTreeMap<String, String>,
}

/// The param `volume` where a Score file does not say.
pub(crate) fn default_volume() -> String {
    "data".to_owned()
}

impl Data<'_> {
    /// The volume's name in the Compose file.
    pub(crate) fn volume_name(&self) -> String {
        volume_name(self.service, self.volume)
    }

    /// Why the server must not run on the volume.
    pub(crate) fn violation<P>(&self, target: &Target<P>) -> Option<Violation> {
        let volumes = target.handle::<Volumes>()?.volumes;
        let from = volumes.get(self.volume)?.release?;
        let to = Release::of_image(self.image)?;
        if (self.takes_over)(from, to) {
            return None;
        }
        let (title, name) = (self.title, self.volume_name());
        let message = format!(
            "the volume `{name}` holds data of {title} {from}, which {title} {to} does not take over by itself"
        );
        let mut free = (0_u32..).map(|number| match number {
            0 => format!("v{}", to.major),
            _ => format!("v{}x{number}", to.major),
        });
        let free = free.find(|volume| !volumes.contains_key(volume)).unwrap_or_default();
        let remedy = format!(
            "stay with {title} {from}; or begin anew in an empty volume with `volume: {free}`: `{name}` stays as it \
             is, so copy out of it first what you need, with {title} {from}"
        );
        Some(Violation::new(self.pointer, message).remedy(remedy))
    }

    /// Like [`Data::violation`], as a failure; and a warning for what an image does not make a second time.
    pub(crate) fn admit<P>(&self, host: &Host<'_>, target: &Target<P>) -> Result<(), Failure> {
        if let Some(violation) = self.violation(target) {
            return Err(Failure::invalid([violation]));
        }
        let volumes = target.handle::<Volumes>().unwrap_or_default().volumes;
        let written = volumes.get(self.volume);
        for (param, value) in self.first {
            if let Some(before) = written.and_then(|written| written.first.get(*param))
                && before != value
            {
                host.warn(format!(
                    "the volume `{}` was made with {param} `{before}`; the image makes `{value}` in an empty volume \
                     only, so make it by hand, or name another volume with the param `volume`",
                    self.volume_name()
                ));
            }
        }
        Ok(())
    }

    /// The handle after this server has run.
    pub(crate) fn handle<P>(&self, target: &Target<P>) -> Result<Json, Failure> {
        let mut volumes = target.handle::<Volumes>().unwrap_or_default();
        let first = || self.first.iter().map(|(param, value)| ((*param).to_owned(), (*value).to_owned()));
        let written = volumes
            .volumes
            .entry(self.volume.to_owned())
            .or_insert_with(|| Written { release: None, first: first().collect() });
        written.release = Release::of_image(self.image).or(written.release);
        Ok(serde_json::to_value(volumes)?)
    }
}

/// The volume's name in the Compose file. No `-` in the last part: so no two servers have one of the same name.
fn volume_name(service: &str, volume: &str) -> String {
    format!("{service}-{volume}")
}

/// Says what stays behind when a server is removed that keeps its password with its data.
pub(crate) fn farewell<P>(host: &Host<'_>, target: &Target<P>, service: &str) {
    let volumes = target.handle::<Volumes>().unwrap_or_default().volumes;
    for volume in volumes.keys() {
        host.warn(format!(
            "the volume `{}` stays on this machine, with its data and its password of now: remove it with `docker \
             volume rm` (`docker volume ls` shows its full name) before a resource of this name is made anew, which \
             gets another password",
            volume_name(service, volume)
        ));
    }
}
