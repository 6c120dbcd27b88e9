//! The month's budget as a bar.

use leptos::prelude::*;

use super::show::{about, money, month};
use crate::costs::BudgetView;
use crate::kernel::money::Micros;

const WIDTH: f64 = 320.0;

/// What is spent, set aside and expected, beside the limit. Stands once on a page.
#[component]
pub fn BudgetGauge(
    /// The budget.
    budget: BudgetView,
) -> impl IntoView {
    let say = |micros| money(micros, budget.currency);
    let (spent, reserved) = (budget.spent, budget.reserved);
    let until = format!("by the end of {}", month(&budget.month));
    let of = budget.limit.map(|limit| format!("of {}", say(limit)));
    let (tone, word) = verdict(&budget);
    let bar = budget.limit.map(|limit| {
        let title = format!("{} of {} spent, forecast {} {until}", say(spent), say(limit), about(budget.forecast, budget.currency));
        view! { <Bar title=title spent=spent reserved=reserved forecast=budget.forecast limit=limit/> }
    });
    let set_aside = (reserved > 0).then(|| format!("{} more is set aside for messages on their way.", say(reserved)));
    let rule = match budget.limit {
        Some(_) => "When the budget is used up, messages wait for the next month; sign-in codes keep going.",
        None => "No limit is set.",
    };
    view! {
        <p><span class=format!("badge {tone}")>{word}</span></p>
        <dl class="tally tally-2">
            <div><dt>"Spent"</dt><dd>{say(spent)}{of.map(|of| view! { <small>{of}</small> })}</dd></div>
            <div><dt>"Forecast"</dt><dd>{about(budget.forecast, budget.currency)}<small>{until}</small></dd></div>
        </dl>
        {bar}
        <p class="small muted">{set_aside}" "{rule}" The forecast keeps this month’s average per day."</p>
    }
}

/// How the budget stands, in a colour and words.
fn verdict(budget: &BudgetView) -> (&'static str, &'static str) {
    match budget.limit {
        None => ("", "No limit"),
        Some(limit) if budget.spent + budget.reserved >= limit => ("is-bad", "Used up"),
        Some(limit) if budget.forecast > limit => ("is-warn", "Will not last the month"),
        Some(_) => ("is-ok", "On track"),
    }
}

#[component]
fn Bar(title: String, spent: Micros, reserved: Micros, forecast: Micros, limit: Micros) -> impl IntoView {
    let most = limit.max(forecast).max(spent + reserved).max(1);
    let x = |micros: Micros| micros.max(0) as f64 / most as f64 * WIDTH;
    let px = |at: f64| format!("{at:.1}");
    let taken = x(spent + reserved);
    let line = (most > limit).then(|| {
        let at = px(x(limit));
        view! { <line class="limit" x1=at.clone() x2=at y1="-4" y2="20"></line> }
    });
    view! {
        <svg class="chart gauge" viewBox="0 -4 320 24" role="img" aria-labelledby="budget-bar">
            <title id="budget-bar">{title}</title>
            <defs>
                <pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                    <line class="hatch" x1="0" x2="0" y1="0" y2="8"></line>
                </pattern>
            </defs>
            <rect class="track" width="320" height="16" rx="8"></rect>
            <rect x=px(taken) width=px((x(forecast) - taken).max(0.0)) height="16" fill="url(#hatch)"></rect>
            <rect class="s3" width=px(taken) height="16" rx="8"></rect>
            <rect class="s1" width=px(x(spent)) height="16" rx="8"></rect>
            {line}
        </svg>
    }
}

#[cfg(test)]
mod unit {
    use super::*;
    use crate::kernel::money::Currency;

    fn budget(limit: Option<Micros>, spent: Micros, reserved: Micros, forecast: Micros) -> BudgetView {
        BudgetView { month: "2026-11".into(), limit, spent, reserved, forecast, currency: Currency::USD }
    }

    #[test]
    fn a_budget_says_how_it_stands() {
        assert_eq!(verdict(&budget(None, 5, 0, 9)).1, "No limit");
        assert_eq!(verdict(&budget(Some(10), 5, 0, 9)).1, "On track");
        assert_eq!(verdict(&budget(Some(10), 5, 0, 11)).1, "Will not last the month");
        assert_eq!(verdict(&budget(Some(10), 5, 5, 11)).1, "Used up");
    }
}
