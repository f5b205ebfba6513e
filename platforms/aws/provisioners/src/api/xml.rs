//! XML documents, read and written by types.

use innominatus_guest::{Failure, FailureExt};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What S3 calls its documents' namespace.
const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// An answer as the type that is expected. Fails with code `aws-answer`.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Failure> {
    quick_xml::de::from_str(text).or_permanent("aws-answer")
}

/// A document of S3, with this root.
pub(crate) fn document(root: &str, content: &impl Serialize) -> Result<Vec<u8>, Failure> {
    let text = quick_xml::se::to_string_with_root(root, content).or_permanent("aws-document")?;
    let (open, named) = (format!("<{root}"), format!("<{root} xmlns=\"{NAMESPACE}\""));
    Ok(text.replacen(&open, &named, 1).into_bytes())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Thing {
        key: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        days: Option<u32>,
    }

    #[test]
    fn what_is_written_can_be_read_and_nothing_breaks_out_of_its_element() {
        let thing = Thing { key: "a<b>&\"c\" d".to_owned(), days: Some(3) };
        let text = String::from_utf8(document("Thing", &thing).unwrap()).unwrap();
        assert!(
            text.starts_with("<Thing xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Key>a&lt;b"),
            "{text}"
        );
        assert_eq!(read::<Thing>(&text).unwrap(), thing);
    }

    #[test]
    fn what_is_no_answer_is_said() {
        assert_eq!(read::<Thing>("<html>").unwrap_err().code, "aws-answer");
        assert_eq!(
            read::<Thing>("<!DOCTYPE x [<!ENTITY k 'v'>]><Thing><Key>&k;</Key></Thing>").unwrap_err().code,
            "aws-answer"
        );
    }
}
