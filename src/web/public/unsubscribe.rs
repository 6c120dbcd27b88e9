//! `/u/{token}`: one button that stops everything, for links in messages. A scanner that follows the link changes nothing.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::{Extension, Form};
use leptos::prelude::*;

use super::centre::{Refused, load, refuse, usual_tongue};
use super::document::document;
use super::frame::{accepted, frame};
use super::texts::Tongue;
use crate::preferences::{self, View};
use crate::web::Web;
use crate::web::ui::{Glyph, Icon};
use crate::web::visit::Visit;

/// The language of the page, where the address names one.
#[derive(Debug, serde::Deserialize)]
pub struct Asked {
    lang: Option<String>,
}

impl Asked {
    fn tongue(&self, view: &View, headers: &HeaderMap) -> Tongue {
        self.lang.as_deref().and_then(Tongue::of_tag).unwrap_or_else(|| usual_tongue(view, accepted(headers)))
    }
}

/// Shows the page; changes nothing.
pub async fn show(
    State(web): State<Web>,
    Extension(visit): Extension<Visit>,
    headers: HeaderMap,
    Path(token): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    match load(&web, &visit, &token).await {
        Err(refused) => refuse(&web, &visit, &token, refused).await,
        Ok((_, view)) => {
            let tongue = asked.tongue(&view, &headers);
            let title = format!("{} – {}", tongue.texts().stop, view.organisation);
            document(StatusCode::OK, visit.theme, tongue, title, move || page(tongue, &token, &view))
        }
    }
}

/// Stops everything and shows it on the preference centre, where it can be taken back.
pub async fn act(
    State(web): State<Web>,
    Extension(visit): Extension<Visit>,
    headers: HeaderMap,
    Path(token): Path<String>,
    Query(asked): Query<Asked>,
    Form(_): Form<Vec<(String, String)>>,
) -> Response {
    let (door, view) = match load(&web, &visit, &token).await {
        Ok(found) => found,
        Err(refused) => return refuse(&web, &visit, &token, refused).await,
    };
    let tongue = asked.tongue(&view, &headers);
    let texts = tongue.texts();
    let seen = view.said.last().map_or(0, |entry| entry.seq);
    let stopped =
        if view.stopped { Ok(()) } else { preferences::stop(&web.app, &door, &format!("{}. {}", texts.stop_hint, texts.stop_now)).await };
    match stopped {
        Ok(()) => Redirect::to(&format!("/p/{token}?lang={}&saved={seen}", tongue.tag())).into_response(),
        Err(error) => refuse(&web, &visit, &token, Refused::Error(error)).await,
    }
}

fn page(tongue: Tongue, token: &str, view: &View) -> AnyView {
    let texts = tongue.texts();
    let (action, centre) = (format!("/u/{token}?lang={}", tongue.tag()), format!("/p/{token}?lang={}", tongue.tag()));
    let main = view! {
        <h1>{texts.stop}</h1>
        <p class="lead">{texts.number}" "<bdi class="ltr strong nowrap" lang="en">{view.phone.clone()}</bdi></p>
        <form class="card" method="post" action=action>
            <div class="body stack">
                <p>{texts.stop_hint}</p>
                <button class="btn btn-danger btn-block" type="submit"><Icon glyph=Glyph::Stop/>{texts.stop_now}</button>
                <a class="btn btn-block" href=centre>{texts.choose}</a>
            </div>
        </form>
    };
    frame(tongue, &view.organisation, |to| format!("/u/{token}?lang={}", to.tag()), main.into_any(), None)
}
