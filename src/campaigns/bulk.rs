//! File in, campaign out: the whole way in one call, for programs.

use bytes::Bytes;
use futures::Stream;

use super::{Campaign, Launch, NewCampaign, create_from_upload, launch};
use crate::access::{Actor, Permission};
use crate::app::App;
use crate::contacts::csv::StoredMapping;
use crate::kernel::error::Result;
use crate::kernel::id::UploadId;
use crate::kernel::page::PageRequest;
use crate::uploads::{self, MessageChoice, Upload, UploadError};

/// Errors that the answer names; the rest are on the upload's own pages.
const FIRST_ERRORS: u32 = 50;

/// A file and what is to become of it.
#[derive(Clone, Debug)]
pub struct BulkRequest {
    /// The file's name.
    pub file_name: String,
    /// What is to be sent.
    pub message: MessageChoice,
    /// The campaign's name; the file's when empty.
    pub name: String,
    /// Which column is what; guessed when absent.
    pub mapping: Option<StoredMapping>,
    /// Whether to send at once; else the campaign is a draft.
    pub launch: bool,
}

/// What became of it.
#[derive(Clone, Debug)]
pub struct BulkAnswer {
    /// The checked upload.
    pub upload: Upload,
    /// Its first rejected rows.
    pub errors: Vec<UploadError>,
    /// The campaign; none when no row can be sent to.
    pub campaign: Option<Campaign>,
}

/// Receives, checks and, when told, launches a file. Nothing stays when the file or the message is refused.
///
/// # Errors
/// What [`uploads::receive`], [`uploads::set_message`], [`uploads::set_mapping`] and [`launch`] refuse.
pub async fn bulk<S, E>(app: &App, actor: &Actor, body: S, request: &BulkRequest) -> Result<BulkAnswer>
where
    S: Stream<Item = Result<Bytes, E>>,
    E: std::error::Error + Send + Sync + 'static,
{
    actor.require(Permission::Send)?;
    let received = uploads::receive(app, actor, &request.file_name, body).await?;
    bulk_received(app, actor, &received.id, request).await
}

/// As [`bulk`], for a file that was received already, because its form brought the file before the rest.
///
/// # Errors
/// As [`bulk`], except what only receiving refuses.
pub async fn bulk_received(app: &App, actor: &Actor, id: &UploadId, request: &BulkRequest) -> Result<BulkAnswer> {
    actor.require(Permission::Send)?;
    let (upload, errors) = match checked(app, actor, id, request).await {
        Ok(checked) => checked,
        Err(error) => {
            uploads::discard(app, actor, id).await?;
            return Err(error);
        }
    };
    let campaign = if upload.counts.to_send > 0 {
        let new = NewCampaign { name: request.name.clone(), ..NewCampaign::default() };
        let draft = create_from_upload(app, actor, &upload.id, &new).await?;
        Some(if request.launch { launch(app, actor, &draft.id, &Launch::default()).await? } else { draft })
    } else {
        None
    };
    let upload = uploads::get(app, actor, &upload.id).await?;
    Ok(BulkAnswer { upload, errors, campaign })
}

async fn checked(app: &App, actor: &Actor, id: &UploadId, request: &BulkRequest) -> Result<(Upload, Vec<UploadError>)> {
    uploads::set_message(app, actor, id, &request.message).await?;
    if let Some(mapping) = &request.mapping {
        uploads::set_mapping(app, actor, id, mapping).await?;
    }
    let upload = uploads::check_now(app, actor, id).await?;
    let first = PageRequest { limit: FIRST_ERRORS, cursor: None };
    let errors = uploads::errors(app, actor, id, None, &first).await?;
    Ok((upload, errors.items))
}
