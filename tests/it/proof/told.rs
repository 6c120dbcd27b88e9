//! A carrier that tells what somebody wrote, to a server that may die of it.

use peyk::connections;
use peyk::db::Db;
use peyk::kernel::clock::{Clock, rfc3339};
use peyk::kernel::crypto::Cipher;
use peyk::kernel::outbound::{Answer, Failure, Limits, Outbound};
use peyk::providers::Provider;
use peyk::providers::simulator::{SIGNATURE_HEADER, TOKEN, sign};
use serde_json::json;

use super::stage::Stage;

impl Stage {
    /// Lets the carrier tell that somebody wrote. The server may die of it.
    pub async fn told(&self, event: &str, from: &str, words: &str) -> Result<Answer, Failure> {
        let db = Db::open(&self.database.url).await.expect("the database opens");
        let secret = std::fs::read_to_string(self.database.folder().join("secret.key")).expect("the server made its key");
        let cipher = Cipher::from_text(&secret).expect("the key is sound");
        let mut tx = db.read().await.expect("the database reads");
        let found = connections::of_provider(&mut tx, &cipher, Provider::Simulator, 1).await.expect("connections are read").remove(0);
        drop(tx);
        db.close().await;
        let body = json!({"event_id": event, "to": "Peyk", "from": from, "text": words, "at": rfc3339(Clock::system().now())}).to_string();
        let signature = sign(found.settings.get(TOKEN).expect("the simulator has one"), body.as_bytes());
        let url = format!("{}/webhooks/simulator/{}/inbound", self.api.base, found.webhook_key);
        let outbound = Outbound::new(Limits::default()).expect("an HTTP client can be built");
        outbound.send(outbound.post(url).header(SIGNATURE_HEADER, signature).body(body)).await
    }
}
