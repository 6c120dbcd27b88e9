//! Clients of gateways, and the carrier simulator. Knows no tables.

pub mod simulator;
