//! What a scalar without quotes means: the core schema of YAML 1.2, and where readers of YAML disagree,
//! neither guess but a doubt.

use serde_json::Number;

/// The meaning of a plain scalar.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Meaning {
    Null,
    Bool(bool),
    Number(Number),
    Text,
    /// It would change on the way: why, and the number it may have meant.
    Doubtful(&'static str, Option<String>),
}

pub(super) fn meaning(plain: &str) -> Meaning {
    match plain {
        "" | "~" | "null" | "Null" | "NULL" => return Meaning::Null,
        "true" | "True" | "TRUE" => return Meaning::Bool(true),
        "false" | "False" | "FALSE" => return Meaning::Bool(false),
        _ => {}
    }
    let unsigned = plain.strip_prefix(['-', '+']).unwrap_or(plain);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(plain, ".nan" | ".NaN" | ".NAN") {
        return Meaning::Doubtful("is a number that JSON does not have", None);
    }
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return Meaning::Text;
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        let Some(digits) = plain.strip_prefix(prefix) else { continue };
        if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
            return Meaning::Text;
        }
        return match u64::from_str_radix(digits, radix) {
            Ok(value) if radix == 2 => Meaning::Doubtful(DIFFERS, Some(value.to_string())),
            Ok(value) => Meaning::Number(value.into()),
            Err(_) => Meaning::Doubtful(TOO_BIG, None),
        };
    }
    if unsigned.contains('_') {
        let bare = plain.replace('_', "");
        return match is_decimal(bare.trim_start_matches(['-', '+']))
            && unsigned.starts_with(|c: char| c != '.')
        {
            true => Meaning::Doubtful(DIFFERS, Some(bare)),
            false => Meaning::Text,
        };
    }
    if !is_decimal(unsigned) {
        return Meaning::Text;
    }
    if unsigned.starts_with('0') && unsigned[1..].starts_with(|c: char| c.is_ascii_digit()) {
        // `0600` may be octal: guessing a number would be worse than none.
        if unsigned.chars().all(|c| c.is_digit(8)) {
            return Meaning::Doubtful(DIFFERS, None);
        }
        let bare = unsigned.trim_start_matches('0');
        let bare =
            if bare.starts_with(|c: char| c.is_ascii_digit()) { bare.to_owned() } else { format!("0{bare}") };
        return Meaning::Doubtful(DIFFERS, Some(bare));
    }
    number(plain).map_or(Meaning::Doubtful(TOO_BIG, None), Meaning::Number)
}

const DIFFERS: &str = "is read differently by different YAML readers";
const TOO_BIG: &str = "is too large for a number";

fn number(plain: &str) -> Option<Number> {
    let digits = plain.strip_prefix('+').unwrap_or(plain);
    if digits != "-0" && !digits.contains(['.', 'e', 'E']) {
        return digits
            .parse::<u64>()
            .map(Number::from)
            .or_else(|_| digits.parse::<i64>().map(Number::from))
            .ok();
    }
    digits.parse().ok().and_then(Number::from_f64)
}

/// `12`, `1.5`, `.5`, `1.`, `1e3`: without a sign.
fn is_decimal(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (text, None),
    };
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent))
}

/// Whether a number, written back, is not what stood there: `1.10`, `1e3`.
pub(crate) fn loses_digits(plain: &str, number: &Number) -> bool {
    number.is_f64() && plain.strip_prefix('+').unwrap_or(plain) != number.to_string()
}

/// Words that are booleans in YAML 1.1, and text in Score.
pub(crate) fn is_old_boolean(text: &str) -> bool {
    ["yes", "no", "on", "off"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_follow_the_core_schema() {
        for text in [
            "yes", "no", "on", "NO", "1.2.3", "12:30", "-", "+", ".", "1e", "0x", "0xg", "v1", "-a", "1 2",
            "é",
        ] {
            assert_eq!(meaning(text), Meaning::Text, "{text}");
        }
        for (text, number) in [("0", 0), ("8080", 8080), ("-3", -3), ("+3", 3), ("0x1F", 31), ("0o17", 15)] {
            assert_eq!(meaning(text), Meaning::Number(number.into()), "{text}");
        }
        assert_eq!(meaning("18446744073709551615"), Meaning::Number(u64::MAX.into()));
        for text in ["1.5", ".5", "1e3", "-1.5e-3", "-0"] {
            assert!(matches!(meaning(text), Meaning::Number(number) if number.is_f64()), "{text}");
        }
        for text in ["", "~", "null"] {
            assert_eq!(meaning(text), Meaning::Null);
        }
    }

    #[test]
    fn what_readers_disagree_on_is_a_doubt() {
        for (text, number) in
            [("08", Some("8")), ("08.5", Some("8.5")), ("1_000", Some("1000")), ("0b11", Some("3"))]
        {
            assert!(
                matches!(meaning(text), Meaning::Doubtful(_, meant) if meant.as_deref() == number),
                "{text}"
            );
        }
        for text in ["0600", "00", ".inf", "-.INF", ".nan", "18446744073709551616", "1e999"] {
            assert!(matches!(meaning(text), Meaning::Doubtful(_, None)), "{text}");
        }
    }

    #[test]
    fn numbers_that_do_not_come_back_as_written_are_known() {
        let check = |text: &str| match meaning(text) {
            Meaning::Number(number) => loses_digits(text, &number),
            _ => panic!("{text} is no number"),
        };
        assert!(check("1.10") && check("1e3") && !check("1.5") && !check("15") && !check("1.0"));
    }
}
