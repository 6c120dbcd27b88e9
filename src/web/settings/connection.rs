//! `/settings/connections/{name}`.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::SettingsTabs;
use super::choices;
use super::price_file::PriceFile;
use super::provider_fields::ProviderFields;
use super::routing::{Figures, Trust};
use super::sender_limits::SenderLimits;
use crate::access::Permission;
use crate::connections::{self, Connection, Price};
use crate::kernel::category::Category;
use crate::kernel::clock::Millis;
use crate::kernel::phone::Country;
use crate::providers::{Door, Doorway};
use crate::web::limits::LimitFields;
use crate::web::page::{Desk, Typed, desk, page as desk_page, param, typed};
use crate::web::ui::show::{Time, money};
use crate::web::ui::{Alert, Badge, Card, Checks, Command, Crumb, ErrorSummary, Field, Hidden, PageHead, Select, Tone};

/// `/settings/connections/{name}`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        desk.actor().require(Permission::Settings)?;
        let view = connections::get(&desk.app, desk.actor(), &param("name")).await?;
        let (connection, form) = (view.connection, typed("/do/settings/connections/save"));
        let switch = view! { <Switch connection=connection.clone()/> };
        let doors = [("status-address", Door::Status), ("inbound-address", Door::Inbound)]
            .map(|(id, door)| (id, connection.provider.doorway(door), connection.webhook_url(&desk.app, door)));
        let below = view! { <div class="row small muted mt-1"><State connection=connection.clone()/><Trust name=connection.name.clone() health=view.health.clone()/><span>{connection.provider.label()}</span></div> };
        let pause = view! { <Pause connection=connection.clone()/> };
        let figures = view! { <Figures health=view.health desk=desk.clone()/> };
        let name = connection.name.clone();
        let (to_test, to_ask) = (name.clone(), name.clone());
        let test = desk.actor().may(Permission::Send).then(|| {
            let form = typed("/do/settings/connections/test");
            view! { <Card id="test" title="Send a test"><Test form=form name=to_test/></Card> }
        });
        let lookup = (desk.actor().may(Permission::Send) && connection.tells_lines()).then(|| {
            let (form, name) = (typed("/do/settings/connections/lookup"), name.clone());
            view! { <Card id="lookup" title="Look a number up"><Lookup form=form name=name/></Card> }
        });
        Ok(view! {
            <PageHead title=name.clone() crumbs=vec![Crumb::new("Connections", "/settings/connections")] below=below.into_any()>
                {switch}
            </PageHead>
            <SettingsTabs actor=desk.actor().clone() here="/settings/connections"/>
            {pause}
            <div class="grid">
                <div class="c-7 stack stack-5">
                    <Change form=form connection=connection/>
                    {lookup}
                </div>
                <div class="c-5 stack stack-5">
                    {test}
                    <Card id="balance" title="Balance"><Balance name=to_ask/></Card>
                    <Card id="webhook" title="Where the provider calls"><Webhooks doors=doors/></Card>
                    <Card id="prices" title="Prices"><Prices prices=view.prices name=name desk=desk/></Card>
                    <Card id="health" title="How it does">{figures}</Card>
                </div>
            </div>
        })
    })
}

/// Whether a connection is used.
#[component]
pub fn State(connection: Connection) -> impl IntoView {
    match (connection.enabled, connection.paused_reason) {
        (false, _) => view! { <Badge text="Off"/> },
        (true, None) => view! { <Badge tone="is-ok" text="On"/> },
        (true, Some(_)) => view! { <Badge tone="is-bad" text="Paused"/> },
    }
}

/// The button that ends a pause; nothing for a connection that is not paused.
#[component]
pub fn Resume(connection: Connection) -> impl IntoView {
    (connection.enabled && connection.paused_reason.is_some()).then(|| {
        let values = vec![("name", connection.name.clone()), ("on", "true".to_owned())];
        let label = format!("Use {} again now", connection.name);
        view! { <Command action="/do/settings/connections/switch" values=values label=label>"Use again now"</Command> }
    })
}

/// Why a connection is paused and what ends that.
#[component]
fn Pause(connection: Connection) -> impl IntoView {
    let reason = connection.paused_reason.clone().filter(|_| connection.enabled)?;
    Some(view! {
        <div class="mb-4">
            <Alert tone=Tone::Bad>
                <p>
                    <strong>"This connection is paused: "</strong>
                    {reason.trim_end_matches('.').to_owned()}
                    ". Nothing leaves through it. Mend what is wrong under “Account and access” and save; if nothing has to be changed here:"
                </p>
                <div class="mt-1"><Resume connection=connection/></div>
            </Alert>
        </div>
    })
}

#[component]
fn Switch(connection: Connection) -> impl IntoView {
    let (to, words) = if connection.enabled { ("false", "Switch off") } else { ("true", "Switch on") };
    view! { <Command action="/do/settings/connections/switch" values=vec![("name", connection.name), ("on", to.to_owned())] class="">{words}</Command> }
}

/// The countries of a connection in a line.
pub fn countries_line(countries: &[Country]) -> String {
    if countries.is_empty() { "every country".into() } else { codes(countries) }
}

fn codes(countries: &[Country]) -> String {
    countries.iter().map(Country::as_str).collect::<Vec<_>>().join(", ")
}

/// The prices that hold now: of each country the latest that has begun, all others first.
pub fn current_prices(prices: &[Price], now: Millis) -> Vec<Price> {
    let mut current: BTreeMap<Option<Country>, &Price> = BTreeMap::new();
    for price in prices.iter().filter(|p| p.valid_from <= now) {
        let held = current.entry(price.country).or_insert(price);
        if held.valid_from <= price.valid_from {
            *held = price;
        }
    }
    current.into_values().cloned().collect()
}

#[component]
fn Change(form: Typed, connection: Connection) -> impl IntoView {
    let categories =
        Category::ALL.into_iter().map(|c| (c.as_str().to_owned(), c.label().to_owned(), connection.categories.contains(&c))).collect();
    let provider = connection.provider;
    let account = view! { <ProviderFields form=form.clone() provider=provider connection=connection.clone()/> };
    // What is wrong when a provider refuses us stands first.
    view! {
        <form class="stack stack-5" method="post" action="/do/settings/connections/save">
            <ErrorSummary form=form.clone()/>
            <Hidden name="name" value=connection.name.clone()/>
            <Card id="account" title="Account and access"><div class="body stack">{account}</div></Card>
            <Card id="change" title="What it is for">
                <div class="body stack">
                    <Field form=form.clone() name="senders" label="Senders" value=connection.senders.join(", ") hint=provider.senders_help()/>
                    <Field form=form.clone() name="countries" label="Countries" value=codes(&connection.countries)
                        hint="Two-letter codes with commas between them, such as US, CA. Empty means every country."/>
                    <Checks form=form.clone() name="categories" legend="Categories" hint="None ticked means every category." options=categories/>
                    <LimitFields form=form.clone() limits=connection.limits hint="What the provider allows your account. Empty means no limit."/>
                    <SenderLimits form=form connection=connection/>
                </div>
            </Card>
            <p class="row"><button class="btn btn-primary" type="submit">"Save connection"</button></p>
        </form>
    }
}

#[component]
fn Prices(prices: Vec<Price>, name: String, desk: Desk) -> impl IntoView {
    let zone = desk.settings().time_zone;
    let rows: Vec<_> = current_prices(&prices, desk.app.clock.now())
        .into_iter()
        .map(|p| {
            let since = if p.valid_from == 0 { "the beginning".into_any() } else { view! { <Time at=p.valid_from zone=zone/> }.into_any() };
            view! {
                <tr>
                    <th scope="row">{p.country.map_or("All others", Country::name)}</th>
                    <td class="num" data-label="Price">{money(p.price, p.currency)}</td>
                    <td data-label="Since">{since}</td>
                </tr>
            }
        })
        .collect();
    let form = typed("/do/settings/connections/price");
    let mut countries = vec![("*".to_owned(), "All other countries".to_owned())];
    countries.extend(choices::countries());
    let table = if rows.is_empty() {
        view! { <div class="body"><p class="muted">"No price is known, so that estimates and budgets leave these messages out."</p></div> }
            .into_any()
    } else {
        view! {
            <div class="table-wrap">
                <table class="table-stack dense">
                    <thead><tr><th scope="col">"Country"</th><th scope="col" class="num">"Of a segment"</th><th scope="col">"Since"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
        .into_any()
    };
    view! {
        {table}
        <form class="body stack" method="post" action="/do/settings/connections/price">
            <ErrorSummary form=form.clone()/>
            <Hidden name="name" value=name.clone()/>
            <Select form=form.clone() name="country" label="Country" value="*" options=countries/>
            <Field form=form name="price" label="New price" inputmode="decimal" hint=format!("In {}, of one segment, from now on.", desk.settings().currency) required=true/>
            <p class="row"><button class="btn" type="submit">"Set price"</button></p>
        </form>
        <PriceFile name=name/>
    }
}

#[component]
fn Test(form: Typed, name: String) -> impl IntoView {
    view! {
        <form class="body stack" method="post" action="/do/settings/connections/test">
            <ErrorSummary form=form.clone()/>
            <Hidden name="name" value=name/>
            <Field form=form.clone() name="to" id="test-to" label="Number" kind="tel" required=true
                hint="One of your own. An ordinary message that takes no other way; its page shows what the provider answers."/>
            <Field form=form name="text" id="test-text" label="Text" hint="Empty for a sentence that says it is a test."/>
            <p class="row"><button class="btn" type="submit">"Send a test"</button></p>
        </form>
    }
}

#[component]
fn Lookup(form: Typed, name: String) -> impl IntoView {
    view! {
        <form class="body stack" method="post" action="/do/settings/connections/lookup">
            <ErrorSummary form=form.clone()/>
            <Hidden name="name" value=name/>
            <Field form=form name="phone" id="lookup-phone" label="Number" kind="tel" required=true
                hint="The provider says whether it exists, what kind of line it is and whose. It charges for each question."/>
            <p class="row"><button class="btn" type="submit">"Look it up"</button></p>
        </form>
    }
}

/// Asked for by a button: no page waits for a provider.
#[component]
fn Balance(name: String) -> impl IntoView {
    let values = vec![("name", name)];
    view! {
        <div class="body row between">
            <span class="muted">"What is left on the account."</span>
            <Command action="/do/settings/connections/balance" values=values>"Ask the provider"</Command>
        </div>
    }
}

/// What the provider is to be told, or that it calls nobody.
#[component]
fn Webhooks(doors: [(&'static str, Doorway, String); 2]) -> impl IntoView {
    let shown = doors.map(|(id, doorway, address)| {
        let address = doorway.ending.map(|ending| view! { <Address id=id address=format!("{address}{ending}")/> });
        view! { <p>{doorway.help}</p>{address} }
    });
    view! { <div class="body stack">{shown.into_iter().collect_view()}</div> }
}

#[component]
fn Address(id: &'static str, address: String) -> impl IntoView {
    view! {
        <div>
            <code class="secret ltr" id=id>{address}</code>
            <button class="btn btn-sm" type="button" data-copy=id>"Copy"</button>
        </div>
    }
}
