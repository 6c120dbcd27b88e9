//! What people bought, as the organisation's own systems tell it: for timelines, and for audiences to choose by.
//!
//! A purchase is known by the reference that the organisation gave it: told again, it is the same purchase, and the later word
//! about it holds. Purchases belong to the person, not to a number, so a merge brings them along; they go with the profile.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::contact::Opened;
use super::edit::{found, held};
use super::profile::{Read, Refusal, one_line};
use super::store::purchases::{self as store, NewPurchase, PurchaseRow};
use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::db::Tx;
use crate::kernel::clock::{DAY, Millis, parse_rfc3339, rfc3339};
use crate::kernel::crypto::TenantCipher;
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::id::{ContactId, PurchaseId, SubaccountId, floor};
use crate::kernel::money::{Currency, Micros, Money, parse_decimal};
use crate::kernel::page::{Page, PageRequest};

/// The longest reference, in characters.
const LONGEST_REFERENCE: usize = 100;
/// The longest list of what was bought, in characters.
const LONGEST_ITEMS: usize = 500;
/// The first instant of the year 2000: nothing is older.
const OLDEST: Millis = 946_684_800_000;
/// How much of a key is time: the rest tells purchases of one instant apart.
const TIME_OF_KEY: usize = 10;

const REFERENCE: &str = "purchases.reference";
const ITEMS: &str = "purchases.items";

/// An amount of money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PurchaseMoney)]
pub struct Price {
    /// Exact decimal.
    #[schema(example = "49.90")]
    pub amount: String,
    /// ISO 4217; the organisation's own when absent.
    #[serde(default)]
    #[schema(example = "EUR")]
    pub currency: Option<String>,
}

/// A purchase, as a caller tells it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PurchaseInput {
    /// What your system calls it: an order's number. Unique in the subaccount, at most 100 characters.
    #[schema(example = "ORDER-4711")]
    pub reference: String,
    /// For how much; not negative.
    pub amount: Price,
    /// When; now when absent.
    #[serde(default)]
    #[schema(format = DateTime)]
    pub at: Option<String>,
    /// What was bought, at most 500 characters.
    #[serde(default)]
    #[schema(example = "2 × brake pads")]
    pub items: Option<String>,
}

/// Something that a person bought. Those who may not see personal data get neither reference nor items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Purchase {
    /// The id.
    #[schema(example = "pur_0kx1w2v3t4s5r6q7p8n9m0a")]
    pub id: String,
    /// What your system calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// For how much.
    pub amount: Price,
    /// What was bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<String>,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// For how much, for people.
    #[serde(skip)]
    pub money: Money,
    /// When, in epoch milliseconds.
    #[serde(skip)]
    pub at_millis: Millis,
    /// Its place among what happened with the person: sorts with bodies of ids.
    #[serde(skip)]
    pub key: String,
}

/// A purchase that was read and found sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bought {
    /// What the organisation calls it.
    pub reference: String,
    /// For how much.
    pub amount: Micros,
    /// Of which currency.
    pub currency: Currency,
    /// When.
    pub at: Millis,
    /// What.
    pub items: Option<String>,
}

impl PurchaseInput {
    fn read(&self, own: Currency, now: Millis) -> Result<Bought> {
        let mut errors = FieldErrors::new();
        let mut noted = |field: &str, refusal: Refusal| refusal.note(field, &mut errors);
        let reference = reference(&self.reference).map_err(|r| noted("reference", r)).ok();
        let amount = amount(&self.amount.amount).map_err(|r| noted("amount.amount", r)).ok();
        let given = self.amount.currency.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let currency = given.map_or(Ok(own), currency).map_err(|r| noted("amount.currency", r)).ok();
        let at = self.at.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let at = at.map_or(Ok(now), |text| instant(text, now)).map_err(|r| noted("at", r)).ok();
        let items = self.items.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let items = items.map(items_of).transpose().map_err(|r| noted("items", r)).ok();
        errors.into_result()?;
        match (reference, amount, currency, at, items) {
            (Some(reference), Some(amount), Some(currency), Some(at), Some(items)) => Ok(Bought { reference, amount, currency, at, items }),
            _ => Err(Error::internal("a purchase was refused without a reason")),
        }
    }
}

/// Reads a reference.
///
/// # Errors
/// When it is empty or longer than 100 characters.
pub fn reference(text: &str) -> Read<String> {
    let text = one_line(text, "reference", LONGEST_REFERENCE)?;
    if text.is_empty() {
        let fix = "Give what your system calls the purchase, such as the number of the order.";
        return Err(Refusal::new("required", "The purchase has no reference.", fix));
    }
    Ok(text)
}

/// Reads an amount.
///
/// # Errors
/// When it is no decimal, or negative.
pub fn amount(text: &str) -> Read<Micros> {
    let micros = parse_decimal(text).map_err(|why| Refusal::new("not_an_amount", "This is no amount.", why))?;
    if micros < 0 {
        let fix = "After a refund tell the purchase again with what is left of it.";
        return Err(Refusal::new("negative", "The amount of a purchase is not negative.", fix));
    }
    Ok(micros)
}

/// Reads a currency.
///
/// # Errors
/// When it is no code of three letters.
pub fn currency(text: &str) -> Read<Currency> {
    Currency::parse(text).ok_or_else(|| Refusal::new("unknown_currency", "This is no currency.", "Write its code, such as USD."))
}

/// Reads when it was: an instant, or a day, which then begins in UTC.
///
/// # Errors
/// When it is neither, before the year 2000 or in the future.
pub fn instant(text: &str, now: Millis) -> Read<Millis> {
    let read = parse_rfc3339(text).or_else(|| parse_rfc3339(&format!("{}T00:00:00Z", text.trim())));
    let fix = "Write it as 2026-11-21, or as 2026-11-21T10:00:00Z.";
    let at = read.ok_or_else(|| Refusal::new("not_an_instant", "This is no date.", fix))?;
    if !(OLDEST..=now + DAY).contains(&at) {
        return Err(Refusal::new("out_of_range", "This is before the year 2000 or in the future.", "Give the day on which it was bought."));
    }
    Ok(at)
}

/// Reads what was bought.
///
/// # Errors
/// When it is longer than 500 characters, or has line breaks.
pub fn items_of(text: &str) -> Read<String> {
    one_line(text, "list of items", LONGEST_ITEMS)
}

/// What came of a purchase that was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// It was not known before.
    New(Purchase),
    /// It was; the later word holds.
    Known(Purchase),
}

/// Notes what a person bought. Needs [`Permission::Send`].
///
/// # Errors
/// Every faulty field, by name; [`Error::Conflict`] when somebody else has a purchase of this reference.
pub async fn record(app: &App, actor: &Actor, id: &str, input: &PurchaseInput) -> Result<Told> {
    actor.require(Permission::Send)?;
    let (now, subaccount, cipher) = (app.clock.now(), &actor.subaccount, app.cipher.tenant(&actor.subaccount));
    let mut tx = app.db.write().await?;
    let own = access::settings_of(&mut tx, subaccount).await?.currency;
    let bought = input.read(own, now)?;
    let person = held(&mut tx, &cipher, actor, id).await?;
    let taken = || Error::conflict("Another contact has a purchase of this reference. Give this one a reference of its own.");
    let known = store::owners(&mut tx, subaccount, &[hash(&cipher, &bought.reference)]).await?;
    if known.values().any(|owner| *owner != person.id()) {
        return Err(taken());
    }
    let row = sealed(&cipher, &person, &bought);
    if store::upsert(&mut tx, subaccount, std::slice::from_ref(&row)).await? == 0 {
        // Somebody told it of another contact in this very moment.
        return Err(taken());
    }
    access::audit(&mut tx, actor, "purchase.record", person.id().as_str(), &json!({}), now).await?;
    let stored = store::with_hash(&mut tx, subaccount, &row.reference_hash).await?;
    let stored = stored.ok_or_else(|| Error::internal("a purchase that was just noted is not there"))?;
    let purchase = opened(&cipher, &person.salt, stored, actor.may(Permission::ViewPersonal))?;
    tx.commit().await?;
    Ok(if known.is_empty() { Told::New(purchase) } else { Told::Known(purchase) })
}

/// One page of what a person bought, the latest first. Needs [`Permission::View`].
pub async fn list(app: &App, actor: &Actor, id: &str, page: &PageRequest) -> Result<Page<Purchase>> {
    actor.require(Permission::View)?;
    let mut tx = app.db.read().await?;
    let id = found(&mut tx, actor, id).await?;
    let rows = of_contact(&mut tx, app, actor, &id, page.cursor.as_deref(), page.rows_to_fetch()).await?;
    Ok(page.page(rows, |purchase| purchase.key.clone()))
}

/// Purchases of a person before a place in their timeline, the latest first. A step.
pub async fn of_contact(tx: &mut Tx, app: &App, actor: &Actor, id: &ContactId, before: Option<&str>, most: i64) -> Result<Vec<Purchase>> {
    let Some(person) = super::by_ids(tx, &actor.subaccount, std::slice::from_ref(id)).await?.remove(id) else { return Ok(Vec::new()) };
    let Some(salt) = person.salt else { return Ok(Vec::new()) };
    let (cipher, may_see) = (app.cipher.tenant(&actor.subaccount), actor.may(Permission::ViewPersonal));
    let rows = store::of_contact(tx, &actor.subaccount, id, before, most).await?;
    rows.into_iter().map(|row| opened(&cipher, &salt, row, may_see)).collect()
}

/// How often and for how much a person bought, by currency. Needs [`Permission::View`].
pub async fn totals(app: &App, actor: &Actor, id: &str) -> Result<Vec<(u64, Money)>> {
    actor.require(Permission::View)?;
    let mut tx = app.db.read().await?;
    let id = found(&mut tx, actor, id).await?;
    let rows = store::totals(&mut tx, &actor.subaccount, &id).await?;
    let total = |(currency, count, micros): (String, i64, Micros)| {
        Some((count.unsigned_abs(), Money { micros, currency: Currency::parse(&currency)? }))
    };
    Ok(rows.into_iter().filter_map(total).collect())
}

/// Takes a purchase away. Needs [`Permission::Send`].
pub async fn remove(app: &App, actor: &Actor, id: &str, purchase: &str) -> Result<()> {
    actor.require(Permission::Send)?;
    let purchase = PurchaseId::parse(purchase).ok_or(Error::NotFound("purchase"))?;
    let mut tx = app.db.write().await?;
    let id = found(&mut tx, actor, id).await?;
    if !store::delete(&mut tx, &actor.subaccount, &id, &purchase).await? {
        return Err(Error::NotFound("purchase"));
    }
    access::audit(&mut tx, actor, "purchase.remove", id.as_str(), &json!({}), app.clock.now()).await?;
    Ok(tx.commit().await?)
}

/// Gives the purchases of one contact to another, sealed for them from now on. A step of a merge, which has locked both.
pub(super) async fn hand_over(tx: &mut Tx, cipher: &TenantCipher, subaccount: &SubaccountId, from: &Opened, to: &Opened) -> Result<()> {
    const AT_ONCE: i64 = 500;
    let mut before: Option<String> = None;
    loop {
        let rows = store::of_contact(tx, subaccount, &from.id(), before.as_deref(), AT_ONCE).await?;
        let is_last = (rows.len() as i64) < AT_ONCE;
        before = rows.last().map(|row| row.key.clone());
        let mut moved = Vec::with_capacity(rows.len());
        for row in rows {
            let (id, key) = (row.id.clone(), row.key.clone());
            let purchase = opened(cipher, &from.salt, row, true)?;
            let bought = Bought {
                reference: purchase.reference.unwrap_or_default(),
                amount: purchase.money.micros,
                currency: purchase.money.currency,
                at: purchase.at_millis,
                items: purchase.items,
            };
            moved.push(NewPurchase { id: PurchaseId::stored(id), key, ..sealed(cipher, to, &bought) });
        }
        store::replace(tx, subaccount, &moved).await?;
        if is_last {
            return Ok(());
        }
    }
}

/// The keyed hash by which a reference is found.
pub(super) fn hash(cipher: &TenantCipher, reference: &str) -> Vec<u8> {
    cipher.blind_word(REFERENCE, reference)
}

/// A purchase sealed for a person.
pub(super) fn sealed(cipher: &TenantCipher, person: &Opened, bought: &Bought) -> NewPurchase {
    let key = cipher.person(&person.salt);
    let id = PurchaseId::new(bought.at);
    let body = id.as_str().split_once('_').map_or("", |(_, body)| body);
    NewPurchase {
        contact: person.id(),
        reference_hash: hash(cipher, &bought.reference),
        reference: key.seal(REFERENCE, bought.reference.as_bytes()),
        items: bought.items.as_deref().map(|items| key.seal(ITEMS, items.as_bytes())),
        amount: bought.amount,
        currency: bought.currency,
        at: bought.at,
        // Ids only rise, so the time of one in the past is put in here.
        key: format!("{}{}", &floor(bought.at)[..TIME_OF_KEY], &body[TIME_OF_KEY..]),
        id,
    }
}

fn opened(cipher: &TenantCipher, salt: &[u8], row: PurchaseRow, may_see: bool) -> Result<Purchase> {
    let key = cipher.person(salt);
    let money = Money { micros: row.amount, currency: Currency::parse(&row.currency).unwrap_or(Currency::USD) };
    let open = |context: &str, sealed: &[u8]| key.open_text(context, sealed).map_err(Error::internal);
    let reference = may_see.then(|| open(REFERENCE, &row.reference)).transpose()?;
    let items = row.items.as_deref().filter(|_| may_see).map(|sealed| open(ITEMS, sealed)).transpose()?;
    Ok(Purchase {
        id: row.id,
        reference,
        amount: Price { amount: money.amount(), currency: Some(money.currency.as_str().to_owned()) },
        items,
        at: rfc3339(row.at),
        money,
        at_millis: row.at,
        key: row.key,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(reference: &str, amount: &str, at: &str) -> PurchaseInput {
        let price = Price { amount: amount.into(), currency: None };
        PurchaseInput { reference: reference.into(), amount: price, at: Some(at.into()), items: None }
    }

    #[test]
    fn a_purchase_is_read_or_told_what_is_wrong_with_it() {
        let now = parse_rfc3339("2026-11-21T10:00:00Z").expect("an instant");
        let read = |i: PurchaseInput| i.read(Currency::USD, now);
        let bought = read(input(" A-1 ", "12.50", "2026-11-20")).expect("sound");
        assert_eq!((bought.reference.as_str(), bought.amount, bought.currency), ("A-1", 12_500_000, Currency::USD));
        assert_eq!(rfc3339(bought.at), "2026-11-20T00:00:00.000Z");
        let Err(Error::Invalid(errors)) = read(input("", "-1", "2031-01-01")) else { panic!("it is refused") };
        let codes: Vec<_> = errors.0.iter().map(|e| (e.field.as_str(), e.code.as_str())).collect();
        assert_eq!(codes, [("reference", "required"), ("amount.amount", "negative"), ("at", "out_of_range")]);
    }
}
