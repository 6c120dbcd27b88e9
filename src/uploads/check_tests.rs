use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::contacts::csv::{CsvReader, Limits, guess};
use crate::kernel::category::Category;
use crate::templates::grammar::Template;
use crate::uploads::block::Packer;

fn language(tag: &str) -> Language {
    Language::parse(tag).expect("a tag")
}

fn message(texts: &[(&str, &str)]) -> Message {
    Message {
        category: Category::Order,
        texts: texts.iter().map(|(tag, text)| (language(tag), Template::parse(text).expect("a text"))).collect(),
        language: language("en"),
        variants: Vec::new(),
        template: None,
        defaults: BTreeMap::new(),
    }
}

/// What became of a file: verdicts in order, errors, and the checker with its sums.
fn run(csv: &str, message: Message, countries: &[&str], known: impl Fn(&Phone) -> Known) -> (Vec<Verdict>, Vec<RowError>, Checker) {
    let mut reader = CsvReader::new(csv.as_bytes(), Limits::default()).expect("a file");
    let headers = reader.headers().to_vec();
    let mut packer = Packer::default();
    while let Some(row) = reader.next_row().expect("rows") {
        packer.push(row.number(), row.cells());
    }
    let block = packer.take();
    let mapping = guess(&headers, &[], &message.placeholders());
    let countries = countries.iter().map(|c| Country::parse(c).expect("a country")).collect();
    let mut checker = Checker::new(Rules {
        default_country: Country::parse("GB").expect("a country"),
        countries,
        headers,
        mapping,
        message,
        file: "upl_1".into(),
    });
    let phones = read_phones(checker.rules(), &block.bytes, block.first_row).expect("our own block");
    let people: Vec<Known> = phones.iter().filter_map(|p| p.as_ref().ok()).map(known).collect();
    let mut errors = Vec::new();
    let verdicts = checker.judge(&block.bytes, block.first_row, &phones, people.into_iter(), &mut errors).expect("our own block");
    let verdicts = (0..verdicts.len()).map(|i| verdicts.at(i).expect("a verdict")).collect();
    (verdicts, errors, checker)
}

fn stranger(_: &Phone) -> Known {
    Known { opted_out: false, language: None }
}

fn codes(errors: &[RowError]) -> Vec<(u64, &'static str, &str)> {
    errors.iter().map(|e| (e.row, e.problem.code.as_str(), e.column.as_str())).collect()
}

#[test]
fn each_kind_of_problem_is_told_with_its_row_and_column() {
    let csv = "phone,name,lang\n\
        07400 123461,Ann,\n\
        07700 9OO 123,Amelia,\n\
        ,J,\n\
        +44 20 7946 0018,Priya,\n\
        +7 900 555 01 22,Ivan,\n\
        07400123462, ,\n\
        07400123463,Tom,klingonese-language\n\
        07400123464,\"a\",en,too,much\n";
    let (verdicts, errors, checker) = run(csv, message(&[("en", "Hi {{ name }}")]), &["GB"], stranger);
    assert_eq!(
        codes(&errors),
        [
            (3, "has_letters", "phone"),
            (4, "empty", "phone"),
            (5, "landline", "phone"),
            (6, "country_not_allowed", "phone"),
            (7, "missing_value", "name"),
            (8, "unknown_language", "lang"),
            (9, "too_many_cells", ""),
        ]
    );
    assert_eq!(errors[4].problem.detail, "“name” is empty.");
    assert_eq!(errors[0].value, "07700 9OO 123");
    assert!(matches!(verdicts[0], Verdict::ToSend(ToSend { digits: 447_400_123_461, segments: 1, .. })));
    assert_eq!((checker.sums.counts.rows, checker.sums.counts.to_send, checker.sums.counts.rejected), (8, 1, 7));
}

#[test]
fn the_first_row_with_a_number_that_can_be_sent_wins() {
    let csv = "phone,name\n+447400123461,\n07400123461,Ann\n0044 7400 123461,Bob\n";
    let (verdicts, errors, _) = run(csv, message(&[("en", "Hi {{ name }}")]), &[], stranger);
    assert_eq!(codes(&errors), [(2, "missing_value", "name")]);
    assert!(matches!(verdicts[1], Verdict::ToSend(_)));
    assert_eq!(verdicts[2], Verdict::Repeated);
}

#[test]
fn people_who_opted_out_are_counted_apart() {
    let csv = "phone\n+447400123461\n+447400123462\n+447400123461\n";
    let known = |phone: &Phone| Known { opted_out: phone.digits() == 447_400_123_461, language: None };
    let (verdicts, errors, checker) = run(csv, message(&[("en", "Hi")]), &[], known);
    assert!(errors.is_empty());
    assert_eq!([verdicts[0], verdicts[2]], [Verdict::OptedOut, Verdict::Repeated]);
    assert_eq!(checker.sums.counts.opted_out, 1);
}

#[test]
fn a_row_gets_its_own_language_then_the_persons_then_the_messages() {
    let csv = "phone,lang\n+447400123461,fa\n+447400123462,\n+447400123463,\n+447400123464,de\n";
    let known = |phone: &Phone| Known { opted_out: false, language: (phone.digits() == 447_400_123_462).then(|| language("fa")) };
    let (verdicts, _, checker) = run(csv, message(&[("en", "Hi"), ("fa", "سلام")]), &[], known);
    let languages: Vec<_> = verdicts.iter().map(|v| if let Verdict::ToSend(send) = v { send.language } else { 9 }).collect();
    assert_eq!(languages, [1, 1, 0, 0]);
    let summary = checker.sums.summary(&checker.rules().message, "USD", |_| Some(7_900));
    let groups: Vec<_> = summary.groups.iter().map(|g| (g.language.as_str(), g.encoding.as_str(), g.people)).collect();
    assert_eq!(groups, [("en", "GSM-7", 2), ("fa", "UCS-2", 2)]);
    assert_eq!(summary.cost().amount, 4 * 7_900);
}

#[test]
fn a_message_that_no_provider_takes_is_refused() {
    let long = "x".repeat(250);
    let text = "{{ name }}".repeat(7);
    let csv = format!("phone,name\n+447400123461,{long}\n+447400123462,{}\n+447400123463,short\n", "y".repeat(257));
    let (_, errors, _) = run(&csv, message(&[("en", &text)]), &[], stranger);
    assert_eq!(codes(&errors), [(2, "text_too_long", ""), (3, "cannot_fill", "name")]);
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        (0u32..40).prop_map(|n| format!("+4474001234{:02}", n)),
        (0u32..40).prop_map(|n| format!("074001234{n:02}")),
        "[0-9+ ()-]{0,14}",
        "\\PC{0,8}",
        Just(String::new()),
    ]
}

proptest! {
    #[test]
    fn rows_are_the_sum_of_what_becomes_of_them(rows in proptest::collection::vec(proptest::collection::vec(cell(), 1..5), 1..60), out in 0u64..4) {
        let mut csv = String::from("\"phone\",\"name\",\"lang\"\n");
        for row in &rows {
            let cells: Vec<String> = row.iter().map(|c| format!("\"{}\"", c.replace('"', "\"\""))).collect();
            csv.push_str(&cells.join(","));
            csv.push('\n');
        }
        let blank = rows.iter().filter(|row| row.iter().all(|c| c.trim().is_empty())).count();
        prop_assume!(blank < rows.len());
        let known = |phone: &Phone| Known { opted_out: phone.digits() % 4 == out, language: None };
        let (verdicts, errors, checker) = run(&csv, message(&[("en", "Hi {{ name }}")]), &[], known);
        let counts = checker.sums.counts;
        prop_assert_eq!(counts.rows, counts.to_send + counts.rejected + counts.repeated + counts.opted_out);
        prop_assert_eq!(counts.rows as usize, verdicts.len());
        prop_assert_eq!(counts.rows as usize, rows.len() - blank);
        prop_assert_eq!(counts.rejected as usize, errors.len());
        let sent: Vec<u64> = verdicts.iter().filter_map(|v| if let Verdict::ToSend(s) = v { Some(s.digits) } else { None }).collect();
        let distinct: HashSet<&u64> = sent.iter().collect();
        prop_assert_eq!(distinct.len(), sent.len());
        prop_assert_eq!(checker.sums.summary(&checker.rules().message, "USD", |_| None).groups.iter().map(|g| g.people).sum::<u64>(), counts.to_send);
    }
}
