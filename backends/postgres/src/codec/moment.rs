//! Dates and times: days or microseconds since 2000-01-01.

use birgus_core::Result;
use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, Timelike as _};

use super::encode::refuse;

/// 2000-01-01 in days since 0001-01-01, that day being 1, as chrono counts.
const EPOCH_DAYS: i32 = 730_120;
/// 2000-01-01 in microseconds of Unix time.
const EPOCH_MICROSECONDS: i64 = 946_684_800_000_000;
const MICROSECONDS_OF_DAY: i64 = 86_400_000_000;

/// The years that every engine can hold.
fn in_range(date: NaiveDate) -> bool {
    (1..=9999).contains(&date.year())
}

pub(super) fn encode_date(date: NaiveDate) -> Result<i32> {
    if !in_range(date) {
        return Err(refuse("a date lies outside the years 1 to 9999"));
    }
    Ok(date.num_days_from_ce() - EPOCH_DAYS)
}

pub(super) fn decode_date(days: i32) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(days.checked_add(EPOCH_DAYS)?)
        .filter(|date| in_range(*date))
}

pub(super) fn encode_time(time: NaiveTime) -> Result<i64> {
    // chrono writes a leap second as more than 10^9 nanoseconds; no engine holds one.
    if time.nanosecond() >= 1_000_000_000 {
        return Err(refuse("a time is a leap second"));
    }
    Ok(i64::from(time.num_seconds_from_midnight()) * 1_000_000
        + i64::from(time.nanosecond() / 1_000))
}

pub(super) fn decode_time(microseconds: i64) -> Option<NaiveTime> {
    // PostgreSQL also has 24:00:00, which is no time of day elsewhere.
    if !(0..MICROSECONDS_OF_DAY).contains(&microseconds) {
        return None;
    }
    let seconds = u32::try_from(microseconds / 1_000_000).ok()?;
    let rest = u32::try_from(microseconds % 1_000_000).ok()?;
    NaiveTime::from_num_seconds_from_midnight_opt(seconds, rest * 1_000)
}

pub(super) fn encode_date_time(moment: NaiveDateTime) -> Result<i64> {
    let days = i64::from(encode_date(moment.date())?);
    Ok(days * MICROSECONDS_OF_DAY + encode_time(moment.time())?)
}

pub(super) fn decode_date_time(microseconds: i64) -> Option<NaiveDateTime> {
    let moment =
        DateTime::from_timestamp_micros(microseconds.checked_add(EPOCH_MICROSECONDS)?)?.naive_utc();
    in_range(moment.date()).then_some(moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_epoch_is_zero() {
        let date = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap();
        assert_eq!(encode_date(date).unwrap(), 0);
        assert_eq!(
            encode_date_time(date.and_hms_opt(0, 0, 0).unwrap()).unwrap(),
            0
        );
    }

    #[test]
    fn the_first_and_last_moment_come_back() {
        let first = NaiveDate::from_ymd_opt(1, 1, 1)
            .unwrap()
            .and_hms_opt(0, 0, 0)
            .unwrap();
        let last = NaiveDate::from_ymd_opt(9999, 12, 31)
            .unwrap()
            .and_hms_micro_opt(23, 59, 59, 999_999)
            .unwrap();
        for moment in [first, last] {
            let bytes = encode_date_time(moment).unwrap();
            assert_eq!(decode_date_time(bytes), Some(moment));
        }
        assert_eq!(decode_date_time(encode_date_time(last).unwrap() + 1), None);
        assert_eq!(decode_date_time(encode_date_time(first).unwrap() - 1), None);
    }

    #[test]
    fn infinities_and_midnight_at_24_are_not_moments() {
        assert_eq!(decode_date(i32::MAX), None);
        assert_eq!(decode_date(i32::MIN), None);
        assert_eq!(decode_date_time(i64::MAX), None);
        assert_eq!(decode_date_time(i64::MIN), None);
        assert_eq!(decode_time(MICROSECONDS_OF_DAY), None);
    }
}
