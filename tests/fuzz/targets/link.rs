//! Any text in the place of a link's token: only what we signed is opened.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use peyk::consent::link::{Pass, make, open, open_opt_in};
use peyk::kernel::crypto::Cipher;
use peyk::kernel::id::{ContactId, SubaccountId};
use peyk_fuzz::timed;

const NOW: i64 = 1_795_000_000_000;

static OURS: LazyLock<(Cipher, String)> = LazyLock::new(|| {
    let cipher = Cipher::from_text(&Cipher::new_secret()).expect("a fresh secret");
    let (token, _) = make(&cipher, Pass::Link, &SubaccountId::new(NOW), &ContactId::new(NOW), 1, NOW);
    (cipher, token)
});

fuzz_target!(|input: (u16, u8, &str)| {
    let (place, flip, text) = input;
    let (cipher, token) = &*OURS;
    timed(|| {
        assert!(open(cipher, text, NOW).is_err() && open_opt_in(cipher, text, NOW).is_err() && open_opt_in(cipher, token, NOW).is_err());
        let place = usize::from(place) % (token.len() + 1);
        for altered in [format!("{}{text}{}", &token[..place], &token[place..]), format!("{}{text}", &token[..place])] {
            assert!(altered == *token || open(cipher, &altered, NOW).is_err(), "{altered}");
        }
        let mut bytes = token.clone().into_bytes();
        let at = place % bytes.len();
        bytes[at] ^= flip;
        if let Ok(altered) = String::from_utf8(bytes) {
            assert!(altered == *token || open(cipher, &altered, NOW).is_err(), "{altered}");
        }
    });
});
