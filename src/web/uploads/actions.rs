//! Commands of the upload pages.

use std::collections::BTreeMap;

use chrono::{LocalResult, NaiveDateTime, TimeZone as _};
use chrono_tz::Tz;
use leptos::prelude::*;

use crate::access::Permission;
use crate::campaigns::{self, Campaign, Launch, NewCampaign};
use crate::contacts::csv::StoredMapping;
use crate::costs;
use crate::kernel::category::Category;
use crate::kernel::clock::Millis;
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::id::UploadId;
use crate::kernel::language::Language;
use crate::uploads::{self, MessageChoice, Wording};
use crate::web::action::{Answer, Done, Posted, act, posted};
use crate::web::campaigns::trial;
use crate::web::flash::Tone;
use crate::web::limits;
use crate::web::page::{Desk, desk};
use crate::web::ui::show::count;
use crate::web::uploads::figure;

fn upload(id: &str) -> Result<UploadId> {
    UploadId::parse(id).ok_or(Error::NotFound("upload"))
}

/// Says what an upload's people are told.
#[server(prefix = "/do", endpoint = "uploads/message")]
pub async fn choose_message(id: String) -> Answer {
    let page = format!("/uploads/{id}?step=match");
    act(&page, async {
        let desk = desk()?;
        let choice = message_choice(&posted())?;
        uploads::set_message(&desk.app, desk.actor(), &upload(&id)?, &choice).await?;
        Ok(Done::at(&page).saying("Message saved. Now match its placeholders to your columns."))
    })
    .await
}

/// The message that a form chose: a template, or a text with its category.
pub fn message_choice(form: &Posted) -> Result<MessageChoice> {
    let text = |field: &str| form.get(field).unwrap_or_default().trim();
    let wording = if text("wording") == "template" {
        let template = text("template");
        if template.is_empty() {
            return Err(Error::invalid("template", "missing", "Choose a template, or write a text."));
        }
        Wording::Template(template.to_owned())
    } else {
        // As it is: a text goes out with the blanks it was written with.
        Wording::Text(form.get("text").unwrap_or_default().replace("\r\n", "\n"))
    };
    let category = match (&wording, text("category")) {
        // A template brings its own.
        (Wording::Template(_), _) | (_, "") => None,
        (_, word) => Some(Category::parse(word).ok_or_else(|| Error::invalid("category", "unknown", "Choose one of the categories."))?),
    };
    let language = match text("language") {
        "" => None,
        tag => Some(Language::parse(tag).ok_or_else(|| Error::invalid("language", "unknown", "Choose one of the languages."))?),
    };
    Ok(MessageChoice { wording, category, language })
}

/// Says which column is what, and begins the check.
#[server(prefix = "/do", endpoint = "uploads/columns")]
pub async fn match_columns(id: String) -> Answer {
    let page = format!("/uploads/{id}?step=match");
    act(&page, async {
        let desk = desk()?;
        let upload = upload(&id)?;
        let mapping = mapping(&posted())?;
        uploads::set_mapping(&desk.app, desk.actor(), &upload, &mapping).await?;
        uploads::check(&desk.app, desk.actor(), &upload).await?;
        Ok(Done::at(format!("/uploads/{upload}")))
    })
    .await
}

/// The chosen columns; a column can stand for one thing only.
fn mapping(form: &Posted) -> Result<StoredMapping> {
    let mut chosen: BTreeMap<&str, &str> = BTreeMap::new();
    let mut errors = FieldErrors::new();
    for (meaning, column) in form.group("col").filter(|(_, column)| !column.is_empty()) {
        if let Some(other) = chosen.insert(column, meaning) {
            let detail = format!("The column “{column}” is chosen for “{other}” and for “{meaning}”. Choose another one.");
            errors.add(&format!("col.{meaning}"), "chosen_twice", detail);
        }
    }
    if !chosen.values().any(|meaning| *meaning == "phone") && errors.0.is_empty() {
        errors.add("col.phone", "missing_phone_column", "Choose the column that holds the phone numbers.");
    }
    errors.into_result()?;
    let json = serde_json::to_string(&chosen).map_err(Error::internal)?;
    StoredMapping::parse(&json).map_err(Error::internal)
}

/// Forgets an upload.
#[server(prefix = "/do", endpoint = "uploads/discard")]
pub async fn discard(id: String) -> Answer {
    act("/uploads", async {
        let desk = desk()?;
        uploads::discard(&desk.app, desk.actor(), &upload(&id)?).await?;
        Ok(Done::at("/uploads").saying("Discarded. Its rows are gone."))
    })
    .await
}

/// Makes a campaign of a checked upload and sends it, once per form.
#[server(prefix = "/do", endpoint = "uploads/launch")]
pub async fn launch_campaign(
    id: String,
    token: String,
    #[server(default)] name: String,
    #[server(default)] sender: String,
    #[server(default)] when: String,
    #[server(default)] send_at: String,
    #[server(default)] confirm: String,
) -> Answer {
    let page = format!("/uploads/{id}/confirm");
    act(&page, async {
        let desk = desk()?;
        desk.actor().require(Permission::Send)?;
        let upload = upload(&id)?;
        let mut errors = FieldErrors::new();
        let pace = limits::most(&posted(), "pace", &mut errors);
        errors.into_result()?;
        let trial = trial::read(&posted())?;
        let send_at = if when == "later" { Some(instant(&send_at, desk.settings().time_zone, desk.app.clock.now())?) } else { None };
        let confirm = confirmed(&desk, &upload, &confirm).await?;
        let sender = Some(sender.trim().to_owned()).filter(|s| !s.is_empty());
        let new = NewCampaign { name, sender, pace, ..NewCampaign::default() };
        let how = Launch { token: Some(token).filter(|t| !t.is_empty()), confirm, send_at, trial };
        let draft = campaigns::of_upload(&desk.app, desk.actor(), &upload).await?.filter(|draft| draft.audience.is_some());
        let campaign = match draft {
            Some(draft) => match launch_audience(&desk, &draft, how).await? {
                Ok(launched) => launched,
                Err(changed) => return Ok(changed),
            },
            None => campaigns::launch_upload(&desk.app, desk.actor(), &upload, &new, &how).await?,
        };
        Ok(Done::at(format!("/campaigns/{}", campaign.id)))
    })
    .await
}

/// Launches a draft for an audience, to as many people as its page showed. When the audience holds others by now, the page that
/// shows them is next, and nothing was sent.
async fn launch_audience(desk: &Desk, draft: &Campaign, how: Launch) -> Result<std::result::Result<Campaign, Done>> {
    let how = Launch { confirm: how.confirm.or(Some(draft.total)), ..how };
    match campaigns::launch(&desk.app, desk.actor(), &draft.id, &how).await {
        Ok(launched) => Ok(Ok(launched)),
        Err(Error::Invalid(errors)) if errors.0.iter().any(|e| e.field == "confirm") => {
            let now = campaigns::get(&desk.app, desk.actor(), &draft.id).await?;
            if now.upload == draft.upload {
                return Err(Error::Invalid(errors));
            }
            let text = format!(
                "Nothing was sent: the audience has changed since you looked, and {} of it can be sent to now. See it, and send again.",
                count(now.total.cast_signed(), "person", "people"),
            );
            Ok(Err(Done::at(format!("/uploads/{}/confirm", now.upload)).noting(Tone::Warn, text)))
        }
        Err(other) => Err(other),
    }
}

/// The number that was typed, where one must be.
async fn confirmed(desk: &Desk, id: &UploadId, typed: &str) -> Result<Option<u64>> {
    let upload = uploads::get(&desk.app, desk.actor(), id).await?;
    let (messages, cost) = (upload.counts.to_send, upload.summary.as_ref().map_or(0, |s| s.cost().amount));
    let budget = costs::budget(&desk.app, desk.actor()).await?.limit;
    if !campaigns::needs_typed_count(messages, cost, budget) {
        return Ok(None);
    }
    let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    match digits.parse() {
        Ok(count) if count == messages => Ok(Some(count)),
        _ => Err(Error::invalid("confirm", "wrong_count", format!("Type {} to confirm how many messages leave.", figure(messages)))),
    }
}

/// A moment typed into a `datetime-local` field, in the organisation's zone.
fn instant(text: &str, zone: Tz, now: Millis) -> Result<Millis> {
    let invalid = |code, detail: &str| Error::invalid("send_at", code, detail);
    let text = text.trim();
    let parsed = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"];
    let local = parsed.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let local = local.ok_or_else(|| invalid("unreadable", "Write date and time, such as 2026-12-03T09:30."))?;
    let at = match zone.from_local_datetime(&local) {
        // When clocks go back an hour comes twice: the first one is meant.
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.timestamp_millis(),
        LocalResult::None => return Err(invalid("skipped", "Clocks go forward over that time; choose another one.")),
    };
    if at <= now {
        return Err(invalid("past", "That time has passed. Choose a later one, or send now."));
    }
    Ok(at)
}

#[cfg(test)]
mod unit {
    use super::*;
    use crate::kernel::clock::parse_rfc3339;

    #[test]
    fn a_time_is_read_in_the_organisations_zone() {
        let at = |text: &str| instant(text, Tz::Europe__Berlin, 0);
        let utc = |text: &str| parse_rfc3339(text).expect("an instant");
        assert_eq!(at("2026-12-03T09:30").expect("read"), utc("2026-12-03T08:30:00Z"));
        assert_eq!(at("2026-10-25T02:30").expect("the first of two"), utc("2026-10-25T00:30:00Z"));
        assert!(at("2026-03-29T02:30").is_err(), "an hour that does not exist");
        assert!(at("tomorrow").is_err());
        assert!(instant("2026-12-03T09:30", Tz::UTC, utc("2026-12-03T09:30:00Z")).is_err(), "the past");
    }
}
