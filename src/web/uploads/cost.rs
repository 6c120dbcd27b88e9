//! What an upload will cost, and what is left of the budget after it.

use leptos::prelude::*;

use super::figure;
use crate::costs::BudgetView;
use crate::kernel::language::Language;
use crate::kernel::money::Currency;
use crate::kernel::phone::Country;
use crate::uploads::{Group, Summary};
use crate::web::ui::Card;
use crate::web::ui::show::{money, percent};

/// Cost by country, language and encoding.
#[component]
pub(super) fn CostCard(summary: Summary, budget: BudgetView) -> impl IntoView {
    let currency = Currency::parse(&summary.currency).unwrap_or(budget.currency);
    let rows: Vec<_> = summary.groups.iter().map(|group| view! { <GroupRow group=group.clone() currency=currency/> }).collect();
    let people: u64 = summary.groups.iter().map(|g| g.people).sum();
    let cost = summary.cost();
    let total = if cost.complete { money(cost.amount, currency) } else { format!("{} or more", money(cost.amount, currency)) };
    let after = budget_after(&budget, cost.amount);
    view! {
        <Card id="cost" title="Cost estimate">
            <section class="table-wrap" tabindex="0" aria-label="Cost by country">
                <table class="dense">
                    <thead><tr>
                        <th scope="col">"Country"</th><th scope="col">"Language, encoding"</th><th scope="col" class="num">"People"</th>
                        <th scope="col" class="num">"Segments"</th><th scope="col" class="num">"Per segment"</th><th scope="col" class="num">"Cost"</th>
                    </tr></thead>
                    <tbody>{rows}</tbody>
                    <tfoot><tr>
                        <th scope="row">"Total"</th><td></td><td class="num">{figure(people)}</td><td class="num">{figure(summary.segments())}</td>
                        <td></td><td class="num">{total}</td>
                    </tr></tfoot>
                </table>
            </section>
            <p class="card-foot">{after}</p>
        </Card>
    }
    .into_any()
}

#[component]
fn GroupRow(group: Group, currency: Currency) -> impl IntoView {
    let country = Country::parse(&group.country).ok();
    let name = country.map_or_else(|| group.country.clone(), |c| c.name().to_owned());
    let code = country.map(|c| format!(" +{}", c.calling_code()));
    let language = Language::stored(group.language.clone());
    let lang = language.as_str().to_owned();
    let name_of_language = language.name().to_owned();
    let variant = group.variant.as_ref().map(|key| format!(", variant {key}"));
    let (price, cost) = match group.price {
        Some(price) => (money(price, currency), money(group.cost(), currency)),
        None => ("no price".to_owned(), "unknown".to_owned()),
    };
    view! {
        <tr>
            <th scope="row">{name}<span class="muted">{code}</span></th>
            <td><bdi lang=lang>{name_of_language}</bdi>{variant}{format!(", {}", group.encoding)}</td>
            <td class="num">{figure(group.people)}</td>
            <td class="num">{figure(group.segments)}</td>
            <td class="num">{price}</td>
            <td class="num">{cost}</td>
        </tr>
    }
    .into_any()
}

/// What of the month's budget is used once this is sent.
pub(super) fn budget_after(budget: &BudgetView, cost: i64) -> AnyView {
    let after = budget.spent.saturating_add(budget.reserved).saturating_add(cost);
    match budget.limit {
        None => {
            view! { "No budget is set for the month. With this campaign it comes to "<strong>{money(after, budget.currency)}</strong>"." }
                .into_any()
        }
        Some(limit) if after > limit => {
            let over = money(after - limit, budget.currency);
            view! { <strong class="text-bad">{format!("This is {over} more than the month’s budget holds, so it cannot be sent.")}</strong> }.into_any()
        }
        Some(limit) => {
            let used = format!("{} of {}", money(after, budget.currency), money(limit, budget.currency));
            view! { "After this campaign "<strong>{used}</strong>{format!(" ({}) of the month’s budget is used.", percent(after, limit))} }
                .into_any()
        }
    }
}
