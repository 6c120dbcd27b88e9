//! Any text as a template: refused with a reason, or rendered within the bounds, the same each time.
#![no_main]

use libfuzzer_sys::fuzz_target;
use peyk::templates::grammar::{MAX_OUTPUT, MAX_SOURCE, Template};
use peyk_fuzz::timed;

fuzz_target!(|input: (&str, &str)| {
    let (source, value) = input;
    timed(|| {
        let template = match Template::parse(source) {
            Ok(template) => template,
            Err(error) => {
                assert!(!error.to_string().is_empty() && !error.fix.is_empty());
                return;
            }
        };
        assert!(source.len() <= MAX_SOURCE);
        for value in [Some(value), None] {
            let give = |_: &str| value;
            let mut out = String::from("before");
            match template.render(&give, &mut out) {
                Ok(()) => {
                    assert!(out.len() <= "before".len() + MAX_OUTPUT);
                    let marked = template.parts_marked(&give).expect("it rendered").into_iter().map(|part| part.text).collect::<String>();
                    assert_eq!(out["before".len()..], marked, "a preview is what is sent");
                }
                Err(_) => assert_eq!(out, "before"),
            }
        }
    });
});
