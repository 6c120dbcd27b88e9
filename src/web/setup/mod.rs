//! `/setup`: the first start, open to whoever holds the token that was printed, until there is an owner.

pub mod actions;

use leptos::prelude::*;

use super::page::{Typed, bare_page, query, typed, visit};
use super::settings::choices;
use super::ui::{Badge, Card, ErrorSummary, Field, Glyph, Hidden, Icon, PageTitle, Select};
use crate::access::{Settings, setup};
use crate::kernel::error::Error;

/// `/setup?token=…`.
pub fn page() -> impl IntoView {
    bare_page(async {
        let token = query("token").unwrap_or_default();
        if !setup::check(&visit().app, &token).await? {
            return Err(Error::NotFound("page"));
        }
        let form = typed("/do/public/setup");
        Ok(view! {
            <PageTitle text="Set up".to_owned()/>
            <form class="stack stack-5 door-wide" method="post" action="/do/public/setup">
                <div>
                    <p class="brand"><span class="brand-mark"><Icon glyph=Glyph::Chat/></span>"Peyk"</p>
                    <h1>"Set up your desk"</h1>
                    <p class="muted">"One page, once. Everything but the owner can be changed later under Settings."</p>
                </div>
                <ErrorSummary form=form.clone()/>
                <Hidden name="token" value=token/>
                <Owner form=form.clone()/>
                <Organisation form=form.clone()/>
                <Limits form=form/>
                <Card id="provider" title="Provider" aside=view! { <Badge tone="is-ok" text="Ready"/> }.into_any()>
                    <div class="body stack">
                        <p><strong>"Carrier simulator"</strong></p>
                        <p class="muted small">"It needs no account and reaches no phone, so you can try everything now. Connect a real provider under Settings when you are ready."</p>
                    </div>
                </Card>
                <p class="row"><button class="btn btn-primary" type="submit">"Finish set-up"</button></p>
            </form>
        })
    })
}

#[component]
fn Owner(form: Typed) -> impl IntoView {
    view! {
        <Card id="owner" title="Your account">
            <div class="body stack">
                <Field form=form.clone() name="name" label="Your name" autocomplete="name"/>
                <Field form=form.clone() name="email" label="Email" kind="email" autocomplete="username" required=true/>
                <Field form=form name="password" label="Password" kind="password" autocomplete="new-password" required=true
                    hint="At least 15 characters; a few words are easiest to remember."/>
            </div>
        </Card>
    }
}

#[component]
fn Organisation(form: Typed) -> impl IntoView {
    let usual = Settings::default();
    view! {
        <Card id="place" title="Your organisation">
            <div class="body stack">
                <Field form=form.clone() name="organisation" label="Name of the organisation" autocomplete="organization" required=true/>
                <Select form=form.clone() name="time_zone" label="Time zone" options=choices::time_zones(None) value=usual.time_zone.name()/>
                <Select form=form.clone() name="language" label="Language of messages" options=choices::languages(&usual.language)
                    value=usual.language.as_str()/>
                <Field form=form name="currency" label="Currency" value=usual.currency.as_str() hint="A three-letter code such as USD."/>
            </div>
        </Card>
    }
}

#[component]
fn Limits(form: Typed) -> impl IntoView {
    let usual = Settings::default();
    view! {
        <Card id="limits" title="Where and how much">
            <div class="body stack">
                <Select form=form.clone() name="default_country" label="Country of numbers without a country code"
                    options=choices::countries() value=usual.default_country.as_str()/>
                <Field form=form.clone() name="countries" label="Countries that may be sent to"
                    hint="Two-letter codes with commas between them, such as US, CA. Empty allows every country."/>
                <Field form=form name="budget" label="Budget per month (optional)" inputmode="decimal" hint="An amount such as 500.00. Empty means no limit."/>
            </div>
        </Card>
    }
}
