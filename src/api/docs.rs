//! The document as JSON and as a page, both made once. The page needs no script and nothing from elsewhere.

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::Value;
use utoipa::openapi::OpenApi;

use super::document::BASE;

const STYLE: &str = include_str!("docs.css");

/// The document in both forms.
#[derive(Clone, Debug)]
pub struct Docs {
    json: Bytes,
    page: Bytes,
}

impl Docs {
    /// Writes both forms.
    pub fn new(document: &OpenApi) -> Self {
        let value = serde_json::to_value(document).expect("an OpenAPI document is JSON");
        Self { json: value.to_string().into(), page: page_of(&value).into() }
    }
}

/// `GET /api/openapi.json`.
pub async fn json(State(docs): State<Docs>) -> Response {
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-cache")], docs.json).into_response()
}

/// `GET /api/docs`.
pub async fn page(State(docs): State<Docs>) -> Response {
    let policy = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-cache"), (CONTENT_SECURITY_POLICY, policy)];
    (headers, docs.page).into_response()
}

/// `GET /api/docs.css`.
pub async fn style() -> Response {
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=3600")], STYLE).into_response()
}

/// The five characters that HTML gives a meaning.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn page_of(document: &Value) -> String {
    let mut html = String::from(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>Peyk API</title><link rel=\"stylesheet\" href=\"/api/docs.css\"></head><body><main><h1>Peyk API</h1>",
    );
    let _ = write!(html, "<p>{}</p>", escape(text(document, "/info/description")));
    html.push_str("<p><a href=\"/api/openapi.json\">The same as an OpenAPI 3.1 document</a></p>");
    let tags = document["tags"].as_array().map(Vec::as_slice).unwrap_or_default();
    for tag in tags {
        let name = text(tag, "/name");
        let _ = write!(html, "<section><h2>{}</h2><p>{}</p>", escape(name), escape(text(tag, "/description")));
        for (path, method, operation) in operations(document).filter(|(_, _, operation)| operation["tags"][0] == name) {
            write_operation(&mut html, document, path, method, operation);
        }
        html.push_str("</section>");
    }
    html.push_str("</main></body></html>");
    html
}

/// Every path, method and operation of the document.
fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

fn write_operation(html: &mut String, document: &Value, path: &str, method: &str, operation: &Value) {
    let _ = write!(
        html,
        "<article><h3><span class=\"method\">{}</span> <code>{BASE}{}</code></h3><p><strong>{}.</strong> {}</p>",
        method.to_uppercase(),
        escape(path),
        escape(text(operation, "/summary")),
        escape(text(operation, "/description")),
    );
    let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !parameters.is_empty() {
        html.push_str("<h4>Parameters</h4><dl>");
        for parameter in parameters {
            let (name, place) = (escape(text(parameter, "/name")), escape(text(parameter, "/in")));
            let _ = write!(html, "<dt><code>{name}</code> <small>{place}</small></dt><dd>{}</dd>", escape(text(parameter, "/description")));
        }
        html.push_str("</dl>");
    }
    if let Some(body) = operation.pointer("/requestBody/content").and_then(Value::as_object) {
        for (media_type, content) in body {
            let _ = write!(html, "<h4>Body <small>{}</small></h4>", escape(media_type));
            write_example(html, &content["example"]);
            write_fields(html, document, &content["schema"]);
        }
    }
    for (status, response) in operation["responses"].as_object().into_iter().flatten().filter(|(status, _)| *status != "default") {
        let _ = write!(html, "<h4>Answer {} <small>{}</small></h4>", escape(status), escape(text(response, "/description")));
        for content in response["content"].as_object().into_iter().flat_map(|c| c.values()) {
            write_example(html, &content["example"]);
            write_fields(html, document, &content["schema"]);
        }
    }
    html.push_str("</article>");
}

fn write_example(html: &mut String, example: &Value) {
    if !example.is_null() {
        let _ = write!(html, "<pre>{}</pre>", escape(&serde_json::to_string_pretty(example).expect("JSON prints")));
    }
}

/// The fields of a schema with their meanings, those of parts that it is put together from included.
fn write_fields(html: &mut String, document: &Value, schema: &Value) {
    let fields = fields(document, schema);
    if fields.is_empty() {
        return;
    }
    html.push_str("<dl>");
    for (name, meaning) in fields {
        let _ = write!(html, "<dt><code>{}</code></dt><dd>{}</dd>", escape(name), escape(meaning));
    }
    html.push_str("</dl>");
}

fn fields<'a>(document: &'a Value, schema: &'a Value) -> Vec<(&'a str, &'a str)> {
    if let Some(name) = schema["$ref"].as_str() {
        return document.pointer(name.trim_start_matches('#')).map(|schema| fields(document, schema)).unwrap_or_default();
    }
    if let Some(parts) = schema["allOf"].as_array() {
        return parts.iter().flat_map(|part| fields(document, part)).collect();
    }
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties.map(|(name, property)| (name.as_str(), text(property, "/description"))).collect()
}
