//! The `peyk` command.

fn main() {}
