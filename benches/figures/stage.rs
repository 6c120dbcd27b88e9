//! An installation in a temporary folder, with its carrier and its server.

use serde_json::Value;
use tempfile::TempDir;

use crate::real::process::Process;
use crate::real::{Api, Carrier, Installation, TEXT};

/// A carrier that answers after so many milliseconds and delivers everything at once, or reports nothing.
pub fn carrier_script(latency_ms: u32, receipts: bool) -> String {
    let delivered = u8::from(receipts);
    format!(r#"{{"latency_ms":[{latency_ms},{latency_ms}],"receipts":{{"delivered":{delivered},"failed":0,"delay_ms":[0,0]}}}}"#)
}

/// Everything that runs.
pub struct Stage {
    /// The carrier.
    pub carrier: Carrier,
    /// Peyk.
    pub server: Process,
    /// How it is asked.
    pub api: Api,
    _folder: TempDir,
}

impl Stage {
    /// Starts everything on an empty SQLite database.
    pub fn set(script: &str, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("the temporary folder can be written to");
        let carrier = Carrier::start(folder.path(), script);
        let database = format!("sqlite:{}", folder.path().join("peyk.db").display());
        let more = [("PEYK_MAX_UPLOAD_ROWS", "2000000".to_owned()), ("PEYK_MAX_UPLOAD_MB", "500".to_owned())];
        let installation = Installation::new(folder.path(), &database, &carrier, &more);
        let api = installation.api();
        let mut server = installation.serve(arguments, &[]);
        server.url();
        Self { carrier, server, api, _folder: folder }
    }

    /// Uploads a file; gives the upload and the campaign, which is a draft.
    pub async fn upload(&self, file: &[u8]) -> (Value, Value) {
        let mut answer = self.api.upload(file, &[("name", "Figures"), ("text", TEXT), ("category", "order")]).await;
        (answer["upload"].take(), answer["campaign"].take())
    }
}
