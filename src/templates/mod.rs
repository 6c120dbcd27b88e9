//! Templates: text with placeholders, in languages and versions.
//!
//! A template has a draft that people edit and versions that never change. Publishing turns the draft into the next
//! version; messages and campaigns pin the version that they were made with ([`published`]). Name, code, category and
//! description belong to the template, not to a version, and change at once. Where an organisation wants it, marketing goes
//! live only after a second person approved it ([`approve`]).

mod advice;
mod approve;
mod changes;
mod code;
mod compare;
mod diff;
mod edit;
pub mod grammar;
mod input;
pub mod packs;
mod placeholder;
mod preview;
mod published;
mod read;
mod review;
mod said;
mod sketch;
mod store;
mod variants;
mod versions;
mod view;
mod wording;

pub use advice::{Advice, advice};
pub use approve::{Verdict, approve, may_answer, reject, waiting_for};
pub use changes::{Difference, differences};
pub use compare::{Comparison, compare};
pub use diff::{Change, Piece};
pub use edit::{Seen, archive, copy, create, unarchive, update};
pub use input::{MOST_LANGUAGES, PlaceholderInput, TemplateInput};
pub use placeholder::{Placeholder, PlaceholderKind, SampleSet};
pub use preview::{
    CulpritView, TemplatePreview, TemplatePreviewInput, TextPreview, draft_or_version, preview, preview_source, preview_text,
};
pub use published::{Published, published};
pub use read::{get, list, names, version, versions};
pub use review::{Approval, Author, Review, ReviewStatus};
pub use said::{Compared, ComparedPlaceholder, ComparedText, PlaceholderField, Said};
pub use sketch::{Sketch, SketchText, Slip, in_gsm7, slip};
pub use variants::{MOST_VARIANTS, PLACES, Variant, VariantInput, pick, place_of};
pub use versions::{Publishing, discard_draft, publish, restore, use_variant};
pub use view::{Dlt, TemplateFilter, TemplateStatus, TemplateView, Texts, VersionView, Warning};
pub use wording::{Variation, Wording};
