//! B9: what it costs to fill a template, measured in this process.

use std::collections::BTreeMap;
use std::hint::black_box;

use peyk::templates::grammar::Template;

use crate::Effort;
use crate::machine::cpu_seconds;
use crate::table::{Table, median};

/// A text with filters, a choice and a default, as the packs have them.
const TEXT: &str = "Hi {{ name | first_name | title }}, order {{ order.number | upper }} of {{ total | number }} is on its way{% if gift == \"yes\" %} with your gift{% endif %}. {{ note | default(\"Thank you!\") }} Reply STOP to opt out.";
const MESSAGES: usize = 100_000;

/// Measures 100,000 texts, each with values of its own.
pub fn measure(effort: Effort, table: &mut Table) {
    let template = Template::parse(TEXT).expect("the text is sound");
    let own = std::process::id();
    let mut runs = Vec::new();
    for _ in 0..effort.runs.max(3) {
        let values: Vec<BTreeMap<&str, String>> = (0..MESSAGES).map(values).collect();
        let before = cpu_seconds(own);
        let mut out = String::new();
        for row in &values {
            out.clear();
            template.render(&|name| row.get(name).map(String::as_str), &mut out).expect("every value is there");
            black_box(&out);
        }
        runs.push(cpu_seconds(own) - before);
    }
    let seconds = median(runs);
    table.line("B9", &format!("{MESSAGES} texts filled, with filters and a choice"), &format!("{seconds:.2} s CPU"));
}

fn values(n: usize) -> BTreeMap<&'static str, String> {
    let gift = if n.is_multiple_of(3) { "yes" } else { "no" };
    BTreeMap::from([
        ("name", format!("person {n} of many")),
        ("order.number", format!("a-{n}")),
        ("total", format!("{}", 1_000 + n)),
        ("gift", gift.to_owned()),
    ])
}
