//! The life of a message. A status only rises; see [`Status::rank`].

/// Where a message is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// Accepted for a later time.
    Scheduled,
    /// Waiting for its turn.
    Queued,
    /// Waiting for a reason: quiet hours, a break, the budget, no connection.
    Held,
    /// Handed to a provider; the answer is not there yet.
    Submitting,
    /// Handed to a provider, and it is not known whether it was taken.
    Unknown,
    /// Taken by a provider.
    Sent,
    /// On the phone.
    Delivered,
    /// Refused for good, or not delivered.
    Failed,
    /// Too old to be sent.
    Expired,
    /// Called back before it left.
    Cancelled,
    /// Not sent because the person does not want it.
    Dropped,
}

impl Status {
    /// All of them, in the order of life.
    pub const ALL: [Self; 11] = [
        Self::Scheduled,
        Self::Queued,
        Self::Held,
        Self::Submitting,
        Self::Unknown,
        Self::Sent,
        Self::Delivered,
        Self::Failed,
        Self::Expired,
        Self::Cancelled,
        Self::Dropped,
    ];

    /// The word in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Queued => "queued",
            Self::Held => "held",
            Self::Submitting => "submitting",
            Self::Unknown => "unknown",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Dropped => "dropped",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == text)
    }

    /// How it is written on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Scheduled => "Scheduled",
            Self::Queued => "Queued",
            Self::Held => "Held",
            Self::Submitting => "Submitting",
            Self::Unknown => "Outcome unknown",
            Self::Sent => "Sent, waiting for receipt",
            Self::Delivered => "Delivered",
            Self::Failed => "Failed",
            Self::Expired => "Expired",
            Self::Cancelled => "Cancelled",
            Self::Dropped => "Not sent",
        }
    }

    /// Whether Peyk has nothing left to do for it. A receipt may still turn `sent` or `failed` into `delivered`.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Sent | Self::Delivered | Self::Failed | Self::Expired | Self::Cancelled | Self::Dropped)
    }

    /// Whether it is still ours: it can be cancelled or dropped.
    pub fn is_waiting(self) -> bool {
        matches!(self, Self::Scheduled | Self::Queued | Self::Held)
    }

    /// Whether it did not leave yet, or is just leaving.
    pub fn has_to_leave(self) -> bool {
        self.is_waiting() || self == Self::Submitting
    }

    /// Whether a provider was asked to take it, so that it may cost something.
    pub fn is_handed_over(self) -> bool {
        matches!(self, Self::Submitting | Self::Unknown | Self::Sent | Self::Delivered | Self::Failed)
    }

    fn rank(self) -> u8 {
        match self {
            Self::Scheduled | Self::Queued | Self::Held => 0,
            Self::Submitting => 1,
            Self::Unknown => 2,
            Self::Sent => 3,
            Self::Failed | Self::Expired | Self::Cancelled | Self::Dropped => 4,
            Self::Delivered => 5,
        }
    }

    /// Whether a report of `to` changes a message in this status: reports only raise it, a late
    /// `delivered` overrules `failed`, and nothing overrules `delivered`. Messages that never left
    /// do not listen to reports, unless they wait for a repeat of an attempt that did leave.
    pub fn yields_to(self, to: Self) -> bool {
        match self {
            Self::Expired | Self::Cancelled | Self::Dropped => false,
            _ => to.rank() > self.rank(),
        }
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_overrules_delivered_and_only_delivered_overrules_failed() {
        for to in Status::ALL {
            assert!(!Status::Delivered.yields_to(to));
            assert_eq!(Status::Failed.yields_to(to), to == Status::Delivered);
            assert!(!Status::Dropped.yields_to(to));
        }
        assert!(Status::Submitting.yields_to(Status::Sent));
        assert!(Status::Sent.yields_to(Status::Failed));
        assert!(!Status::Sent.yields_to(Status::Submitting));
    }

    proptest! {
        #[test]
        fn reports_in_any_order_end_the_same(mut order in Just(vec![Status::Sent, Status::Delivered, Status::Failed, Status::Sent]).prop_shuffle()) {
            let end = |reports: &[Status]| reports.iter().fold(Status::Submitting, |now, r| if now.yields_to(*r) { *r } else { now });
            prop_assert_eq!(end(&order), Status::Delivered);
            order.retain(|s| *s != Status::Delivered);
            prop_assert_eq!(end(&order), Status::Failed);
        }
    }
}
