//! Folding: what is left of a text when the ways to write it are taken away.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::kernel::letters;

/// A text as its folded words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    /// The words: letters and digits only, in small letters.
    pub words: Vec<String>,
}

impl Folded {
    /// Folds a text.
    pub fn of(text: &str) -> Self {
        let (mut words, mut word) = (Vec::new(), String::new());
        for c in text.nfkd().filter(|c| !is_combining_mark(*c) && !is_silent(*c)).flat_map(char::to_lowercase) {
            let c = plain(c);
            if c.is_alphanumeric() {
                word.push(c);
            } else if !word.is_empty() && !matches!(c, '\'' | '’') {
                words.push(std::mem::take(&mut word));
            }
        }
        if !word.is_empty() {
            words.push(word);
        }
        Self { words }
    }

    /// The words without anything between them.
    pub fn compact(&self) -> String {
        self.words.concat()
    }

    /// What is left without words that change nothing.
    pub fn without_courtesy(&self) -> Self {
        Self { words: self.words.iter().filter(|word| !super::words::is_courtesy(word)).cloned().collect() }
    }

    /// Whether it is one number.
    pub fn is_number(&self) -> bool {
        self.words.iter().all(|word| word.chars().all(char::is_numeric))
    }

    /// Whether a text whose compact form is that of `word` is written as people write it: in one piece, parted where the
    /// word itself is parted, or letter by letter. So `to ps` is not `tops`.
    pub fn is_written_as(&self, word: &Self) -> bool {
        self.words.len() == 1 || self.words == word.words || (!self.is_number() && self.words.iter().all(|w| w.chars().count() == 1))
    }
}

/// Characters that are not seen: joiners, direction marks, soft hyphens, the Arabic stretching stroke, the byte order mark and the
/// selectors that follow emoji.
fn is_silent(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{640}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}')
}

/// One form of each letter and digit, also of those that differ in look and not in what a keyword means by them.
fn plain(c: char) -> char {
    match letters::digit(letters::persian(c)) {
        'ة' => 'ه',
        'ٱ' => 'ا',
        c => c,
    }
}
