//! SMS text: its encoding, its segments as carriers bill them, and the characters that make it dear.
//!
//! A text whose characters are all in the GSM 03.38 default alphabet goes out as GSM-7: 160 septets in one message,
//! 153 in each of several. One character outside it turns the whole text into UCS-2: 70 and 67 UTF-16 units. A
//! character of two septets (`€`, `[`, `{` …) or two units (emoji) is never divided between segments, so a segment
//! may stay one short of full: segments are counted by filling them one after another.

mod alphabet;
mod culprits;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use culprits::{Culprit, culprits, replace_culprits};

/// The most characters that the text of a message may have, whether somebody wrote it or it was made of a template: Twilio, the
/// narrowest of our providers, takes no more.
pub const LONGEST_TEXT: usize = 1_600;

/// How a text travels to the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub enum Encoding {
    /// Seven bits a character, of the GSM 03.38 default alphabet and its extension table.
    #[serde(rename = "GSM-7")]
    Gsm7,
    /// Sixteen bits a unit, any character.
    #[serde(rename = "UCS-2")]
    Ucs2,
}

impl Encoding {
    /// `GSM-7` or `UCS-2`.
    pub fn as_str(self) -> &'static str {
        match self {
            Encoding::Gsm7 => "GSM-7",
            Encoding::Ucs2 => "UCS-2",
        }
    }

    /// Units that fit a text of one segment.
    const fn alone(self) -> u32 {
        match self {
            Encoding::Gsm7 => 160,
            Encoding::Ucs2 => 70,
        }
    }

    /// Units that fit each segment of several, beside the header that joins them.
    const fn joined(self) -> u32 {
        match self {
            Encoding::Gsm7 => 153,
            Encoding::Ucs2 => 67,
        }
    }

    fn units(self, c: char) -> u32 {
        match self {
            Encoding::Gsm7 => alphabet::septets(c),
            Encoding::Ucs2 => utf16_units(c),
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The size of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Measure {
    /// How it travels.
    pub encoding: Encoding,
    /// Unicode scalar values.
    pub characters: u32,
    /// Septets (GSM-7) or UTF-16 units (UCS-2).
    pub units: u32,
    /// Messages that the carrier bills; at least 1, for an empty text is billed as one.
    pub segments: u32,
    /// Units that still fit the last segment.
    pub left: u32,
    /// Units that fit each segment: 160 or 153, 70 or 67.
    pub per_segment: u32,
}

/// Measures a text exactly as it will be sent.
pub fn measure(text: &str) -> Measure {
    let counts = Counts::of(text);
    let encoding = counts.encoding();
    let units = match encoding {
        Encoding::Gsm7 => counts.septets,
        Encoding::Ucs2 => counts.utf16,
    };
    if units <= encoding.alone() {
        return Measure {
            encoding,
            characters: counts.characters,
            units,
            segments: 1,
            left: encoding.alone() - units,
            per_segment: encoding.alone(),
        };
    }
    let capacity = encoding.joined();
    let (segments, last) = if counts.has_pairs(encoding) {
        let mut segments = 1;
        let mut last = 0;
        for c in text.chars() {
            last += encoding.units(c);
            if last > capacity {
                segments += 1;
                last = encoding.units(c);
            }
        }
        (segments, last)
    } else {
        (units.div_ceil(capacity), (units - 1) % capacity + 1)
    };
    Measure { encoding, characters: counts.characters, units, segments, left: capacity - last, per_segment: capacity }
}

/// What one pass over a text finds out.
#[derive(Default)]
struct Counts {
    characters: u32,
    septets: u32,
    utf16: u32,
    outside_gsm: u32,
}

impl Counts {
    fn of(text: &str) -> Counts {
        let mut counts = Counts::default();
        if text.is_ascii() {
            for &byte in text.as_bytes() {
                let septets = u32::from(alphabet::ASCII_SEPTETS[usize::from(byte)]);
                counts.septets += septets;
                counts.outside_gsm += u32::from(septets == 0);
            }
            counts.characters = saturate(text.len());
            counts.utf16 = counts.characters;
            return counts;
        }
        for c in text.chars() {
            let septets = alphabet::septets(c);
            counts.characters += 1;
            counts.septets += septets;
            counts.utf16 += utf16_units(c);
            counts.outside_gsm += u32::from(septets == 0);
        }
        counts
    }

    fn encoding(&self) -> Encoding {
        if self.outside_gsm == 0 { Encoding::Gsm7 } else { Encoding::Ucs2 }
    }

    /// Whether some character takes two units.
    fn has_pairs(&self, encoding: Encoding) -> bool {
        match encoding {
            Encoding::Gsm7 => self.septets > self.characters,
            Encoding::Ucs2 => self.utf16 > self.characters,
        }
    }
}

fn utf16_units(c: char) -> u32 {
    1 + u32::from(c > '\u{FFFF}')
}

/// A text of more than four billion characters does not exist here, but a wrong count is still no panic.
fn saturate(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
