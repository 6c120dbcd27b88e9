//! The JSON door, asked as another system would.

use std::time::Duration;

use peyk::kernel::outbound::{Answer, Failure, Limits, Outbound};
use serde_json::Value;

/// Between two looks at a campaign.
const LOOK: Duration = Duration::from_millis(20);

/// The API of one server, as the holder of one key sees it.
#[derive(Clone, Debug)]
pub struct Api {
    client: Outbound,
    /// Where the server is.
    pub base: String,
    /// The key.
    pub key: String,
}

impl Api {
    /// Asks the server at `base` with this key.
    pub fn new(base: String, key: String) -> Self {
        let limits = Limits { total: Duration::from_secs(600), ..Limits::default() };
        Self { client: Outbound::new(limits).expect("an HTTP client can be built"), base, key }
    }

    /// GET of a path under `/api/v1`.
    pub async fn get(&self, path: &str) -> Value {
        let request = self.client.get(format!("{}/api/v1{path}", self.base));
        read(path, self.client.send(request.bearer_auth(&self.key)).await.expect("the server answers"))
    }

    /// POST of a JSON body to a path under `/api/v1`.
    pub async fn post(&self, path: &str, body: &Value) -> Value {
        read(path, self.try_post(path, body).await.expect("the server answers"))
    }

    /// The same where the server may be gone.
    pub async fn try_post(&self, path: &str, body: &Value) -> Result<Answer, Failure> {
        let request = self.client.post(format!("{}/api/v1{path}", self.base)).json(body);
        self.client.send(request.bearer_auth(&self.key)).await
    }

    /// PUT of a JSON body to a path under `/api/v1`.
    pub async fn put(&self, path: &str, body: &Value) -> Value {
        let request = self.client.post(format!("{}/api/v1{path}", self.base)).json(body).bearer_auth(&self.key);
        // The product itself never puts, so that its client has no way to.
        let (client, request) = request.build_split();
        let mut request = request.expect("the address and the body are sound");
        *request.method_mut() = reqwest::Method::PUT;
        let request = reqwest::RequestBuilder::from_parts(client, request);
        read(path, self.client.send(request).await.expect("the server answers"))
    }

    /// Uploads a CSV file with these other fields to `/sms/bulk`.
    pub async fn upload(&self, file: &[u8], fields: &[(&str, &str)]) -> Value {
        const BOUNDARY: &str = "a-line-that-no-file-holds";
        let mut body = Vec::with_capacity(file.len() + 1_024);
        for (name, value) in fields {
            body.extend(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
        }
        let head = "Content-Disposition: form-data; name=\"file\"; filename=\"people.csv\"\r\nContent-Type: text/csv\r\n\r\n";
        body.extend(format!("--{BOUNDARY}\r\n{head}").bytes());
        body.extend_from_slice(file);
        body.extend(format!("\r\n--{BOUNDARY}--\r\n").bytes());
        let request = self.client.post(format!("{}/api/v1/sms/bulk", self.base)).body(body);
        let request = request.header("Content-Type", format!("multipart/form-data; boundary={BOUNDARY}"));
        read("/sms/bulk", self.client.send(request.bearer_auth(&self.key)).await.expect("the server answers"))
    }

    /// Waits until every message of the campaign is final and, when the carrier reports on each, until every
    /// report is in; gives the campaign.
    pub async fn ended(&self, campaign: &str, receipts: bool, most: Duration) -> Value {
        let path = format!("/sms/campaigns/{campaign}");
        let waiting = async {
            loop {
                let found = self.get(&path).await;
                if found["status"] == "finished" && (!receipts || found["counts"]["sent"] == 0) {
                    return found;
                }
                // Nothing tells another process that a campaign ended but asking.
                tokio::time::sleep(LOOK).await;
            }
        };
        match tokio::time::timeout(most, waiting).await {
            Ok(found) => found,
            Err(_) => panic!("the campaign did not end in {most:?}: {}", self.get(&path).await),
        }
    }
}

fn read(path: &str, answer: Answer) -> Value {
    let body = String::from_utf8_lossy(&answer.body);
    assert!((200..300).contains(&answer.status), "{path} answered {}: {body}", answer.status);
    serde_json::from_str(&body).unwrap_or_else(|e| panic!("{path} answered no JSON ({e}): {body}"))
}
