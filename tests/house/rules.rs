//! Which folder may know which library, and what is never written.

use crate::Finding;
use crate::code::{Source, words};

/// The longest file, in lines.
const LONGEST: usize = 400;

fn findings(source: &Source, places: impl Iterator<Item = usize>, advice: &str) -> Vec<Finding> {
    places.map(|at| Finding { path: source.path.clone(), line: source.line_of(at), advice: advice.to_owned() }).collect()
}

fn lies_in(path: &str, folders: &[&str]) -> bool {
    folders.iter().any(|folder| path.starts_with(folder))
}

/// Finds libraries outside the folders that may know them.
pub fn libraries(source: &Source) -> Vec<Finding> {
    let path = source.path.as_str();
    let code = &source.production;
    let mut found = Vec::new();
    if !(lies_in(path, &["src/db/"]) || path.ends_with("/store.rs") || path.contains("/store/")) {
        let advice = "`sqlx` is known in src/db/ and in stores only: move the statement to the subject's store.rs and call it";
        found.extend(findings(source, words(code, "sqlx"), advice));
    }
    if !lies_in(path, &["src/web/", "src/api/", "src/main.rs", "src/commands/", "src/providers/simulator/"]) {
        let advice = "only the doors know HTTP: return a kernel::error::Error, and let api/problem.rs or web/failure.rs choose the answer";
        for library in ["axum", "leptos", "leptos_axum", "leptos_meta", "leptos_router", "StatusCode"] {
            found.extend(findings(source, words(code, library), advice));
        }
    }
    found
}

/// Finds files that hold more than one idea.
pub fn short(source: &Source) -> Vec<Finding> {
    if source.lines <= LONGEST {
        return Vec::new();
    }
    let advice = format!("{} lines, at most {LONGEST}: give an idea in it a file of its own", source.lines);
    vec![Finding { path: source.path.clone(), line: LONGEST + 1, advice }]
}

/// Finds unfinished work and silenced warnings, in tests too.
pub fn finished(source: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    for mark in ["todo!", "unimplemented!"] {
        let places = source.code.match_indices(mark).map(|(at, _)| at);
        found.extend(findings(source, places, "finish it, or leave it out"));
    }
    for mark in ["#[allow(", "#![allow("] {
        let places = source.code.match_indices(mark).map(|(at, _)| at);
        found.extend(findings(source, places, "mend what the warning says; if it is wrong here, `#[expect(…, reason = \"…\")]` says why"));
    }
    let ignored = source.code.match_indices("#[ignore").map(|(at, _)| at);
    found.extend(findings(source, ignored, "a test that does not run holds nothing: mend it or delete it"));
    found
}

/// Finds `unwrap` outside tests.
pub fn no_unwrap(source: &Source) -> Vec<Finding> {
    let advice = "return the error with `?`, or write `expect(\"why it cannot fail\")` when it is a truth";
    findings(source, source.production.match_indices(".unwrap()").map(|(at, _)| at), advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str, rule: fn(&Source) -> Vec<Finding>) -> Vec<usize> {
        rule(&Source::new(path, text.to_owned())).iter().map(|f| f.line).collect()
    }

    #[test]
    fn a_library_outside_its_folder_is_found() {
        assert_eq!(lines("src/costs/mod.rs", "\nuse sqlx::Row;", libraries), [2]);
        assert!(lines("src/costs/store.rs", "use sqlx::Row;", libraries).is_empty());
        assert!(lines("src/messages/store/claim.rs", "use sqlx::Row;", libraries).is_empty());
        assert_eq!(lines("src/costs/mod.rs", "use axum::Json;\nfn f() -> StatusCode {}", libraries), [1, 2]);
        assert_eq!(lines("src/dispatch/mod.rs", "use leptos::prelude::*;", libraries), [1]);
        assert!(lines("src/api/mod.rs", "use axum::Json;", libraries).is_empty());
        assert!(lines("src/providers/simulator/wire.rs", "use axum::Json;", libraries).is_empty());
        assert_eq!(lines("src/providers/twilio/mod.rs", "use axum::Json;", libraries), [1]);
    }

    #[test]
    fn a_long_file_is_found() {
        assert_eq!(lines("src/a.rs", &"\n".repeat(LONGEST + 1), short), [LONGEST + 1]);
        assert!(lines("src/a.rs", &"\n".repeat(LONGEST), short).is_empty());
    }

    #[test]
    fn unfinished_and_hushed_code_is_found() {
        let planted = concat!(
            "fn a() { to",
            "do!() }\nfn b() { unimple",
            "mented!() }\n#[al",
            "low(dead_code)]\nfn c() {}\n#[ig",
            "nore]\nfn d() {}"
        );
        assert_eq!(lines("tests/it/a.rs", planted, finished), [1, 2, 3, 5]);
    }

    #[test]
    fn an_unwrap_in_production_is_found() {
        let planted = "fn a() { b().unwrap() }\n#[cfg(test)]\nmod tests { fn c() { d().unwrap() } }";
        assert_eq!(lines("src/a.rs", planted, no_unwrap), [1]);
        assert!(lines("src/a/tests.rs", planted, no_unwrap).is_empty());
    }
}
