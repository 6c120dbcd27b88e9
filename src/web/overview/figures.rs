//! The four figures of the overview, each beside the period before.

use leptos::prelude::*;

use crate::costs::Stats;
use crate::kernel::money::Currency;
use crate::messages::Status;
use crate::web::ui::show::{money, number, percent};

/// What a period comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Messages that were handed to a provider.
    pub sent: i64,
    /// Of them, those on the phone.
    pub delivered: i64,
    /// Of them, those that will not arrive.
    pub failed: i64,
    /// What they cost, in micros.
    pub cost: i64,
    /// People who opted out of something.
    pub opt_outs: i64,
}

impl Figures {
    /// Of counts and costs, with the people who opted out meanwhile.
    pub fn of(stats: &Stats, opt_outs: i64) -> Self {
        let count = |wanted: fn(Status) -> bool| -> i64 {
            let known = stats.statuses.iter().filter_map(|(word, n)| Some((Status::parse(word)?, n)));
            known.filter(|(status, _)| wanted(*status)).map(|(_, n)| n).sum()
        };
        Self {
            sent: count(Status::is_handed_over),
            delivered: count(|s| s == Status::Delivered),
            failed: count(|s| s == Status::Failed),
            cost: stats.cost,
            opt_outs,
        }
    }
}

/// How a figure moved.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Delta {
    /// `▲ 8.2%`
    words: String,
    /// `up` is good, `down` is bad, nothing is neither.
    class: &'static str,
}

/// The change from `before` to `now` in percent; `None` when there was nothing before.
fn change(now: i64, before: i64, more_is_good: Option<bool>) -> Option<Delta> {
    if before <= 0 {
        return None;
    }
    let percent = (now - before) as f64 * 100.0 / before as f64;
    Some(delta(percent, format!("{:.1}%", percent.abs()), more_is_good))
}

/// The change of a share in percentage points; `None` when either has no whole.
fn points(now: (i64, i64), before: (i64, i64), more_is_good: bool) -> Option<Delta> {
    if now.1 <= 0 || before.1 <= 0 {
        return None;
    }
    let share = |(part, whole): (i64, i64)| part as f64 * 100.0 / whole as f64;
    let points = share(now) - share(before);
    Some(delta(points, format!("{:.1} pts", points.abs()), Some(more_is_good)))
}

fn delta(change: f64, size: String, more_is_good: Option<bool>) -> Delta {
    if change.abs() < 0.05 {
        return Delta { words: "No change".into(), class: "" };
    }
    let rose = change > 0.0;
    let class = match more_is_good {
        None => "",
        Some(good) if good == rose => "up",
        Some(_) => "down",
    };
    Delta { words: format!("{} {size}", if rose { "▲" } else { "▼" }), class }
}

/// The figures of a period and of the one before.
#[component]
pub fn FigureCards(
    /// The period's.
    now: Figures,
    /// Those of the period before.
    before: Figures,
    /// What the period before is called.
    #[prop(into)]
    than: String,
    /// The currency of the costs; `None` for those who may not see them.
    currency: Option<Currency>,
) -> impl IntoView {
    let card = |label: &'static str, value: String, delta: Option<Delta>, none: String| {
        let note = match delta {
            Some(d) => view! { <dd class=format!("delta {}", d.class)><b>{d.words}</b>{format!(" vs {than}")}</dd> }.into_any(),
            None => view! { <dd class="delta">{none}</dd> }.into_any(),
        };
        view! { <div class="card stat c-3"><dt>{label}</dt><dd>{value}</dd>{note}</div> }
    };
    let nothing = || "nothing before to compare with".to_owned();
    let cost = currency.map(|currency| card("Cost", money(now.cost, currency), change(now.cost, before.cost, None), nothing()));
    let rate = points((now.delivered, now.sent), (before.delivered, before.sent), true);
    view! {
        <dl class="grid fill stats">
            {card("Messages sent", number(now.sent), change(now.sent, before.sent, None), nothing())}
            {card("Delivered", percent(now.delivered, now.sent), rate, format!("{} of {}", number(now.delivered), number(now.sent)))}
            {cost}
            {card("Opt-outs", number(now.opt_outs), change(now.opt_outs, before.opt_outs, Some(false)), "people who said no".into())}
        </dl>
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn a_change_is_said_in_words_and_a_sign() {
        assert_eq!(change(108, 100, None), Some(Delta { words: "▲ 8.0%".into(), class: "" }));
        assert_eq!(change(50, 100, Some(false)), Some(Delta { words: "▼ 50.0%".into(), class: "up" }));
        assert_eq!(change(150, 100, Some(false)), Some(Delta { words: "▲ 50.0%".into(), class: "down" }));
        assert_eq!(change(100, 100, None).map(|d| d.words).as_deref(), Some("No change"));
        assert_eq!(change(5, 0, None), None);
    }

    #[test]
    fn a_share_changes_by_points() {
        assert_eq!(points((975, 1_000), (978, 1_000), true), Some(Delta { words: "▼ 0.3 pts".into(), class: "down" }));
        assert_eq!(points((1, 1), (0, 0), true), None);
    }
}
