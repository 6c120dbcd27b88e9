//! Templates: their drafts, their versions and what is sent with them.

mod approval;
mod editing;
mod packs;
mod publishing;
mod same;
mod trials;
mod uses;
pub mod variants;

use peyk::access::Role;
use peyk::kernel::error::{Error, Result};
use peyk::kernel::language::Language;
use peyk::templates::{Published, TemplateInput, TemplateView, create, published};
use serde_json::{Value, json};

use crate::harness::TestApp;

/// A template as a client of the API writes it.
fn input(json: Value) -> TemplateInput {
    serde_json::from_value(json).expect("the shape is right")
}

/// A draft in English and Persian with the code `shipped`.
async fn shipped(app: &TestApp) -> TemplateView {
    let given = input(json!({
        "code": "shipped", "name": "Order shipped", "category": "order",
        "texts": {"en": "Hi {{ name }}, order {{ order.number }} is on its way.", "fa": "سفارش {{ order.number }} ارسال شد."},
        "placeholders": [{"name": "name", "sample": "Mina", "default": "friend"}]
    }));
    create(app, &app.actor(Role::Marketer), given).await.expect("a sound template")
}

/// What messages would be rendered with.
async fn live(app: &TestApp, code: &str, version: Option<i64>) -> Result<Published> {
    let mut tx = app.db.read().await.expect("the database reads");
    published(&mut tx, &app.subaccount, code, version).await
}

fn render(published: &Published, language: &str, values: &[(&str, &str)]) -> String {
    let language = Language::parse(language).expect("a tag");
    let value = |name: &str| values.iter().find(|(n, _)| *n == name).map(|(_, v)| *v);
    published.render(&language, &value).expect("every value is there")
}

/// The refused fields with their codes.
fn refused<T: std::fmt::Debug>(result: Result<T>) -> Vec<(String, String)> {
    match result {
        Err(Error::Invalid(errors)) => errors.0.into_iter().map(|e| (e.field, e.code)).collect(),
        other => panic!("expected refused fields, got {other:?}"),
    }
}

fn is_conflict<T>(result: &Result<T>) -> bool {
    matches!(result, Err(Error::Conflict(_)))
}
