//! Making a draft: of an upload that was checked, or of a list of people, which goes the same way.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use futures::stream;

use super::{Campaign, TrialPlan, audience as of_audience, pace, store, trial};
use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::contacts::csv::{CsvWriter, StoredMapping};
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::id::{AudienceId, CampaignId, UploadId};
use crate::kernel::money::Currency;
use crate::uploads::{self, MessageChoice, Upload, UploadStatus};

/// The most people in a list that is sent with the request; more come as an upload.
pub const MOST_RECIPIENTS: usize = 10_000;
/// The most characters of a campaign's name.
const LONGEST_NAME: usize = 200;

/// What a campaign is to be, beside its people and its message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewCampaign {
    /// What people call it; the file's name when empty.
    pub name: String,
    /// The sender to ask for.
    pub sender: Option<String>,
    /// The connection to ask for, by name.
    pub connection: Option<String>,
    /// When to start; at the launch when absent.
    pub send_at: Option<Millis>,
    /// The most of its messages that leave in a minute, at least 1; as fast as the connections allow when absent.
    pub pace: Option<u32>,
    /// How its template's variants are tried with some before the rest is sent; everybody is split among them at once when absent.
    pub trial: Option<TrialPlan>,
    /// After when nothing of it leaves; [`LIFETIME`](super::LIFETIME) after its start when absent.
    pub not_after: Option<Millis>,
}

/// One person of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The number, in any spelling.
    pub to: String,
    /// Values for the message's placeholders.
    pub variables: BTreeMap<String, String>,
}

/// Who gets a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The rows of an upload.
    Upload(UploadId),
    /// At most [`MOST_RECIPIENTS`] people.
    Recipients(Vec<Recipient>),
    /// Whom a saved audience holds, now in the draft and again at the launch.
    Saved(AudienceId),
}

/// Makes a draft of a checked upload, which from then on stays as it is.
///
/// # Errors
/// [`Error::Conflict`] unless the upload is checked and no campaign was made of it; [`Error::Invalid`] when
/// no row is left to send to, or a field is faulty.
pub async fn create_from_upload(app: &App, actor: &Actor, id: &UploadId, new: &NewCampaign) -> Result<Campaign> {
    create_for(app, actor, id, new, None).await
}

async fn create_for(app: &App, actor: &Actor, id: &UploadId, new: &NewCampaign, audience: Option<&AudienceId>) -> Result<Campaign> {
    actor.require(Permission::Send)?;
    let (now, cipher) = (app.clock.now(), app.cipher.tenant(&actor.subaccount));
    let mut tx = app.db.write().await?;
    let upload = uploads::hold(&mut tx, &cipher, &actor.subaccount, id).await?;
    let mut campaign = draft(&mut tx, actor, &upload, new, now).await?;
    if let Some(audience) = audience {
        store::set_audience(&mut tx, &actor.subaccount, &campaign.id, audience).await?;
        campaign.audience = Some(audience.clone());
    }
    tx.commit().await?;
    Ok(campaign)
}

/// Makes a draft of an upload that its holder has locked (step).
pub(super) async fn draft(tx: &mut Tx, actor: &Actor, upload: &Upload, new: &NewCampaign, now: Millis) -> Result<Campaign> {
    if !upload.status.can_become_campaign() {
        return Err(Error::conflict(match upload.status {
            UploadStatus::Used => "A campaign was made of this upload already. Upload the file again to send it once more.",
            _ => "This upload is not checked yet. Check it first.",
        }));
    }
    let name = checked_name(&new.name, upload)?;
    pace::check(new.pace)?;
    require_somebody(upload)?;
    if let Some(plan) = &new.trial {
        trial::check(tx, &actor.subaccount, upload.template.as_ref(), plan).await?;
    }
    let summary = upload.summary.as_ref().ok_or_else(|| Error::internal("a checked upload has no summary"))?;
    let campaign = CampaignId::new(now);
    let row = store::NewRow {
        id: &campaign,
        name: &name,
        category: upload.category.ok_or_else(|| Error::internal("a checked upload has no category"))?,
        template: upload.template.as_ref().map(|(template, version)| (template, *version)),
        language: upload.language.as_ref(),
        sender: new.sender.as_deref(),
        connection: new.connection.as_deref(),
        pace: new.pace,
        trial: new.trial.as_ref(),
        upload: &upload.id,
        total: upload.counts.to_send,
        estimated: summary.cost().amount,
        currency: Currency::parse(&summary.currency).unwrap_or(Currency::USD),
        not_after: new.not_after,
        scheduled_at: new.send_at,
        created_by: &actor.label(),
    };
    store::insert(tx, &actor.subaccount, &row, now).await?;
    uploads::mark_used(tx, &actor.subaccount, &upload.id, now).await?;
    let detail = serde_json::json!({ "upload": upload.id.as_str(), "messages": upload.counts.to_send });
    access::audit(tx, actor, "campaign.create", campaign.as_str(), &detail, now).await?;
    store::get(tx, &actor.subaccount, &campaign).await
}

/// Refuses an upload of which no row can be sent to.
pub(super) fn require_somebody(upload: &Upload) -> Result<()> {
    if upload.counts.to_send > 0 {
        return Ok(());
    }
    let detail = "No row of the file can be sent to. See its problems, mend them and upload it again.";
    Err(Error::invalid("file", "nobody_to_send_to", detail))
}

/// Makes a draft for an audience, with the upload that its rows were checked in. A list of people is
/// checked like a file whose first row is row 2. `message` may be absent for an upload that has one.
///
/// # Errors
/// What [`uploads::set_message`], [`uploads::check`] and [`create_from_upload`] refuse.
pub async fn create(
    app: &App,
    actor: &Actor,
    new: &NewCampaign,
    audience: &Audience,
    message: Option<&MessageChoice>,
) -> Result<(Campaign, Upload)> {
    actor.require(Permission::Send)?;
    let id = match audience {
        Audience::Upload(id) => id.clone(),
        Audience::Recipients(people) => receive_list(app, actor, people).await?,
        Audience::Saved(audience) => {
            of_audience::receive(app, actor, audience, &of_audience::asked_for(app, actor, message).await?).await?
        }
    };
    let made = create_of(app, actor, new, &id, audience, message).await;
    if made.is_err() && !matches!(audience, Audience::Upload(_)) {
        uploads::discard(app, actor, &id).await?;
    }
    made
}

async fn create_of(
    app: &App,
    actor: &Actor,
    new: &NewCampaign,
    id: &UploadId,
    audience: &Audience,
    message: Option<&MessageChoice>,
) -> Result<(Campaign, Upload)> {
    let mut upload = uploads::get(app, actor, id).await?;
    if let Some(message) = message {
        upload = uploads::set_message(app, actor, id, message).await?;
    }
    if let Audience::Recipients(people) = audience {
        let review = uploads::review(app, actor, id).await?;
        let mapping = list_mapping(people, &review.placeholders)?;
        upload = uploads::set_mapping(app, actor, id, &mapping).await?;
    }
    if matches!(audience, Audience::Saved(_)) {
        let review = uploads::review(app, actor, id).await?;
        upload = uploads::set_mapping(app, actor, id, &of_audience::mapping(&review.placeholders)?).await?;
    }
    if upload.status == UploadStatus::Received {
        upload = uploads::check_now(app, actor, id).await?;
    }
    let saved = match audience {
        Audience::Saved(saved) => Some(saved),
        _ => None,
    };
    let campaign = create_for(app, actor, id, new, saved).await?;
    Ok((campaign, upload))
}

fn checked_name(name: &str, upload: &Upload) -> Result<String> {
    let name = name.trim();
    if name.chars().count() > LONGEST_NAME {
        return Err(Error::invalid("name", "too_long", format!("Shorten the name to {LONGEST_NAME} characters.")));
    }
    Ok(if name.is_empty() { upload.file_name.clone() } else { name.to_owned() })
}

/// The column of a list's numbers.
pub(super) const TO: &str = "to";
/// The column of their languages, where the list is an audience's.
pub(super) const LANGUAGE: &str = "language";
/// A first column that is never blank, so that a person without a number is a row too.
pub(super) const INDEX: &str = "#";

/// Stores a list of people as the CSV file that it could have been.
async fn receive_list(app: &App, actor: &Actor, people: &[Recipient]) -> Result<UploadId> {
    let mut errors = FieldErrors::new();
    if people.is_empty() {
        errors.add("recipients", "empty", "Name at least one recipient.");
    }
    if people.len() > MOST_RECIPIENTS {
        errors.add("recipients", "too_many", format!("At most {MOST_RECIPIENTS} recipients fit one request. Upload a file for more."));
    }
    errors.into_result()?;
    let names = variables(people);
    let columns = columns(&names);
    let mut csv = CsvWriter::new([INDEX, TO].into_iter().chain(columns.iter().map(String::as_str)));
    for (i, person) in people.iter().enumerate() {
        let value = |name: &&str| person.variables.get(*name).map(String::as_str).unwrap_or_default();
        let index = (i + 1).to_string();
        csv.row([index.as_str(), person.to.as_str()].into_iter().chain(names.iter().map(value)));
    }
    let body = stream::iter([Ok::<_, std::io::Error>(Bytes::from(csv.take()))]);
    Ok(uploads::receive(app, actor, "recipients", body).await?.id)
}

/// The names of all values in a list.
fn variables(people: &[Recipient]) -> Vec<&str> {
    let names: BTreeSet<&str> = people.iter().flat_map(|p| p.variables.keys().map(String::as_str)).collect();
    names.into_iter().collect()
}

/// A column for each name: the name itself, numbered where two differ only in their case.
pub(super) fn columns(names: &[&str]) -> Vec<String> {
    let mut taken: BTreeSet<String> = [INDEX, TO, LANGUAGE].map(str::to_owned).into();
    let free = |name: &&str| {
        let mut column = (*name).to_owned();
        let mut n = 2;
        while !taken.insert(column.to_lowercase()) {
            column = format!("{name} ({n})");
            n += 1;
        }
        column
    };
    names.iter().map(free).collect()
}

/// Values that the message does not ask for are left unused.
fn list_mapping(people: &[Recipient], placeholders: &[String]) -> Result<StoredMapping> {
    let names = variables(people);
    let pairs = columns(&names).into_iter().zip(names).filter(|(_, name)| placeholders.iter().any(|p| p == name));
    let mut mapping: BTreeMap<String, String> = pairs.map(|(column, name)| (column, name.to_owned())).collect();
    mapping.insert(TO.into(), "phone".into());
    let json = serde_json::to_string(&mapping).map_err(Error::internal)?;
    StoredMapping::parse(&json).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_only_in_case_get_columns_of_their_own() {
        assert_eq!(columns(&["Name", "name", "to", "TO"]), ["Name", "name (2)", "to (2)", "TO (3)"]);
    }

    #[test]
    fn only_values_that_the_message_asks_for_are_matched() {
        let person = Recipient { to: "1".into(), variables: [("name", "A"), ("x", "B")].map(|(k, v)| (k.to_owned(), v.to_owned())).into() };
        let mapping = list_mapping(&[person], &["name".to_owned()]).expect("a mapping");
        assert_eq!(mapping.to_json(), r#"{"name":"name","to":"phone"}"#);
    }
}
