//! `/templates/{id}/uses`: where a template is used, and what publishing its draft would break.

use leptos::prelude::*;

use super::{LIST, Standing, TemplateTabs, crumbs, may_write};
use crate::templates::{self, TemplateView};
use crate::uses::{self, Affected, Breakage, CampaignUse, Place, UploadUse, Uses};
use crate::web::page::{desk, page as desk_page, param};
use crate::web::ui::show::{count, number};
use crate::web::ui::{Alert, Card, Command, EmptyState, Glyph, PageHead, StatusBadge, Tone};

/// `/templates/{id}/uses`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        let template = templates::get(&desk.app, desk.actor(), &param("id")).await?;
        let uses = uses::of_template(&desk.app, desk.actor(), template.id.as_str()).await?;
        let here = format!("{LIST}/{}/uses", template.id);
        let below = view! { <Standing template=template.clone() desk=desk.clone()/> }.into_any();
        let archive = may_write(&desk, &template).then(|| view! { <Archive template=template.clone() uses=uses.clone()/> });
        Ok(view! {
            <PageHead title=template.name.clone() crumbs=crumbs() below=below/>
            <TemplateTabs template=template.clone() here=here/>
            <div class="stack stack-5">
                <Warnings warnings=uses.warnings.clone()/>
                <Card id="uses" title="Where it is used"><Found uses=uses template=template.clone()/></Card>
                {archive}
            </div>
        })
    })
}

#[component]
fn Found(uses: Uses, template: TemplateView) -> impl IntoView {
    if !uses.is_used() {
        let text = "No campaign that is not over, no upload and no waiting message holds a version of it.";
        return view! { <EmptyState glyph=Glyph::Search title="It is used nowhere now" text=text/> }.into_any();
    }
    let messages = (uses.messages_waiting > 0).then(|| {
        let n = uses.messages_waiting;
        let words = format!("{} {} to leave", count(n.cast_signed(), "single message", "single messages"), if n == 1 { "waits" } else { "wait" });
        let href = format!("/history?template={}", template.code);
        view! { <tr><th scope="row"><a href=href>{words}</a></th><td data-label="What">"Messages"</td><td data-label="Version" class="num">"–"</td><td data-label="Status">"Waiting"</td></tr> }
    });
    let campaigns: Vec<_> = uses.campaigns.into_iter().map(campaign).collect();
    let uploads: Vec<_> = uses.uploads.into_iter().map(upload).collect();
    view! {
        <div class="table-wrap">
            <table class="table-stack">
                <thead><tr>
                    <th scope="col">"Name"</th><th scope="col">"What"</th><th scope="col" class="num">"Version"</th><th scope="col">"Status"</th>
                </tr></thead>
                <tbody>{campaigns}{uploads}{messages}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn campaign(found: CampaignUse) -> impl IntoView {
    let waiting =
        (found.waiting > 0).then(|| view! { <span class="cell-sub">{format!("{} to leave", number(found.waiting.cast_signed()))}</span> });
    view! {
        <tr>
            <th scope="row"><a href=format!("/campaigns/{}", found.id)><bdi>{found.name}</bdi></a>{waiting}</th>
            <td data-label="What">"Campaign"</td>
            <td data-label="Version" class="num">{found.version}</td>
            <td data-label="Status"><StatusBadge status=found.status/></td>
        </tr>
    }
}

fn upload(found: UploadUse) -> impl IntoView {
    view! {
        <tr>
            <th scope="row">
                <a href=format!("/uploads/{}", found.id)><bdi>{found.file_name}</bdi></a>
                <span class="cell-sub">"by "<bdi>{found.created_by}</bdi></span>
            </th>
            <td data-label="What">"Upload"</td>
            <td data-label="Version" class="num">{found.version}</td>
            <td data-label="Status"><StatusBadge status=found.status/></td>
        </tr>
    }
}

/// The way into the archive, with what goes on nevertheless.
#[component]
fn Archive(template: TemplateView, uses: Uses) -> impl IntoView {
    let values = vec![("id", template.id.to_string()), ("sure", "true".to_owned())];
    let words = if uses.is_used() {
        "What stands above keeps its version and is still sent. Nothing new starts with an archived template; calls that name it are refused."
    } else {
        "Nothing new starts with an archived template; calls that name it are refused."
    };
    view! {
        <Card id="archive" title="Archive">
            <div class="body stack">
                <p>{words}</p>
                <p class="row"><Command action="/do/templates/archive" values=values class="btn-danger">{if uses.is_used() { "Archive anyway" } else { "Archive" }}</Command></p>
            </div>
        </Card>
    }
    .into_any()
}

/// What publishing the draft changes for others, each by name.
#[component]
pub fn Warnings(warnings: Vec<Breakage>) -> impl IntoView {
    if warnings.is_empty() {
        return ().into_any();
    }
    let tone = if uses::is_breaking(&warnings) { Tone::Warn } else { Tone::Info };
    let items: Vec<_> = warnings
        .into_iter()
        .map(|warning| {
            let affects: Vec<_> = warning.affects.into_iter().map(affected).collect();
            let list = (!affects.is_empty()).then(|| view! { <ul>{affects}</ul> });
            view! { <li>{warning.detail}{list}</li> }
        })
        .collect();
    view! { <Alert tone=tone><p><strong>"Publishing the draft changes what others rely on."</strong></p><ul>{items}</ul></Alert> }
        .into_any()
}

fn affected(one: Affected) -> impl IntoView {
    let name = view! { <bdi>{one.name}</bdi> };
    let name = match (one.kind, one.id) {
        (Place::Campaign, Some(id)) => view! { <a href=format!("/campaigns/{id}")>{name}</a> }.into_any(),
        (Place::Upload, Some(id)) => view! { <a href=format!("/uploads/{id}")>{name}</a> }.into_any(),
        _ => name.into_any(),
    };
    view! { <li><strong>{name}</strong>": "{one.detail}</li> }
}
