//! The style sheet: one layout for both directions of writing, one place for colours.

use crate::Finding;

/// The heading of the part that may name colours.
const TOKENS: &str = "/* 1 Tokens";

/// Finds physical sides and colours outside the tokens.
pub fn check(path: &str, text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut in_tokens = false;
    let mut in_comment = false;
    for (i, raw) in text.lines().enumerate() {
        if is_heading(raw) {
            in_tokens = raw.starts_with(TOKENS);
        }
        let line = without_comments(raw, &mut in_comment);
        let mut add = |advice: &str| found.push(Finding { path: path.to_owned(), line: i + 1, advice: advice.to_owned() });
        if names_a_side(&line) {
            add("a physical side is wrong in Persian: write inline-start, inline-end or their kin");
        }
        if !in_tokens && names_a_colour(&line) {
            add("a colour outside section 1 does not follow the palette: give it a token there and use var(--…)");
        }
    }
    found
}

/// `/* 7 Cards … */`: a numbered part starts.
fn is_heading(line: &str) -> bool {
    line.strip_prefix("/* ").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn without_comments(line: &str, inside: &mut bool) -> String {
    let mut out = String::new();
    let mut rest = line;
    loop {
        let mark = if *inside { "*/" } else { "/*" };
        let (before, after) = rest.split_once(mark).map_or((rest, None), |(b, a)| (b, Some(a)));
        if !*inside {
            out.push_str(before);
        }
        match after {
            Some(after) => rest = after,
            None => return out,
        }
        *inside = !*inside;
    }
}

/// Whether a declaration names the left or the right: as its property (`margin-left`, `right`,
/// `border-top-left-radius`) or as its value (`float: left`).
fn names_a_side(line: &str) -> bool {
    line.split(['{', '}', ';']).filter_map(|part| part.split_once(':')).any(|(property, value)| {
        let property = property.trim();
        let side = |word: &str| word == "left" || word == "right";
        let physical = !property.starts_with("--") && property.split('-').any(side);
        let keyed = matches!(property, "float" | "clear" | "text-align") && value.split_whitespace().any(side);
        physical || keyed
    })
}

/// Whether a declaration's value holds `#rgb` to `#rrggbbaa`.
fn names_a_colour(line: &str) -> bool {
    let values = line.split(['{', '}', ';']).filter_map(|part| part.split_once(':').map(|(_, value)| value));
    values.flat_map(|value| value.split('#').skip(1).map(str::to_owned).collect::<Vec<_>>()).any(|rest| {
        let digits = rest.chars().take_while(char::is_ascii_hexdigit).count();
        let ends = !rest[digits..].starts_with(|c: char| c.is_alphanumeric() || c == '-' || c == '_');
        ends && matches!(digits, 3 | 4 | 6 | 8)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        check("style/app.css", text).iter().map(|f| f.line).collect()
    }

    #[test]
    fn a_physical_side_is_found() {
        assert_eq!(
            lines(".a { margin-left: 1px; }\n.b { margin-inline-start: 1px; }\n.c { float: right }\n.d {\n  left: 0;\n}"),
            [1, 3, 5]
        );
        assert!(lines(".a-left { color: var(--left); }\n/* padding-left: 1px */\n.b:hover { transition: none; }").is_empty());
    }

    #[test]
    fn a_colour_outside_the_tokens_is_found() {
        let text = "/* 1 Tokens -- */\n:root { --ink: #123456; }\n/* 2 Base -- */\nbody { color: #fff; }\n#add { color: var(--ink); }\nfieldset:has(#bad-one) { margin: 0; }\n/* see\n #abc: x\n*/";
        assert_eq!(lines(text), [4]);
    }
}
