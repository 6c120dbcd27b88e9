//! `/settings/codes`: where codes are stopped because hardly anybody enters them.

use leptos::prelude::*;

use super::SettingsTabs;
use crate::access::Permission;
use crate::codes::{self, Stop};
use crate::web::action::{Answer, Done, act, posted};
use crate::web::page::{Desk, desk, page as desk_page};
use crate::web::ui::show::precise;
use crate::web::ui::{Card, Command, PageHead};

const PAGE: &str = "/settings/codes";

/// `/settings/codes`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        desk.actor().require(Permission::Settings)?;
        let stops = codes::stops(&desk.app, desk.actor()).await?;
        Ok(view! {
            <PageHead title="Codes"/>
            <SettingsTabs actor=desk.actor().clone() here=PAGE/>
            <div class="stack stack-5">
                <p class="muted narrow">
                    "Whoever owns expensive numbers earns by having codes sent to them, and never enters one. Where at least 20 codes went within an hour and less than a fifth was entered, Peyk sends no more of that purpose there for an hour."
                </p>
                <Card id="stops" title="Stopped now"><Stops stops=stops desk=desk/></Card>
            </div>
        })
    })
}

#[component]
fn Stops(stops: Vec<Stop>, desk: Desk) -> impl IntoView {
    if stops.is_empty() {
        return view! { <div class="body"><p class="muted">"No codes are stopped. Should it happen, the place stands here with a button that releases it."</p></div> }
            .into_any();
    }
    let zone = desk.settings().time_zone;
    let rows: Vec<_> = stops
        .into_iter()
        .map(|stop| {
            let label = format!("Release {}", stop.place);
            view! {
                <tr>
                    <th scope="row"><bdi class="ltr nowrap">{stop.place}</bdi></th>
                    <td data-label="Codes">{stop.purpose.label()}</td>
                    <td data-label="Entered">{format!("{} of {}", stop.verified, stop.sent)}</td>
                    <td data-label="Until">{precise(stop.ends_at, zone)}</td>
                    <td><Command action="/do/settings/codes/release" values=vec![("id", stop.id)] label=label>"Release"</Command></td>
                </tr>
            }
        })
        .collect();
    view! {
        <div class="table-wrap">
            <table class="table-stack dense">
                <thead><tr>
                    <th scope="col">"Where"</th><th scope="col">"Codes"</th><th scope="col">"Entered"</th><th scope="col">"Until"</th><th scope="col"><span class="vh">"Release"</span></th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <p class="card-foot">"Release a place only when you know why nobody entered those codes, such as a sign-in form that was broken."</p>
    }
    .into_any()
}

/// Ends a stop before its time.
#[server(prefix = "/do", endpoint = "settings/codes/release")]
pub async fn release_codes() -> Answer {
    act(PAGE, async {
        let (desk, form) = (desk()?, posted());
        codes::release(&desk.app, desk.actor(), form.get("id").unwrap_or_default()).await?;
        Ok(Done::at(PAGE).saying("Codes go there again."))
    })
    .await
}
