//! The words everybody speaks: phone, money, SMS text, ids, clock, sealing, errors.

pub mod phone;
pub mod sms;
