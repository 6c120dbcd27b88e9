//! Lists in pages: the caller names how many rows and where to go on, never a page number, so that
//! rows which arrive meanwhile neither repeat nor hide others.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::kernel::error::{Error, Result};

/// How many rows a page has when the caller does not say.
pub const DEFAULT_LIMIT: u32 = 50;
/// The most rows that one page gives.
pub const MOST: u32 = 200;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// What to hand in as `cursor` for the next page; none on the last one.
    #[serde(rename = "next_cursor")]
    pub next: Option<String>,
}

/// Which page is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// How many rows, 1 to [`MOST`].
    pub limit: u32,
    /// The key of the last row that the caller has seen, decoded; the list goes on behind it.
    pub cursor: Option<String>,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { limit: DEFAULT_LIMIT, cursor: None }
    }
}

/// The cursor of the page behind a key, for pages that are put together by hand.
pub fn cursor(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(key)
}

impl PageRequest {
    /// Reads what a caller wrote in `limit` and `cursor`; empty counts as absent.
    pub fn read(limit: Option<&str>, cursor: Option<&str>) -> Result<Self> {
        let given = |text: Option<&str>| text.map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
        let limit = match given(limit) {
            None => DEFAULT_LIMIT,
            Some(text) => text
                .parse()
                .ok()
                .filter(|n| (1..=MOST).contains(n))
                .ok_or_else(|| Error::invalid("limit", "out_of_range", format!("Write a whole number from 1 to {MOST}.")))?,
        };
        let cursor = given(cursor)
            .map(|text| {
                let bytes = URL_SAFE_NO_PAD.decode(text).ok();
                bytes.and_then(|b| String::from_utf8(b).ok()).filter(|key| !key.contains('\0')).ok_or_else(|| {
                    Error::invalid("cursor", "unreadable", "Use the next_cursor of the page before as it is, or leave it out.")
                })
            })
            .transpose()?;
        Ok(Self { limit, cursor })
    }

    /// How many rows to fetch: one more than the page holds tells whether another page follows.
    pub fn rows_to_fetch(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// Makes the page of up to [`PageRequest::rows_to_fetch`] rows; `key` is what the list is sorted by.
    pub fn page<T>(&self, mut rows: Vec<T>, key: impl Fn(&T) -> String) -> Page<T> {
        let more = rows.len() > self.limit as usize;
        rows.truncate(self.limit as usize);
        let next = rows.last().filter(|_| more).map(|last| URL_SAFE_NO_PAD.encode(key(last)));
        Page { items: rows, next }
    }
}

impl<T> Page<T> {
    /// The same page of other things.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next: self.next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_walked_to_its_end_without_repeats() {
        let all: Vec<u32> = (1..=7).collect();
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let request = PageRequest::read(Some("3"), cursor.as_deref()).expect("valid");
            let from = request.cursor.as_ref().map_or(0, |c| c.parse().expect("our own key"));
            let rows = all.iter().copied().filter(|n| *n > from).take(request.rows_to_fetch() as usize).collect();
            let page = request.page(rows, u32::to_string);
            assert!(page.items.len() <= 3);
            seen.extend(page.items);
            match page.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        assert_eq!(seen, all);
    }

    #[test]
    fn a_faulty_limit_or_cursor_is_refused() {
        for limit in ["0", "201", "-1", "ten"] {
            assert!(PageRequest::read(Some(limit), None).is_err(), "{limit}");
        }
        assert!(PageRequest::read(None, Some("not a cursor!")).is_err());
        assert_eq!(PageRequest::read(Some(""), Some("")).expect("absent"), PageRequest::default());
    }
}
