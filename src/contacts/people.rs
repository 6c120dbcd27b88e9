//! People by number and by id, in batches.

use std::collections::HashMap;

use chrono_tz::Tz;

use crate::access::QuietHours;
use crate::contacts::store::{self, Lock};
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::crypto::TenantCipher;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{ContactId, SubaccountId, random_bytes};
use crate::kernel::language::Language;
use crate::kernel::phone::Phone;

/// Where a person's number is sealed.
const PHONE: &str = "contacts.phone";

/// A person we hold a number for.
#[derive(Clone, Debug)]
pub struct Person {
    /// Which contact.
    pub id: ContactId,
    /// What opens the person's sealed data; `None` once they are erased.
    pub salt: Option<Vec<u8>>,
    /// What they have agreed to and asked for.
    pub standing: Standing,
    pub(super) sealed_phone: Option<Vec<u8>>,
    /// Taken out of the lists, or merged into another contact.
    pub(super) is_hidden: bool,
    /// Made just now, by us.
    pub(super) is_new: bool,
}

impl Person {
    /// The number; `None` once the person is erased.
    ///
    /// # Errors
    /// When the number cannot be opened with the installation's secret.
    pub fn phone(&self, cipher: &TenantCipher) -> Result<Option<Phone>> {
        open_phone(cipher, self.salt.as_deref(), self.sealed_phone.as_deref())
    }
}

/// Opens a stored number; `None` when its salt is gone with the person.
///
/// # Errors
/// When the number cannot be opened with the installation's secret.
pub fn open_phone(cipher: &TenantCipher, salt: Option<&[u8]>, sealed: Option<&[u8]>) -> Result<Option<Phone>> {
    let (Some(salt), Some(sealed)) = (salt, sealed) else { return Ok(None) };
    let text = cipher.person(salt).open_text(PHONE, sealed).map_err(Error::internal)?;
    Phone::from_e164(&text).map(Some).map_err(Error::internal)
}

/// What a person has agreed to, refused and asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Categories that they agreed to, as a set of [`crate::kernel::category::Category::bit`].
    pub granted: i64,
    /// Categories that they refused.
    pub withdrawn: i64,
    /// Categories that they are said to agree to and have not confirmed yet.
    pub pending: i64,
    /// When they stopped everything.
    pub stopped_at: Option<Millis>,
    /// Until when they want a break.
    pub paused_until: Option<Millis>,
    /// Their own quiet hours.
    pub quiet_hours: Option<QuietHours>,
    /// The most advertisements that they want in thirty days; `None` is no limit.
    pub offers_a_month: Option<i64>,
    /// The language they chose.
    pub language: Option<Language>,
    /// Where they live.
    pub time_zone: Option<Tz>,
}

/// The people with these numbers, made where they were not known, in the order of `phones`.
/// The same number twice gives the same person twice. An erased person comes back with a new salt and
/// with what they withdrew.
pub async fn ensure(tx: &mut Tx, cipher: &TenantCipher, subaccount: &SubaccountId, phones: &[Phone], now: Millis) -> Result<Vec<Person>> {
    known_or_made(tx, cipher, subaccount, phones, true, now).await
}

async fn known_or_made(
    tx: &mut Tx,
    cipher: &TenantCipher,
    subaccount: &SubaccountId,
    phones: &[Phone],
    revive: bool,
    now: Millis,
) -> Result<Vec<Person>> {
    let blinds: Vec<Vec<u8>> = phones.iter().map(|p| cipher.blind(p.digits())).collect();
    let mut known = by_blind(tx, subaccount, &blinds).await?;
    let mut fresh = Vec::new();
    let mut was_overtaken = false;
    // In the order of numbers, whoever makes them: two who make the same two people the other way round would wait for each other.
    let mut in_order: Vec<_> = phones.iter().zip(&blinds).collect();
    in_order.sort_unstable_by_key(|(phone, _)| phone.digits());
    for (phone, blind) in in_order {
        match known.get_mut(blind) {
            None => {
                let row = new_row(cipher, *phone, blind, now);
                known.insert(blind.clone(), row.person());
                fresh.push(row);
            }
            Some(person) if person.salt.is_none() && revive => {
                let row = new_row(cipher, *phone, blind, now);
                person.salt = Some(row.salt.clone());
                person.sealed_phone = Some(row.phone.clone());
                person.is_new = true;
                was_overtaken |= !store::refill(tx, subaccount, &person.id, &row, now).await?;
            }
            Some(_) => {}
        }
    }
    was_overtaken |= !fresh.is_empty() && store::insert(tx, subaccount, &fresh, now).await? < fresh.len() as u64;
    if was_overtaken {
        // Somebody else made some of them meanwhile: theirs count.
        known = by_blind(tx, subaccount, &blinds).await?;
    }
    blinds
        .iter()
        .map(|blind| known.get(blind).cloned().ok_or_else(|| Error::internal("a contact vanished while it was being made")))
        .collect()
}

/// Puts those of these people into the lists again who were taken out: they wrote, or are written to. Another number of somebody
/// brings the contact back that it belongs to. What was noted about them does not come back. A step.
pub async fn relist<'p>(tx: &mut Tx, subaccount: &SubaccountId, people: impl IntoIterator<Item = &'p Person>, now: Millis) -> Result<()> {
    let hidden: Vec<&ContactId> = people.into_iter().filter(|person| person.is_hidden).map(|person| &person.id).collect();
    store::relist(tx, subaccount, &hidden, now).await
}

/// As [`ensure`], but an erased person stays erased: they come back without salt and number.
pub async fn ensure_unless_erased(
    tx: &mut Tx,
    cipher: &TenantCipher,
    subaccount: &SubaccountId,
    phones: &[Phone],
    now: Millis,
) -> Result<Vec<Person>> {
    known_or_made(tx, cipher, subaccount, phones, false, now).await
}

/// Destroys what identifies a person and what opens their sealed data, and takes back their links. The keyed hash of the number
/// and the standing stay, so that the number stays refused. A step, under [`lock`].
pub async fn erase(tx: &mut Tx, subaccount: &SubaccountId, id: &ContactId, now: Millis) -> Result<()> {
    store::erase(tx, subaccount, id, now).await
}

/// The contacts that are further numbers of this one. A step.
pub async fn other_numbers(tx: &mut Tx, subaccount: &SubaccountId, id: &ContactId) -> Result<Vec<ContactId>> {
    let rows = store::profiles::merged_into(tx, subaccount, std::slice::from_ref(id)).await?;
    Ok(rows.into_iter().map(|row| ContactId::stored(row.id)).collect())
}

/// The contact that this number was merged into, or itself. A step.
pub async fn main_number(tx: &mut Tx, subaccount: &SubaccountId, id: &ContactId) -> Result<ContactId> {
    let row = store::profiles::rows(tx, subaccount, std::slice::from_ref(id), Lock::None).await?.pop();
    Ok(row.and_then(|row| row.merged_into).map_or_else(|| id.clone(), ContactId::stored))
}

/// The people with these numbers, in the order of `phones`; makes nobody.
pub async fn find(tx: &mut Tx, cipher: &TenantCipher, subaccount: &SubaccountId, phones: &[Phone]) -> Result<Vec<Option<Person>>> {
    let blinds: Vec<Vec<u8>> = phones.iter().map(|p| cipher.blind(p.digits())).collect();
    let known = by_blind(tx, subaccount, &blinds).await?;
    Ok(blinds.iter().map(|blind| known.get(blind).cloned()).collect())
}

/// People by id.
pub async fn by_ids(tx: &mut Tx, subaccount: &SubaccountId, ids: &[ContactId]) -> Result<HashMap<ContactId, Person>> {
    Ok(store::by_ids(tx, subaccount, ids, Lock::None).await?.into_iter().map(|p| (p.id.clone(), p)).collect())
}

/// People by id, held as they are until the transaction ends: nobody can withdraw consent meanwhile.
/// Taken in the order of ids, so that two holders never wait for each other.
pub async fn hold(tx: &mut Tx, subaccount: &SubaccountId, ids: &mut Vec<ContactId>) -> Result<HashMap<ContactId, Standing>> {
    ids.sort_unstable();
    ids.dedup();
    Ok(store::by_ids(tx, subaccount, ids, Lock::Shared).await?.into_iter().map(|p| (p.id, p.standing)).collect())
}

/// People by id, held for a change until the transaction ends: nobody sends to them or changes them
/// meanwhile. In the order of ids; who is not there is left out. Only consent calls it.
pub async fn lock(tx: &mut Tx, subaccount: &SubaccountId, ids: &mut Vec<ContactId>) -> Result<Vec<(ContactId, Standing)>> {
    ids.sort_unstable();
    ids.dedup();
    Ok(store::by_ids(tx, subaccount, ids, Lock::Alone).await?.into_iter().map(|p| (p.id, p.standing)).collect())
}

/// Up to `most` people who refused something, in the order of ids, behind `after`.
pub async fn refusing(tx: &mut Tx, subaccount: &SubaccountId, after: Option<&ContactId>, most: i64) -> Result<Vec<Person>> {
    store::refusing(tx, subaccount, after, most).await
}

/// The number of times that all links of the person were taken back; `None` when there is no such person.
pub async fn link_epoch(tx: &mut Tx, subaccount: &SubaccountId, id: &ContactId) -> Result<Option<i64>> {
    store::link_epoch(tx, subaccount, id).await
}

/// The same for several people at once.
pub async fn link_epochs(tx: &mut Tx, subaccount: &SubaccountId, ids: &[ContactId]) -> Result<HashMap<ContactId, i64>> {
    store::link_epochs(tx, subaccount, ids).await
}

/// Takes back all signed links of the person.
pub async fn revoke_links(tx: &mut Tx, subaccount: &SubaccountId, id: &ContactId, now: Millis) -> Result<()> {
    store::revoke_links(tx, subaccount, id, now).await
}

/// Writes the language that a person chose.
pub async fn set_language(tx: &mut Tx, subaccount: &SubaccountId, id: &ContactId, language: &Language, now: Millis) -> Result<()> {
    store::set_language(tx, subaccount, id, language, now).await
}

/// Writes what a person agreed to, refused and asked for. Only consent calls it, beside its ledger.
pub async fn set_standing(tx: &mut Tx, subaccount: &SubaccountId, id: &ContactId, standing: &Standing, now: Millis) -> Result<()> {
    store::set_standing(tx, subaccount, id, standing, now).await
}

async fn by_blind(tx: &mut Tx, subaccount: &SubaccountId, blinds: &[Vec<u8>]) -> Result<HashMap<Vec<u8>, Person>> {
    let mut known = HashMap::with_capacity(blinds.len());
    for part in blinds.chunks(500) {
        known.extend(store::by_blind(tx, subaccount, part).await?);
    }
    Ok(known)
}

/// A contact about to be written.
pub(super) struct NewRow {
    pub id: ContactId,
    pub blind: Vec<u8>,
    pub salt: Vec<u8>,
    pub phone: Vec<u8>,
    pub country: String,
}

impl NewRow {
    fn person(&self) -> Person {
        Person {
            id: self.id.clone(),
            salt: Some(self.salt.clone()),
            standing: Standing::default(),
            sealed_phone: Some(self.phone.clone()),
            is_hidden: false,
            is_new: true,
        }
    }
}

fn new_row(cipher: &TenantCipher, phone: Phone, blind: &[u8], now: Millis) -> NewRow {
    let salt = random_bytes::<16>().to_vec();
    let sealed = cipher.person(&salt).seal(PHONE, phone.e164().as_bytes());
    NewRow { id: ContactId::new(now), blind: blind.to_vec(), salt, phone: sealed, country: phone.country().as_str().to_owned() }
}
