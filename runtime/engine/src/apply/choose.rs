//! Which golden path is meant.

use innominatus_ledger::{Application, InstalledGoldenPath};
use innominatus_model::{Code, Name};
use innominatus_plan::ComponentRef;

use crate::EngineError;
use crate::platforms::Serving;

/// A golden path of an installed platform.
pub(super) struct Chosen {
    pub(super) reference: ComponentRef,
    pub(super) entry: InstalledGoldenPath,
}

/// By name, by platform, by what the application used before, or the only one there is; of the versions that serve
/// what is new.
pub(super) fn choose(
    serving: &Serving,
    name: Option<&Name>,
    platform: Option<(&str, &Name)>,
    before: Option<&Application>,
) -> Result<Chosen, EngineError> {
    let wanted = platform.map(|(_, name)| name);
    let used = before.and_then(|application| application.golden_path.as_ref());
    let used = used.filter(|used| {
        name.is_none_or(|name| *name == used.entry) && wanted.is_none_or(|wanted| *wanted == used.platform)
    });
    let mut found: Vec<Chosen> = Vec::new();
    for installed in serving.active() {
        let fits = wanted.is_none_or(|wanted| *wanted == installed.name)
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
    let mut labels: Vec<String> = found.iter().map(|chosen| chosen.reference.label()).collect();
    labels.sort();
    match labels.as_slice() {
        [] => Err(none(serving, name, platform.map(|(text, _)| text))),
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

fn none(serving: &Serving, name: Option<&Name>, platform: Option<&str>) -> EngineError {
    let mut known: Vec<String> = serving
        .active()
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
    let hint = if let (true, Some(off)) = (known.is_empty(), serving.switched_off()) {
        format!("`{off}` is switched off: `innominatus platform enable {off}`")
    } else if known.is_empty() {
        "a Score file is carried out by a golden path: install a platform that has one (`innominatus platform install \
         <folder>`), or add one to yours under `goldenpaths:`; `innominatus platform new --golden-path` shows how"
            .to_owned()
    } else {
        format!("installed golden paths: {}", known.join(", "))
    };
    EngineError::refused(Code::GoldenPathNotFound, message, Some(hint))
}
