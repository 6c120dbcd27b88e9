//! The figures that Peyk is judged by, each measured on real processes of the release build.
//!
//! `cargo bench --bench figures -- b1 b2 b3 b7 b8 b9 b10 [--quick]` prints them as a table in Markdown; without
//! names it measures all. `--quick` measures once instead of three times, and less. `docs/benchmarks.md` tells
//! what each figure means.

mod dispatching;
mod floor;
mod idle;
mod load;
mod machine;
mod parsing;
mod pausing;
#[path = "../../tests/it/real/mod.rs"]
#[expect(dead_code, reason = "the proofs ask more of it than the figures")]
mod real;
mod rendering;
mod sending;
mod stage;
mod table;
mod uploading;

use table::{Table, say};

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Runs of each figure; the median counts.
    pub runs: usize,
    /// Whether work is cut short.
    pub quick: bool,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    if arguments.first().is_some_and(|first| first == floor::NAME) {
        return runtime.block_on(floor::run(&arguments[1..]));
    }
    let quick = arguments.iter().any(|a| a == "--quick");
    let wanted: Vec<&str> = arguments.iter().map(String::as_str).filter(|a| *a != "--quick").collect();
    let wants = |name: &str| wanted.is_empty() || wanted.contains(&name);
    let effort = Effort { runs: if quick { 1 } else { 3 }, quick };
    say(&machine::describe());
    say(&format!("Median of {} run(s). SQLite, `synchronous=FULL`; simulator and load on the same cores.\n", effort.runs));
    let mut table = Table::begin();
    runtime.block_on(async {
        if wants("b1") {
            uploading::measure(effort, &mut table).await;
        }
        if wants("b2") {
            dispatching::measure(effort, &mut table).await;
        }
        if wants("b3") {
            sending::measure(effort, &mut table).await;
        }
        if wants("b7") {
            pausing::measure(effort, &mut table).await;
        }
        if wants("b8") {
            idle::measure(effort, &mut table).await;
        }
        if wants("b9") {
            rendering::measure(effort, &mut table);
        }
        if wants("b10") {
            parsing::measure(&mut table);
        }
    });
}
