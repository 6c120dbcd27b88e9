//! What is done about a conversation besides answering.

use leptos::prelude::*;

use crate::access::{Actor, Who};
use crate::inbox::{Assignee, Conversation};
use crate::web::page::typed;
use crate::web::ui::{Card, Command, ErrorSummary, Glyph, Hidden, Icon, Select};

/// The form that closes a conversation.
const CLOSE: &str = "close";

/// The last text that there was when the lines were drawn. It belongs to the form that closes and stands among the lines, so that it is
/// as new as they are.
#[component]
pub fn Seen(
    /// The text.
    upto: String,
) -> impl IntoView {
    view! { <input type="hidden" name="upto" form=CLOSE value=upto/> }
}

/// Close or open again, and mark as unread.
#[component]
pub fn Buttons(
    /// The conversation.
    conversation: Conversation,
) -> impl IntoView {
    let values = || vec![("contact", conversation.contact.clone())];
    let state = if conversation.closed {
        view! { <Command action="/do/inbox/reopen" values=values() class=""><Icon glyph=Glyph::Retry/>"Open again"</Command> }.into_any()
    } else {
        view! {
            <form id=CLOSE class="inline" method="post" action="/do/inbox/close">
                <Hidden name="contact" value=conversation.contact.clone()/>
                <button class="btn" type="submit"><Icon glyph=Glyph::Check/>"Close"</button>
            </form>
        }
        .into_any()
    };
    view! { <div class="row"><Command action="/do/inbox/unread" values=values() class="">"Mark as unread"</Command>{state}</div> }
}

/// Marks what is shown as read. With JavaScript it presses itself once, when a page is opened and looked at (`peyk.js` tells it so), and
/// not when the lines are drawn again: a tab that stands open reads nothing. Without, opening a page changes nothing.
#[component]
pub fn ReadButton(
    /// Whose texts.
    contact: String,
    /// The newest text that is shown; what comes after it stays unread.
    upto: String,
) -> impl IntoView {
    let id = format!("read-{upto}");
    view! {
        <form id=id class="thread-more" method="post" action="/do/inbox/read"
            hx-post="/do/inbox/read" hx-trigger="seen" data-seen="" hx-select="#unread" hx-target="#unread" hx-swap="outerHTML">
            <Hidden name="contact" value=contact/>
            <Hidden name="upto" value=upto/>
            <button class="btn btn-sm" type="submit"><Icon glyph=Glyph::Check/>"Mark as read"</button>
        </form>
    }
}

/// Who answers.
#[component]
pub fn Assign(
    /// The conversation.
    conversation: Conversation,
    /// Who can be given it.
    people: Vec<Assignee>,
    /// Who looks.
    actor: Actor,
) -> impl IntoView {
    let current = conversation.assigned_to.as_ref().map(|a| a.id.clone()).unwrap_or_default();
    let nobody = (String::new(), "Nobody".to_owned());
    // Somebody who left stays named until the conversation is given to another.
    let gone = conversation.assigned_to.filter(|a| people.iter().all(|p| p.id != a.id)).map(|a| (a.id, a.name));
    let mine = match &actor.who {
        Who::User { id, .. } if id.as_str() != current => {
            let values = vec![("contact", conversation.contact.clone()), ("user", id.as_str().to_owned())];
            Some(view! { <Command action="/do/inbox/assign" values=values>"Take it myself"</Command> })
        }
        _ => None,
    };
    let options = std::iter::once(nobody).chain(people.into_iter().map(|p| (p.id, p.name))).chain(gone).collect();
    let form = typed("/do/inbox/assign");
    view! {
        <Card id="assigned" title="Answered by">
            <div class="body stack">
                <form class="stack" method="post" action="/do/inbox/assign">
                    <ErrorSummary form=form.clone()/>
                    <Hidden name="contact" value=conversation.contact/>
                    <Select form=form name="user" label="Who answers this person" value=current options=options/>
                    <p><button class="btn btn-sm" type="submit">"Assign"</button></p>
                </form>
                {mine}
            </div>
        </Card>
    }
}
