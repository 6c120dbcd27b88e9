//! What a campaign may do next.

/// Where a campaign stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CampaignStatus {
    /// Made, not launched.
    Draft,
    /// Launched for a later time.
    Scheduled,
    /// Its messages leave.
    Sending,
    /// Stopped for now; messages that had left are not called back.
    Paused,
    /// Every message is final.
    Finished,
    /// Stopped for good; messages that had left are not called back.
    Cancelled,
    /// It could not go on; the reason stands beside it.
    Failed,
}

impl CampaignStatus {
    /// All of them, in the order of a campaign's life.
    pub const ALL: [Self; 7] = [Self::Draft, Self::Scheduled, Self::Sending, Self::Paused, Self::Finished, Self::Cancelled, Self::Failed];

    /// The word in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Scheduled => "scheduled",
            Self::Sending => "sending",
            Self::Paused => "paused",
            Self::Finished => "finished",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == text)
    }

    /// How it is written on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Draft => "Draft",
            Self::Scheduled => "Scheduled",
            Self::Sending => "Sending",
            Self::Paused => "Paused",
            Self::Finished => "Finished",
            Self::Cancelled => "Cancelled",
            Self::Failed => "Failed",
        }
    }

    /// Whether it may move to `next`.
    pub fn may_become(self, next: Self) -> bool {
        use CampaignStatus::{Cancelled, Draft, Failed, Finished, Paused, Scheduled, Sending};
        matches!(
            (self, next),
            (Draft, Scheduled | Sending)
                | (Scheduled, Sending | Cancelled)
                | (Sending, Paused | Finished | Cancelled | Failed)
                | (Paused, Sending | Cancelled)
        )
    }

    /// Whether messages of it that failed may be tried again; a finished one then sends until they are final.
    pub fn may_go_on(self) -> bool {
        matches!(self, Self::Scheduled | Self::Sending | Self::Paused | Self::Finished)
    }

    /// Whether it may be launched.
    pub fn can_launch(self) -> bool {
        self == Self::Draft
    }

    /// Whether it may be paused.
    pub fn can_pause(self) -> bool {
        self.may_become(Self::Paused)
    }

    /// Whether it may be resumed.
    pub fn can_resume(self) -> bool {
        self == Self::Paused
    }

    /// Whether it may be cancelled.
    pub fn can_cancel(self) -> bool {
        self.may_become(Self::Cancelled)
    }

    /// Whether another pace would make a difference.
    pub fn can_change_pace(self) -> bool {
        !self.is_final()
    }

    /// Whether nothing happens to it any more.
    pub fn is_final(self) -> bool {
        Self::ALL.into_iter().all(|next| !self.may_become(next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_legal_moves_are_offered() {
        use CampaignStatus::{Cancelled, Draft, Failed, Finished, Paused, Scheduled, Sending};
        let table: [(CampaignStatus, &[CampaignStatus], [bool; 4]); 7] = [
            // From, to, [launch, pause, resume, cancel].
            (Draft, &[Scheduled, Sending], [true, false, false, false]),
            (Scheduled, &[Sending, Cancelled], [false, false, false, true]),
            (Sending, &[Paused, Finished, Cancelled, Failed], [false, true, false, true]),
            (Paused, &[Sending, Cancelled], [false, false, true, true]),
            (Finished, &[], [false; 4]),
            (Cancelled, &[], [false; 4]),
            (Failed, &[], [false; 4]),
        ];
        for (from, legal, actions) in table {
            for to in CampaignStatus::ALL {
                assert_eq!(from.may_become(to), legal.contains(&to), "{from:?} to {to:?}");
            }
            assert_eq!([from.can_launch(), from.can_pause(), from.can_resume(), from.can_cancel()], actions, "{from:?}");
            assert_eq!((from.is_final(), from.can_change_pace()), (legal.is_empty(), !legal.is_empty()));
            assert_eq!(CampaignStatus::parse(from.as_str()), Some(from));
        }
    }
}
