//! Pages and commands as a browser without JavaScript meets them.

mod browser;
mod connections;
mod desk;
mod campaigns;
mod forms;
mod guard;
mod public;
mod templates;

pub use browser::Browser;
