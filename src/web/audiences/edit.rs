//! `/audiences/new` and `/audiences/{id}`: the conditions, and whom they hold now.

use leptos::prelude::*;

use super::actions::{COUNT, SAVE};
use super::draft::Draft;
use super::fields::{ConditionFields, Offered};
use super::{LIST, page_of};
use crate::access::Permission;
use crate::audiences::{self, Audience, Count};
use crate::campaigns::{self, Campaign};
use crate::contacts::{self, Contact};
use crate::kernel::category::Category;
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::web::page::{Desk, Typed, desk, page as desk_page, param, typed};
use crate::web::ui::show::{PhoneNumber, count as in_words, number};
use crate::web::ui::{
    Alert, Card, Command, Crumb, EmptyState, ErrorSummary, Field, Glyph, Hidden, Icon, PageHead, Select, StatusBadge, Tone,
};

/// `/audiences/new`.
pub fn new() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        desk.actor().require(Permission::Send)?;
        let editor = editor(&desk, None).await?;
        Ok(view! {
            <PageHead title="New audience" crumbs=vec![Crumb::new("Audiences", LIST)]/>
            {editor}
        })
    })
}

/// `/audiences/{id}`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        let audience = audiences::get(&desk.app, desk.actor(), &param("id")).await?;
        let used = campaigns::of_audience(&desk.app, desk.actor(), &audience.id).await?;
        let id = audience.id.as_str().to_owned();
        let here = page_of(&id);
        let buttons = desk.actor().may(Permission::Send).then(|| {
            view! {
                <div class="row">
                    <a class="btn btn-primary" href=format!("{here}/send")><Icon glyph=Glyph::Send/>"Send to them"</a>
                    <Command action="/do/audiences/copy" values=vec![("id", id)] class="">"Copy"</Command>
                    <a class="btn btn-danger" href=format!("{here}/delete")><Icon glyph=Glyph::Trash/>"Delete"</a>
                </div>
            }
        });
        let title = audience.name.clone();
        let editor = editor(&desk, Some(audience)).await?;
        Ok(view! {
            <PageHead title=title crumbs=vec![Crumb::new("Audiences", LIST)]>{buttons}</PageHead>
            <div class="stack stack-5">
                {editor}
                <Card id="used" title="Where it is used"><Used campaigns=used/></Card>
            </div>
        })
    })
}

async fn editor(desk: &Desk, audience: Option<Audience>) -> Result<AnyView> {
    let (app, actor) = (&desk.app, desk.actor());
    let id = audience.as_ref().map(|a| a.id.as_str().to_owned()).unwrap_or_default();
    let may_edit = actor.may(Permission::Send) && actor.may(Permission::ViewPersonal);
    // What was typed for another audience is none of this one's, and whoever has no form sees what is stored.
    let is_ours = |form: &Typed| may_edit && form.is_again() && form.get("id").unwrap_or_default() == id;
    let form = [SAVE, COUNT].into_iter().map(typed).find(is_ours).unwrap_or_default();
    let mut errors = FieldErrors::new();
    let (draft, conditions) = match &audience {
        Some(stored) if !form.is_again() => (Draft::of(&stored.name, &stored.conditions), stored.conditions.clone()),
        _ => {
            let draft = Draft::read(|name| form.get(name));
            let conditions = draft.conditions(desk.settings().currency, &mut errors);
            (draft, conditions)
        }
    };
    let category = form.get("category").map_or(Some(Category::Marketing), Category::parse);
    let count = match &audience {
        _ if !errors.0.is_empty() => None,
        // What was saved by somebody who may is counted for everybody.
        Some(stored) if stored.conditions == conditions => Some(audiences::count_of(app, actor, stored.id.as_str(), category).await?),
        _ => match audiences::count(app, actor, &conditions, category).await {
            Ok(count) => Some(count),
            Err(Error::Denied(_)) => None,
            Err(other) => return Err(other),
        },
    };
    let people = view! { <People form=form.clone() count=count errors=errors category=category/> };
    if !may_edit {
        let text = "You see how many people this audience holds. Its conditions may name what is noted about people: an owner or admin can let you see them.";
        return Ok(view! { <div class="stack stack-5"><Alert tone=Tone::Info>{text}</Alert>{people}</div> }.into_any());
    }
    let offered = Offered { tags: contacts::tags(app, actor).await?, files: contacts::file_names(app, actor).await? };
    let name = draft.name.clone();
    // Rows close up when they are shown again, so only what is wrong is taken from what was typed.
    Ok(view! {
        <form class="stack stack-5" method="post" action=SAVE hx-post=COUNT hx-trigger="change delay:200ms" hx-sync="this:replace" hx-target="#count" hx-select="#count" hx-swap="outerHTML">
            <Card id="conditions" title="Conditions">
                <div class="body stack">
                    <ErrorSummary form=form.clone()/>
                    <Hidden name="id" value=id/>
                    <Field form=form.clone() name="name" label="Name" value=name hint="Only you and your colleagues see it." required=true/>
                    <ConditionFields form=form draft=draft offered=offered/>
                    <p class="muted small">"Days are counted back from now. Attributes are compared whatever their case; as a number or a date only where they are one. Without any condition everybody is in it."</p>
                    <p class="row">
                        <button class="btn btn-primary" type="submit">"Save"</button>
                        <button class="btn" type="submit" formaction=COUNT formnovalidate>"Count, and more rows"</button>
                    </p>
                </div>
            </Card>
            {people}
        </form>
    }
    .into_any())
}

/// How many people there are now, and some of them.
#[component]
fn People(form: Typed, count: Option<Count>, errors: FieldErrors, category: Option<Category>) -> impl IntoView {
    let categories = Category::ALL.into_iter().map(|c| (c.as_str().to_owned(), c.label().to_owned())).collect();
    let chosen = category.map_or("", Category::as_str);
    let body = match count {
        // The count alone is looked at again while somebody types, so what is wrong stands in it too.
        None => {
            let wrong = errors.0.into_iter().map(|error| view! { <li>{error.detail}</li> }).collect_view();
            view! { <p class="muted">"Complete the conditions to see whom they hold."</p><ul class="muted">{wrong}</ul> }.into_any()
        }
        Some(found) => view! { <Found count=found category=category/> }.into_any(),
    };
    view! {
        <Card id="people" title="Who is in it now">
            <div class="body stack">
                <Select form=form name="category" label="Count who may be sent" value=chosen options=categories/>
                <div id="count" role="status" class="stack">{body}</div>
            </div>
        </Card>
    }
}

#[component]
fn Found(count: Count, category: Option<Category>) -> impl IntoView {
    let Count { people, can_be_sent, sample } = count;
    let all = in_words(people.cast_signed(), "person", "people");
    let reachable = can_be_sent.zip(category).map(|(n, category)| {
        format!(", {} of whom may be sent messages about {}.", number(n.cast_signed()), category.label().to_lowercase())
    });
    if sample.is_empty() {
        return view! { <EmptyState glyph=Glyph::People title="Nobody" text="No contact fits these conditions now."/> }.into_any();
    }
    let more = people.saturating_sub(sample.len() as u64);
    let more =
        (more > 0).then(|| view! { <p class="muted small">{format!("The newest of them; {} more.", number(more.cast_signed()))}</p> });
    let rows: Vec<_> = sample.into_iter().map(row).collect();
    view! {
        <p><strong>{all}</strong>{reachable}</p>
        <div class="table-wrap">
            <table class="table-stack dense">
                <thead><tr><th scope="col">"Contact"</th><th scope="col">"Number"</th><th scope="col">"Country"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        {more}
    }
    .into_any()
}

fn row(contact: Contact) -> impl IntoView {
    let href = format!("/contacts/{}", contact.id);
    let name = match contact.name {
        Some(name) => view! { <bdi dir="auto">{name}</bdi> }.into_any(),
        None => view! { <PhoneNumber number=contact.phone.clone()/> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row"><a href=href>{name}</a></th>
            <td data-label="Number"><PhoneNumber number=contact.phone/></td>
            <td data-label="Country">{contact.country}</td>
        </tr>
    }
}

/// Campaigns whose people come from an audience.
#[component]
pub fn Used(
    /// The latest of them.
    campaigns: Vec<Campaign>,
) -> impl IntoView {
    if campaigns.is_empty() {
        return view! { <EmptyState glyph=Glyph::Flag title="In no campaign yet" text="Campaigns to this audience are listed here."/> }
            .into_any();
    }
    let rows: Vec<_> = campaigns
        .into_iter()
        .map(|campaign| {
            view! {
                <tr>
                    <th scope="row"><a href=format!("/campaigns/{}", campaign.id)><bdi dir="auto">{campaign.name}</bdi></a></th>
                    <td data-label="State"><StatusBadge status=campaign.status.as_str()/></td>
                    <td class="num" data-label="Messages">{number(campaign.total.cast_signed())}</td>
                </tr>
            }
        })
        .collect();
    view! {
        <div class="table-wrap">
            <table class="table-stack dense">
                <thead><tr><th scope="col">"Campaign"</th><th scope="col">"State"</th><th scope="col" class="num">"Messages"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}
