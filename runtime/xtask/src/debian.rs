//! What a Debian installs for these tasks, where they run as root. (Compilers for guests are the program's own matter.)

use crate::process::{Command, find};

/// Where Debian's packages put cargo.
pub(crate) const CARGO: &str = "/usr/bin/cargo";

/// Installs packages without asking; says why where it cannot.
pub(crate) fn install(packages: &[&str]) -> Result<(), String> {
    let apt = find("apt-get").ok_or("this is not a Debian: `apt-get` is not here")?;
    let user = Command::new("id").arg("-u").output().map_err(|error| format!("{error:#}"))?;
    if user.trim() != "0" {
        return Err(format!("only root can install {}", packages.join(" ")));
    }
    println!("installing {} with apt-get", packages.join(" "));
    let quiet = |arguments: &[&str]| {
        Command::new(&apt)
            .args(arguments)
            .env("DEBIAN_FRONTEND", Some("noninteractive"))
            .run()
            .map_err(|error| format!("{error:#}"))
    };
    quiet(&["update", "-q"])?;
    // What a person installed stays: where the packages would push something out, this way is not taken.
    quiet(&[&["install", "-q", "-y", "--no-remove", "--no-install-recommends"][..], packages].concat())
}
