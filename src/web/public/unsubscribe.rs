//! `/u/{token}`: one button that stops everything, for links in messages. A scanner that follows the link changes nothing.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::{Extension, Form};
use leptos::prelude::*;

use super::centre::{Refused, load, refuse};
use super::document::document;
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
    fn tongue(&self, view: &View) -> Tongue {
        self.lang.as_deref().and_then(Tongue::of_tag).unwrap_or_else(|| super::centre::usual_tongue(view))
    }
}

/// Shows the page; changes nothing.
pub async fn show(
    State(web): State<Web>,
    Extension(visit): Extension<Visit>,
    Path(token): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    match load(&web, &visit, &token).await {
        Err(refused) => refuse(&visit, refused),
        Ok((_, view)) => {
            let tongue = asked.tongue(&view);
            let title = format!("{} – {}", tongue.texts().stop, view.organisation);
            document(StatusCode::OK, visit.theme, tongue, title, move || page(tongue, &token, &view))
        }
    }
}

/// Stops everything and shows it on the preference centre, where it can be taken back.
pub async fn act(
    State(web): State<Web>,
    Extension(visit): Extension<Visit>,
    Path(token): Path<String>,
    Query(asked): Query<Asked>,
    Form(_): Form<Vec<(String, String)>>,
) -> Response {
    let (door, view) = match load(&web, &visit, &token).await {
        Ok(found) => found,
        Err(refused) => return refuse(&visit, refused),
    };
    let tongue = asked.tongue(&view);
    let texts = tongue.texts();
    let seen = view.said.last().map_or(0, |entry| entry.seq);
    let stopped =
        if view.stopped { Ok(()) } else { preferences::stop(&web.app, &door, &format!("{}. {}", texts.stop_hint, texts.stop_now)).await };
    match stopped {
        Ok(()) => Redirect::to(&format!("/p/{token}?lang={}&saved={seen}", tongue.tag())).into_response(),
        Err(error) => refuse(&visit, Refused::Error(error)),
    }
}

fn page(tongue: Tongue, token: &str, view: &View) -> AnyView {
    let texts = tongue.texts();
    let links: Vec<_> = Tongue::ALL
        .into_iter()
        .map(|to| {
            let (tag, current) = (to.tag(), (to == tongue).then_some("true"));
            view! { <a href=format!("/u/{token}?lang={tag}") lang=tag hreflang=tag aria-current=current>{to.language().name().to_owned()}</a> }
        })
        .collect();
    let (action, centre) = (format!("/u/{token}?lang={}", tongue.tag()), format!("/p/{token}?lang={}", tongue.tag()));
    view! {
        <div class="prefs">
            <header class="prefs-head">
                <div class="brand"><span class="brand-mark"><Icon glyph=Glyph::Chat/></span><span>{view.organisation.clone()}</span></div>
                <nav class="langs" aria-label=texts.languages>{links}</nav>
            </header>
            <main id="main">
                <h1>{texts.stop}</h1>
                <p class="lead">{texts.lead}" "<bdi class="ltr strong nowrap" lang="en">{view.phone.clone()}</bdi></p>
                <form class="card" method="post" action=action>
                    <div class="body stack">
                        <p>{texts.stop_hint}</p>
                        <button class="btn btn-danger btn-block" type="submit"><Icon glyph=Glyph::Stop/>{texts.stop_now}</button>
                        <a class="btn btn-block" href=centre>{texts.choose}</a>
                    </div>
                </form>
            </main>
        </div>
    }
    .into_any()
}
