//! The characters that force a text out of GSM-7, and plain ones that say the same.

use std::sync::LazyLock;

use super::{Encoding, alphabet, measure};

/// A character outside GSM-7.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Culprit {
    /// The character.
    pub ch: char,
    /// How many characters stand before it.
    pub position: u32,
    /// Its Unicode name, such as `RIGHT SINGLE QUOTATION MARK`.
    pub name: String,
    /// What says the same in GSM-7, `""` for a mark that can go; `None` when nothing does.
    pub replacement: Option<&'static str>,
}

/// Every character outside GSM-7, in order; none for a GSM-7 text.
pub fn culprits(text: &str) -> Vec<Culprit> {
    let mut found = Vec::new();
    for (position, (before, ch, after)) in (0..).zip(neighbours(text)) {
        if !alphabet::contains(ch) {
            found.push(Culprit { ch, position, name: name(ch), replacement: replacement(before, ch, after) });
        }
    }
    found
}

/// The text with each culprit that has a replacement replaced, and all else as it was.
pub fn replace_culprits(text: &str) -> String {
    if measure(text).encoding == Encoding::Gsm7 {
        return text.to_string();
    }
    let mut plain = String::with_capacity(text.len());
    for (before, ch, after) in neighbours(text) {
        if alphabet::contains(ch) {
            plain.push(ch);
        } else if let Some(replacement) = replacement(before, ch, after) {
            plain.push_str(replacement);
        } else {
            plain.push(ch);
        }
    }
    plain
}

/// Each character with the ones beside it.
fn neighbours(text: &str) -> impl Iterator<Item = (Option<char>, char, Option<char>)> {
    let mut before = None;
    let mut rest = text.chars().peekable();
    std::iter::from_fn(move || {
        let ch = rest.next()?;
        let triple = (before, ch, rest.peek().copied());
        before = Some(ch);
        Some(triple)
    })
}

fn replacement(before: Option<char>, ch: char, after: Option<char>) -> Option<&'static str> {
    if is_invisible(ch) {
        // Joiners shape Persian words and hold emoji together; between plain letters they are debris.
        let foreign = |c: char| !alphabet::contains(c) && !is_invisible(c) && look_up(c).is_none();
        return (!before.is_some_and(foreign) && !after.is_some_and(foreign)).then_some("");
    }
    if is_combining_mark(ch) {
        let on_latin = |c: char| c.is_ascii_alphabetic() || is_combining_mark(c) || look_up(c).is_some();
        return before.is_some_and(on_latin).then_some("");
    }
    look_up(ch)
}

/// Marks without width: soft hyphen, joiners, direction marks, variation selectors, byte order mark.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
}

fn is_combining_mark(c: char) -> bool {
    ('\u{0300}'..='\u{036F}').contains(&c)
}

fn look_up(ch: char) -> Option<&'static str> {
    static TABLE: LazyLock<Vec<(char, &'static str)>> = LazyLock::new(|| {
        let mut table: Vec<(char, &'static str)> =
            REPLACEMENTS.iter().flat_map(|(plain, chars)| chars.chars().map(move |c| (c, *plain))).collect();
        table.sort_unstable_by_key(|(c, _)| *c);
        table
    });
    if let '\u{FF01}'..='\u{FF5E}' = ch {
        return fullwidth(ch);
    }
    TABLE.binary_search_by_key(&ch, |(c, _)| *c).ok().map(|row| TABLE[row].1)
}

/// Fullwidth forms stand in the order of ASCII.
fn fullwidth(ch: char) -> Option<&'static str> {
    const ASCII: &str = "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_'abcdefghijklmnopqrstuvwxyz{|}~";
    let at = usize::try_from(u32::from(ch).checked_sub(0xFF01)?).ok()?;
    ASCII.get(at..=at)
}

fn name(ch: char) -> String {
    if let Some(name) = unicode_names2::name(ch) {
        return name.to_string();
    }
    match ch {
        '\0' => "NULL".to_string(),
        '\t' => "CHARACTER TABULATION".to_string(),
        '\u{0B}' => "LINE TABULATION".to_string(),
        '\u{1B}' => "ESCAPE".to_string(),
        '\u{7F}' => "DELETE".to_string(),
        '\u{85}' => "NEXT LINE".to_string(),
        _ if ch.is_control() => format!("CONTROL CHARACTER U+{:04X}", u32::from(ch)),
        _ => format!("CHARACTER U+{:04X}", u32::from(ch)),
    }
}

/// A plain text and the characters that it can stand for.
const REPLACEMENTS: &[(&str, &str)] = &[
    ("'", "‘’‚‛′´`ʹʻʼʽˈ‹›"),
    ("\"", "“”„‟″«»〝〞＂"),
    ("-", "‐‑‒–—―−⁃﹘﹣"),
    ("...", "…"),
    (".", "‧․"),
    ("*", "•‣∙●▪"),
    ("\n", "\u{0B}\u{85}\u{2028}\u{2029}"),
    (
        " ",
        "\t\u{A0}\u{1680}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200A}\u{202F}\u{205F}\u{3000}",
    ),
    (
        "",
        "\0\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}\u{7}\u{8}\u{E}\u{F}\u{10}\u{11}\u{12}\u{13}\u{14}\u{15}\u{16}\u{17}\u{18}\u{19}\u{1A}\u{1B}\u{1C}\u{1D}\u{1E}\u{1F}\u{7F}",
    ),
    ("!!", "‼"),
    ("?!", "⁈"),
    ("!?", "⁉"),
    ("/", "⁄∕÷"),
    ("x", "×"),
    (":", "∶"),
    ("<=", "≤"),
    (">=", "≥"),
    ("+/-", "±"),
    ("->", "→"),
    ("<-", "←"),
    ("1/2", "½"),
    ("1/4", "¼"),
    ("3/4", "¾"),
    ("(c)", "©"),
    ("(R)", "®"),
    ("TM", "™"),
    ("No", "№"),
    ("c", "¢"),
    ("Rs", "₹"),
    ("TL", "₺"),
    ("|", "¦"),
    ("-", "¬"),
    ("o", "º"),
    ("a", "ª"),
    ("0", "⁰₀٠۰"),
    ("1", "¹₁١۱"),
    ("2", "²₂٢۲"),
    ("3", "³₃٣۳"),
    ("4", "⁴₄٤۴"),
    ("5", "⁵₅٥۵"),
    ("6", "⁶₆٦۶"),
    ("7", "⁷₇٧۷"),
    ("8", "⁸₈٨۸"),
    ("9", "⁹₉٩۹"),
    ("ff", "ﬀ"),
    ("fi", "ﬁ"),
    ("fl", "ﬂ"),
    ("ffi", "ﬃ"),
    ("ffl", "ﬄ"),
    ("st", "ﬅﬆ"),
    ("OE", "Œ"),
    ("oe", "œ"),
    ("IJ", "Ĳ"),
    ("ij", "ĳ"),
    ("SS", "ẞ"),
    ("Th", "Þ"),
    ("th", "þ"),
    ("D", "Ð"),
    ("d", "ð"),
    ("i", "ı"),
    ("N", "Ŋ"),
    ("n", "ŋŉ"),
    ("k", "ĸ"),
    ("s", "ſ"),
    // Greek capitals that look like Latin ones; the others are in GSM-7 themselves.
    ("A", "ΑΆ"),
    ("B", "Β"),
    ("E", "ΕΈ"),
    ("H", "ΗΉ"),
    ("I", "ΙΊΪ"),
    ("K", "Κ"),
    ("M", "Μ"),
    ("N", "Ν"),
    ("O", "ΟΌ"),
    ("P", "Ρ"),
    ("T", "Τ"),
    ("X", "Χ"),
    ("Y", "ΥΎΫ"),
    ("Z", "Ζ"),
    ("Ω", "Ώ"),
    // Latin letters with marks.
    ("A", "ÀÁÂÃĀĂĄǍǞǠǺȀȂȦȺḀẠẢẤẦẨẪẬẮẰẲẴẶ"),
    ("B", "ƁƂɃḂḄḆ"),
    ("C", "ĆĈĊČƇȻḈ"),
    ("D", "ĎĐƊƋḊḌḎḐḒ"),
    ("E", "ÈÊËĒĔĖĘĚȄȆȨɆḔḖḘḚḜẸẺẼẾỀỂỄỆ"),
    ("F", "ƑḞ"),
    ("G", "ĜĞĠĢƓǤǦǴḠ"),
    ("H", "ĤĦȞḢḤḦḨḪ"),
    ("I", "ÌÍÎÏĨĪĬĮİƗǏȈȊḬḮỈỊ"),
    ("J", "ĴɈ"),
    ("K", "ĶƘǨḰḲḴ"),
    ("L", "ĹĻĽĿŁȽḶḸḺḼ"),
    ("M", "ḾṀṂ"),
    ("N", "ŃŅŇƝǸȠṄṆṈṊ"),
    ("O", "ÒÓÔÕŌŎŐƟƠǑǪǬǾȌȎȪȬȮȰṌṎṐṒỌỎỐỒỔỖỘỚỜỞỠỢ"),
    ("P", "ƤṔṖ"),
    ("R", "ŔŖŘȐȒɌṘṚṜṞ"),
    ("S", "ŚŜŞŠȘṠṢṤṦṨ"),
    ("T", "ŢŤŦƬƮȚȾṪṬṮṰ"),
    ("U", "ÙÚÛŨŪŬŮŰŲƯǓǕǗǙǛȔȖṲṴṶṸṺỤỦỨỪỬỮỰ"),
    ("V", "ƲṼṾ"),
    ("W", "ŴẀẂẄẆẈ"),
    ("X", "ẊẌ"),
    ("Y", "ÝŶŸƳȲɎẎỲỴỶỸỾ"),
    ("Z", "ŹŻŽƵȤẐẒẔ"),
    ("a", "áâãāăąǎǟǡǻȁȃȧḁẚạảấầẩẫậắằẳẵặ"),
    ("b", "ƀƃḃḅḇ"),
    ("c", "çćĉċčƈȼḉ"),
    ("d", "ďđƌȡḋḍḏḑḓ"),
    ("e", "êëēĕėęěȅȇȩɇḕḗḙḛḝẹẻẽếềểễệ"),
    ("f", "ƒḟ"),
    ("g", "ĝğġģǥǧǵḡ"),
    ("h", "ĥħȟḣḥḧḩḫẖ"),
    ("i", "íîïĩīĭįǐȉȋḭḯỉị"),
    ("j", "ĵǰɉ"),
    ("k", "ķƙǩḱḳḵ"),
    ("l", "ĺļľŀłƚȴḷḹḻḽ"),
    ("m", "ḿṁṃ"),
    ("n", "ńņňƞǹȵṅṇṉṋ"),
    ("o", "óôõōŏőơǒǫǭǿȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợ"),
    ("p", "ƥṕṗ"),
    ("q", "ɋ"),
    ("r", "ŕŗřȑȓɍṙṛṝṟ"),
    ("s", "śŝşšșȿṡṣṥṧṩ"),
    ("t", "ţťŧƫƭțȶṫṭṯṱẗ"),
    ("u", "úûũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữự"),
    ("v", "ṽṿ"),
    ("w", "ŵẁẃẅẇẉẘ"),
    ("x", "ẋẍ"),
    ("y", "ýÿŷƴȳɏẏẙỳỵỷỹỿ"),
    ("z", "źżžƶȥɀẑẓẕ"),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_replacement_is_in_the_alphabet_and_every_character_stands_once() {
        let mut seen = HashSet::new();
        for (plain, chars) in REPLACEMENTS {
            assert!(plain.chars().all(alphabet::contains), "{plain:?}");
            for c in chars.chars() {
                assert!(!alphabet::contains(c), "{c:?} needs no replacement");
                assert!(seen.insert(c), "{c:?} stands twice");
            }
        }
        for c in '\u{FF01}'..='\u{FF5E}' {
            assert!(fullwidth(c).is_some_and(|plain| plain.chars().all(alphabet::contains)), "{c}");
        }
    }

    #[test]
    fn culprits_are_named_with_place_and_replacement() {
        let found = culprits("It’s 5 – 6\u{A0}☕ it’s");
        let rows: Vec<_> = found.iter().map(|c| (c.position, c.ch, c.name.as_str(), c.replacement)).collect();
        assert_eq!(
            rows,
            [
                (2, '’', "RIGHT SINGLE QUOTATION MARK", Some("'")),
                (7, '–', "EN DASH", Some("-")),
                (10, '\u{A0}', "NO-BREAK SPACE", Some(" ")),
                (11, '☕', "HOT BEVERAGE", None),
                (15, '’', "RIGHT SINGLE QUOTATION MARK", Some("'")),
            ]
        );
        assert_eq!(culprits("\t")[0].name, "CHARACTER TABULATION");
        assert!(culprits("Ça é [€] 100%").is_empty());
    }

    #[test]
    fn replacing_keeps_what_has_no_plain_form() {
        for (text, plain) in [
            ("“Hi” – it’s… ﬁne", "\"Hi\" - it's... fine"),
            ("crème brûlée façade", "crème brulée facade"),
            ("Łódź, Şişli, Việt", "Lodz, Sisli, Viet"),
            ("e\u{301}te\u{301}", "ete"),
            ("a\u{200B}b\u{FEFF}", "ab"),
            ("می\u{200C}خواهم", "می\u{200C}خواهم"),
            ("👩\u{200D}💻", "👩\u{200D}💻"),
            ("ＡＢＣ　１２３", "ABC 123"),
            ("کد: ۱۲۳", "کد: 123"),
            ("a\tb", "a b"),
            ("plain [text] {€}", "plain [text] {€}"),
        ] {
            assert_eq!(replace_culprits(text), plain, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn culprits_are_complete_and_right(text in "[a-z ’é€\u{200C}م😀ł]{0,80}") {
            let found = culprits(&text);
            prop_assert_eq!(found.is_empty(), measure(&text).encoding == Encoding::Gsm7);
            let outside = text.chars().filter(|&c| !alphabet::contains(c)).count();
            prop_assert_eq!(found.len(), outside);
            for culprit in &found {
                prop_assert_eq!(text.chars().nth(culprit.position as usize), Some(culprit.ch));
            }
            let plain = replace_culprits(&text);
            if found.iter().all(|culprit| culprit.replacement.is_some()) {
                prop_assert_eq!(measure(&plain).encoding, Encoding::Gsm7);
            }
        }

        #[test]
        fn no_text_breaks_the_search(text in any::<String>()) {
            prop_assert!(culprits(&text).iter().all(|culprit| !culprit.name.is_empty()));
            replace_culprits(&text);
        }
    }
}
