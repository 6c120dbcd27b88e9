//! The ledger of consent: who said what, when, how, and on what wording. Rows are only ever added; each
//! carries the hash of the one before it in its subaccount, and the last hash stands apart, so that a row
//! which was altered, removed or slipped in shows.

use std::collections::BTreeMap;

use super::change::{Change, Scope};
use super::store;
use crate::access::{Actor, Permission, Who};
use crate::app::App;
use crate::contacts::{self, Standing};
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::crypto::sha256_hex;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{ContactId, SubaccountId};

/// The way by which we learned of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Another system told the API.
    Api,
    /// The person, on the preference centre.
    Page,
    /// The person, by a word in a text message.
    Keyword,
    /// A carrier or provider, with a receipt or a refusal.
    Carrier,
    /// A file of contacts. It can never undo a refusal.
    Import,
    /// Somebody who works for the organisation.
    User,
    /// Time that went by without an answer.
    Time,
}

impl Source {
    /// The word in the ledger and in exports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Page => "page",
            Self::Keyword => "keyword",
            Self::Carrier => "carrier",
            Self::Import => "import",
            Self::User => "user",
            Self::Time => "time",
        }
    }
}

/// How much of a browser's name is kept, in characters.
const LONGEST_AGENT: usize = 300;

/// What proves a change.
#[derive(Clone, Debug)]
pub struct Evidence {
    source: Source,
    wording: Option<String>,
    reason: Option<String>,
    actor: String,
    ip: Option<String>,
    user_agent: Option<String>,
    form_url: Option<String>,
}

impl Evidence {
    /// Where it comes from.
    pub fn source(&self) -> Source {
        self.source
    }

    /// A change that this actor asked for; the source follows from who they are.
    pub fn from_actor(actor: &Actor) -> Self {
        let source = match actor.who {
            Who::Key { .. } => Source::Api,
            Who::Customer => Source::Page,
            Who::User { .. } | Who::Shell | Who::System => Source::User,
        };
        Self { actor: actor.label(), ip: actor.ip.clone(), ..Self::bare(source) }
    }

    /// A change that no actor of ours asked for: the person by text message, a carrier, a file.
    pub fn from_outside(source: Source) -> Self {
        let actor = match source {
            Source::Carrier => "the carrier",
            Source::Import => "a file",
            Source::Time => "the clock",
            Source::Api | Source::Page | Source::Keyword | Source::User => "the customer",
        };
        Self { actor: actor.into(), ..Self::bare(source) }
    }

    fn bare(source: Source) -> Self {
        Self { source, wording: None, reason: None, actor: String::new(), ip: None, user_agent: None, form_url: None }
    }

    /// From this address and with this browser, where they are known.
    #[must_use]
    pub fn with_browser(self, ip: Option<String>, user_agent: Option<String>) -> Self {
        Self { ip: ip.or(self.ip), user_agent: user_agent.map(|agent| agent.chars().take(LONGEST_AGENT).collect()), ..self }
    }

    /// On the page at this address, where it is known.
    #[must_use]
    pub fn with_form(self, form_url: Option<String>) -> Self {
        Self { form_url, ..self }
    }

    /// Without the address that it came from.
    #[must_use]
    pub fn without_address(self) -> Self {
        Self { ip: None, user_agent: None, ..self }
    }

    /// The words that the person saw or wrote.
    #[must_use]
    pub fn with_wording(self, wording: impl Into<String>) -> Self {
        Self { wording: Some(wording.into()), ..self }
    }

    /// Why, in the words of whoever recorded it, or a carrier's code.
    #[must_use]
    pub fn with_reason(self, reason: Option<String>) -> Self {
        Self { reason, ..self }
    }
}

/// One row of the ledger, for people.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Entry {
    /// Its place in the subaccount's chain, from 1.
    pub seq: i64,
    /// `granted`, `asked`, `lapsed`, `withdrawn`, `stopped`, `started`, `paused`, `resumed`, `quiet_hours`, `frequency`.
    pub change: String,
    /// The category, or `all`.
    pub category: String,
    /// The end of a break (epoch milliseconds), the quiet hours or the most in thirty days, where the change has one.
    pub value: Option<String>,
    /// A word of [`Source`].
    pub source: String,
    /// The words that the person saw or wrote.
    pub wording: Option<String>,
    /// Why, as it was given.
    pub reason: Option<String>,
    /// Who recorded it.
    pub actor: String,
    /// From which address.
    pub ip: Option<String>,
    /// With which browser.
    pub user_agent: Option<String>,
    /// On which page.
    pub form_url: Option<String>,
    /// When.
    pub at: Millis,
}

impl Entry {
    /// What was said; `None` when the words are not ours.
    pub fn change(&self) -> Option<Change> {
        Change::from_words(&self.change, &self.category, self.value.as_deref())
    }
}

/// A row as it is stored and hashed.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub contact: String,
    pub entry: Entry,
    pub previous_hash: String,
    pub hash: String,
}

impl Row {
    /// SHA-256 over the length-prefixed fields, so that no two rows run into the same bytes.
    pub(super) fn own_hash(&self, subaccount: &SubaccountId) -> String {
        let Entry { seq, change, category, value, source, wording, reason, actor, ip, user_agent, form_url, at } = &self.entry;
        let optional = |field: &Option<String>| field.as_ref().map_or_else(|| "-".to_owned(), |text| format!("+{text}"));
        let mut fields = vec![
            self.previous_hash.clone(),
            seq.to_string(),
            subaccount.as_str().to_owned(),
            self.contact.clone(),
            change.clone(),
            category.clone(),
            optional(value),
            source.clone(),
            optional(wording),
            optional(reason),
            actor.clone(),
            optional(ip),
            at.to_string(),
        ];
        // Rows from before these were kept have neither, and their hashes stay what they were.
        if user_agent.is_some() || form_url.is_some() {
            fields.extend([optional(user_agent), optional(form_url)]);
        }
        let mut bytes = Vec::new();
        for field in &fields {
            bytes.extend_from_slice(&(field.len() as u64).to_be_bytes());
            bytes.extend_from_slice(field.as_bytes());
        }
        sha256_hex(&bytes)
    }
}

impl Row {
    /// Whether words of or about the person may have been taken out of it: none are left.
    pub(super) fn is_wordless(&self) -> bool {
        let Entry { wording, reason, ip, user_agent, form_url, .. } = &self.entry;
        [wording, reason, ip, user_agent, form_url].into_iter().all(Option::is_none)
    }

    /// The digest of a person's rows up to this one: over what stays of each after an erasure, and its hash from before.
    pub(super) fn digest_after(&self, digest: &str) -> String {
        let Entry { seq, change, category, value, source, actor, at, .. } = &self.entry;
        let kept = serde_json::json!([digest, seq, change, category, value, source, actor, at, self.previous_hash, self.hash]);
        sha256_hex(kept.to_string().as_bytes())
    }
}

/// The end of a subaccount's chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    pub seq: i64,
    pub hash: String,
}

/// Records what one person said and changes their standing; gives the standing before and after. A step:
/// it holds the person's row and the subaccount's ledger until the commit, so call it once per transaction
/// and before the audit line.
pub async fn change(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    contact: &ContactId,
    changes: &[Change],
    evidence: &Evidence,
    now: Millis,
) -> Result<(Standing, Standing)> {
    let mut changed = record(tx, subaccount, vec![contact.clone()], changes, evidence, now).await?;
    changed.remove(contact).ok_or(Error::NotFound("contact"))
}

/// Records a refusal. A step, as [`change`].
pub async fn withdraw(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    contact: &ContactId,
    scope: Scope,
    evidence: &Evidence,
    now: Millis,
) -> Result<()> {
    change(tx, subaccount, contact, &[Change::Withdrawn(scope)], evidence, now).await.map(drop)
}

/// Records a grant. A step, as [`change`].
pub async fn grant(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    contact: &ContactId,
    scope: Scope,
    evidence: &Evidence,
    now: Millis,
) -> Result<()> {
    change(tx, subaccount, contact, &[Change::Granted(scope)], evidence, now).await.map(drop)
}

/// Records the same refusal of many people, as a carrier reports them. A step, as [`change`]; people who
/// are not there are passed over.
pub async fn withdraw_many(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    contacts: Vec<ContactId>,
    scope: Scope,
    evidence: &Evidence,
    now: Millis,
) -> Result<()> {
    record(tx, subaccount, contacts, &[Change::Withdrawn(scope)], evidence, now).await.map(drop)
}

/// Records that a person is erased: everything is refused from now on, and what was kept in words of or about them (wording, reason,
/// address) goes from their rows. A step, as [`change`]; the contact's own columns are for `contacts::erase`.
pub async fn erase(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId, evidence: &Evidence, now: Millis) -> Result<()> {
    // The lock that everything about this person takes, so that nobody adds a row before the ledger is read.
    contacts::lock(tx, subaccount, &mut vec![contact.clone()]).await?;
    store::lock_head(tx, subaccount).await?;
    store::forget_words(tx, subaccount, contact).await?;
    let rows = store::rows_of_contact(tx, subaccount, contact).await?;
    let digest = rows.iter().fold(String::new(), |digest, row| row.digest_after(&digest));
    change(tx, subaccount, contact, &[Change::Erased(digest)], evidence, now).await.map(drop)
}

/// Locks the people in the order of their ids, then the ledger: two callers never wait for each other.
async fn record(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    mut contacts: Vec<ContactId>,
    changes: &[Change],
    evidence: &Evidence,
    now: Millis,
) -> Result<BTreeMap<ContactId, (Standing, Standing)>> {
    let people = contacts::lock(tx, subaccount, &mut contacts).await?;
    let mut head = store::lock_head(tx, subaccount).await?;
    let (mut rows, mut result) = (Vec::new(), BTreeMap::new());
    for (contact, before) in people {
        let mut standing = before.clone();
        for change in changes {
            if evidence.source == Source::Import && change.overrules(&standing) {
                continue;
            }
            standing = change.applied_to(&standing, now);
            let row = row(subaccount, &contact, change, evidence, &head, now);
            head = Head { seq: row.entry.seq, hash: row.hash.clone() };
            rows.push(row);
        }
        if standing != before {
            contacts::set_standing(tx, subaccount, &contact, &standing, now).await?;
        }
        result.insert(contact, (before, standing));
    }
    store::append(tx, subaccount, &rows, &head, now).await?;
    Ok(result)
}

fn row(subaccount: &SubaccountId, contact: &ContactId, change: &Change, evidence: &Evidence, head: &Head, now: Millis) -> Row {
    let (word, category, value) = change.words();
    let entry = Entry {
        seq: head.seq + 1,
        change: word.into(),
        category: category.into(),
        value,
        source: evidence.source.as_str().into(),
        wording: evidence.wording.clone(),
        reason: evidence.reason.clone(),
        actor: evidence.actor.clone(),
        ip: evidence.ip.clone(),
        user_agent: evidence.user_agent.clone(),
        form_url: evidence.form_url.clone(),
        at: now,
    };
    let mut row = Row { contact: contact.as_str().into(), entry, previous_hash: head.hash.clone(), hash: String::new() };
    row.hash = row.own_hash(subaccount);
    row
}

/// Everything that one person said, oldest first. A step.
pub async fn entries(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId) -> Result<Vec<Entry>> {
    store::of_contact(tx, subaccount, contact).await
}

/// Up to `most` things that one person said, each with the id of its row, the latest first; older than the row whose id has
/// `before` behind its prefix. A step.
pub async fn entries_before(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    contact: &ContactId,
    before: Option<&str>,
    most: i64,
) -> Result<Vec<(String, Entry)>> {
    let before = before.map(|body| format!("led_{body}"));
    store::latest(tx, subaccount, contact, before.as_deref(), most).await
}

/// How many people opted out of something from one instant until before another, for the overview.
pub async fn opt_outs(app: &App, actor: &Actor, from: Millis, until: Millis) -> Result<i64> {
    actor.require(Permission::View)?;
    let mut tx = app.db.read().await?;
    store::refusals(&mut tx, &actor.subaccount, from, until).await
}

/// The refusals of these people, oldest first: what proves that they opted out. A step.
pub async fn withdrawals(tx: &mut Tx, subaccount: &SubaccountId, contacts: &[ContactId]) -> Result<Vec<(ContactId, Entry)>> {
    store::withdrawals(tx, subaccount, contacts).await
}
