//! What a message would look like, cost and meet, without sending it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::access::{Actor, Permission};
use crate::app::App;
use crate::consent::{self, Verdict};
use crate::contacts::{self, Standing};
use crate::kernel::category::Category;
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::language::Language;
use crate::kernel::phone::Phone;
use crate::messages::compose::{Desk, parse_to};
use crate::messages::send::desk;
use crate::messages::view::{Amount, words};
use crate::templates::{self, Advice, TextPreview, draft_or_version};

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
    /// Which version; else the draft, else the live one.
    pub version: Option<i64>,
    /// Values of the template's placeholders.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub variables: BTreeMap<String, Value>,
    /// Which language of the template.
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

/// Renders, measures, prices and checks; sends nothing.
pub async fn preview(app: &App, actor: &Actor, request: &PreviewRequest) -> Result<Preview> {
    actor.require(Permission::View)?;
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let desk = desk(&mut tx, app, &actor.subaccount, now).await?;
    let (text, template_category) = match (&request.text, &request.template) {
        (Some(text), None) => (text.clone(), None),
        (None, Some(key)) => {
            let template = draft_or_version(&mut tx, &actor.subaccount, key, request.version).await?;
            let wanted = request.language.as_deref().and_then(Language::parse);
            let language = template.text_for(wanted.as_ref(), &desk.settings.language).0.clone();
            let values: BTreeMap<&str, String> = request.variables.iter().map(|(n, v)| (n.as_str(), plain(v))).collect();
            let text = template
                .render(&language, &|name| values.get(name).map(String::as_str).or_else(|| desk.own.stand_in(name)))
                .map_err(Error::from)?;
            (text, Some(template.category))
        }
        _ => return Err(Error::invalid("text", "missing", "Give either a text or a template.")),
    };
    let category = match request.category.as_deref() {
        None => template_category.unwrap_or(Category::Account),
        Some(word) => Category::parse(word).ok_or_else(|| Error::invalid("category", "unknown", format!("“{word}” is not a category.")))?,
    };
    let warnings = templates::advice(&text, category, &desk.own);
    let text = templates::preview_text(&text);
    let mut preview =
        Preview { text, to: None, country: None, number_type: None, estimated_cost: None, would_send: true, reasons: Vec::new(), warnings };
    let Some(to) = request.to.as_deref().filter(|t| !t.trim().is_empty()) else { return Ok(preview) };
    let mut errors = FieldErrors::new();
    let Some(phone) = parse_to(to, &desk, &mut errors) else { return Err(Error::Invalid(errors)) };
    preview.reasons.extend(errors.0.into_iter().map(|e| e.detail));
    let cipher = app.cipher.tenant(&actor.subaccount);
    let person = contacts::find(&mut tx, &cipher, &actor.subaccount, &[phone]).await?.pop().flatten();
    let standing = person.map(|p| p.standing).unwrap_or_default();
    hold_against(&mut preview, phone, category, &standing, &desk, now);
    preview.would_send = preview.reasons.is_empty();
    Ok(preview)
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

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
