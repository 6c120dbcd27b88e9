//! `/templates/{id}/versions`: who published what, and what changed word by word.

use leptos::prelude::*;

use super::{LIST, Standing, TemplateTabs, crumbs, may_write};
use crate::campaigns;
use crate::kernel::clock::rfc3339;
use crate::kernel::error::{Error, Result};
use crate::kernel::page::{Page, PageRequest};
use crate::templates::{
    self, Change, Compared, ComparedPlaceholder, ComparedText, Piece, PlaceholderField, Said, TemplateView, VersionView,
};
use crate::web::guard::encode;
use crate::web::page::{Desk, Typed, desk, page as desk_page, param, query};
use crate::web::ui::show::{Time, count, number, percent};
use crate::web::ui::{Badge, Card, Command, EmptyState, Glyph, Icon, PageHead, Pager, Select};

/// The draft in the address of a comparison.
const DRAFT: &str = "draft";

/// `/templates/{id}/versions`, with `?from=2&to=3` or `?from=3&to=draft` for a comparison.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        let template = templates::get(&desk.app, desk.actor(), &param("id")).await?;
        let request = PageRequest::read(None, query("cursor").as_deref())?;
        let versions = templates::versions(&desk.app, desk.actor(), template.id.as_str(), &request).await?;
        let delivery = campaigns::delivery_of_versions(&desk.app, desk.actor(), &template.id).await?;
        let here = format!("{LIST}/{}/versions", template.id);
        let compared = match (query("from"), query("to")) {
            (Some(from), Some(to)) => {
                let (old, new) = (side(&desk, &template, &from).await?, side(&desk, &template, &to).await?);
                Some(view! { <Between from=from to=to old=old new=new/> })
            }
            _ => None,
        };
        let below = view! { <Standing template=template.clone() desk=desk.clone()/> }.into_any();
        let may_compare = template.version > 1 || (template.version > 0 && template.has_draft);
        Ok(view! {
            <PageHead title=template.name.clone() crumbs=crumbs() below=below/>
            <TemplateTabs template=template.clone() here=here.clone()/>
            <div class="stack stack-5">
                {compared}
                {may_compare.then(|| view! { <Compare template=template.clone() here=here.clone()/> })}
                <Card id="versions" title="Versions">
                    <Versions template=template versions=versions delivery=delivery begun=request.cursor.is_some() desk=desk here=here/>
                </Card>
            </div>
        })
    })
}

/// The texts of a version, or of the draft.
async fn side(desk: &Desk, template: &TemplateView, which: &str) -> Result<Said> {
    if which == DRAFT {
        return Ok(template.said());
    }
    let number = which.parse().map_err(|_| Error::NotFound("version"))?;
    Ok(templates::version(&desk.app, desk.actor(), template.id.as_str(), number).await?.said())
}

fn side_name(which: &str) -> String {
    if which == DRAFT { "the draft".into() } else { format!("version {which}") }
}

#[component]
fn Between(from: String, to: String, old: Said, new: Said) -> impl IntoView {
    let title = format!("From {} to {}", side_name(&from), side_name(&to));
    view! { <Card id="compared" title=title><div class="body"><Changes old=old new=new/></div></Card> }
}

/// What differs between two states: texts, variant by variant and language by language, then what is known about placeholders.
#[component]
pub fn Changes(old: Said, new: Said) -> impl IntoView {
    let found = Compared::of(&old, &new);
    if found.is_empty() {
        return view! { <p class="muted">"Both say the same in every language, also where a value is missing."</p> }.into_any();
    }
    let texts: Vec<_> = found.texts.into_iter().map(text_changed).collect();
    let placeholders: Vec<_> = found.placeholders.into_iter().map(placeholder_changed).collect();
    view! { <div class="stack">{texts}{placeholders}</div> }.into_any()
}

fn text_changed(text: ComparedText) -> impl IntoView {
    let (tag, dir) = (text.language.to_string(), text.language.dir());
    let variant = text.variant.map(|variant| format!("Variant {variant}, "));
    view! {
        <div>
            <p class="small strong">{variant}<bdi lang=tag.clone()>{text.language.name().to_owned()}</bdi></p>
            <div class="diff mt-1" lang=tag dir=dir>{before_and_after(&text.pieces)}</div>
        </div>
    }
}

fn placeholder_changed(placeholder: ComparedPlaceholder) -> impl IntoView {
    let what = match placeholder.field {
        PlaceholderField::Default => " when missing",
        PlaceholderField::Kind => " holds",
    };
    view! {
        <div>
            <p class="small strong"><code class="ltr">{format!("{{{{ {} }}}}", placeholder.name)}</code>{what}</p>
            <div class="diff mt-1" dir="auto">{before_and_after(&placeholder.pieces)}</div>
        </div>
    }
}

/// Both states of one thing, each unless it is empty, with the changed words marked.
fn before_and_after(pieces: &[Piece]) -> impl IntoView + use<> {
    let line = |other: Change| {
        let words = pieces.iter().filter(|p| p.change != other).map(|p| match p.change {
            Change::Kept => p.text.clone().into_any(),
            Change::Removed => view! { <del>{p.text.clone()}</del> }.into_any(),
            Change::Added => view! { <ins>{p.text.clone()}</ins> }.into_any(),
        });
        Some(words.collect::<Vec<_>>()).filter(|words| !words.is_empty())
    };
    view! {
        {line(Change::Added).map(|old| view! { <p class="old"><span class="vh" lang="en">"Before: "</span>{old}</p> })}
        {line(Change::Removed).map(|new| view! { <p class="new"><span class="vh" lang="en">"After: "</span>{new}</p> })}
    }
}

/// Chooses two versions.
#[component]
fn Compare(template: TemplateView, here: String) -> impl IntoView {
    let draft = template.has_draft.then(|| (DRAFT.to_owned(), "Draft".to_owned()));
    let numbers = (1..=template.version).rev().map(|n| (n.to_string(), format!("Version {n}")));
    let options: Vec<_> = draft.into_iter().chain(numbers).collect();
    let newest = options.first().map(|(value, _)| value.clone()).unwrap_or_default();
    let before = options.get(1).map(|(value, _)| value.clone()).unwrap_or_default();
    view! {
        <form class="row" action=here>
            <Select form=Typed::default() name="from" label="Compare" value=query("from").unwrap_or(before) options=options.clone()/>
            <Select form=Typed::default() name="to" label="with" value=query("to").unwrap_or(newest) options=options/>
            <button class="btn align-end" type="submit">"Compare"</button>
        </form>
    }
}

#[component]
fn Versions(
    template: TemplateView,
    versions: Page<VersionView>,
    delivery: Vec<(i64, u64, u64)>,
    begun: bool,
    desk: Desk,
    here: String,
) -> impl IntoView {
    if versions.items.is_empty() {
        let text = "Publishing the draft makes version 1. Versions never change; messages keep the one that they were made with.";
        return view! { <EmptyState glyph=Glyph::Clock title="No versions yet" text=text/> }.into_any();
    }
    let shown = count(i64::try_from(versions.items.len()).unwrap_or(i64::MAX), "version", "versions");
    let next = versions.next.map(|cursor| format!("{here}?cursor={}", encode(&cursor)));
    let first = begun.then(|| here.clone());
    let draft = (template.has_draft && !begun).then(|| {
        view! {
            <li>
                <Badge tone="is-warn" text="Draft"/>
                <div>
                    <p><strong>"Not published"</strong>" "<span class="muted small"><bdi>{template.updated_by.clone()}</bdi>", "<Time at=template.updated_at zone=desk.settings().time_zone/></span></p>
                </div>
                <a class="btn btn-sm" href=format!("{here}?from={}&to={DRAFT}", template.version)>"Compare"</a>
            </li>
        }
    });
    let items: Vec<_> = versions
        .items
        .into_iter()
        .map(|version| {
            let (sent, delivered) = delivery.iter().find(|(n, ..)| *n == version.version).map_or((0, 0), |(_, sent, ok)| (*sent, *ok));
            view! { <Line version=version rate=(sent, delivered) template=template.clone() desk=desk.clone() here=here.clone()/> }
        })
        .collect();
    view! { <ol class="versions">{draft}{items}</ol><Pager shown=shown first=first next=next/> }.into_any()
}

#[component]
fn Line(version: VersionView, rate: (u64, u64), template: TemplateView, desk: Desk, here: String) -> impl IntoView {
    let n = version.version;
    let (tone, word) = if n == template.version { ("is-ok", "Live") } else { ("", "Past") };
    let changes = (n > 1).then(|| {
        let label = format!("What changed in version {n}");
        view! { <a class="btn btn-sm" href=format!("{here}?from={}&to={n}", n - 1) aria-label=label>"Compare"</a> }
    });
    let restore = (may_write(&desk, &template) && (n != template.version || template.has_draft)).then(|| {
        let values = vec![("id", template.id.to_string()), ("version", n.to_string()), ("seen", rfc3339(template.updated_at))];
        view! {
            <Command action="/do/templates/restore" values=values label=format!("Restore version {n} as the draft")><Icon glyph=Glyph::Retry/>"Restore"</Command>
        }
    });
    let zone = desk.settings().time_zone;
    let approval = version.approval.map(|approval| {
        let note = approval.note.map(|note| view! { ": "<span dir="auto">{note}</span> });
        view! { <p class="small muted">"Approved by "<bdi>{approval.by}</bdi>", "<Time at=approval.at zone=zone/>{note}</p> }
    });
    let (sent, delivered) = (rate.0.cast_signed(), rate.1.cast_signed());
    let rate = (sent > 0).then(|| {
        let words = format!("{} delivered, {} sent.", percent(delivered, sent), number(sent));
        view! { <p class="small">{words}</p> }
    });
    let variants = (!version.variants.is_empty()).then(|| format!(", {} variants", version.variants.len()));
    let languages = version.texts.keys().map(|l| l.name().to_owned()).collect::<Vec<_>>().join(", ");
    view! {
        <li>
            <Badge tone=tone text=word/>
            <div>
                <p>
                    <strong>{format!("Version {n}")}</strong>" "
                    <span class="muted small"><bdi>{version.by}</bdi>", "<Time at=version.published_at zone=desk.settings().time_zone/></span>
                </p>
                {version.note.map(|note| view! { <p class="small" dir="auto">{note}</p> })}
                {approval}
                <p class="small muted"><bdi>{languages}</bdi>{variants}</p>
                {rate}
            </div>
            <span class="row">{changes}{restore}</span>
        </li>
    }
}
