//! The words everybody speaks: phone, money, SMS text, ids, clock, sealing, errors.

pub mod batch;
pub mod category;
pub mod clock;
pub mod crypto;
pub mod error;
pub mod file_format;
pub mod id;
pub mod incoming;
pub mod keyword;
pub mod language;
pub mod letters;
pub mod limits;
pub mod money;
pub mod outbound;
pub mod own_link;
pub mod page;
pub mod phone;
pub mod sms;
pub mod sweep;
