//! People: what is held about one of them, to be handed out or erased.

pub mod actions;
pub mod export;
pub mod privacy;
