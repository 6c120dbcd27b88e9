//! Every text of every pack.

use std::collections::{BTreeSet, HashSet};

use super::*;
use crate::kernel::own_link::OwnLinks;
use crate::templates::code::is_code;
use crate::templates::grammar::Template;
use crate::templates::placeholder::SampleSet;
use crate::templates::preview::preview_source;

/// The longest text of a pack, in segments, with samples and with the longest values.
const MOST_SEGMENTS: u32 = 3;

fn all() -> Vec<Pack> {
    FILED.iter().map(|file| file.pack("Lark & Sons", &HashSet::new())).collect()
}

/// Each text with where it stands.
fn texts(pack: &Pack) -> Vec<(String, &PackTemplate, &Language, &str)> {
    pack.templates
        .iter()
        .flat_map(|t| t.texts.iter().map(move |(language, text)| (format!("{} in {language}", t.code), t, language, text.as_str())))
        .collect()
}

/// A text without its tags.
fn words(source: &str) -> String {
    let (mut out, mut rest) = (String::new(), source);
    while let Some(at) = rest.find("{{").into_iter().chain(rest.find("{%")).min() {
        out.push_str(&rest[..at]);
        let close = if rest[at..].starts_with("{{") { "}}" } else { "%}" };
        rest = rest[at..].split_once(close).map_or("", |(_, after)| after);
    }
    out + rest
}

#[test]
fn the_packs_hold_what_each_trade_needs() {
    let count = |name: &str| all().into_iter().find(|p| p.name == name).expect("a pack").templates.len();
    assert_eq!(["shop", "laundry", "restaurant", "gas", "crm"].map(count), [21, 21, 6, 5, 8]);
    let languages = |pack: &Pack| pack.languages.iter().map(Language::as_str).collect::<Vec<_>>().join(" ");
    assert_eq!(all().iter().map(languages).collect::<Vec<_>>(), ["en fa", "en fa", "en", "zh-Hant", "en"]);
    for pack in all() {
        assert!(pack.templates.iter().all(|t| t.texts.len() == pack.languages.len()), "{}: a text in each language", pack.name);
    }
    let laundry = all().remove(1);
    let kinds = |kind: &str| laundry.templates.iter().filter(|t| t.code.starts_with(&format!("laundry_{kind}_"))).count();
    assert_eq!(["order", "payment", "refund", "partner", "account"].map(kinds), [8, 4, 3, 3, 3]);
}

#[test]
fn codes_are_sound_and_every_pack_can_stand_beside_the_others() {
    let packs = all();
    let codes: Vec<&str> = packs.iter().flat_map(|p| p.templates.iter().map(|t| t.code)).collect();
    assert!(codes.iter().all(|code| is_code(code)));
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
}

#[test]
fn every_text_is_sound_asks_for_described_values_and_stays_short() {
    for pack in all() {
        for (place, template, language, text) in texts(&pack) {
            let parsed = Template::parse(text).unwrap_or_else(|e| panic!("{place}: {e}"));
            assert_eq!(Language::parse(language.as_str()).as_ref(), Some(language), "{place}");
            for name in parsed.placeholders() {
                let known = template.placeholders.iter().find(|p| p.name == name.name);
                assert!(known.is_some_and(|p| p.sample.is_some()), "{place}: {} is not described", name.name);
            }
            for set in SampleSet::ALL {
                let shown = preview_source(language, text, &template.placeholders, set, &OwnLinks::new("https://sms.example"))
                    .unwrap_or_else(|e| panic!("{place}: {e}"))
                    .text;
                assert!((1..=MOST_SEGMENTS).contains(&shown.segments), "{place}, {set:?}: {} segments: {}", shown.segments, shown.text);
                let spaced = !shown.text.contains("  ") && !shown.text.contains(" .") && shown.text.trim() == shown.text;
                assert!(spaced, "{place}, {set:?}: {}", shown.text);
                if language.as_str() == "en" {
                    assert!(shown.culprits.is_empty(), "{place}: {:?} makes it UCS-2", shown.culprits);
                }
            }
        }
    }
}

#[test]
fn marketing_says_how_to_end_it_and_nothing_else_does() {
    for pack in all() {
        for (place, template, language, text) in texts(&pack) {
            let ending = if language.as_str() == "fa" { "لغو11" } else { "Reply STOP to opt out." };
            assert_eq!(text.ends_with(ending), template.category == Category::Marketing, "{place}");
        }
    }
}

#[test]
fn persian_and_chinese_are_written_with_their_own_letters() {
    // Arabic kaf, yeh and alef maksura look like the Persian letters and are others: a search does not find them.
    let persian = |c: char| {
        matches!(c, '\u{0600}'..='\u{06ff}' | '\u{200c}' | ' ' | '\n' | '.' | ':' | '(' | ')')
            && !matches!(c, '\u{0643}' | '\u{064a}' | '\u{0649}' | '\u{0660}'..='\u{0669}')
    };
    let chinese = |c: char| matches!(c, '\u{4e00}'..='\u{9fff}' | '，' | '。' | '、' | '【' | '】' | ' ');
    for pack in all() {
        for (place, _, language, text) in texts(&pack) {
            let words = words(text);
            let words = words.trim_end_matches("11");
            let stray: Vec<char> = match language.as_str() {
                "fa" => words.chars().filter(|c| !persian(*c)).collect(),
                "zh-Hant" => words.chars().filter(|c| !chinese(*c)).collect(),
                _ => words.chars().filter(|c| !c.is_ascii()).collect(),
            };
            assert!(stray.is_empty(), "{place}: {stray:?}");
        }
    }
}

#[test]
fn gas_bears_the_company_mark_and_the_organisation_stands_for_itself() {
    let gas = all().remove(3);
    for (place, template, _, text) in texts(&gas) {
        assert!(text.starts_with("【{{ company }}】"), "{place}");
        let company = template.placeholders.iter().find(|p| p.name == "company").expect("the company");
        assert_eq!(company.default.as_deref(), Some("Lark & Sons"));
    }
}
