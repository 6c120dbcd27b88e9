//! Alterations of a call, by a fixed seed.

use super::calls::Call;
use super::setting::Setting;

/// Numbers that look random and are the same in every run (xorshift64*, Vigna 2016).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// One of `0..n`.
    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.roll() >> 33).expect("31 bits fit") % n.max(1)
    }

    /// So many letters and digits.
    pub fn word(&mut self, length: usize) -> String {
        (0..length).map(|_| char::from(WORDS[self.below(WORDS.len())])).collect()
    }
}

/// Bytes that may stand in an address as they are.
const WORDS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Every way to alter a call.
#[derive(Clone, Copy, Debug)]
enum Way {
    FlippedByte,
    LostByte,
    AddedByte,
    CutBody,
    FlippedSignature,
    CutSignature,
    NoSignature,
    EmptySignature,
    AnothersSecret,
    MadeUpSecret,
    AnotherAttempt,
    AnotherWord,
    FlippedKey,
    LongerKey,
    ShorterKey,
    AnotherOrganisationsKey,
    AnotherProvidersKey,
    AnotherProvider,
    FlippedQuery,
    AddedQuery,
    NoQuery,
    OtherDoor,
    NoKey,
}

/// What makes a call wrong whose body is signed.
const SIGNED_BODY: [Way; 12] = [
    Way::FlippedByte,
    Way::LostByte,
    Way::AddedByte,
    Way::CutBody,
    Way::FlippedSignature,
    Way::CutSignature,
    Way::NoSignature,
    Way::EmptySignature,
    Way::AnothersSecret,
    Way::MadeUpSecret,
    Way::AnotherAttempt,
    Way::AnotherWord,
];
/// What makes any call wrong whose address is not known.
const ADDRESS: [Way; 5] = [Way::FlippedKey, Way::LongerKey, Way::ShorterKey, Way::AnotherProvidersKey, Way::AnotherProvider];
/// What makes a call wrong whose address is signed.
const SIGNED_ADDRESS: [Way; 4] = [Way::FlippedQuery, Way::AddedQuery, Way::NoQuery, Way::OtherDoor];

/// An altered call that nobody may believe, and what was done to it.
pub fn altered(setting: &Setting, original: &Call, dice: &mut Dice) -> (String, Call) {
    let mut ways = ADDRESS.to_vec();
    if setting.signs() {
        ways.extend(SIGNED_BODY);
        ways.extend([Way::AnotherOrganisationsKey, Way::NoKey]);
    }
    if setting.signs_address() {
        ways.extend(SIGNED_ADDRESS);
    }
    loop {
        let way = ways[dice.below(ways.len())];
        let mut call = original.clone();
        alter(setting, &mut call, way, dice);
        // An alteration may find nothing to alter, or spell the same thing otherwise, as `%2b` does for `%2B`.
        if !is_same(setting, original, &call) {
            return (format!("{way:?}"), call);
        }
    }
}

fn is_same(setting: &Setting, original: &Call, call: &Call) -> bool {
    // A form can be spelled in several ways; and a border that moves within a field that nobody reads says the same too.
    let says_the_same = setting.signs_address() && Setting::meaning(original) == Setting::meaning(call);
    let body = if says_the_same { &original.body } else { &call.body };
    Call { body: body.clone(), is_keyless: false, ..call.clone() } == *original
}

fn alter(setting: &Setting, call: &mut Call, way: Way, dice: &mut Dice) {
    let at = dice.below(call.body.len());
    match way {
        Way::FlippedByte if !call.body.is_empty() => call.body[at] ^= u8::try_from(1 + dice.below(255)).expect("it fits"),
        Way::LostByte if !call.body.is_empty() => {
            call.body.remove(at);
        }
        Way::AddedByte => call.body.insert(at, u8::try_from(dice.below(256)).expect("it fits")),
        Way::CutBody => call.body.truncate(at),
        Way::FlippedByte | Way::LostByte => {}
        Way::FlippedSignature => call.signature = call.signature.take().map(|signature| flipped(&signature, dice)),
        Way::CutSignature => {
            let length = call.signature.as_ref().map_or(0, String::len);
            call.signature = call.signature.take().map(|signature| signature[..dice.below(length)].to_owned());
        }
        Way::NoSignature => call.signature = None,
        Way::EmptySignature => call.signature = Some(String::new()),
        Way::AnothersSecret => call.signature = setting.signature(setting.strangers_secret(), call),
        Way::MadeUpSecret => call.signature = setting.signature(&dice.word(24), call),
        Way::AnotherAttempt => setting.name_the_bystander(call),
        Way::AnotherWord => call.body = replaced(&call.body, &[("delivered", "failed"), ("STOP", "START")]),
        Way::FlippedKey => call.key = flipped(&call.key, dice),
        Way::LongerKey => call.key += &dice.word(1),
        Way::ShorterKey => {
            call.key.pop();
        }
        Way::AnotherOrganisationsKey => call.key = setting.strangers_key().to_owned(),
        Way::AnotherProvidersKey => call.key = setting.other_providers_key().to_owned(),
        Way::AnotherProvider => {
            let others = ["simulator", "twilio", "mitake", "every8d", "melipayamak", "sns"];
            call.provider = others[dice.below(others.len())].to_owned();
        }
        Way::FlippedQuery => call.query = flipped(&call.query, dice),
        Way::AddedQuery => call.query = format!("{}&{}={}", call.query, dice.word(3), dice.word(3)),
        Way::NoQuery => call.query.clear(),
        Way::NoKey => {
            // The address is for whoever signs, so what comes there must be wrong besides.
            let wrong = [Way::FlippedByte, Way::LostByte, Way::FlippedSignature, Way::NoSignature, Way::MadeUpSecret, Way::AnotherWord];
            call.is_keyless = true;
            alter(setting, call, wrong[dice.below(wrong.len())], dice);
        }
        Way::OtherDoor => call.door = if call.door == "status" { "inbound" } else { "status" }.to_owned(),
    }
}

/// The text with another character in one place.
fn flipped(text: &str, dice: &mut Dice) -> String {
    let at = dice.below(text.len());
    let other = dice.word(1);
    text.char_indices().map(|(i, c)| if i == at { other.clone() } else { c.to_string() }).collect()
}

/// The body with these words in place of those.
pub fn replaced(body: &[u8], words: &[(&str, &str)]) -> Vec<u8> {
    words.iter().fold(String::from_utf8_lossy(body).into_owned(), |body, (from, to)| body.replace(from, to)).into_bytes()
}
