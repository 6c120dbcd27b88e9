//! Letters and digits that people take for one though computers write them with two characters: a keyboard types the Persian ی, and
//! Windows-1256, which has none, brings the Arabic ي.

use unicode_normalization::UnicodeNormalization as _;

/// Arabic letters as the Persian ones of the same look.
pub fn persian(c: char) -> char {
    match c {
        'ي' | 'ى' => 'ی',
        'ك' => 'ک',
        c => c,
    }
}

/// Persian and Arabic digits as ASCII ones.
pub fn digit(c: char) -> char {
    match c {
        '۰'..='۹' => char::from(b'0' + (u32::from(c) - u32::from('۰')) as u8),
        '٠'..='٩' => char::from(b'0' + (u32::from(c) - u32::from('٠')) as u8),
        c => c,
    }
}

/// A text with ASCII digits, and with the separators of numbers that go with them.
pub fn with_digits(text: &str) -> String {
    text.nfkc().map(digit).map(|c| if c == '٫' { '.' } else { c }).filter(|c| *c != '٬').collect()
}

/// What is compared of a text: no case, no width, one form of each letter and digit, no blanks around it.
pub fn fold(text: &str) -> String {
    text.trim().nfkc().flat_map(char::to_lowercase).map(persian).map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_look_is_one_text() {
        for (one, other) in
            [(" شيراز", "شیراز"), ("كرج", "کرج"), ("موسى", "موسی"), ("۱۲", "12"), ("١٢", "12"), ("ＡＢ１", "ab1"), ("Zoe\u{308}", "zoë")]
        {
            assert_eq!(fold(one), fold(other), "{one}");
        }
        assert_ne!(fold("شیراز"), fold("شیرازی"));
        assert_eq!((with_digits("۱٬۲۰۰٫۵").as_str(), with_digits("١٢").as_str()), ("1200.5", "12"));
    }
}
