//! Ten thousand texts with our count of their segments, for `segments.sh` to have them counted by somebody else.

use std::io::Write;

use peyk::kernel::sms::{Encoding, measure};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// How many texts.
const TEXTS: usize = 10_000;

/// What texts are made of: both alphabets, the ten characters that count twice, letters that force UCS-2, pairs, joined
/// emoji, and characters that are not seen; lengths around the borders of one, two and three segments.
fn text() -> impl Strategy<Value = String> {
    let gsm = "[ -~\n\r£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¡ÄÖÑÜ§¿äöñüà€]";
    prop_oneof![
        proptest::string::string_regex(&format!("{gsm}{{0,500}}")).expect("a good pattern"),
        proptest::string::string_regex("[a-z€]{150,165}").expect("a good pattern"),
        proptest::string::string_regex("[ab\\[\\]{}~^\\\\|€]{300,312}").expect("a good pattern"),
        proptest::string::string_regex("[آ-ی۰-۹ \u{200c}\u{200d}]{60,75}").expect("a good pattern"),
        proptest::string::string_regex("[a-zسلام\u{200c}訂單😀👩💻\u{200d}’é]{0,220}").expect("a good pattern"),
        proptest::collection::vec(
            prop_oneof![
                Just("👨\u{200d}👩\u{200d}👧"),
                Just("🇮🇷"),
                Just("é"),
                Just("e\u{301}"),
                Just("می\u{200c}خواهم"),
                Just("a"),
                Just("\r\n")
            ],
            0..60
        )
        .prop_map(|pieces| pieces.concat()),
        any::<String>(),
    ]
}

#[test]
fn segments_are_counted() {
    let path = std::env::var("PEYK_SEGMENTS").expect("segments.sh gives the file in PEYK_SEGMENTS");
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).expect("the file can be written"));
    let mut runner = TestRunner::deterministic();
    let texts = text();
    for _ in 0..TEXTS {
        let text = texts.new_tree(&mut runner).expect("texts are never refused").current();
        let measured = measure(&text);
        let gsm = measured.encoding == Encoding::Gsm7;
        let line = serde_json::json!({ "text": text, "gsm": gsm, "units": measured.units, "segments": measured.segments });
        writeln!(file, "{line}").expect("the file can be written");
    }
    file.flush().expect("the file can be written");
}
