//! Conditions as the rows of a form.

use crate::audiences::condition::{Condition, Conditions, Item, Join, MOST};
use crate::audiences::kinds::Raw;
use crate::kernel::error::FieldErrors;
use crate::kernel::money::Currency;

/// Groups that a row can be put into.
pub const GROUPS: [&str; 3] = ["a", "b", "c"];
/// Empty rows that wait for more.
const EMPTY: usize = 2;

/// One row: a condition as it was typed, and the group that it belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// `field.op`; empty for a row that says nothing.
    pub kind: String,
    /// The name of an attribute, or a currency.
    pub name: String,
    /// The value.
    pub value: String,
    /// `a`, `b`, `c`, or empty.
    pub group: String,
}

/// What stands in the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// What people call it.
    pub name: String,
    /// How the rows are joined.
    pub join: Join,
    /// The rows that say something.
    pub rows: Vec<Row>,
}

/// The name of a part of a row.
pub fn field(row: usize, part: &str) -> String {
    format!("c{row}.{part}")
}

impl Draft {
    /// What was typed; rows without a kind are left out, so that the rest closes up.
    pub fn read<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Self {
        let text = |name: &str| get(name).map(str::trim).unwrap_or_default().to_owned();
        let row = |n: usize| Row {
            kind: text(&field(n, "kind")),
            name: text(&field(n, "name")),
            value: text(&field(n, "value")),
            group: text(&field(n, "group")),
        };
        Self {
            name: text("name"),
            join: Join::parse(&text("join")).unwrap_or_default(),
            rows: (0..MOST + EMPTY).map(row).filter(|row| !row.kind.is_empty()).collect(),
        }
    }

    /// What is stored. A group more than the form has stands by itself; the form then says so, as it has no letter for it.
    pub fn of(name: &str, conditions: &Conditions) -> Self {
        let mut groups = GROUPS.iter();
        let mut rows = Vec::new();
        for item in &conditions.items {
            let (several, group) = match item {
                Item::One(one) => (std::slice::from_ref(one), ""),
                Item::Group(several) => (several.as_slice(), groups.next().copied().unwrap_or(LOST)),
            };
            rows.extend(several.iter().map(|one| row_of(one, group)));
        }
        Self { name: name.to_owned(), join: conditions.join, rows }
    }

    /// Whether the form cannot show the conditions as they are: an API may make more groups than it has letters for.
    pub fn has_lost_groups(&self) -> bool {
        self.rows.iter().any(|row| row.group == LOST)
    }

    /// The rows to show, with empty ones at the end.
    pub fn shown(&self) -> Vec<Row> {
        let empty = EMPTY.min(MOST.saturating_sub(self.rows.len()));
        self.rows.iter().cloned().chain(std::iter::repeat_n(Row::default(), empty)).collect()
    }

    /// The conditions; what is wrong goes to `errors`, by the row as it is shown.
    pub fn conditions(&self, own: Currency, errors: &mut FieldErrors) -> Conditions {
        let mut items: Vec<(&str, Vec<Condition>)> = Vec::new();
        for (n, row) in self.rows.iter().enumerate() {
            let read = Raw::of(&row.kind, &row.name, &row.value).read(own);
            let condition = match read {
                Ok(condition) => condition,
                Err((part, refusal)) => {
                    let part = if matches!(part, "field" | "op") { "kind" } else { part };
                    refusal.note(&field(n, part), errors);
                    continue;
                }
            };
            let group = row.group.as_str();
            match items.iter_mut().find(|(known, _)| !group.is_empty() && *known == group) {
                Some((_, several)) => several.push(condition),
                None => items.push((group, vec![condition])),
            }
        }
        if self.rows.len() > MOST {
            errors.add(&field(MOST, "kind"), "too_many", format!("An audience has at most {MOST} conditions."));
        }
        let item = |(group, several): (&str, Vec<Condition>)| match <[Condition; 1]>::try_from(several) {
            Ok([one]) if group.is_empty() => Item::One(one),
            Ok(one) => Item::Group(one.into()),
            Err(several) => Item::Group(several),
        };
        Conditions { join: self.join, items: items.into_iter().map(item).collect() }
    }
}

/// A group beyond the form's letters.
const LOST: &str = "-";

fn row_of(condition: &Condition, group: &str) -> Row {
    let raw = condition.raw();
    Row { kind: raw.kind(), name: raw.name, value: raw.value, group: group.to_owned() }
}

#[cfg(test)]
mod unit {
    use super::*;
    use serde_json::json;

    #[test]
    fn stored_conditions_survive_the_form() {
        let json = json!({"any": [
            {"field": "tag", "op": "has", "value": "vip"},
            {"all": [{"field": "language", "op": "is", "value": "fa"}, {"field": "spent", "op": "at_least", "name": "EUR", "value": "100"}]},
        ]});
        let conditions = Conditions::from_json(&json, Currency::USD).expect("sound");
        let draft = Draft::of("n", &conditions);
        let mut errors = FieldErrors::new();
        assert_eq!(draft.conditions(Currency::USD, &mut errors).to_json(), json);
        assert!(errors.0.is_empty());
        assert_eq!(draft.shown().len(), 3 + EMPTY);
    }

    #[test]
    fn what_is_wrong_stands_beside_its_row() {
        let row = |kind: &str, value: &str| Row { kind: kind.into(), value: value.into(), ..Row::default() };
        let rows = vec![row("tag.has", "vip"), row("last_reply.within", "soon"), row("attribute.is", "x"), row("nonsense", "")];
        let mut errors = FieldErrors::new();
        Draft { rows, ..Draft::default() }.conditions(Currency::USD, &mut errors);
        let fields: Vec<_> = errors.0.iter().map(|e| e.field.as_str()).collect();
        assert_eq!(fields, ["c1.value", "c2.name", "c3.kind"]);
    }
}
