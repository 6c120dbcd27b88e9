use proptest::prelude::*;

use super::*;

/// `n` times a text.
fn x(text: &str, n: usize) -> String {
    text.repeat(n)
}

#[test]
fn segments_are_counted_as_billed() {
    use Encoding::{Gsm7, Ucs2};
    let persian = "سلام می\u{200C}خواهم";
    let cases: Vec<(String, Encoding, u32, u32, u32)> = vec![
        // text, encoding, units, segments, left
        (String::new(), Gsm7, 0, 1, 160),
        (x("a", 1), Gsm7, 1, 1, 159),
        (x("a", 159), Gsm7, 159, 1, 1),
        (x("a", 160), Gsm7, 160, 1, 0),
        (x("a", 161), Gsm7, 161, 2, 145),
        (x("a", 305), Gsm7, 305, 2, 1),
        (x("a", 306), Gsm7, 306, 2, 0),
        (x("a", 307), Gsm7, 307, 3, 152),
        (x("a", 459), Gsm7, 459, 3, 0),
        (x("a", 460), Gsm7, 460, 4, 152),
        (x("é", 160), Gsm7, 160, 1, 0),
        (x("Δ", 161), Gsm7, 161, 2, 145),
        (x("€", 80), Gsm7, 160, 1, 0),
        (x("€", 81), Gsm7, 162, 2, 143),
        (x("€", 76), Gsm7, 152, 1, 8),
        (x("€", 152), Gsm7, 304, 2, 1),
        (x("€", 153), Gsm7, 306, 3, 151),
        (x("[", 153), Gsm7, 306, 3, 151),
        (x("a", 158) + "€", Gsm7, 160, 1, 0),
        (x("a", 159) + "€", Gsm7, 161, 2, 145),
        (x("a", 152) + "€" + &x("a", 6), Gsm7, 160, 1, 0),
        (x("a", 152) + "€" + &x("a", 7), Gsm7, 161, 2, 144),
        (x("a", 151) + "€" + &x("a", 8), Gsm7, 161, 2, 145),
        (x("a", 152) + "{" + &x("a", 151), Gsm7, 305, 2, 0),
        (x("a", 152) + "{" + &x("a", 152), Gsm7, 306, 3, 152),
        (x("a", 152) + "\\" + &x("b", 150) + "~", Gsm7, 306, 3, 151),
        ("\r\n".to_string(), Gsm7, 2, 1, 158),
        ("\u{0C}".to_string(), Gsm7, 2, 1, 158),
        ("^{}\\[~]|€".to_string(), Gsm7, 18, 1, 142),
        ("`".to_string(), Ucs2, 1, 1, 69),
        ("ç".to_string(), Ucs2, 1, 1, 69),
        ("\t".to_string(), Ucs2, 1, 1, 69),
        (x("a", 160) + "’", Ucs2, 161, 3, 40),
        (x("س", 69), Ucs2, 69, 1, 1),
        (x("س", 70), Ucs2, 70, 1, 0),
        (x("س", 71), Ucs2, 71, 2, 63),
        (x("س", 134), Ucs2, 134, 2, 0),
        (x("س", 135), Ucs2, 135, 3, 66),
        (x("س", 201), Ucs2, 201, 3, 0),
        (x("您", 70), Ucs2, 70, 1, 0),
        (x("您", 71), Ucs2, 71, 2, 63),
        ("您好，您的訂單已出貨。".to_string(), Ucs2, 11, 1, 59),
        (persian.to_string(), Ucs2, 13, 1, 57),
        (x(persian, 6), Ucs2, 78, 2, 56),
        (x("😀", 35), Ucs2, 70, 1, 0),
        (x("😀", 36), Ucs2, 72, 2, 61),
        (x("😀", 66), Ucs2, 132, 2, 1),
        (x("😀", 67), Ucs2, 134, 3, 65),
        (x("a", 66) + "😀" + &x("a", 2), Ucs2, 70, 1, 0),
        (x("a", 66) + "😀" + &x("a", 3), Ucs2, 71, 2, 62),
        (x("a", 65) + "😀" + &x("a", 4), Ucs2, 71, 2, 63),
        (x("a", 66) + "😀" + &x("a", 65), Ucs2, 133, 2, 0),
        (x("a", 66) + "😀" + &x("a", 66), Ucs2, 134, 3, 66),
        ("👩\u{200D}💻".to_string(), Ucs2, 5, 1, 65),
    ];
    assert!(cases.len() >= 40);
    for (text, encoding, units, segments, left) in cases {
        let measured = measure(&text);
        assert_eq!((measured.encoding, measured.units, measured.segments, measured.left), (encoding, units, segments, left), "{text:?}");
        assert_eq!(measured.characters as usize, text.chars().count());
        assert_eq!(slow_parts(&text).len() as u32, segments, "{text:?}");
    }
}

#[test]
fn the_alphabet_has_its_128_characters_and_ten_extensions() {
    let count = |septets| ('\0'..=char::MAX).filter(|&c| alphabet::septets(c) == septets).count();
    // The 128th place of the default alphabet is the escape to the extension table, no character.
    assert_eq!((count(1), count(2)), (127, 10));
}

#[test]
fn encodings_are_named_as_carriers_name_them() {
    assert_eq!(serde_json::to_string(&Encoding::Gsm7).unwrap(), "\"GSM-7\"");
    assert_eq!(serde_json::from_str::<Encoding>("\"UCS-2\"").unwrap(), Encoding::Ucs2);
    assert_eq!(Encoding::Ucs2.to_string(), "UCS-2");
}

/// Parts by an independent, slow rule: the longest beginning that fits, again and again.
fn slow_parts(text: &str) -> Vec<Vec<char>> {
    let gsm = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
    let extension = "\u{0C}^{}\\[~]|€";
    let chars: Vec<char> = text.chars().collect();
    let is_gsm = chars.iter().all(|&c| gsm.contains(c) || extension.contains(c));
    let size = |part: &[char]| -> usize {
        if is_gsm {
            part.iter().map(|&c| 1 + usize::from(extension.contains(c))).sum()
        } else {
            part.iter().collect::<String>().encode_utf16().count()
        }
    };
    let (alone, joined) = if is_gsm { (160, 153) } else { (70, 67) };
    if size(&chars) <= alone {
        return vec![chars];
    }
    let mut parts = Vec::new();
    let mut rest = chars.as_slice();
    while !rest.is_empty() {
        let fits = (1..=rest.len()).rev().find(|&n| size(&rest[..n]) <= joined).unwrap();
        parts.push(rest[..fits].to_vec());
        rest = &rest[fits..];
    }
    parts
}

proptest! {
    #[test]
    fn packing_agrees_with_the_slow_rule(text in prop_oneof![
        "[a-z€\\[\\]{}~ é\n]{0,700}",
        "[a-zسلام😀]{0,300}",
        "[ab€]{150,165}",
        any::<String>(),
    ]) {
        let measured = measure(&text);
        let slow = slow_parts(&text);
        prop_assert_eq!(&slow.concat().iter().collect::<String>(), &text);
        prop_assert_eq!(measured.segments as usize, slow.len());
        let size = |part: &Vec<char>| part.iter().map(|c| measured.encoding.units(*c)).sum::<u32>();
        prop_assert!(slow.iter().all(|part| size(part) <= measured.per_segment));
        prop_assert_eq!(slow.iter().map(size).sum::<u32>(), measured.units);
        prop_assert_eq!(measured.left, measured.per_segment - size(slow.last().unwrap()));
    }
}
