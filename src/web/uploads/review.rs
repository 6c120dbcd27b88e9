//! What the check found: every row accounted for, what is wrong, what it costs, how it looks.

use leptos::prelude::*;

use super::cost::CostCard;
use super::problems::{self, Place};
use super::{UploadSteps, figure, preview, size};
use crate::access::Permission;
use crate::campaigns;
use crate::costs;
use crate::kernel::clock::Millis;
use crate::kernel::error::{Error, Result};
use crate::kernel::money::Currency;
use crate::uploads::{self, ColumnMatch, Upload, UploadStatus};
use crate::web::page::{Desk, query};
use crate::web::ui::show::{Time, count, money, percent};
use crate::web::ui::{Alert, Command, Crumb, Glyph, Icon, PageHead, Tally, Tone};

/// The page of a checked upload.
pub(super) async fn view(desk: &Desk, upload: Upload) -> Result<AnyView> {
    if let Some(at) = upload.rows_removed_at {
        return without_rows(desk, upload, at).await;
    }
    let summary = upload.summary.clone().ok_or_else(|| Error::internal("a checked upload has no summary"))?;
    let place = Place::of_address();
    let first = uploads::first_to_send(&desk.app, desk.actor(), &upload.id).await?;
    let row = query("row").and_then(|row| row.parse().ok()).or(first).unwrap_or(2);
    let problems = if upload.counts.rejected > 0 { Some(problems::view(desk, &upload, &place).await?) } else { None };
    let preview = preview::view(desk, &upload, row, &place).await?;
    let columns = uploads::review(&desk.app, desk.actor(), &upload.id).await?.columns;
    let budget = costs::budget(&desk.app, desk.actor()).await?;
    let campaign = campaigns::of_upload(&desk.app, desk.actor(), &upload.id).await?;
    let sent = campaign.map(|campaign| {
        let href = format!("/campaigns/{}", campaign.id);
        view! { <Alert tone=Tone::Info>"This file was made a campaign: "<a href=href><bdi>{campaign.name}</bdi></a>"."</Alert> }
    });
    let cost = summary.cost().amount;
    let read_for = desk.settings().default_country.name();
    let may_read = desk.actor().may(Permission::ViewPersonal);
    let currency = Currency::parse(&summary.currency).unwrap_or(budget.currency);
    Ok(view! {
        <PageHead title="Check your file" crumbs=vec![Crumb::new("Uploads", "/uploads")]><UploadSteps here=2/></PageHead>
        <div class="stack stack-5">
            {sent}
            <Verdict upload=upload.clone() may_read=may_read/>
            <Counts upload=upload.clone()/>
            <div class="grid">
                <div class="c-8 stack stack-5">
                    {problems}
                    <CostCard summary=summary budget=budget/>
                    <Matched columns=columns/>
                </div>
                <div class="c-4"><div class="stack stack-5 sticky">
                    {preview}
                    <GoOn upload=upload cost=money(cost, currency) read_for=read_for/>
                </div></div>
            </div>
        </div>
    }
    .into_any())
}

/// The page of a file whose rows were removed because their time was over.
async fn without_rows(desk: &Desk, upload: Upload, at: Millis) -> Result<AnyView> {
    let campaign = campaigns::of_upload(&desk.app, desk.actor(), &upload.id).await?;
    let sent = campaign.map(|campaign| {
        let href = format!("/campaigns/{}", campaign.id);
        view! { " It was made a campaign: "<a href=href><bdi>{campaign.name}</bdi></a>"." }
    });
    let zone = desk.settings().time_zone;
    Ok(view! {
        <PageHead title="File" crumbs=vec![Crumb::new("Uploads", "/uploads")]/>
        <div class="stack stack-5">
            <Alert tone=Tone::Info>"The rows of this file were removed on "<Time at=at zone=zone/>", because they are kept no longer."{sent}</Alert>
            <Counts upload=upload/>
        </div>
    }
    .into_any())
}

/// Whether something is wrong, and what to do about it.
#[component]
fn Verdict(upload: Upload, may_read: bool) -> impl IntoView {
    let rejected = upload.counts.rejected;
    if rejected == 0 {
        return view! { <Alert tone=Tone::Ok>"Every row can be read. Nothing in the file needs mending."</Alert> }.into_any();
    }
    let have = if rejected == 1 { "has" } else { "have" };
    let title = format!("{} of {} rows {have} a problem", figure(rejected), figure(upload.counts.rows));
    let download = may_read.then(|| {
        let text = format!("Download {} (CSV)", count(rejected.cast_signed(), "row", "rows"));
        view! { <a class="btn" href=format!("/uploads/{}/rejected.csv", upload.id) download><Icon glyph=Glyph::Download/>{text}</a> }
    });
    let again = format!("/uploads?like={}", upload.id);
    view! {
        <section class="error-summary" aria-labelledby="verdict">
            <div class="row between">
                <div>
                    <h2 id="verdict">{title}</h2>
                    <p class="muted">"Fix them in your file and upload it again, or send to the other rows now."</p>
                </div>
                <div class="row">{download}<a class="btn" href=again><Icon glyph=Glyph::Upload/>"Upload a fixed file"</a></div>
            </div>
        </section>
    }
    .into_any()
}

/// Rows = to send + rejected + repeated + opted out.
#[component]
fn Counts(upload: Upload) -> impl IntoView {
    let counts = upload.counts;
    let share = format!("{} of the file", percent(counts.to_send.cast_signed(), counts.rows.cast_signed()));
    let tone = if counts.rejected > 0 { "text-bad" } else { "" };
    let file = format!("{}, {}", upload.file_name, size(upload.bytes));
    view! {
        <dl class="tally">
            <Tally label="Rows in the file" value=figure(counts.rows) note=file/>
            <Tally label="Will be sent" value=figure(counts.to_send) tone="text-ok" note=share/>
            <Tally label="Rejected" value=figure(counts.rejected) tone=tone note="each listed below"/>
            <Tally label="Repeated numbers" value=figure(counts.repeated) note="first row kept"/>
            <Tally label="Opted out" value=figure(counts.opted_out) note="left out by law, always"/>
        </dl>
    }
    .into_any()
}

#[component]
fn Matched(columns: Vec<ColumnMatch>) -> impl IntoView {
    let used = columns.iter().filter(|c| c.meaning.is_some()).count();
    let title = format!("How columns were matched ({used} of {} used)", columns.len());
    let rows: Vec<_> = columns
        .into_iter()
        .map(|c| {
            let class = if c.meaning.is_some() { "" } else { "muted" };
            let fills = match c.meaning.as_deref() {
                Some("phone") => "Phone number".to_owned(),
                Some("language") => "Language".to_owned(),
                Some(name) => format!("{{{{ {name} }}}}"),
                None => "Not used".to_owned(),
            };
            let first = c.values.into_iter().next().unwrap_or_default();
            view! { <tr><th scope="row"><bdi>{c.column}</bdi></th><td class=class>{fills}</td><td class=class><bdi>{first}</bdi></td></tr> }
        })
        .collect();
    view! {
        <details class="plain">
            <summary>{title}</summary>
            <div class="card mt-4">
                <section class="table-wrap" tabindex="0" aria-label="Columns and what they fill">
                    <table class="dense">
                        <thead><tr><th scope="col">"Column in the file"</th><th scope="col">"Fills"</th><th scope="col">"First value"</th></tr></thead>
                        <tbody>{rows}</tbody>
                    </table>
                </section>
            </div>
        </details>
    }
    .into_any()
}

/// `read_for` is the country of numbers without a country code. When not one row can be sent, another country is the likeliest
/// reason, and the only one that is not in the file.
#[component]
fn GoOn(upload: Upload, cost: String, read_for: &'static str) -> impl IntoView {
    if upload.status == UploadStatus::Used {
        return ().into_any();
    }
    let send = if upload.counts.to_send > 0 {
        let text = format!("Continue with {}", figure(upload.counts.to_send));
        view! {
            <a class="btn btn-primary btn-block" href=format!("/uploads/{}/confirm", upload.id)>{text}</a>
            <p class="small muted">{format!("About {cost}. Nothing is sent yet. The next page asks you to confirm.")}</p>
        }
        .into_any()
    } else {
        let country = format!(
            "Numbers without a country code were read as numbers of {read_for}. Are they of another country? Change that under Settings, \
             Organisation, and check the file again."
        );
        view! {
            <p class="strong">"There is nobody to send to. Mend the file and upload it again."</p>
            <p class="small muted">{country}</p>
        }
        .into_any()
    };
    let change = format!("/uploads/{}?step=match", upload.id);
    view! {
        <div class="card"><div class="body stack">
            {send}
            <p class="row">
                <a class="btn btn-sm" href=change>"Change message or columns"</a>
                <Command action="/do/uploads/discard" values=vec![("id", upload.id.to_string())] class="btn-sm btn-danger">"Discard"</Command>
            </p>
        </div></div>
    }
    .into_any()
}
