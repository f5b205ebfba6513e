//! What a person probably meant.

/// Beyond this many candidates or letters a guess costs more than it helps.
const CANDIDATES: usize = 200;
const LONGEST: usize = 80;
const LONGEST_DIFFERENCE: usize = 8;

/// The candidate that is so close to `written` that it was probably meant; ties go to the first.
pub(crate) fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if written.len() > LONGEST {
        return None;
    }
    let folded = fold(written);
    let allowed = match folded.chars().count() {
        0..=2 => 1,
        3..=5 => 2,
        _ => 3,
    };
    candidates
        .into_iter()
        .take(CANDIDATES)
        .filter(|candidate| candidate.len().abs_diff(written.len()) <= LONGEST_DIFFERENCE)
        .map(|candidate| (strsim::osa_distance(&folded, &fold(candidate)), candidate))
        // Half of the letters must stand: `ab` is not a misspelt `xy`.
        .filter(|(distance, candidate)| *distance <= allowed && 2 * distance <= candidate.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn fold(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect()
}

/// `` `a`, `b` and `c` ``, at most eight of them.
pub(crate) fn list<'a>(words: impl IntoIterator<Item = &'a str>, last: &str) -> String {
    let quoted: Vec<String> =
        words.into_iter().map(|word| format!("`{}`", crate::findings::show(word))).collect();
    match quoted.as_slice() {
        [] => "none".into(),
        [only] => only.clone(),
        all if all.len() > 8 => format!("{} …", all[..8].join(", ")),
        [rest @ .., end] => format!("{} {last} {end}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_words_are_found_and_far_ones_are_not() {
        assert_eq!(nearest("imgae", ["image", "args"]), Some("image"));
        assert_eq!(nearest("read_only", ["source", "readOnly"]), Some("readOnly"));
        assert_eq!(nearest("databse", ["cache", "database"]), Some("database"));
        assert_eq!(nearest("db", ["xy", "cache"]), None);
        assert_eq!(nearest("healthcheck", ["image", "command"]), None);
    }
}
