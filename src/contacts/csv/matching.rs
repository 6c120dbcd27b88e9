//! A guess which column is what, for people to confirm.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::cells::is_invisible;
use crate::kernel::letters;

/// Column names that say "a phone number to text", folded by [`fold`]; the first is the best.
const PHONE_NAMES: &[&str] = &[
    "mobile",
    "mobilephone",
    "mobilenumber",
    "mobileno",
    "mobilephonenumber",
    "cell",
    "cellphone",
    "cellphonenumber",
    "msisdn",
    "موبایل",
    "همراه",
    "تلفنهمراه",
    "شمارهموبایل",
    "شمارههمراه",
    "شمارهتلفنهمراه",
    "手機",
    "手機號碼",
    "手機號",
    "行動電話",
    "行動電話號碼",
    "手机",
    "手机号",
    "手机号码",
    "phone",
    "phonenumber",
    "phoneno",
    "tel",
    "telno",
    "telephone",
    "telephonenumber",
    "تلفن",
    "شمارهتلفن",
    "شمارهتماس",
    "電話",
    "電話號碼",
    "电话",
    "电话号码",
];
/// Parts of a name that hint at a phone number.
const PHONE_PARTS: &[&str] = &["mobile", "phone", "msisdn", "موبایل", "تلفن", "همراه", "手機", "手机", "電話", "电话"];
/// Names that a phone column may have, and others too.
const VAGUE_PHONE_NAMES: &[&str] = &["number", "no", "to", "recipient", "contact", "sms", "شماره", "號碼", "号码"];
const LANGUAGE_NAMES: &[&str] = &["language", "lang", "locale", "preferredlanguage", "زبان", "語言", "语言"];

/// Which column (by index) is what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// The number to text. After [`resolve`](super::StoredMapping::resolve) it is always there.
    pub phone: Option<usize>,
    /// The language to text in, if the file says.
    pub language: Option<usize>,
    /// For each placeholder of the template, the column that fills it.
    pub fills: Vec<(String, Option<usize>)>,
}

impl Mapping {
    /// The placeholders that no column fills.
    pub fn unfilled(&self) -> impl Iterator<Item = &str> {
        self.fills.iter().filter(|(_, column)| column.is_none()).map(|(placeholder, _)| placeholder.as_str())
    }
}

/// Guesses what each column is, from its name and the cells of the first rows. No column gets two meanings.
///
/// Placeholders are matched by name alone (letter case, spaces, punctuation, accents and joiners ignored): a wrong guess there would be
/// texted to people. The phone is matched by name in English, Persian and Chinese, else by how many cells look like numbers.
pub fn guess(headers: &[String], sample: &[Vec<String>], placeholders: &[&str]) -> Mapping {
    let folded: Vec<String> = headers.iter().map(|name| fold(name)).collect();
    let wanted: Vec<String> = placeholders.iter().map(|name| fold(name)).collect();
    let phone = guess_phone(&folded, sample, &wanted);
    let mut taken: Vec<usize> = phone.into_iter().collect();
    let mut free = |fits: &dyn Fn(&str) -> bool| {
        let column = (0..folded.len()).find(|column| fits(&folded[*column]) && !taken.contains(column));
        taken.extend(column);
        column
    };
    // The words `phone` and `language` in a text mean the columns of those meanings, so they look for none of their own.
    let is_shared = |placeholder: &str| matches!(placeholder, "phone" | "language");
    let by_name: Vec<Option<usize>> = placeholders
        .iter()
        .zip(&wanted)
        .map(|(placeholder, name)| if is_shared(placeholder) { None } else { free(&|header| same(header, name)) })
        .collect();
    let language = free(&|header| LANGUAGE_NAMES.contains(&header));
    let fills = placeholders.iter().zip(by_name).map(|(placeholder, column)| {
        let column = match *placeholder {
            "phone" => phone,
            "language" => language,
            _ => column,
        };
        ((*placeholder).to_owned(), column)
    });
    Mapping { phone, language, fills: fills.collect() }
}

fn guess_phone(folded: &[String], sample: &[Vec<String>], wanted: &[String]) -> Option<usize> {
    let mut best = None;
    for (column, name) in folded.iter().enumerate() {
        let by_name = PHONE_NAMES.iter().position(|known| known == name);
        // A column that a placeholder asks for, such as `order_number`, is not taken away on a hint.
        if by_name.is_none() && wanted.iter().any(|placeholder| same(placeholder, name)) {
            continue;
        }
        let looks = likeness(sample, column);
        let score = match by_name {
            Some(rank) => 200.0 - rank as f64,
            None if looks < 0.5 => continue,
            None if PHONE_PARTS.iter().any(|part| name.contains(part)) => 40.0,
            None if VAGUE_PHONE_NAMES.contains(&name.as_str()) => 30.0,
            None => 0.0,
        };
        let score = score + 60.0 * looks;
        if best.is_none_or(|(top, _)| score > top) {
            best = Some((score, column));
        }
    }
    best.map(|(_, column)| column)
}

/// From 0 (no filled cell of the column looks like a phone number) to 1.
fn likeness(sample: &[Vec<String>], column: usize) -> f64 {
    let filled = sample.iter().filter_map(|row| row.get(column)).filter(|cell| !cell.trim().is_empty());
    let (mut sum, mut count) = (0.0, 0.0);
    for cell in filled {
        sum += phone_likeness(cell);
        count += 1.0;
    }
    if count == 0.0 { 0.0 } else { sum / count }
}

/// From 0 to 1, how much a cell looks like a phone number, in any script's digits. 1 takes a `+` or a leading 0 and more digits than a
/// date has; less is for a bare number, which may be an amount, or a phone whose leading zero a spreadsheet ate.
pub(super) fn phone_likeness(cell: &str) -> f64 {
    let plain: String = cell.nfkc().filter(|c| !c.is_whitespace() && !is_invisible(*c)).collect();
    let mut digits = 0;
    for (index, c) in plain.chars().enumerate() {
        match c {
            '+' if index == 0 => {}
            '-' | '(' | ')' | '.' => {}
            c if c.is_numeric() => digits += 1,
            _ => return 0.0,
        }
    }
    let leads = plain.starts_with(['+', '0', '۰', '٠', '(']);
    match digits {
        9..=15 if leads => 1.0,
        8..=15 => 0.6,
        _ => 0.0,
    }
}

/// A name without what people write differently: letter case, spaces, punctuation, accents, joiners, Arabic forms of Persian letters.
pub fn fold(name: &str) -> String {
    name.nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .filter(|c| c.is_alphanumeric())
        .map(letters::persian)
        .collect()
}

/// Whether two folded names are one; names of punctuation alone are nothing to go by.
pub(super) fn same(folded: &str, other: &str) -> bool {
    !folded.is_empty() && folded == other
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn rows(rows: &[&[&str]]) -> Vec<Vec<String>> {
        rows.iter().map(|row| names(row)).collect()
    }

    #[test]
    fn the_phone_is_found_by_its_name_in_three_languages() {
        for name in [
            "Phone",
            "mobile_number",
            "Cell Phone",
            "MSISDN",
            "tel.",
            "موبایل",
            "موبايل",
            "شماره‌ تلفن",
            "شماره همراه",
            "手機",
            "手機號碼",
            "電話",
        ] {
            let mapping = guess(&names(&["name", name]), &[], &[]);
            assert_eq!(mapping.phone, Some(1), "{name}");
        }
    }

    #[test]
    fn a_mobile_is_preferred_to_a_plain_phone() {
        assert_eq!(guess(&names(&["Phone", "Mobile"]), &[], &[]).phone, Some(1));
    }

    #[test]
    fn the_phone_is_found_by_its_cells_when_no_name_tells() {
        let sample = rows(&[&["Ali", "1200000", "۰۹۱۲۰۰۰۰۰۰۰"], &["Sara", "900", "+98 912 000 0001"], &["", "", ""]]);
        assert_eq!(guess(&names(&["a", "b", "c"]), &sample, &[]).phone, Some(2));
        assert_eq!(guess(&names(&["a", "b"]), &rows(&[&["Ali", "12"]]), &[]).phone, None);
    }

    #[test]
    fn a_phone_model_is_no_phone_number() {
        let sample = rows(&[&["Nokia 3310", "0912 000 0000"]]);
        assert_eq!(guess(&names(&["phone model", "who"]), &sample, &[]).phone, Some(1));
    }

    #[test]
    fn a_column_that_a_placeholder_names_is_not_taken_for_the_phone() {
        let sample = rows(&[&["10000001", "912000000"]]);
        let mapping = guess(&names(&["Order number", "contact"]), &sample, &["order_number"]);
        assert_eq!(mapping.phone, Some(1));
        assert_eq!(mapping.fills, [("order_number".to_owned(), Some(0))]);
        assert_eq!(guess(&names(&["Order number"]), &sample, &["order_number"]).phone, None);
    }

    #[test]
    fn placeholders_match_whatever_the_case_spaces_accents_and_joiners() {
        let headers = names(&["PHONE", "First  Name", "Prénom", "نام‌خانوادگي", "ｃｉｔｙ"]);
        let mapping = guess(&headers, &[], &["first_name", "prenom", "نام خانوادگی", "City", "price"]);
        let columns: Vec<_> = mapping.fills.iter().map(|(_, column)| *column).collect();
        assert_eq!(columns, [Some(1), Some(2), Some(3), Some(4), None]);
        assert_eq!(mapping.unfilled().collect::<Vec<_>>(), ["price"]);
    }

    #[test]
    fn the_language_column_is_found_and_fills_a_placeholder_of_that_name() {
        for name in ["lang", "Language", "زبان", "語言"] {
            let mapping = guess(&names(&["phone", name]), &[], &["language"]);
            assert_eq!(mapping.language, Some(1), "{name}");
            assert_eq!(mapping.fills, [("language".to_owned(), Some(1))]);
        }
    }

    #[test]
    fn a_placeholder_called_phone_is_filled_by_the_phone() {
        let mapping = guess(&names(&["Mobile", "Phone"]), &[], &["phone"]);
        assert_eq!(mapping.fills, [("phone".to_owned(), Some(0))]);
    }
}
