//! An upload's message and columns brought together: what each row would say.

use std::collections::HashSet;

use super::block::{BlockRow, BlockRows};
use super::check::value_of;
use super::store;
use super::{Message, Upload};
use crate::access::{self, Settings};
use crate::contacts::csv::{Mapping, guess};
use crate::db::Tx;
use crate::kernel::crypto::TenantCipher;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{SubaccountId, UploadId};
use crate::kernel::own_link::OwnLinks;
use crate::templates::grammar::RenderError;

/// Rows that a guess looks at.
const SAMPLE: usize = 50;

/// Where a mapping comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Somebody chose it for this file.
    Chosen,
    /// The last file with the same columns had it.
    Remembered,
    /// Guessed from names and values.
    Guessed,
}

/// A message and the columns that fill it.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What is to be sent.
    pub message: Message,
    /// Which column is what.
    pub mapping: Mapping,
    /// Who says so.
    pub origin: Origin,
}

impl Plan {
    /// The plan of an upload; `None` while no message was chosen.
    pub async fn of(
        tx: &mut Tx,
        cipher: &TenantCipher,
        subaccount: &SubaccountId,
        upload: &Upload,
        settings: &Settings,
        links: &OwnLinks,
    ) -> Result<Option<Self>> {
        let Some(message) = Message::stored(tx, subaccount, upload, &settings.language, links).await? else { return Ok(None) };
        let sample = first_rows(tx, cipher, subaccount, upload, SAMPLE).await?;
        let names = message.placeholders();
        let (mapping, origin) = match &upload.mapping {
            Some(chosen) => {
                (chosen.resolve(&upload.headers, &names).map_err(|e| Error::invalid("mapping", e.code(), e.to_string()))?, Origin::Chosen)
            }
            None => {
                let remembered = store::last_mapping(tx, subaccount, upload).await?;
                let remembered = remembered.and_then(|stored| stored.resolve(&upload.headers, &names).ok());
                let guessed = || (guess(&upload.headers, &sample, &names), Origin::Guessed);
                remembered.map(|mapping| (mapping, Origin::Remembered)).filter(|(m, _)| !lacks(&message, m)).unwrap_or_else(guessed)
            }
        };
        Ok(Some(Self { message, mapping, origin }))
    }

    /// Placeholders that need a value and have no column.
    pub fn unfilled(&self) -> Vec<&str> {
        self.mapping.unfilled().filter(|name| self.message.requires(name)).collect()
    }

    /// Refuses a plan that no row could be sent by.
    ///
    /// # Errors
    /// [`Error::Invalid`] on the field `mapping`, naming what has no column.
    pub fn require_complete(&self) -> Result<()> {
        if self.mapping.phone.is_none() {
            return Err(Error::invalid(
                "mapping",
                "missing_phone_column",
                "No column is matched to phone. Choose the column that holds the phone numbers.",
            ));
        }
        let unfilled = self.unfilled();
        if unfilled.is_empty() {
            return Ok(());
        }
        let names = unfilled.iter().map(|name| format!("“{name}”")).collect::<Vec<_>>().join(", ");
        let detail = format!("No column fills {names}. Match a column to each, or give the placeholder a default.");
        Err(Error::invalid("mapping", "unmatched_placeholder", detail))
    }

    /// Placeholders and their values in a row; those without a value are left out.
    pub fn values(&self, row: &BlockRow<'_>) -> Vec<(String, String)> {
        let fills = &self.mapping.fills;
        let of_row = |name: &str| value_of(fills, row, name);
        let value = self.message.or_default(&of_row);
        let pair = |name: &String| value(name).map(|v| (name.clone(), v.to_owned()));
        fills.iter().filter_map(|(name, _)| pair(name)).collect()
    }
}

impl Plan {
    /// The text of a row in one of the message's languages.
    ///
    /// # Errors
    /// When the row's values do not fill it; a row that the check lets pass always does.
    pub fn text(&self, row: &BlockRow<'_>, language: u8) -> std::result::Result<String, RenderError> {
        let mut text = String::new();
        self.message.render(language, &|name| value_of(&self.mapping.fills, row, name), &mut text)?;
        Ok(text)
    }
}

fn lacks(message: &Message, mapping: &Mapping) -> bool {
    mapping.unfilled().any(|name| message.requires(name))
}

/// The first rows of a file, for people and for guesses.
pub(super) async fn first_rows(
    tx: &mut Tx,
    cipher: &TenantCipher,
    subaccount: &SubaccountId,
    upload: &Upload,
    most: usize,
) -> Result<Vec<Vec<String>>> {
    let mut sample = Vec::new();
    for block in store::blocks(tx, subaccount, &upload.id, 0, 1).await? {
        let bytes = block.open_rows(cipher, &upload.id)?;
        let (mut rows, mut row) = (BlockRows::new(&bytes, block.first_row), BlockRow::default());
        while sample.len() < most && rows.next_into(&mut row).map_err(Error::internal)? {
            sample.push(row.cells.iter().map(|cell| (*cell).to_owned()).collect());
        }
    }
    Ok(sample)
}

/// The countries of the settings as a set; empty is all.
pub(super) fn countries(settings: &Settings) -> HashSet<crate::kernel::phone::Country> {
    settings.countries.iter().copied().collect()
}

/// The plan of an upload that was checked (step).
///
/// # Errors
/// [`Error::NotFound`], or a fault when it has no message.
pub async fn plan(tx: &mut Tx, cipher: &TenantCipher, subaccount: &SubaccountId, id: &UploadId, links: &OwnLinks) -> Result<Plan> {
    let upload = store::get(tx, cipher, subaccount, id).await?;
    let settings = access::settings_of(tx, subaccount).await?;
    let plan = Plan::of(tx, cipher, subaccount, &upload, &settings, links).await?;
    plan.ok_or_else(|| Error::internal("an upload that was checked has no message"))
}
