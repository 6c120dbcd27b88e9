//! Going through old rows a part at a time.

use super::clock::Millis;

/// Which part of what is old is looked at next.
#[derive(Clone, Copy, Debug)]
pub struct Span<'a> {
    /// Behind this place; empty is from the beginning.
    pub after: &'a str,
    /// Born before this.
    pub before: Millis,
    /// At most so many rows.
    pub most: usize,
}

/// What one part came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// The last place that was looked at; `None` when nothing was there any more.
    pub place: Option<String>,
    /// Whether something on the way could not be taken out yet, so that the next round must look again.
    pub is_held: bool,
    /// How much was taken out.
    pub removed: u64,
}
