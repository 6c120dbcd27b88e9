//! Templates: text with placeholders, in languages and versions.
//!
//! A template has a draft that people edit and versions that never change. Publishing turns the draft into the next
//! version; messages and campaigns pin the version that they were made with ([`published`]). Name, code, category and
//! description belong to the template, not to a version, and change at once.

mod code;
mod diff;
mod edit;
pub mod grammar;
mod input;
mod placeholder;
mod preview;
mod published;
mod read;
mod sketch;
mod store;
mod versions;
mod view;
mod wording;

pub use diff::{Change, Piece, diff};
pub use edit::{archive, copy, create, unarchive, update};
pub use input::{PlaceholderInput, TemplateInput};
pub use placeholder::{Placeholder, PlaceholderKind, SampleSet};
pub use preview::{
    CulpritView, TemplatePreview, TemplatePreviewInput, TextPreview, draft_or_version, preview, preview_source, preview_text,
};
pub use published::{Published, published};
pub use read::{get, list, names, version, versions};
pub use sketch::{Sketch, SketchText, Slip, in_gsm7, slip};
pub use versions::{discard_draft, publish, restore};
pub use view::{Dlt, TemplateFilter, TemplateStatus, TemplateView, Texts, VersionView, Warning};
pub use wording::Wording;
