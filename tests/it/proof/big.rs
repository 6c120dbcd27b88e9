//! A big file with everything wrong in it that a file can have: every row is accounted for.
//!
//! `PEYK_BIG_ROWS=100000 cargo test --release --test it proof::big` is the full run.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::size;
use super::stage::{Stage, plan, run};
use crate::harness::Engine;
use crate::real::Person;

const SCRIPT: &str = r#"{"latency_ms":[0,0],"receipts":{"delivered":0.97,"failed":0.03,"delay_ms":[0,20]}}"#;
/// One row in so many is faulty.
const FAULTY: usize = 20;

/// What is wrong with a row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Letters,
    TooShort,
    NotInUse,
    Landline,
    NoNumber,
    NoValue,
    TooFewCells,
    TooManyCells,
    Repeated,
    OptedOut,
}

impl Fault {
    const ALL: [Self; 10] = [
        Self::Letters,
        Self::TooShort,
        Self::NotInUse,
        Self::Landline,
        Self::NoNumber,
        Self::NoValue,
        Self::TooFewCells,
        Self::TooManyCells,
        Self::Repeated,
        Self::OptedOut,
    ];

    /// The fault of the `n`th row, if it has one; the kinds come in turns.
    fn of(n: usize) -> Option<Self> {
        (n % FAULTY == FAULTY - 1).then(|| Self::ALL[n / FAULTY % Self::ALL.len()])
    }

    /// The row with its fault.
    fn row(self, n: usize) -> String {
        let person = Person::nth(n);
        let Person { phone, name, city, order } = &person;
        match self {
            Self::Letters => format!("{phone}x7,{name},{city},{order}"),
            Self::TooShort => format!("+98912{},{name},{city},{order}", n % 10),
            Self::NotInUse => format!("+1555{:07},{name},{city},{order}", n % 1_000_000),
            Self::Landline => format!("+982188{:06},{name},{city},{order}", 700_000 + n % 100_000),
            Self::NoNumber => format!(",{name},{city},{order}"),
            Self::NoValue => format!("{phone},{name},,{order}"),
            Self::TooFewCells => format!("{phone},{name}"),
            Self::TooManyCells => format!("{phone},{name},{city},{order},and,more"),
            Self::Repeated => Person::nth(n - FAULTY / 2).row(),
            Self::OptedOut => person.row(),
        }
    }
}

#[test]
fn a_big_file_on_sqlite_adds_up_to_the_row_and_the_micro() {
    run(adds_up(Engine::Sqlite));
}

#[test]
fn a_big_file_on_postgres_adds_up_to_the_row_and_the_micro() {
    run(adds_up(Engine::Postgres));
}

async fn adds_up(engine: Engine) {
    let rows = size("PEYK_BIG_ROWS", 2_000);
    let stage = Stage::set(engine, SCRIPT, &[]).await;
    let mut server = stage.installation.serve(&[], &[]);
    server.url();
    let mut file = String::from("phone,name,city,order\n");
    let mut faults: BTreeMap<Fault, usize> = BTreeMap::new();
    for n in 0..rows {
        let Some(fault) = Fault::of(n) else {
            writeln!(file, "{}", Person::nth(n).row()).expect("a string takes everything");
            continue;
        };
        *faults.entry(fault).or_default() += 1;
        writeln!(file, "{}", fault.row(n)).expect("a string takes everything");
        if fault == Fault::OptedOut {
            stage.opt_out(&Person::nth(n)).await;
        }
    }
    let (upload, campaign) = stage.launch(file.as_bytes()).await;
    let plan = plan((0..rows).filter(|n| Fault::of(*n).is_none()).map(Person::nth));
    let all_faults: usize = faults.values().sum();
    assert_eq!(upload["rows"], rows);
    assert_eq!(upload["to_send"], plan.people.len());
    assert_eq!(upload["repeated"], faults[&Fault::Repeated]);
    assert_eq!(upload["opted_out"], faults[&Fault::OptedOut]);
    assert_eq!(upload["rejected"], all_faults - faults[&Fault::Repeated] - faults[&Fault::OptedOut]);
    stage.check(&plan, campaign["id"].as_str().expect("the campaign has an id")).await;
    stage.end().await;
}
