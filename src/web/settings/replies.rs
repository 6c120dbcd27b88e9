//! `/settings/replies`: answers that are kept to be used again.

use leptos::prelude::*;

use super::SettingsTabs;
use crate::access::Permission;
use crate::inbox::{self, SavedReply};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::SavedReplyId;
use crate::web::action::{Answer, Done, act, posted};
use crate::web::page::{Typed, desk, page as desk_page, query, typed};
use crate::web::ui::{Card, Command, EmptyState, ErrorSummary, Field, Glyph, Hidden, PageHead, TextArea};

const PAGE: &str = "/settings/replies";

/// `/settings/replies`; `?edit=` opens one for a change.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        desk.actor().require(Permission::Templates)?;
        let saved = inbox::saved_replies(&desk.app, desk.actor()).await?;
        let form = typed("/do/settings/replies/save");
        let wanted = form.get("id").map(str::to_owned).or_else(|| query("edit")).filter(|id| !id.is_empty());
        let edited = match wanted {
            None => None,
            Some(id) => Some(saved.iter().find(|r| r.id.as_str() == id).cloned().ok_or(Error::NotFound("saved reply"))?),
        };
        let title = if edited.is_some() { "Change a reply" } else { "Add a reply" };
        Ok(view! {
            <PageHead title="Saved replies"/>
            <SettingsTabs actor=desk.actor().clone() here=PAGE/>
            <div class="stack stack-5">
                <Card id="replies" title="Replies"><Replies saved=saved/></Card>
                <Card id="edit" title=title><Edit form=form edited=edited/></Card>
            </div>
        })
    })
}

#[component]
fn Replies(saved: Vec<SavedReply>) -> impl IntoView {
    if saved.is_empty() {
        return view! { <EmptyState glyph=Glyph::Chat title="No saved replies yet" text="What you often answer in the inbox can be kept here and put in with one press."/> }
            .into_any();
    }
    let rows: Vec<_> = saved.into_iter().map(row).collect();
    view! {
        <div class="table-wrap">
            <table class="table-stack">
                <thead><tr><th scope="col">"Name"</th><th scope="col">"Text"</th><th scope="col"><span class="vh">"Actions"</span></th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(reply: SavedReply) -> impl IntoView {
    let id = reply.id.as_str().to_owned();
    let label = format!("Delete {}", reply.name);
    view! {
        <tr>
            <th scope="row"><a href=format!("{PAGE}?edit={id}")><bdi>{reply.name}</bdi></a></th>
            <td data-label="Text"><bdi>{reply.text}</bdi></td>
            <td class="num"><Command action="/do/settings/replies/delete" values=vec![("id", id)] label=label>"Delete"</Command></td>
        </tr>
    }
}

#[component]
fn Edit(form: Typed, edited: Option<SavedReply>) -> impl IntoView {
    let (id, name, text) = edited.map(|r| (r.id.as_str().to_owned(), r.name, r.text)).unwrap_or_default();
    let cancel = (!id.is_empty()).then(|| view! { <a class="btn btn-quiet" href=PAGE>"Cancel"</a> });
    view! {
        <form class="body stack" method="post" action="/do/settings/replies/save">
            <ErrorSummary form=form.clone()/>
            <Hidden name="id" value=id/>
            <Field form=form.clone() name="name" label="Name" value=name hint="What the button says." required=true/>
            <TextArea form=form name="text" label="Text" value=text rows=3 required=true/>
            <p class="row"><button class="btn btn-primary" type="submit">"Save reply"</button>{cancel}</p>
        </form>
    }
}

/// Keeps a reply.
#[server(prefix = "/do", endpoint = "settings/replies/save")]
pub async fn save_reply() -> Answer {
    act(PAGE, async {
        let (desk, form) = (desk()?, posted());
        let id = reply_id(form.get("id"))?;
        let text = form.get("text").unwrap_or_default().replace("\r\n", "\n");
        let saved = inbox::save_reply(&desk.app, desk.actor(), id.as_ref(), form.get("name").unwrap_or_default(), &text).await?;
        Ok(Done::at(PAGE).saying(format!("“{}” is saved.", saved.name)))
    })
    .await
}

/// Forgets a reply.
#[server(prefix = "/do", endpoint = "settings/replies/delete")]
pub async fn delete_reply(id: String) -> Answer {
    act(PAGE, async {
        let desk = desk()?;
        let id = SavedReplyId::parse(&id).ok_or(Error::NotFound("saved reply"))?;
        inbox::delete_saved(&desk.app, desk.actor(), &id).await?;
        Ok(Done::at(PAGE).saying("Deleted."))
    })
    .await
}

fn reply_id(given: Option<&str>) -> Result<Option<SavedReplyId>> {
    match given.filter(|id| !id.is_empty()) {
        None => Ok(None),
        Some(id) => SavedReplyId::parse(id).map(Some).ok_or(Error::NotFound("saved reply")),
    }
}
