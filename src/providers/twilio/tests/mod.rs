//! The client, against the simulator and against answers written by hand.
