//! What a code is for.

/// What a code is for. A code of one purpose proves nothing for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Opens the preference centre without a link.
    Preferences,
    /// Lets somebody download what is held about them.
    Export,
    /// Erases the person who asks.
    Erase,
    /// Confirms a number to a customer's system.
    VerifyPhone,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Preferences, Self::Export, Self::Erase, Self::VerifyPhone];

    /// The word in the database and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Preferences => "preferences",
            Self::Export => "export",
            Self::Erase => "erase",
            Self::VerifyPhone => "verify_phone",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == text)
    }

    /// What it is for, for admins.
    pub fn label(self) -> &'static str {
        match self {
            Self::Preferences => "Opening the preference centre",
            Self::Export => "Downloading one's data",
            Self::Erase => "Erasing one's data",
            Self::VerifyPhone => "Confirming a number",
        }
    }
}
