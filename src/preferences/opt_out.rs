//! Opt-outs and opt-ins that the organisation or its systems record, and the question who may be sent what.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::steps::{self, Applied, Wish, apply, finish, read_phone};
use crate::access::{self, Actor, Permission, Settings};
use crate::app::App;
use crate::consent::{self, Change, Evidence, Scope};
use crate::contacts::Standing;
use crate::db::Tx;
use crate::kernel::category::Category;
use crate::kernel::clock::{Millis, rfc3339};
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::id::ContactId;
use crate::kernel::phone::Phone;
use crate::messages::Announcements;

/// The longest reason, in characters.
const LONGEST_REASON: usize = 500;
/// The longest wording that a person saw, in characters.
const LONGEST_WORDING: usize = 2_000;
/// The longest address of a page, in characters.
const LONGEST_URL: usize = 500;

/// The body of both opt-out requests.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OptRequest {
    /// Whose choice it is, in any spelling.
    pub phone: String,
    /// Only this category; every one when absent.
    #[serde(default)]
    pub category: Option<Category>,
    /// Why, for the evidence.
    #[serde(default)]
    pub reason: Option<String>,
    /// What proves it.
    #[serde(default)]
    pub proof: Option<OptProof>,
}

/// How a person said it, as another system saw it: kept in the ledger as evidence.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OptProof {
    /// The words that they saw, such as those beside the box that they ticked.
    pub wording: Option<String>,
    /// The page on which they saw them.
    pub url: Option<String>,
    /// Their address.
    pub ip: Option<String>,
    /// Their browser.
    pub user_agent: Option<String>,
}

impl OptProof {
    fn read(&self) -> Result<Self> {
        let mut errors = FieldErrors::new();
        let mut text = |field: &str, given: &Option<String>, most: usize| {
            let given = given.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
            if given.as_ref().is_some_and(|text| text.chars().count() > most || text.contains('\0')) {
                errors.add(&format!("proof.{field}"), "too_long", format!("Write at most {most} characters."));
            }
            given
        };
        let read = Self {
            wording: text("wording", &self.wording, LONGEST_WORDING),
            url: text("url", &self.url, LONGEST_URL),
            ip: text("ip", &self.ip, LONGEST_REASON),
            user_agent: text("user_agent", &self.user_agent, LONGEST_URL),
        };
        let is_page = |url: &String| url.starts_with("https://") || url.starts_with("http://");
        if read.url.as_ref().is_some_and(|url| !is_page(url)) {
            errors.add("proof.url", "not_a_page", "Write the whole address of the page, beginning with https://.");
        }
        if read.ip.as_ref().is_some_and(|ip| ip.parse::<IpAddr>().is_err()) {
            errors.add("proof.ip", "not_an_address", "Write the IP address of the person, such as 203.0.113.9.");
        }
        errors.into_result()?;
        Ok(read)
    }
}

/// Whether a category may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Allowed {
    /// Whether it may.
    pub allowed: bool,
    /// `opted_out`, `stopped`, `no_consent`, or `pending` until the person confirms it, when it may not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
}

/// Who may be sent what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = OptOutCheck)]
pub struct Check {
    /// The number, in E.164.
    pub phone: String,
    /// Whether the person has refused everything. *Stop all* on the preference centre leaves
    /// authentication allowed; every other total refusal does not.
    pub opted_out: bool,
    /// Each category.
    #[schema(value_type = BTreeMap<String, Allowed>)]
    pub categories: BTreeMap<Category, Allowed>,
    /// Since when everything is refused, in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}

/// Records that a person refuses a category, or everything: also authentication codes, as STOP does. What
/// waits for them is dropped at once. Needs [`Permission::Consent`].
pub async fn opt_out(app: &App, actor: &Actor, request: &OptRequest) -> Result<Check> {
    record(app, actor, request, Recording::OPT_OUT).await
}

/// Records that a person agrees to a category, or to everything, with whatever they refused before. Needs
/// [`Permission::Consent`]. Where the organisation wants opt-ins confirmed, the person is asked by text message and `pending` until they
/// do.
///
/// # Errors
/// [`Error::Conflict`] when they were asked too often, [`Error::Busy`] when too many people were asked today.
pub async fn opt_in(app: &App, actor: &Actor, request: &OptRequest) -> Result<Check> {
    record(app, actor, request, Recording { action: "consent.opt_in", change: Change::Granted }).await
}

async fn record(app: &App, actor: &Actor, request: &OptRequest, recording: Recording) -> Result<Check> {
    actor.require(Permission::Consent)?;
    let mut tx = app.db.write().await?;
    let (check, contact, told) = recording.write(app, &mut tx, actor, request).await?;
    tx.commit().await?;
    finish(app, &actor.subaccount, &contact, told).await;
    Ok(check)
}

/// A kind of change, with its word in the audit log.
struct Recording {
    action: &'static str,
    change: fn(Scope) -> Change,
}

impl Recording {
    /// A refusal.
    const OPT_OUT: Self = Self { action: "consent.opt_out", change: Change::Withdrawn };

    /// Writes the change; also gives whose it is, and what live pages are told after the commit.
    async fn write(&self, app: &App, tx: &mut Tx, actor: &Actor, request: &OptRequest) -> Result<(Check, ContactId, Vec<Announcements>)> {
        let now = app.clock.now();
        let scope = request.category.map_or(Scope::All, Scope::Only);
        let evidence = Evidence::from_actor(actor).with_reason(reason(request.reason.as_deref())?);
        let proof = request.proof.as_ref().map(OptProof::read).transpose()?.unwrap_or_default();
        let evidence = evidence.with_browser(proof.ip, proof.user_agent).with_form(proof.url);
        let evidence = proof.wording.into_iter().fold(evidence, Evidence::with_wording);
        let settings = access::settings_of(tx, &actor.subaccount).await?;
        let phone = read_phone(&request.phone, &settings)?;
        let person = steps::ensure(app, tx, &actor.subaccount, phone, now).await?;
        let wish = Wish { changes: vec![(self.change)(scope)], language: None };
        let line = (self.action, json!({ "category": scope.as_str() }));
        let Applied { after: standing, told, .. } = apply(tx, app, actor, &person.id, wish, (&evidence, line), now).await?;
        let since = since(tx, actor, Some(&person.id), &standing).await?;
        Ok((shown(phone, &standing, &settings, since), person.id, told))
    }
}

fn reason(given: Option<&str>) -> Result<Option<String>> {
    let given = given.map(str::trim).filter(|text| !text.is_empty());
    match given {
        Some(text) if text.chars().count() > LONGEST_REASON => {
            Err(Error::invalid("reason", "too_long", format!("Write at most {LONGEST_REASON} characters.")))
        }
        given => Ok(given.map(str::to_owned)),
    }
}

/// Says who may be sent what. Of a number that is not known, what holds for everybody. Needs
/// [`Permission::Consent`].
pub async fn check(app: &App, actor: &Actor, phone: &str) -> Result<Check> {
    actor.require(Permission::Consent)?;
    let mut tx = app.db.read().await?;
    let settings = access::settings_of(&mut tx, &actor.subaccount).await?;
    let phone = read_phone(phone, &settings)?;
    let (contact, standing) = steps::standing(app, &mut tx, &actor.subaccount, phone).await?;
    let since = since(&mut tx, actor, contact.as_ref(), &standing).await?;
    Ok(shown(phone, &standing, &settings, since))
}

/// Since when everything is refused: the day of the stop, else of the last category that was refused.
async fn since(tx: &mut Tx, actor: &Actor, contact: Option<&ContactId>, standing: &Standing) -> Result<Option<Millis>> {
    let Some(contact) = contact.filter(|_| consent::has_opted_out(standing)) else { return Ok(None) };
    if standing.stopped_at.is_some() {
        return Ok(standing.stopped_at);
    }
    let proof = consent::withdrawals(tx, &actor.subaccount, std::slice::from_ref(contact)).await?;
    Ok(proof.last().map(|(_, entry)| entry.at))
}

fn shown(phone: Phone, standing: &Standing, settings: &Settings, since: Option<Millis>) -> Check {
    let allowed = |category| {
        let reason = consent::opted_out(category, standing, settings);
        (category, Allowed { allowed: reason.is_none(), reason })
    };
    Check {
        phone: phone.e164(),
        opted_out: consent::has_opted_out(standing),
        categories: Category::ALL.into_iter().map(allowed).collect(),
        since: since.map(rfc3339),
    }
}
