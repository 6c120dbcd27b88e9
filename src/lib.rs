//! Peyk: a self-hosted SMS desk. This page is the map of the house.
//!
//! Who may import whom, left to right (checked by `tests/house.rs`):
//!
//! ```text
//! kernel  ←  db, providers  ←  app  ←  subjects  ←  dispatch  ←  api, web  ←  main
//! subjects: access ← templates ← contacts ← consent ← costs ← messages ← campaigns
//! ```

pub mod access;
pub mod app;
pub mod config;
pub mod contacts;
pub mod db;
pub mod kernel;
pub mod providers;
pub mod templates;
