//! `peyk data-map`: what is held, what for, and how long.

use peyk::privacy::data_map::document;

use super::say;

/// Prints the map as Markdown.
pub fn run() {
    say(document().trim_end());
}
