//! What a check adds up: rows by reason, people and money by country, language and encoding.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::problem::Code;
use super::verdict::ToSend;
use super::{Counts, Message};
use crate::kernel::money::Micros;
use crate::kernel::phone::Country;
use crate::kernel::sms::Encoding;

/// People who get the message in one country, language and encoding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// ISO code of the country.
    pub country: String,
    /// Language tag of the text.
    pub language: String,
    /// Variant of the text, where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Encoding of the text.
    pub encoding: Encoding,
    /// How many people.
    pub people: u64,
    /// Segments of all of them together.
    pub segments: u64,
    /// Price of one segment in micros; `None` when no connection sends there or no price is known.
    pub price: Option<Micros>,
}

impl Group {
    /// What the group costs; nothing when no price is known.
    pub fn cost(&self) -> Micros {
        cost(self.price.unwrap_or(0), self.segments)
    }
}

/// An amount, and whether it is the whole of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Micros.
    pub amount: Micros,
    /// Whether every group had a price.
    pub complete: bool,
}

/// The sums of one check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Rejected rows by [`Code`], most frequent first where people see them.
    pub reasons: BTreeMap<String, u64>,
    /// The largest group first.
    pub groups: Vec<Group>,
    /// ISO code of the prices' currency.
    pub currency: String,
}

impl Summary {
    /// Segments of all messages.
    pub fn segments(&self) -> u64 {
        self.groups.iter().map(|g| g.segments).sum()
    }

    /// What all of it costs at the prices of the check.
    pub fn cost(&self) -> Cost {
        self.cost_at(|group| group.price)
    }

    /// What all of it costs at other prices.
    pub fn cost_at(&self, price: impl Fn(&Group) -> Option<Micros>) -> Cost {
        let prices: Vec<_> = self.groups.iter().map(|g| (price(g), g.segments)).collect();
        Cost {
            amount: prices.iter().map(|(price, segments)| cost(price.unwrap_or(0), *segments)).fold(0, Micros::saturating_add),
            complete: prices.iter().all(|(price, _)| price.is_some()),
        }
    }

    /// Takes one person out of their group.
    pub(super) fn leave_out(&mut self, send: &ToSend, language: &str, variant: Option<&str>) {
        let is_theirs = |g: &Group| {
            g.country == send.country.as_str() && g.language == language && g.variant.as_deref() == variant && g.encoding == send.encoding
        };
        if let Some(group) = self.groups.iter_mut().find(|g| is_theirs(g)) {
            group.people = group.people.saturating_sub(1);
            group.segments = group.segments.saturating_sub(u64::from(send.segments));
        }
        self.groups.retain(|group| group.people > 0);
    }

    /// Reasons with their numbers, most frequent first.
    pub fn reasons(&self) -> Vec<(Code, u64)> {
        let mut reasons: Vec<_> = self.reasons.iter().filter_map(|(word, n)| Some((Code::parse(word)?, *n))).collect();
        reasons.sort_by_key(|(code, n)| (std::cmp::Reverse(*n), *code));
        reasons
    }
}

fn cost(price: Micros, segments: u64) -> Micros {
    Micros::try_from(i128::from(price) * i128::from(segments)).unwrap_or(Micros::MAX)
}

/// Adds up verdicts as they are made.
#[derive(Debug, Default)]
pub(super) struct Sums {
    pub counts: Counts,
    reasons: BTreeMap<Code, u64>,
    groups: HashMap<(Country, u8, Encoding), (u64, u64)>,
}

impl Sums {
    pub fn send(&mut self, send: &ToSend) {
        self.counts.to_send += 1;
        let group = self.groups.entry((send.country, send.language, send.encoding)).or_default();
        group.0 += 1;
        group.1 += u64::from(send.segments);
    }

    pub fn reject(&mut self, code: Code) {
        self.counts.rejected += 1;
        *self.reasons.entry(code).or_default() += 1;
    }

    /// The summary, with each country's price of a segment.
    pub fn summary(&self, message: &Message, currency: &str, price: impl Fn(Country) -> Option<Micros>) -> Summary {
        let language = |index: u8| message.text(index).map(|(l, _)| l.as_str().to_owned()).unwrap_or_default();
        let mut groups: Vec<Group> = self
            .groups
            .iter()
            .map(|((country, index, encoding), (people, segments))| Group {
                country: country.as_str().to_owned(),
                language: language(*index),
                variant: message.variant(*index).map(str::to_owned),
                encoding: *encoding,
                people: *people,
                segments: *segments,
                price: price(*country),
            })
            .collect();
        groups.sort_by(|a, b| {
            (b.people, &a.country, &a.language, &a.variant, a.encoding.as_str()).cmp(&(
                a.people,
                &b.country,
                &b.language,
                &b.variant,
                b.encoding.as_str(),
            ))
        });
        let reasons = self.reasons.iter().map(|(code, n)| (code.as_str().to_owned(), *n)).collect();
        Summary { reasons, groups, currency: currency.to_owned() }
    }
}
