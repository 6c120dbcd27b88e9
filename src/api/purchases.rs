//! What people bought.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::Api;
use super::problem::Problem;
use super::request::{Body, Caller, Key, Params};
use super::shape::{Answer, List, PageParams};
use crate::contacts::purchases::{self, Told};
use crate::contacts::{Purchase, PurchaseInput};

/// A contact's purchases
///
/// The latest first. Those who may not see personal data get neither reference nor items.
#[utoipa::path(get, path = "/contacts/{id}/purchases", tag = "Contacts", params(("id" = String, Path, description = "The contact's id"), PageParams),
    responses((status = 200, description = "One page", body = List<Purchase>)))]
pub async fn list(State(api): State<Api>, Caller(actor): Caller, Key(id): Key, Params(page): Params<PageParams>) -> Answer<List<Purchase>> {
    Ok(Json(purchases::list(&api.app, &actor, &id, &page.read()?).await?.into()))
}

/// Tell a purchase
///
/// Known by its reference: told again it is the same purchase (200), and the later word about amount, time and items holds. 409 when
/// another contact has a purchase of this reference.
#[utoipa::path(post, path = "/contacts/{id}/purchases", tag = "Contacts", params(("id" = String, Path, description = "The contact's id")),
    request_body(content = PurchaseInput, example = json!({"reference": "ORDER-4711", "amount": {"amount": "49.90", "currency": "EUR"}, "at": "2026-11-20T14:05:00Z", "items": "2 × brake pads"})),
    responses((status = 201, description = "The purchase", body = Purchase), (status = 200, description = "It was known; the later word holds", body = Purchase)))]
pub async fn record(
    State(api): State<Api>,
    Caller(actor): Caller,
    Key(id): Key,
    body: Body<PurchaseInput>,
) -> Result<(StatusCode, Json<Purchase>), Problem> {
    Ok(match purchases::record(&api.app, &actor, &id, &body.value).await? {
        Told::New(purchase) => (StatusCode::CREATED, Json(purchase)),
        Told::Known(purchase) => (StatusCode::OK, Json(purchase)),
    })
}

/// Delete a purchase
#[utoipa::path(delete, path = "/contacts/{id}/purchases/{purchase}", tag = "Contacts",
    params(("id" = String, Path, description = "The contact's id"), ("purchase" = String, Path, description = "The purchase's id")),
    responses((status = 204, description = "It is gone")))]
pub async fn remove(
    State(api): State<Api>,
    Caller(actor): Caller,
    Key((id, purchase)): Key<(String, String)>,
) -> Result<StatusCode, Problem> {
    purchases::remove(&api.app, &actor, &id, &purchase).await?;
    Ok(StatusCode::NO_CONTENT)
}
