//! `/uploads/{id}`: the step that the upload is at.

use leptos::prelude::*;

use super::{checking, id_in_path, matching, review};
use crate::uploads::{self, UploadStatus};
use crate::web::page::{desk, page as desk_page, query};

/// `/uploads/{id}`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        let upload = uploads::get(&desk.app, desk.actor(), &id_in_path()?).await?;
        let wants_match = query("step").as_deref() == Some("match");
        match upload.status {
            UploadStatus::Receiving | UploadStatus::Checking => Ok(checking::view(&upload)),
            UploadStatus::Used => review::view(&desk, upload).await,
            UploadStatus::Checked if !wants_match => review::view(&desk, upload).await,
            UploadStatus::Received | UploadStatus::Checked => matching::view(&desk, upload).await,
        }
    })
}
