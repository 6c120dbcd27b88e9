//! Signed links: the address of a page that one person opens without a password.
//!
//! A token is `v1.<end>.<pass>.<subaccount>.<contact>.<mark>.<mac>`: the end of its life in seconds, what it was made for ([`Pass`]),
//! whose page it opens, and a mark. That of the preference centre is the contact's link epoch, which rises when all links of the person
//! are taken back; that of a confirmation names the request. The MAC covers the text before it as written and is bound to the page
//! besides, so one token has one spelling and one use.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::kernel::clock::{DAY, MINUTE, Millis, SECOND};
use crate::kernel::crypto::Cipher;
use crate::kernel::id::{ContactId, SubaccountId};

/// How long a link in a message lives.
pub const LIFE: Millis = 30 * DAY;

/// What a token was made for. Those of the preference centre open the page of their person; what else they open, and for how long,
/// differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// A link that was sent to the person.
    Link,
    /// A visit of somebody who entered a code from their telephone.
    Visit,
    /// A visit of somebody who entered a code to download what is held about them, and may.
    Data,
    /// The page that confirms an opt-in, and nothing else.
    OptIn,
}

impl Pass {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Link, Self::Visit, Self::Data, Self::OptIn];

    /// How long it lives; a confirmation's link as long as its request.
    pub const fn life(self) -> Millis {
        match self {
            Self::Link | Self::OptIn => LIFE,
            Self::Visit => 30 * MINUTE,
            Self::Data => 10 * MINUTE,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Link => "p",
            Self::Visit => "v",
            Self::Data => "d",
            Self::OptIn => "o",
        }
    }

    /// What the MAC is bound to besides the text.
    fn bound_to(self) -> &'static str {
        match self {
            Self::Link | Self::Visit | Self::Data => "link.preferences",
            Self::OptIn => "link.opt_in",
        }
    }
}

const HEAD: &str = "v1";
/// 128 bits of the MAC are kept, so that the link stays short in a text message.
const MAC: usize = 16;

/// Whose page a link opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What it was made for.
    pub pass: Pass,
    /// The tenant.
    pub subaccount: SubaccountId,
    /// The person.
    pub contact: ContactId,
    /// For the preference centre, the person's link epoch when it was made: another one now means that it was taken back. For a
    /// confirmation, when it was asked for.
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

/// Makes the token of a link to the preference centre that lives as long as its kind does.
pub fn make(cipher: &Cipher, pass: Pass, subaccount: &SubaccountId, contact: &ContactId, epoch: i64, now: Millis) -> (String, Link) {
    let expires_at = (now + pass.life()) / SECOND * SECOND;
    let link = Link { pass, subaccount: subaccount.clone(), contact: contact.clone(), epoch, expires_at };
    (token(cipher, &link), link)
}

/// The token of a link, whose life ends at a full second.
pub fn token(cipher: &Cipher, link: &Link) -> String {
    let (end, word, epoch) = (link.expires_at / SECOND, link.pass.word(), link.epoch);
    let (sub, con) = (bare(link.subaccount.as_str()), bare(link.contact.as_str()));
    let text = format!("{HEAD}.{end}.{word}.{sub}.{con}.{epoch:03}");
    let mac = URL_SAFE_NO_PAD.encode(&cipher.sign(link.pass.bound_to(), text.as_bytes())[..MAC]);
    format!("{text}.{mac}")
}

/// Reads a token of the preference centre. Whether the person still honours its epoch is for the caller to see.
///
/// # Errors
/// Why it opens nothing.
pub fn open(cipher: &Cipher, token: &str, now: Millis) -> Result<Link, LinkError> {
    read(cipher, token, now, |pass| pass != Pass::OptIn)
}

/// Reads a token that confirms an opt-in. Whether its request still waits is for the caller to see.
///
/// # Errors
/// Why it opens nothing.
pub fn open_opt_in(cipher: &Cipher, token: &str, now: Millis) -> Result<Link, LinkError> {
    read(cipher, token, now, |pass| pass == Pass::OptIn)
}

fn read(cipher: &Cipher, token: &str, now: Millis, opens: impl Fn(Pass) -> bool) -> Result<Link, LinkError> {
    let (text, mac) = token.rsplit_once('.').ok_or(LinkError::Faulty)?;
    let mac = URL_SAFE_NO_PAD.decode(mac).ok().filter(|mac| mac.len() == MAC).ok_or(LinkError::Faulty)?;
    let link = parse(text).filter(|link| opens(link.pass)).ok_or(LinkError::Faulty)?;
    if !cipher.verify(link.pass.bound_to(), text.as_bytes(), &mac) {
        return Err(LinkError::Faulty);
    }
    if link.expires_at <= now { Err(LinkError::Expired) } else { Ok(link) }
}

/// Whose page a token says that it opens, whether or not it is whole: enough to lead its holder to the right organisation, and to
/// nothing else.
pub fn claimed_subaccount(token: &str) -> Option<SubaccountId> {
    SubaccountId::parse(&format!("{}_{}", SubaccountId::PREFIX, token.split('.').nth(3)?))
}

/// An id without its prefix, which its place in the token tells.
fn bare(id: &str) -> &str {
    id.split_once('_').map_or(id, |(_, body)| body)
}

fn parse(text: &str) -> Option<Link> {
    let parts: Vec<&str> = text.split('.').collect();
    let [HEAD, end, word, subaccount, contact, epoch] = parts[..] else { return None };
    Some(Link {
        pass: Pass::ALL.into_iter().find(|known| known.word() == word)?,
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
        make(cipher, Pass::Link, &SubaccountId::new(NOW), &ContactId::new(NOW), 3, NOW)
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
    fn a_visit_ends_sooner_than_a_link_and_says_what_it_is() {
        let cipher = cipher();
        let (subaccount, contact) = (SubaccountId::new(NOW), ContactId::new(NOW));
        for (pass, life) in [(Pass::Visit, 30 * MINUTE), (Pass::Data, 10 * MINUTE)] {
            let (token, link) = make(&cipher, pass, &subaccount, &contact, 0, NOW);
            assert_eq!((link.pass, open(&cipher, &token, NOW + life - 1)), (pass, Ok(link)));
            assert_eq!(open(&cipher, &token, NOW + life), Err(LinkError::Expired));
            assert_eq!(claimed_subaccount(&token), Some(subaccount.clone()));
        }
        assert_eq!(claimed_subaccount("v1.x"), None);
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
            token.replace(".p.", ".v."),
            token.replace(".p.", ".d."),
            token.replace(".p.", ".o."),
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
    fn a_link_opens_what_it_was_made_for_and_nothing_else() {
        let cipher = cipher();
        let link =
            |pass| Link { pass, subaccount: SubaccountId::new(NOW), contact: ContactId::new(NOW), epoch: NOW, expires_at: NOW + LIFE };
        let asked = link(Pass::OptIn);
        let (preferences, opt_in) = (super::token(&cipher, &link(Pass::Link)), super::token(&cipher, &asked));
        assert_eq!(open_opt_in(&cipher, &opt_in, NOW), Ok(asked));
        assert_eq!(open_opt_in(&cipher, &preferences, NOW), Err(LinkError::Faulty));
        assert_eq!(open(&cipher, &opt_in, NOW), Err(LinkError::Faulty));
        let reworded = opt_in.replace(".o.", ".p.");
        assert_eq!(open(&cipher, &reworded, NOW), Err(LinkError::Faulty));
    }

    #[test]
    fn a_link_signed_with_the_secret_before_last_still_opens() {
        let old = Cipher::new_secret();
        let (token, link) = token(&Cipher::from_text(&old).expect("valid"));
        let rotated = Cipher::from_text(&format!("{},{old}", Cipher::new_secret())).expect("valid");
        assert_eq!(open(&rotated, &token, NOW), Ok(link));
    }
}
