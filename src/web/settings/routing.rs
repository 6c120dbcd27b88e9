//! `/settings/routing`: which connections were kept back or trusted again, when and why.

use leptos::prelude::*;

use super::SettingsTabs;
use super::connections::address;
use super::paused::paused;
use crate::access::Permission;
use crate::connections::{self, Health, MOVES_SHOWN, RouteMove, State};
use crate::web::page::{Desk, desk, page as desk_page};
use crate::web::ui::show::{Time, percent, precise, sentence_case};
use crate::web::ui::{Badge, Card, Command, PageHead};

/// `/settings/routing`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        desk.actor().require(Permission::Settings)?;
        let moves = connections::moves(&desk.app, desk.actor()).await?;
        let paused = paused(&desk).await?;
        Ok(view! {
            <PageHead title="Routing"/>
            <SettingsTabs actor=desk.actor().clone() here="/settings/routing"/>
            <div class="stack stack-5">
                {paused}
                <Card id="moves" title="Every change, the latest first"><Moves moves=moves desk=desk/></Card>
            </div>
        })
    })
}

/// What people call a state.
fn word(state: State) -> &'static str {
    match state {
        State::Healthy => "Trusted",
        State::Trying => "On trial",
        State::Failing => "Failing",
    }
}

fn tone(state: State) -> &'static str {
    match state {
        State::Healthy => "is-ok",
        State::Trying => "is-warn",
        State::Failing => "is-bad",
    }
}

/// Says that a connection is kept back and why, with the way to end it; nothing for one that is trusted.
#[component]
pub fn Trust(name: String, health: Health) -> impl IntoView {
    let circuit = health.circuit;
    (circuit.state != State::Healthy).then(|| {
        let label = format!("Use {name} again now");
        view! {
            <span class="row">
                <Badge tone=tone(circuit.state) wraps=true text=format!("{}: {}", word(circuit.state), circuit.reason)/>
                <Command action="/do/settings/connections/trust" values=vec![("name", name)] label=label>"Use again now"</Command>
            </span>
        }
    })
}

/// How a connection does.
#[component]
pub fn Figures(health: Health, desk: Desk) -> impl IntoView {
    let zone = desk.settings().time_zone;
    let outcomes = health.recent.five;
    let share = |part: i64, whole: i64| if whole == 0 { "–".to_owned() } else { percent(part, whole) };
    let since = (health.circuit.since_at > 0).then(|| view! { " since "<Time at=health.circuit.since_at zone=zone/> });
    view! {
        <div class="table-wrap">
            <table class="dense facts"><tbody>
                <tr><th scope="row">"State"</th><td>{word(health.circuit.state)}{since}</td></tr>
                <tr><th scope="row">"Failed by its fault"</th><td>{share(outcomes.bad, outcomes.total())}</td></tr>
                <tr><th scope="row">"Delivered"</th><td>{share(health.delivered, health.delivered + health.failed)}</td></tr>
                <tr><th scope="row">"Time to an answer"</th><td>{health.latency_ms().map_or_else(|| "–".to_owned(), |ms| format!("{ms} ms"))}</td></tr>
            </tbody></table>
        </div>
        <p class="card-foot">"Of the last five minutes."</p>
    }
}

#[component]
fn Moves(moves: Vec<(String, RouteMove)>, desk: Desk) -> impl IntoView {
    if moves.is_empty() {
        return view! { <div class="body"><p class="muted">"No connection was kept back yet."</p></div> }.into_any();
    }
    let zone = desk.settings().time_zone;
    let rows: Vec<_> = moves
        .into_iter()
        .map(|(name, step)| {
            view! {
                <tr>
                    <th scope="row" class="nowrap">{precise(step.at, zone)}</th>
                    <td data-label="Connection"><a href=address(&name)><bdi>{name.clone()}</bdi></a></td>
                    <td data-label="Country">{step.country.name()}</td>
                    <td data-label="Change"><span class="row">{word(step.from)}" → "<Badge tone=tone(step.to) text=word(step.to)/></span></td>
                    <td data-label="Why">{format!("{}.", sentence_case(&step.reason))}</td>
                </tr>
            }
        })
        .collect();
    view! {
        <div class="table-wrap">
            <table class="table-stack dense">
                <thead><tr>
                    <th scope="col">"When"</th><th scope="col">"Connection"</th><th scope="col">"Country"</th><th scope="col">"Change"</th><th scope="col">"Why"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <p class="card-foot">{format!("The last {MOVES_SHOWN} at most. What single messages did stands with each message in the history.")}</p>
    }
    .into_any()
}
