//! What can change in a person's standing, and how it does.

use serde_json::Value;

use crate::access::QuietHours;
use crate::contacts::Standing;
use crate::kernel::category::Category;
use crate::kernel::clock::Millis;

/// How far a grant or a withdrawal reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Every category, authentication included.
    All,
    /// One category.
    Only(Category),
}

impl Scope {
    /// `all` or the category's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Only(category) => category.as_str(),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        if text == "all" { Some(Self::All) } else { Category::parse(text).map(Self::Only) }
    }
}

/// One thing that a person said, as the ledger keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// They agree.
    Granted(Scope),
    /// They are said to agree; it holds once they confirm it. Of everything, authentication is not asked for.
    Asked(Scope),
    /// They did not confirm in time.
    Lapsed(Scope),
    /// They refuse. Refusing all is what STOP, a carrier or the organisation reports.
    Withdrawn(Scope),
    /// They pressed *stop all*: everything but authentication ends.
    Stopped,
    /// They take back a total refusal: what they had agreed to before holds again.
    Started,
    /// They take a break until then.
    Paused(Millis),
    /// They end the break.
    Resumed,
    /// They set or lift their own quiet hours.
    QuietHours(Option<QuietHours>),
    /// They set or lift the most advertisements that they want in thirty days.
    Frequency(Option<i64>),
    /// They were erased: everything is refused, and nothing else is known. Carries the digest of what stays of their earlier
    /// rows, whose words went ([`super::verify`]).
    Erased(String),
    /// Words, reasons and addresses of old rows of theirs went, because they are kept no longer; nothing else changes.
    Aged(Aged),
}

/// Which words went by age.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aged {
    /// Those of rows from before this instant.
    pub before: Millis,
    /// Of refusals, or else of all other rows.
    pub refusals: bool,
    /// The digest of what stays of all their earlier rows, as [`Change::Erased`] has it.
    pub digest: String,
}

impl Aged {
    fn read(value: &str) -> Option<Self> {
        let mut parts = value.splitn(3, ' ');
        let before = parts.next()?.parse().ok()?;
        let refusals = match parts.next()? {
            "refusals" => true,
            "grants" => false,
            _ => return None,
        };
        Some(Self { before, refusals, digest: parts.next()?.to_owned() })
    }
}

impl std::fmt::Display for Aged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.before, if self.refusals { "refusals" } else { "grants" }, self.digest)
    }
}

const AUTHENTICATION: i64 = Category::Authentication.bit();

/// Every category as a set.
fn every() -> i64 {
    Category::ALL.iter().fold(0, |set, category| set | category.bit())
}

/// What a request for confirmation is about, as a set.
pub(super) fn asked_for(scope: Scope) -> i64 {
    match scope {
        Scope::All => every() - AUTHENTICATION,
        Scope::Only(category) => category.bit(),
    }
}

impl Change {
    /// The words of the ledger: change, category, value.
    pub(super) fn words(&self) -> (&'static str, &'static str, Option<String>) {
        match self {
            Self::Granted(scope) => ("granted", scope.as_str(), None),
            Self::Asked(scope) => ("asked", scope.as_str(), None),
            Self::Lapsed(scope) => ("lapsed", scope.as_str(), None),
            Self::Withdrawn(scope) => ("withdrawn", scope.as_str(), None),
            Self::Stopped => ("stopped", "all", None),
            Self::Started => ("started", "all", None),
            Self::Paused(until) => ("paused", "all", Some(until.to_string())),
            Self::Resumed => ("resumed", "all", None),
            Self::QuietHours(hours) => ("quiet_hours", "all", Some(serde_json::json!(hours).to_string())),
            Self::Frequency(most) => ("frequency", Category::Marketing.as_str(), Some(serde_json::json!(most).to_string())),
            Self::Erased(digest) => ("erased", "all", Some(digest.clone())),
            Self::Aged(aged) => ("aged", "all", Some(aged.to_string())),
        }
    }

    /// Reads the words of the ledger.
    pub(super) fn from_words(change: &str, category: &str, value: Option<&str>) -> Option<Self> {
        Some(match change {
            "granted" => Self::Granted(Scope::parse(category)?),
            "asked" => Self::Asked(Scope::parse(category)?),
            "lapsed" => Self::Lapsed(Scope::parse(category)?),
            "withdrawn" => Self::Withdrawn(Scope::parse(category)?),
            "stopped" => Self::Stopped,
            "started" => Self::Started,
            "paused" => Self::Paused(value?.parse().ok()?),
            "resumed" => Self::Resumed,
            "erased" => Self::Erased(value?.to_owned()),
            "frequency" => Self::Frequency(serde_json::from_str(value?).ok()?),
            "aged" => Self::Aged(Aged::read(value?)?),
            "quiet_hours" => {
                let hours: Value = serde_json::from_str(value?).ok()?;
                Self::QuietHours(serde_json::from_value(hours).ok()?)
            }
            _ => return None,
        })
    }

    /// Whether it refuses something for good.
    pub fn refuses(&self) -> bool {
        matches!(self, Self::Withdrawn(_) | Self::Stopped | Self::Erased(_))
    }

    /// Whether it would allow what the person has refused.
    pub(super) fn overrules(&self, standing: &Standing) -> bool {
        let stopped = standing.stopped_at.is_some();
        match self {
            Self::Granted(Scope::All) | Self::Started => stopped || standing.withdrawn != 0,
            Self::Granted(Scope::Only(category)) => stopped || standing.withdrawn & category.bit() != 0,
            Self::Asked(_) | Self::Lapsed(_) | Self::Withdrawn(_) | Self::Stopped | Self::Paused(_) | Self::Resumed => false,
            Self::QuietHours(_) | Self::Frequency(_) | Self::Erased(_) | Self::Aged(_) => false,
        }
    }

    /// The standing after the change, said at `at`.
    pub(super) fn applied_to(&self, standing: &Standing, at: Millis) -> Standing {
        let mut after = standing.clone();
        match self {
            Self::Granted(Scope::All) => {
                after.granted = every();
                after.withdrawn = 0;
                after.pending = 0;
                after.stopped_at = None;
            }
            Self::Granted(Scope::Only(category)) => {
                // Agreeing to one category after refusing all leaves the others refused.
                if after.stopped_at.take().is_some() {
                    after.withdrawn |= every() - AUTHENTICATION;
                }
                after.withdrawn &= !category.bit();
                after.pending &= !category.bit();
                after.granted = (after.granted | category.bit()) & !after.withdrawn;
            }
            Self::Asked(scope) => after.pending |= asked_for(*scope),
            Self::Lapsed(scope) => after.pending &= !asked_for(*scope),
            Self::Withdrawn(Scope::All) => {
                after.pending = 0;
                after.withdrawn |= AUTHENTICATION;
                after.granted &= !AUTHENTICATION;
                after.stopped_at.get_or_insert(at);
            }
            Self::Withdrawn(Scope::Only(category)) => {
                after.withdrawn |= category.bit();
                after.pending &= !category.bit();
                after.granted &= !category.bit();
            }
            Self::Stopped => {
                after.pending = 0;
                after.stopped_at.get_or_insert(at);
            }
            Self::Started => {
                if after.stopped_at.take().is_some() {
                    after.pending = 0;
                    after.withdrawn &= !AUTHENTICATION;
                }
            }
            Self::Paused(until) => after.paused_until = Some(*until),
            Self::Resumed => after.paused_until = None,
            Self::QuietHours(hours) => after.quiet_hours.clone_from(hours),
            Self::Frequency(most) => after.offers_a_month = *most,
            Self::Aged(_) => {}
            Self::Erased(_) => {
                after = Standing {
                    withdrawn: standing.withdrawn | AUTHENTICATION,
                    stopped_at: standing.stopped_at.or(Some(at)),
                    ..Standing::default()
                };
            }
        }
        after
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Settings;
    use crate::consent::opted_out;

    fn after(changes: &[Change]) -> Standing {
        changes.iter().zip(1..).fold(Standing::default(), |standing, (change, at)| change.applied_to(&standing, at))
    }

    fn open(standing: &Standing) -> Vec<&'static str> {
        let settings = Settings::default();
        Category::ALL.into_iter().filter(|c| opted_out(*c, standing, &settings).is_none()).map(Category::as_str).collect()
    }

    #[test]
    fn starting_again_restores_what_held_before_the_stop() {
        use Change::{Granted, Started, Stopped, Withdrawn};
        let (marketing, order) = (Scope::Only(Category::Marketing), Scope::Only(Category::Order));
        for stop in [Stopped, Withdrawn(Scope::All)] {
            let standing = after(&[Granted(marketing), Withdrawn(order), stop, Started]);
            assert_eq!(open(&standing), ["payment", "delivery", "reminder", "authentication", "account", "marketing"]);
        }
    }

    #[test]
    fn agreeing_to_one_category_after_a_total_refusal_leaves_the_others_refused() {
        use Change::{Granted, Stopped, Withdrawn};
        let order = Scope::Only(Category::Order);
        assert_eq!(open(&after(&[Stopped, Granted(order)])), ["order", "authentication"]);
        assert_eq!(open(&after(&[Withdrawn(Scope::All), Granted(order)])), ["order"]);
        assert_eq!(open(&after(&[Withdrawn(Scope::All), Granted(Scope::All)])).len(), 7);
    }

    #[test]
    fn a_total_refusal_keeps_the_date_of_the_first() {
        let standing = after(&[Change::Stopped, Change::Withdrawn(Scope::All), Change::Stopped]);
        assert_eq!(standing.stopped_at, Some(1));
        assert!(open(&standing).is_empty());
    }

    #[test]
    fn a_pending_category_ends_with_a_grant_a_refusal_or_its_time() {
        use Change::{Asked, Granted, Lapsed, Started, Stopped, Withdrawn};
        let (marketing, order) = (Scope::Only(Category::Marketing), Scope::Only(Category::Order));
        let pending = |changes: &[Change]| after(changes).pending;
        assert_eq!(pending(&[Asked(marketing), Asked(order)]), Category::Marketing.bit() | Category::Order.bit());
        assert_eq!(pending(&[Asked(Scope::All)]) & Category::Authentication.bit(), 0, "codes never wait for a confirmation");
        for end in [Granted(marketing), Withdrawn(marketing), Lapsed(marketing)] {
            assert_eq!(pending(&[Asked(marketing), Asked(order), end]), Category::Order.bit());
        }
        for end in [Granted(Scope::All), Withdrawn(Scope::All), Lapsed(Scope::All), Stopped, Change::Erased(String::new())] {
            assert_eq!(pending(&[Asked(Scope::All), end]), 0);
        }
        assert_eq!(pending(&[Stopped, Asked(Scope::All), Started]), 0, "it is taken back, so it waits for nothing");
        assert_eq!(pending(&[Asked(marketing), Started]), Category::Marketing.bit(), "nothing is taken back, so the question stands");
        assert!(!open(&after(&[Granted(order), Asked(marketing)])).contains(&"marketing"));
    }

    #[test]
    fn every_change_survives_the_words_of_the_ledger() {
        let mut changes: Vec<Change> = Category::ALL.into_iter().map(|c| Change::Granted(Scope::Only(c))).collect();
        changes.extend(Category::ALL.into_iter().map(|c| Change::Withdrawn(Scope::Only(c))));
        changes.extend([Change::Granted(Scope::All), Change::Withdrawn(Scope::All), Change::Stopped, Change::Started]);
        changes.extend([Change::Paused(5), Change::Resumed, Change::QuietHours(None), Change::QuietHours(Some(QuietHours::default()))]);
        changes.extend([Change::Frequency(None), Change::Frequency(Some(2))]);
        changes.push(Change::Erased("digest".into()));
        changes.push(Change::Aged(Aged { before: 5, refusals: true, digest: "digest".into() }));
        changes.extend([Scope::All, Scope::Only(Category::Order)].into_iter().flat_map(|s| [Change::Asked(s), Change::Lapsed(s)]));
        for change in changes {
            let (word, category, value) = change.words();
            assert_eq!(Change::from_words(word, category, value.as_deref()), Some(change));
        }
        assert_eq!(Change::from_words("granted", "everything", None), None);
    }
}
