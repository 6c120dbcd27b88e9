//! The form of the preference centre: what it shows, and what comes back.

use crate::access::TimeOfDay;
use crate::kernel::category::Category;
use crate::kernel::clock::{DAY, Millis};
use crate::kernel::language::Language;
use crate::preferences::{PreferencesPatch, View, quiet_between};

use super::texts::Tongue;

/// The breaks that are offered, in days.
pub const BREAKS: [u8; 3] = [7, 14, 30];
/// The limits of advertisements in thirty days that are offered.
pub const MOST: [i64; 3] = [1, 2, 4];
/// The field that holds the end of the ledger that the page showed.
pub const SEEN: &str = "seen";
/// The value of `pause` that leaves a break as it is.
pub const KEEP: &str = "keep";

/// What the fields hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    /// Categories that are on.
    pub on: Vec<Category>,
    /// `0`, `7`, `14`, `30` or [`KEEP`].
    pub pause: String,
    /// Whether there are quiet hours of one's own.
    pub quiet: bool,
    /// Their beginning, as the browser writes it.
    pub from: String,
    /// Their end.
    pub to: String,
    /// The most advertisements in thirty days; `0` is no limit.
    pub most: String,
    /// The language of the messages, when it is one of ours.
    pub language: Option<Tongue>,
    /// The one that they are written in now.
    pub written_in: Option<Tongue>,
}

/// Quiet hours that cannot be taken: their times are missing or equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultyHours;

impl Fields {
    /// What is stored; who has chosen no language is shown the one that their browser's owner reads.
    pub fn stored(view: &View, accepted: Option<Tongue>) -> Self {
        let hours = view.quiet_hours.as_ref();
        let of = |language: &Language| Tongue::of_tag(language.as_str());
        let time = |time: Option<TimeOfDay>, usual: &str| time.map_or_else(|| usual.to_owned(), |t| t.to_string());
        Self {
            on: view.categories.iter().filter(|(_, switch)| switch.on).map(|(category, _)| *category).collect(),
            pause: if view.paused_until.is_some() { KEEP.into() } else { "0".into() },
            quiet: hours.is_some(),
            from: time(hours.map(|h| h.from), "21:00"),
            to: time(hours.map(|h| h.to), "08:00"),
            most: view.offers_a_month.unwrap_or(0).to_string(),
            language: view.language.as_ref().and_then(of).or(accepted).or_else(|| of(&view.usual_language)),
            written_in: of(view.language.as_ref().unwrap_or(&view.usual_language)),
        }
    }

    /// What was posted; locked switches are not part of a form and stay as they are.
    pub fn posted(pairs: &[(String, String)], stored: &Self, view: &View) -> Self {
        let get = |name: &str| pairs.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
        let is_on = |category: &Category| match view.categories.get(category) {
            Some(switch) if switch.locked => switch.on,
            _ => get(category.as_str()).is_some(),
        };
        Self {
            on: Category::ALL.into_iter().filter(is_on).collect(),
            pause: get("pause").unwrap_or(KEEP).to_owned(),
            quiet: get("quiet").is_some(),
            from: get("from").unwrap_or(&stored.from).to_owned(),
            to: get("to").unwrap_or(&stored.to).to_owned(),
            most: get("most").unwrap_or(&stored.most).to_owned(),
            language: get("language").and_then(Tongue::of_tag).or(stored.language),
            written_in: stored.written_in,
        }
    }

    /// The change from `stored` to this, said at `now`.
    pub fn patch(&self, stored: &Self, now: Millis) -> Result<PreferencesPatch, FaultyHours> {
        let days = self.pause.parse().ok().filter(|days| BREAKS.contains(days));
        let paused_until = match (self.pause.as_str(), days) {
            (_, Some(days)) => Some(Some(now + i64::from(days) * DAY)),
            ("0", None) => Some(None),
            _ => None,
        };
        let times_changed = (self.quiet, &self.from, &self.to) != (stored.quiet, &stored.from, &stored.to);
        let quiet_hours = match (self.quiet, times_changed) {
            (_, false) => None,
            (false, true) => Some(None),
            (true, true) => {
                let (from, to) = (TimeOfDay::parse(&self.from).ok_or(FaultyHours)?, TimeOfDay::parse(&self.to).ok_or(FaultyHours)?);
                if from == to {
                    return Err(FaultyHours);
                }
                Some(Some(quiet_between(from, to)))
            }
        };
        Ok(PreferencesPatch {
            categories: Category::ALL.into_iter().map(|c| (c, self.on.contains(&c))).collect(),
            language: self.language.filter(|_| self.language != stored.written_in).map(Tongue::language),
            paused_until,
            quiet_hours,
            offers_a_month: self.most.parse().ok().filter(|_| self.most != stored.most).and_then(|most: i64| match most {
                0 => Some(None),
                most if MOST.contains(&most) => Some(Some(most)),
                _ => None,
            }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> Fields {
        Fields {
            on: vec![Category::Order],
            pause: "0".into(),
            quiet: false,
            from: "21:00".into(),
            to: "08:00".into(),
            most: "0".into(),
            language: Some(Tongue::English),
            written_in: Some(Tongue::English),
        }
    }

    #[test]
    fn a_form_that_is_sent_back_as_it_was_asks_for_nothing_new() {
        let patch = fields().patch(&fields(), 0).expect("valid");
        assert_eq!((patch.language, patch.paused_until, patch.quiet_hours), (None, Some(None), None));
        assert_eq!(patch.categories.iter().filter(|(_, on)| *on).count(), 1);
        let kept = Fields { pause: KEEP.into(), ..fields() };
        assert_eq!(kept.patch(&kept, 0).expect("valid").paused_until, None);
    }

    #[test]
    fn only_the_offered_breaks_are_taken() {
        let asked = |pause: &str| Fields { pause: pause.into(), ..fields() }.patch(&fields(), 5).expect("valid").paused_until;
        assert_eq!(asked("14"), Some(Some(5 + 14 * DAY)));
        assert_eq!((asked("0"), asked("365"), asked("forever")), (Some(None), None, None));
    }

    #[test]
    fn only_the_offered_limits_are_taken() {
        let asked = |most: &str| Fields { most: most.into(), ..fields() }.patch(&fields(), 0).expect("valid").offers_a_month;
        assert_eq!((asked("2"), asked("0"), asked("3"), asked("-1"), asked("many")), (Some(Some(2)), None, None, None, None));
        let lifted = fields().patch(&Fields { most: "4".into(), ..fields() }, 0).expect("valid");
        assert_eq!(lifted.offers_a_month, Some(None));
    }

    #[test]
    fn who_is_shown_another_language_than_they_are_written_in_gets_it_by_saving() {
        let shown = Fields { language: Some(Tongue::Persian), ..fields() };
        assert_eq!(shown.patch(&shown, 0).expect("valid").language, Some(Tongue::Persian.language()));
    }

    #[test]
    fn quiet_hours_need_two_different_times() {
        let hours = |from: &str, to: &str| Fields { quiet: true, from: from.into(), to: to.into(), ..fields() }.patch(&fields(), 0);
        assert!(hours("22:00", "07:30").expect("valid").quiet_hours.flatten().is_some());
        for (from, to) in [("22:00", "22:00"), ("", "08:00"), ("22:00", "late")] {
            assert_eq!(hours(from, to).map(drop), Err(FaultyHours));
        }
    }
}
