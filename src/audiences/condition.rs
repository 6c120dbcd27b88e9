//! Conditions on people: a small tree of two levels, read each condition one of [`super::kinds::KINDS`].
//!
//! At the top all of the conditions must hold, or any. Instead of a condition a group of them may stand, which is joined the other
//! way: that says everything that can be said with "and" and "or" in two levels, and no more.

use crate::kernel::category::Category;
use crate::kernel::money::{Currency, Micros};

/// The most conditions of one audience, those in groups counted.
pub const MOST: usize = 20;
/// The most groups.
pub const MOST_GROUPS: usize = 5;

/// How conditions are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Join {
    /// Each of them must hold.
    #[default]
    All,
    /// One of them must hold.
    Any,
}

impl Join {
    /// The word in the API and in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Any => "any",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::All, Self::Any].into_iter().find(|join| join.as_str() == text)
    }

    /// How groups within are joined.
    pub fn other(self) -> Self {
        match self {
            Self::All => Self::Any,
            Self::Any => Self::All,
        }
    }
}

/// Whom an audience holds. Without conditions: everybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// How they are joined.
    pub join: Join,
    /// What must hold.
    pub items: Vec<Item>,
}

/// One condition, or several that are joined the other way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// One.
    One(Condition),
    /// Several.
    Group(Vec<Condition>),
}

/// A day, or several, that something is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ago {
    /// It last happened within so many days.
    Within(u32),
    /// It happened, and not within so many days.
    Before(u32),
    /// It never happened.
    Never,
}

/// What last happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// We first held the number.
    Added,
    /// A message of ours was sent to them.
    Message,
    /// They wrote to us.
    Reply,
    /// They bought something.
    Purchase,
}

/// Columns of a contact that stand in clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The language to write to them in.
    Language,
    /// Where their clocks are.
    TimeZone,
    /// The country of the number.
    Country,
    /// How far a lead has come.
    Status,
}

/// What an attribute is held against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// The same text, whatever its case.
    Is(String),
    /// Another text, or none.
    IsNot(String),
    /// This text within.
    Contains(String),
    /// Any value.
    IsSet,
    /// No value.
    IsNotSet,
    /// A number below this.
    LessThan(Micros),
    /// A number above this.
    MoreThan(Micros),
    /// A day before this, as `2026-11-21`.
    Before(String),
    /// A day after this.
    After(String),
}

/// At least or at most so much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// So much or more.
    AtLeast(i64),
    /// So much or less.
    AtMost(i64),
}

/// What a person said about a category.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// A message of it may be sent to them, by their word or by the organisation's rules.
    MayBeSent,
    /// They agreed to it.
    Agreed,
    /// They refused it, or everything.
    Refused,
}

/// One condition on a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// A column has this value, or has it not; `None` is no value.
    Column(Column, bool, Option<String>),
    /// They have this tag, or have it not.
    Tag(bool, String),
    /// What is noted under a name.
    Attribute(String, Test),
    /// When something last happened.
    Last(Moment, Ago),
    /// How often they bought.
    Purchases(Bound),
    /// For how much they bought, in a currency.
    Spent(Bound, Currency),
    /// What they said about a category.
    Consent(Said, Category),
    /// A file of this name brought them, or none of this name did.
    Import(bool, String),
}

impl Column {
    /// The word in conditions, and the column.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Language => "language",
            Self::TimeZone => "time_zone",
            Self::Country => "country",
            Self::Status => "status",
        }
    }
}

impl Moment {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Message => "last_message",
            Self::Reply => "last_reply",
            Self::Purchase => "last_purchase",
        }
    }
}

impl Bound {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::AtLeast(_) => "at_least",
            Self::AtMost(_) => "at_most",
        }
    }

    pub(super) fn value(self) -> i64 {
        match self {
            Self::AtLeast(value) | Self::AtMost(value) => value,
        }
    }
}

impl Conditions {
    /// Every condition, in order, to be changed.
    pub(super) fn all_mut(&mut self) -> impl Iterator<Item = &mut Condition> {
        self.items.iter_mut().flat_map(|item| match item {
            Item::One(one) => std::slice::from_mut(one),
            Item::Group(several) => several.as_mut_slice(),
        })
    }

    /// Every condition, in order.
    pub fn all(&self) -> impl Iterator<Item = &Condition> {
        self.items.iter().flat_map(|item| match item {
            Item::One(one) => std::slice::from_ref(one),
            Item::Group(several) => several,
        })
    }
}
