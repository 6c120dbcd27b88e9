use proptest::prelude::*;

use super::*;

const VALUES: &[(&str, &str)] = &[
    ("name", "sara ahmadi"),
    ("order.number", "A-17"),
    ("total", "1234567.50"),
    ("city", "Taipei"),
    ("نام", "سارا"),
    ("blank", "  "),
    ("html", "<b>{{ name }}</b>"),
];

fn value(name: &str) -> Option<&'static str> {
    VALUES.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

fn render(source: &str) -> Result<String, RenderError> {
    let mut out = String::new();
    let template = Template::parse(source).unwrap_or_else(|e| panic!("{source}: {e} {}", e.fix));
    template.render(&value, &mut out).map(|()| out)
}

#[test]
fn texts_come_out_as_written_with_their_values() {
    for (source, expected) in [
        ("", ""),
        ("plain { } }} %} {# {- text\n", "plain { } }} %} {# {- text\n"),
        ("Hi {{name}}!", "Hi sara ahmadi!"),
        ("{{ order.number }}{{ order.number }}", "A-17A-17"),
        ("سلام {{ نام }}\u{200C}جان", "سلام سارا\u{200C}جان"),
        ("{{ html }}", "<b>{{ name }}</b>"),
        ("{{ name | upper }}", "SARA AHMADI"),
        ("{{ name | upper | lower }}", "sara ahmadi"),
        ("{{ name | title }}", "Sara Ahmadi"),
        ("{{ name | first_name | title }}", "Sara"),
        ("{{ name | truncate(5) }}.", "sara."),
        ("{{ name | truncate(6) }}.", "sara a."),
        ("{{ نام | truncate(2) }}", "سا"),
        ("{{ total | number }}", "1,234,567.50"),
        ("{{ city | number }}", "Taipei"),
        ("{{ gone | default(\"friend\") }}", "friend"),
        ("{{ gone | default('a \\'b\\' }} \"c\"') }}", "a 'b' }} \"c\""),
        ("{{ gone | default(\"\") }}", ""),
        ("{{ blank | default(\"x\") | upper }}", "X"),
        ("{{ gone | upper | default(\"x\") }}", "x"),
        ("{{ name | default(\"x\") }}", "sara ahmadi"),
        ("{% if name %}a{% else %}b{% endif %}", "a"),
        ("{% if gone %}a{% else %}b{% endif %}", "b"),
        ("{% if blank %}a{% else %}b{% endif %}", "b"),
        ("{% if gone %}a{% endif %}c", "c"),
        ("{% if not gone %}a{% endif %}c", "ac"),
        ("{% if city == \"Taipei\" %}a{% else %}b{% endif %}", "a"),
        ("{% if city != 'Taipei' %}a{% else %}b{% endif %}", "b"),
        ("{% if city == name %}a{% else %}b{% endif %}", "b"),
        ("{% if gone == \"\" %}a{% endif %}", "a"),
        ("{% if gone %}a{% elif city == \"x\" %}b{% elif city %}c{% else %}d{% endif %}", "c"),
        ("{% if gone %}a{% elif blank %}b{% else %}d{% endif %}e", "de"),
        ("{% if city %}{% if name %}1{% else %}2{% endif %}{% else %}3{% endif %}", "1"),
        ("{% if gone %}{{ gone }}{% endif %}ok", "ok"),
        ("{%if city%}a{%endif%}", "a"),
    ] {
        assert_eq!(render(source).as_deref(), Ok(expected), "{source}");
    }
}

#[test]
fn numbers_are_grouped_only_when_they_are_plain() {
    for (number, expected) in [
        ("0", "0"),
        ("999", "999"),
        ("1000", "1,000"),
        ("-1000", "-1,000"),
        ("123456", "123,456"),
        ("1000.5", "1,000.5"),
        ("1,000", "1,000"),
        ("1000.", "1000."),
        ("--1000", "--1000"),
        ("1e9", "1e9"),
        ("", ""),
    ] {
        assert_eq!(filter::apply(&[Filter::Number], number), expected);
    }
}

#[test]
fn a_faulty_template_says_where_and_what() {
    let nested = |n: usize| "{% if a %}".repeat(n) + &"{% endif %}".repeat(n);
    let cases: Vec<(String, &str, (u32, u32))> = vec![
        ("{{".into(), "not_closed", (1, 1)),
        ("a\nسلام {{ name".into(), "not_closed", (2, 6)),
        ("{%".into(), "not_closed", (1, 1)),
        ("{{ name | default(\"x }}".into(), "not_closed", (1, 19)),
        ("{{ name | default(\"x\\".into(), "not_closed", (1, 19)),
        ("{% if a %}".into(), "not_closed", (1, 1)),
        ("{{}}".into(), "bad_name", (1, 3)),
        ("{{ }}".into(), "bad_name", (1, 4)),
        ("{{ \"x\" }}".into(), "bad_name", (1, 4)),
        ("{{ 1 }}".into(), "bad_name", (1, 4)),
        ("{{ not }}".into(), "bad_name", (1, 4)),
        ("{{ a.b.c.d }}".into(), "bad_name", (1, 4)),
        ("{{ a..b }}".into(), "bad_name", (1, 4)),
        ("{{ a. }}".into(), "bad_name", (1, 4)),
        (format!("{{{{ {} }}}}", "a".repeat(65)), "bad_name", (1, 4)),
        ("{{ a b }}".into(), "unexpected", (1, 6)),
        ("{{ a() }}".into(), "unexpected", (1, 5)),
        ("{{ a + b }}".into(), "unexpected", (1, 6)),
        ("{{ a[0] }}".into(), "unexpected", (1, 5)),
        ("{{ a %}".into(), "unexpected", (1, 6)),
        ("{{{ a }}}".into(), "unexpected", (1, 3)),
        ("{{- a -}}".into(), "unexpected", (1, 3)),
        ("{{ a | }}".into(), "unknown_filter", (1, 8)),
        ("{{ a | safe }}".into(), "unknown_filter", (1, 8)),
        ("{{ unsubscribe_link | upper }}".into(), "out_of_place", (1, 21)),
        ("{{ a | truncate }}".into(), "bad_argument", (1, 17)),
        ("{{ a | truncate(0) }}".into(), "bad_argument", (1, 17)),
        ("{{ a | truncate(99999999999999999999999) }}".into(), "bad_argument", (1, 17)),
        ("{{ a | truncate(\"3\") }}".into(), "bad_argument", (1, 17)),
        ("{{ a | default(x) }}".into(), "bad_argument", (1, 16)),
        ("{{ a | default(\"x\" }}".into(), "bad_argument", (1, 20)),
        ("{% for a in b %}".into(), "unknown_tag", (1, 4)),
        ("{% set a = 1 %}".into(), "unknown_tag", (1, 4)),
        ("{% include \"x\" %}".into(), "unknown_tag", (1, 4)),
        ("{% %}".into(), "unknown_tag", (1, 4)),
        ("{% else %}".into(), "out_of_place", (1, 1)),
        ("{% endif %}".into(), "out_of_place", (1, 1)),
        ("{% if a %}{% else %}{% else %}{% endif %}".into(), "out_of_place", (1, 21)),
        ("{% if a %}{% else %}{% elif b %}{% endif %}".into(), "out_of_place", (1, 21)),
        ("{% if %}x{% endif %}".into(), "bad_name", (1, 7)),
        ("{% if not not a %}x{% endif %}".into(), "bad_name", (1, 11)),
        ("{% if a and b %}x{% endif %}".into(), "unexpected", (1, 9)),
        ("{% if a == %}x{% endif %}".into(), "unexpected", (1, 12)),
        ("{% if a == 3 %}x{% endif %}".into(), "unexpected", (1, 12)),
        ("{% if a = b %}x{% endif %}".into(), "unexpected", (1, 9)),
        ("{% if a }}x{% endif %}".into(), "unexpected", (1, 9)),
        (nested(5), "too_deep", (1, 41)),
        (nested(100), "too_deep", (1, 41)),
        ("{{a}}".repeat(65), "too_many_tags", (1, 321)),
        (format!("{{{{ a {} }}}}", "|trim".repeat(9)), "too_many_filters", (1, 46)),
        ("x".repeat(4_097), "too_long", (1, 4_097)),
        ("{{ ".repeat(100_000), "too_long", (1, 4_097)),
        ("not ".repeat(100_000), "too_long", (1, 4_097)),
        ("{{\0}}".into(), "unexpected", (1, 3)),
        ("{{ \u{202E}a }}".into(), "unexpected", (1, 4)),
    ];
    assert!(cases.len() >= 30);
    for (source, code, place) in cases {
        let shown: String = source.chars().take(60).collect();
        let error = Template::parse(&source).expect_err(&shown);
        assert_eq!((error.code(), (error.line, error.column)), (code, place), "{shown}: {error}");
        assert!(!error.fix.is_empty());
    }
    assert!(Template::parse(&nested(4)).is_ok());
    assert!(Template::parse(&"{{a}}".repeat(64)).is_ok());
    assert!(Template::parse(&"x".repeat(4_096)).is_ok());
}

#[test]
fn names_are_listed_once_with_whether_they_are_required() {
    for (source, expected) in [
        ("{{ b }}{{ a }}{{ b }}", "b! a!"),
        ("{{ a | default(\"x\") }}", "a"),
        ("{{ a | default(\"x\") }}{{ a }}", "a!"),
        ("{% if a %}x{% endif %}", "a"),
        ("{% if a %}{{ a }}{% endif %}", "a"),
        ("{% if a %}{{ a }}{% endif %}{{ a }}", "a!"),
        ("{% if a %}{{ b }}{% else %}{{ a }}{% endif %}", "a! b!"),
        ("{% if not a %}x{% else %}{{ a }}{% endif %}", "a"),
        ("{% if not a %}{{ a }}{% endif %}", "a!"),
        ("{% if a == \"x\" %}{{ a }}{% endif %}", "a"),
        ("{% if a == \"\" %}x{% else %}{{ a }}{% endif %}", "a"),
        ("{% if a != \"x\" %}{{ a }}{% endif %}", "a!"),
        ("{% if a != \"\" %}{{ a }}{% endif %}", "a"),
        ("{% if a == b %}{{ c.d }}{% endif %}", "a b c.d!"),
        ("{% if a %}{% if b %}{{ a }}{{ b }}{% endif %}{{ b }}{% endif %}", "a b!"),
    ] {
        let template = Template::parse(source).unwrap();
        let names: Vec<String> =
            template.placeholders().iter().map(|p| format!("{}{}", p.name, if p.required { "!" } else { "" })).collect();
        assert_eq!(names.join(" "), expected, "{source}");
    }
}

#[test]
fn what_cannot_be_rendered_leaves_the_output_as_it_was() {
    let long = "é".repeat(257);
    let fits = "é".repeat(256);
    let many = "{{ fits }}".repeat(9);
    for (source, expected) in [
        ("Hi {{ gone }}", RenderError::Missing("gone".into())),
        ("Hi {{ blank }}", RenderError::Missing("blank".into())),
        ("Hi {{ long }}", RenderError::ValueTooLong("long".into())),
        ("{% if long %}{% endif %}", RenderError::ValueTooLong("long".into())),
        (many.as_str(), RenderError::TooLong),
    ] {
        let look_up = |name: &str| match name {
            "long" => Some(long.as_str()),
            "fits" => Some(fits.as_str()),
            "blank" => Some(" \u{A0}"),
            _ => None,
        };
        let mut out = "before".to_string();
        let error = Template::parse(source).unwrap().render(&look_up, &mut out).unwrap_err();
        assert_eq!(error, expected);
        assert_eq!(out, "before");
    }
}

#[test]
fn a_preview_tells_values_from_text() {
    let template = Template::parse("Hi {{ name | title }}{% if city %}, {{ city }}{% endif %}.").unwrap();
    let parts: Vec<_> = template.parts_marked(&value).unwrap().into_iter().map(|part| (part.text, part.from_placeholder)).collect();
    assert_eq!(
        parts,
        [
            ("Hi ".to_string(), false),
            ("Sara Ahmadi".to_string(), true),
            (", ".to_string(), false),
            ("Taipei".to_string(), true),
            (".".to_string(), false),
        ]
    );
}

/// Sources that are often nearly templates.
fn source() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("{{ name }}".to_string()),
        Just("{{ gone | default(\"x\") }}".to_string()),
        Just("{{ total|number|truncate(3) }}".to_string()),
        Just("{% if city %}".to_string()),
        Just("{% if not gone %}".to_string()),
        Just("{% elif city == \"x\" %}".to_string()),
        Just("{% else %}".to_string()),
        Just("{% endif %}".to_string()),
        "[{}%|()\"'.a =!\\\\]{1,4}",
        "\\PC{0,6}",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_source_breaks_the_parser(source in prop_oneof![source(), any::<String>()]) {
        match Template::parse(&source) {
            Ok(template) => {
                let mut out = String::new();
                let rendered = template.render(&value, &mut out);
                match template.parts_marked(&value) {
                    Ok(parts) => {
                        prop_assert!(rendered.is_ok());
                        prop_assert_eq!(parts.iter().map(|p| p.text.as_str()).collect::<String>(), out);
                    }
                    Err(error) => prop_assert_eq!(Err(error), rendered),
                }
            }
            Err(error) => {
                let line = source.split('\n').nth(error.line as usize - 1);
                prop_assert!(line.is_some_and(|line| error.column as usize <= line.chars().count() + 1));
            }
        }
    }

    #[test]
    fn a_text_without_tags_is_itself(text in "[^{]{0,200}") {
        prop_assert_eq!(render(&text), Ok(text));
    }

    #[test]
    fn a_value_goes_out_as_given(given in "\\PC{0,80}") {
        let template = Template::parse("a{{ x | default(\"d\") }}b").unwrap();
        let mut out = String::new();
        template.render(&|_| Some(given.as_str()), &mut out).unwrap();
        let expected = if given.trim().is_empty() { "d" } else { &given };
        prop_assert_eq!(out, format!("a{expected}b"));
    }

    #[test]
    fn rendering_fails_only_for_required_names(source in source()) {
        if let Ok(template) = Template::parse(&source) {
            let mut out = String::new();
            let nothing_required = template.placeholders().iter().all(|p| !p.required);
            if nothing_required {
                prop_assert_eq!(template.render(&|_| None, &mut out), Ok(()));
            }
        }
    }
}
