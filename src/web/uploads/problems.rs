//! The rejected rows of a checked upload.

use leptos::prelude::*;

use super::figure;
use crate::kernel::error::Result;
use crate::kernel::id::UploadId;
use crate::kernel::page::{Page, PageRequest};
use crate::uploads::{self, Code, Upload, UploadError};
use crate::web::page::{Desk, query};
use crate::web::ui::{Card, FilterChip, Filters, Pager};

/// Rows on one page: the preview and the way on stand below them on phones.
const SHOWN: &str = "20";

/// Which part of the list the address asks for.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    reason: Option<Code>,
    cursor: Option<String>,
}

impl Place {
    pub(super) fn of_address() -> Self {
        Self { reason: query("reason").as_deref().and_then(Code::parse), cursor: query("cursor") }
    }

    /// The part as hidden fields or as part of an address.
    pub(super) fn pairs(&self) -> Vec<(&'static str, String)> {
        let reason = self.reason.map(|code| ("reason", code.as_str().to_owned()));
        reason.into_iter().chain(self.cursor.clone().map(|cursor| ("cursor", cursor))).collect()
    }
}

/// The card, for an upload with rejected rows.
pub(super) async fn view(desk: &Desk, upload: &Upload, place: &Place) -> Result<AnyView> {
    let page = PageRequest::read(Some(SHOWN), place.cursor.as_deref())?;
    let errors = uploads::errors(&desk.app, desk.actor(), &upload.id, place.reason, &page).await?;
    let reasons = upload.summary.as_ref().map(uploads::Summary::reasons).unwrap_or_default();
    let here = |reason: Option<Code>| {
        reason.map_or_else(|| format!("/uploads/{}", upload.id), |r| format!("/uploads/{}?reason={}", upload.id, r.as_str()))
    };
    let chip = |text: &str, n: u64, reason: Option<Code>| FilterChip {
        text: text.to_owned(),
        count: Some(figure(n)),
        href: format!("{}#problems", here(reason)),
        current: place.reason == reason,
    };
    let all = chip("All", upload.counts.rejected, None);
    let chips = std::iter::once(all).chain(reasons.iter().map(|(code, n)| chip(code.label(), *n, Some(*code)))).collect();
    let of_reason = place.reason.and_then(|code| reasons.iter().find(|(c, _)| *c == code)).map(|(_, n)| *n);
    let total = of_reason.unwrap_or(upload.counts.rejected);
    let shown = format!("{} of {} rows", figure(errors.items.len() as u64), figure(total));
    let separator = if place.reason.is_some() { '&' } else { '?' };
    let next = errors.next.as_ref().map(|next| format!("{}{separator}cursor={next}#problems", here(place.reason)));
    let first = place.cursor.is_some().then(|| format!("{}#problems", here(place.reason)));
    let aside = view! { <span class="small muted">"Row 1 is the header, as in your spreadsheet"</span> }.into_any();
    let id = upload.id.clone();
    Ok(view! {
        <Card id="problems" title="Rows with a problem" aside=aside>
            <div class="body"><Filters label="Filter by problem" chips=chips/></div>
            <Rows errors=errors upload=id/>
            <Pager shown=shown first=first next=next/>
        </Card>
    }
    .into_any())
}

#[component]
fn Rows(errors: Page<UploadError>, upload: UploadId) -> impl IntoView {
    let rows: Vec<_> = errors
        .items
        .into_iter()
        .map(|error| {
            let value = if error.value.trim().is_empty() { "(empty)".to_owned() } else { error.value };
            let column = (!error.column.is_empty()).then(|| view! { <span class="cell-sub"><bdi>{error.column}</bdi></span> });
            let href = format!("/uploads/{upload}?row={}#preview", error.row);
            view! {
                <tr>
                    <td class="num muted" data-label="Row"><a href=href aria-label=format!("Preview row {}", error.row)>{figure(error.row)}</a></td>
                    <td data-label="Value"><span><bdi class="cell-bad">{value}</bdi>{column}</span></td>
                    <th scope="row">{error.detail}<span class="cell-sub">{error.fix}</span></th>
                </tr>
            }
        })
        .collect();
    view! {
        <div class="table-wrap">
            <table class="table-stack">
                <caption class="vh">"Rejected rows with the reason for each"</caption>
                <thead><tr>
                    <th scope="col" class="num">"Row"</th><th scope="col" class="w-progress">"Value in your file"</th><th scope="col">"What is wrong"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}
