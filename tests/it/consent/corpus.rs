//! Texts that people write back, and what they are read as. Exact keywords are always heard, refusals in free words nearly always,
//! and ordinary texts nearly never.

use std::collections::BTreeMap;

use peyk::kernel::keyword::{Keyword, Keywords};

use super::check;
use crate::harness::{TestApp, both_engines};
use crate::inbox::{PERSON, with, write};

both_engines! { a_refusal_in_free_words_stops_and_is_shown_to_somebody }

const CORPUS: &str = include_str!("stop_corpus.txt");

#[test]
fn the_corpus_is_read_as_it_is_meant() {
    let keywords = Keywords::new([], false);
    let mut figures: BTreeMap<&str, (usize, Vec<&str>)> = BTreeMap::new();
    for line in CORPUS.lines().filter(|line| !line.starts_with('#')) {
        let (kind, text) = line.split_once('|').expect("a kind and a text");
        let heard = keywords.read(text).is_some_and(|found| found.keyword == Keyword::Stop);
        let (all, wrong) = figures.entry(kind).or_default();
        *all += 1;
        if heard != (kind != "other") {
            wrong.push(text);
        }
    }
    let total: usize = figures.values().map(|(all, _)| all).sum();
    assert!(total >= 300, "{total} texts");
    for (kind, (all, wrong)) in &figures {
        eprintln!(
            "{kind}: {} of {all} read right ({:.1} %); wrong: {wrong:?}",
            all - wrong.len(),
            100.0 * (all - wrong.len()) as f64 / *all as f64
        );
    }
    let wrong = |kind: &str| (figures[kind].1.len(), figures[kind].0);
    assert_eq!(wrong("stop").0, 0, "exact keywords are always heard: {:?}", figures["stop"].1);
    let (missed, all) = wrong("said");
    assert!(missed * 20 <= all, "at least 95 % of free words are heard: {:?}", figures["said"].1);
    let (mistaken, all) = wrong("other");
    assert!(mistaken * 50 <= all, "at most 2 % of other texts are mistaken: {:?}", figures["other"].1);
}

async fn a_refusal_in_free_words_stops_and_is_shown_to_somebody(app: TestApp) {
    write(&app, "e1", PERSON, "Please take me off your list").await;
    assert!(check(&app, PERSON).await.opted_out);
    let talk = with(&app, PERSON).await;
    assert!(talk.unread == 1 && !talk.closed, "somebody looks whether it was meant so");
    let entry = super::ledger(&app, PERSON).await.pop().expect("a row");
    assert_eq!(entry.wording.as_deref(), Some("Please take me off your list"));
}
