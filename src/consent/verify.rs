//! The proof that the ledger is whole and that everybody's standing is what it says.

use std::collections::{BTreeMap, HashMap};

use super::change::Change;
use super::ledger::{Entry, Head, Row};
use super::store;
use crate::contacts::{self, Standing};
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::{ContactId, SubaccountId};

/// How many rows or people are checked per query.
const BLOCK: usize = 1_000;

/// What a check of the ledger found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Every row is as it was written, and everybody's standing follows from them.
    Whole {
        /// How many rows there are.
        entries: i64,
    },
    /// The chain does not hold.
    Broken {
        /// The first row that was altered, is missing, or does not belong.
        seq: i64,
    },
    /// The rows are whole, but a person's standing was changed beside them.
    Strayed {
        /// Who.
        contact: ContactId,
    },
}

/// Checks a subaccount's ledger from its first row to its last, then the standing of everybody in it. A step
/// that only reads; changes may go on meanwhile.
pub async fn verify(tx: &mut Tx, subaccount: &SubaccountId) -> Result<Proof> {
    // The head is read first: rows that arrive meanwhile lie behind it.
    let head = store::head(tx, subaccount).await?;
    let mut last = Head::default();
    let mut standings: HashMap<ContactId, Standing> = HashMap::new();
    let mut erasures = Erasures::default();
    loop {
        let block = store::after(tx, subaccount, last.seq, BLOCK as i64).await?;
        if block.is_empty() {
            break;
        }
        for row in block {
            let follows = row.entry.seq == last.seq + 1 && row.previous_hash == last.hash;
            let is_end = row.entry.seq == head.seq;
            let change = row.entry.change();
            let is_whole = follows && erasures.allow(&row, row.own_hash(subaccount) == row.hash, change.as_ref());
            let (true, true, Some(change)) = (is_whole, !is_end || row.hash == head.hash, change) else {
                return Ok(Proof::Broken { seq: last.seq + 1 });
            };
            let standing = standings.entry(ContactId::stored(row.contact)).or_default();
            *standing = change.applied_to(standing, row.entry.at);
            last = Head { seq: row.entry.seq, hash: row.hash };
        }
    }
    if last.seq < head.seq {
        return Ok(Proof::Broken { seq: last.seq + 1 });
    }
    if let Some(seq) = erasures.unexplained() {
        return Ok(Proof::Broken { seq });
    }
    let strayed = strayed(tx, subaccount, &standings).await?;
    Ok(strayed.map_or(Proof::Whole { entries: last.seq }, |contact| Proof::Strayed { contact }))
}

/// Rows that lost their words with an erased person, or by age. Such a row no longer gives its own hash, so a later row of the chain
/// must say so, with the digest of what stays of all the person's rows before it.
#[derive(Debug, Default)]
struct Erasures {
    digests: HashMap<String, String>,
    /// Rows without words that nothing explains yet, by person.
    open: BTreeMap<String, Vec<Wordless>>,
}

/// A row that lost its words: its place, when it was said, whether it refuses.
#[derive(Debug)]
struct Wordless {
    seq: i64,
    at: Millis,
    refuses: bool,
}

impl Erasures {
    /// Whether the row may stand so: as it was written, or without words.
    fn allow(&mut self, row: &Row, as_written: bool, change: Option<&Change>) -> bool {
        let digest = self.digests.entry(row.contact.clone()).or_default();
        let open = self.open.entry(row.contact.clone()).or_default();
        match change {
            Some(Change::Erased(given)) if given == digest => open.clear(),
            Some(Change::Aged(aged)) if aged.digest == *digest => open.retain(|row| row.at >= aged.before || row.refuses != aged.refusals),
            Some(Change::Erased(_) | Change::Aged(_)) => return false,
            _ => {}
        }
        *digest = row.digest_after(digest);
        if !as_written {
            let refuses = matches!(change, Some(Change::Withdrawn(_) | Change::Stopped));
            open.push(Wordless { seq: row.entry.seq, at: row.entry.at, refuses });
        }
        as_written || row.is_wordless()
    }

    /// The first row whose words are gone though nothing says why.
    fn unexplained(&self) -> Option<i64> {
        self.open.values().flatten().map(|row| row.seq).min()
    }
}

/// The first person whose standing is not the replay. Whoever differs is looked at again with all that they
/// said up to now, because they may have spoken after their rows were read.
async fn strayed(tx: &mut Tx, subaccount: &SubaccountId, standings: &HashMap<ContactId, Standing>) -> Result<Option<ContactId>> {
    let ids: Vec<ContactId> = standings.keys().cloned().collect();
    for part in ids.chunks(BLOCK) {
        let people = contacts::by_ids(tx, subaccount, part).await?;
        for id in part {
            let kept = people.get(id).map(|person| &person.standing);
            if !kept.is_some_and(|kept| agree(kept, &standings[id])) && !replays(tx, subaccount, id).await? {
                return Ok(Some(id.clone()));
            }
        }
    }
    Ok(None)
}

async fn replays(tx: &mut Tx, subaccount: &SubaccountId, id: &ContactId) -> Result<bool> {
    let people = contacts::by_ids(tx, subaccount, std::slice::from_ref(id)).await?;
    let said = store::of_contact(tx, subaccount, id).await?;
    Ok(people.get(id).is_some_and(|person| agree(&person.standing, &replay(&said))))
}

/// The standing that follows from what a person said.
pub(super) fn replay(said: &[Entry]) -> Standing {
    said.iter().fold(Standing::default(), |standing, entry| match entry.change() {
        Some(change) => change.applied_to(&standing, entry.at),
        None => standing,
    })
}

/// Language and time zone say how a person is written to, not whether: the ledger does not hold them.
fn agree(kept: &Standing, replayed: &Standing) -> bool {
    let Standing { language, time_zone, .. } = kept.clone();
    *kept == Standing { language, time_zone, ..replayed.clone() }
}
