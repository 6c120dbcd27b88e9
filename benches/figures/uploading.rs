//! B1: a CSV file comes in, every row is checked and stored.

use std::time::Instant;

use crate::Effort;
use crate::machine::{cpu_seconds, memory};
use crate::real::{Person, csv};
use crate::stage::{Stage, carrier_script};
use crate::table::{Table, median};

/// Measures it for a file that people send, and for the largest one.
pub async fn measure(effort: Effort, table: &mut Table) {
    let sizes: &[usize] = if effort.quick { &[100_000] } else { &[100_000, 1_000_000] };
    for rows in sizes {
        let file = csv(Person::first(*rows));
        let (mut wall, mut cpu, mut peak) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..effort.runs {
            let stage = Stage::set(&carrier_script(0, false), &[]);
            let (before, began) = (cpu_seconds(stage.server.id()), Instant::now());
            let (upload, _) = stage.upload(&file).await;
            wall.push(began.elapsed().as_secs_f64());
            cpu.push(cpu_seconds(stage.server.id()) - before);
            peak.push(memory(stage.server.id(), "VmHWM"));
            assert_eq!(upload["to_send"], *rows, "every row is good");
        }
        let (wall, cpu, peak) = (median(wall), median(cpu), median(peak));
        let work = format!("CSV of {rows} rows uploaded, checked and stored");
        table.line("B1", &work, &format!("{wall:.2} s, {cpu:.2} s CPU, {:.0} rows/s, at most {peak:.0} MiB", *rows as f64 / wall));
    }
}
