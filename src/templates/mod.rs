//! Templates: text with placeholders, in languages and versions.

pub mod grammar;
