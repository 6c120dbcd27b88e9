//! The words of a name, folded so that spellings that people take for one are one.
//!
//! Names are sealed; they are found by keyed hashes of these words ([`TenantCipher::blind_word`]). Only whole words are
//! found: hashes of beginnings of words would tell more about a name than a search is worth.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::kernel::crypto::TenantCipher;
use crate::kernel::letters;

/// The most words of one name that are looked at.
const MOST: usize = 12;

/// Each word once: without case, accents, width and marks; Arabic letters as the Persian ones of the same look. A Chinese
/// character is a word by itself, since such names are written without spaces.
pub fn words(name: &str) -> BTreeSet<String> {
    let folded: String = name.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).map(plain).collect();
    let mut words = BTreeSet::new();
    for run in folded.split(|c: char| !c.is_alphanumeric()) {
        let mut word = String::new();
        for c in run.chars() {
            if is_ideograph(c) {
                words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
                words.insert(c.to_string());
            } else {
                word.push(c);
            }
        }
        words.extend((!word.is_empty()).then_some(word));
    }
    words.into_iter().take(MOST).collect()
}

/// The blind indexes of the words of a name.
pub fn indexes(cipher: &TenantCipher, name: &str) -> Vec<Vec<u8>> {
    words(name).iter().map(|word| cipher.blind_word("contacts.name", word)).collect()
}

fn plain(c: char) -> char {
    match letters::persian(c) {
        // Zero-width joiners part the halves of a Persian word; people type a space there, or nothing.
        '\u{200c}' | '\u{200d}' => ' ',
        c => c,
    }
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{3134f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_have_the_same_words() {
        for (one, other) in [
            ("Zoë  Müller", "zoe muller"),
            ("O’Neil, SARA", "sara o'neil"),
            ("علي كريمي", "علی کریمی"),
            ("ＡＢＣ", "abc"),
            ("王小明", "小明 王"),
            ("Li 王", "li王"),
        ] {
            assert_eq!(words(one), words(other), "{one}");
        }
        assert_ne!(words("Sara"), words("Sarah"));
        assert!(words(" .-’ ").is_empty());
        assert_eq!(words(&(0..40).map(|n| format!("w{n} ")).collect::<String>()).len(), MOST);
    }
}
