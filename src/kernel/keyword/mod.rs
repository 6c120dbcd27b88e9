//! Keywords: short texts by which people say STOP, START or HELP, in the languages that we know.
//!
//! The rule, which gives the same answer for the same text always:
//!
//! 1. A text is folded: compatibility forms, case, accents, invisible characters and the Arabic twins of Persian letters
//!    and digits do not matter, and whatever is neither letter nor digit parts words ([`fold`]).
//! 2. It is a keyword when the **whole** folded text is one ([`words`]); spaces within a word that is written apart, as in
//!    `s t o p` or `opt-out`, do not matter.
//! 3. Of two or three words it is one too when all the others are words of courtesy, as in `stop please`. Numbers such as
//!    11 must stand alone: `11 please` answers another question.
//!
//! 4. A sentence that refuses in free words, as in `take me off your list`, is a STOP too ([`phrases`]); a person looks at it besides.
//!
//! So a keyword inside any other sentence is none: a person reads it in the inbox. Sources: 47 CFR 64.1200(a)(10) (STOP, QUIT, END,
//! REVOKE, OPT OUT, CANCEL, UNSUBSCRIBE), CTIA's Messaging Principles (START, UNSTOP, HELP, INFO; YES is left out,
//! because a yes may answer anything), and what carriers in Iran and Taiwan ask for.

mod fold;
mod phrases;
#[cfg(test)]
mod tests;
mod words;
mod yes;

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::kernel::language::Language;
use fold::Folded;

pub use yes::is_yes;

/// What a keyword asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Keyword {
    /// No more messages of any kind.
    Stop,
    /// What held before the stop.
    Start,
    /// Who this is, and how to stop.
    Help,
}

/// The longest keyword, in characters as it is written.
pub const LONGEST: usize = 40;
/// How many words a keyword with its words of courtesy may have.
const MOST_WORDS: usize = 3;

impl Keyword {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Stop, Self::Start, Self::Help];

    /// The word in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Start => "start",
            Self::Help => "help",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.as_str() == text)
    }
}

/// A keyword that was found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it asks for.
    pub keyword: Keyword,
    /// The language that it belongs to; `None` for the organisation's own words and for words of several languages.
    pub language: Option<Language>,
    /// Whether it was said in free words, so that somebody should read it.
    pub is_sentence: bool,
}

/// The keywords that hold for one text: ours, those of Iran where they hold, and the organisation's own.
#[derive(Clone, Debug, Default)]
pub struct Keywords {
    own: HashMap<String, (Folded, Keyword)>,
    iran: bool,
}

impl Keywords {
    /// Those that hold everywhere, with the organisation's `own`. `iran` adds the numbers 11 (out) and 12 (back in), which
    /// Iran's carriers teach people to answer with; elsewhere they are but numbers.
    pub fn new<'a>(own: impl IntoIterator<Item = (Keyword, &'a str)>, iran: bool) -> Self {
        let folded = own.into_iter().map(|(keyword, word)| (Folded::of(word), keyword));
        Self { own: folded.map(|(word, keyword)| (word.compact(), (word, keyword))).collect(), iran }
    }

    /// Reads a text; `None` when it is no keyword.
    pub fn read(&self, text: &str) -> Option<Found> {
        // Longer texts are letters: nothing is gained by folding them whole.
        if text.chars().nth(8 * LONGEST).is_some() {
            return None;
        }
        let folded = Folded::of(text);
        // Nothing is left of marks and emoji; nothing is no word.
        if folded.words.is_empty() {
            return None;
        }
        self.whole(&folded).or_else(|| {
            let courteous = (2..=MOST_WORDS).contains(&folded.words.len());
            let bare = folded.without_courtesy();
            let cut = bare.words.len() < folded.words.len() && !bare.words.is_empty() && !bare.is_number();
            let found = (courteous && cut).then(|| self.whole(&bare)).flatten();
            let refused = || phrases::refuses(text, &folded).then_some(Found { keyword: Keyword::Stop, language: None, is_sentence: true });
            found.or_else(refused)
        })
    }

    fn whole(&self, text: &Folded) -> Option<Found> {
        let compact = text.compact();
        // Ours come first: whatever an organisation wrote down, a STOP stays one.
        if let Some((word, found)) = BUILT_IN.get(&compact)
            && text.is_written_as(word)
        {
            return Some(found.clone());
        }
        let number = words::IRAN.iter().find(|(_, number)| self.iran && text.words.len() == 1 && *number == compact);
        if let Some((keyword, _)) = number {
            return Some(Found { keyword: *keyword, language: Language::parse("fa"), is_sentence: false });
        }
        let (word, keyword) = self.own.get(&compact)?;
        text.is_written_as(word).then_some(Found { keyword: *keyword, language: None, is_sentence: false })
    }
}

/// Our words by their compact form.
static BUILT_IN: LazyLock<HashMap<String, (Folded, Found)>> = LazyLock::new(|| {
    let mut all: HashMap<String, (Folded, Found)> = HashMap::new();
    for (tag, keyword, list) in words::WORDS {
        for word in *list {
            let folded = Folded::of(word);
            let language = Language::parse(tag);
            all.entry(folded.compact())
                .and_modify(|(_, found)| found.language = found.language.take().filter(|known| Some(known) == language.as_ref()))
                .or_insert((folded, Found { keyword: *keyword, language, is_sentence: false }));
        }
    }
    all
});

/// Whether a text that was read as STOP asks for the end of everything in so many words: by a word for it, or by a sentence.
pub fn names_everything(text: &str) -> bool {
    let folded = Folded::of(text);
    words::EVERYTHING.contains(&folded.without_courtesy().compact().as_str()) || phrases::refuses(text, &folded)
}

/// Why an organisation's own word cannot be a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WordError {
    /// It has no letter or digit.
    #[error("A keyword has at least one letter or digit.")]
    Empty,
    /// It is longer than [`LONGEST`].
    #[error("A keyword has at most 40 characters.")]
    TooLong,
    /// It means something else already, by law or by custom.
    #[error("This word means something else to everybody and cannot be given another meaning.")]
    Taken,
}

/// Whether an organisation may give this meaning to this word: what means STOP stays STOP.
///
/// # Errors
/// Why it may not.
pub fn check_own(keyword: Keyword, word: &str) -> Result<(), WordError> {
    if word.chars().count() > LONGEST {
        return Err(WordError::TooLong);
    }
    if Folded::of(word).words.is_empty() {
        return Err(WordError::Empty);
    }
    match Keywords::new([], true).read(word) {
        Some(found) if found.keyword != keyword => Err(WordError::Taken),
        _ => Ok(()),
    }
}

/// Our words of a meaning with the language of each, as they are shown to people.
pub fn built_in(keyword: Keyword) -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    words::WORDS.iter().filter(move |(_, k, _)| *k == keyword).map(|(tag, _, list)| (*tag, *list))
}
