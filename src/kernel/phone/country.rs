//! Countries, by their two-letter ISO 3166 code.

use std::fmt;
use std::sync::LazyLock;

use rlibphonenumber::{PHONE_NUMBER_UTIL, Region};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::names::NAMES;

/// A country or territory with a numbering plan that libphonenumber knows. Written and stored as `IR`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country([u8; 2]);

/// The text is not the two-letter code of a country with telephone numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("This is not a two-letter country code such as IR, TW or US.")]
pub struct UnknownCountry;

impl Country {
    /// Reads a two-letter code, in either case, with spaces around it or not.
    pub fn parse(code: &str) -> Result<Country, UnknownCountry> {
        let &[first, second] = code.trim().as_bytes() else {
            return Err(UnknownCountry);
        };
        let country = Country([first.to_ascii_uppercase(), second.to_ascii_uppercase()]);
        country.row().is_some().then_some(country).ok_or(UnknownCountry)
    }

    /// The code in capitals: `IR`.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a country is made from two ASCII letters")
    }

    /// The English name: `Iran`.
    pub fn name(self) -> &'static str {
        self.row().map_or("Unknown country", |row| NAMES[row].1)
    }

    /// The digits after `+` that numbers of this country begin with: 98 for Iran. Several countries can share one.
    pub fn calling_code(self) -> u16 {
        PHONE_NUMBER_UTIL.get_country_code_for_region(self.region()).and_then(|code| u16::try_from(code).ok()).unwrap_or_default()
    }

    /// Every country, sorted by English name.
    pub fn all() -> &'static [Country] {
        static ALL: LazyLock<Vec<Country>> = LazyLock::new(|| {
            let mut rows = NAMES;
            rows.sort_by_key(|(_, name)| sorting_key(name));
            rows.iter().map(|(code, _)| Country::parse(code).expect("each row is a country")).collect()
        });
        &ALL
    }

    /// The country of a libphonenumber region; none for the services that belong to no country (`001`).
    pub(super) fn of_region(region: Region) -> Option<Country> {
        let code = region.as_region_str();
        <[u8; 2]>::try_from(code.as_str().as_bytes()).ok().map(Country)
    }

    pub(super) fn region(self) -> Region {
        Region::from_code(self.as_str()).expect("a country is made from two ASCII letters")
    }

    fn row(self) -> Option<usize> {
        NAMES.binary_search_by(|(code, _)| code.as_bytes().cmp(&self.0)).ok()
    }
}

/// Names with a first letter outside ASCII belong beside its plain form (Åland beside Albania), not after Z.
fn sorting_key(name: &str) -> String {
    name.replace('Å', "A")
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Country {
    type Err = UnknownCountry;

    fn from_str(code: &str) -> Result<Country, UnknownCountry> {
        Country::parse(code)
    }
}

impl Serialize for Country {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Country, D::Error> {
        let code = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Country::parse(&code).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_table_holds_exactly_the_regions_of_libphonenumber() {
        let ours: BTreeSet<String> = NAMES.iter().map(|(code, _)| code.to_string()).collect();
        let theirs: BTreeSet<String> = PHONE_NUMBER_UTIL.get_supported_regions().map(|region| region.as_region_str().to_string()).collect();
        assert_eq!(ours, theirs);
        assert!(NAMES.is_sorted());
        assert!(Country::all().iter().all(|country| country.calling_code() > 0));
    }

    #[test]
    fn codes_are_read_in_either_case_and_anything_else_is_refused() {
        let iran = Country::parse(" ir ").unwrap();
        assert_eq!((iran.as_str(), iran.name(), iran.calling_code()), ("IR", "Iran", 98));
        for wrong in ["", "I", "IRN", "98", "ZZ", "ایران", "é", "001"] {
            assert_eq!(Country::parse(wrong), Err(UnknownCountry), "{wrong:?}");
        }
    }

    #[test]
    fn all_countries_are_listed_by_name() {
        let names: Vec<_> = Country::all().iter().map(|country| country.name()).collect();
        assert_eq!(names.len(), NAMES.len());
        assert_eq!(&names[..3], ["Afghanistan", "Åland Islands", "Albania"]);
        assert_eq!(names.last(), Some(&"Zimbabwe"));
    }

    #[test]
    fn a_country_travels_as_its_code() {
        let taiwan = Country::parse("TW").unwrap();
        assert_eq!(serde_json::to_string(&taiwan).unwrap(), "\"TW\"");
        assert_eq!(serde_json::from_str::<Country>("\"tw\"").unwrap(), taiwan);
        assert!(serde_json::from_str::<Country>("\"Taiwan\"").is_err());
    }
}
