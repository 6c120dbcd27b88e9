//! The `peyk` command.

mod commands;

use std::process::ExitCode;

/// Serves SQLite too (feature `override`): a message costs hundreds of small allocations there and in the pool's rows,
/// and with the C library's allocator they take a quarter of the writer's time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
