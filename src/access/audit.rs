//! Who did what, when and from where. Each entry carries the hash of the one before it, and the last
//! hash stands apart, so that an entry which was altered, removed or slipped in shows.

use std::collections::HashMap;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{Actor, Permission, Who, store};
use crate::app::App;
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::SubaccountId;
use crate::kernel::page::{Page, PageRequest};
use crate::kernel::sweep::{Span, Swept};

/// What stands before the first entry.
const GENESIS: &str = "";
/// How many entries are checked per query.
const BLOCK: i64 = 1_000;

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Entry {
    /// Its place in the chain, from 1.
    pub seq: i64,
    /// When.
    pub at: Millis,
    /// Who: a name with its id, or `shell`, `the customer`, `Peyk`, `nobody`.
    pub actor: String,
    /// What was done, e.g. `settings.change`.
    pub action: String,
    /// To what: an id or a name.
    pub object: String,
    /// What changed; never a phone number, a text or a secret.
    pub detail: Value,
    /// From which address.
    pub ip: Option<String>,
}

/// An entry as it is stored and hashed.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub seq: i64,
    pub subaccount: String,
    pub at: Millis,
    pub actor: String,
    pub action: String,
    pub object: String,
    pub detail: String,
    pub ip: Option<String>,
    pub previous_hash: String,
    pub hash: String,
}

impl Link {
    /// SHA-256 over the length-prefixed fields, so that no two entries run into the same bytes.
    fn own_hash(&self) -> String {
        let (seq, at) = (self.seq.to_string(), self.at.to_string());
        let ip = self.ip.as_ref().map_or_else(|| "-".to_owned(), |ip| format!("+{ip}"));
        let fields = [&self.previous_hash, &seq, &self.subaccount, &at, &self.actor, &self.action, &self.object, &self.detail, &ip];
        let mut hash = Sha256::new();
        for field in fields {
            hash.update((field.len() as u64).to_be_bytes());
            hash.update(field.as_bytes());
        }
        hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
    }
}

/// The end of the chain: the last entry's place and hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub seq: i64,
    pub hash: String,
}

impl Head {
    pub(super) fn first() -> Self {
        Self { seq: 0, hash: GENESIS.into() }
    }
}

/// Appends an entry within the caller's transaction. A step. Entries are appended one after the other
/// across all processes, so call it last: what follows it up to the commit keeps the others waiting.
pub async fn audit(tx: &mut Tx, actor: &Actor, action: &str, object: &str, detail: &Value, now: Millis) -> Result<()> {
    let who = match &actor.who {
        Who::User { id, name, .. } => format!("{name} ({id})"),
        Who::Key { id, name } => format!("API key {name} ({id})"),
        Who::Shell | Who::Customer | Who::System => actor.label(),
    };
    // A customer's address is personal and stands in the consent ledger as evidence, where an erasure finds it.
    let ip = actor.ip.as_deref().filter(|_| actor.who != Who::Customer);
    append(tx, actor.subaccount.as_str(), &who, ip, (action, object, detail), now).await
}

/// Appends an entry of somebody who is not signed in; without a subaccount it belongs to the installation.
pub(super) async fn audit_stranger(
    tx: &mut Tx,
    subaccount: Option<&str>,
    ip: &str,
    (action, object): (&str, &str),
    now: Millis,
) -> Result<()> {
    append(tx, subaccount.unwrap_or_default(), "nobody", Some(ip), (action, object, &Value::Null), now).await
}

async fn append(
    tx: &mut Tx,
    subaccount: &str,
    actor: &str,
    ip: Option<&str>,
    (action, object, detail): (&str, &str, &Value),
    now: Millis,
) -> Result<()> {
    let head = store::audit::lock_head(tx).await?;
    let mut link = Link {
        seq: head.seq + 1,
        subaccount: subaccount.into(),
        at: now,
        actor: actor.into(),
        action: action.into(),
        object: object.into(),
        detail: detail.to_string(),
        ip: ip.map(str::to_owned),
        previous_hash: head.hash,
        hash: String::new(),
    };
    link.hash = link.own_hash();
    store::audit::add(tx, &link).await
}

/// The word of an entry that was removed because its time was over.
const REMOVED: &str = "removed";
/// The word of the entry that says up to where.
const REMOVES: &str = "audit.remove";

/// Takes out what a part of the subaccount's old entries say; their places and hashes stay, and a new entry says up to where, so that
/// the chain can still be checked. A step; call it last, as [`audit`].
pub async fn sweep_audit(tx: &mut Tx, subaccount: &SubaccountId, span: &Span<'_>, now: Millis) -> Result<Swept> {
    let after: i64 = span.after.parse().unwrap_or(0);
    let seqs = store::audit::old(tx, subaccount, after, span.before, span.most as i64).await?;
    let Some((last, _)) = seqs.last() else { return Ok(Swept::default()) };
    let left: Vec<i64> = seqs.iter().filter(|(_, action)| action != REMOVED).map(|(seq, _)| *seq).collect();
    if !left.is_empty() {
        store::audit::remove(tx, subaccount, &left, REMOVED).await?;
        let detail = serde_json::json!({ "through": last, "entries": left.len() });
        audit(tx, &Actor::system(subaccount.clone()), REMOVES, subaccount.as_str(), &detail, now).await?;
    }
    Ok(Swept { place: Some(last.to_string()), is_held: false, removed: left.len() as u64 })
}

/// How many entries of the subaccount in the span still say something. A step.
pub async fn count_audit(tx: &mut Tx, subaccount: &SubaccountId, span: &Span<'_>) -> Result<u64> {
    store::audit::count_old(tx, subaccount, span.before, REMOVED, span.most as i64).await
}

/// Entries that say nothing any more and that no later entry explains yet, by subaccount: the first and the last of each.
#[derive(Debug, Default)]
struct Gaps(HashMap<String, (i64, i64)>);

impl Gaps {
    /// Whether the entry may stand so: as it was written, or removed.
    fn allow(&mut self, link: &Link) -> bool {
        if link.own_hash() == link.hash {
            let through = (link.action == REMOVES).then(|| serde_json::from_str::<Value>(&link.detail).ok()?["through"].as_i64()).flatten();
            if through.zip(self.0.get(&link.subaccount)).is_some_and(|(through, (_, last))| *last <= through) {
                self.0.remove(&link.subaccount);
            }
            return true;
        }
        let says_nothing = link.actor.is_empty() && link.object.is_empty() && link.ip.is_none() && link.action == REMOVED;
        if says_nothing {
            self.0.entry(link.subaccount.clone()).or_insert((link.seq, link.seq)).1 = link.seq;
        }
        says_nothing
    }

    /// The first entry that is empty though nothing says why.
    fn unexplained(&self) -> Option<i64> {
        self.0.values().map(|(first, _)| *first).min()
    }
}

/// What a check of the chain found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chain {
    /// Every entry is as it was written.
    Whole {
        /// How many there are.
        entries: i64,
    },
    /// The chain does not hold.
    Broken {
        /// The first entry that was altered, is missing, or does not belong.
        seq: i64,
    },
}

/// Checks the whole chain. For the shell, which needs no permission.
pub async fn verify_audit(app: &App) -> Result<Chain> {
    let mut tx = app.db.read().await?;
    // The head is read first: entries that arrive meanwhile lie behind it.
    let head = store::audit::head(&mut tx).await?;
    let (mut last, mut gaps) = (Head::first(), Gaps::default());
    loop {
        let block = store::audit::after(&mut tx, last.seq, BLOCK).await?;
        if block.is_empty() {
            break;
        }
        for link in block {
            if link.seq != last.seq + 1 || link.previous_hash != last.hash || !gaps.allow(&link) {
                return Ok(Chain::Broken { seq: last.seq + 1 });
            }
            if link.seq == head.seq && link.hash != head.hash {
                return Ok(Chain::Broken { seq: link.seq });
            }
            last = Head { seq: link.seq, hash: link.hash };
        }
    }
    if last.seq < head.seq {
        return Ok(Chain::Broken { seq: last.seq + 1 });
    }
    if let Some(seq) = gaps.unexplained() {
        return Ok(Chain::Broken { seq });
    }
    Ok(Chain::Whole { entries: last.seq })
}

/// The subaccount's entries, newest first; whoever answers for the installation also sees those of nobody's
/// subaccount. Needs [`Permission::Access`].
pub async fn audit_entries(app: &App, actor: &Actor, page: &PageRequest) -> Result<Page<Entry>> {
    actor.require(Permission::Access)?;
    let before = match &page.cursor {
        None => i64::MAX,
        Some(seq) => seq.parse().map_err(|_| Error::invalid("cursor", "unreadable", "Use the next_cursor of the page before."))?,
    };
    let mut tx = app.db.read().await?;
    let others = actor.may(Permission::Installation);
    let links = store::audit::list(&mut tx, &actor.subaccount, others, REMOVED, before, page.rows_to_fetch()).await?;
    let entries = links.into_iter().map(entry).collect::<Result<Vec<_>>>()?;
    Ok(page.page(entries, |entry| entry.seq.to_string()))
}

fn entry(link: Link) -> Result<Entry> {
    let detail = serde_json::from_str(&link.detail).map_err(Error::internal)?;
    Ok(Entry { seq: link.seq, at: link.at, actor: link.actor, action: link.action, object: link.object, detail, ip: link.ip })
}
