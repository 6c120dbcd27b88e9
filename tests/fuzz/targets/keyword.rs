//! Any text that somebody wrote: the same answer each time, and courtesy never turns one keyword into another.
#![no_main]

use libfuzzer_sys::fuzz_target;
use peyk::kernel::keyword::{Keyword, Keywords, check_own};
use peyk_fuzz::timed;

fuzz_target!(|input: (&str, &str)| {
    let (text, own) = input;
    timed(|| {
        let plain = Keywords::new([], false);
        let found = plain.read(text);
        assert_eq!(found, plain.read(text));
        assert_eq!(found, plain.read(&format!(" {text}\n")));
        if check_own(Keyword::Stop, own).is_ok() {
            let with_own = Keywords::new([(Keyword::Stop, own)], false);
            assert_eq!(with_own.read(own).map(|found| found.keyword), Some(Keyword::Stop), "an own word is found");
        }
    });
});
