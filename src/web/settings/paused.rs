//! Says on the overview, above the settings and on pages of messages which connections Peyk has stopped, what that means and what helps.

use leptos::prelude::*;

use super::connections::address;
use crate::access::Permission;
use crate::connections::{self, Connection};
use crate::kernel::error::Result;
use crate::web::page::Desk;
use crate::web::ui::{Alert, Tone};

/// An alert for each connection that is on but paused, such as for refused credentials; nothing when there is none.
///
/// # Errors
/// What reading the connections refuses.
pub async fn paused(desk: &Desk) -> Result<AnyView> {
    alerts(desk, |_| true).await
}

/// The same alert, for one connection only.
///
/// # Errors
/// What reading the connections refuses.
pub async fn paused_one(desk: &Desk, name: &str) -> Result<AnyView> {
    alerts(desk, |connection| connection.name == name).await
}

async fn alerts(desk: &Desk, is_meant: impl Fn(&Connection) -> bool) -> Result<AnyView> {
    let views = connections::list(&desk.app, desk.actor()).await?;
    let is_any_usable = views.iter().any(|view| view.connection.is_usable());
    let may_change = desk.actor().may(Permission::Settings);
    let alerts: Vec<_> = views
        .into_iter()
        .filter(|view| view.connection.enabled && view.connection.paused_reason.is_some() && is_meant(&view.connection))
        .map(|view| view! { <Paused connection=view.connection is_any_usable=is_any_usable may_change=may_change/> })
        .collect();
    Ok(alerts.into_any())
}

#[component]
fn Paused(connection: Connection, is_any_usable: bool, may_change: bool) -> impl IntoView {
    let reason = connection.paused_reason.unwrap_or_default();
    let consequence = if is_any_usable {
        "Nothing leaves through it: its messages take the next connection that fits them, and wait where none does."
    } else {
        "No other connection is in use, so messages wait until this is mended."
    };
    let told = format!("{}. {consequence} ", reason.trim_end_matches('.'));
    let remedy = if may_change {
        let href = address(&connection.name);
        view! { <a href=href>"Check its credentials and settings"</a>": it goes on once you save other ones. If nothing has to be changed here, choose “Use again now” there." }.into_any()
    } else {
        "Ask somebody who may change settings to mend it.".into_any()
    };
    view! {
        <Alert tone=Tone::Bad>
            <strong>"The connection “"<bdi>{connection.name}</bdi>"” is paused: "</strong>
            {told}{remedy}
        </Alert>
    }
    .into_any()
}
