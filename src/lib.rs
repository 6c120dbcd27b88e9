//! Peyk: a self-hosted SMS desk. This page is the map of the house.
//!
//! Who may import whom, left to right (checked by `tests/house.rs`):
//!
//! ```text
//! kernel  ←  db, providers  ←  app  ←  subjects  ←  dispatch  ←  api, web  ←  main
//! subjects: access ← templates ← contacts ← consent ← audiences ← connections ← costs ← uploads ← messages ← codes ← campaigns ←
//! preferences ← timeline ← inbox ← privacy ← uses
//! ```

pub mod access;
pub mod api;
pub mod app;
pub mod audiences;
pub mod campaigns;
pub mod codes;
pub mod config;
pub mod connections;
pub mod consent;
pub mod contacts;
pub mod costs;
pub mod db;
pub mod dispatch;
pub mod inbox;
pub mod kernel;
pub mod messages;
pub mod preferences;
pub mod privacy;
pub mod providers;
pub mod templates;
pub mod timeline;
pub mod uploads;
pub mod uses;
pub mod web;
