//! Connections: accounts at providers, by name.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::Api;
use super::once;
use super::problem::Problem;
use super::request::{Body, Caller, Key};
use super::shape::{Answer, List};
use crate::access::{Actor, Permission};
use crate::connections::{self, ConnectionInput, ConnectionView, Price};
use crate::kernel::category::Category;
use crate::kernel::clock::{Millis, rfc3339};
use crate::kernel::limits::Limits;
use crate::kernel::money::decimal;
use crate::kernel::page::Page;
use crate::messages::{self, Message, TestRequest};
use crate::providers::Door;

/// A connection. Of its secrets only the end is shown.
#[derive(Debug, Serialize, ToSchema)]
pub struct Connection {
    /// What people call it.
    #[schema(example = "simulator")]
    name: String,
    /// Whose gateway it is.
    #[schema(example = "simulator")]
    provider: &'static str,
    /// Whether it may be used.
    enabled: bool,
    /// Why Peyk stopped using it.
    #[serde(skip_serializing_if = "Option::is_none")]
    paused_reason: Option<String>,
    /// Lower is tried first.
    priority: i64,
    /// Countries that it is for; empty for all.
    countries: Vec<String>,
    /// Categories that it is for; empty for all.
    categories: Vec<Category>,
    /// Senders that it may use, the default first.
    senders: Vec<String>,
    /// How fast it may be used.
    limits: Limits,
    /// How fast some of its senders may be used, besides, by sender.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(example = json!({"+14155550100": {"per_second": 1}}))]
    sender_limits: BTreeMap<String, Limits>,
    /// Price of a segment by country, `*` for all others, in the organisation's currency.
    #[schema(example = json!({"*": "0.0079"}))]
    prices: BTreeMap<String, String>,
    /// Its settings at the provider, by name; secrets with their end alone.
    #[schema(example = json!({"account_sid": "AC0123", "auth_token": "…a91f"}))]
    config: BTreeMap<&'static str, String>,
    /// Where the provider reports what became of messages; for those who may change settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    status_url: Option<String>,
    /// Where the provider hands on what people write back; for those who may change settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    inbound_url: Option<String>,
    /// How it does.
    health: Health,
}

/// How a connection does, all countries together.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConnectionHealth)]
pub struct Health {
    /// `healthy`, `trying` or `failing`: the worst that holds for any country.
    #[schema(example = "healthy")]
    state: &'static str,
    /// Since when; absent for one that was never kept back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    since: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Share of the attempts that failed by the provider's fault, of the last five minutes or since the state began.
    #[serde(skip_serializing_if = "Option::is_none")]
    error_share: Option<f64>,
    /// Share of the reported messages of the last five minutes that were delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_rate: Option<f64>,
    /// Average time to an answer in the last five minutes, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    latency_ms: Option<i64>,
}

impl From<connections::Health> for Health {
    fn from(health: connections::Health) -> Self {
        Self {
            error_share: health.error_share(),
            delivery_rate: health.delivery_rate(),
            latency_ms: health.latency_ms(),
            state: health.circuit.state.as_str(),
            since: (health.circuit.since_at > 0).then(|| rfc3339(health.circuit.since_at)),
            reason: Some(health.circuit.reason).filter(|reason| !reason.is_empty()),
        }
    }
}

fn shown(api: &Api, actor: &Actor, view: ConnectionView) -> Connection {
    let connection = view.connection;
    // Not every provider signs its calls: then the address itself is what makes a call genuine.
    let webhook = |door| actor.may(Permission::Settings).then(|| connection.webhook_url(&api.app, door));
    Connection {
        prices: current(&view.prices, api.app.clock.now()),
        config: connections::shown(&connection).into_iter().map(|(field, value)| (field.name, value)).collect(),
        status_url: webhook(Door::Status),
        inbound_url: webhook(Door::Inbound),
        health: view.health.into(),
        name: connection.name,
        provider: connection.provider.as_str(),
        enabled: connection.enabled,
        paused_reason: connection.paused_reason,
        priority: connection.priority,
        countries: connection.countries.iter().map(|c| c.as_str().to_owned()).collect(),
        categories: connection.categories,
        senders: connection.senders,
        limits: connection.limits,
        sender_limits: connection.sender_limits,
    }
}

/// The price that holds now for each country.
fn current(prices: &[Price], now: Millis) -> BTreeMap<String, String> {
    let mut lines: Vec<&Price> = prices.iter().filter(|p| p.valid_from <= now).collect();
    lines.sort_by_key(|p| p.valid_from);
    lines.into_iter().map(|p| (p.country.map_or_else(|| "*".into(), |c| c.as_str().to_owned()), decimal(p.price))).collect()
}

/// All connections
///
/// The first choice first.
#[utoipa::path(get, path = "/sms/providers", tag = "Connections",
    responses((status = 200, description = "Every connection", body = List<Connection>)))]
pub async fn list(State(api): State<Api>, Caller(actor): Caller) -> Answer<List<Connection>> {
    let items = connections::list(&api.app, &actor).await?.into_iter().map(|view| shown(&api, &actor, view)).collect();
    Ok(Json(Page { items, next: None }.into()))
}

/// One connection
#[utoipa::path(get, path = "/sms/providers/{name}", tag = "Connections", params(("name" = String, Path, description = "Its name")),
    responses((status = 200, description = "The connection", body = Connection)))]
pub async fn get(State(api): State<Api>, Caller(actor): Caller, Key(name): Key) -> Answer<Connection> {
    Ok(Json(shown(&api, &actor, connections::get(&api.app, &actor, &name).await?)))
}

/// Change or make a connection
///
/// What is absent stays; an unknown name is made.
#[utoipa::path(put, path = "/sms/providers/{name}", tag = "Connections", params(("name" = String, Path, description = "Its name")),
    request_body(content = ConnectionInput, example = json!({"provider": "simulator", "enabled": true, "priority": 10, "limits": {"per_second": 50}, "prices": {"*": "0.0079", "IR": "0.012"}})),
    responses((status = 200, description = "The connection", body = Connection)))]
pub async fn put(State(api): State<Api>, Caller(actor): Caller, Key(name): Key, body: Body<ConnectionInput>) -> Answer<Connection> {
    Ok(Json(shown(&api, &actor, connections::put(&api.app, &actor, &name, body.value).await?)))
}

/// Send a test
///
/// An ordinary message that goes through this connection or not at all. What the provider answers stands in its attempts.
#[utoipa::path(post, path = "/sms/providers/{name}/test", tag = "Connections",
    params(("name" = String, Path, description = "Its name"), ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated call harmless")),
    request_body(content = TestRequest, example = json!({"to": "+14155550123"})),
    responses((status = 202, description = "The message as it was stored", body = Message)))]
pub async fn test(
    State(api): State<Api>,
    Caller(actor): Caller,
    Key(name): Key,
    headers: HeaderMap,
    body: Body<TestRequest>,
) -> Result<Response, Problem> {
    let call = once::call(&actor, &format!("test {name}"), &headers, &body.bytes)?;
    once::once(&api.app, call, StatusCode::ACCEPTED, messages::test(&api.app, &actor, &name, body.value)).await
}
