//! What a message is about. Consent, lanes and budgets go by category.

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// An order and what becomes of it.
    Order,
    /// Payments and refunds.
    Payment,
    /// Where a delivery is.
    Delivery,
    /// Appointments, reservations, things due.
    Reminder,
    /// Sign-in and verification codes.
    Authentication,
    /// Offers and news: needs a grant.
    Marketing,
    /// The customer's account and its security.
    Account,
}

impl Category {
    /// All of them, in the order in which people see them.
    pub const ALL: [Self; 7] =
        [Self::Order, Self::Payment, Self::Delivery, Self::Reminder, Self::Authentication, Self::Account, Self::Marketing];

    /// The word in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Payment => "payment",
            Self::Delivery => "delivery",
            Self::Reminder => "reminder",
            Self::Authentication => "authentication",
            Self::Marketing => "marketing",
            Self::Account => "account",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.as_str() == text)
    }

    /// Its bit in a set of categories; never changes, because sets are stored.
    pub const fn bit(self) -> i64 {
        1 << match self {
            Self::Order => 0,
            Self::Payment => 1,
            Self::Delivery => 2,
            Self::Reminder => 3,
            Self::Authentication => 4,
            Self::Marketing => 5,
            Self::Account => 6,
        }
    }

    /// Whether a spent budget stops it. Codes pass one: a customer who cannot sign in costs more.
    pub fn is_capped(self) -> bool {
        self != Self::Authentication
    }

    /// How it is written on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Order => "Orders",
            Self::Payment => "Payments",
            Self::Delivery => "Delivery",
            Self::Reminder => "Reminders",
            Self::Authentication => "Sign-in codes",
            Self::Marketing => "Marketing",
            Self::Account => "Account",
        }
    }
}

impl std::fmt::Display for Category {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_category_has_its_own_word_and_bit() {
        let bits = Category::ALL.iter().fold(0, |all, c| all | c.bit());
        assert_eq!(bits.count_ones(), 7);
        assert!(Category::ALL.iter().all(|c| Category::parse(c.as_str()) == Some(*c)));
    }
}
