//! Shapes that several addresses share.

use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::problem::Problem;
use crate::kernel::error::Result;
use crate::kernel::page::{Page, PageRequest};

/// What a handler gives.
pub type Answer<T> = std::result::Result<Json<T>, Problem>;

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct List<T> {
    /// The rows.
    items: Vec<T>,
    /// What to hand in as `cursor` for the next page; null on the last one.
    next_cursor: Option<String>,
}

impl<T> From<Page<T>> for List<T> {
    fn from(page: Page<T>) -> Self {
        Self { items: page.items, next_cursor: page.next }
    }
}

/// Which page of a list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PageParams {
    /// How many rows, 1 to 200; 50 when absent.
    #[param(example = 50)]
    limit: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl PageParams {
    /// Reads them.
    pub fn read(&self) -> Result<PageRequest> {
        PageRequest::read(self.limit.as_deref(), self.cursor.as_deref())
    }
}

/// A parameter that was given and is not blank.
pub fn given(text: Option<&String>) -> Option<&str> {
    text.map(|t| t.trim()).filter(|t| !t.is_empty())
}
