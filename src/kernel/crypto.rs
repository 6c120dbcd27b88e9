//! Sealing: what is personal or secret is stored as ciphertext, and numbers are found by a keyed hash.
//!
//! One installation secret (32 bytes) is the root. From it come, by HMAC-SHA256: a key per subaccount
//! for its settings and templates' values, a key for its blind index, and a key per person from the
//! person's random salt. Forgetting the salt forgets everything that was sealed for the person.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::kernel::id::{SubaccountId, random_bytes};

const NONCE: usize = 24;

/// Why a sealed value did not open.
#[derive(Debug, thiserror::Error)]
#[error("a sealed value could not be opened: the secret key is not the one it was sealed with, or the value was altered")]
pub struct OpenError;

/// Why the installation's secret is unusable.
#[derive(Debug, thiserror::Error)]
#[error("PEYK_SECRET_KEY must be 32 random bytes in base64, e.g. the output of `head -c 32 /dev/urandom | base64`")]
pub struct SecretError;

/// The installation's secrets: the first seals, all of them open.
#[derive(Clone)]
pub struct Cipher {
    roots: Vec<[u8; 32]>,
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cipher({} keys, hidden)", self.roots.len())
    }
}

impl Cipher {
    /// Reads one or more secrets in base64, separated by commas or line ends, the newest first. The first seals and signs; the last
    /// must stay the one that the installation began with, because numbers are found by it.
    pub fn from_text(text: &str) -> Result<Self, SecretError> {
        let roots = text
            .split([',', '\n'])
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| STANDARD.decode(part).ok()?.try_into().ok())
            .collect::<Option<Vec<[u8; 32]>>>()
            .filter(|roots| !roots.is_empty())
            .ok_or(SecretError)?;
        Ok(Self { roots })
    }

    /// A new random secret in base64.
    pub fn new_secret() -> String {
        STANDARD.encode(random_bytes::<32>())
    }

    /// Keys of one subaccount.
    pub fn tenant(&self, subaccount: &SubaccountId) -> TenantCipher {
        let part = |purpose: &str| SealKey {
            keys: self.roots.iter().map(|root| derive(root, &[purpose.as_bytes(), subaccount.as_str().as_bytes()])).collect(),
        };
        let index = part("index").keys[self.roots.len() - 1];
        TenantCipher { person: part("person"), own: part("tenant"), index }
    }

    /// A MAC over `parts` for links and tokens of the given purpose.
    pub fn sign(&self, purpose: &str, message: &[u8]) -> [u8; 32] {
        derive(&self.roots[0], &[b"sign", purpose.as_bytes(), message])
    }

    /// Whether `mac` signs the message under any of our secrets, in constant time. It may be cut down to
    /// its first 16 bytes (128 bits) where a link must be short; anything shorter signs nothing.
    pub fn verify(&self, purpose: &str, message: &[u8], mac: &[u8]) -> bool {
        (16..=32).contains(&mac.len())
            && self.roots.iter().any(|root| {
                use subtle::ConstantTimeEq as _;
                bool::from(derive(root, &[b"sign", purpose.as_bytes(), message])[..mac.len()].ct_eq(mac))
            })
    }
}

/// Keys of one subaccount, derived once and reused for a batch.
#[derive(Clone)]
pub struct TenantCipher {
    person: SealKey,
    own: SealKey,
    index: [u8; 32],
}

impl fmt::Debug for TenantCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TenantCipher(hidden)")
    }
}

/// A person's salt: 16 random bytes beside the contact; without it the person's data stays shut.
pub type Salt = [u8; 16];

impl TenantCipher {
    /// The blind index of a number given by its E.164 digits: equal numbers of one subaccount have equal indexes.
    pub fn blind(&self, digits: u64) -> Vec<u8> {
        derive(&self.index, &[&digits.to_be_bytes()])[..16].to_vec()
    }

    /// The blind index of a word, such as one of a sealed name: equal words of one subaccount have equal indexes. `purpose`
    /// keeps words of different kinds apart.
    pub fn blind_word(&self, purpose: &str, word: &str) -> Vec<u8> {
        derive(&self.index, &[purpose.as_bytes(), word.as_bytes()])[..16].to_vec()
    }

    /// The key that seals one person's number, texts and values.
    pub fn person(&self, salt: &[u8]) -> SealKey {
        SealKey { keys: self.person.keys.iter().map(|key| derive(key, &[salt])).collect() }
    }

    /// The key for what belongs to the tenant and no person: credentials, staged rows.
    pub fn own(&self) -> &SealKey {
        &self.own
    }
}

/// A key ready to seal and open.
#[derive(Clone)]
pub struct SealKey {
    keys: Vec<[u8; 32]>,
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(hidden)")
    }
}

impl SealKey {
    /// Seals `plain`; `context` (column and row) must be given again to open it, so that a value
    /// cannot be moved to another place.
    pub fn seal(&self, context: &str, plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE] = fast_nonce();
        let cipher = XChaCha20Poly1305::new(&self.keys[0].into());
        let sealed = cipher
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: context.as_bytes() })
            .expect("sealing fails only beyond 256 GiB");
        let mut out = Vec::with_capacity(NONCE + sealed.len());
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        out
    }

    /// Opens what was sealed for the same context.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        let (nonce, body) = sealed.split_at_checked(NONCE).ok_or(OpenError)?;
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| OpenError)?;
        self.keys
            .iter()
            .find_map(|key| {
                XChaCha20Poly1305::new(&(*key).into()).decrypt(&XNonce::from(nonce), Payload { msg: body, aad: context.as_bytes() }).ok()
            })
            .ok_or(OpenError)
    }

    /// Opens a sealed text.
    pub fn open_text(&self, context: &str, sealed: &[u8]) -> Result<String, OpenError> {
        String::from_utf8(self.open(context, sealed)?).map_err(|_| OpenError)
    }
}

/// 24 random bytes from the pooled source: at this length chance alone keeps nonces apart.
fn fast_nonce() -> [u8; NONCE] {
    let mut nonce = [0; NONCE];
    for part in nonce.chunks_exact_mut(8) {
        part.copy_from_slice(&crate::kernel::id::random_u64().to_le_bytes());
    }
    nonce
}

/// HMAC-SHA256 over length-prefixed parts.
fn derive(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// SHA-256 in hex: for API keys and tokens, which carry 256 bits of chance and need no salt.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// The first 64 bits of SHA-256: a number that is the same everywhere and looks like chance.
pub fn sha256_number(bytes: &[u8]) -> u64 {
    Sha256::digest(bytes).iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// A secret text that does not show itself in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself; call it as late as possible.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cipher() -> Cipher {
        Cipher::from_text(&Cipher::new_secret()).expect("a fresh secret is valid")
    }

    #[test]
    fn a_sealed_value_opens_only_in_its_place_and_unaltered() {
        let tenant = cipher().tenant(&SubaccountId::new(1));
        let key = tenant.person(&[7; 16]);
        let sealed = key.seal("messages.body:1", "سلام".as_bytes());
        assert_eq!(key.open_text("messages.body:1", &sealed).expect("opens"), "سلام");
        assert!(key.open("messages.body:2", &sealed).is_err());
        assert!(tenant.person(&[8; 16]).open("messages.body:1", &sealed).is_err());
        for i in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[i] ^= 1;
            assert!(key.open("messages.body:1", &altered).is_err());
        }
    }

    #[test]
    fn an_old_secret_still_opens_after_a_new_one_leads() {
        let old = Cipher::new_secret();
        let sub = SubaccountId::new(1);
        let sealed = Cipher::from_text(&old).expect("valid").tenant(&sub).own().seal("x", b"data");
        let both = Cipher::from_text(&format!("{}\n{old}\n", Cipher::new_secret())).expect("valid");
        assert_eq!(both.tenant(&sub).own().open("x", &sealed).expect("opens"), b"data");
        let alone = Cipher::from_text(&old).expect("valid").tenant(&sub);
        assert_eq!(both.tenant(&sub).blind(4_155_550_123), alone.blind(4_155_550_123), "whoever refused is still found");
        assert!(cipher().tenant(&sub).own().open("x", &sealed).is_err());
    }

    #[test]
    fn secrets_do_not_show_themselves() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(hidden)");
        assert!(!format!("{:?}", cipher()).contains('='));
        assert!(Cipher::from_text("short").is_err() && Cipher::from_text("").is_err());
    }

    #[test]
    fn a_signature_holds_for_its_purpose_only() {
        let cipher = cipher();
        let mac = cipher.sign("preferences", b"con_1");
        assert!(cipher.verify("preferences", b"con_1", &mac));
        assert!(!cipher.verify("unsubscribe", b"con_1", &mac));
        assert!(!cipher.verify("preferences", b"con_2", &mac));
        assert!(cipher.verify("preferences", b"con_1", &mac[..16]));
        assert!(!cipher.verify("preferences", b"con_1", &mac[..15]));
        assert!(!cipher.verify("preferences", b"con_1", b""));
    }
}
