//! `/contacts/{id}`: one person.

use leptos::prelude::*;

use super::fields::ProfileFields;
use super::timeline::{Agreements, Happened};
use super::{LIST, StatusOf, Tags, page_of, purchases};
use crate::access::Permission;
use crate::contacts::{self, Contact};
use crate::kernel::language::Language;
use crate::kernel::page::PageRequest;
use crate::timeline;
use crate::web::page::{Typed, desk, page as desk_page, param, query, secret_shown_once, typed};
use crate::web::ui::show::PhoneNumber;
use crate::web::ui::{Card, Command, Crumb, ErrorSummary, Field, Glyph, Hidden, Icon, PageHead, SecretOnce};

/// Where the form is posted.
const SAVE: &str = "/do/contacts/save";
/// Where a merge is posted.
const MERGE: &str = "/do/contacts/merge";

/// `/contacts/{id}`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        let actor = desk.actor().clone();
        let contact = contacts::get(&desk.app, &actor, &param("id")).await?;
        let cursor = query("cursor");
        let request = PageRequest::read(Some("25"), cursor.as_deref())?;
        let happened = timeline::of_contact(&desk.app, &actor, &contact.id, &request).await?;
        let numbers = timeline::consent_of(&desk.app, &actor, &contact.id).await?;
        let (zone, usual) = (desk.settings().time_zone, desk.settings().language.clone());
        let may_edit = actor.may(Permission::Send) && actor.may(Permission::ViewPersonal);
        let evidence = actor.may(Permission::Consent).then(|| format!("{}/consent", page_of(&contact.id)));
        let is_named = numbers.len() > 1;
        let agreements: Vec<_> = numbers
            .into_iter()
            .map(|number| view! { <Agreements number=number evidence=evidence.clone() is_named=is_named zone=zone/> })
            .collect();
        let held = format!("/people/{}/privacy", contact.id);
        let values = vec![("id", contact.id.clone())];
        let foot = evidence.map(|href| {
            view! {
                <div class="card-foot stack">
                    <p class="row"><a href=href>"All evidence"</a><a href=held>"Personal data: download or erase"</a></p>
                    <Command action="/do/contacts/revoke-links" values=values class="btn-sm">"Take back all their links"</Command>
                    <p class="hint">"For a number that has passed to somebody else: links that were sent to it open nothing any more."</p>
                </div>
            }
        });
        let secret = secret_shown_once()
            .map(|secret| view! { <SecretOnce label="The person’s own preference page. Hand it to nobody else" secret=secret/> });
        let shown = contact.clone();
        let title = contact.name.clone().unwrap_or_else(|| contact.phone.clone());
        let (id, edited) = (contact.id.clone(), contact.clone());
        let edit = may_edit.then(|| view! { <Card id="edit" title="Change"><Edit form=typed(SAVE) contact=edited usual=usual/></Card> });
        let of_merge = id.clone();
        let bought = purchases::load(&desk, &contact.id).await?;
        let merge =
            may_edit.then(|| view! { <Card id="merge" title="Another number of theirs"><Merge form=typed(MERGE) id=of_merge/></Card> });
        let buttons = Buttons {
            may_send: actor.may(Permission::Send),
            may_consent: actor.may(Permission::Consent) && actor.may(Permission::ViewPersonal),
        };
        Ok(view! {
            <PageHead title=title crumbs=vec![Crumb::new("Contacts", LIST)]>{buttons.view(&id)}</PageHead>
            <div class="stack stack-5">
                {secret}
                <div class="grid fill">
                    <div class="stack stack-5 c-8">
                        <Card id="person" title="Person"><Facts contact=shown/></Card>
                        <Card id="timeline" title="What happened"><Happened page=happened contact=contact is_first=cursor.is_none() zone=zone/></Card>
                        {bought}
                        {edit}
                    </div>
                    <div class="stack stack-5 c-4">
                        <Card id="consent" title="Consent">{agreements}{foot}</Card>
                        {merge}
                    </div>
                </div>
            </div>
        })
    })
}

/// What may be done here.
struct Buttons {
    may_send: bool,
    may_consent: bool,
}

impl Buttons {
    fn view(self, id: &str) -> impl IntoView + use<> {
        let values = vec![("id", id.to_owned())];
        let send = self.may_send.then(|| {
            view! { <a class="btn btn-primary" href=format!("/send?contact={id}")><Icon glyph=Glyph::Send/>"Send a message"</a> }
        });
        let link = self
            .may_consent
            .then(|| view! { <Command action="/do/contacts/preference-link" values=values class="">"Preference page"</Command> });
        let remove = self
            .may_send
            .then(|| view! { <a class="btn btn-danger" href=format!("{}/remove", page_of(id))><Icon glyph=Glyph::Trash/>"Remove"</a> });
        view! { <div class="row">{send}{link}{remove}</div> }
    }
}

#[component]
fn Facts(contact: Contact) -> impl IntoView {
    let text = |value: String| view! { <bdi dir="auto">{value}</bdi> }.into_any();
    let language = contact.language.map(|tag| Language::stored(tag).name().to_owned());
    let status = contact.status.map(|word| view! { <StatusOf word=word/> }.into_any());
    let known = [
        ("Name", contact.name.map(text)),
        ("Number", Some(view! { <PhoneNumber number=contact.phone/> }.into_any())),
        ("Language", language.map(IntoAny::into_any)),
        ("Time zone", contact.time_zone.map(|zone| zone.replace('_', " ").into_any())),
        ("Status", status),
        ("Tags", (!contact.tags.is_empty()).then(|| view! { <Tags tags=contact.tags/> }.into_any())),
    ];
    let known = known.into_iter().filter_map(|(name, value)| value.map(|value| (name.to_owned(), value)));
    let others =
        contact.other_numbers.into_iter().map(|other| ("Other number".to_owned(), view! { <PhoneNumber number=other.phone/> }.into_any()));
    let attributes = contact.attributes.into_iter().map(|(name, value)| (name, text(value)));
    let rows: Vec<_> = known
        .chain(others)
        .chain(attributes)
        .map(|(name, value)| view! { <tr><th scope="row"><bdi dir="auto">{name}</bdi></th><td>{value}</td></tr> })
        .collect();
    view! { <div class="table-wrap"><table class="dense facts"><tbody>{rows}</tbody></table></div> }
}

#[component]
fn Edit(form: Typed, contact: Contact, usual: Language) -> impl IntoView {
    let id = contact.id.clone();
    view! {
        <form class="body stack" method="post" action=SAVE>
            <ErrorSummary form=form.clone()/>
            <Hidden name="id" value=id/>
            <ProfileFields form=form contact=contact usual=usual/>
            <p class="row"><button class="btn" type="submit">"Save"</button></p>
        </form>
    }
}

#[component]
fn Merge(form: Typed, id: String) -> impl IntoView {
    view! {
        <form class="body stack" method="post" action=MERGE>
            <ErrorSummary form=form.clone()/>
            <Hidden name="id" value=id/>
            <Field form=form name="other" kind="tel" label="Phone number"
                hint="The contact of that number becomes part of this one. What each number agreed to stays its own. This cannot be taken back."/>
            <p class="row"><button class="btn" type="submit">"Merge"</button></p>
        </form>
    }
}
