//! The `peyk` command.

mod commands;

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(feature = "crash-points")]
    let _armed = crash_points();
    commands::run()
}

/// Arms the points that `FAILPOINTS` names. One that panics ends the process on the spot, as a power cut
/// would: nothing is unwound, finished or answered.
#[cfg(feature = "crash-points")]
fn crash_points() -> fail::FailScenario<'static> {
    std::panic::set_hook(Box::new(|_| std::process::abort()));
    fail::FailScenario::setup()
}
