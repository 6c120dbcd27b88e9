//! One call of a provider, and how the providers that sign do it: written anew here, so that a fault of the verification
//! is not repeated.

use axum::http::Method;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::Sha256;

/// A call as it goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub method: Method,
    /// `simulator` in `/webhooks/simulator/…`.
    pub provider: String,
    /// The unguessable part of the address.
    pub key: String,
    /// Whether it goes to the address that all connections of a provider share.
    pub is_keyless: bool,
    /// `status` or `inbound`.
    pub door: String,
    /// Without the question mark.
    pub query: String,
    pub content_type: &'static str,
    pub signature: Option<String>,
    pub body: Vec<u8>,
}

impl Call {
    /// The address without the host.
    pub fn path(&self) -> String {
        let mark = if self.query.is_empty() { "" } else { "?" };
        if self.is_keyless {
            return format!("/api/v1/sms/webhooks/{}/{}{mark}{}", self.provider, self.door, self.query);
        }
        format!("/webhooks/{}/{}/{}{mark}{}", self.provider, self.key, self.door, self.query)
    }

    /// The fields of a form.
    pub fn fields(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }

    /// The same with other fields.
    pub fn with_fields(self, fields: Vec<(String, String)>) -> Self {
        Self { body: form(&fields).into_bytes(), ..self }
    }

    /// Whether it tells what became of a message: then it names one by its attempt.
    pub fn is_receipt(&self) -> bool {
        self.query.contains("att_") || String::from_utf8_lossy(&self.body).contains("att_")
    }
}

/// Fields as a form, or as a query.
pub fn form(fields: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// HMAC-SHA256 of the body, hex: what the simulator puts into its header.
pub fn simulators_signature(secret: &str, call: &Call) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key will do");
    mac.update(&call.body);
    mac.finalize().into_bytes().iter().map(|b| format!("{b:02x}")).collect()
}

/// HMAC-SHA1 of the address and the sorted fields, base64: what Twilio puts into its header.
pub fn twilios_signature(secret: &str, public_url: &str, call: &Call) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).expect("any key will do");
    mac.update(format!("{public_url}{}", call.path()).as_bytes());
    let mut fields = call.fields();
    fields.sort();
    for (name, value) in fields {
        mac.update(format!("{name}{value}").as_bytes());
    }
    BASE64_STANDARD.encode(mac.finalize().into_bytes())
}
