//! Reading CSV files.
