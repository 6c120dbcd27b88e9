//! Packs of ready-made templates.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::problem::Problem;
use super::request::{Caller, Key, OptionalBody};
use super::shape::Answer;
use crate::templates::packs::{self, Installed, Pack};

/// Every pack.
#[derive(Debug, Serialize, ToSchema)]
pub struct PackList {
    /// In a fixed order.
    items: Vec<Pack>,
    /// Always null: there are few.
    next_cursor: Option<String>,
}

/// All packs
///
/// Ready-made templates by trade, each with its texts and whether the organisation has it.
#[utoipa::path(get, path = "/sms/template-packs", tag = "Templates", responses((status = 200, description = "The packs", body = PackList)))]
pub async fn list(State(api): State<Api>, Caller(actor): Caller) -> Answer<PackList> {
    Ok(Json(PackList { items: packs::packs(&api.app, &actor).await?, next_cursor: None }))
}

/// Which of its templates.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InstallBody {
    /// Their codes; all when absent.
    #[serde(default)]
    #[schema(example = json!(["shop_order_confirmed", "shop_order_shipped"]))]
    codes: Option<Vec<String>>,
}

/// Install
///
/// Makes templates of a pack, or of some of it, and publishes them; marketing waits where the organisation wants a second
/// person's approval. Codes that exist are left alone and named in `kept`, so calling again does no harm.
#[utoipa::path(post, path = "/sms/template-packs/{name}/install", tag = "Templates",
    params(("name" = String, Path, description = "The pack's name, such as shop")),
    request_body(content = InstallBody, example = json!({"codes": ["shop_order_confirmed"]})),
    responses((status = 201, description = "What was installed", body = Installed)))]
pub async fn install(
    State(api): State<Api>,
    Caller(actor): Caller,
    Key(name): Key,
    body: OptionalBody<InstallBody>,
) -> Result<(StatusCode, Json<Installed>), Problem> {
    Ok((StatusCode::CREATED, Json(packs::install(&api.app, &actor, &name, body.value.codes.as_deref()).await?)))
}
