//! What a message would look like, cost and meet, without sending it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::access::{Actor, Permission};
use crate::app::App;
use crate::consent::{self, Verdict};
use crate::contacts::{self, Standing};
use crate::db::Tx;
use crate::kernel::category::Category;
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::id::SubaccountId;
use crate::kernel::language::Language;
use crate::kernel::phone::Phone;
use crate::messages::compose::{Desk, parse_to};
use crate::messages::send::desk;
use crate::messages::view::{Amount, words};
use crate::messages::words::Asked;
use crate::templates::{self, Advice, TextPreview};

/// What to look at.
#[derive(Clone, Debug, Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewRequest {
    /// The number, if known.
    pub to: Option<String>,
    /// The text. Either this or `template`.
    pub text: Option<String>,
    /// A template's id or code.
    pub template: Option<String>,
    /// Which version; the live one when absent, which is what is sent. Drafts are shown by `/sms/templates/{id}/preview`.
    pub version: Option<i64>,
    /// Values of the template's placeholders.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub variables: BTreeMap<String, Value>,
    /// Which language of the template; the one that the recipient chose when absent, else the organisation's.
    pub language: Option<String>,
    /// What it is about.
    pub category: Option<String>,
}

/// What it would be.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Preview {
    /// The text and its measures.
    #[serde(flatten)]
    pub text: TextPreview,
    /// The language of the template's text that is shown, or the one that was named for a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub language: Option<Language>,
    /// The number in E.164.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Its country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Its type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number_type: Option<String>,
    /// What it would cost by the price list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimated_cost: Option<Amount>,
    /// Whether it would leave at once.
    pub would_send: bool,
    /// Why not, or why later.
    pub reasons: Vec<String>,
    /// What is allowed and probably not meant.
    pub warnings: Vec<Advice>,
}

/// Renders, measures, prices and checks; sends nothing. What [`send`](super::send()) would refuse is refused in the same words,
/// and what it would send is what is shown.
pub async fn preview(app: &App, actor: &Actor, request: &PreviewRequest) -> Result<Preview> {
    actor.require(Permission::View)?;
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let desk = desk(&mut tx, app, &actor.subaccount, now).await?;
    let (mut errors, mut reasons) = (FieldErrors::new(), Vec::new());
    let phone = request.to.as_deref().filter(|to| !to.trim().is_empty()).and_then(|to| {
        let mut found = FieldErrors::new();
        let phone = parse_to(to, &desk, &mut found);
        match phone {
            // The text can still be looked at: a number that nothing is sent to is a reason like any other.
            Some(_) => reasons.extend(found.0.into_iter().map(|e| e.detail)),
            None => errors.0.extend(found.0),
        }
        phone
    });
    let person = match phone {
        Some(phone) => contacts::find(&mut tx, &desk.cipher, &actor.subaccount, &[phone]).await?.pop().flatten(),
        None => None,
    };
    let standing = person.map(|person| person.standing).unwrap_or_default();
    let (words, category) = Asked::from(request).read(&mut tx, &actor.subaccount, &desk, standing.language.as_ref(), &mut errors).await?;
    errors.into_result()?;
    let words = words.ok_or_else(|| Error::internal("a refused preview had no refusal"))?;
    if let (Some(key), Some(version)) = (&request.template, request.version) {
        reasons.extend(not_live(&mut tx, &actor.subaccount, key, version).await?);
    }
    let mut preview = Preview {
        text: templates::preview_text(&words.text),
        language: words.language,
        to: None,
        country: None,
        number_type: None,
        estimated_cost: None,
        would_send: true,
        reasons,
        warnings: templates::advice(&words.text, category, &desk.own),
    };
    if let Some(phone) = phone {
        hold_against(&mut preview, phone, category, &standing, &desk, now);
    }
    preview.would_send = preview.reasons.is_empty();
    Ok(preview)
}

/// Why messages do not say a version that was named: they say the live one, if any.
async fn not_live(tx: &mut Tx, subaccount: &SubaccountId, template: &str, version: i64) -> Result<Vec<String>> {
    match templates::published(tx, subaccount, template, None).await {
        Ok(live) if live.version == version => Ok(Vec::new()),
        Ok(live) => Ok(vec![format!("messages are made with version {}, which is live", live.version)]),
        Err(Error::Invalid(found)) => Ok(found.0.into_iter().map(|e| e.detail).collect()),
        Err(other) => Err(other),
    }
}

fn hold_against(preview: &mut Preview, phone: Phone, category: Category, standing: &Standing, desk: &Desk, now: i64) {
    preview.to = Some(phone.e164());
    preview.country = Some(phone.country().as_str().to_owned());
    preview.number_type = Some(phone.kind().as_str().to_owned());
    match desk.prices.first_choice(&desk.connections, category, phone.country(), None) {
        None => preview.reasons.push(words(Some("no_connection")).to_owned()),
        Some((_, price)) => {
            let cost = price.map(|p| p.saturating_mul(i64::from(preview.text.segments)));
            preview.estimated_cost = cost.map(|c| Amount::new(c, desk.settings.currency));
        }
    }
    match consent::verdict(category, standing, &desk.settings, now) {
        Verdict::Send => {}
        Verdict::Drop { reason } | Verdict::Hold { reason, .. } => preview.reasons.push(words(Some(reason)).to_owned()),
    }
}
