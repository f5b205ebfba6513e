//! A lock as text: sorted, one line for each fact.

use std::fmt::Write as _;

use super::{LOCK_VERSION, Lock, LockedIndex, LockedPlatform, LockedSigner};

const HEAD: &str = "\
# Made by innominatus. Keep it under version control and do not edit it: `innominatus platform apply` does.
";

/// The file. Equal locks are equal texts.
pub fn render_lock(lock: &Lock) -> String {
    let mut out = format!("{HEAD}version = {LOCK_VERSION}\n");
    for (name, platform) in &lock.platforms {
        _ = write!(out, "\n[[platform]]\nname = {}\n", text(name.as_str()));
        body(platform, &mut out);
    }
    out
}

fn body(platform: &LockedPlatform, out: &mut String) {
    let mut line = |name: &str, value: &str| _ = writeln!(out, "{name} = {value}");
    line("source", &text(&platform.source));
    line("version", &text(&platform.version.to_string()));
    line("digest", &text(&platform.digest.to_string()));
    line("core", &text(&platform.core.to_string()));
    let contracts: Vec<String> = platform.contracts.iter().map(|contract| text(contract)).collect();
    line("contracts", &format!("[{}]", contracts.join(", ")));
    line("signer", &signer(&platform.signer));
    line("grants", &text(&platform.grants.to_string()));
    if let Some(highest) = &platform.highest {
        line("highest", &text(&highest.to_string()));
    }
    if let Some(LockedIndex { name, generation }) = &platform.index {
        line("index", &format!("{{ name = {}, generation = {generation} }}", text(name.as_str())));
    }
    if !platform.components.is_empty() {
        out.push_str("[platform.components]\n");
        for (name, digest) in &platform.components {
            // Bare keys may be made of everything that a name is made of.
            _ = writeln!(out, "{name} = {}", text(&digest.to_string()));
        }
    }
}

fn signer(signer: &LockedSigner) -> String {
    match signer {
        LockedSigner::None => "{ kind = \"none\" }".to_owned(),
        LockedSigner::Key { id } => format!("{{ kind = \"key\", id = {} }}", text(&id.to_string())),
        LockedSigner::Keyless { issuer, identity } => {
            format!("{{ kind = \"keyless\", issuer = {}, identity = {} }}", text(issuer), text(identity))
        }
    }
}

/// A basic string in one line, whatever is in it.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => _ = write!(out, "\\u{:04X}", u32::from(c)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
