//! Templates that somebody wrote to do harm: each is refused with a reason or rendered within the bounds, and none takes the
//! process with it.

use super::{MAX_DEPTH, MAX_OUTPUT, MAX_SOURCE, MAX_TAGS, Template};

/// How many are tried.
const TRIES: u64 = 5_000;

/// A small generator (xorshift), so that a failure comes again under its number.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n) as usize
    }

    fn one_of<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len() as u64)]
    }
}

/// Pieces that parsers trip over: half tags, other engines' tags, quotes, controls, letters of many bytes.
const PIECES: &[&str] = &[
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    "{{ a }}",
    "{{ a.b.c }}",
    "{{ a.b.c.d }}",
    "{{ a | upper }}",
    "{{ a | upper | lower | title }}",
    "{{ a | truncate(99999999999999999999) }}",
    "{{ a | truncate(0) }}",
    "{{ a | truncate(-1) }}",
    "{{ a | default(\"x\") }}",
    "{{ a | default(\"\\\") }}",
    "{{ a | number }}",
    "{{ a | nothing }}",
    "{{ a() }}",
    "{{ ''.__class__ }}",
    "{{ 7*7 }}",
    "{{ range(1000000) }}",
    "{% if a %}",
    "{% if not a %}",
    "{% if a == \"b\" %}",
    "{% if a == b %}",
    "{% elif a %}",
    "{% else %}",
    "{% endif %}",
    "{% for x in a %}",
    "{% endfor %}",
    "{% while 1 %}",
    "{% include \"/etc/passwd\" %}",
    "{% set a = 1 %}",
    "{% import os %}",
    "{% macro m() %}{{ m() }}{% endmacro %}",
    "\u{202e}",
    "\u{2066}",
    "\u{2069}",
    "\u{200f}",
    "\u{feff}",
    "\0",
    "\r\n",
    "\"",
    "'",
    "\\",
    "|",
    ".",
    "ß",
    "İ",
    "ﷺ",
    "👨‍👩‍👧‍👦",
    "ی",
    "訂",
    "é",
    "a",
    " ",
];

const VALUES: &[&str] = &["", " ", "x", "{{ a }}", "{% if a %}", "\u{202e}gnp.exe", "ﷺﷺﷺ", "İİİİ", "1234567890.5", "\0", "👨‍👩‍👧‍👦", "訂單"];

fn hostile(chance: &mut Chance) -> String {
    match chance.below(10) {
        0 => "{% if a %}".repeat(1 + chance.below(400)),
        1 => {
            let depth = 1 + chance.below(12);
            format!("{}x{}", "{% if a %}".repeat(depth), "{% endif %}".repeat(depth))
        }
        2 => format!("{{{{ {} }}}}", "n".repeat(1 + chance.below(6_000))),
        3 => format!("{{{{ a {} }}}}", "| upper ".repeat(1 + chance.below(40))),
        4 => "{{ a }}".repeat(1 + chance.below(800)),
        5 => chance.one_of(PIECES).repeat(1 + chance.below(900)),
        6 => format!("{{{{ a | default(\"{}\") }}}}", chance.one_of(PIECES).repeat(1 + chance.below(300))),
        _ => {
            let pieces = 1 + chance.below(60);
            (0..pieces).map(|_| chance.one_of(PIECES)).collect()
        }
    }
}

#[test]
fn five_thousand_hostile_templates_are_refused_or_rendered_within_the_bounds() {
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let long = "ﷺ".repeat(super::MAX_VALUE);
    let (mut refused, mut rendered, mut stopped) = (0, 0, 0);
    for number in 0..TRIES {
        let source = hostile(&mut chance);
        let template = match Template::parse(&source) {
            Ok(template) => template,
            Err(error) => {
                assert!(!error.to_string().is_empty() && !error.fix.is_empty(), "{number}: no reason for {source:?}");
                refused += 1;
                continue;
            }
        };
        assert!(source.len() <= MAX_SOURCE, "{number}: {} bytes were taken", source.len());
        let value = if chance.below(4) == 0 { long.as_str() } else { chance.one_of(VALUES) };
        for value in [Some(value), None] {
            let give = |_: &str| value;
            let mut out = String::from("before");
            match template.render(&give, &mut out) {
                Ok(()) => {
                    assert!(out.len() - "before".len() <= MAX_OUTPUT, "{number}: {} bytes came out of {source:?}", out.len());
                    rendered += 1;
                }
                Err(error) => {
                    assert_eq!(out, "before", "{number}: half a text stayed");
                    assert!(!error.to_string().is_empty(), "{number}");
                    stopped += 1;
                }
            }
            if let Ok(parts) = template.parts_marked(&give) {
                let joined: String = parts.into_iter().map(|p| p.text).collect();
                assert_eq!(joined, out["before".len()..], "{number}: the preview shows another text");
            }
        }
    }
    assert!(refused > 500 && rendered > 500 && stopped > 100, "the tries are one-sided: {refused} {rendered} {stopped}");
}

#[test]
fn nesting_ends_at_its_bound() {
    let nested = |depth: usize| format!("{}x{}", "{% if a %}".repeat(depth), "{% endif %}".repeat(depth));
    assert!(Template::parse(&nested(MAX_DEPTH)).is_ok());
    assert!(Template::parse(&nested(MAX_DEPTH + 1)).is_err());
    assert!(Template::parse(&"{{ a }}".repeat(MAX_TAGS)).is_ok());
    assert!(Template::parse(&"{{ a }}".repeat(MAX_TAGS + 1)).is_err());
}
