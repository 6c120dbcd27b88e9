//! Any text as a phone number: refused, or one number that its own spellings lead back to.
#![no_main]

use libfuzzer_sys::fuzz_target;
use peyk::kernel::phone::{Country, Phone};
use peyk_fuzz::timed;

fuzz_target!(|input: (u16, &str)| {
    let (country, text) = input;
    let countries = Country::all();
    let country = countries[usize::from(country) % countries.len()];
    timed(|| {
        let Ok(phone) = Phone::parse(text, country) else { return };
        let e164 = phone.e164();
        assert!(e164.len() <= 16 && e164.starts_with('+'));
        assert_eq!(Phone::parse(&e164, country).expect("its own form"), phone);
        assert_eq!(Phone::from_e164(&e164).expect("its own form"), phone);
        assert_eq!(Phone::parse(&phone.international(), country).expect("its printed form"), phone);
        assert!(!phone.masked().contains(&e164[1..]));
        assert!(!format!("{phone:?}").contains(&e164[1..]), "numbers never get into logs");
    });
});
