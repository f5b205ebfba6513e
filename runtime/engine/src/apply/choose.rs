//! Which golden path is meant.

use innominatus_ledger::{Application, InstalledGoldenPath, InstalledPlatform};
use innominatus_model::{Code, Name, Version};
use innominatus_plan::ComponentRef;

use crate::EngineError;

/// A golden path of an installed platform.
pub(super) struct Chosen {
    pub(super) reference: ComponentRef,
    pub(super) entry: InstalledGoldenPath,
}

/// By name, by platform, by what the application used before, or the only one there is; of several
/// versions the newest, unless one is named.
pub(super) fn choose(
    platforms: &[InstalledPlatform],
    name: Option<&Name>,
    platform: Option<&str>,
    before: Option<&Application>,
) -> Result<Chosen, EngineError> {
    let (wanted, version) = platform.map(parse_platform).transpose()?.unwrap_or((None, None));
    let used = before.and_then(|application| application.golden_path.as_ref());
    let used = used.filter(|used| {
        name.is_none_or(|name| *name == used.entry)
            && wanted.as_ref().is_none_or(|wanted| *wanted == used.platform)
    });
    let mut found: Vec<Chosen> = Vec::new();
    for installed in platforms {
        let fits = wanted.as_ref().is_none_or(|wanted| *wanted == installed.name)
            && version.as_ref().is_none_or(|version| *version == installed.version)
            && used.is_none_or(|used| used.platform == installed.name);
        for entry in installed.golden_paths.iter().filter(|_| fits) {
            let meant = match (name, used) {
                (Some(name), _) => *name == entry.name,
                (None, Some(used)) => used.entry == entry.name,
                (None, None) => true,
            };
            if meant {
                found.push(Chosen { reference: installed.golden_path_ref(entry), entry: entry.clone() });
            }
        }
    }
    // Newest first, then one per platform and name is left.
    found.sort_by(|a, b| b.reference.version.cmp(&a.reference.version));
    let mut labels: Vec<String> = found.iter().map(|chosen| chosen.reference.label()).collect();
    labels.sort();
    labels.dedup();
    match labels.as_slice() {
        [] => Err(none(platforms, name, platform)),
        [_] => Ok(found.swap_remove(0)),
        several => Err(EngineError::refused(
            Code::GoldenPathAmbiguous,
            format!("more than one golden path could be meant: {}", several.join(", ")),
            Some(
                "name one with `--golden-path` (or `run <golden-path>`), and its platform with `--platform`"
                    .to_owned(),
            ),
        )),
    }
}

fn parse_platform(text: &str) -> Result<(Option<Name>, Option<Version>), EngineError> {
    let (name, version) = text.split_once('@').map_or((text, None), |(name, version)| (name, Some(version)));
    let invalid = |error: &dyn std::fmt::Display| {
        EngineError::refused(
            Code::IdInvalid,
            format!("`--platform {text}`: {error}"),
            Some("write `name` or `name@1.2.3`".to_owned()),
        )
    };
    let name = Name::new(name).map_err(|error| invalid(&error))?;
    let version = version
        .map(|version| version.trim_start_matches('v').parse::<Version>().map_err(|error| invalid(&error)))
        .transpose()?;
    Ok((Some(name), version))
}

fn none(platforms: &[InstalledPlatform], name: Option<&Name>, platform: Option<&str>) -> EngineError {
    let mut known: Vec<String> = platforms
        .iter()
        .flat_map(|installed| {
            installed.golden_paths.iter().map(|entry| format!("{}/{}", installed.name, entry.name))
        })
        .collect();
    known.dedup();
    let message = match (name, platform) {
        (Some(name), Some(platform)) => {
            format!("platform `{platform}` has no golden path `{name}`, or is not installed")
        }
        (Some(name), None) => format!("no installed platform has a golden path `{name}`"),
        (None, Some(platform)) => format!("platform `{platform}` has no golden path, or is not installed"),
        (None, None) => "no installed platform has a golden path".to_owned(),
    };
    let hint = if known.is_empty() {
        "install a platform: `innominatus platform install <folder>`".to_owned()
    } else {
        format!("installed golden paths: {}", known.join(", "))
    };
    EngineError::refused(Code::GoldenPathNotFound, message, Some(hint))
}
