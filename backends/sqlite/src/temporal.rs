//! Days and times as text of fixed width, which sorts as the times that it means.
//!
//! * a day: `2024-05-06`
//! * a time of day: `12:34:56.000000`
//! * both: `2024-05-06 12:34:56.000000`
//! * an instant: the same in UTC with a `Z` behind it, which SQLite's own date functions understand
//!
//! Years run from 1 to 9999, so that four digits always do.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};

/// The longest form, that of an instant.
const WIDTH: usize = 27;

/// A text of fixed width, on the stack.
#[derive(Debug)]
pub(crate) struct FixedText {
    bytes: [u8; WIDTH],
    length: usize,
}

impl FixedText {
    fn new() -> Self {
        Self {
            bytes: [0; WIDTH],
            length: 0,
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        // Only ASCII is ever pushed.
        self.bytes
            .get(..self.length)
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .unwrap_or_default()
    }

    fn push(&mut self, byte: u8) {
        if let Some(slot) = self.bytes.get_mut(self.length) {
            *slot = byte;
            self.length += 1;
        }
    }

    fn digits(&mut self, value: u32, mut unit: u32) {
        while unit > 0 {
            // One digit: the remainder is below 10.
            self.push(b'0' + (value / unit % 10) as u8);
            unit /= 10;
        }
    }

    fn day(&mut self, day: NaiveDate) -> Option<()> {
        let year = u32::try_from(day.year())
            .ok()
            .filter(|year| (1..=9999).contains(year))?;
        self.digits(year, 1000);
        self.push(b'-');
        self.digits(day.month(), 10);
        self.push(b'-');
        self.digits(day.day(), 10);
        Some(())
    }

    fn time(&mut self, time: NaiveTime) -> Option<()> {
        let microseconds = time.nanosecond() / 1000;
        // chrono writes a leap second as the 60th one's nanoseconds past a thousand million; no engine keeps it.
        if microseconds >= 1_000_000 {
            return None;
        }
        self.digits(time.hour(), 10);
        self.push(b':');
        self.digits(time.minute(), 10);
        self.push(b':');
        self.digits(time.second(), 10);
        self.push(b'.');
        self.digits(microseconds, 100_000);
        Some(())
    }
}

pub(crate) fn write_date(day: NaiveDate) -> Option<FixedText> {
    let mut text = FixedText::new();
    text.day(day)?;
    Some(text)
}

pub(crate) fn write_time(time: NaiveTime) -> Option<FixedText> {
    let mut text = FixedText::new();
    text.time(time)?;
    Some(text)
}

pub(crate) fn write_date_time(moment: NaiveDateTime) -> Option<FixedText> {
    let mut text = FixedText::new();
    text.day(moment.date())?;
    text.push(b' ');
    text.time(moment.time())?;
    Some(text)
}

pub(crate) fn write_timestamp(instant: DateTime<Utc>) -> Option<FixedText> {
    let mut text = write_date_time(instant.naive_utc())?;
    text.push(b'Z');
    Some(text)
}

pub(crate) fn read_date(text: &str) -> Option<NaiveDate> {
    let &[a, b, c, d, b'-', e, f, b'-', g, h] = text.as_bytes() else {
        return None;
    };
    let year = number(&[a, b, c, d]).filter(|year| *year > 0)?;
    NaiveDate::from_ymd_opt(
        i32::try_from(year).ok()?,
        number(&[e, f])?,
        number(&[g, h])?,
    )
}

pub(crate) fn read_time(text: &str) -> Option<NaiveTime> {
    let &[a, b, b':', c, d, b':', e, f, b'.', ref fraction @ ..] = text.as_bytes() else {
        return None;
    };
    if fraction.len() != 6 {
        return None;
    }
    NaiveTime::from_hms_micro_opt(
        number(&[a, b])?,
        number(&[c, d])?,
        number(&[e, f])?,
        number(fraction)?,
    )
}

pub(crate) fn read_date_time(text: &str) -> Option<NaiveDateTime> {
    let (day, rest) = text.split_at_checked(10)?;
    Some(read_date(day)?.and_time(read_time(rest.strip_prefix(' ')?)?))
}

pub(crate) fn read_timestamp(text: &str) -> Option<DateTime<Utc>> {
    Some(read_date_time(text.strip_suffix('Z')?)?.and_utc())
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| {
        digit
            .is_ascii_digit()
            .then(|| number * 10 + u32::from(digit - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn the_width_is_fixed_from_year_1_to_9999() {
        let first = day(1, 1, 1).and_hms_opt(0, 0, 0).unwrap();
        let last = day(9999, 12, 31)
            .and_hms_micro_opt(23, 59, 59, 999_999)
            .unwrap();
        let (first, last) = (first.and_utc(), last.and_utc());
        let text = write_timestamp(first).unwrap();
        assert_eq!(text.as_str(), "0001-01-01 00:00:00.000000Z");
        assert_eq!(read_timestamp(text.as_str()), Some(first));
        let text = write_timestamp(last).unwrap();
        assert_eq!(text.as_str(), "9999-12-31 23:59:59.999999Z");
        assert_eq!(read_timestamp(text.as_str()), Some(last));
    }

    #[test]
    fn a_year_of_five_digits_is_refused() {
        assert!(write_date(day(10_000, 1, 1)).is_none());
        assert!(write_date(day(0, 1, 1)).is_none());
        assert!(write_date(day(-1, 1, 1)).is_none());
    }

    #[test]
    fn a_leap_second_is_refused() {
        assert!(
            write_time(NaiveTime::from_hms_micro_opt(23, 59, 59, 1_500_000).unwrap()).is_none()
        );
    }

    #[test]
    fn other_forms_are_not_guessed_at() {
        for text in [
            "2024-5-6",
            "2024-02-30",
            "0000-01-01",
            "+024-01-01",
            "",
            "2024-05-06 ",
        ] {
            assert_eq!(read_date(text), None, "{text}");
        }
        for text in [
            "12:34",
            "12:34:56",
            "24:00:00.000000",
            "12:34:56.0000000",
            "12:34:56,000000",
        ] {
            assert_eq!(read_time(text), None, "{text}");
        }
        assert_eq!(read_date_time("2024-05-06T12:34:56.000000"), None);
        assert_eq!(read_timestamp("2024-05-06 12:34:56.000000"), None);
        assert_eq!(read_date_time("2024-05-0é 12:34:56.000000"), None);
    }
}
