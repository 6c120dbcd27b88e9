//! The parts that pages are made of. They take values, not ids, and decide nothing.

mod feedback;
mod form;
mod gauge;
mod icon;
mod layout;
mod phone;
mod remarks;
pub mod shell;
pub mod show;
mod table;

pub use crate::web::flash::Tone;
pub use feedback::{Alert, Badge, EmptyState, ErrorSummary, SecretOnce, StatusBadge};
pub use form::{Checkbox, Checks, Command, Field, Hidden, Select, TextArea, escaped_textarea};
pub use gauge::BudgetGauge;
pub use icon::{Glyph, Icon};
pub use layout::{Card, Crumb, PageHead, PageTitle, Stat, Step, Steps, Tab, Tabs, Tally, Timeline, TimelineStep};
pub use phone::{Part, PhonePreview, SegmentMeter};
pub use remarks::Remarks;
pub use table::{FilterChip, Filters, Pager, TableWrap};
