//! Files that pages load: built into the program, served under a name that carries their hash.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::kernel::crypto::sha256_hex;

/// One built-in file.
#[derive(Debug)]
pub struct Asset {
    /// The name with its hash, e.g. `app.1a2b3c4d.css`.
    file: String,
    kind: &'static str,
    bytes: &'static [u8],
}

impl Asset {
    fn new(name: &str, extension: &str, kind: &'static str, bytes: &'static [u8]) -> Self {
        let hash = &sha256_hex(bytes)[..8];
        Self { file: format!("{name}.{hash}.{extension}"), kind, bytes }
    }

    /// The address on this host.
    pub fn url(&self) -> String {
        format!("/assets/{}", self.file)
    }
}

/// The stylesheet.
pub static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("app", "css", "text/css; charset=utf-8", include_bytes!("../../style/app.css")));
/// htmx, unchanged.
pub static HTMX: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("htmx", "js", "text/javascript; charset=utf-8", include_bytes!("../../public/htmx.min.js")));
/// Our own conveniences.
pub static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("peyk", "js", "text/javascript; charset=utf-8", include_bytes!("../../public/peyk.js")));
/// The mark in the browser's tab.
pub static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("favicon", "svg", "image/svg+xml", include_bytes!("../../public/favicon.svg")));

/// Serves a file by its hashed name; since the name changes with the content, browsers may keep it for ever.
pub async fn serve(Path(file): Path<String>) -> Response {
    match [&*STYLE, &*HTMX, &*SCRIPT, &*ICON].into_iter().find(|asset| asset.file == file) {
        Some(asset) => ([(header::CONTENT_TYPE, asset.kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")], asset.bytes)
            .into_response(),
        None => (StatusCode::NOT_FOUND, "There is no such file.\n").into_response(),
    }
}
