//! How fast something may be used.

use crate::kernel::error::FieldErrors;

/// The most messages in a span of time; absent parts are no limit. Every part holds by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Messages per second, at least 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub per_second: Option<u32>,
    /// Messages per minute, at least 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub per_minute: Option<u32>,
    /// Messages per day of the organisation's calendar, at least 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub per_day: Option<u32>,
}

impl Limits {
    fn parts(&self) -> [(&'static str, Option<u32>); 3] {
        [("per_second", self.per_second), ("per_minute", self.per_minute), ("per_day", self.per_day)]
    }

    /// Whether every limit lets something through.
    pub fn are_sound(&self) -> bool {
        self.parts().iter().all(|(_, limit)| *limit != Some(0))
    }

    /// Notes every limit that lets nothing through, under `field`.
    pub fn check(&self, field: &str, errors: &mut FieldErrors) {
        for (part, _) in self.parts().into_iter().filter(|(_, limit)| *limit == Some(0)) {
            errors.add(&format!("{field}.{part}"), "too_small", "A limit is at least 1; leave it empty to have none.");
        }
    }
}
