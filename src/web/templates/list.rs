//! `/templates`.

use leptos::prelude::*;

use super::{LIST, categories, review_badge};
use crate::access::Permission;
use crate::kernel::category::Category;
use crate::kernel::page::{Page, PageRequest};
use crate::templates::{self, ReviewStatus, TemplateFilter, TemplateStatus, TemplateView};
use crate::web::guard::encode;
use crate::web::page::{Desk, Typed, desk, page as desk_page, query};
use crate::web::ui::show::{Time, count};
use crate::web::ui::{Alert, Badge, Card, EmptyState, FilterChip, Filters, Glyph, Icon, PageHead, Pager, Select, StatusBadge, Tone};

/// `/templates`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        let filter = TemplateFilter {
            status: query("status").as_deref().and_then(TemplateStatus::parse),
            category: query("category").as_deref().and_then(Category::parse),
            review: query("review").as_deref().and_then(ReviewStatus::parse),
            search: query("q"),
        };
        let request = PageRequest::read(None, query("cursor").as_deref())?;
        let found = templates::list(&desk.app, desk.actor(), &filter, &request).await?;
        let waiting = templates::waiting_for(&desk.app, desk.actor()).await?;
        let new = desk.actor().may(Permission::Templates).then(new_template);
        Ok(view! {
            <PageHead title="Templates"><a class="btn" href="/templates/packs">"Packs"</a>{new}</PageHead>
            <div class="stack">
                <Waiting templates=waiting/>
                <Search filter=filter.clone()/>
                <Filters label="Filter by status" chips=statuses(&filter)/>
                <Card id="found" title="Templates"><Found found=found filter=filter begun=request.cursor.is_some() desk=desk/></Card>
            </div>
        })
    })
}

fn new_template() -> impl IntoView {
    view! { <a class="btn btn-primary" href="/templates/new"><Icon glyph=Glyph::Plus/>"New template"</a> }
}

/// The list's address with these filters.
fn address(filter: &TemplateFilter, status: Option<TemplateStatus>, cursor: Option<&str>) -> String {
    let pairs = [
        ("status", status.map(|s| s.as_str().to_owned())),
        ("category", filter.category.map(|c| c.as_str().to_owned())),
        ("review", filter.review.map(|r| r.as_str().to_owned())),
        ("q", filter.search.clone()),
        ("cursor", cursor.map(str::to_owned)),
    ];
    let query: Vec<String> = pairs.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", encode(&value?)))).collect();
    if query.is_empty() { LIST.to_owned() } else { format!("{LIST}?{}", query.join("&")) }
}

/// The templates that wait for this visitor's approval, with the way to each.
#[component]
pub fn Waiting(templates: Vec<TemplateView>) -> impl IntoView {
    if templates.is_empty() {
        return ().into_any();
    }
    let waits = if templates.len() == 1 { "1 template waits".to_owned() } else { format!("{} templates wait", templates.len()) };
    let names: Vec<_> = templates
        .into_iter()
        .map(|template| view! { <li><a href=format!("{LIST}/{}", template.id)><bdi>{template.name}</bdi></a></li> })
        .collect();
    view! { <Alert tone=Tone::Info><p><strong>{waits}" for your approval."</strong></p><ul class="row">{names}</ul></Alert> }.into_any()
}

fn statuses(filter: &TemplateFilter) -> Vec<FilterChip> {
    let all = std::iter::once(None).chain(TemplateStatus::ALL.into_iter().map(Some));
    all.map(|status| FilterChip {
        text: status.map_or("In use and drafts", TemplateStatus::label).to_owned(),
        count: None,
        href: address(filter, status, None),
        current: filter.status == status && filter.review.is_none(),
    })
    .chain(std::iter::once(FilterChip {
        text: ReviewStatus::Waiting.label().to_owned(),
        count: None,
        href: format!("{LIST}?review={}", ReviewStatus::Waiting.as_str()),
        current: filter.review == Some(ReviewStatus::Waiting),
    }))
    .collect()
}

#[component]
fn Search(filter: TemplateFilter) -> impl IntoView {
    let mut options = vec![(String::new(), "Every category".to_owned())];
    options.extend(categories());
    let status = filter.status.map(|s| view! { <input type="hidden" name="status" value=s.as_str()/> });
    view! {
        <form class="row" action=LIST>
            {status}
            <div class="field">
                <label for="words">"Search"</label>
                <input class="input" id="words" type="search" name="q" value=filter.search.unwrap_or_default() placeholder="Name, code or description"/>
            </div>
            <Select form=Typed::default() name="category" label="Category" value=filter.category.map(Category::as_str).unwrap_or_default() options=options/>
            <button class="btn align-end" type="submit">"Search"</button>
        </form>
    }
}

#[component]
fn Found(found: Page<TemplateView>, filter: TemplateFilter, begun: bool, desk: Desk) -> impl IntoView {
    if found.items.is_empty() {
        return nothing(&filter, desk.actor().may(Permission::Templates));
    }
    let shown = count(i64::try_from(found.items.len()).unwrap_or(i64::MAX), "template", "templates");
    let first = begun.then(|| address(&filter, filter.status, None));
    let next = found.next.map(|cursor| address(&filter, filter.status, Some(&cursor)));
    let rows: Vec<_> = found.items.into_iter().map(|template| view! { <Row template=template desk=desk.clone()/> }).collect();
    view! {
        <div class="table-wrap">
            <table class="table-stack">
                <thead><tr>
                    <th scope="col">"Name"</th><th scope="col">"Category"</th><th scope="col">"Languages"</th><th scope="col">"Status"</th>
                    <th scope="col" class="num">"Version"</th><th scope="col">"Updated"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <Pager shown=shown first=first next=next/>
    }
    .into_any()
}

fn nothing(filter: &TemplateFilter, may_write: bool) -> AnyView {
    if *filter == TemplateFilter::default() {
        let text = "A template is a text with placeholders, in one or more languages, that messages and campaigns are made of.";
        return view! { <EmptyState glyph=Glyph::Chat title="No templates yet" text=text>
            {may_write.then(new_template)}<a class="btn" href="/templates/packs">"Look at ready-made ones"</a>
        </EmptyState> }
        .into_any();
    }
    view! {
        <EmptyState glyph=Glyph::Search title="No template matches" text="Try other words, or look at all of them.">
            <a class="btn" href=LIST>"Show all"</a>
        </EmptyState>
    }
    .into_any()
}

#[component]
fn Row(template: TemplateView, desk: Desk) -> impl IntoView {
    let languages: Vec<_> = template
        .texts
        .keys()
        .map(|language| {
            let tag = language.as_str().to_owned();
            view! { <li><span class="badge plain"><bdi lang=tag>{language.name().to_owned()}</bdi></span></li> }
        })
        .collect();
    let draft = (template.has_draft && template.version > 0).then(|| view! { " "<Badge tone="is-warn" text="Has a draft"/> });
    let review = review_badge(&template).map(|badge| view! { " "{badge} });
    let version = if template.version > 0 { template.version.to_string() } else { "–".into() };
    view! {
        <tr>
            <th scope="row">
                <a href=format!("{LIST}/{}", template.id)><bdi>{template.name}</bdi></a>
                <span class="cell-sub"><code class="ltr">{template.code}</code></span>
            </th>
            <td data-label="Category">{template.category.label()}</td>
            <td data-label="Languages"><ul class="row">{languages}</ul></td>
            <td data-label="Status"><span><StatusBadge status=template.status.as_str()/>{draft}{review}</span></td>
            <td data-label="Version" class="num">{version}</td>
            <td data-label="Updated">
                <span><Time at=template.updated_at zone=desk.settings().time_zone/><span class="cell-sub">"by "<bdi>{template.updated_by}</bdi></span></span>
            </td>
        </tr>
    }
}
