//! Twilio's signature of its calls to us: an HMAC over the address as Twilio called it and the parameters of the body.
//! Source: <https://www.twilio.com/docs/usage/security>.

use std::borrow::Cow;
use std::collections::BTreeSet;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::CONTENT_TYPE;
use sha1::Sha1;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::kernel::crypto::{Secret, sha256_hex};
use crate::providers::Call;

/// The header that holds the signature.
pub const HEADER: &str = "x-twilio-signature";
/// The header that names a shared webhook key and the algorithm; absent on calls signed with the auth token.
pub const KEY_HEADER: &str = "x-twilio-webhooks-signature-settings";
/// The parameter of the address that holds the hash of a body that is no form.
const BODY_HASH: &str = "bodySHA256";

/// What Twilio signs with.
#[derive(Clone, Debug)]
pub enum Key {
    /// HMAC-SHA1 with the account's auth token.
    Token(Secret),
    /// HMAC-SHA256 with a shared webhook key. Once a connection has one, nothing else is taken: who can forge the
    /// weaker signature must not be able to choose it.
    Shared {
        /// The key's id, which the call must name.
        id: String,
        /// Its secret.
        secret: Secret,
    },
}

/// The parameters of a form in the order in which they are signed: by name, then by value, each pair once.
pub type Params<'a> = BTreeSet<(Cow<'a, str>, Cow<'a, str>)>;

/// Reads a form.
pub fn params(form: &[u8]) -> Params<'_> {
    form_urlencoded::parse(form).collect()
}

/// Whether a call's body is a form.
pub fn is_form(call: &Call<'_>) -> bool {
    header(call, CONTENT_TYPE.as_str()).trim_start().to_ascii_lowercase().starts_with("application/x-www-form-urlencoded")
}

impl Key {
    /// Whether Twilio signed all of this call: its address, and every parameter or byte of its body.
    pub fn signed(&self, call: &Call<'_>) -> bool {
        let params = if is_form(call) { params(call.body) } else { Params::new() };
        // A body that is no form is covered by its hash in the signed address, or by nothing at all.
        if !is_form(call) && !call.body.is_empty() && body_hash(call.url).is_none_or(|hash| hash != sha256_hex(call.body)) {
            return false;
        }
        let given = header(call, HEADER).trim();
        let sign: &dyn Fn(&str) -> String = match self {
            Self::Token(token) => &|url| sign(token.expose(), url, &params),
            Self::Shared { id, secret } if names_key(header(call, KEY_HEADER), id) => &|url| sign_shared(secret.expose(), url, &params),
            Self::Shared { .. } => return false,
        };
        spellings(call.url).iter().fold(false, |good, url| good | bool::from(sign(url).as_bytes().ct_eq(given.as_bytes())))
    }
}

/// Signs with an auth token, as Twilio does by default.
pub fn sign(token: &str, url: &str, params: &Params<'_>) -> String {
    mac::<Hmac<Sha1>>(token, url, params)
}

fn sign_shared(secret: &str, url: &str, params: &Params<'_>) -> String {
    mac::<Hmac<Sha256>>(secret, url, params)
}

fn mac<M: Mac + KeyInit>(key: &str, url: &str, params: &Params<'_>) -> String {
    let mut mac = <M as KeyInit>::new_from_slice(key.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(url.as_bytes());
    for (name, value) in params {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    BASE64_STANDARD.encode(mac.finalize().into_bytes())
}

/// Whether the header `key=<id>,algorithm=HMAC_SHA256` names our key.
fn names_key(header: &str, id: &str) -> bool {
    let value =
        |wanted: &str| header.split(',').filter_map(|part| part.trim().split_once('=')).find(|(name, _)| *name == wanted).map(|(_, v)| v);
    value("key") == Some(id) && value("algorithm") == Some("HMAC_SHA256")
}

/// The address as it was called, and with its port left out or the usual one written: which of them Twilio signs
/// depends on how the address was written when it was set.
fn spellings(url: &str) -> [Cow<'_, str>; 2] {
    let as_called = Cow::Borrowed(url);
    let Some((scheme, rest)) = url.split_once("://") else {
        return [as_called.clone(), as_called];
    };
    let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let port = authority.rsplit_once(':').filter(|(_, port)| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()));
    let other = match port {
        Some((host, _)) => format!("{scheme}://{host}{tail}"),
        None => format!("{scheme}://{authority}:{}{tail}", if scheme == "https" { 443 } else { 80 }),
    };
    [as_called, other.into()]
}

fn body_hash(url: &str) -> Option<Cow<'_, str>> {
    query(url).find(|(name, _)| name == BODY_HASH).map(|(_, hash)| hash)
}

/// The parameters in an address.
pub fn query(url: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    let query = url.split_once('?').map_or("", |(_, query)| query.split('#').next().unwrap_or_default());
    form_urlencoded::parse(query.as_bytes())
}

fn header<'a>(call: &Call<'a>, name: &str) -> &'a str {
    call.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
