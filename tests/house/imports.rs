//! Who may import whom.

use crate::Finding;
use crate::code::{Source, words};

/// The modules at the crate's root, left to right: each may import what stands on an earlier line.
/// Those that share a line know nothing of each other.
const ORDER: &[&[&str]] = &[
    &["kernel"],
    &["config", "db", "providers"],
    &["app"],
    &["access"],
    &["templates"],
    &["contacts"],
    &["consent"],
    &["audiences"],
    &["connections"],
    &["costs"],
    &["uploads"],
    &["messages"],
    &["codes"],
    &["campaigns"],
    &["preferences"],
    &["timeline"],
    &["inbox"],
    &["privacy"],
    &["uses"],
    &["dispatch"],
    &["api", "web"],
    &["commands"],
    &["main"],
];

/// The crate's root names every module; it holds no code.
const ROOT: &str = "src/lib.rs";

/// Finds imports of what stands to the right.
pub fn direction(source: &Source) -> Vec<Finding> {
    if source.path == ROOT {
        return Vec::new();
    }
    let own = module_of(&source.path);
    let Some(own_rank) = rank(own) else {
        return vec![finding(
            source,
            0,
            format!("`{own}` has no place in the order: add it to ORDER in tests/house/imports.rs and to src/lib.rs"),
        )];
    };
    let mut findings = Vec::new();
    for (at, name) in imported(&source.production) {
        let Some(other) = rank(name) else { continue };
        if name != own && other >= own_rank {
            let advice = format!(
                "`{own}` imports `{name}`, which does not stand to its left; move what both need to the left, or let the caller on the right bring the two together"
            );
            findings.push(finding(source, at, advice));
        }
    }
    findings
}

/// Finds `super::super::…` that reaches the crate's root, where [`direction`] would not see it.
pub fn no_climbing(source: &Source) -> Vec<Finding> {
    let depth = depth_of(&source.path);
    let code = &source.production;
    let mut findings = Vec::new();
    for at in words(code, "super").filter(|at| !code[..*at].ends_with("super::")) {
        let steps = code[at..].split("::").take_while(|part| *part == "super").count();
        if steps >= depth {
            findings.push(finding(source, at, "this path climbs to the crate's root: write `crate::…`".into()));
        }
    }
    findings
}

fn finding(source: &Source, at: usize, advice: String) -> Finding {
    Finding { path: source.path.clone(), line: source.line_of(at), advice }
}

fn rank(module: &str) -> Option<usize> {
    ORDER.iter().position(|line| line.contains(&module))
}

/// `src/contacts/csv/mod.rs` lies in `contacts`, `src/app.rs` in `app`.
fn module_of(path: &str) -> &str {
    let inside = path.strip_prefix("src/").unwrap_or(path);
    inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
}

/// How many `super` lead from the file's module to the crate's root.
fn depth_of(path: &str) -> usize {
    let parts = path.trim_end_matches(".rs").split('/').count() - 1;
    if path.ends_with("/mod.rs") || path == ROOT { parts - 1 } else { parts }
}

/// The root modules that a text names, with their positions: `crate::a::b`, `use crate::{a::b, c}`,
/// and the same from the binary, which calls the library `peyk`.
fn imported(code: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for root in ["crate", "peyk"] {
        for at in words(code, root) {
            let Some(path) = code[at + root.len()..].strip_prefix("::") else { continue };
            let from = code.len() - path.len();
            match path.strip_prefix('{') {
                Some(group) => found.extend(group_heads(group).into_iter().map(|(i, name)| (from + 1 + i, name))),
                None => found.push((from, head(path))),
            }
        }
    }
    found
}

fn head(path: &str) -> &str {
    path.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}

/// The first name of each path in `a::b, c::{d, e}}`, up to the brace that closes the group.
fn group_heads(group: &str) -> Vec<(usize, &str)> {
    let (mut heads, mut depth, mut due) = (Vec::new(), 0_i32, true);
    for (i, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => due = true,
            c if due && !c.is_whitespace() => {
                heads.push((i, head(&group[i..])));
                due = false;
            }
            _ => {}
        }
    }
    heads
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str, rule: fn(&Source) -> Vec<Finding>) -> Vec<usize> {
        rule(&Source::new(path, text.to_owned())).iter().map(|f| f.line).collect()
    }

    #[test]
    fn an_import_from_the_right_is_found() {
        let text = "use crate::messages::Status;\nuse crate::kernel::{id, clock};\nuse crate::{\n    app::App,\n    campaigns::{Campaign, messages},\n};\nfn f() -> crate::web::Page {}\n";
        assert_eq!(lines("src/consent/mod.rs", text, direction), [1, 5, 7]);
        assert_eq!(lines("src/dispatch/mod.rs", text, direction), [7]);
        assert!(lines("src/main.rs", &text.replace("crate", "peyk"), direction).is_empty());
    }

    #[test]
    fn the_doors_do_not_know_each_other() {
        assert_eq!(lines("src/web/page.rs", "use crate::api::problem;", direction), [1]);
        assert_eq!(lines("src/api/page.rs", "use crate::web::ui;", direction), [1]);
        assert_eq!(lines("src/db/mod.rs", "use crate::providers::Client;", direction), [1]);
        assert_eq!(lines("src/kernel/id.rs", "use crate::app::App;", direction), [1]);
    }

    #[test]
    fn a_module_without_a_place_is_found() {
        assert_eq!(lines("src/utils.rs", "", direction), [1]);
    }

    #[test]
    fn a_climb_to_the_root_is_found() {
        assert_eq!(lines("src/web/mod.rs", "use super::api;", no_climbing), [1]);
        assert_eq!(lines("src/web/page.rs", "use super::ui;\nuse super::super::api;", no_climbing), [2]);
        assert_eq!(lines("src/web/page/list.rs", "use super::super::ui;", no_climbing), [0; 0]);
    }
}
