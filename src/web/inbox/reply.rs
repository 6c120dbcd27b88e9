//! The answer that is being written.

use leptos::prelude::*;

use crate::access::Actor;
use crate::app::App;
use crate::inbox::{self, SavedReply};
use crate::kernel::error::{Error, Result};
use crate::web::page::{Typed, typed};
use crate::web::send::preview::Shown;
use crate::web::ui::{Card, ErrorSummary, Glyph, Hidden, Icon, TextArea};

/// The form as it was typed, by whichever of its buttons; with a saved reply in it when one was asked for.
pub async fn typed_reply(app: &App, actor: &Actor) -> Result<Typed> {
    let inserted = typed("/do/inbox/insert");
    if inserted.is_again() {
        let wanted = inserted.get("insert").unwrap_or_default().to_owned();
        let saved = inbox::saved_replies(app, actor).await?.into_iter().find(|reply| reply.id.as_str() == wanted);
        let typed = inserted.get("text").unwrap_or_default().to_owned();
        let text = match saved {
            Some(reply) if typed.trim().is_empty() => reply.text,
            Some(reply) => format!("{typed} {}", reply.text),
            None => typed,
        };
        return Ok(inserted.with("text", text));
    }
    Ok(["/do/inbox/reply", "/do/inbox/preview"].map(typed).into_iter().find(Typed::is_again).unwrap_or_default())
}

/// What the answer would be.
pub async fn look(app: &App, actor: &Actor, contact: &str, text: &str) -> Result<Shown> {
    if text.is_empty() {
        return Ok(Shown::Nothing);
    }
    match inbox::preview(app, actor, contact, text).await {
        Ok(preview) => Ok(Shown::Ready(Box::new(preview))),
        Err(Error::Invalid(errors)) => Ok(Shown::Refused(errors)),
        Err(other) => Err(other),
    }
}

/// The form.
#[component]
pub fn ReplyForm(
    /// Its state.
    form: Typed,
    /// Whom it answers.
    contact: String,
    /// Replies that can be put in.
    saved: Vec<SavedReply>,
    /// What makes pressing twice harmless.
    once: String,
) -> impl IntoView {
    let chips: Vec<_> = saved
        .into_iter()
        .map(|reply| {
            // With JavaScript the text goes to the cursor; without it the page comes back with the text in the field.
            view! {
                <button class="btn btn-sm" type="submit" formaction="/do/inbox/insert" formnovalidate=true name="insert" value=reply.id.as_str().to_owned()
                    data-insert=reply.text data-into="text">{reply.name}</button>
            }
        })
        .collect();
    let chips = (!chips.is_empty()).then(|| view! { <div class="row" role="group" aria-label="Saved replies">{chips}</div> });
    view! {
        <Card id="answer" title="Answer">
            <form id="reply" class="body stack" method="post" action="/do/inbox/reply"
                hx-post="/do/inbox/preview" hx-trigger="input delay:300ms" hx-validate="false" hx-target="#preview" hx-select="#preview" hx-swap="outerMorph">
                <ErrorSummary form=form.clone()/>
                <Hidden name="once" value=once/>
                <Hidden name="contact" value=contact/>
                <TextArea form=form name="text" label="Text" rows=4 hint="It goes out exactly as you write it." required=true/>
                {chips}
                <p class="row">
                    <button class="btn btn-primary" type="submit"><Icon glyph=Glyph::Send/>"Send answer"</button>
                    <button class="btn" type="submit" formaction="/do/inbox/preview" formnovalidate=true>"Update preview"</button>
                </p>
            </form>
        </Card>
    }
}
