//! Contacts: people we hold a number for, and the CSV files that bring them.

pub mod csv;
