//! `/inbox/{contact}`: what a person wrote and what went to them, and the answer.

use leptos::prelude::*;

use super::OFTEN;
use super::controls::{Assign, Buttons, ReadButton, Seen};
use super::line::Lines;
use super::reply::{ReplyForm, look, typed_reply};
use crate::access::Permission;
use crate::costs;
use crate::inbox;
use crate::kernel::id::{InboundId, fresh};
use crate::kernel::page::PageRequest;
use crate::web::flash::Tone;
use crate::web::page::{desk, page as desk_page, param, query};
use crate::web::send::preview::PreviewPane;
use crate::web::ui::{Alert, Card, Crumb, PageHead};

/// `/inbox/{contact}`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        let (app, actor) = (&desk.app, desk.actor());
        let cursor = query("cursor");
        let request = PageRequest::read(None, cursor.as_deref())?;
        let thread = inbox::thread(app, actor, &param("contact"), &request).await?;
        let (conversation, lines) = (thread.conversation, thread.lines);
        let (settings, zone) = (desk.settings().clone(), desk.settings().time_zone);
        let path = format!("/inbox/{}", conversation.contact);
        let may_send = actor.may(Permission::Send);
        let may_see = actor.may(Permission::ViewPersonal);
        // What stands on this page and no more: a page without an unread text has nothing to mark.
        let has_unread = lines.items.iter().any(|line| line.read == Some(false));
        let newest = lines.items.iter().map(|line| &line.id).find(|id| id.starts_with(InboundId::PREFIX)).cloned();
        let newest = newest.filter(|_| may_send && has_unread);
        let read = newest.map(|upto| view! { <ReadButton contact=conversation.contact.clone() upto=upto/> });
        let seen = may_send.then(|| view! { <Seen upto=conversation.last_id.clone()/> });
        let older = lines.next.as_deref().map(|cursor| format!("{path}?cursor={cursor}"));
        let newer = cursor.is_some().then(|| path.clone());
        // An older page does not change; the newest one looks again for what comes.
        let refresh = cursor.is_none().then_some(OFTEN);
        let answer = if may_send && cursor.is_none() && !conversation.phone.is_empty() {
            let form = typed_reply(app, actor).await?;
            let text = form.get("text").unwrap_or_default().replace("\r\n", "\n");
            let shown = look(app, actor, &conversation.contact, &text).await?;
            let saved = inbox::saved_replies(app, actor).await?;
            let budget = if actor.may(Permission::Costs) { Some(costs::budget(app, actor).await?) } else { None };
            let once = fresh(app.clock.now());
            let contact = conversation.contact.clone();
            Some((
                view! { <ReplyForm form=form contact=contact saved=saved once=once/> },
                view! { <PreviewPane shown=shown settings=settings sender=None budget=budget can_replace=false/> },
            ))
        } else {
            None
        };
        let (form, preview) = answer.unzip();
        let preview = preview.map(|pane| view! { <div id="preview"><Card id="phone" title="Preview">{pane}</Card></div> });
        let assign = if may_send {
            let people = inbox::who_can_answer(app, actor).await?;
            Some(view! { <Assign conversation=conversation.clone() people=people actor=actor.clone()/> })
        } else {
            None
        };
        let title = if conversation.phone.is_empty() { "Erased person".to_owned() } else { conversation.phone.clone() };
        let opted_out = conversation.opted_out.then(|| {
            view! { <Alert tone=Tone::Warn>"This person opted out of all messages. They get no answer until they write START, or tell you that they want messages again."</Alert> }
        });
        let hidden = (!may_see).then(|| {
            view! { <Alert tone=Tone::Info>"You need the right “view_personal” to read texts. An owner or admin can grant it."</Alert> }
        });
        Ok(view! {
            <PageHead title=title crumbs=vec![Crumb::new("Inbox", "/inbox")]>
                {may_send.then(|| view! { <Buttons conversation=conversation.clone()/> })}
            </PageHead>
            <div class="grid">
                <div class="c-7 stack stack-5">
                    {opted_out}
                    {hidden}
                    <Card id="conversation" title="Conversation">
                        <div id="thread" hx-get=path hx-trigger=refresh hx-select="#thread" hx-select-oob="#unread" hx-target="#thread" hx-swap="outerMorph">
                            <Lines lines=lines.items zone=zone older=older newer=newer/>
                            {read}
                            {seen}
                        </div>
                    </Card>
                    {form}
                </div>
                <div class="c-5 stack stack-5">
                    {preview}
                    {assign}
                </div>
            </div>
        })
    })
}
