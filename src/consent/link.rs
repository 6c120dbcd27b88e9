//! Signed links: the address of one person's preference centre, without a password.
//!
//! A token is `v1.<end>.p.<subaccount>.<contact>.<epoch>.<mac>`: the end of its life in seconds, its purpose,
//! whose page it opens, and the contact's link epoch, which rises when all links of the person are taken
//! back. The MAC covers the text before it as written, so one token has one spelling.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::kernel::clock::{DAY, Millis, SECOND};
use crate::kernel::crypto::Cipher;
use crate::kernel::id::{ContactId, SubaccountId};

/// How long a link lives.
pub const LIFE: Millis = 30 * DAY;

/// What the MAC is bound to besides the text.
const PURPOSE: &str = "link.preferences";
const HEAD: &str = "v1";
const PURPOSE_WORD: &str = "p";
/// 128 bits of the MAC are kept, so that the link stays short in a text message.
const MAC: usize = 16;

/// Whose page a link opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The tenant.
    pub subaccount: SubaccountId,
    /// The person.
    pub contact: ContactId,
    /// The person's link epoch when it was made; another one now means that it was taken back.
    pub epoch: i64,
    /// When it ends.
    pub expires_at: Millis,
}

/// Why a link opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// It was not made by us, or was altered or cut off on the way.
    #[error("the link is not whole")]
    Faulty,
    /// It was ours; its time is over.
    #[error("the link has ended")]
    Expired,
}

/// Makes the token of a link that lives [`LIFE`] from `now`.
pub fn make(cipher: &Cipher, subaccount: &SubaccountId, contact: &ContactId, epoch: i64, now: Millis) -> (String, Link) {
    let end = (now + LIFE) / SECOND;
    let (sub, con) = (bare(subaccount.as_str()), bare(contact.as_str()));
    let text = format!("{HEAD}.{end}.{PURPOSE_WORD}.{sub}.{con}.{epoch:03}");
    let mac = URL_SAFE_NO_PAD.encode(&cipher.sign(PURPOSE, text.as_bytes())[..MAC]);
    let link = Link { subaccount: subaccount.clone(), contact: contact.clone(), epoch, expires_at: end * SECOND };
    (format!("{text}.{mac}"), link)
}

/// Reads a token. Whether the person still honours its epoch is for the caller to see.
pub fn open(cipher: &Cipher, token: &str, now: Millis) -> Result<Link, LinkError> {
    let (text, mac) = token.rsplit_once('.').ok_or(LinkError::Faulty)?;
    let mac = URL_SAFE_NO_PAD.decode(mac).ok().filter(|mac| mac.len() == MAC).ok_or(LinkError::Faulty)?;
    if !cipher.verify(PURPOSE, text.as_bytes(), &mac) {
        return Err(LinkError::Faulty);
    }
    let link = parse(text).ok_or(LinkError::Faulty)?;
    if link.expires_at <= now { Err(LinkError::Expired) } else { Ok(link) }
}

/// An id without its prefix, which its place in the token tells.
fn bare(id: &str) -> &str {
    id.split_once('_').map_or(id, |(_, body)| body)
}

fn parse(text: &str) -> Option<Link> {
    let parts: Vec<&str> = text.split('.').collect();
    let [HEAD, end, PURPOSE_WORD, subaccount, contact, epoch] = parts[..] else { return None };
    Some(Link {
        subaccount: SubaccountId::parse(&format!("{}_{subaccount}", SubaccountId::PREFIX))?,
        contact: ContactId::parse(&format!("{}_{contact}", ContactId::PREFIX))?,
        epoch: epoch.parse().ok()?,
        expires_at: end.parse::<i64>().ok()?.checked_mul(SECOND)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::id::random_u64;
    use crate::kernel::own_link::TOKEN_LENGTH;

    const NOW: Millis = 1_795_000_000_000;

    fn cipher() -> Cipher {
        Cipher::from_text(&Cipher::new_secret()).expect("a fresh secret")
    }

    fn token(cipher: &Cipher) -> (String, Link) {
        make(cipher, &SubaccountId::new(NOW), &ContactId::new(NOW), 3, NOW)
    }

    #[test]
    fn a_link_opens_its_own_page_for_thirty_days_and_fits_a_text_message() {
        let cipher = cipher();
        let (token, link) = token(&cipher);
        assert_eq!(open(&cipher, &token, NOW), Ok(link.clone()));
        assert_eq!(link.expires_at, NOW + LIFE);
        assert_eq!(open(&cipher, &token, link.expires_at - 1), Ok(link.clone()));
        assert_eq!(open(&cipher, &token, link.expires_at), Err(LinkError::Expired));
        assert_eq!(token.len(), TOKEN_LENGTH, "what stands for it in a text has its length");
        assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)), "safe in an address");
    }

    #[test]
    fn none_of_a_hundred_thousand_altered_links_opens() {
        let cipher = cipher();
        for _ in 0..100_000 {
            let (token, _) = token(&cipher);
            let mut bytes = token.into_bytes();
            let bit = random_u64() as usize % (bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            // What is no text cannot even be asked for.
            if let Ok(altered) = String::from_utf8(bytes) {
                assert_eq!(open(&cipher, &altered, NOW), Err(LinkError::Faulty));
            }
        }
    }

    #[test]
    fn a_link_of_another_installation_purpose_tenant_or_person_does_not_open() {
        let ours = cipher();
        let (token, link) = token(&ours);
        assert_eq!(open(&cipher(), &token, NOW), Err(LinkError::Faulty));
        let (text, mac) = token.rsplit_once('.').expect("it has a MAC");
        let other = ours.sign("link.other", text.as_bytes());
        let foreign = format!("{text}.{}", URL_SAFE_NO_PAD.encode(&other[..MAC]));
        assert_eq!(open(&ours, &foreign, NOW), Err(LinkError::Faulty));
        let swap = |from: &str, to: &str| token.replace(from.split_once('_').expect("an id").1, to.split_once('_').expect("an id").1);
        for altered in [
            swap(link.subaccount.as_str(), SubaccountId::new(NOW).as_str()),
            swap(link.contact.as_str(), ContactId::new(NOW).as_str()),
            token.replace(".p.", ".u."),
            format!("{text}.{}", &mac[..mac.len() - 1]),
            text.to_owned(),
            format!("{token}."),
            String::new(),
            ".".repeat(10_000),
        ] {
            assert_eq!(open(&ours, &altered, NOW), Err(LinkError::Faulty), "{}", altered.len());
        }
    }

    #[test]
    fn a_link_signed_with_the_secret_before_last_still_opens() {
        let old = Cipher::new_secret();
        let (token, link) = token(&Cipher::from_text(&old).expect("valid"));
        let rotated = Cipher::from_text(&format!("{},{old}", Cipher::new_secret())).expect("valid");
        assert_eq!(open(&rotated, &token, NOW), Ok(link));
    }
}
