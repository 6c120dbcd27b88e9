//! What a connection tells its provider: read from people and shown to them, whichever provider it is.

use std::collections::BTreeMap;

use crate::connections::Connection;
use crate::kernel::error::FieldErrors;
use crate::providers::{Field, Settings};

/// Stands for what is not shown of a secret.
const HIDDEN: char = '…';
/// The shortest secret of which an end may be seen, in characters.
const LONG_ENOUGH: usize = 8;
/// How much of its end is seen.
const END: usize = 4;

/// Settings as they are given, by the names that the provider's fields have. Absent ones stay as they are; null or an
/// empty text takes one away. A secret in the form in which it is shown stays as it is.
pub type ConfigInput = BTreeMap<String, Option<String>>;

/// A secret as it may be shown: its last four characters, or none of one that is short.
pub fn masked(secret: &str) -> String {
    let length = secret.chars().count();
    let end = if length < LONG_ENOUGH { "" } else { secret.char_indices().nth(length - END).map_or("", |(at, _)| &secret[at..]) };
    format!("{HIDDEN}{end}")
}

/// A connection's settings as they may be shown, in the order of the form.
pub fn shown(connection: &Connection) -> Vec<(&'static Field, String)> {
    let fields = connection.provider.fields().iter();
    fields
        .filter_map(|field| {
            let value = connection.settings.get(field.name)?;
            Some((field, if field.secret { masked(value) } else { value.to_owned() }))
        })
        .collect()
}

/// Changes settings to what was given. Refusals are named `config.<field>`.
pub(super) fn change(fields: &[Field], settings: &mut Settings, input: ConfigInput, errors: &mut FieldErrors) {
    for (name, value) in input {
        let Some(field) = fields.iter().find(|f| f.name == name) else {
            let known = fields.iter().map(|f| f.name).collect::<Vec<_>>().join(", ");
            errors.add(&format!("config.{name}"), "unknown_field", format!("This provider has no such setting. It has: {known}."));
            continue;
        };
        let value = value.unwrap_or_default();
        if field.secret && value.trim().starts_with(HIDDEN) {
            if settings.get(field.name).is_none_or(|stored| masked(stored) != value.trim()) {
                errors.add(
                    &format!("config.{name}"),
                    "masked",
                    "This is not the whole secret. Write all of it, or leave it out to keep it.",
                );
            }
        } else {
            settings.set(field.name, &value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: [Field; 2] = [Field::open("user", "User", ""), Field::secret("key", "Key", "")];

    fn changed(user: &str, key: &str, input: &[(&str, Option<&str>)]) -> (Settings, Vec<String>) {
        let mut settings = Settings::new(BTreeMap::from([("user".into(), user.into()), ("key".into(), key.into())]));
        let mut errors = FieldErrors::new();
        let input = input.iter().map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned))).collect();
        change(&FIELDS, &mut settings, input, &mut errors);
        (settings, errors.0.into_iter().map(|e| format!("{} {} {}", e.field, e.code, e.detail)).collect())
    }

    #[test]
    fn only_the_end_of_a_long_secret_is_shown() {
        for (secret, shown) in [("0123456789a91f", "…a91f"), ("1234567", "…"), ("12345678", "…5678"), ("", "…"), ("ключ-от-шлюза", "…люза")]
        {
            assert_eq!(masked(secret), shown);
        }
    }

    #[test]
    fn a_secret_that_comes_back_masked_or_not_at_all_stays() {
        for input in [vec![("key", Some("…6789"))], vec![("user", Some("b"))], vec![]] {
            let (settings, errors) = changed("a", "0123456789", &input);
            assert_eq!((settings.get("key"), errors.len()), (Some("0123456789"), 0));
        }
        for empty in [Some(""), Some("  "), None] {
            assert_eq!(changed("a", "0123456789", &[("key", empty)]).0.get("key"), None);
        }
        assert_eq!(changed("a", "0123456789", &[("key", Some("another"))]).0.get("key"), Some("another"));
    }

    #[test]
    fn another_masked_secret_and_an_unknown_name_are_refused() {
        let (settings, errors) = changed("a", "0123456789", &[("key", Some("…9999")), ("passwort", Some("hush"))]);
        assert_eq!(settings.get("key"), Some("0123456789"));
        assert!(errors[0].starts_with("config.key masked"), "{errors:?}");
        assert!(errors[1].starts_with("config.passwort unknown_field") && errors[1].ends_with("user, key."), "{errors:?}");
        assert!(!errors.iter().any(|e| e.contains("hush")));
    }
}
