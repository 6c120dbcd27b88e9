//! Pages and commands as a browser without JavaScript meets them.

mod browser;
mod forms;
mod guard;
mod public;

pub use browser::Browser;
