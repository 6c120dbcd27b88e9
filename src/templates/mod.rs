//! Templates: text with placeholders, in languages and versions.
//!
//! A template has a draft that people edit and versions that never change. Publishing turns the draft into the next
//! version; messages and campaigns pin the version that they were made with ([`published`]).

pub mod grammar;
mod placeholder;
mod published;
mod store;
mod view;
mod wording;

pub use placeholder::{Placeholder, PlaceholderKind, SampleSet};
pub use published::{Published, published};
pub use view::{Dlt, TemplateFilter, TemplateStatus, TemplateView, Texts, VersionView, Warning};
pub use wording::Wording;
