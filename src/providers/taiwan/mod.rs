//! How gateways in Taiwan write numbers and times.

#[cfg(test)]
pub mod world_tests;

use std::borrow::Cow;

use chrono::{FixedOffset, NaiveDate};

use crate::kernel::clock::{HOUR, Millis, utc};

/// Taiwan's time is eight hours ahead of UTC and has kept no summer time since 1979.
const OFFSET: Millis = 8 * HOUR;

/// A number in E.164 as these gateways want it: `09…` for one of Taiwan, else as it is.
pub fn local(e164: &str) -> Cow<'_, str> {
    match e164.strip_prefix("+886") {
        Some(rest) => format!("0{rest}").into(),
        None => e164.into(),
    }
}

/// A number as it is written in Taiwan, in E.164: `0912-345-678`, `886912345678`, `00886…`, the faulty `88609…`, `+…`.
/// Says nothing about whether it exists.
pub fn e164(written: &str) -> String {
    let digits: String = written.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.strip_prefix("00").unwrap_or(&digits);
    match digits.strip_prefix("886").or_else(|| digits.strip_prefix('0')) {
        Some(national) => format!("+886{}", national.strip_prefix('0').unwrap_or(national)),
        None => format!("+{digits}"),
    }
}

/// Reads a local time such as `20251114093000`, `2025/11/14 09:30:00` or `2025/1/4 9:30:00`.
pub fn instant(text: &str) -> Option<Millis> {
    let text = text.trim();
    let bare = text.len() == 14 && text.bytes().all(|b| b.is_ascii_digit());
    let numbers: Vec<u32> = if bare {
        let ends = [0, 4, 6, 8, 10, 12, 14];
        ends.windows(2).map_while(|ends| text[ends[0]..ends[1]].parse().ok()).collect()
    } else {
        text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).map_while(|part| part.parse().ok()).collect()
    };
    let [year, month, day, hour, minute, second] = numbers.try_into().ok()?;
    let year = i32::try_from(year).ok().filter(|year| (1970..=9999).contains(year))?;
    let local = NaiveDate::from_ymd_opt(year, month, day)?.and_hms_opt(hour, minute, second)?;
    Some(local.and_utc().timestamp_millis() - OFFSET)
}

/// Writes a local time as `yyyyMMddHHmmss`.
pub fn compact(at: Millis) -> String {
    local_time(at, "%Y%m%d%H%M%S")
}

/// Writes a local time as `yyyy/MM/dd HH:mm:ss`.
pub fn spaced(at: Millis) -> String {
    local_time(at, "%Y/%m/%d %H:%M:%S")
}

fn local_time(at: Millis, format: &str) -> String {
    let offset = FixedOffset::east_opt(8 * 60 * 60).expect("eight hours are less than a day");
    utc(at).with_timezone(&offset).format(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_change_their_form_and_stay_the_same() {
        assert_eq!(local("+886912345678"), "0912345678");
        assert_eq!(local("+15550001234"), "+15550001234");
        for written in
            ["0912345678", "0912-345-678", "+886912345678", "886912345678", "8860912345678", "00886 912 345 678", "+8860912345678"]
        {
            assert_eq!(e164(written), "+886912345678", "{written}");
        }
        assert_eq!(e164("+15550001234"), "+15550001234");
    }

    #[test]
    fn times_are_of_taipei() {
        let at = 1_763_083_800_000;
        for text in ["20251114093000", "2025/11/14 09:30:00", "2025-11-14T9:30:0", " 2025/11/14 09:30:00\r"] {
            assert_eq!(instant(text), Some(at), "{text}");
        }
        assert_eq!((compact(at).as_str(), spaced(at).as_str()), ("20251114093000", "2025/11/14 09:30:00"));
        for text in [
            "",
            "20251314093000",
            "2025111409300",
            "2025/11/14",
            "2025/11/14 09:30:61",
            "99999/1/1 0:0:0",
            "0000000000000000000000/1/1/1/1/1",
        ] {
            assert_eq!(instant(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,30}", digits in "[0-9/: ]{0,20}") {
            instant(&text);
            instant(&digits);
            e164(&text);
        }
    }
}
