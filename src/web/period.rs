//! The days that figures are about, chosen by links, so that the choice stands in the address.

use chrono::NaiveDate;
use leptos::prelude::*;

use super::page::{Desk, query};
use crate::costs::Period;
use crate::kernel::error::Result;

/// A length that has a link of its own: days, the word in the address, what people read.
const CHOICES: [(i64, &str, &str); 3] = [(1, "today", "Today"), (7, "7", "7 days"), (30, "30", "30 days")];

/// The days that an address asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The days.
    pub period: Period,
    /// The word of the link that is on; none for dates of one's own.
    choice: Option<&'static str>,
}

impl Asked {
    /// Reads `period` (`today`, `7`, `30`) or else `start_date` and `end_date`; without them the last 30 days.
    pub fn read(desk: &Desk) -> Result<Self> {
        Self::of(desk, query)
    }

    /// The same from any query; `query` gives a value that is not blank.
    pub fn of(desk: &Desk, query: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let (now, zone) = (desk.app.clock.now(), desk.settings().time_zone);
        let word = query("period");
        let asked = CHOICES.into_iter().find(|(_, choice, _)| word.as_deref() == Some(choice));
        let (start, end) = (query("start_date"), query("end_date"));
        if asked.is_none() && (start.is_some() || end.is_some()) {
            return Ok(Self { period: Period::parse(start.as_deref(), end.as_deref(), now, zone)?, choice: None });
        }
        let (days, choice, _) = asked.unwrap_or(CHOICES[2]);
        Ok(Self { period: Period::last(days, now, zone), choice: Some(choice) })
    }

    /// The query that asks for the same days.
    pub fn query(&self) -> Vec<(&'static str, String)> {
        match self.choice {
            Some(choice) => vec![("period", choice.to_owned())],
            None => vec![("start_date", self.period.start.to_string()), ("end_date", self.period.end.to_string())],
        }
    }

    /// What the period before is called.
    pub fn before(&self) -> String {
        match (self.period.end - self.period.start).num_days() + 1 {
            1 if self.choice.is_some() => "yesterday".into(),
            1 => "the day before".into(),
            days => format!("the {days} days before"),
        }
    }
}

/// `23 Oct`, for axes and tables.
pub fn short_day(day: NaiveDate) -> String {
    day.format("%-d %b").to_string()
}

/// `23 October`, for sentences.
pub fn long_day(day: NaiveDate) -> String {
    day.format("%-d %B").to_string()
}

/// Links to the usual periods. `href` makes the address of one from its word.
#[component]
pub fn PeriodLinks(
    /// What is shown now.
    asked: Asked,
    /// The address of a period.
    href: Box<dyn Fn(&'static str) -> String + Send>,
) -> impl IntoView {
    let links: Vec<_> = CHOICES
        .into_iter()
        .map(|(_, choice, words)| {
            let current = (asked.choice == Some(choice)).then_some("true");
            view! { <a href=href(choice) aria-current=current>{words}</a> }
        })
        .collect();
    view! { <nav class="segmented" aria-label="Period">{links}</nav> }
}
