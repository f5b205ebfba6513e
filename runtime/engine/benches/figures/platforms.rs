//! Platforms as artifacts: what a new version costs to fetch, and what the first answer of an installed one costs.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use innominatus_model::Digest;
use innominatus_package::{ComponentFacts, Image, Package, Stamp, Tag, open_files, open_folder};
use innominatus_registry::{Cache, Layout, layout_repository, pull, push};
use innominatus_sandbox::{Sandbox, inspect, measure};

use crate::{Error, Quiet, figure, target};

/// Rounds of which the median counts.
const ROUNDS: usize = 101;

fn image(package: &Package) -> Result<Image, Error> {
    let mut facts = BTreeMap::new();
    for (path, blob) in package.components() {
        facts.insert(path.to_owned(), ComponentFacts::from(&inspect(&blob.bytes)?));
    }
    Ok(Image::pack(package, &facts, &Stamp::default())?)
}

/// What was fetched before.
struct Known(BTreeMap<Digest, Vec<u8>>);

impl Cache for Known {
    fn get(&self, digest: &Digest) -> Option<Vec<u8>> {
        self.0.get(digest).cloned()
    }

    fn keep(&self, _bytes: &[u8]) -> std::io::Result<()> {
        Ok(())
    }
}

/// Bytes that move for a version whose components are those of the version before, over the size of the package.
pub(crate) async fn shared(platform: &Path, folder: &Path) -> Result<(), Error> {
    let first = open_folder(platform)?;
    let mut files: BTreeMap<String, Vec<u8>> =
        first.files.iter().map(|(path, file)| (path.clone(), file.blob.bytes.to_vec())).collect();
    let manifest = files.get_mut("platform.yaml").ok_or("the platform has a manifest")?;
    *manifest =
        String::from_utf8(manifest.clone())?.replacen("version: 1.0.0", "version: 1.0.1", 1).into_bytes();
    let second = open_files(Path::new("platform.yaml"), &files)?;
    let (layout, repository) = (Layout::create(folder)?, layout_repository());
    let images = [image(&first)?, image(&second)?];
    for (image, tag) in images.iter().zip(["1.0.0", "1.0.1"]) {
        let tags: Vec<Tag> = vec![tag.parse()?];
        push(&layout, &repository, &tags, image, &[], true).await?;
    }
    let known = images[0].blobs().into_iter().map(|(blob, bytes)| (blob.digest, bytes.to_vec()));
    let pulled = pull(&layout, &repository, &images[1].digest(), &Known(known.collect())).await?;
    let whole: u64 = second.files.values().map(|file| file.blob.bytes.len() as u64).sum();
    let changed =
        images[1].manifest_bytes().len() + images[1].config_bytes().len() + files["platform.yaml"].len();
    figure("moved-bytes-over-package", pulled.moved_bytes as f64 / whole as f64, "ratio");
    figure("moved-bytes-over-changed", pulled.moved_bytes as f64 / changed as f64, "ratio");
    Ok(())
}

/// From the bytes of a component that was compiled before to its first answer, over what the engine alone takes for that.
pub(crate) async fn first_answer(sandbox: &Sandbox, platform: &Path) -> Result<(), Error> {
    let bytes = std::fs::read(platform.join("guests.wasm"))?;
    let cost = measure::first_answer(sandbox, &bytes, &target()?, Arc::new(Quiet), ROUNDS).await?;
    figure("first-answer-over-bare", cost.whole.as_secs_f64() / cost.bare.as_secs_f64(), "ratio");
    figure("first-answer", cost.whole.as_secs_f64() * 1e3, "ms");
    Ok(())
}
