//! Pages and commands as a browser without JavaScript meets them.

mod browser;
mod campaigns;
mod centre;
mod codes;
mod connections;
mod desk;
mod failed;
mod forms;
mod guard;
mod inbox;
mod limits;
mod lookup;
mod public;
mod templates;
mod variants;

pub use browser::Browser;
