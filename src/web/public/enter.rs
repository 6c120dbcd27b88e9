//! `/p` and `/p/code/{ticket}`: the preference centre for people without a link, by their number and a code.
//!
//! Nothing here says whether a number is known. `?org=` names a subaccount where an installation has several; without it the one is
//! meant that is meant everywhere when none is named.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::{Extension, Form};
use leptos::prelude::*;

use super::code::{Fault, code_field, fault_above, field, title};
use super::document::document;
use super::frame::{accepted, frame};
use super::texts::Tongue;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{ChallengeId, SubaccountId};
use crate::preferences::{self, House};
use crate::web::Web;
use crate::web::failure::{Failure, last_resort};
use crate::web::guard::encode;
use crate::web::visit::Visit;

/// An answer takes at least so long, so that the time which it took to queue a message does not say that there was one.
const FLOOR: Duration = Duration::from_millis(300);

type Asked = BTreeMap<String, String>;
type Pairs = Vec<(String, String)>;

/// The address of the page for a number.
pub fn address(house: &House, tongue: Tongue) -> String {
    let org = house.name.as_deref().map(|name| format!("&org={}", encode(name))).unwrap_or_default();
    format!("/p?lang={}{org}", tongue.tag())
}

/// The page's language: asked for, else what the browser's owner reads, else the organisation's, else English.
fn tongue(query: &Asked, headers: &HeaderMap, house: &House) -> Tongue {
    let asked = query.get("lang").and_then(|tag| Tongue::of_tag(tag));
    asked.or_else(|| accepted(headers)).or_else(|| Tongue::of_tag(house.language.as_str())).unwrap_or(Tongue::English)
}

/// Shows the form for a number.
pub async fn show(State(web): State<Web>, Extension(visit): Extension<Visit>, headers: HeaderMap, Query(query): Query<Asked>) -> Response {
    match preferences::house(&web.app, query.get("org").map(String::as_str)).await {
        Ok(house) => phone_page(&visit, tongue(&query, &headers, &house), &house, String::new(), None),
        Err(error) => last_resort(&Failure::of(error)),
    }
}

/// Sends a code to a number that messages go to, and leads to the page that takes it.
pub async fn ask(
    State(web): State<Web>,
    Extension(visit): Extension<Visit>,
    headers: HeaderMap,
    Query(query): Query<Asked>,
    Form(posted): Form<Pairs>,
) -> Response {
    let floor = tokio::time::Instant::now() + FLOOR;
    let answer = answer(&web, &visit, &headers, &query, &posted).await.unwrap_or_else(|error| last_resort(&Failure::of(error)));
    tokio::time::sleep_until(floor).await;
    answer
}

async fn answer(web: &Web, visit: &Visit, headers: &HeaderMap, query: &Asked, posted: &Pairs) -> Result<Response> {
    let house = preferences::house(&web.app, query.get("org").map(String::as_str)).await?;
    let tongue = tongue(query, headers, &house);
    let phone = value(posted, "phone");
    match preferences::ask_to_enter(&web.app, &house, phone, tongue.language(), visit.ip.clone()).await {
        Ok(challenge) => Ok(Redirect::to(&code_address(&house, &challenge, tongue)).into_response()),
        Err(error) => Ok(phone_page(visit, tongue, &house, phone.to_owned(), Some(Fault::of(error)?))),
    }
}

fn value<'a>(posted: &'a Pairs, name: &str) -> &'a str {
    posted.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.as_str())
}

fn phone_page(visit: &Visit, tongue: Tongue, house: &House, typed: String, fault: Option<Fault>) -> Response {
    let (texts, words) = (tongue.texts(), tongue.words());
    let status = fault.as_ref().map_or(StatusCode::OK, Fault::status);
    let title = title(tongue, texts.title, &house.organisation, fault.as_ref());
    let house = house.clone();
    document(status, visit.theme, tongue, title, move || {
        let action = address(&house, tongue);
        let above = fault_above(tongue, fault.as_ref());
        let phone = field("phone", words.phone, words.phone_hint, ("tel", "tel", "tel"), typed, tongue, fault.as_ref());
        let main = view! {
            <h1>{texts.title}</h1>
            <p class="lead">{words.enter_lead}</p>
            {above}
            <form class="card" method="post" action=action>
                <div class="body stack">
                    {phone}
                    <button class="btn btn-primary btn-block" type="submit">{words.send_code}</button>
                </div>
            </form>
        };
        frame(tongue, &house.organisation, |to| address(&house, to), main.into_any(), None)
    })
}

fn code_address(house: &House, challenge: &ChallengeId, tongue: Tongue) -> String {
    let bare = |id: &str| id.split_once('_').map_or(id, |(_, body)| body).to_owned();
    format!("/p/code/{}.{}?lang={}", bare(house.subaccount.as_str()), bare(challenge.as_str()), tongue.tag())
}

/// Whose challenge a ticket names, and which.
fn read(ticket: &str) -> Result<(SubaccountId, ChallengeId)> {
    let read = || {
        let (subaccount, challenge) = ticket.split_once('.')?;
        let subaccount = SubaccountId::parse(&format!("{}_{subaccount}", SubaccountId::PREFIX))?;
        Some((subaccount, ChallengeId::parse(&format!("{}_{challenge}", ChallengeId::PREFIX))?))
    };
    read().ok_or(Error::NotFound("page"))
}

/// Shows the form for a code.
pub async fn show_code(
    State(web): State<Web>,
    Extension(visit): Extension<Visit>,
    headers: HeaderMap,
    Path(ticket): Path<String>,
    Query(query): Query<Asked>,
) -> Response {
    let page = async {
        let (subaccount, challenge) = read(&ticket)?;
        let house = preferences::house_by_id(&web.app, &subaccount).await?;
        Ok::<_, Error>(code_page(&visit, tongue(&query, &headers, &house), &house, &challenge, String::new(), None))
    };
    page.await.unwrap_or_else(|error| last_resort(&Failure::of(error)))
}

/// Opens the preference centre to whoever writes the right code.
pub async fn check_code(
    State(web): State<Web>,
    Extension(visit): Extension<Visit>,
    headers: HeaderMap,
    Path(ticket): Path<String>,
    Query(query): Query<Asked>,
    Form(posted): Form<Pairs>,
) -> Response {
    let page = async {
        let (subaccount, challenge) = read(&ticket)?;
        let house = preferences::house_by_id(&web.app, &subaccount).await?;
        let tongue = tongue(&query, &headers, &house);
        let code = value(&posted, "code");
        let proof = preferences::enter(&web.app, &house, &challenge, code, visit.ip.clone()).await;
        Ok::<_, Error>(match Fault::of_proof(proof)? {
            Ok(token) => Redirect::to(&format!("/p/{token}?lang={}", tongue.tag())).into_response(),
            Err(fault) => code_page(&visit, tongue, &house, &challenge, code.to_owned(), Some(fault)),
        })
    };
    page.await.unwrap_or_else(|error| last_resort(&Failure::of(error)))
}

fn code_page(visit: &Visit, tongue: Tongue, house: &House, challenge: &ChallengeId, typed: String, fault: Option<Fault>) -> Response {
    let words = tongue.words();
    let status = fault.as_ref().map_or(StatusCode::OK, Fault::status);
    let title = title(tongue, words.code_title, &house.organisation, fault.as_ref());
    let (house, challenge) = (house.clone(), challenge.clone());
    document(status, visit.theme, tongue, title, move || {
        let above = fault_above(tongue, fault.as_ref());
        let again = address(&house, tongue);
        let form = (fault != Some(Fault::Ended)).then(|| {
            let code = code_field(tongue, typed, fault.as_ref());
            view! {
                <form class="card" method="post" action=code_address(&house, &challenge, tongue)>
                    <div class="body stack">
                        {code}
                        <button class="btn btn-primary btn-block" type="submit">{words.go_on}</button>
                    </div>
                </form>
            }
        });
        let main = view! {
            <h1>{words.code_title}</h1>
            <p class="lead">{words.sent_if_known}</p>
            {above}
            {form}
            <p class="mt-5"><a class="btn" href=again>{words.another_code}</a></p>
        };
        frame(tongue, &house.organisation, |to| code_address(&house, &challenge, to), main.into_any(), None)
    })
}
