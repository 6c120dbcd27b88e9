//! What the check decided about each row, packed in records of equal size, so that the verdict of a
//! row is found by its place in the block.

use std::fmt;

use crate::kernel::phone::{Country, Phone};
use crate::kernel::sms::Encoding;

use super::block::Damaged;
use super::problem::Code;

/// What happens to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It gets a message.
    ToSend(ToSend),
    /// It has a problem; the first one found.
    Rejected(Code),
    /// An earlier row has the same number.
    Repeated,
    /// The person opted out, or never agreed to this category.
    OptedOut,
}

/// A verdict without the number, for pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// See [`Verdict::ToSend`].
    ToSend,
    /// See [`Verdict::Rejected`].
    Rejected(Code),
    /// See [`Verdict::Repeated`].
    Repeated,
    /// See [`Verdict::OptedOut`].
    OptedOut,
}

impl Verdict {
    /// What happens to the row.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::ToSend(_) => Outcome::ToSend,
            Self::Rejected(code) => Outcome::Rejected(*code),
            Self::Repeated => Outcome::Repeated,
            Self::OptedOut => Outcome::OptedOut,
        }
    }
}

/// A row that gets a message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ToSend {
    /// The digits of the E.164 number.
    pub digits: u64,
    /// Where the number is from.
    pub country: Country,
    /// Which of the message's languages, by its place in [`Message::texts`](super::Message::texts).
    pub language: u8,
    /// How the text is encoded.
    pub encoding: Encoding,
    /// How many segments it takes.
    pub segments: u8,
}

impl fmt::Debug for ToSend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToSend").field("country", &self.country).field("segments", &self.segments).finish_non_exhaustive()
    }
}

impl ToSend {
    /// The number.
    pub fn phone(&self) -> Result<Phone, Damaged> {
        Phone::from_digits(self.digits).map_err(|_| Damaged)
    }
}

/// Bytes of one packed verdict: kind, detail, country (2), language, encoding, segments, digits (8).
const SIZE: usize = 15;

const TO_SEND: u8 = 0;
const REJECTED: u8 = 1;
const REPEATED: u8 = 2;
const OPTED_OUT: u8 = 3;

/// Verdicts of one block, in the order of its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdicts(Vec<u8>);

impl Verdicts {
    /// Reads what [`Verdicts::bytes`] gave.
    pub fn read(bytes: Vec<u8>) -> Result<Self, Damaged> {
        if bytes.len().is_multiple_of(SIZE) { Ok(Self(bytes)) } else { Err(Damaged) }
    }

    /// Adds the verdict of the next row.
    pub fn push(&mut self, verdict: &Verdict) {
        let mut record = [0; SIZE];
        match verdict {
            Verdict::ToSend(send) => {
                record[0] = TO_SEND;
                record[2..4].copy_from_slice(&send.country.as_str().as_bytes()[..2]);
                record[4] = send.language;
                record[5] = u8::from(send.encoding == Encoding::Ucs2);
                record[6] = send.segments;
                record[7..].copy_from_slice(&send.digits.to_le_bytes());
            }
            Verdict::Rejected(code) => record[..2].copy_from_slice(&[REJECTED, code.byte()]),
            Verdict::Repeated => record[0] = REPEATED,
            Verdict::OptedOut => record[0] = OPTED_OUT,
        }
        self.0.extend_from_slice(&record);
    }

    /// Another verdict for the row at this place of the block.
    pub(super) fn set(&mut self, index: usize, verdict: &Verdict) -> Result<(), Damaged> {
        let mut one = Self::default();
        one.push(verdict);
        let place = self.0.get_mut(index * SIZE..(index + 1) * SIZE).ok_or(Damaged)?;
        place.copy_from_slice(&one.0);
        Ok(())
    }

    /// The verdict of the row at this place of the block.
    pub fn at(&self, index: usize) -> Result<Verdict, Damaged> {
        let record: &[u8; SIZE] = self.0.get(index * SIZE..).and_then(|rest| rest.first_chunk()).ok_or(Damaged)?;
        Ok(match record[0] {
            TO_SEND => {
                let country = std::str::from_utf8(&record[2..4]).ok().and_then(|code| Country::parse(code).ok());
                Verdict::ToSend(ToSend {
                    country: country.ok_or(Damaged)?,
                    language: record[4],
                    encoding: if record[5] == 0 { Encoding::Gsm7 } else { Encoding::Ucs2 },
                    segments: record[6],
                    digits: u64::from_le_bytes(*record[7..].first_chunk().ok_or(Damaged)?),
                })
            }
            REJECTED => Verdict::Rejected(Code::of_byte(record[1]).ok_or(Damaged)?),
            REPEATED => Verdict::Repeated,
            OPTED_OUT => Verdict::OptedOut,
            _ => return Err(Damaged),
        })
    }

    /// How many rows there are verdicts for.
    pub fn len(&self) -> usize {
        self.0.len() / SIZE
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The packed form; it holds phone numbers, so it is stored sealed.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_is_found_again_at_its_place() {
        let send = ToSend {
            digits: 989_121_234_567,
            country: Country::parse("IR").expect("a country"),
            language: 2,
            encoding: Encoding::Ucs2,
            segments: 3,
        };
        let mut given = vec![Verdict::ToSend(send), Verdict::Repeated, Verdict::OptedOut];
        given.extend(Code::ALL.into_iter().map(Verdict::Rejected));
        let mut verdicts = Verdicts::default();
        given.iter().for_each(|v| verdicts.push(v));
        let again = Verdicts::read(verdicts.bytes().to_vec()).expect("whole records");
        assert_eq!(again.len(), given.len());
        for (i, verdict) in given.iter().enumerate() {
            assert_eq!(again.at(i).as_ref(), Ok(verdict));
        }
        assert_eq!(again.at(given.len()), Err(Damaged));
        assert_eq!(Verdicts::read(vec![0; SIZE + 1]), Err(Damaged));
    }
}
