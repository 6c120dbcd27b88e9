//! Conditions on attributes, which the database holds sealed and so cannot answer.
//!
//! The database answers every other condition of a person as a bit ([`super::store::Candidate`]); here the sealed ones are put in,
//! and the tree decides.

use std::collections::BTreeMap;

use super::condition::{Condition, Conditions, Item, Join, Test};
use super::kinds::day;
use crate::kernel::letters::{fold, with_digits};
use crate::kernel::money::parse_decimal;

impl Conditions {
    /// Whether somebody fits: `bits` has the database's answer to the n-th condition at its n-th bit.
    pub fn fit(&self, bits: i64, attributes: Option<&BTreeMap<String, String>>) -> bool {
        let mut n = 0;
        let mut holds = |condition: &Condition| {
            let bit = bits >> n & 1 == 1;
            n += 1;
            match condition {
                Condition::Attribute(name, test) => test.holds(attributes.and_then(|all| value(all, name))),
                _ => bit,
            }
        };
        // Every condition is looked at, because their bits are counted.
        let items: Vec<bool> = self
            .items
            .iter()
            .map(|item| match item {
                Item::One(one) => holds(one),
                Item::Group(several) => self.join.other().of(several.iter().map(&mut holds).collect::<Vec<_>>()),
            })
            .collect();
        items.is_empty() || self.join.of(items)
    }

    /// Whether it asks for what the database cannot answer.
    pub fn asks_for_sealed(&self) -> bool {
        self.all().any(Condition::is_sealed)
    }
}

impl Condition {
    /// Whether the database cannot answer it.
    pub fn is_sealed(&self) -> bool {
        matches!(self, Self::Attribute(..))
    }
}

impl Join {
    fn of(self, answers: Vec<bool>) -> bool {
        match self {
            Self::All => answers.into_iter().all(|yes| yes),
            Self::Any => answers.into_iter().any(|yes| yes),
        }
    }
}

/// The attribute of this name, in whatever case and form of letters.
pub fn value<'a>(attributes: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    let in_another_form = || {
        let wanted = fold(name);
        attributes.iter().find(|(key, _)| fold(key) == wanted).map(|(_, value)| value)
    };
    attributes.get(name).or_else(in_another_form).map(String::as_str)
}

impl Test {
    fn holds(&self, value: Option<&str>) -> bool {
        let number = |text: &str| parse_decimal(&with_digits(text).replace(',', "")).ok();
        match (self, value) {
            (Self::IsSet, value) => value.is_some(),
            (Self::IsNotSet, value) => value.is_none(),
            (Self::IsNot(text), value) => value.is_none_or(|value| fold(value) != fold(text)),
            (_, None) => false,
            (Self::Is(text), Some(value)) => fold(value) == fold(text),
            (Self::Contains(text), Some(value)) => fold(value).contains(&fold(text)),
            (Self::LessThan(than), Some(value)) => number(value).is_some_and(|number| number < *than),
            (Self::MoreThan(than), Some(value)) => number(value).is_some_and(|number| number > *than),
            (Self::Before(than), Some(value)) => day(value).is_some_and(|day| day < *than),
            (Self::After(than), Some(value)) => day(value).is_some_and(|day| day > *than),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_is_compared_as_text_as_number_and_as_date() {
        let all = BTreeMap::from([
            ("City".to_owned(), "Yazd".to_owned()),
            ("size".into(), "1,200.5".into()),
            ("born".into(), "1990-05-01".into()),
        ]);
        let holds = |name: &str, test: Test| test.holds(value(&all, name));
        assert!(holds("city", Test::Is("YAZD".into())) && !holds("city", Test::IsNot("yazd".into())));
        assert!(holds("city", Test::Contains("az".into())) && holds("city", Test::IsSet) && holds("street", Test::IsNotSet));
        assert!(holds("street", Test::IsNot("x".into())) && !holds("street", Test::Is("x".into())));
        assert!(holds("size", Test::MoreThan(1_200_000_000)) && !holds("size", Test::LessThan(1_200_000_000)));
        assert!(!holds("city", Test::MoreThan(0)), "a text is no number");
        // A file from Excel and a keyboard write one word with two letters, and digits in three scripts.
        let all = BTreeMap::from([
            ("کد شهر".to_owned(), "شيراز ۱".to_owned()),
            ("سن".into(), "۱٬۲۰۰٫۵".into()),
            ("روز".into(), "۱۹۹۰-۰۵-۰۱".into()),
        ]);
        let written = |name: &str, test: Test| test.holds(value(&all, name));
        assert!(written("كد شهر", Test::Is("شیراز 1".into())) && written("کد شهر", Test::Contains("شیراز".into())));
        assert!(!written("کد شهر", Test::IsNot("شیراز ١".into())));
        assert!(written("سن", Test::MoreThan(1_200_000_000)) && written("روز", Test::Before("1990-05-02".into())));
        assert!(holds("born", Test::Before("1990-05-02".into())) && !holds("born", Test::After("1990-05-01".into())));
    }

    #[test]
    fn the_tree_joins_the_databases_answers_with_the_sealed_ones() {
        let tag = Condition::Tag(true, "a".into());
        let city = Condition::Attribute("city".into(), Test::Is("Yazd".into()));
        let yazd = BTreeMap::from([("city".to_owned(), "Yazd".to_owned())]);
        let tree = |join, items| Conditions { join, items };
        let both = tree(Join::All, vec![Item::One(city.clone()), Item::One(tag.clone())]);
        assert!(both.fit(0b10, Some(&yazd)) && !both.fit(0b01, Some(&yazd)) && !both.fit(0b10, None));
        let group = tree(Join::All, vec![Item::One(tag.clone()), Item::Group(vec![tag.clone(), city.clone()])]);
        assert!(group.fit(0b001, Some(&yazd)) && group.fit(0b011, None) && !group.fit(0b001, None));
        let any = tree(Join::Any, vec![Item::One(tag.clone()), Item::Group(vec![tag, city])]);
        assert!(any.fit(0b010, Some(&yazd)) && !any.fit(0b000, Some(&yazd)) && any.fit(0b001, None));
        assert!(Conditions::default().fit(0, None), "without conditions everybody fits");
    }
}
