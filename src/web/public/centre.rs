//! `/p/{token}`: what a person gets, and the switches to change it.

use std::collections::BTreeMap;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::{Extension, Form};
use leptos::prelude::*;

use super::document::document;
use super::enter;
use super::form::{Fields, SEEN};
use super::frame::accepted;
use super::texts::Tongue;
use super::view::{Centre, Notice};
use crate::consent::link::LinkError;
use crate::kernel::error::{Error, Result};
use crate::preferences::{self, Door, Saved, View};
use crate::web::Web;
use crate::web::failure::{Failure, last_resort};
use crate::web::visit::Visit;

/// What the address may carry besides the token.
#[derive(Debug)]
struct Asked {
    /// The language of the page.
    tongue: Option<Tongue>,
    /// What the browser's owner reads.
    accepted: Option<Tongue>,
    /// What the form that was just posted left to say.
    notice: Option<Notice>,
}

impl Asked {
    /// `lang`: a language of the page. `saved`: the place in the ledger that the form had seen, what stands
    /// behind it is new. `language`: that of the messages was changed, which the ledger does not hold. `again`:
    /// the form was not saved because something changed meanwhile. Anything else means nothing.
    fn read(query: &BTreeMap<String, String>, headers: &HeaderMap) -> Self {
        let saved = query.get("saved").and_then(|seen| seen.parse().ok());
        let notice = match saved {
            _ if query.contains_key("again") => Some(Notice::LookAgain),
            _ if query.contains_key("not_now") => Some(Notice::NotNow),
            Some(seen) => Some(Notice::Saved { seen, language: query.contains_key("language") }),
            None => None,
        };
        Self { tongue: query.get("lang").and_then(|tag| Tongue::of_tag(tag)), accepted: accepted(headers), notice }
    }
}

/// The fields of a form.
pub type Pairs = Vec<(String, String)>;

/// What a visitor sees instead of the page.
pub enum Refused {
    /// The link opens nothing.
    Link(LinkError),
    /// Something else went wrong.
    Error(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Shows the page; changes nothing.
pub async fn show(
    State(web): State<Web>,
    Extension(visit): Extension<Visit>,
    headers: HeaderMap,
    Path(token): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    match load(&web, &visit, &token).await {
        Ok((_, view)) => {
            let asked = Asked::read(&query, &headers);
            let fields = Fields::stored(&view, asked.accepted);
            page(StatusCode::OK, &visit, tongue(&asked, &view), token, view, fields, asked.notice)
        }
        Err(refused) => refuse(&web, &visit, &token, refused).await,
    }
}

/// Does what a button of the page asks for, and goes back to it.
pub async fn change(
    State(web): State<Web>,
    Extension(visit): Extension<Visit>,
    headers: HeaderMap,
    Path(token): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    Form(posted): Form<Pairs>,
) -> Response {
    match load(&web, &visit, &token).await {
        Ok((door, view)) => match carry_out(&web, &visit, &token, &Asked::read(&query, &headers), &posted, (door, view)).await {
            Ok(answer) => answer,
            Err(error) => refuse(&web, &visit, &token, Refused::Error(error)).await,
        },
        Err(refused) => refuse(&web, &visit, &token, refused).await,
    }
}

/// Opens a link.
pub async fn load(web: &Web, visit: &Visit, token: &str) -> Result<(Door, View), Refused> {
    let door = preferences::open(&web.app, token, visit.ip.clone()).await?.map_err(Refused::Link)?;
    let door = door.opened_with(visit.user_agent.clone());
    let view = preferences::view(&web.app, &door).await?;
    Ok((door, view))
}

async fn carry_out(web: &Web, visit: &Visit, token: &str, asked: &Asked, posted: &Pairs, (door, view): (Door, View)) -> Result<Response> {
    let app = &web.app;
    let get = |name: &str| posted.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    let tongue = tongue(asked, &view);
    let texts = tongue.texts();
    let Some(seen) = get(SEEN).and_then(|seen| seen.parse::<i64>().ok()) else {
        let fields = Fields::stored(&view, asked.accepted);
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, visit, tongue, token.to_owned(), view, fields, Some(Notice::Unreadable)));
    };
    let back = |mut query: Vec<String>, keep_page_language: bool| {
        query.extend(asked.tongue.filter(|_| keep_page_language).map(|t| format!("lang={}", t.tag())));
        Redirect::to(&format!("/p/{token}?{}", query.join("&"))).into_response()
    };
    match get("do") {
        Some("stop") => preferences::stop(app, &door, &format!("{}. {}", texts.stop_hint, texts.stop_now)).await?,
        Some("start") => preferences::start(app, &door, texts.undo).await?,
        _ => {
            let stored = Fields::stored(&view, asked.accepted);
            let fields = Fields::posted(posted, &stored, &view);
            let Ok(patch) = fields.patch(&stored, app.clock.now()) else {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                return Ok(page(status, visit, tongue, token.to_owned(), view, fields, Some(Notice::FaultyHours)));
            };
            let language_changed = patch.language.is_some();
            match preferences::save(app, &door, &patch, seen, &wording(tongue, &view)).await {
                Err(Error::Conflict(_)) => return Ok(back(vec!["again=1".into()], true)),
                Ok(Saved::NotAsked) => return Ok(back(vec!["not_now=1".into()], true)),
                saved => {
                    saved?;
                }
            }
            if language_changed {
                return Ok(back(vec![format!("saved={seen}"), "language=1".into()], false));
            }
        }
    }
    Ok(back(vec![format!("saved={seen}")], true))
}

/// What the person read when they saved, for the ledger.
fn wording(tongue: Tongue, view: &View) -> String {
    let texts = tongue.texts();
    let switches: Vec<_> = view.categories.keys().map(|category| texts.category(*category)).collect();
    format!("{} {} {}: {}. {}", view.organisation, texts.lead, view.phone, switches.join(", "), texts.save)
}

/// The language of the page: asked for, else the usual one.
fn tongue(asked: &Asked, view: &View) -> Tongue {
    asked.tongue.unwrap_or_else(|| usual_tongue(view, asked.accepted))
}

/// The person's language, else what the browser's owner reads, else the organisation's, else English.
pub fn usual_tongue(view: &View, accepted: Option<Tongue>) -> Tongue {
    let own = view.language.as_ref().and_then(|language| Tongue::of_tag(language.as_str()));
    own.or(accepted).or_else(|| Tongue::of_tag(view.usual_language.as_str())).unwrap_or(Tongue::English)
}

fn page(status: StatusCode, visit: &Visit, tongue: Tongue, token: String, view: View, fields: Fields, notice: Option<Notice>) -> Response {
    let title = format!("{} – {}", tongue.texts().title, view.organisation);
    document(status, visit.theme, tongue, title, move || view! { <Centre tongue token view fields notice/> }.into_any())
}

/// What a visitor sees whose link opens nothing: why, and the way in by number and code.
pub async fn refuse(web: &Web, visit: &Visit, token: &str, refused: Refused) -> Response {
    let error = match refused {
        Refused::Link(error) => error,
        Refused::Error(error) => return last_resort(&Failure::of(error)),
    };
    let status = match error {
        LinkError::Faulty => StatusCode::NOT_FOUND,
        LinkError::Expired => StatusCode::GONE,
    };
    let house = match preferences::house_of_token(&web.app, token).await {
        Ok(house) => house,
        Err(error) => return last_resort(&Failure::of(error)),
    };
    let titles: Vec<_> = Tongue::ALL.iter().map(|t| t.texts().no_link).collect();
    document(status, visit.theme, Tongue::English, titles[0].to_owned(), move || {
        let parts: Vec<_> = Tongue::ALL.into_iter().map(|tongue| no_link(tongue, error, enter::address(&house, tongue))).collect();
        view! { <main class="prefs stack stack-5 mt-5" id="main">{parts}</main> }.into_any()
    })
}

fn no_link(tongue: Tongue, error: LinkError, by_phone: String) -> impl IntoView {
    let texts = tongue.texts();
    let why = match error {
        LinkError::Faulty => texts.link_faulty,
        LinkError::Expired => texts.link_ended,
    };
    let heading = if tongue == Tongue::ALL[0] {
        view! { <h1>{texts.no_link}</h1> }.into_any()
    } else {
        view! { <h2>{texts.no_link}</h2> }.into_any()
    };
    view! {
        <section class="card" lang=tongue.tag() dir=tongue.language().dir()>
            <div class="body stack">
                {heading}<p>{why}</p><p>{texts.new_link}</p>
                <p><a class="btn btn-primary btn-block" href=by_phone>{tongue.words().by_phone}</a></p>
            </div>
        </section>
    }
}
