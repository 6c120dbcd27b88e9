//! A Rust file reduced to its code: comments and the content of strings blanked, tests marked.

/// One file.
pub struct Source {
    /// From the project's root, with `/`.
    pub path: String,
    /// The text with comments and the insides of strings turned to spaces; lines stay where they are.
    pub code: String,
    /// The same without what is compiled for tests only.
    pub production: String,
    /// How many lines the file has.
    pub lines: usize,
}

impl Source {
    /// Reads a file's text.
    pub fn new(path: &str, text: String) -> Self {
        let path = path.replace('\\', "/");
        let code = blank(&text);
        let only_tests = !path.starts_with("src/") || path.ends_with("tests.rs") || path.contains("/tests/");
        let production = if only_tests { blank_all(&code) } else { without_tests(&code) };
        Self { path, code, production, lines: text.lines().count() }
    }

    /// The line of a byte of the text, from 1.
    pub fn line_of(&self, at: usize) -> usize {
        self.code[..at].matches('\n').count() + 1
    }
}

/// Where `word` stands in `code` as a whole word.
pub fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    code.match_indices(word)
        .filter(move |(at, _)| !joins(code[..*at].chars().next_back()) && !joins(code[at + word.len()..].chars().next()))
        .map(|(at, _)| at)
}

fn blank_all(text: &str) -> String {
    text.chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect()
}

/// Turns comments and the insides of strings and characters into spaces. Every character becomes one
/// byte, so that positions in the results agree.
fn blank(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(chars.len());
    let mut at = 0;
    while at < chars.len() {
        let (kept, end) = token(&chars, at);
        for (i, c) in chars[at..end].iter().enumerate() {
            out.push(match c {
                '\n' => '\n',
                c if i < kept && c.is_ascii() => *c,
                _ if i < kept => '_',
                _ => ' ',
            });
        }
        at = end;
    }
    out
}

/// The piece of text that starts at `at`: how many of its characters are code, and where it ends.
fn token(chars: &[char], at: usize) -> (usize, usize) {
    let rest = &chars[at..];
    match rest {
        ['/', '/', ..] => (0, at + rest.iter().position(|c| *c == '\n').unwrap_or(rest.len())),
        ['/', '*', ..] => (0, at + block_comment(rest)),
        ['r', '"' | '#', ..] if !follows_word(chars, at) => raw_string(rest).map_or((1, at + 1), |length| (1, at + length)),
        ['"', ..] => (1, at + string(rest)),
        ['\'', '\\', _, ..] => (1, at + 3 + rest[3..].iter().position(|c| *c == '\'').map_or(0, |p| p + 1)),
        ['\'', _, '\'', ..] => (1, at + 3),
        _ => (1, at + 1),
    }
}

/// Whether the `r` at `at` ends a word (`br"…"` is a raw string all the same).
fn follows_word(chars: &[char], at: usize) -> bool {
    let word: Vec<char> = chars[..at].iter().rev().take_while(|c| c.is_alphanumeric() || **c == '_').copied().collect();
    !word.is_empty() && word != ['b']
}

fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut i) = (0_usize, 0);
    while i < rest.len() {
        match rest[i..] {
            ['/', '*', ..] => (depth, i) = (depth + 1, i + 2),
            ['*', '/', ..] => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            break;
        }
    }
    i
}

fn string(rest: &[char]) -> usize {
    let mut i = 1;
    while i < rest.len() && rest[i] != '"' {
        i += if rest[i] == '\\' { 2 } else { 1 };
    }
    (i + 1).min(rest.len())
}

/// The length of a raw string; none when this is a raw identifier.
fn raw_string(rest: &[char]) -> Option<usize> {
    let hashes = rest[1..].iter().take_while(|c| **c == '#').count();
    if rest.get(1 + hashes) != Some(&'"') {
        return None;
    }
    let closing: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let body = 2 + hashes;
    let end = rest[body..].windows(closing.len()).position(|w| w == closing)?;
    Some(body + end + closing.len())
}

/// Blanks each item under `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    let mut out = code.to_owned();
    while let Some(start) = out.find("#[cfg(test)]") {
        let end = item_end(&out, start);
        out.replace_range(start..end, &blank_all(&out[start..end]));
    }
    out
}

/// The end of the item that starts at `start`: its first `;` outside of brackets, or its closing brace.
fn item_end(code: &str, start: usize) -> usize {
    let mut depth = 0_i32;
    for (i, c) in code[start..].char_indices() {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 && (c == ';' || c == '}') {
            return start + i + 1;
        }
    }
    code.len()
}

#[test]
fn comments_and_strings_are_not_code() {
    let text =
        "let a = \"x.unwrap() \\\" y\"; // b.unwrap()\n/* c /* d */ e */ let f = r#\"g\"h\"#; let i: &'static str = j('\"', '\\'', 'k');";
    let source = Source::new("src/x.rs", text.to_owned());
    assert!(!source.code.contains("unwrap"));
    for hidden in ["y", "c", "d", "e", "g", "h", "k"] {
        assert_eq!(words(&source.code, hidden).count(), 0, "{hidden} in {}", source.code);
    }
    for shown in ["a", "f", "i", "j", "static", "str"] {
        assert_eq!(words(&source.code, shown).count(), 1, "{shown} in {}", source.code);
    }
    assert_eq!(source.line_of(source.code.find("static").expect("is code")), 2);
}

#[test]
fn code_for_tests_is_not_production() {
    let text = "fn a() { b() }\n#[cfg(test)]\nmod tests {\n fn c() { d([1; 2]) }\n}\nfn e() {}\n#[cfg(test)]\nuse f::g;\nfn h() {}\n";
    let source = Source::new("src/x.rs", text.to_owned());
    for production in ["a", "b", "e", "h"] {
        assert_eq!(words(&source.production, production).count(), 1, "{production}");
    }
    for test in ["c", "d", "g"] {
        assert_eq!(words(&source.production, test).count(), 0, "{test}");
    }
    assert_eq!(words(&Source::new("src/x/reader_tests.rs", "fn a() {}".into()).production, "a").count(), 0);
}
