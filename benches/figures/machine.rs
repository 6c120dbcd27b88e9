//! The machine, and what its kernel says about a process.

use std::fs;
use std::process::Command;

/// The kernel counts processor time in hundredths of a second (`USER_HZ`, the same on every Linux).
const TICKS: f64 = 100.0;

/// Cores, processor and commit in a line.
pub fn describe() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map_or("unknown", |(_, name)| name);
    format!("Machine: {cores} cores, {model}. Commit: {}.", commit())
}

fn commit() -> String {
    let git = |arguments: &[&str]| {
        let said = Command::new("git").args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().ok()?;
        said.status.success().then(|| String::from_utf8_lossy(&said.stdout).trim().to_owned())
    };
    let changed = git(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|changes| !changes.is_empty());
    let at = git(&["rev-parse", "--short", "HEAD"]).unwrap_or_else(|| "unknown".into());
    if changed { format!("{at} with changes") } else { at }
}

/// Processor time that a process has used, in seconds.
pub fn cpu_seconds(process: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).expect("the process runs, and this is Linux");
    // The name, in parentheses, may hold spaces; utime and stime are the 14th and 15th field of the whole.
    let (_, after_name) = stat.rsplit_once(')').expect("a name stands there");
    let field = |n: usize| after_name.split_whitespace().nth(n).and_then(|text| text.parse::<f64>().ok()).expect("a number stands there");
    (field(11) + field(12)) / TICKS
}

/// Memory of a process in MiB: `VmRSS` now, `VmHWM` at the most so far.
pub fn memory(process: u32, which: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("the process runs, and this is Linux");
    let line = status.lines().find_map(|line| line.strip_prefix(which)).expect("the kernel tells it");
    line.trim_matches([':', ' ', '\t', 'k', 'B']).parse::<f64>().expect("a number stands there") / 1024.0
}
