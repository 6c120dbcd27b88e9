//! `/settings/connections`.

use leptos::prelude::*;

use super::SettingsTabs;
use super::connection::{Resume, State, countries_line, current_prices};
use super::paused::paused;
use super::provider_fields::ProviderFields;
use super::routing::Trust;
use crate::access::Permission;
use crate::connections::{self, ConnectionView};
use crate::kernel::money::Currency;
use crate::providers::Provider;
use crate::web::guard::encode;
use crate::web::page::{Desk, Typed, desk, page as desk_page, query, typed};
use crate::web::ui::show::money;
use crate::web::ui::{Card, Command, ErrorSummary, Field, Hidden, PageHead, Select};

/// `/settings/connections`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        desk.actor().require(Permission::Settings)?;
        let list = connections::list(&desk.app, desk.actor()).await?;
        let paused = paused(&desk).await?;
        let currency = desk.settings().currency;
        let (title, new) = match query("provider").as_deref().and_then(Provider::parse) {
            None => ("New connection".to_owned(), view! { <Choice/> }.into_any()),
            Some(provider) => {
                let form = typed("/do/settings/connections/add");
                (format!("New connection: {}", provider.label()), view! { <New form=form provider=provider currency=currency/> }.into_any())
            }
        };
        Ok(view! {
            <PageHead title="Connections"/>
            <SettingsTabs actor=desk.actor().clone() here="/settings/connections"/>
            <div class="stack stack-5">
                {paused}
                <Card id="list" title="In the order in which they are tried"><List list=list desk=desk/></Card>
                <div class="narrow"><Card id="new" title=title>{new}</Card></div>
            </div>
        })
    })
}

/// The address of a connection's page.
pub fn address(name: &str) -> String {
    format!("/settings/connections/{}", encode(name))
}

/// The address of the form for a new connection at a provider.
pub fn new_address(provider: &str) -> String {
    format!("/settings/connections?provider={}", encode(provider))
}

#[component]
fn List(list: Vec<ConnectionView>, desk: Desk) -> impl IntoView {
    let last = list.len().saturating_sub(1);
    let rows: Vec<_> = list
        .into_iter()
        .enumerate()
        .map(|(place, view)| view! { <Row view=view first=place == 0 last=place == last desk=desk.clone()/> })
        .collect();
    view! {
        <div class="table-wrap">
            <table class="table-stack">
                <thead><tr>
                    <th scope="col">"Name"</th><th scope="col">"State"</th><th scope="col">"For"</th><th scope="col">"Senders"</th>
                    <th scope="col" class="num">"Price of a segment"</th><th scope="col"><span class="vh">"Order"</span></th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <p class="card-foot">
            "A message goes to the first connection that is on and fits its country and category; those of the same priority share. One that fails is kept back until it works again: "
            <a href="/settings/routing">"see every change"</a>"."
        </p>
    }
}

#[component]
fn Row(view: ConnectionView, first: bool, last: bool, desk: Desk) -> impl IntoView {
    let prices = current_prices(&view.prices, desk.app.clock.now());
    let price = match prices.as_slice() {
        [] => "–".to_owned(),
        [only] => money(only.price, only.currency),
        several => {
            let amounts = || several.iter().map(|p| p.price);
            let (low, high) = (amounts().min().unwrap_or_default(), amounts().max().unwrap_or_default());
            format!("{} – {}", money(low, several[0].currency), money(high, several[0].currency))
        }
    };
    let c = view.connection;
    let categories = match c.categories.as_slice() {
        [] => "every category".to_owned(),
        some => some.iter().map(|c| c.label()).collect::<Vec<_>>().join(", "),
    };
    let move_to = |word: &'static str| {
        let values = vec![("name", c.name.clone()), ("to", word.to_owned())];
        let label = format!("Move {} {word}", c.name);
        view! { <Command action="/do/settings/connections/move" values=values class="btn-sm btn-quiet" label=label>{if word == "up" { "↑" } else { "↓" }}</Command> }
    };
    view! {
        <tr>
            <th scope="row">
                <a href=address(&c.name)><bdi>{c.name.clone()}</bdi></a>
                <span class="cell-sub">{c.provider.label()}</span>
            </th>
            <td data-label="State"><span><State connection=c.clone()/>" "<Resume connection=c.clone()/><Trust name=c.name.clone() health=view.health.clone()/></span></td>
            <td data-label="For"><span>{countries_line(&c.countries)}<span class="cell-sub">{categories}</span></span></td>
            <td data-label="Senders"><bdi>{c.senders.join(", ")}</bdi></td>
            <td data-label="Price" class="num">{price}</td>
            <td class="num"><span class="row">{(!first).then(|| move_to("up"))}{(!last).then(|| move_to("down"))}</span></td>
        </tr>
    }
}

/// First the provider, because each wants to be told something else.
#[component]
fn Choice() -> impl IntoView {
    let providers = Provider::ALL.into_iter().map(|p| (p.as_str().to_owned(), p.label().to_owned())).collect();
    view! {
        <form class="body stack" method="get" action="/settings/connections#new">
            <Select form=Typed::default() name="provider" label="Provider" options=providers
                hint="The simulator behaves like a carrier and sends nothing to real phones."/>
            <p class="row"><button class="btn" type="submit">"Choose"</button></p>
        </form>
    }
}

#[component]
fn New(form: Typed, provider: Provider, currency: Currency) -> impl IntoView {
    // Only the simulator has prices and a sender of its own.
    let own = provider == Provider::Simulator;
    let price =
        format!("In {currency}. {}", if own { "Empty takes the simulator’s own." } else { "Empty for unknown; a list can follow." });
    // The others are asked for a sender among their own fields, or choose it themselves.
    let senders = own.then(|| view! { <Field form=form.clone() name="senders" label="Senders" hint="Empty for “Peyk”."/> });
    view! {
        <form class="body stack" method="post" action="/do/settings/connections/add">
            <ErrorSummary form=form.clone()/>
            <Hidden name="provider" value=provider.as_str()/>
            <Field form=form.clone() name="name" label="Name" hint="Letters, digits, spaces, hyphens. It cannot be changed later." required=true/>
            <ProviderFields form=form.clone() provider=provider/>
            {senders}
            <Field form=form name="price" label="Price of a segment" inputmode="decimal" hint=price/>
            <p class="row">
                <button class="btn btn-primary" type="submit">"Make connection"</button>
                <a class="btn btn-quiet" href="/settings/connections#new">"Another provider"</a>
            </p>
        </form>
    }
}
