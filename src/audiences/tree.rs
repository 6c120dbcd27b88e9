//! The tree of conditions as JSON, as programs write it and as it is stored.

use serde_json::{Map, Value, json};

use super::condition::{Condition, Conditions, Item, Join, MOST, MOST_GROUPS};
use super::kinds::Raw;
use crate::kernel::error::FieldErrors;
use crate::kernel::money::Currency;

impl Conditions {
    /// The shape in the API: `{"all": [{"field": "tag", "op": "has", "value": "vip"}, {"any": [...]}]}`.
    pub fn to_json(&self) -> Value {
        let items: Vec<Value> = self
            .items
            .iter()
            .map(|item| match item {
                Item::One(one) => one.to_json(),
                Item::Group(several) => json!({ self.join.other().as_str(): several.iter().map(Condition::to_json).collect::<Vec<_>>() }),
            })
            .collect();
        json!({ self.join.as_str(): items })
    }

    /// Reads the shape in the API; `own` is the organisation's currency.
    ///
    /// # Errors
    /// Everything that is wrong, with its place such as `conditions.all[1].value`.
    pub fn from_json(json: &Value, own: Currency) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        let mut read = Reader { errors: &mut errors, own, left: MOST, groups: MOST_GROUPS };
        let conditions = read.top(json);
        if errors.0.is_empty() { Ok(conditions) } else { Err(errors) }
    }
}

impl Condition {
    fn to_json(&self) -> Value {
        let Raw { field, op, name, value } = self.raw();
        let mut map = Map::from_iter([("field".to_owned(), json!(field)), ("op".to_owned(), json!(op))]);
        let texts = [("name", name), ("value", value)].into_iter().filter(|(_, text)| !text.is_empty());
        map.extend(texts.map(|(key, text)| (key.to_owned(), json!(text))));
        Value::Object(map)
    }
}

struct Reader<'e> {
    errors: &'e mut FieldErrors,
    own: Currency,
    /// How many conditions may still come.
    left: usize,
    groups: usize,
}

const SHAPE: &str =
    "Write {\"all\": […]} or {\"any\": […]} with conditions such as {\"field\": \"tag\", \"op\": \"has\", \"value\": \"vip\"}.";

impl Reader<'_> {
    fn top(&mut self, json: &Value) -> Conditions {
        let Some((join, items)) = joined(json) else {
            self.errors.add("conditions", "unreadable", SHAPE);
            return Conditions::default();
        };
        let mut read = Vec::new();
        for (i, item) in items.iter().enumerate() {
            let at = format!("conditions.{}[{i}]", join.as_str());
            match joined(item) {
                None => read.extend(self.one(&at, item).map(Item::One)),
                // A group joined the same way says what its conditions would say without it.
                Some((inner, several)) => {
                    let at = format!("{at}.{}", inner.as_str());
                    let is_empty = several.is_empty();
                    let several: Vec<Condition> =
                        several.iter().enumerate().filter_map(|(n, one)| self.one(&format!("{at}[{n}]"), one)).collect();
                    if inner == join {
                        read.extend(several.into_iter().map(Item::One));
                    } else if is_empty {
                        self.errors.add(&at, "empty", "This group has no condition. Fill it, or leave it out.");
                    } else if self.groups == 0 {
                        self.errors.add(&at, "too_many", format!("An audience has at most {MOST_GROUPS} groups."));
                    } else {
                        self.groups -= 1;
                        read.push(Item::Group(several));
                    }
                }
            }
        }
        Conditions { join, items: read }
    }

    fn one(&mut self, at: &str, json: &Value) -> Option<Condition> {
        let Some(map) = json.as_object() else {
            self.errors.add(at, "unreadable", SHAPE);
            return None;
        };
        if let Some(unknown) = map.keys().find(|key| !["field", "op", "name", "value"].contains(&key.as_str())) {
            let detail = "A condition has field, op, name and value; groups stand within the first level only.";
            self.errors.add(&format!("{at}.{unknown}"), "unknown_field", detail);
            return None;
        }
        if self.left == 0 {
            self.errors.add(at, "too_many", format!("An audience has at most {MOST} conditions."));
            return None;
        }
        self.left -= 1;
        let text = |key: &str| match map.get(key) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.trim().to_owned(),
            Some(other) => other.to_string(),
        };
        let raw = Raw { field: text("field"), op: text("op"), name: text("name"), value: text("value") };
        raw.read(self.own).map_err(|(part, refusal)| refusal.note(&format!("{at}.{part}"), self.errors)).ok()
    }
}

/// The one of `all` and `any` that an object has, and nothing else.
fn joined(json: &Value) -> Option<(Join, &Vec<Value>)> {
    let map = json.as_object().filter(|map| map.len() == 1)?;
    let (word, items) = map.iter().next()?;
    Some((Join::parse(word)?, items.as_array()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audiences::kinds::KINDS;

    fn read(json: &Value) -> Result<Conditions, Vec<(String, String)>> {
        Conditions::from_json(json, Currency::USD).map_err(|e| e.0.into_iter().map(|e| (e.field, e.code)).collect())
    }

    /// A sound value for each kind.
    fn sample(kind: &str) -> (&'static str, &'static str) {
        match kind.split_once('.').unwrap_or_default() {
            ("language", _) => ("", "fa"),
            ("country", _) => ("", "IR"),
            ("time_zone", _) => ("", "Asia/Tehran"),
            ("status", "is_set" | "is_not_set") => ("", ""),
            ("status", _) => ("", "won"),
            ("tag", _) => ("", "vip"),
            ("attribute", "is_set" | "is_not_set") => ("city", ""),
            ("attribute", "less_than" | "more_than") => ("size", "12.5"),
            ("attribute", "before" | "after") => ("born", "2000-02-29"),
            ("attribute", _) => ("city", "Yazd"),
            ("spent", _) => ("EUR", "100"),
            ("consent", _) => ("", "marketing"),
            ("import", _) => ("", "leads.csv"),
            (_, "never") => ("", ""),
            _ => ("", "3"),
        }
    }

    #[test]
    fn every_kind_is_read_from_what_it_is_written_as() {
        for kind in KINDS {
            let (name, value) = sample(kind.word);
            assert_eq!((kind.has_name, kind.has_value), (!name.is_empty(), !value.is_empty()), "{}", kind.word);
            let raw = Raw::of(kind.word, name, value);
            let condition = raw.read(Currency::USD).unwrap_or_else(|(part, why)| panic!("{}: {part}: {}", kind.word, why.detail));
            assert_eq!(condition.raw(), raw, "{}", kind.word);
        }
    }

    #[test]
    fn a_tree_of_two_levels_survives_its_json() {
        let json = json!({"all": [
            {"field": "tag", "op": "has", "value": "vip"},
            {"any": [{"field": "language", "op": "is", "value": "fa"}, {"field": "attribute", "op": "is_set", "name": "city"}]},
        ]});
        let conditions = read(&json).expect("sound");
        assert_eq!(conditions.to_json(), json);
        assert_eq!(conditions.all().count(), 3);
        assert_eq!(read(&json!({"any": []})).map(|c| c.items.len()), Ok(0));
        let flat = read(&json!({"all": [{"all": [{"field": "tag", "op": "has", "value": "a"}]}]})).expect("sound");
        assert_eq!(flat.items.len(), 1, "a group that is joined like the whole is no group");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let of = |json: Value| read(&json).expect_err("refused");
        let wrong = json!({"all": [
            {"field": "tag", "op": "is", "value": "vip"},
            {"field": "salary", "op": "is"},
            {"any": [{"field": "last_reply", "op": "within", "value": "0"}, {"field": "attribute", "op": "is", "name": "<", "value": "x"}]},
            {"field": "language", "op": "is", "value": "fa", "sql": "drop table"},
            {"field": "tag", "op": "has", "value": {"any": []}},
        ]});
        let want = [
            ("conditions.all[0].op", "unknown"),
            ("conditions.all[1].field", "unknown"),
            ("conditions.all[2].any[0].value", "not_days"),
            ("conditions.all[2].any[1].name", "not_a_name"),
            ("conditions.all[3].sql", "unknown_field"),
            ("conditions.all[4].value", "not_a_tag"),
        ];
        assert_eq!(of(wrong), want.map(|(field, code)| (field.to_owned(), code.to_owned())));
        for shape in [json!([]), json!({}), json!("x"), json!({"all": [], "any": []}), json!({"all": {}})] {
            assert_eq!(of(shape), [("conditions".to_owned(), "unreadable".to_owned())]);
        }
        let deep = json!({"all": [{"any": [{"all": [{"field": "tag", "op": "has", "value": "a"}]}]}]});
        assert_eq!(of(deep), [("conditions.all[0].any[0].all".to_owned(), "unknown_field".to_owned())]);
        let many = json!({"all": vec![json!({"field": "tag", "op": "has", "value": "a"}); 21]});
        assert_eq!(of(many), [("conditions.all[20]".to_owned(), "too_many".to_owned())]);
    }
}
