//! What can be wrong with a template, and with rendering one.

/// Where a template is wrong, why, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Line {line}, column {column}: {why}")]
pub struct TemplateError {
    /// From 1.
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
    /// One sentence.
    pub why: String,
    /// What to do about it.
    pub fix: String,
    code: &'static str,
}

impl TemplateError {
    /// A stable name: `too_long`, `too_many_tags`, `too_many_filters`, `too_deep`, `not_closed`, `unexpected`,
    /// `bad_name`, `bad_argument`, `unknown_filter`, `unknown_tag` or `out_of_place`.
    pub fn code(&self) -> &'static str {
        self.code
    }

    pub(super) fn new(source: &str, at: usize, code: &'static str, why: impl Into<String>, fix: impl Into<String>) -> TemplateError {
        let before = &source[..at];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        TemplateError {
            line: count(before.matches('\n').count() + 1),
            column: count(before[line_start..].chars().count() + 1),
            why: why.into(),
            fix: fix.into(),
            code,
        }
    }
}

/// Why a template gave no text for these values. Names only, never a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// No value, or a blank one, where one is required.
    #[error("There is no value for “{0}”.")]
    Missing(String),
    /// More than [`super::MAX_VALUE`] characters.
    #[error("The value for “{0}” is longer than 256 characters.")]
    ValueTooLong(String),
    /// More than [`super::MAX_OUTPUT`] bytes.
    #[error("The text is longer than 4,096 bytes with these values.")]
    TooLong,
}

impl RenderError {
    /// A stable name for the API and for error files.
    pub fn code(&self) -> &'static str {
        match self {
            RenderError::Missing(_) => "missing_value",
            RenderError::ValueTooLong(_) => "value_too_long",
            RenderError::TooLong => "text_too_long",
        }
    }
}
