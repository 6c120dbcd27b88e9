//! The rules of the house as tests over its source: who may import whom, which folder may know which
//! library, and what is never written. Each finding says what to do instead. What the compiler and
//! clippy can check (`clippy.toml`) is not repeated here.

#[path = "house/code.rs"]
mod code;
#[path = "house/imports.rs"]
mod imports;
#[path = "house/rules.rs"]
mod rules;
#[path = "house/style.rs"]
mod style;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use code::Source;

/// What breaks a rule.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    /// The file, from the project's root.
    path: String,
    /// Line, from 1.
    line: usize,
    /// What is wrong and what to do instead.
    advice: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file under `folder` that ends in `extension`, in order.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries {
        let path = entry.expect("the folder can be listed").path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The Rust files of these folders.
fn sources(folders: &[&str]) -> Vec<Source> {
    let mut all = Vec::new();
    for folder in folders {
        for path in files(&root().join(folder), "rs") {
            let name = path.strip_prefix(root()).expect("it lies in the root").display().to_string();
            all.push(Source::new(&name, fs::read_to_string(&path).expect("source is readable text")));
        }
    }
    all
}

fn require_none(findings: &[Finding]) {
    let mut list = String::new();
    for f in findings {
        writeln!(list, "\n{}:{}: {}", f.path, f.line, f.advice).expect("a string takes everything");
    }
    assert!(findings.is_empty(), "{} breach(es) of the rules of the house:\n{list}", findings.len());
}

fn check(folders: &[&str], rule: fn(&Source) -> Vec<Finding>) {
    let sources = sources(folders);
    assert!(!sources.is_empty(), "no Rust file in {folders:?}: the rules would hold for nothing");
    require_none(&sources.iter().flat_map(rule).collect::<Vec<_>>());
}

#[test]
fn modules_import_only_what_stands_to_their_left() {
    check(&["src"], imports::direction);
}

#[test]
fn the_crate_root_is_reached_by_its_name_only() {
    check(&["src"], imports::no_climbing);
}

#[test]
fn libraries_stay_in_their_folders() {
    check(&["src"], rules::libraries);
}

#[test]
fn files_stay_short() {
    check(&["src", "tests", "benches"], rules::short);
}

#[test]
fn nothing_is_left_undone_or_hushed() {
    check(&["src", "tests", "benches"], rules::finished);
}

#[test]
fn production_code_does_not_unwrap() {
    check(&["src"], rules::no_unwrap);
}

#[test]
fn the_style_sheet_serves_both_directions_and_both_palettes() {
    let findings = files(&root().join("style"), "css").into_iter().flat_map(|path| {
        let name = path.strip_prefix(root()).expect("it lies in the root").display().to_string();
        style::check(&name, &fs::read_to_string(&path).expect("a style sheet is readable text"))
    });
    require_none(&findings.collect::<Vec<_>>());
}
