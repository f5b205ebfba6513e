//! Recipes: how secrets are made that nobody chose.

use innominatus_model::{Code, Coded, Json, Secret};

/// The recipes there are.
const RECIPES: &[&str] = &["password", "hex-key"];

/// Bytes of a secret's name, at most.
const LONGEST_NAME: usize = 128;

/// What a recipe made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// The secret itself.
    pub secret: Secret,
    /// The part that may be seen, for recipes that have one.
    pub public: Option<String>,
}

/// Why nothing was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecipeError {
    /// No secret can have this name.
    #[error("a secret's name has 1 to {LONGEST_NAME} bytes and no control characters")]
    Name,
    /// There is no such recipe.
    #[error("there is no recipe `{}`", shorten(.0))]
    Unknown(String),
    /// The options are not an object.
    #[error("the options of recipe `{0}` are not an object")]
    NotAnObject(&'static str),
    /// The recipe does not know an option.
    #[error("recipe `{recipe}` has no option `{}`", shorten(.option))]
    UnknownOption {
        /// Which recipe.
        recipe: &'static str,
        /// What was written.
        option: String,
        /// What it knows.
        known: &'static str,
    },
    /// An option has a value that is not allowed.
    #[error("option `{option}` of recipe `{recipe}` is not {expected}")]
    BadOption {
        /// Which recipe.
        recipe: &'static str,
        /// Which option.
        option: &'static str,
        /// What is allowed.
        expected: &'static str,
    },
    /// The operating system gives no random bytes.
    #[error("cannot make a secret without random bytes: {0}")]
    Random(getrandom::Error),
}

impl Coded for RecipeError {
    fn code(&self) -> Code {
        match self {
            Self::Random(_) => Code::Internal,
            _ => Code::GuestContract,
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Name => Some("name the secret after what it is for, such as `password`".into()),
            Self::Unknown(_) => Some(format!("known recipes: {}", RECIPES.join(", "))),
            Self::NotAnObject(_) => Some("pass an object, or an empty one for the defaults".into()),
            Self::UnknownOption { known, .. } => Some(format!("known options: {known}")),
            Self::BadOption { option, expected, .. } => Some(format!("pass {expected} as `{option}`")),
            Self::Random(_) => None,
        }
    }
}

/// Whether a component may call a secret so.
pub fn check_name(name: &str) -> Result<(), RecipeError> {
    let good = (1..=LONGEST_NAME).contains(&name.len()) && !name.chars().any(char::is_control);
    if good { Ok(()) } else { Err(RecipeError::Name) }
}

/// Makes a secret.
///
/// | recipe | options | result |
/// |---|---|---|
/// | `password` | `length` 8 to 128, default 24; `alphabet` `alphanumeric` (default), `hex` or `printable` | a text; an alphanumeric one begins with a letter, as names of users and databases must |
/// | `hex-key` | `bytes` 16 to 64, default 32 | twice as many lower-case hexadecimal digits |
///
/// `printable` is every visible character of ASCII, quotes and backslash among them. Every character is
/// equally likely.
pub fn generate(recipe: &str, options: &Json) -> Result<Generated, RecipeError> {
    let secret = match recipe {
        "password" => {
            password(&Options::of("password", options, &["length", "alphabet"], "`length`, `alphabet`")?)?
        }
        "hex-key" => hex_key(&Options::of("hex-key", options, &["bytes"], "`bytes`")?)?,
        other => return Err(RecipeError::Unknown(other.to_owned())),
    };
    Ok(Generated { secret, public: None })
}

fn password(options: &Options<'_>) -> Result<Secret, RecipeError> {
    const LENGTH: &str = "a whole number from 8 to 128";
    const ALPHABET: &str = "one of `alphanumeric`, `hex`, `printable`";
    let length = options.number("length", 24, 8..=128, LENGTH)?;
    let alphabet = options.word("alphabet", "alphanumeric", ALPHABET)?;
    // Letters first: the first character of an alphanumeric password is drawn from those alone.
    let alphanumeric: Vec<u8> = (b'a'..=b'z').chain(b'A'..=b'Z').chain(b'0'..=b'9').collect();
    let hex = b"0123456789abcdef".to_vec();
    let printable: Vec<u8> = (b'!'..=b'~').collect();
    let mut text = String::with_capacity(length);
    let alphabet = match alphabet {
        "alphanumeric" => {
            draw(&alphanumeric[..52], 1, &mut text)?;
            alphanumeric
        }
        "hex" => hex,
        "printable" => printable,
        _ => return Err(options.bad("alphabet", ALPHABET)),
    };
    let rest = length - text.len();
    draw(&alphabet, rest, &mut text)?;
    Ok(Secret::new(text))
}

fn hex_key(options: &Options<'_>) -> Result<Secret, RecipeError> {
    let bytes = options.number("bytes", 32, 16..=64, "a whole number from 16 to 64")?;
    let mut text = String::with_capacity(2 * bytes);
    draw(b"0123456789abcdef", 2 * bytes, &mut text)?;
    Ok(Secret::new(text))
}

/// Draws characters, each equally likely: bytes that would favour the first of the alphabet are thrown away.
/// `text` has room for them, so that no copy stays behind in memory.
fn draw(alphabet: &[u8], count: usize, text: &mut String) -> Result<(), RecipeError> {
    let fair = 256 - 256 % alphabet.len();
    let until = text.len() + count;
    let mut pool = zeroize::Zeroizing::new([0_u8; 64]);
    loop {
        getrandom::fill(pool.as_mut_slice()).map_err(RecipeError::Random)?;
        for byte in pool.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < fair) {
            if text.len() == until {
                return Ok(());
            }
            text.push(char::from(alphabet[byte % alphabet.len()]));
        }
    }
}

/// The options of one recipe, none of them unknown.
struct Options<'a> {
    recipe: &'static str,
    given: Option<&'a serde_json::Map<String, Json>>,
}

impl<'a> Options<'a> {
    fn of(
        recipe: &'static str,
        options: &'a Json,
        names: &[&str],
        known: &'static str,
    ) -> Result<Self, RecipeError> {
        let given = match options {
            Json::Null => None,
            Json::Object(given) => Some(given),
            _ => return Err(RecipeError::NotAnObject(recipe)),
        };
        let unknown = given.into_iter().flatten().find(|(option, _)| !names.contains(&option.as_str()));
        match unknown {
            Some((option, _)) => Err(RecipeError::UnknownOption { recipe, option: option.clone(), known }),
            None => Ok(Self { recipe, given }),
        }
    }

    fn number(
        &self,
        option: &'static str,
        default: usize,
        allowed: std::ops::RangeInclusive<usize>,
        expected: &'static str,
    ) -> Result<usize, RecipeError> {
        let Some(value) = self.given.and_then(|given| given.get(option)) else { return Ok(default) };
        let number = value.as_u64().and_then(|number| usize::try_from(number).ok());
        number.filter(|number| allowed.contains(number)).ok_or_else(|| self.bad(option, expected))
    }

    fn word(
        &self,
        option: &'static str,
        default: &'a str,
        expected: &'static str,
    ) -> Result<&'a str, RecipeError> {
        let Some(value) = self.given.and_then(|given| given.get(option)) else { return Ok(default) };
        value.as_str().ok_or_else(|| self.bad(option, expected))
    }

    fn bad(&self, option: &'static str, expected: &'static str) -> RecipeError {
        RecipeError::BadOption { recipe: self.recipe, option, expected }
    }
}

/// Guest text in a message: short and without control characters.
fn shorten(text: &str) -> String {
    text.chars().take(80).collect::<String>().escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde_json::json;

    use super::*;

    fn made(recipe: &str, options: Json) -> String {
        let made = generate(recipe, &options).unwrap();
        assert_eq!(made.public, None);
        made.secret.expose().to_owned()
    }

    #[test]
    fn a_password_is_alphanumeric_and_begins_with_a_letter() {
        for _ in 0..500 {
            let password = made("password", json!({"length": 8}));
            assert_eq!(password.len(), 8);
            assert!(password.starts_with(|c: char| c.is_ascii_alphabetic()), "{password}");
            assert!(password.bytes().all(|b| b.is_ascii_alphanumeric()), "{password}");
        }
        assert_eq!(made("password", json!({})).len(), 24);
        assert_eq!(made("password", Json::Null).len(), 24);
        assert_ne!(made("password", json!({})), made("password", json!({})));
    }

    #[test]
    fn alphabets_are_used_whole_and_evenly() {
        for (alphabet, size) in [("hex", 16), ("printable", 94)] {
            let mut counts: HashMap<char, u32> = HashMap::new();
            for _ in 0..1000 {
                for c in made("password", json!({"alphabet": alphabet, "length": 128})).chars() {
                    *counts.entry(c).or_default() += 1;
                }
            }
            assert_eq!(counts.len(), size);
            // 128,000 draws: at 94 characters 1,362 of each, with a standard deviation of 37. A byte taken
            // modulo 94 would give some half again as many as others.
            let expected = 128_000.0 / size as f64;
            let bound = 8.0 * expected.sqrt();
            for (c, count) in counts {
                assert!((f64::from(count) - expected).abs() < bound, "{c}: {count}, expected {expected}");
            }
        }
    }

    #[test]
    fn a_hex_key_has_as_many_bytes_as_asked() {
        assert_eq!(made("hex-key", json!({})).len(), 64);
        let key = made("hex-key", json!({"bytes": 16}));
        assert!(key.len() == 32 && key.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)));
    }

    /// The SDK's fake host is held to the same table.
    #[test]
    fn what_is_made_and_what_is_refused_is_as_the_table_says() {
        let room = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let table = room.ancestors().nth(2).unwrap().join("fixtures/secrets/recipes.json");
        let cases: Vec<Json> = serde_json::from_str(&std::fs::read_to_string(table).unwrap()).unwrap();
        assert!(cases.len() > 20);
        for case in cases {
            let text = |key: &str| case[key].as_str().unwrap();
            let made = check_name(text("name")).and_then(|()| generate(text("recipe"), &case["options"]));
            match case.get("refused").and_then(Json::as_str) {
                None => assert!(made.is_ok(), "{case}"),
                Some(words) => {
                    let error = made.unwrap_err();
                    assert!(error.to_string().contains(words), "{case}: {error}");
                    assert!(error.remedy().is_some(), "{case}");
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_made_says_what_can() {
        let error = generate("key-pair", &json!({})).unwrap_err();
        assert_eq!(error.remedy().as_deref(), Some("known recipes: password, hex-key"));
        assert!(!generate("\u{1b}[31m", &json!({})).unwrap_err().to_string().contains('\u{1b}'));
    }
}
