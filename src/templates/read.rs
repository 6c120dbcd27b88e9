//! Looking at templates.

use std::collections::HashMap;

use super::store;
use super::view::{TemplateFilter, TemplateView, VersionView};
use crate::access::{Actor, Permission};
use crate::app::App;
use crate::kernel::error::{Error, Result};
use crate::kernel::page::{Page, PageRequest};

/// Templates, newest first. Needs [`Permission::View`].
pub async fn list(app: &App, actor: &Actor, filter: &TemplateFilter, page: &PageRequest) -> Result<Page<TemplateView>> {
    actor.require(Permission::View)?;
    let mut tx = app.db.read().await?;
    let rows = store::list(&mut tx, &actor.subaccount, filter, page.cursor.as_deref(), page.rows_to_fetch()).await?;
    Ok(page.page(rows, |template| template.id.to_string()))
}

/// What these templates are called, by id; unknown ids are left out. Needs [`Permission::View`].
pub async fn names(app: &App, actor: &Actor, ids: &[&str]) -> Result<HashMap<String, String>> {
    actor.require(Permission::View)?;
    let mut tx = app.db.read().await?;
    store::names(&mut tx, &actor.subaccount, ids).await
}

/// One template by its id or code. Needs [`Permission::View`].
pub async fn get(app: &App, actor: &Actor, id_or_code: &str) -> Result<TemplateView> {
    actor.require(Permission::View)?;
    let mut tx = app.db.read().await?;
    store::get(&mut tx, &actor.subaccount, id_or_code).await
}

/// The published versions of a template, newest first. Needs [`Permission::View`].
pub async fn versions(app: &App, actor: &Actor, id_or_code: &str, page: &PageRequest) -> Result<Page<VersionView>> {
    actor.require(Permission::View)?;
    let before = match &page.cursor {
        None => i64::MAX,
        Some(version) => version.parse().map_err(|_| Error::invalid("cursor", "unreadable", "Use the next_cursor of the page before."))?,
    };
    let mut tx = app.db.read().await?;
    let template = store::get(&mut tx, &actor.subaccount, id_or_code).await?;
    let rows = store::versions(&mut tx, &actor.subaccount, &template.id, before, page.rows_to_fetch()).await?;
    Ok(page.page(rows, |version| version.version.to_string()))
}

/// One published version of a template. Needs [`Permission::View`].
pub async fn version(app: &App, actor: &Actor, id_or_code: &str, version: i64) -> Result<VersionView> {
    actor.require(Permission::View)?;
    let mut tx = app.db.read().await?;
    let template = store::get(&mut tx, &actor.subaccount, id_or_code).await?;
    store::version(&mut tx, &actor.subaccount, &template.id, version).await?.ok_or(Error::NotFound("version"))
}
