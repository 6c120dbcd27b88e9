//! `/uploads`: hand over files, and go on with earlier ones.

use chrono_tz::Tz;
use leptos::prelude::*;

use super::{RECEIVE, UploadSteps, figure, size};
use crate::access::Permission;
use crate::kernel::id::UploadId;
use crate::kernel::page::{Page, PageRequest};
use crate::templates::{self, TemplateFilter, TemplateStatus, TemplateView};
use crate::uploads::{self, Upload, UploadStatus};
use crate::web::page::{Desk, Typed, desk, page as desk_page, query, typed};
use crate::web::ui::show::{Time, count};
use crate::web::ui::{Alert, Badge, Card, Command, EmptyState, ErrorSummary, Glyph, Hidden, Icon, PageHead, Pager, Select, Tone};

/// How many templates a choice offers.
const MOST_TEMPLATES: u32 = 200;

/// `/uploads`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        desk.actor().require(Permission::Send)?;
        let form = typed(RECEIVE);
        let like = match query("like").as_deref().or(form.get("like")).and_then(UploadId::parse) {
            Some(id) => Some(uploads::get(&desk.app, desk.actor(), &id).await?),
            None => None,
        };
        let cursor = query("cursor");
        let recent = uploads::list(&desk.app, desk.actor(), &PageRequest::read(Some("20"), cursor.as_deref())?).await?;
        let templates = published(&desk).await?;
        let zone = desk.settings().time_zone;
        Ok(view! {
            <PageHead title="Upload a CSV"><UploadSteps here=0/></PageHead>
            <div class="stack stack-5">
                <div class="grid">
                    <div class="c-8"><Files form=form like=like desk=desk.clone()/></div>
                    <div class="c-4"><Example templates=templates/></div>
                </div>
                <Card id="recent" title="Your uploads"><Recent page=recent zone=zone is_first=cursor.is_none()/></Card>
            </div>
        })
    })
}

/// The templates that something can be sent with.
pub async fn published(desk: &Desk) -> crate::kernel::error::Result<Vec<TemplateView>> {
    let filter = TemplateFilter { status: Some(TemplateStatus::Published), ..TemplateFilter::default() };
    let page = PageRequest { limit: MOST_TEMPLATES, cursor: None };
    Ok(templates::list(&desk.app, desk.actor(), &filter, &page).await?.items)
}

#[component]
fn Files(form: Typed, like: Option<Upload>, desk: Desk) -> impl IntoView {
    let error = form.error("file");
    let described = if error.is_some() { "file-hint file-error" } else { "file-hint" };
    let limits = format!(
        "Up to {} rows and {} per file, {} files at once.",
        figure(desk.app.config.max_upload_rows),
        size(desk.app.config.max_upload_bytes),
        super::files::MOST_FILES,
    );
    let kept = like.as_ref().map(|upload| {
        let text = format!("The new file gets the message and the columns of “{}”.", upload.file_name);
        view! { <Alert tone=Tone::Info>{text}</Alert> }
    });
    let invalid = error.is_some().then_some("true");
    view! {
        <Card id="files" title="Choose your file">
            <form class="body stack" method="post" action=RECEIVE enctype="multipart/form-data">
                <ErrorSummary form=form/>
                {kept}
                {like.map(|upload| view! { <Hidden name="like" value=upload.id.to_string()/> })}
                <div class="field">
                    <label for="file">"CSV files"</label>
                    <span class="hint" id="file-hint">"The first row names the columns; one of them holds the phone numbers."</span>
                    {error.map(|e| view! { <span class="error" id="file-error"><span class="vh">"Error: "</span>{e}</span> })}
                    <div class="dropzone">
                        <Icon glyph=Glyph::Upload/>
                        <p class="strong">"Drop files here, or choose them"</p>
                        <input type="file" id="file" name="file" multiple required accept=".csv,.tsv,.txt,text/csv,text/plain,text/tab-separated-values"
                            aria-describedby=described aria-invalid=invalid/>
                    </div>
                </div>
                <p class="row"><button class="btn btn-primary" type="submit">"Upload"</button><span class="muted small">"Nothing is sent yet."</span></p>
            </form>
            <p class="card-foot">
                "CSV or text with commas, semicolons, tabs or bars between the cells. UTF-8, UTF-16, Windows-1252, Windows-1256 and Big5 are recognised. "
                {limits}" From Excel, save as “CSV UTF-8”."
            </p>
        </Card>
    }
    .into_any()
}

#[component]
fn Example(templates: Vec<TemplateView>) -> impl IntoView {
    let none = (String::new(), "No template: phone and name".to_owned());
    let options = std::iter::once(none).chain(templates.into_iter().map(|t| (t.code, t.name))).collect();
    view! {
        <Card id="example" title="An example to begin with">
            <form class="body stack" method="get" action="/uploads/example.csv">
                <p>"A file with the columns that a template asks for, and one row of sample values."</p>
                <Select form=Typed::default() name="template" label="Template" options=options/>
                <p class="row"><button class="btn" type="submit"><Icon glyph=Glyph::Download/>"Download example"</button></p>
            </form>
        </Card>
    }
    .into_any()
}

#[component]
fn Recent(page: Page<Upload>, zone: Tz, is_first: bool) -> impl IntoView {
    if page.items.is_empty() && is_first {
        return view! { <EmptyState glyph=Glyph::File title="No uploads yet" text="Files that you upload wait here until they are sent."/> }
            .into_any();
    }
    let shown = count(page.items.len() as i64, "upload", "uploads");
    let rows: Vec<_> = page.items.into_iter().map(|upload| view! { <UploadRow upload=upload zone=zone/> }).collect();
    view! {
        <div class="table-wrap">
            <table class="table-stack">
                <thead><tr>
                    <th scope="col">"File"</th><th scope="col">"State"</th><th scope="col" class="num">"Rows"</th>
                    <th scope="col" class="num">"To send"</th><th scope="col" class="num">"Rejected"</th><th scope="col">"Uploaded"</th>
                    <th scope="col"><span class="vh">"Actions"</span></th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <Pager shown=shown first=(!is_first).then(|| "/uploads".to_owned()) next=page.next.map(|next| format!("/uploads?cursor={next}"))/>
    }
    .into_any()
}

#[component]
fn UploadRow(upload: Upload, zone: Tz) -> impl IntoView {
    let href = format!("/uploads/{}", upload.id);
    let is_checked = upload.summary.is_some();
    let checked = |n: u64| if is_checked { figure(n) } else { "–".into() };
    let discard = upload.status.can_change().then(|| {
        view! {
            <Command action="/do/uploads/discard" values=vec![("id", upload.id.to_string())] class="btn-sm btn-danger"
                label=format!("Discard {}", upload.file_name)>"Discard"</Command>
        }
    });
    view! {
        <tr>
            <th scope="row"><a href=href><bdi>{upload.file_name}</bdi></a><span class="cell-sub">"by "<bdi>{upload.created_by}</bdi></span></th>
            <td data-label="State"><span><UploadBadge status=upload.status/></span></td>
            <td class="num" data-label="Rows">{figure(upload.counts.rows)}</td>
            <td class="num" data-label="To send">{checked(upload.counts.to_send)}</td>
            <td class="num" data-label="Rejected">{checked(upload.counts.rejected)}</td>
            <td data-label="Uploaded"><Time at=upload.created_at zone=zone/></td>
            <td class="num">{discard}</td>
        </tr>
    }
    .into_any()
}

#[component]
fn UploadBadge(status: UploadStatus) -> impl IntoView {
    let tone = match status {
        UploadStatus::Receiving | UploadStatus::Checking => "is-info is-live",
        UploadStatus::Received => "is-warn",
        UploadStatus::Checked => "is-info",
        UploadStatus::Used => "is-ok",
    };
    view! { <Badge tone=tone text=status.label()/> }.into_any()
}
