//! Two versions of a platform side by side.

use innominatus_api::wire::{
    DiffProfile, EntryDifference, OfferDifference, PlatformDiff, SchemaDifference, TypeDifference,
};

use super::style::{BAD, BOLD, DIM, GOOD, WARN, paint};
use super::text::show;

/// What differs, what needs a look first.
pub(crate) fn text(diff: &PlatformDiff) -> String {
    let side = |name: &str, version: &str| paint(BOLD, format!("{} {}", show(name), show(version)));
    let (before, now) = (&diff.before, &diff.now);
    let mut text = format!("{} to {}\n", side(&before.name, &before.version), side(&now.name, &now.version));
    let verdict = match (diff.widens, diff.breaks) {
        (false, false) => paint(GOOD, "asks for no more, and breaks nothing that can be seen"),
        (true, false) => paint(WARN, "asks for more"),
        (false, true) => paint(BAD, "may break files that rely on it"),
        (true, true) => paint(BAD, "asks for more, and may break files that rely on it"),
    };
    text.push_str(&format!("{verdict}\n"));
    let unknown = || "not known".to_owned();
    let word = |side: &DiffProfile, said: &Option<String>, none: &str| match said {
        None if side.partial => unknown(),
        said => show(said.as_deref().unwrap_or(none)),
    };
    for (what, was, is) in [("from", &before.source, &now.source), ("signer", &before.signer, &now.signer)] {
        if was != is {
            let line = format!("{what:<8} {} to {}", word(before, was, "nobody"), word(now, is, "nobody"));
            text.push_str(&format!("{}\n", paint(WARN, line)));
        }
    }
    if before.core != now.core {
        text.push_str(&format!("core     {} to {}\n", show(&before.core), show(&now.core)));
    }
    if before.license != now.license {
        let license = |side: &DiffProfile| word(side, &side.license, "none");
        text.push_str(&format!("licence  {} to {}\n", license(before), license(now)));
    }
    if before.upstream != now.upstream {
        let upstream = |side: &DiffProfile| show(side.upstream.as_deref().unwrap_or("nothing"));
        text.push_str(&format!("follows  {} to {}\n", upstream(before), upstream(now)));
    }
    let size = |side: &DiffProfile| if side.partial { unknown() } else { side.bytes.to_string() };
    text.push_str(&format!("size     {} to {} bytes\n", size(before), size(now)));
    for side in [before, now].into_iter().filter(|side| side.partial) {
        let line = format!(
            "what the components of {} {} can call is not known",
            show(&side.name),
            show(&side.version)
        );
        text.push_str(&format!("{}\n", paint(WARN, line)));
    }
    for (what, entries) in [("provisioner", &diff.provisioners), ("golden path", &diff.golden_paths)] {
        for difference in entries {
            text.push_str(&entry(what, difference));
        }
    }
    diff.types.iter().for_each(|difference| text.push_str(&of_type(difference)));
    if diff.provisioners.is_empty() && diff.golden_paths.is_empty() && diff.types.is_empty() {
        text.push_str(&format!("{}\n", paint(DIM, "no entry differs")));
    }
    text
}

fn entry(what: &str, difference: &EntryDifference) -> String {
    let kind = difference.kind.iter().filter(|kind| *kind != what);
    let kind = kind.map(|kind| format!(" ({})", show(kind))).collect::<String>();
    let versions = match &difference.versions[..] {
        [was, is] => format!(" {} to {}", show(was), show(is)),
        _ => String::new(),
    };
    let heading = format!("{what} {}{kind} {}{versions}", show(&difference.entry), difference.change);
    let mut text = format!("\n{}\n", paint(BOLD, heading));
    let mut lines = |mark: String, all: &[String]| {
        all.iter().for_each(|words| text.push_str(&format!("  {mark} {}\n", show(words))));
    };
    lines(paint(WARN, "asks for more:"), &difference.wider);
    lines(paint(WARN, "can call now:"), &difference.imports);
    lines(paint(GOOD, "asks no more for:"), &difference.narrower);
    lines(paint(GOOD, "can call no more:"), &difference.imports_removed);
    text.push_str(&taken_and_given(&difference.schema, &difference.offer));
    if difference.component {
        text.push_str(&format!("  {} is another\n", paint(DIM, "component:")));
    }
    text
}

fn of_type(difference: &TypeDifference) -> String {
    let classes = match difference.classes.is_empty() {
        true => String::new(),
        false => format!(" ({})", show(&difference.classes.join(", "))),
    };
    let heading = paint(BOLD, format!("type {}{classes} changed", show(&difference.kind)));
    let (before, now) = (show(&difference.before), show(&difference.now));
    let made = paint(WARN, "made by:");
    let mut text = format!("\n{heading}\n  {made} `{now}` from now on, and `{before}` before\n");
    text.push_str(&taken_and_given(&difference.schema, &difference.offer));
    text
}

fn taken_and_given(schema: &[SchemaDifference], offer: &[OfferDifference]) -> String {
    let mut text = String::new();
    let mut line = |breaks: bool, mark: &str, words: &str| {
        let mark = if breaks { paint(BAD, "breaks:") } else { paint(DIM, mark) };
        text.push_str(&format!("  {mark} {}\n", show(words)));
    };
    for it in schema {
        let of = match it.classes.is_empty() {
            true => String::new(),
            false => format!(" of class {}", it.classes.join(", ")),
        };
        line(it.breaks, "params:", &format!("`params{}`{of} {}", it.pointer, it.words));
    }
    for it in offer {
        line(it.breaks, "offers:", &it.words);
    }
    text
}

#[cfg(test)]
mod tests {
    use innominatus_testkit::golden;

    use super::*;

    fn texts<const N: usize>(texts: [&str; N]) -> Vec<String> {
        texts.map(str::to_owned).to_vec()
    }

    fn profile(version: &str, bytes: u64, license: &str) -> DiffProfile {
        DiffProfile {
            name: "acme".into(),
            version: version.into(),
            digest: "sha256:00".into(),
            core: ">=1.0.0, <2.0.0".into(),
            bytes,
            license: Some(license.into()),
            upstream: Some(format!("github.com/acme/thing {version}")),
            source: Some("registry.example.com/acme/platform-acme".into()),
            signer: Some("key 5f0c".into()),
            partial: false,
        }
    }

    fn offer(breaks: bool, words: &str) -> OfferDifference {
        OfferDifference { breaks, words: words.into() }
    }

    fn gone(entry: &str, kind: &str, why: &str) -> EntryDifference {
        EntryDifference {
            entry: entry.into(),
            change: "removed".into(),
            kind: Some(kind.into()),
            offer: vec![offer(true, why)],
            ..EntryDifference::default()
        }
    }

    fn sample() -> PlatformDiff {
        let param = |pointer: &str, breaks, words: &str, classes| SchemaDifference {
            pointer: pointer.into(),
            breaks,
            words: words.into(),
            classes,
        };
        let bucket = EntryDifference {
            entry: "bucket".into(),
            change: "changed".into(),
            versions: texts(["1.0.0", "2.0.0"]),
            wider: texts(["http: PUT to https://s3.example.com"]),
            narrower: texts(["secrets: make secrets of its own"]),
            imports: texts(["http"]),
            imports_removed: texts(["secrets"]),
            schema: vec![
                param("/size", true, "has to be given now", texts(["large"])),
                param("/tags", false, "is new", vec![]),
            ],
            offer: vec![offer(true, "the output `url` is gone"), offer(false, "the output `region` is new")],
            outputs_added: texts(["region"]),
            outputs_removed: texts(["url"]),
            component: true,
            ..EntryDifference::default()
        };
        PlatformDiff {
            before: profile("1.4.0", 4096, "MIT"),
            now: profile("2.0.0", 8192, "Apache-2.0"),
            breaks: true,
            widens: true,
            provisioners: vec![bucket, gone("cache", "redis", "nothing makes `redis` any more")],
            golden_paths: vec![gone("deploy", "golden path", "it has no golden path any more")],
            types: vec![TypeDifference {
                kind: "postgres".into(),
                classes: vec![],
                before: "local".into(),
                now: "cloud".into(),
                schema: vec![],
                offer: vec![offer(true, "the output `port` was integer and is string")],
            }],
        }
    }

    #[test]
    fn what_differs_is_said_with_what_it_breaks_and_why() {
        let nothing = PlatformDiff {
            before: DiffProfile {
                partial: true,
                bytes: 0,
                license: None,
                upstream: Some("github.com/acme/thing 1.4.1".into()),
                source: None,
                signer: None,
                ..profile("1.4.0", 0, "")
            },
            now: profile("1.4.1", 4096, "MIT"),
            breaks: false,
            widens: false,
            provisioners: vec![],
            golden_paths: vec![],
            types: vec![],
        };
        let shown = format!("{}----\n{}", text(&sample()), text(&nothing));
        golden::check("tests/golden/diff.txt", &anstream::adapter::strip_str(&shown).to_string());
    }

    #[test]
    fn nothing_that_an_author_wrote_reaches_the_terminal_as_it_is() {
        let evil = "x\u{1b}[2J\u{202e}".to_owned();
        let mut diff = sample();
        let (entry, of_type) = (&mut diff.provisioners[0], &mut diff.types[0]);
        let param = &mut entry.schema[0];
        for text in [
            &mut entry.entry,
            &mut entry.wider[0],
            &mut param.pointer,
            &mut param.words,
            &mut param.classes[0],
            &mut entry.offer[0].words,
            &mut of_type.kind,
            &mut of_type.now,
            &mut diff.now.version,
        ] {
            text.clone_from(&evil);
        }
        diff.now.license = Some(evil);
        let shown = text(&diff);
        assert!(!shown.contains("\u{1b}[2J") && !shown.contains('\u{202e}'), "{shown:?}");
    }
}
