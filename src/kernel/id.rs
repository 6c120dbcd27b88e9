//! Ids: a prefix that says what the thing is, then 23 characters that sort by time of birth.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::kernel::clock::Millis;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const BODY: usize = 23;

/// The last (millisecond, sequence) given out, so that ids of one process rise strictly.
static LAST: AtomicU64 = AtomicU64::new(0);

/// The smallest body that an id born at `at` can have: ids of that time or later are not below it.
pub fn floor(at: Millis) -> String {
    encode(u128::from((at.max(0) as u64) << 16) << 51)
}

/// Makes the part after the prefix: 48 bits of time, 16 of sequence, 51 of chance, in base 32.
pub fn fresh(now: Millis) -> String {
    let time = (now.max(0) as u64) << 16;
    let stamp =
        LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(time.max(last + 1))).map_or(time, |last| time.max(last + 1));
    encode((u128::from(stamp) << 51) | u128::from(random_u64() >> 13))
}

fn encode(wide: u128) -> String {
    let mut body = String::with_capacity(BODY);
    for i in (0..BODY).rev() {
        body.push(char::from(ALPHABET[((wide >> (i * 5)) & 31) as usize]));
    }
    body
}

/// A random number from the operating system, drawn in blocks because ids are made by the million.
pub fn random_u64() -> u64 {
    thread_local! {
        static POOL: RefCell<([u8; 1024], usize)> = const { RefCell::new(([0; 1024], 1024)) };
    }
    POOL.with_borrow_mut(|(pool, used)| {
        if *used >= pool.len() {
            getrandom::fill(pool).expect("the operating system gives random bytes");
            *used = 0;
        }
        let bytes: [u8; 8] = pool[*used..*used + 8].try_into().expect("the slice is eight bytes");
        *used += 8;
        u64::from_le_bytes(bytes)
    })
}

/// Random bytes for keys, salts and tokens.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// Whether `text` is `prefix`, an underscore and characters that ids are made of.
pub fn is_id(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .is_some_and(|body| (4..=40).contains(&body.len()) && body.bytes().all(|b| ALPHABET.contains(&b)))
}

/// Whether `text` is the part of an id behind its prefix. Such parts of ids of all kinds sort by time of birth.
pub fn is_id_body(text: &str) -> bool {
    text.len() == BODY && text.bytes().all(|b| ALPHABET.contains(&b))
}

/// Declares id types: `ids! { /// doc \n MessageId = "msg"; }`.
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// What the id starts with.
            pub const PREFIX: &'static str = $prefix;

            /// A new one, born at `now`.
            pub fn new(now: $crate::kernel::clock::Millis) -> Self {
                Self(format!("{}_{}", $prefix, $crate::kernel::id::fresh(now)))
            }

            /// Reads one; `None` when the text is not such an id.
            pub fn parse(text: &str) -> Option<Self> {
                $crate::kernel::id::is_id(text, $prefix).then(|| Self(text.into()))
            }

            /// Takes one that our own database gave back.
            pub fn stored(text: String) -> Self {
                Self(text)
            }

            /// The whole id.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    )* };
}

ids! {
    /// A tenant: everything that is somebody's belongs to one.
    SubaccountId = "sub";
    /// Somebody who signs in.
    UserId = "usr";
    /// An API key.
    KeyId = "key";
    /// A person we hold a number for.
    ContactId = "con";
    /// A message text with placeholders.
    TemplateId = "tpl";
    /// A CSV file and its staged rows.
    UploadId = "upl";
    /// Many messages with one intent.
    CampaignId = "cmp";
    /// One text to one contact.
    MessageId = "msg";
    /// One call to a provider; also the reference that a provider echoes.
    AttemptId = "att";
    /// Something that happened to a message.
    EventId = "evt";
    /// Our credentials at a provider.
    ConnectionId = "cnn";
    /// A text that somebody wrote to us.
    InboundId = "inb";
    /// A reply that is kept to be used again.
    SavedReplyId = "rpl";
    /// Something that a person bought.
    PurchaseId = "pur";
    /// A file of contacts that was taken in.
    ImportId = "imp";
    /// A saved filter over contacts.
    AudienceId = "aud";
    /// What a one-time code proves.
    ChallengeId = "chl";
    /// A stop of codes that nobody enters.
    CodeStopId = "cst";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_process_rise_even_within_a_millisecond() {
        let ids: Vec<_> = (0..10_000).map(|_| MessageId::new(1_795_000_000_000)).collect();
        assert!(ids.windows(2).all(|w| w[0] < w[1]));
        assert!(MessageId::new(1_795_000_001_000) > ids[9_999]);
        assert_eq!(ids[0].as_str().len(), 27);
        assert!(format!("msg_{}", floor(1_795_000_000_000)).as_str() <= ids[0].as_str());
        assert!(format!("msg_{}", floor(1_795_000_000_100)).as_str() > ids[0].as_str());
    }

    #[test]
    fn only_the_right_prefix_is_read() {
        let id = MessageId::new(1);
        assert_eq!(MessageId::parse(id.as_str()), Some(id.clone()));
        assert_eq!(CampaignId::parse(id.as_str()), None);
        assert_eq!(MessageId::parse("msg_'; drop table"), None);
    }
}
