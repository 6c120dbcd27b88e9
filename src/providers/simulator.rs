//! The carrier simulator.
