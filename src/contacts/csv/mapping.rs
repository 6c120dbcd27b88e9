//! A mapping as it is stored, sent and remembered: by column name, so that it fits the next file of the same kind.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::matching::{Mapping, fold, same};

const PHONE: &str = "phone";
const LANGUAGE: &str = "language";

/// Column name → placeholder, or `phone`, or `language`: `{"Mobile":"phone","First name":"name"}`. An empty value means "not used".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StoredMapping(BTreeMap<String, String>);

/// Why a mapping does not fit a file and a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// Not JSON, or another shape of JSON.
    #[error("The mapping is not a JSON object of column names, such as {{\"Mobile\":\"phone\",\"First name\":\"name\"}}.")]
    Malformed,
    /// The file has no such column.
    #[error("The file has no column “{column}”. Its columns are: {present}.")]
    UnknownColumn {
        /// The name in the mapping.
        column: String,
        /// The file's columns.
        present: String,
    },
    /// The template has no such placeholder.
    #[error(
        "The column “{column}” is matched to “{placeholder}”, but the text has no such placeholder. Use phone, language or a placeholder of the text."
    )]
    UnknownPlaceholder {
        /// The column's name.
        column: String,
        /// What it is matched to.
        placeholder: String,
    },
    /// Two columns claim one meaning.
    #[error("The columns “{first}” and “{second}” are both matched to “{placeholder}”. Choose one of them.")]
    TwoColumns {
        /// What both are matched to.
        placeholder: String,
        /// One column's name.
        first: String,
        /// The other's.
        second: String,
    },
    /// No column is the phone.
    #[error("No column is matched to phone. Choose the column that holds the phone numbers.")]
    MissingPhone,
}

impl MappingError {
    /// A stable word for the API and for tests.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "malformed_mapping",
            Self::UnknownColumn { .. } => "unknown_column",
            Self::UnknownPlaceholder { .. } => "unknown_placeholder",
            Self::TwoColumns { .. } => "two_columns",
            Self::MissingPhone => "missing_phone_column",
        }
    }
}

impl StoredMapping {
    /// The place of the column that holds the numbers, if the mapping and these headers have one.
    pub fn phone_column(&self, headers: &[String]) -> Option<usize> {
        let (column, _) = self.0.iter().find(|(_, meaning)| *meaning == PHONE)?;
        find(headers, column)
    }

    /// Whether some column fills the placeholder.
    pub fn fills(&self, placeholder: &str) -> bool {
        self.0.values().any(|meaning| meaning == placeholder)
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    /// [`MappingError::Malformed`].
    pub fn parse(json: &str) -> Result<Self, MappingError> {
        serde_json::from_str(json).map_err(|_| MappingError::Malformed)
    }

    /// The JSON form.
    pub fn to_json(&self) -> String {
        serde_json::to_string(&self.0).expect("a map of strings is always JSON")
    }

    /// Fits the mapping to a file's columns (exact names first, then letter case, spaces and accents ignored) and a text's placeholders.
    /// Placeholders without a column are no error here: they may have a default.
    ///
    /// # Errors
    /// Whatever in it does not fit, and a missing phone.
    pub fn resolve(&self, headers: &[String], placeholders: &[&str]) -> Result<Mapping, MappingError> {
        // What each meaning was matched to, with the name in the mapping for the error.
        let mut chosen: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
        for (column, meaning) in self.0.iter().filter(|(_, meaning)| !meaning.is_empty()) {
            let index =
                find(headers, column).ok_or_else(|| MappingError::UnknownColumn { column: column.clone(), present: headers.join(", ") })?;
            if ![PHONE, LANGUAGE].contains(&meaning.as_str()) && !placeholders.contains(&meaning.as_str()) {
                return Err(MappingError::UnknownPlaceholder { column: column.clone(), placeholder: meaning.clone() });
            }
            if let Some((_, first)) = chosen.insert(meaning, (index, column)) {
                return Err(MappingError::TwoColumns { placeholder: meaning.clone(), first: first.to_owned(), second: column.clone() });
            }
        }
        let column = |meaning: &str| chosen.get(meaning).map(|(index, _)| *index);
        Ok(Mapping {
            phone: Some(column(PHONE).ok_or(MappingError::MissingPhone)?),
            language: column(LANGUAGE),
            fills: placeholders.iter().map(|name| ((*name).to_owned(), column(name))).collect(),
        })
    }
}

impl Mapping {
    /// The mapping by column name, to be stored. `headers` are those of the file it was made for.
    pub fn stored(&self, headers: &[String]) -> StoredMapping {
        let fills = self.fills.iter().filter_map(|(placeholder, column)| Some(((*column)?, placeholder.as_str())));
        let phone = self.phone.map(|column| (column, PHONE));
        let language = self.language.map(|column| (column, LANGUAGE));
        let meanings = fills.chain(language).chain(phone);
        StoredMapping(meanings.map(|(column, meaning)| (headers[column].clone(), meaning.to_owned())).collect())
    }
}

fn find(headers: &[String], name: &str) -> Option<usize> {
    let folded = fold(name);
    let exact = headers.iter().position(|header| header == name);
    exact.or_else(|| headers.iter().position(|header| same(&fold(header), &folded)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contacts::csv::guess;

    fn headers() -> Vec<String> {
        ["Mobile", "First name", "Lang", "City"].map(str::to_owned).to_vec()
    }

    fn refused(json: &str, placeholders: &[&str]) -> MappingError {
        let stored = StoredMapping::parse(json).expect("JSON");
        stored.resolve(&headers(), placeholders).expect_err("does not fit")
    }

    #[test]
    fn a_mapping_by_name_finds_its_columns() {
        let stored = StoredMapping::parse(r#"{"mobile ":"phone","First name":"name","Lang":"language","City":""}"#).expect("JSON");
        let mapping = stored.resolve(&headers(), &["name", "price"]).expect("fits");
        assert_eq!(mapping.phone, Some(0));
        assert_eq!(mapping.language, Some(2));
        assert_eq!(mapping.fills, [("name".to_owned(), Some(1)), ("price".to_owned(), None)]);
    }

    #[test]
    fn what_was_guessed_can_be_stored_and_resolved_again() {
        let guessed = guess(&headers(), &[], &["first_name", "phone", "language", "price"]);
        let stored = guessed.stored(&headers());
        assert_eq!(stored.to_json(), r#"{"First name":"first_name","Lang":"language","Mobile":"phone"}"#);
        let again = StoredMapping::parse(&stored.to_json()).expect("JSON");
        let placeholders = ["first_name", "phone", "language", "price"];
        assert_eq!(again.resolve(&headers(), &placeholders), Ok(guessed));
    }

    #[test]
    fn each_way_not_to_fit_is_told_in_a_sentence() {
        let unknown = refused(r#"{"Phone":"phone"}"#, &[]);
        assert_eq!(unknown.to_string(), "The file has no column “Phone”. Its columns are: Mobile, First name, Lang, City.");
        let two = refused(r#"{"Mobile":"phone","City":"name","First name":"name"}"#, &["name"]);
        assert_eq!(two.to_string(), "The columns “City” and “First name” are both matched to “name”. Choose one of them.");
        assert_eq!(refused(r#"{"City":"town","Mobile":"phone"}"#, &["name"]).code(), "unknown_placeholder");
        assert_eq!(refused(r#"{"City":"name"}"#, &["name"]), MappingError::MissingPhone);
        assert_eq!(StoredMapping::parse("[1]"), Err(MappingError::Malformed));
    }
}
