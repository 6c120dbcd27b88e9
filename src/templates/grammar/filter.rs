//! The filters: pure, each with one exact meaning, none that makes a value longer than a few times its size.

use std::borrow::Cow;

use super::is_blank;

/// The filters' names as written, for error messages.
pub(super) const NAMES: &str = "upper, lower, title, trim, first_name, number, truncate(20) or default(\"text\")";

#[derive(PartialEq, Eq)]
pub(super) enum Filter {
    /// All letters as capitals, by Unicode.
    Upper,
    /// All letters small, by Unicode.
    Lower,
    /// The first letter of each word a capital, the others small; spaces divide words.
    Title,
    /// Without spaces at both ends.
    Trim,
    /// The first word.
    FirstName,
    /// `1234567.5` as `1,234,567.5`; what is no plain number stays as it is.
    Number,
    /// The first so many characters, without spaces at their end. No ellipsis: it would make the text UCS-2.
    Truncate(usize),
    /// This text in place of a blank one.
    Default(Box<str>),
}

/// Passes a value through filters, left to right.
pub(super) fn apply<'a>(filters: &'a [Filter], value: &'a str) -> Cow<'a, str> {
    let mut text = Cow::Borrowed(value);
    for filter in filters {
        text = match filter {
            Filter::Upper => text.to_uppercase().into(),
            Filter::Lower => text.to_lowercase().into(),
            Filter::Title => title(&text).into(),
            Filter::Trim => cut(text, str::trim),
            Filter::FirstName => cut(text, |text| text.split_whitespace().next().unwrap_or("")),
            Filter::Number => match grouped(&text) {
                Some(number) => number.into(),
                None => text,
            },
            Filter::Truncate(most) => cut(text, |text| match text.char_indices().nth(*most) {
                Some((end, _)) => text[..end].trim_end(),
                None => text,
            }),
            Filter::Default(default) if is_blank(&text) => Cow::Borrowed(&**default),
            Filter::Default(_) => text,
        };
    }
    text
}

fn cut<'a>(text: Cow<'a, str>, part: impl Fn(&str) -> &str) -> Cow<'a, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(part(text)),
        Cow::Owned(text) => Cow::Owned(part(&text).to_string()),
    }
}

fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_word = false;
    for c in text.chars() {
        if in_word {
            out.extend(c.to_lowercase());
        } else {
            out.extend(c.to_uppercase());
        }
        in_word = !c.is_whitespace();
    }
    out
}

fn grouped(text: &str) -> Option<String> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !is_digits(whole) || !fraction.is_none_or(is_digits) {
        return None;
    }
    let mut out = String::with_capacity(text.len() * 4 / 3 + 1);
    out.push_str(&text[..text.len() - unsigned.len()]);
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out.push_str(&unsigned[whole.len()..]);
    Some(out)
}
