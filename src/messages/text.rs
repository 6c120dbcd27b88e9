//! The text of a stored message.

use crate::app::App;
use crate::db::Tx;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::SubaccountId;
use crate::kernel::language::Language;
use crate::messages::content::Content;
use crate::messages::store::HistoryRow;
use crate::templates;

/// The text as it went out, or as it will go out by its template; `None` when the person was erased, when it is no longer kept, when
/// it holds a code, or when it holds values and no template.
pub async fn text_of(tx: &mut Tx, app: &App, row: &HistoryRow) -> Result<Option<String>> {
    let Some(salt) = row.salt.as_ref().filter(|_| !row.content.is_empty()) else { return Ok(None) };
    let subaccount = SubaccountId::stored(row.subaccount_id.clone());
    let key = app.cipher.tenant(&subaccount).person(salt);
    let content = Content::open(&key, &row.content).map_err(Error::internal)?;
    let template = match (&content, &row.template_id) {
        (Content::Text(text), _) => return Ok(Some(text.clone())),
        (Content::Secret(_), _) | (Content::Values(_), None) => return Ok(None),
        (Content::Values(_), Some(id)) => templates::published(tx, &subaccount, id, row.template_version).await?,
    };
    let wanted = row.language.clone().map(Language::stored);
    let template = template.of(row.variant.as_deref());
    let (language, _) = template.text_for(wanted.as_ref(), &Language::english());
    Ok(template.render(language, &|name| content.value(name)).ok())
}
