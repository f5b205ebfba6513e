//! How foreign types get a stored shape: as their text, or by way of a record of ours.

use std::fmt::Display;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// `#[serde(with = "Text")]`: a value that parses from what it prints.
pub(crate) struct Text;

impl Text {
    pub(crate) fn serialize<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(crate) fn deserialize<'de, T: FromStr<Err: Display>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// The same for an option.
pub(crate) struct TextOption;

impl TextOption {
    pub(crate) fn serialize<T: Display, S: Serializer>(
        value: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_ref().map(ToString::to_string).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, T: FromStr<Err: Display>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error> {
        Option::<String>::deserialize(deserializer)?
            .map(|text| text.parse().map_err(D::Error::custom))
            .transpose()
    }
}

/// The same for a list.
pub(crate) struct TextVec;

impl TextVec {
    pub(crate) fn serialize<T: Display, S: Serializer>(
        values: &[T],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(values.iter().map(ToString::to_string))
    }

    pub(crate) fn deserialize<'de, T: FromStr<Err: Display>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<T>, D::Error> {
        Vec::<String>::deserialize(deserializer)?
            .iter()
            .map(|text| text.parse().map_err(D::Error::custom))
            .collect()
    }
}

/// `#[serde(with = "Via::<Record>")]`: by way of a record that converts both ways.
pub(crate) struct Via<R>(PhantomData<R>);

impl<R> Via<R> {
    pub(crate) fn serialize<T, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error>
    where
        R: for<'a> From<&'a T> + Serialize,
    {
        R::from(value).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, T, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error>
    where
        R: Deserialize<'de> + TryInto<T, Error: Display>,
    {
        R::deserialize(deserializer)?.try_into().map_err(D::Error::custom)
    }
}

/// The same for an option.
pub(crate) struct ViaOption<R>(PhantomData<R>);

impl<R> ViaOption<R> {
    pub(crate) fn serialize<T, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error>
    where
        R: for<'a> From<&'a T> + Serialize,
    {
        value.as_ref().map(R::from).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, T, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error>
    where
        R: Deserialize<'de> + TryInto<T, Error: Display>,
    {
        Option::<R>::deserialize(deserializer)?
            .map(|record| record.try_into().map_err(D::Error::custom))
            .transpose()
    }
}

/// The same for a list.
pub(crate) struct ViaVec<R>(PhantomData<R>);

impl<R> ViaVec<R> {
    pub(crate) fn serialize<T, S: Serializer>(values: &[T], serializer: S) -> Result<S::Ok, S::Error>
    where
        R: for<'a> From<&'a T> + Serialize,
    {
        serializer.collect_seq(values.iter().map(R::from))
    }

    pub(crate) fn deserialize<'de, T, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error>
    where
        R: Deserialize<'de> + TryInto<T, Error: Display>,
    {
        Vec::<R>::deserialize(deserializer)?
            .into_iter()
            .map(|record| record.try_into().map_err(D::Error::custom))
            .collect()
    }
}

/// A word that an enum of `model` calls stable.
#[derive(Debug, thiserror::Error)]
#[error("`{found}` is not a known {what}")]
pub(crate) struct Word {
    pub(crate) what: &'static str,
    pub(crate) found: String,
}

impl Word {
    pub(crate) fn parse<T>(
        what: &'static str,
        found: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T, Self> {
        parse(found).ok_or_else(|| Self { what, found: found.to_owned() })
    }
}
