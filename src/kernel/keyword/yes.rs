//! Words that say yes, where a question was asked. A yes answers anything, so it is no keyword: only who has just been asked to
//! confirm is understood so.

use super::fold::Folded;

/// How people say yes, by language. Forms that fold alike stand once.
pub const YES: &[(&str, &[&str])] = &[
    (
        "en",
        &[
            "yes",
            "y",
            "yep",
            "yup",
            "yeah",
            "yea",
            "ya",
            "ok",
            "okay",
            "k",
            "sure",
            "confirm",
            "confirmed",
            "i confirm",
            "agree",
            "i agree",
            "accept",
            "i do",
        ],
    ),
    ("fa", &["بله", "بلی", "بلە", "آری", "آره", "تایید", "تأیید", "تایید میکنم", "موافقم", "قبول", "قبوله", "باشه", "اوکی"]),
    ("zh-Hant", &["是", "是的", "好", "好的", "確認", "同意", "可以", "要", "對"]),
    ("zh-Hans", &["是", "是的", "好", "好的", "确认", "同意", "可以", "要", "对"]),
    ("es", &["sí", "si claro", "claro", "vale", "confirmo", "confirmar", "acepto", "de acuerdo"]),
    ("fr", &["oui", "ouais", "d'accord", "je confirme", "confirmer", "j'accepte", "je suis d'accord"]),
];

/// The longest text that can be one of them, in characters.
const LONGEST: usize = 80;
/// How many words a yes with its words of courtesy may have.
const MOST_WORDS: usize = 4;

/// Whether a text says yes and nothing else. Case, accents, marks, letters that are drawn out and words of courtesy do not matter.
pub fn is_yes(text: &str) -> bool {
    if text.chars().nth(LONGEST).is_some() {
        return false;
    }
    let folded = Folded::of(text);
    if folded.words.is_empty() || folded.words.len() > MOST_WORDS {
        return false;
    }
    [&folded, &folded.without_courtesy()].into_iter().any(says_yes)
}

fn says_yes(text: &Folded) -> bool {
    let drawn_in = |text: &Folded| text.words.iter().map(|word| squeezed(word)).collect::<Vec<_>>();
    let said = drawn_in(text);
    let once_said = said.first().filter(|first| said.iter().all(|word| word == *first));
    YES.iter().flat_map(|(_, words)| *words).any(|word| {
        let known = drawn_in(&Folded::of(word));
        // In one piece where it is written apart, letter by letter, or the same word again and again.
        known == said || (said.len() == 1 && known.concat() == said[0]) || (known.len() == 1 && once_said == known.first())
    })
}

/// The word with every letter that follows itself once: `yesss` is `yes`.
fn squeezed(word: &str) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    letters.dedup();
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sloppy_forms_of_every_language_say_yes() {
        for text in [
            "YES",
            "yes",
            "Yes!",
            " y ",
            "Yesss",
            "YES please",
            "yes, thanks",
            "yes yes",
            "Ok",
            "OKAY.",
            "okkk",
            "ｙｅｓ",
            "“Yes”",
            "Yes 👍",
            "I agree",
            "iagree",
            "Confirm please",
            "بله",
            "بله!",
            "بلی لطفا",
            "تایید",
            "تأیید",
            "تاييد",
            "آره",
            "آری",
            "موافقم",
            "باشه مرسی",
            "是",
            "是的。",
            "好的，謝謝",
            "確認",
            "确认",
            "同意",
            "Sí",
            "si",
            "SÍ, gracias",
            "Confirmo",
            "vale",
            "Oui",
            "oui merci",
            "D’accord",
            "d'accord",
            "j'accepte",
            "Je confirme svp",
        ] {
            assert!(is_yes(text), "{text:?}");
        }
    }

    #[test]
    fn what_says_anything_else_is_no_yes() {
        for text in [
            "",
            "!",
            "👍",
            "no",
            "No",
            "yes but not now",
            "not yes",
            "yes or no?",
            "is it ok",
            "nope",
            "yesterday",
            "stop",
            "ok stop",
            "eyes",
            "نه",
            "بله یا نه",
            "خیر",
            "不是",
            "不要",
            "不同意",
            "no gracias",
            "si no",
            "non",
            "oui mais non",
            "please",
            "thanks",
            "yes I have a question about my order",
        ] {
            assert!(!is_yes(text), "{text:?}");
        }
    }
}
