//! A contact as people and other systems see it.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use utoipa::ToSchema;

use super::open_phone;
use super::profile::{LeadStatus, Profile};
use super::store::Lock;
use super::store::profiles::{self, ProfileRow, Written};
use super::words;
use crate::access::{Actor, Permission};
use crate::db::Tx;
use crate::kernel::clock::{Millis, rfc3339};
use crate::kernel::crypto::TenantCipher;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{ContactId, SubaccountId};
use crate::kernel::language::Language;
use crate::kernel::phone::Phone;

const NAME: &str = "contacts.name";
const ATTRIBUTES: &str = "contacts.attributes";

/// Somebody whom we hold a number of. Those who may not see personal data get a masked number, and no name or attributes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Contact {
    /// The id.
    #[schema(example = "con_0kx1w2v3t4s5r6q7p8n9m0a")]
    pub id: String,
    /// The number in E.164, or masked.
    #[schema(example = "+14155550123")]
    pub phone: String,
    /// The country of the number, as ISO code.
    #[schema(example = "US")]
    pub country: String,
    /// Their name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The language to write to them in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Where their clocks are, as IANA name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Anything else, by name.
    pub attributes: BTreeMap<String, String>,
    /// Words to sort people by.
    pub tags: Vec<String>,
    /// How far a lead has come: new, contacted, qualified, won or lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<&'static str>,
    /// Their other numbers: contacts that were merged into this one. Consent is kept for each number by itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_numbers: Vec<OtherNumber>,
    /// When we first held the number.
    #[serde(serialize_with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Millis,
    /// When their data, or what they agreed to, last changed.
    #[serde(serialize_with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Millis,
}

/// Another number of somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OtherNumber {
    /// The id of the contact that it was.
    pub id: String,
    /// The number in E.164, or masked.
    pub phone: String,
}

fn instant<S: serde::Serializer>(at: &Millis, to: S) -> std::result::Result<S::Ok, S::Error> {
    to.serialize_str(&rfc3339(*at))
}

/// A row with its profile opened.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The row.
    pub row: ProfileRow,
    /// The number.
    pub phone: Phone,
    /// What opens and seals the person's data.
    pub salt: Vec<u8>,
    /// What is noted about them.
    pub profile: Profile,
}

impl Opened {
    /// The id.
    pub fn id(&self) -> ContactId {
        ContactId::stored(self.row.id.clone())
    }
}

/// Opens rows; people who were erased are left out.
pub async fn open(tx: &mut Tx, cipher: &TenantCipher, subaccount: &SubaccountId, rows: Vec<ProfileRow>) -> Result<Vec<Opened>> {
    let ids: Vec<ContactId> = rows.iter().map(|row| ContactId::stored(row.id.clone())).collect();
    let mut tags = profiles::tags_of(tx, subaccount, &ids).await?;
    let mut opened = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(salt) = row.salt.clone() else { continue };
        let Some(phone) = open_phone(cipher, Some(&salt), row.phone.as_deref())? else { continue };
        let key = cipher.person(&salt);
        let attributes = row.attributes.as_deref().map(|sealed| key.open(ATTRIBUTES, sealed)).transpose().map_err(Error::internal)?;
        let profile = Profile {
            name: row.name.as_deref().map(|sealed| key.open_text(NAME, sealed)).transpose().map_err(Error::internal)?,
            language: row.language.clone().map(Language::stored),
            time_zone: row.time_zone.as_deref().and_then(|zone| zone.parse().ok()),
            attributes: attributes.map(|json| serde_json::from_slice(&json)).transpose().map_err(Error::internal)?.unwrap_or_default(),
            tags: tags.remove(&row.id).unwrap_or_default().into_iter().collect(),
            status: row.status.as_deref().and_then(LeadStatus::parse),
        };
        opened.push(Opened { row, phone, salt, profile });
    }
    Ok(opened)
}

/// Somebody with what is noted about them, for steps: whole, whoever asks.
#[derive(Clone, Debug)]
pub struct Known {
    /// Which contact.
    pub id: ContactId,
    /// The number.
    pub phone: Phone,
    /// What is noted about them.
    pub profile: Profile,
}

/// These people with what is noted about them, in the order of their ids; who was erased is left out. A step.
pub async fn known(tx: &mut Tx, cipher: &TenantCipher, subaccount: &SubaccountId, ids: &[ContactId]) -> Result<Vec<Known>> {
    let rows = profiles::rows(tx, subaccount, ids, Lock::None).await?;
    let opened = open(tx, cipher, subaccount, rows).await?;
    Ok(opened.into_iter().map(|o| Known { id: o.id(), phone: o.phone, profile: o.profile }).collect())
}

/// What is noted about these people by name; who has nothing noted is left out. A step.
pub async fn attributes_of(
    tx: &mut Tx,
    cipher: &TenantCipher,
    subaccount: &SubaccountId,
    ids: &[ContactId],
) -> Result<HashMap<ContactId, BTreeMap<String, String>>> {
    let mut found = HashMap::new();
    for (id, salt, sealed) in profiles::attributes(tx, subaccount, ids).await? {
        let json = cipher.person(&salt).open(ATTRIBUTES, &sealed).map_err(Error::internal)?;
        found.insert(ContactId::stored(id), serde_json::from_slice(&json).map_err(Error::internal)?);
    }
    Ok(found)
}

/// These people as this actor may see them, in the order of their ids. A step.
pub async fn shown(tx: &mut Tx, cipher: &TenantCipher, actor: &Actor, ids: &[ContactId]) -> Result<Vec<Contact>> {
    let rows = profiles::rows(tx, &actor.subaccount, ids, Lock::None).await?;
    view(tx, cipher, actor, rows).await
}

/// A profile sealed for the person with this salt.
pub fn seal(cipher: &TenantCipher, id: ContactId, salt: &[u8], profile: &Profile) -> Written {
    let key = cipher.person(salt);
    let json = serde_json::to_vec(&profile.attributes).expect("a map of strings is always JSON");
    Written {
        id,
        name: profile.name.as_deref().map(|name| key.seal(NAME, name.as_bytes())),
        language: profile.language.as_ref().map(|l| l.as_str().to_owned()),
        time_zone: profile.time_zone.map(|zone| zone.name().to_owned()),
        attributes: (!profile.attributes.is_empty()).then(|| key.seal(ATTRIBUTES, &json)),
        status: profile.status,
        tags: profile.tags.iter().cloned().collect(),
        words: profile.name.as_deref().map(|name| words::indexes(cipher, name)).unwrap_or_default(),
    }
}

/// Rows as this actor may see them, in their order, with their other numbers.
pub async fn view(tx: &mut Tx, cipher: &TenantCipher, actor: &Actor, rows: Vec<ProfileRow>) -> Result<Vec<Contact>> {
    let may_see = actor.may(Permission::ViewPersonal);
    let shown = |phone: Phone| if may_see { phone.e164() } else { phone.masked() };
    let ids: Vec<ContactId> = rows.iter().map(|row| ContactId::stored(row.id.clone())).collect();
    let mut others: HashMap<String, Vec<OtherNumber>> = HashMap::new();
    for row in profiles::merged_into(tx, &actor.subaccount, &ids).await? {
        let Some(phone) = open_phone(cipher, row.salt.as_deref(), row.phone.as_deref())? else { continue };
        others.entry(row.merged_into.unwrap_or_default()).or_default().push(OtherNumber { id: row.id, phone: shown(phone) });
    }
    let opened = open(tx, cipher, &actor.subaccount, rows).await?;
    Ok(opened
        .into_iter()
        .map(|Opened { row, phone, profile, .. }| Contact {
            phone: shown(phone),
            country: row.country,
            name: profile.name.filter(|_| may_see),
            language: profile.language.map(|l| l.as_str().to_owned()),
            time_zone: profile.time_zone.map(|zone| zone.name().to_owned()),
            attributes: if may_see { profile.attributes } else { BTreeMap::new() },
            tags: profile.tags.into_iter().collect(),
            status: profile.status.map(LeadStatus::as_str),
            other_numbers: others.remove(&row.id).unwrap_or_default(),
            created_at: row.created_at,
            updated_at: row.updated_at,
            id: row.id,
        })
        .collect())
}
