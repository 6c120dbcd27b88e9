//! `/o/{token}`: the page behind the link that asks somebody to confirm an opt-in. Opening it changes nothing; its button confirms.

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use leptos::prelude::*;

use super::centre::{Refused, refuse};
use super::document::document;
use super::frame::frame;
use super::opt_in_texts::{OptInTexts, texts_in};
use super::texts::Tongue;
use crate::preferences::{self, OptIn, OptInState};
use crate::web::Web;
use crate::web::ui::{Alert, Glyph, Icon, Tone};
use crate::web::visit::Visit;

type Asked = BTreeMap<String, String>;

/// Shows the page.
pub async fn show(
    State(web): State<Web>,
    Extension(visit): Extension<Visit>,
    Path(token): Path<String>,
    Query(query): Query<Asked>,
) -> Response {
    match preferences::opt_in_page(&web.app, &token).await {
        Ok(Ok(opt_in)) => {
            let tongue = tongue(&query, &opt_in);
            page(&visit, tongue, &token, opt_in)
        }
        Ok(Err(error)) => refuse(&web, &visit, &token, Refused::Link(error)).await,
        Err(error) => refuse(&web, &visit, &token, Refused::Error(error)).await,
    }
}

/// Confirms, and shows what came of it.
pub async fn confirm(
    State(web): State<Web>,
    Extension(visit): Extension<Visit>,
    Path(token): Path<String>,
    Query(query): Query<Asked>,
) -> Response {
    let opt_in = match preferences::opt_in_page(&web.app, &token).await {
        Ok(Ok(opt_in)) => opt_in,
        Ok(Err(error)) => return refuse(&web, &visit, &token, Refused::Link(error)).await,
        Err(error) => return refuse(&web, &visit, &token, Refused::Error(error)).await,
    };
    let tongue = tongue(&query, &opt_in);
    let texts = texts_in(tongue);
    let wording = format!("{} {}: {}. {}", opt_in.organisation, texts.question, names(tongue, &opt_in), texts.confirm);
    match preferences::confirm(&web.app, &opt_in, &wording, (visit.ip.clone(), visit.user_agent.clone())).await {
        Ok(()) => Redirect::to(&format!("/o/{token}?lang={}", tongue.tag())).into_response(),
        Err(error) => refuse(&web, &visit, &token, Refused::Error(error)).await,
    }
}

/// The language of the page: asked for, else the person's, else English.
fn tongue(query: &Asked, opt_in: &OptIn) -> Tongue {
    let asked = query.get("lang").and_then(|tag| Tongue::of_tag(tag));
    asked.or_else(|| Tongue::of_tag(opt_in.language.as_str())).unwrap_or(Tongue::English)
}

fn names(tongue: Tongue, opt_in: &OptIn) -> String {
    let names: Vec<_> = opt_in.categories.iter().map(|category| tongue.texts().category(*category)).collect();
    names.join(", ")
}

fn page(visit: &Visit, tongue: Tongue, token: &str, opt_in: OptIn) -> Response {
    let status = if opt_in.state == OptInState::Ended { StatusCode::GONE } else { StatusCode::OK };
    let title = format!("{} – {}", texts_in(tongue).title, opt_in.organisation);
    let action = format!("/o/{token}?lang={}", tongue.tag());
    let token = token.to_owned();
    document(status, visit.theme, tongue, title, move || content(tongue, action, &token, &opt_in))
}

fn content(tongue: Tongue, action: String, token: &str, opt_in: &OptIn) -> AnyView {
    let texts = texts_in(tongue);
    let body = match opt_in.state {
        OptInState::Open => open(tongue, texts, action, opt_in),
        OptInState::Confirmed => {
            view! { <Alert tone=Tone::Ok><p class="strong">{texts.confirmed}</p><p>{texts.how_to_stop}</p></Alert> }.into_any()
        }
        OptInState::Ended => view! { <Alert tone=Tone::Warn><p>{texts.ended}</p></Alert> }.into_any(),
    };
    let main = view! {
        <h1>{texts.title}</h1>
        <p class="lead">{tongue.texts().number}" "<bdi class="ltr strong nowrap" lang="en">{opt_in.phone.clone()}</bdi></p>
        {body}
    };
    frame(tongue, &opt_in.organisation, |to| format!("/o/{token}?lang={}", to.tag()), main.into_any(), None)
}

fn open(tongue: Tongue, texts: &'static OptInTexts, action: String, opt_in: &OptIn) -> AnyView {
    let kinds: Vec<_> = opt_in.categories.iter().map(|category| view! { <li>{tongue.texts().category(*category)}</li> }).collect();
    view! {
        <section class="card" aria-labelledby="what">
            <div class="body stack">
                <h2 id="what">{texts.question}</h2>
                <ul>{kinds}</ul>
                <form method="post" action=action>
                    <button class="btn btn-primary btn-block" type="submit"><Icon glyph=Glyph::Check/>{texts.confirm}</button>
                </form>
                <p class="hint">{texts.not_you}</p>
            </div>
        </section>
    }
    .into_any()
}
