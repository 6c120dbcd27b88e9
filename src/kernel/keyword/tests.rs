//! Sloppy forms that are heard, and ordinary sentences that are not.

use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Option<Keyword> {
    Keywords::new([], false).read(text).map(|found| found.keyword)
}

#[test]
fn sloppy_forms_are_heard_in_every_language() {
    use Keyword::{Help, Start, Stop};
    let table: [(Keyword, &[&str]); 15] = [
        (
            Stop,
            &[
                "STOP",
                " stop. ",
                "Stop!",
                "“stop”",
                "ＳＴＯＰ",
                "S T O P",
                "st\u{200b}op",
                "stop please",
                "Please stop!!",
                "stop texting me",
                "STOP\u{2026}",
                "Stop 🛑",
                "*stop*",
                "STOP\n",
                "\u{feff}stop",
                "𝐒𝐓𝐎𝐏",
                "stóp",
                "stop, thanks",
            ],
        ),
        (
            Stop,
            &["stopall", "STOP  ALL", "opt out", "OPTOUT", "opt-out", "Opt‑Out!", "Unsubscribe", "unsubscribe me", "quit", "END", "revoke"],
        ),
        (Start, &["START", "unstop", "start please", "(start)", "Opt-In", "Subscribe"]),
        (Help, &["HELP", "help me", "help?", "info", "Info please"]),
        (
            Stop,
            &["لغو", "لغو۱۱", "لغو ۱۱", "لغو١١", "لغو11", "لغو\u{200c}11", "لغو!", "لـغـو", "لغو لطفاً", "لطفا لغو کنید", "لَغو", "لغو کن"],
        ),
        (
            Stop,
            &[
                "لغو اشتراک",
                "لغو اشتراك",
                "لغو\u{200c}اشتراک",
                "لغو عضويت",
                "غیر فعال",
                "غیر\u{200c}فعال",
                "انصراف",
                "\u{200f}توقف\u{200f}",
            ],
        ),
        (Start, &["شروع", "فعال", "فعال\u{200c}سازی", "فعال سازي"]),
        (Help, &["راهنما", "راهنمايي", "كمك", "کمک!"]),
        (Stop, &["退訂", "退订", "退订。", "「退訂」", "請退訂", "退 訂", "取消訂閱", "取消订阅！", "拒收", "退訂 謝謝", "ＴＤ", "停止"]),
        (Start, &["訂閱", "订阅", "恢復", "恢复。"]),
        (Help, &["幫助", "帮助？"]),
        (Stop, &["ALTO", "¡Alto!", "baja", "Dar de baja", "cancelar por favor", "BAJA gracias", "no mas", "No más"]),
        (Start, &["alta", "Reanudar"]),
        (Stop, &["ARRÊT", "arret", "Arrêter svp", "DESABONNER", "désabonner", "se désabonner", "stop merci"]),
        (Help, &["aide", "Ayuda", "Información", "informacion"]),
    ];
    for (keyword, texts) in table {
        for text in texts {
            assert_eq!(read(text), Some(keyword), "{text:?}");
        }
    }
}

#[test]
fn sentences_are_not_heard() {
    for other in [
        "",
        "   ",
        "🛑",
        "ok",
        "YES",
        "please",
        "please please",
        "please stop by at noon",
        "STOP by at 5?",
        "don't stop",
        "do not stop",
        "don’t cancel",
        "cancel my order",
        "end of day",
        "the end is near",
        "when do you start?",
        "can you help with the invoice",
        "to ps",
        "en d",
        "11",
        "1 1",
        "111",
        "لغو سفارش",
        "سفارش را لغو نکنید",
        "کی فعال می\u{200c}شود؟",
        "不要停止",
        "請不要取消我的訂單",
        "alta calidad",
        "no me da de baja",
        "arrêt de bus",
        "je veux reprendre rendez-vous",
    ] {
        assert_eq!(read(other), None, "{other:?}");
    }
}

#[test]
fn the_numbers_of_iran_hold_in_iran_and_alone() {
    let iran = |text: &str| Keywords::new([], true).read(text).map(|found| found.keyword);
    for text in ["11", "۱۱", "١١", "１１", " 11. "] {
        assert_eq!((iran(text), read(text)), (Some(Keyword::Stop), None), "{text:?}");
    }
    assert_eq!((iran("۱۲"), iran("12"), read("12")), (Some(Keyword::Start), Some(Keyword::Start), None));
    for text in ["1 1", "11 please", "12 please", "111", "1.1"] {
        assert_eq!(iran(text), None, "{text:?}");
    }
}

#[test]
fn a_word_tells_its_language_where_only_one_has_it() {
    let language = |text: &str| Keywords::new([], true).read(text).and_then(|f| f.language).map(|l| l.as_str().to_owned());
    for (text, tag) in
        [("stop", "en"), ("لغو", "fa"), ("11", "fa"), ("退訂", "zh-Hant"), ("退订", "zh-Hans"), ("baja", "es"), ("arrêt", "fr")]
    {
        assert_eq!(language(text).as_deref(), Some(tag), "{text}");
    }
    assert_eq!(language("停止"), None, "both scripts write it so");
}

#[test]
fn an_organisations_own_words_are_heard_beside_ours() {
    let words = Keywords::new([(Keyword::Stop, "Basta ya basta"), (Keyword::Help, "؟")], false);
    assert_eq!(words.read("basta, ya BASTA!").map(|f| f.keyword), Some(Keyword::Stop));
    assert_eq!(words.read("stop").map(|f| f.keyword), Some(Keyword::Stop));
    assert_eq!(words.read("!!"), None, "a word without letters is no word");
    assert_eq!(check_own(Keyword::Stop, "genug"), Ok(()));
    assert_eq!(check_own(Keyword::Stop, "stop"), Ok(()));
    assert_eq!(check_own(Keyword::Start, "Stop!"), Err(WordError::Taken));
    assert_eq!(check_own(Keyword::Help, "۱۱"), Err(WordError::Taken));
    assert_eq!(check_own(Keyword::Help, "…"), Err(WordError::Empty));
    assert_eq!(check_own(Keyword::Help, &"x".repeat(41)), Err(WordError::TooLong));
}

/// Words of ordinary sentences, keywords among them.
const ORDINARY: [&str; 24] = [
    "order",
    "when",
    "my",
    "tomorrow",
    "at",
    "noon",
    "we",
    "come",
    "by",
    "stop",
    "cancel",
    "end",
    "quit",
    "help",
    "start",
    "سفارش",
    "لغو",
    "کی",
    "baja",
    "calidad",
    "bus",
    "arrêt",
    "where",
    "invoice",
];
const PLAIN: [&str; 8] = ["order", "when", "tomorrow", "noon", "سفارش", "calidad", "bus", "invoice"];

proptest! {
    #[test]
    fn folding_takes_anything(text in any::<String>()) {
        let _whatever = Keywords::new([(Keyword::Stop, text.as_str())], true).read(&text);
        let _checked = check_own(Keyword::Help, &text);
    }

    #[test]
    fn a_sentence_of_four_words_or_more_is_no_keyword(words in prop::collection::vec(prop::sample::select(&ORDINARY[..]), 4..12)) {
        prop_assert_eq!(read(&words.join(" ")), None);
    }

    #[test]
    fn a_keyword_beside_a_word_of_substance_is_none(
        keyword in prop::sample::select(&["stop", "cancel", "end", "لغو", "baja", "arrêt", "START", "help"][..]),
        word in prop::sample::select(&PLAIN[..]),
        first in any::<bool>(),
    ) {
        let text = if first { format!("{word} {keyword}") } else { format!("{keyword} {word}!") };
        prop_assert_eq!(read(&text), None);
    }

    #[test]
    fn marks_and_case_around_a_keyword_do_not_matter(
        keyword in prop::sample::select(&["stop", "unsubscribe", "لغو", "退訂", "baja", "arret"][..]),
        before in "[ \t\"“(¡!.*\u{200c}\u{200f}-]{0,4}",
        after in "[ \n\"”)!.…*\u{200c}\u{feff}-]{0,4}",
        upper in any::<bool>(),
    ) {
        let keyword = if upper { keyword.to_uppercase() } else { keyword.to_owned() };
        prop_assert_eq!(read(&format!("{before}{keyword}{after}")), Some(Keyword::Stop));
    }
}
