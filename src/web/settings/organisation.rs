//! `/settings/organisation`.

use leptos::prelude::*;

use super::paused::paused;
use super::{SettingsTabs, choices};
use crate::access::{Permission, Settings};
use crate::kernel::category::Category;
use crate::kernel::money::decimal;
use crate::web::limits::LimitFields;
use crate::web::page::{Typed, desk, page as desk_page, typed};
use crate::web::ui::{Card, Checkbox, Checks, ErrorSummary, Field, PageHead, Select};

/// `/settings/organisation`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        desk.actor().require(Permission::Settings)?;
        let form = typed("/do/settings/organisation");
        let settings = desk.settings().clone();
        let paused = paused(&desk).await?;
        Ok(view! {
            <PageHead title="Organisation"/>
            <SettingsTabs actor=desk.actor().clone() here="/settings/organisation"/>
            <form class="stack stack-5 narrow" method="post" action="/do/settings/organisation">
                {paused}
                <ErrorSummary form=form.clone()/>
                <Place form=form.clone() settings=settings.clone()/>
                <Sending form=form.clone() settings=settings.clone()/>
                <Speed form=form.clone() settings=settings.clone()/>
                <Quiet form=form settings=settings/>
                <p class="row"><button class="btn btn-primary" type="submit">"Save settings"</button></p>
            </form>
        })
    })
}

#[component]
fn Place(form: Typed, settings: Settings) -> impl IntoView {
    view! {
        <Card id="place" title="Who and where">
            <div class="body stack">
                <Field form=form.clone() name="organisation" label="Name" value=settings.organisation.clone() required=true/>
                <Select form=form.clone() name="time_zone" label="Time zone" value=settings.time_zone.name() options=choices::time_zones(Some(settings.time_zone.name()))
                    hint="Days in figures begin at midnight here."/>
                <Select form=form.clone() name="language" label="Language of messages" value=settings.language.as_str()
                    options=choices::languages(&settings.language) hint="For people whose own language is not known."/>
                <Field form=form name="currency" label="Currency" value=settings.currency.as_str() hint="A three-letter code such as USD."/>
            </div>
        </Card>
    }
}

#[component]
fn Sending(form: Typed, settings: Settings) -> impl IntoView {
    let countries = settings.countries.iter().map(|c| c.as_str()).collect::<Vec<_>>().join(", ");
    view! {
        <Card id="sending" title="Sending">
            <div class="body stack">
                <Select form=form.clone() name="default_country" label="Country of numbers without a country code"
                    value=settings.default_country.as_str() options=choices::countries()/>
                <Field form=form.clone() name="countries" label="Countries that may be sent to" value=countries
                    hint="Two-letter codes with commas between them, such as US, CA. Empty allows every country."/>
                <Field form=form.clone() name="budget" label="Budget per month" value=settings.budget.map(decimal).unwrap_or_default()
                    inputmode="decimal" hint=format!("In {}. Empty means no limit.", settings.currency)/>
                <Checkbox form=form.clone() name="template_approval" label="A second person approves marketing templates"
                    checked=settings.template_approval hint="Publishing one then asks for approval; whoever wrote it cannot give it."/>
                <Checkbox form=form name="test_mode" label="Test mode" checked=settings.test_mode
                    hint="Every message ends at the carrier simulator."/>
            </div>
        </Card>
    }
}

#[component]
fn Speed(form: Typed, settings: Settings) -> impl IntoView {
    view! {
        <Card id="limits" title="How fast">
            <div class="body stack">
                <p class="muted small">
                    "All connections and campaigns together. Connections, senders and campaigns have limits of their own besides."
                </p>
                <LimitFields form=form limits=settings.limits hint="Empty means no limit."/>
            </div>
        </Card>
    }
}

#[component]
fn Quiet(form: Typed, settings: Settings) -> impl IntoView {
    let on = settings.quiet_hours.is_some();
    let hours = settings.quiet_hours.unwrap_or_default();
    let categories =
        Category::ALL.into_iter().map(|c| (c.as_str().to_owned(), c.label().to_owned(), hours.categories.contains(&c))).collect();
    let error = form.error("quiet_hours");
    view! {
        <Card id="quiet_hours" title="Quiet hours">
            <div class="body stack">
                <p class="muted small">"Messages of these categories wait until the quiet hours are over where the person lives."</p>
                {error.map(|e| view! { <p class="error">{e}</p> })}
                <Checkbox form=form.clone() name="quiet" label="Keep quiet hours" checked=on/>
                <div class="times">
                    <Field form=form.clone() name="quiet_from" label="From" kind="time" value=hours.from.to_string()/>
                    <Field form=form.clone() name="quiet_to" label="To" kind="time" value=hours.to.to_string()/>
                </div>
                <Checks form=form name="quiet_categories" legend="What waits" options=categories/>
            </div>
        </Card>
    }
}
