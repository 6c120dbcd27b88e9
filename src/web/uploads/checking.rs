//! While rows come in or are checked: how far it is.

use leptos::prelude::*;

use super::{UploadSteps, figure};
use crate::uploads::{Upload, UploadStatus};
use crate::web::ui::{Card, Crumb, PageHead};

/// The page, which asks for itself again until there is something else to show.
pub(super) fn view(upload: &Upload) -> AnyView {
    let here = format!("/uploads/{}", upload.id);
    let is_checking = upload.status == UploadStatus::Checking;
    let (title, step) = if is_checking { ("Checking your file", 2) } else { ("Your file is arriving", 0) };
    let rows = upload.counts.rows;
    let words = if is_checking {
        format!("{} of {} rows checked", figure(upload.checked), figure(rows))
    } else {
        "Its rows are being stored.".to_owned()
    };
    let bar = is_checking.then(|| {
        view! { <progress max=rows.max(1).to_string() value=upload.checked.to_string() aria-label="Rows checked"></progress> }
    });
    let polled = here.clone();
    view! {
        <PageHead title=title crumbs=vec![Crumb::new("Uploads", "/uploads")]><UploadSteps here=step/></PageHead>
        <div class="narrow" hx-get=polled hx-trigger="every 1s" hx-target="#main" hx-select="#main" hx-swap="outerHTML">
            <Card id="progress" title=upload.file_name.clone()>
                <div class="body stack" role="status">
                    {bar}
                    <p>{words}</p>
                    <p class="muted small">"You may leave this page; the work goes on. "<a href=here>"See how far it is"</a></p>
                </div>
            </Card>
        </div>
    }
    .into_any()
}
