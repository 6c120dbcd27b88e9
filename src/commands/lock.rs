//! One dispatcher per SQLite file: the lock of the operating system ends with the process, however it ends.

use std::fs::{File, OpenOptions, TryLockError};

use peyk::config::Config;

use super::{Failure, Outcome};

/// Held for as long as this process may dispatch.
#[derive(Debug)]
pub struct DispatchLock {
    _file: Option<File>,
}

/// Takes the right to dispatch; `None` when another process has it. PostgreSQL knows no such limit.
pub fn take(config: &Config) -> Outcome<Option<DispatchLock>> {
    if !config.database_url.expose().starts_with("sqlite:") {
        return Ok(Some(DispatchLock { _file: None }));
    }
    std::fs::create_dir_all(&config.data)?;
    let path = config.data.join("dispatch.lock");
    let unusable = |e: std::io::Error| Failure::new(format!("{} cannot be locked: {e}", path.display()));
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(DispatchLock { _file: Some(file) })),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(e)) => Err(unusable(e)),
    }
}
