//! The template grammar.
