//! What a number is used for.

use rlibphonenumber::PhoneNumberType;
use serde::{Deserialize, Serialize};

/// The use a numbering plan gives to a number's range, by libphonenumber's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberType {
    /// Mobile telephones.
    Mobile,
    /// Fixed lines, tied to a place.
    Landline,
    /// Plans such as North America's do not tell mobiles from landlines.
    MobileOrLandline,
    /// Free for the caller.
    TollFree,
    /// Dear for the caller.
    Premium,
    /// Caller and called share the price.
    SharedCost,
    /// Internet telephones.
    Voip,
    /// Follow-me numbers, put through to whatever telephone their owner chooses.
    Personal,
    /// Pagers.
    Pager,
    /// A company's single number for all its offices.
    UniversalAccess,
    /// Access to a mailbox.
    Voicemail,
    /// In no range that is in use today: only a stored number whose range was withdrawn since.
    Unknown,
}

impl NumberType {
    /// The name in the API and in storage.
    pub fn as_str(self) -> &'static str {
        match self {
            NumberType::Mobile => "mobile",
            NumberType::Landline => "landline",
            NumberType::MobileOrLandline => "mobile_or_landline",
            NumberType::TollFree => "toll_free",
            NumberType::Premium => "premium",
            NumberType::SharedCost => "shared_cost",
            NumberType::Voip => "voip",
            NumberType::Personal => "personal",
            NumberType::Pager => "pager",
            NumberType::UniversalAccess => "universal_access",
            NumberType::Voicemail => "voicemail",
            NumberType::Unknown => "unknown",
        }
    }

    /// Whether a text message can arrive there. Personal and internet numbers count as able: many are, and North
    /// America's 500 range, where carriers keep their test numbers, is personal.
    pub fn can_receive_sms(self) -> bool {
        match self {
            NumberType::Mobile | NumberType::MobileOrLandline | NumberType::Voip | NumberType::Personal => true,
            NumberType::Landline
            | NumberType::TollFree
            | NumberType::Premium
            | NumberType::SharedCost
            | NumberType::Pager
            | NumberType::UniversalAccess
            | NumberType::Voicemail
            | NumberType::Unknown => false,
        }
    }
}

impl From<PhoneNumberType> for NumberType {
    fn from(kind: PhoneNumberType) -> NumberType {
        match kind {
            PhoneNumberType::Mobile => NumberType::Mobile,
            PhoneNumberType::FixedLine => NumberType::Landline,
            PhoneNumberType::FixedLineOrMobile => NumberType::MobileOrLandline,
            PhoneNumberType::TollFree => NumberType::TollFree,
            PhoneNumberType::PremiumRate => NumberType::Premium,
            PhoneNumberType::SharedCost => NumberType::SharedCost,
            PhoneNumberType::VoIP => NumberType::Voip,
            PhoneNumberType::PersonalNumber => NumberType::Personal,
            PhoneNumberType::Pager => NumberType::Pager,
            PhoneNumberType::UAN => NumberType::UniversalAccess,
            PhoneNumberType::VoiceMail => NumberType::Voicemail,
            PhoneNumberType::Unknown => NumberType::Unknown,
        }
    }
}
