//! Passwords: what is accepted, and hashing that cannot be used to starve the rest of the process.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::kernel::crypto::Secret;
use crate::kernel::error::{Error, Result};

/// The fewest characters, where the password is the only factor (NIST SP 800-63B-4, 3.1.1.2).
const FEWEST_CHARACTERS: usize = 15;
/// The most bytes; longer ones are refused and never cut.
const MOST_BYTES: usize = 256;
/// Who may wait for a free core; the next one is turned away at once.
const WAITING_ROOM: usize = 32;
/// How long anybody waits.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is verified when there is no such user, so that the work is the same: no password has this hash.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$cGV5ay1ub2JvZHktaGVyZQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

static CORES: LazyLock<usize> = LazyLock::new(|| std::thread::available_parallelism().map_or(2, usize::from));
static WORKING: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(*CORES)));
static ROOM: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(*CORES + WAITING_ROOM)));

/// argon2id with 19 MiB and two passes (OWASP's first choice).
fn argon2() -> Argon2<'static> {
    let params = Params::new(19_456, 2, 1, None).expect("the parameters are within argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Why a new password is refused, as a word and a sentence; `about` are words that belong to its user.
pub(super) fn check(password: &Secret, about: &[&str]) -> Result<(), (String, String)> {
    let refuse = |code: &str, detail: String| Err((code.to_owned(), detail));
    let text = password.expose();
    if text.chars().count() < FEWEST_CHARACTERS {
        return refuse("too_short", format!("A password has at least {FEWEST_CHARACTERS} characters. A few words in a row do well."));
    }
    if text.len() > MOST_BYTES {
        return refuse("too_long", format!("A password has at most {MOST_BYTES} bytes."));
    }
    if is_guessable(text, about) {
        return refuse("guessable", "This password repeats one word or pattern and is guessed first. Choose several words.".into());
    }
    Ok(())
}

/// Whether the password is a pattern of up to four characters over and over, or, signs and spaces aside,
/// one word of `about`, of the product or of the keyboard over and over.
fn is_guessable(password: &str, about: &[&str]) -> bool {
    const COMMON: [&str; 8] =
        ["peyk", "password", "passphrase", "1234567890", "0123456789", "9876543210", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop"];
    let lower: Vec<char> = password.to_lowercase().chars().collect();
    let plain = letters(password);
    (1..=4).any(|n| repeats(&lower, &lower[..n.min(lower.len())]))
        || about.iter().copied().chain(COMMON).any(|word| repeats(&plain, &letters(word)))
}

fn letters(text: &str) -> Vec<char> {
    text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

fn repeats(text: &[char], unit: &[char]) -> bool {
    !text.is_empty() && !unit.is_empty() && text.iter().zip(unit.iter().cycle()).all(|(a, b)| a == b)
}

/// Hashes a password for storage.
pub(super) async fn hash(password: &Secret) -> Result<String> {
    let password = password.clone();
    on_a_free_core(move || {
        let hash = argon2().hash_password(password.expose().as_bytes());
        hash.map(|h| h.to_string()).map_err(|e| Error::internal(format!("a password could not be hashed: {e}")))
    })
    .await?
}

/// What a check of a password found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    /// Whether it is the right one.
    pub right: bool,
    /// Whether its hash was made with other parameters than today's.
    pub outdated: bool,
}

/// Checks a password against a stored hash; without one it does the same work and says no.
pub(super) async fn verify(password: &str, stored: Option<String>) -> Result<Verdict> {
    let password = Secret::new(password);
    on_a_free_core(move || {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| NOBODY.to_owned());
        let hash = PasswordHash::new(&stored).map_err(|e| Error::internal(format!("a stored password hash is unreadable: {e}")))?;
        let right = argon2().verify_password(password.expose().as_bytes(), &hash).is_ok() && known;
        let cost = |p: &Params| (p.m_cost(), p.t_cost(), p.p_cost());
        let outdated = Params::try_from(&hash).ok().as_ref().map(cost) != Some(cost(argon2().params()));
        Ok(Verdict { right, outdated })
    })
    .await?
}

/// Runs hard work on as many threads as there are cores. When too many wait, or for too long, the answer
/// is [`Error::Busy`].
async fn on_a_free_core<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let busy = || Error::Busy { retry_after: PATIENCE };
    let place = ROOM.clone().try_acquire_owned().map_err(|_| busy())?;
    let turn = tokio::time::timeout(PATIENCE, WORKING.clone().acquire_owned()).await.map_err(|_| busy())?.map_err(Error::internal)?;
    // Both permits go with the work: a caller who hangs up does not free a core that is still busy.
    let done = tokio::task::spawn_blocking(move || {
        let _until_done = (place, turn);
        work()
    });
    done.await.map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(password: &str) -> Option<String> {
        check(&Secret::new(password), &["ada@example.com", "ada", "Lovelace & Co"]).err().map(|(code, _)| code)
    }

    #[test]
    fn long_uncommon_passwords_are_accepted_in_any_script() {
        for good in ["correct horse battery", "راز بزرگ خانهٔ ما", "aaaaaaaaaaaaaab", &"long word ".repeat(25)] {
            assert_eq!(refusal(good), None, "{good}");
        }
    }

    #[test]
    fn short_overlong_and_guessable_ones_are_refused() {
        for (bad, code) in [
            ("fourteen chars", "too_short"),
            (&*"é".repeat(129), "too_long"),
            ("aaaaaaaaaaaaaaaa", "guessable"),
            ("abcabcabcabcabcabc", "guessable"),
            ("PasswordPassword", "guessable"),
            ("password password", "guessable"),
            ("peyk-peyk-peyk-peyk", "guessable"),
            ("123456789012345", "guessable"),
            ("qwertyuiopqwerty", "guessable"),
            ("ada@example.com", "guessable"),
            ("AdaAdaAdaAdaAda", "guessable"),
            ("lovelace & co lovelace & co", "guessable"),
        ] {
            assert_eq!(refusal(bad).as_deref(), Some(code), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_hash_knows_its_password_to_the_last_byte() {
        let long = "x1y2 ".repeat(51);
        let stored = hash(&Secret::new(&*long)).await.expect("hashed");
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_eq!(verify(&long, Some(stored.clone())).await.expect("checked"), Verdict { right: true, outdated: false });
        assert!(!verify(&long[..long.len() - 1], Some(stored)).await.expect("checked").right);
        assert!(!verify(&long, None).await.expect("the stand-in hash is readable").right);
    }

    #[tokio::test]
    async fn a_hash_with_weaker_parameters_is_outdated() {
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8_192, 1, 1, None).expect("within bounds"));
        let stored = weak.hash_password(b"correct horse battery").expect("hashed").to_string();
        assert_eq!(verify("correct horse battery", Some(stored)).await.expect("checked"), Verdict { right: true, outdated: true });
    }
}
