//! STOP and START, as people write them back.

use unicode_normalization::UnicodeNormalization as _;

use super::opt_out::{OptRequest, Recording};
use super::steps::tell;
use super::store;
use crate::access::Actor;
use crate::app::App;
use crate::connections::Connection;
use crate::kernel::error::{Error, Result};
use crate::providers::Inbound;

/// What a word asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyword {
    /// No more messages of any kind.
    Stop,
    /// What held before the stop.
    Start,
}

/// Words for stop: Twilio's English set (Advanced Opt-Out), OPTOUT and REVOKE of 47 CFR 64.1200(a)(10), Iran's `لغو` and the
/// 11 that its suffix `لغو11` asks for, and the Chinese words in both scripts.
const STOP: [&str; 25] = [
    "stop",
    "stopall",
    "stop all",
    "unsubscribe",
    "cancel",
    "end",
    "quit",
    "optout",
    "opt out",
    "opt-out",
    "revoke",
    "remove me",
    "لغو",
    "لغو11",
    "لغو 11",
    "11",
    "لغو اشتراک",
    "توقف",
    "退訂",
    "退订",
    "取消訂閱",
    "取消订阅",
    "停止",
    "拒收",
    "td",
];

/// Words for start.
const START: [&str; 9] = ["start", "unstop", "subscribe", "شروع", "فعال", "訂閱", "订阅", "恢復", "恢复"];

impl Keyword {
    /// Reads a whole text; a word within a sentence is no keyword. Case, width, kind of digits and marks around
    /// it do not matter.
    pub fn read(text: &str) -> Option<Self> {
        let text: String = text.nfkc().flat_map(char::to_lowercase).map(plain).collect();
        let text = text.trim_matches(|c: char| !c.is_alphanumeric());
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if STOP.contains(&text.as_str()) {
            Some(Self::Stop)
        } else if START.contains(&text.as_str()) {
            Some(Self::Start)
        } else {
            None
        }
    }
}

/// Persian and Arabic digits as ASCII ones, Arabic letters as the Persian ones of the same look.
fn plain(c: char) -> char {
    match c {
        '۰'..='۹' => char::from(b'0' + (u32::from(c) - u32::from('۰')) as u8),
        '٠'..='٩' => char::from(b'0' + (u32::from(c) - u32::from('٠')) as u8),
        'ك' => 'ک',
        'ي' => 'ی',
        c => c,
    }
}

/// Acts on what people wrote back to a connection, the oldest first: STOP and START in their languages, each event once
/// however often a provider tells it. Anything else is left alone, and a number that cannot be read is nobody's.
///
/// # Errors
/// [`Error::Internal`]: something was not recorded, and the provider must repeat its call or be asked again.
pub async fn hear_all(app: &App, connection: &Connection, inbound: &[Inbound]) -> Result<()> {
    let mut words: Vec<(&Inbound, Keyword)> = inbound.iter().filter_map(|i| Some((i, Keyword::read(&i.text)?))).collect();
    words.sort_by_key(|(inbound, _)| inbound.at);
    for (inbound, keyword) in words {
        match hear(app, connection, inbound, keyword).await {
            Ok(()) | Err(Error::Invalid(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn hear(app: &App, connection: &Connection, inbound: &Inbound, keyword: Keyword) -> Result<()> {
    let actor = Actor::system(connection.subaccount.clone());
    let (reason, recording) = match keyword {
        Keyword::Stop => ("They wrote a stop word.", Recording::OPT_OUT),
        Keyword::Start => ("They wrote a start word.", Recording::START_AGAIN),
    };
    let request = OptRequest { phone: inbound.from.clone(), category: None, reason: Some(reason.into()) };
    let mut tx = app.db.write().await?;
    if !store::note(&mut tx, connection, &inbound.event_key, app.clock.now()).await? {
        return Ok(());
    }
    let (_, told) = recording.write(app, &mut tx, &actor, &request).await?;
    tx.commit().await?;
    tell(app, told);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sloppy_forms_are_heard_and_sentences_are_not() {
        for stop in ["STOP", " stop. ", "Stop!", "“stop”", "ＳＴＯＰ", "STOP  ALL", "لغو", "لغو۱۱", "۱۱", "退訂", "退订。", "Unsubscribe"]
        {
            assert_eq!(Keyword::read(stop), Some(Keyword::Stop), "{stop}");
        }
        for start in ["START", "unstop", "شروع", "訂閱"] {
            assert_eq!(Keyword::read(start), Some(Keyword::Start), "{start}");
        }
        for other in ["", "please stop by at noon", "ok", "111", "don't stop", "YES", "🛑"] {
            assert_eq!(Keyword::read(other), None, "{other}");
        }
    }
}
