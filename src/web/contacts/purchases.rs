//! What a person bought, as a part of their page: the sum, the latest, and a form for one more.

use chrono_tz::Tz;
use leptos::prelude::*;

use super::page_of;
use crate::access::Permission;
use crate::contacts::purchases::{self, Price, Told};
use crate::contacts::{Purchase, PurchaseInput};
use crate::kernel::error::{Error, Result};
use crate::kernel::money::Money;
use crate::kernel::page::PageRequest;
use crate::web::action::{Answer, Done, act, posted};
use crate::web::page::{Desk, Typed, desk, typed};
use crate::web::ui::show::{Time, count};
use crate::web::ui::{Card, Command, ErrorSummary, Field, Hidden};

/// Where a purchase is posted.
const RECORD: &str = "/do/contacts/purchases/record";
/// Purchases that the page shows; the timeline has all.
const SHOWN: &str = "5";

/// The part of the page.
pub async fn load(desk: &Desk, contact: &str) -> Result<AnyView> {
    let id = contact.to_owned();
    let (app, actor) = (&desk.app, desk.actor());
    let totals = purchases::totals(app, actor, &id).await?;
    let latest = purchases::list(app, actor, &id, &PageRequest::read(Some(SHOWN), None)?).await?.items;
    let may_edit = actor.may(Permission::Send) && actor.may(Permission::ViewPersonal);
    let own = desk.settings().currency.as_str().to_owned();
    let form = may_edit.then(|| view! { <Record form=typed(RECORD) id=id.clone() currency=own/> });
    let zone = desk.settings().time_zone;
    Ok(view! { <Card id="purchases" title="Purchases"><Bought totals=totals latest=latest id=id may_edit=may_edit zone=zone/>{form}</Card> }.into_any())
}

#[component]
fn Bought(totals: Vec<(u64, Money)>, latest: Vec<Purchase>, id: String, may_edit: bool, zone: Tz) -> impl IntoView {
    if latest.is_empty() {
        return view! { <p class="body muted">"Nothing was bought yet."</p> }.into_any();
    }
    let sums: Vec<_> = totals
        .into_iter()
        .map(|(n, money)| view! { <p><strong>{money.display()}</strong>{format!(" in {}", count(n.cast_signed(), "purchase", "purchases"))}</p> })
        .collect();
    let rows: Vec<_> = latest.into_iter().map(|purchase| row(purchase, &id, may_edit, zone)).collect();
    view! {
        <div class="body">{sums}</div>
        <div class="table-wrap">
            <table class="table-stack dense">
                <thead><tr><th scope="col">"When"</th><th scope="col">"Purchase"</th><th scope="col" class="num">"Amount"</th><th scope="col"><span class="vh">"Actions"</span></th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(purchase: Purchase, contact: &str, may_edit: bool, zone: Tz) -> impl IntoView + use<> {
    let Purchase { id, reference, items, money, at_millis, .. } = purchase;
    let label = format!("Delete the purchase {}", reference.clone().unwrap_or_default());
    let values = vec![("id", contact.to_owned()), ("purchase", id)];
    let delete = may_edit.then(|| view! { <Command action="/do/contacts/purchases/delete" values=values label=label>"Delete"</Command> });
    let items = items.map(|items| view! { <span class="cell-sub"><bdi dir="auto">{items}</bdi></span> });
    view! {
        <tr>
            <th scope="row" class="nowrap"><Time at=at_millis zone=zone/></th>
            <td data-label="Purchase"><span><bdi dir="auto">{reference.unwrap_or_else(|| "–".into())}</bdi>{items}</span></td>
            <td class="num" data-label="Amount">{money.display()}</td>
            <td class="num">{delete}</td>
        </tr>
    }
}

#[component]
fn Record(form: Typed, id: String, currency: String) -> impl IntoView {
    let is_open = form.is_again();
    view! {
        <details class="plain body" open=is_open>
            <summary>"Add a purchase"</summary>
            <form class="stack mt-4" method="post" action=RECORD>
                <ErrorSummary form=form.clone()/>
                <Hidden name="id" value=id/>
                <Field form=form.clone() name="reference" label="Reference" required=true hint="The number of the order or receipt. The same reference again is the same purchase."/>
                <Field form=form.clone() name="amount" label="Amount" inputmode="decimal" required=true/>
                <Field form=form.clone() name="currency" label="Currency" value=currency/>
                <Field form=form.clone() name="at" kind="date" label="Day (optional)" hint="Today when empty."/>
                <Field form=form name="items" label="What was bought (optional)"/>
                <p class="row"><button class="btn" type="submit">"Add"</button></p>
            </form>
        </details>
    }
}

/// Notes what a person bought.
#[server(prefix = "/do", endpoint = "contacts/purchases/record")]
pub async fn record_purchase(id: String) -> Answer {
    let page = page_of(&id);
    act(&page, async {
        let (desk, form) = (desk()?, posted());
        let text = |name: &str| form.get(name).unwrap_or_default().to_owned();
        let input = PurchaseInput {
            reference: text("reference"),
            amount: Price { amount: text("amount"), currency: Some(text("currency")) },
            at: Some(text("at")),
            items: Some(text("items")),
        };
        let told = purchases::record(&desk.app, desk.actor(), &id, &input).await.map_err(in_fields)?;
        let words = match told {
            Told::New(_) => "The purchase is noted.",
            Told::Known(_) => "This purchase was known; what you wrote now holds.",
        };
        Ok(Done::at(&page).saying(words))
    })
    .await
}

/// The form's names for what the operation names otherwise.
fn in_fields(error: Error) -> Error {
    let Error::Invalid(mut errors) = error else { return error };
    for error in &mut errors.0 {
        error.field = error.field.trim_start_matches("amount.").to_owned();
    }
    Error::Invalid(errors)
}

/// Takes a purchase away.
#[server(prefix = "/do", endpoint = "contacts/purchases/delete")]
pub async fn delete_purchase(id: String, purchase: String) -> Answer {
    let page = page_of(&id);
    act(&page, async {
        let desk = desk()?;
        purchases::remove(&desk.app, desk.actor(), &id, &purchase).await?;
        Ok(Done::at(&page).saying("The purchase is deleted."))
    })
    .await
}
