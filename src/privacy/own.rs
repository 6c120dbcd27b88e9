//! What people do about their own data, on their preference centre. Both need a code from their telephone, even behind a link: a link
//! can be read over a shoulder or passed on.

use std::sync::Arc;

use bytes::Bytes;
use futures::Stream;

use super::erase::{Erasure, erase_person};
use super::export::export;
use crate::access::Actor;
use crate::app::App;
use crate::codes::Purpose;
use crate::consent::link::Pass;
use crate::kernel::error::{Error, Result};
use crate::kernel::file_format::FileFormat;
use crate::kernel::id::ChallengeId;
use crate::preferences::{self, Door, Proof};

/// Everything about the person behind a door to their data, as [`export`] writes it.
///
/// # Errors
/// [`Error::Denied`] for a door that no code has opened to their data.
pub async fn export_own(
    app: &Arc<App>,
    door: &Door,
    format: FileFormat,
) -> Result<impl Stream<Item = Result<Bytes>> + Send + 'static + use<>> {
    if door.pass() != Pass::Data {
        return Err(Error::Denied("view_personal"));
    }
    let Actor { subaccount, ip, .. } = door.actor();
    export(app, &Actor::proven_customer(subaccount, ip), door.contact().as_str(), format).await
}

/// Erases the person behind a door for good, when the code is the right one. As [`super::erase`] does it. `None` when others work on
/// the person all the time: the erasure has begun, and is finished by itself.
///
/// # Errors
/// [`Error::Invalid`] for a code that is none.
pub async fn erase_own(app: &App, door: &Door, challenge: &ChallengeId, code: &str) -> Result<Proof<Option<Erasure>>> {
    Ok(match preferences::prove(app, door, Purpose::Erase, challenge, code).await? {
        Proof::Right(()) => Proof::Right(match erase_person(app, &door.actor(), door.contact().as_str()).await {
            Err(Error::Busy { .. }) => None,
            erased => Some(erased?),
        }),
        Proof::Wrong { attempts_left } => Proof::Wrong { attempts_left },
        Proof::Ended => Proof::Ended,
    })
}
