//! Pages and commands as a browser without JavaScript meets them.

mod browser;
mod forms;
mod guard;

pub use browser::Browser;
