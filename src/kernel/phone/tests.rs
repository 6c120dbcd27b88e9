use proptest::prelude::*;

use super::*;

fn country(code: &str) -> Country {
    Country::parse(code).unwrap()
}

fn parse(input: &str, default: &str) -> Result<Phone, PhoneError> {
    Phone::parse(input, country(default))
}

#[test]
fn numbers_in_every_spelling_become_one_e164() {
    for row in [
        "09123456789|IR|+989123456789|IR|mobile",
        "9123456789|IR|+989123456789|IR|mobile",
        "989123456789|IR|+989123456789|IR|mobile",
        "00989123456789|IR|+989123456789|IR|mobile",
        "00989123456789|US|+989123456789|IR|mobile",
        "0098 912 345 6789|TW|+989123456789|IR|mobile",
        "+98 (0) 912 345 6789|IR|+989123456789|IR|mobile",
        "۰۹۱۲۳۴۵۶۷۸۹|IR|+989123456789|IR|mobile",
        "٠٩١٢٣٤٥٦٧٨٩|IR|+989123456789|IR|mobile",
        "０９１２３４５６７８９|IR|+989123456789|IR|mobile",
        "\u{2066}+98\u{A0}912-345-6789\u{2069}|US|+989123456789|IR|mobile",
        "'09123456789|IR|+989123456789|IR|mobile",
        "021 8888 8888|IR|+982188888888|IR|landline",
        "98765 43210|IN|+919876543210|IN|mobile",
        "919876543210|IN|+919876543210|IN|mobile",
        "011 2345 6789|IN|+911123456789|IN|landline",
        "0912-345-678|TW|+886912345678|TW|mobile",
        "886912345678|TW|+886912345678|TW|mobile",
        "(02) 2345 6789|TW|+886223456789|TW|landline",
        "(202) 555-0123|US|+12025550123|US|mobile_or_landline",
        "1 202 555 0123|US|+12025550123|US|mobile_or_landline",
        "1.416.555.0123|US|+14165550123|CA|mobile_or_landline",
        "011 44 7400 123456|US|+447400123456|GB|mobile",
        "800 234 5678|US|+18002345678|US|toll_free",
        "900 234 5678|US|+19002345678|US|premium",
        "07400 123456|GB|+447400123456|GB|mobile",
        "tel:+44-20-7946-0018|IR|+442079460018|GB|landline",
        "5123 4567|HK|+85251234567|HK|mobile",
        "2123 4567|HK|+85221234567|HK|landline",
        "0151 23456789|DE|+4915123456789|DE|mobile",
        "030/123456|DE|+4930123456|DE|landline",
        "06 12 34 56 78|FR|+33612345678|FR|mobile",
        "01 23 45 67 89|FR|+33123456789|FR|landline",
        "0532 123 45 67|TR|+905321234567|TR|mobile",
        "0212 345 67 89|TR|+902123456789|TR|landline",
        "06 1234 5678|IT|+390612345678|IT|landline",
        "9123456789.0|IR|+989123456789|IR|mobile",
    ] {
        let columns: Vec<&str> = row.split('|').collect();
        let &[input, default, e164, from, kind] = columns.as_slice() else {
            panic!("{row:?} has {} columns", columns.len());
        };
        let phone = parse(input, default).unwrap_or_else(|e| panic!("{row:?}: {e} {}", e.fix()));
        assert_eq!(phone.e164(), e164, "{row:?}");
        assert_eq!(phone.country().as_str(), from, "{row:?}");
        assert_eq!(phone.kind().as_str(), kind, "{row:?}");
    }
}

#[test]
fn the_simulators_numbers_can_be_texted() {
    for number in ["+15005550001", "+12025550003", "+989120000007", "+886912340004", "+447400120008"] {
        let phone = parse(number, "US").unwrap();
        assert_eq!(phone.e164(), number);
        assert!(phone.can_receive_sms(), "{number}");
    }
}

#[test]
fn only_numbers_that_may_be_mobile_can_receive_texts() {
    for (number, can) in [
        ("+989123456789", true),
        ("+12025550123", true),
        ("+982188888888", false),
        ("+18002345678", false),
        ("+19002345678", false),
        ("+442079460018", false),
        ("+448001111111", false),
    ] {
        assert_eq!(parse(number, "IR").unwrap().can_receive_sms(), can, "{number}");
    }
}

#[test]
fn a_refusal_says_what_is_wrong_and_how_to_fix_it() {
    for row in [
        "|IR|empty|for example",
        "074OO I23456|GB|has_letters|Letter O instead of zero? Try 07400 123456",
        "1-800-FLOWERS|US|has_letters|digits only",
        "2025550123 ext 4|US|has_letters|extension",
        "9.89E+11|IR|spreadsheet_number|as text",
        "*140#|IR|not_a_number|one number",
        "09121234567, 09131234567|IR|not_a_number|one number",
        "+999123456789|IR|unknown_country_code|After +",
        "+0912345678|IR|unknown_country_code|After +",
        "+870773111632|IR|no_country|mobile number",
        "555-0123|US|too_short|A number for +1 has 10 digits after the country code.",
        "+1202555012|IR|too_short|A number for +1 has 10 digits",
        "+12025550123456|IR|too_long|A number for +1 has 10 digits",
        "989123456789|US|too_long|Try +98 912 345 6789.",
        "0912345678|IR|too_short|4, 5, 6, 7 or 10 digits",
        "12|IR|too_short|A number for +98",
        "+98 812 345 678|IR|too_short|A number for +98",
        "+12015550|IR|too_short|10 digits",
        "07700 900123|GB|not_in_use|another country",
        "+44 7700 900123|IR|not_in_use|United Kingdom",
    ] {
        let columns: Vec<&str> = row.split('|').collect();
        let &[input, default, code, fix] = columns.as_slice() else {
            panic!("{row:?} has {} columns", columns.len());
        };
        let error = parse(input, default).expect_err(input);
        assert_eq!(error.code(), code, "{input:?}: {error}");
        assert!(error.fix().contains(fix), "{input:?}: {}", error.fix());
        assert_eq!(format!("{error:?}"), format!("PhoneError({code})"));
        let digits: String = input.chars().filter(char::is_ascii_digit).collect();
        assert!(digits.len() < 4 || !error.to_string().contains(&digits));
    }
}

#[test]
fn printing_shows_the_last_digits_only() {
    for (number, masked) in [
        ("+447700904821", "+44 •••• ••4821"),
        ("+989123456789", "+98 •••• ••6789"),
        ("+12025550123", "+1 •••• ••0123"),
        ("+886912345678", "+886 •••• •5678"),
        ("+85251234567", "+852 •••• 4567"),
        ("+390612345678", "+39 •••• ••5678"),
        ("+4312345", "+43 •••45"),
    ] {
        let phone = Phone::from_e164(number).unwrap();
        assert_eq!(phone.masked(), masked);
        assert_eq!(format!("{phone}"), masked);
        assert_eq!(format!("{phone:?}"), masked);
    }
}

#[test]
fn numbers_are_written_for_their_country_and_for_the_world() {
    for (number, national, international) in [
        ("+989123456789", "0912 345 6789", "+98 912 345 6789"),
        ("+12025550123", "(202) 555-0123", "+1 202-555-0123"),
        ("+886912345678", "0912 345 678", "+886 912 345 678"),
        ("+390612345678", "06 1234 5678", "+39 06 1234 5678"),
    ] {
        let phone = Phone::from_e164(number).unwrap();
        assert_eq!(phone.national(), national);
        assert_eq!(phone.international(), international);
    }
}

#[test]
fn storage_refuses_what_is_no_e164() {
    for (text, code) in [
        ("", "not_a_number"),
        ("+", "not_a_number"),
        ("989123456789", "not_a_number"),
        ("+98 912", "not_a_number"),
        ("++98912", "not_a_number"),
        ("+098912", "not_a_number"),
        ("+99999999999999999999999", "not_a_number"),
        ("+999123456", "unknown_country_code"),
        ("+800123456", "no_country"),
        ("+981", "too_short"),
        ("+۹۸۹۱۲", "not_a_number"),
    ] {
        let error = Phone::from_e164(text).expect_err(text);
        assert_eq!(error.code(), code, "{text}");
    }
    assert_eq!(Phone::from_digits(0).unwrap_err().code(), "unknown_country_code");
}

/// Plausible digits: random ones, and random ones behind the prefixes of many plans.
fn digits() -> impl Strategy<Value = String> {
    let prefix = prop_oneof![
        Just(String::new()),
        "0{1,2}",
        "00(98|1|44|886|91|49|33|90|852|39|7|54|55|86)0?",
        "(98|1|44|886|91|49|33|90|852|39|7|54|55|61|86|375)0?",
        "0?(9[0-3]|7|6|15|2)",
        "011|019|002|180020",
    ];
    (prefix, "[0-9]{2,14}").prop_map(|(prefix, rest)| prefix + &rest)
}

fn some_country() -> impl Strategy<Value = Country> {
    prop_oneof![
        3 => prop::sample::select(vec![
            "IR", "IN", "TW", "US", "CA", "GB", "HK", "DE", "FR", "TR", "AE", "EG", "IQ", "SE", "VN", "MY",
        ])
        .prop_map(country),
        1 => prop::sample::select(Country::all()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn the_short_way_agrees_with_libphonenumber(plus: bool, digits in digits(), default in some_country()) {
        if let Some(phone) = plan::short_way(plus, digits.as_bytes(), default)
            .and_then(|number| in_use(&number))
        {
            let text = if plus { format!("+{digits}") } else { digits };
            let long = the_long_way(&text, default);
            prop_assert_eq!(long.map(|long| (long.e164(), long.country(), long.kind())),
                Ok((phone.e164(), phone.country(), phone.kind())), "{} in {}", text, default);
        }
    }

    #[test]
    fn a_parsed_number_is_the_same_after_storage(digits in digits(), default in some_country()) {
        if let Ok(phone) = Phone::parse(&digits, default) {
            let stored = Phone::from_e164(&phone.e164()).unwrap();
            prop_assert_eq!(stored.digits(), phone.digits());
            prop_assert_eq!((stored.country(), stored.kind()), (phone.country(), phone.kind()));
            prop_assert_eq!(stored.international(), phone.international());
            let again = Phone::parse(&phone.e164(), default);
            prop_assert_eq!(again.map(|again| again.e164()), Ok(phone.e164()));
        }
    }
}

proptest! {
    #[test]
    fn no_text_breaks_the_parser(text in ".{0,40}", default in some_country()) {
        if let Err(error) = Phone::parse(&text, default) {
            prop_assert!(!error.to_string().is_empty() && !error.fix().is_empty());
        }
        let _ = Phone::from_e164(&text);
    }

    #[test]
    fn every_calling_code_takes_the_same_way_home(code in 1_usize..1000, rest in "[0-9]{4,12}") {
        if let CallingCode::Countries { main, .. } = plan::calling_code(code) {
            let digits = format!("{code}{rest}");
            if let Some(phone) = plan::short_way(true, digits.as_bytes(), main).and_then(|n| in_use(&n)) {
                prop_assert_eq!(the_long_way(&format!("+{digits}"), main).map(|long| long.e164()), Ok(phone.e164()));
            }
        }
    }
}

#[test]
fn a_number_longer_than_e164_is_too_long_even_where_its_plan_has_room() {
    for text in ["+4945613345945613", "4945613345945613", "0049 4561 3345945613"] {
        let refused = Phone::parse(text, Country::parse("DE").expect("a country"));
        assert!(matches!(refused, Err(PhoneError::TooLong { .. })), "{text}: {refused:?}");
    }
}
