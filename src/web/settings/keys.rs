//! `/settings/keys`.

use chrono_tz::Tz;
use leptos::prelude::*;

use super::SettingsTabs;
use crate::access::{self, ApiKey, Permission, Subaccount};
use crate::web::page::{Typed, desk, page as desk_page, secret_shown_once, typed};
use crate::web::ui::show::{Time, TimeOrNone, sentence_case};
use crate::web::ui::{Badge, Card, Checks, Command, EmptyState, ErrorSummary, Field, Glyph, PageHead, SecretOnce};

/// `/settings/keys`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        let keys = access::list_keys(&desk.app, desk.actor()).await?;
        let subaccount = access::subaccount(&desk.app, desk.actor()).await?;
        let own = Permission::ALL.into_iter().filter(|right| desk.actor().may(*right)).collect();
        let zone = desk.settings().time_zone;
        Ok(view! {
            <PageHead title="API keys"/>
            <SettingsTabs actor=desk.actor().clone() here="/settings/keys"/>
            <div class="stack stack-5">
                {secret_shown_once().map(|secret| view! { <SecretOnce label="Your new API key" secret=secret/> })}
                <Card id="keys" title="Keys"><Keys keys=keys zone=zone/></Card>
                <div class="grid">
                    <div class="c-6"><Card id="add" title="Make a key"><AddKey form=typed("/do/settings/keys/add") own=own/></Card></div>
                    <div class="c-6"><Card id="use" title="How keys are used"><Usage subaccount=subaccount/></Card></div>
                </div>
            </div>
        })
    })
}

#[component]
fn Keys(keys: Vec<ApiKey>, zone: Tz) -> impl IntoView {
    if keys.is_empty() {
        return view! { <EmptyState glyph=Glyph::Lock title="No keys yet" text="Keys let other systems send through this organisation."/> }
            .into_any();
    }
    let rows: Vec<_> = keys.into_iter().map(|key| view! { <KeyRow key_=key zone=zone/> }).collect();
    view! {
        <div class="table-wrap">
            <table class="table-stack">
                <thead><tr>
                    <th scope="col">"Name"</th><th scope="col">"Rights"</th><th scope="col">"Last used"</th><th scope="col">"Made"</th>
                    <th scope="col"><span class="vh">"Actions"</span></th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

#[component]
fn KeyRow(key_: ApiKey, zone: Tz) -> impl IntoView {
    let scopes = key_.scopes.iter().map(|s| sentence_case(s.as_str())).collect::<Vec<_>>().join(", ");
    let actions = if key_.revoked_at.is_some() {
        view! { <Badge tone="is-bad" text="Revoked"/> }.into_any()
    } else {
        let values = vec![("id", key_.id.to_string())];
        view! { <Command action="/do/settings/keys/revoke" values=values class="btn-sm btn-danger" label=format!("Revoke {}", key_.name)>"Revoke"</Command> }
            .into_any()
    };
    view! {
        <tr>
            <th scope="row"><bdi>{key_.name}</bdi><span class="cell-sub">"by "<bdi>{key_.created_by}</bdi></span></th>
            <td data-label="Rights">{scopes}</td>
            <td data-label="Last used"><TimeOrNone at=key_.last_used_at zone=zone/></td>
            <td data-label="Made"><Time at=key_.created_at zone=zone/></td>
            <td class="num">{actions}</td>
        </tr>
    }
}

#[component]
fn AddKey(form: Typed, own: Vec<Permission>) -> impl IntoView {
    let usual = [Permission::View, Permission::Send];
    let options = own.into_iter().map(|right| (right.as_str().to_owned(), sentence_case(right.as_str()), usual.contains(&right))).collect();
    view! {
        <form class="body stack" method="post" action="/do/settings/keys/add">
            <ErrorSummary form=form.clone()/>
            <Field form=form.clone() name="name" label="Name" hint="Which system uses it, such as “Web shop”." required=true/>
            <Checks form=form name="scopes" legend="Rights" options=options/>
            <p class="row"><button class="btn btn-primary" type="submit">"Make key"</button></p>
        </form>
    }
}

#[component]
fn Usage(subaccount: Subaccount) -> impl IntoView {
    view! {
        <div class="body stack">
            <p>"Send it as "<code>"Authorization: Bearer KEY"</code>" to "<code>"/api/v1"</code>". "<a href="/api/docs">"API reference"</a></p>
            <p>"For clients made for Twilio, the account SID is "<code class="ltr">{subaccount.sid}</code>" and the key is the auth token."</p>
            <p class="muted small">"A key is shown once. If it may have leaked, revoke it and make another."</p>
        </div>
    }
}
