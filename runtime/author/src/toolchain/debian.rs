//! The third way: Debian's own compiler, with the standard library built for guests from Debian's source
//! package. Compiler and source are of one version there, which is what building the library needs.

use std::path::{Path, PathBuf};

use super::{Attempt, Toolchain};
use crate::process::{Command, find, rustc};
use crate::{Progress, Tell};

/// What Debian calls them; the `-web` ones follow the compiler's releases.
pub(super) const PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];
/// The first release that can compile the SDK.
const OLDEST: (u32, u32) = (1, 95);
/// Where they put cargo.
const CARGO: &str = "/usr/bin/cargo";
const RUSTC: &str = "/usr/bin/rustc";
const LINKER: &str = "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER";

pub(super) async fn attempt(tell: &mut Tell<'_>) -> Attempt {
    if !complete().await {
        if let Err(reason) = install(&PACKAGES, tell).await {
            return Attempt::Unavailable(reason);
        }
        if !complete().await {
            return Attempt::Unavailable("the packages hold no usable compiler with its source".to_owned());
        }
    }
    let linker = match linker().await {
        Some(linker) => linker,
        None => match install_linker(tell).await {
            Ok(linker) => linker,
            Err(reason) => return Attempt::Unavailable(reason),
        },
    };
    let set = |name: &str, value: &str| (name.to_owned(), Some(value.into()));
    Attempt::Ready(Toolchain {
        name: format!("Debian packages {}, standard library built from source", PACKAGES.join(" ")),
        cargo: CARGO.into(),
        arguments: vec!["-Zbuild-std=std,panic_abort".to_owned()],
        environment: vec![
            set("RUSTC", RUSTC),
            // The released compiler is to build its own standard library, which it takes for a nightly matter.
            set("RUSTC_BOOTSTRAP", "1"),
            (LINKER.to_owned(), Some(linker.into_os_string())),
            // Left by a cargo that runs this program; they speak of another toolchain.
            ("CARGO".to_owned(), None),
            ("RUSTUP_TOOLCHAIN".to_owned(), None),
            ("LD_LIBRARY_PATH".to_owned(), None),
        ],
    })
}

/// Whether compiler, cargo and the library's source are there and new enough.
async fn complete() -> bool {
    let version = Command::new(RUSTC).arg("--version").output().await.ok();
    let recent = version.and_then(|text| release(&text)).is_some_and(|found| found >= OLDEST);
    let root = Command::new(RUSTC).args(["--print", "sysroot"]).output().await.ok();
    let source =
        root.is_some_and(|root| Path::new(root.trim()).join("lib/rustlib/src/rust/library/std").is_dir());
    recent && source && Path::new(CARGO).is_file()
}

/// The release in the words of `rustc --version`.
fn release(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.strip_prefix("rustc ")?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Installs packages without asking; says why where it cannot.
async fn install(packages: &[&str], tell: &mut Tell<'_>) -> Result<(), String> {
    let apt = find("apt-get").ok_or("this is not a Debian: `apt-get` is not here")?;
    let user = Command::new("id").arg("-u").output().await.map_err(|error| error.to_string())?;
    if user.trim() != "0" {
        return Err(format!("only root can install {}", packages.join(" ")));
    }
    tell(Progress::Installing { what: packages.join(" "), by: "apt-get" });
    let quiet = async |arguments: &[&str]| {
        let command = Command::new(&apt).args(arguments).env("DEBIAN_FRONTEND", Some("noninteractive"));
        command.run().await.map_err(|error| error.to_string())
    };
    quiet(&["update", "-q"]).await?;
    // What a person installed stays: where the packages would push something out, this way is not taken.
    quiet(&[&["install", "-q", "-y", "--no-remove", "--no-install-recommends"][..], packages].concat()).await
}

/// Debian's compiler comes without a linker for guests; the one of its own LLVM release fits it.
async fn install_linker(tell: &mut Tell<'_>) -> Result<PathBuf, String> {
    let said = Command::new(RUSTC).arg("-vV").output().await.map_err(|error| error.to_string())?;
    let release = llvm(&said).ok_or("the compiler does not name its LLVM release")?;
    install(&[&format!("lld-{release}")], tell).await?;
    linker().await.ok_or_else(|| format!("`lld-{release}` holds no linker for guests"))
}

/// The LLVM release in the words of `rustc -vV`.
fn llvm(text: &str) -> Option<u32> {
    let version = text.lines().find_map(|line| line.strip_prefix("LLVM version: "))?;
    version.split('.').next()?.parse().ok()
}

/// A linker for WebAssembly: the one a toolchain brings, else Debian's.
async fn linker() -> Option<PathBuf> {
    for compiler in [rustc(), RUSTC.into()] {
        let root = Command::new(compiler).args(["--print", "sysroot"]).output().await;
        let hosts = root.ok().and_then(|root| Path::new(root.trim()).join("lib/rustlib").read_dir().ok());
        let linkers = hosts.into_iter().flatten().flatten().map(|host| host.path().join("bin/rust-lld"));
        if let Some(found) = linkers.into_iter().find(|file| file.is_file()) {
            return Some(found);
        }
    }
    let debian = ["rust-lld", "wasm-ld"].into_iter().filter_map(find);
    // Debian numbers its LLVM releases; the newest is the likeliest to know what the compiler wrote.
    let numbered = (14..40).rev().filter_map(|release| find(&format!("wasm-ld-{release}")));
    debian.chain(numbered).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_read_from_what_the_compiler_says_of_itself() {
        assert_eq!(
            release("rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)"),
            Some((1, 96))
        );
        assert_eq!(release("rustc 1.63.0"), Some((1, 63)));
        assert_eq!(release("cargo 1.96.0"), None);
    }

    #[test]
    fn the_linker_s_release_is_read_from_what_the_compiler_says_of_itself() {
        assert_eq!(llvm("rustc 1.96.0\nhost: x86_64-unknown-linux-gnu\nLLVM version: 22.1.8\n"), Some(22));
        assert_eq!(llvm("rustc 1.96.0\n"), None);
    }

    #[test]
    fn the_oldest_release_is_the_one_this_project_asks_for() {
        let manifest = include_str!("../../../../Cargo.toml");
        assert!(manifest.contains(&format!("rust-version = \"{}.{}\"", OLDEST.0, OLDEST.1)));
    }
}
