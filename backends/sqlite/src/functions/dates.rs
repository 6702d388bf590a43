//! Dates and times, on the text of fixed width that they are stored as.

use chrono::{
    DateTime, Datelike, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc,
};
use diesel::result::QueryResult;
use diesel::sqlite::{SqliteConnection, SqliteValue};

use super::argument::{Argument, Given, Refusal, read_text, with, with_three, with_two};
use crate::temporal::{self, FixedText};

#[allow(missing_docs, unreachable_pub, dead_code)]
mod declared {
    use diesel::declare_sql_function;
    use diesel::sql_types::{BigInt, Nullable, Text};

    #[declare_sql_function]
    extern "SQL" {
        fn birgus_date_part(moment: Nullable<Text>, part: Nullable<Text>) -> Nullable<BigInt>;
        fn birgus_date_trunc(moment: Nullable<Text>, unit: Nullable<Text>) -> Nullable<Text>;
        fn birgus_date_add(
            moment: Nullable<Text>,
            months: Nullable<BigInt>,
            microseconds: Nullable<BigInt>,
        ) -> Nullable<Text>;
        fn birgus_date_diff(a: Nullable<Text>, b: Nullable<Text>) -> Nullable<BigInt>;
        fn birgus_to_date(moment: Nullable<Text>) -> Nullable<Text>;
        fn birgus_to_time(moment: Nullable<Text>) -> Nullable<Text>;
        fn birgus_date_to_datetime(day: Nullable<Text>) -> Nullable<Text>;
    }
}

pub(super) fn register(connection: &mut SqliteConnection) -> QueryResult<()> {
    declared::birgus_date_part_utils::register_impl(
        connection,
        |moment: Given<Moment>, part: Given<Part>| {
            with_two(moment, part, |moment, part| moment.part(part).map(Some))
        },
    )?;
    declared::birgus_date_trunc_utils::register_impl(
        connection,
        |moment: Given<Moment>, unit: Given<Unit>| {
            with_two(moment, unit, |moment, unit| {
                Ok(moment.truncated(unit)?.write())
            })
        },
    )?;
    declared::birgus_date_add_utils::register_impl(
        connection,
        |moment: Given<Moment>, months: Given<i64>, microseconds: Given<i64>| {
            with_three(
                moment,
                months,
                microseconds,
                |moment, months, microseconds| {
                    let later = moment.later(months, microseconds)?;
                    Ok(later.and_then(|later| later.write()))
                },
            )
        },
    )?;
    declared::birgus_date_diff_utils::register_impl(
        connection,
        |a: Given<Moment>, b: Given<Moment>| with_two(a, b, |a, b| a.since(b).map(Some)),
    )?;
    declared::birgus_to_date_utils::register_impl(connection, |moment: Given<Moment>| {
        with(moment, |moment| Ok(temporal::write_date(moment.day()?)))
    })?;
    declared::birgus_to_time_utils::register_impl(connection, |moment: Given<Moment>| {
        with(moment, |moment| Ok(temporal::write_time(moment.time()?)))
    })?;
    declared::birgus_date_to_datetime_utils::register_impl(connection, |day: Given<Moment>| {
        with(day, |day| match day {
            Moment::Date(day) => Ok(temporal::write_date_time(day.and_time(NaiveTime::MIN))),
            _ => Err(Refusal::NotADate),
        })
    })
}

/// What a stored text means; its width tells the kind.
#[derive(Clone, Copy, Debug)]
enum Moment {
    Date(NaiveDate),
    Time(NaiveTime),
    DateTime(NaiveDateTime),
    Timestamp(DateTime<Utc>),
}

impl Argument for Moment {
    fn read(value: SqliteValue<'_, '_, '_>) -> Result<Self, Refusal> {
        read_text(value, Refusal::NotADate, |text| match text.len() {
            10 => temporal::read_date(text).map(Self::Date),
            15 => temporal::read_time(text).map(Self::Time),
            26 => temporal::read_date_time(text).map(Self::DateTime),
            27 => temporal::read_timestamp(text).map(Self::Timestamp),
            _ => None,
        })
    }
}

impl Moment {
    /// `None` outside of the years 1 to 9999.
    fn write(self) -> Option<FixedText> {
        match self {
            Self::Date(day) => temporal::write_date(day),
            Self::Time(time) => temporal::write_time(time),
            Self::DateTime(moment) => temporal::write_date_time(moment),
            Self::Timestamp(instant) => temporal::write_timestamp(instant),
        }
    }

    fn day(self) -> Result<NaiveDate, Refusal> {
        match self {
            Self::Date(day) => Ok(day),
            Self::Time(_) => Err(Refusal::NoDay),
            Self::DateTime(moment) => Ok(moment.date()),
            Self::Timestamp(instant) => Ok(instant.date_naive()),
        }
    }

    fn time(self) -> Result<NaiveTime, Refusal> {
        match self {
            Self::Date(_) => Err(Refusal::NoTime),
            Self::Time(time) => Ok(time),
            Self::DateTime(moment) => Ok(moment.time()),
            Self::Timestamp(instant) => Ok(instant.time()),
        }
    }

    /// A date counts as its midnight.
    fn date_time(self) -> Result<NaiveDateTime, Refusal> {
        match self {
            Self::Date(day) => Ok(day.and_time(NaiveTime::MIN)),
            _ => Ok(self.day()?.and_time(self.time()?)),
        }
    }

    /// Another moment of the same kind.
    fn moved(self, to: NaiveDateTime) -> Self {
        match self {
            Self::Date(_) => Self::Date(to.date()),
            Self::Time(_) => Self::Time(to.time()),
            Self::DateTime(_) => Self::DateTime(to),
            Self::Timestamp(_) => Self::Timestamp(to.and_utc()),
        }
    }

    fn part(self, part: Part) -> Result<i64, Refusal> {
        let number = match part {
            Part::Year => return Ok(i64::from(self.day()?.year())),
            Part::Quarter => self.day()?.quarter(),
            Part::Month => self.day()?.month(),
            Part::Week => self.day()?.iso_week().week(),
            Part::Day => self.day()?.day(),
            Part::Weekday => self.day()?.weekday().number_from_monday(),
            Part::DayOfYear => self.day()?.ordinal(),
            Part::Hour => self.time()?.hour(),
            Part::Minute => self.time()?.minute(),
            Part::Second => self.time()?.second(),
            Part::Microsecond => self.time()?.nanosecond() / 1_000,
        };
        Ok(i64::from(number))
    }

    fn truncated(self, unit: Unit) -> Result<Self, Refusal> {
        let midnight = |day: Option<NaiveDate>| Some(self.moved(day?.and_time(NaiveTime::MIN)));
        let truncated = match unit {
            Unit::Day(unit) => midnight(unit.first(self.day()?)),
            Unit::Time(unit) => {
                let Ok(time) = self.time() else {
                    // A date has nothing smaller than a day.
                    return Ok(self);
                };
                let day = self.day().unwrap_or_default();
                unit.first(time).map(|time| self.moved(day.and_time(time)))
            }
        };
        // The first moment of what a stored moment stands in is always one: Monday 0001-01-01 is the earliest.
        truncated.ok_or(Refusal::NotADate)
    }

    /// So many months later, or on the last day of that month, and then so many microseconds; `None` outside of the
    /// years 1 to 9999, which the moment must not leave on its way either.
    fn later(self, months: i64, microseconds: i64) -> Result<Option<Self>, Refusal> {
        let start = self.date_time()?;
        let stored = |moment: &NaiveDateTime| (1..=9999).contains(&moment.year());
        let by_months = u32::try_from(months.unsigned_abs()).ok().and_then(|count| {
            if months < 0 {
                start.checked_sub_months(Months::new(count))
            } else {
                start.checked_add_months(Months::new(count))
            }
        });
        // A date moves by whole days, like a clock that shows nothing else.
        let step = match self {
            Self::Date(_) => TimeDelta::try_days(microseconds.div_euclid(MICROSECONDS_A_DAY)),
            _ => Some(TimeDelta::microseconds(microseconds)),
        };
        Ok(by_months
            .filter(stored)
            .zip(step)
            .and_then(|(moment, step)| moment.checked_add_signed(step))
            .filter(stored)
            .map(|moment| self.moved(moment)))
    }

    /// Microseconds from the other moment to this one.
    fn since(self, other: Self) -> Result<i64, Refusal> {
        let difference = match (self, other) {
            (Self::Time(this), Self::Time(other)) => this.signed_duration_since(other),
            _ => self.date_time()?.signed_duration_since(other.date_time()?),
        };
        difference.num_microseconds().ok_or(Refusal::OutOfRange)
    }
}

const MICROSECONDS_A_DAY: i64 = 86_400_000_000;

#[derive(Clone, Copy, Debug)]
enum Part {
    Year,
    Quarter,
    Month,
    /// The ISO week, which may be of the year before or after.
    Week,
    Day,
    /// From Monday, which is 1, to Sunday, which is 7.
    Weekday,
    DayOfYear,
    Hour,
    Minute,
    Second,
    /// Within the second.
    Microsecond,
}

impl Argument for Part {
    fn read(value: SqliteValue<'_, '_, '_>) -> Result<Self, Refusal> {
        read_text(value, Refusal::NotAPart, |name| {
            Some(match name {
                "year" => Self::Year,
                "quarter" => Self::Quarter,
                "month" => Self::Month,
                "week" => Self::Week,
                "day" => Self::Day,
                "weekday" => Self::Weekday,
                "day_of_year" => Self::DayOfYear,
                "hour" => Self::Hour,
                "minute" => Self::Minute,
                "second" => Self::Second,
                "microsecond" => Self::Microsecond,
                _ => return None,
            })
        })
    }
}

/// What a moment is truncated to.
#[derive(Clone, Copy, Debug)]
enum Unit {
    Day(DayUnit),
    Time(TimeUnit),
}

#[derive(Clone, Copy, Debug)]
enum DayUnit {
    Year,
    Quarter,
    Month,
    /// From Monday on.
    Week,
    Day,
}

#[derive(Clone, Copy, Debug)]
enum TimeUnit {
    Hour,
    Minute,
    Second,
}

impl Argument for Unit {
    fn read(value: SqliteValue<'_, '_, '_>) -> Result<Self, Refusal> {
        read_text(value, Refusal::NotAPart, |name| {
            Some(match name {
                "year" => Self::Day(DayUnit::Year),
                "quarter" => Self::Day(DayUnit::Quarter),
                "month" => Self::Day(DayUnit::Month),
                "week" => Self::Day(DayUnit::Week),
                "day" => Self::Day(DayUnit::Day),
                "hour" => Self::Time(TimeUnit::Hour),
                "minute" => Self::Time(TimeUnit::Minute),
                "second" => Self::Time(TimeUnit::Second),
                _ => return None,
            })
        })
    }
}

impl DayUnit {
    fn first(self, day: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Year => NaiveDate::from_ymd_opt(day.year(), 1, 1),
            Self::Quarter => NaiveDate::from_ymd_opt(day.year(), day.month0() / 3 * 3 + 1, 1),
            Self::Month => day.with_day(1),
            Self::Week => {
                let past = i64::from(day.weekday().num_days_from_monday());
                day.checked_sub_signed(TimeDelta::try_days(past)?)
            }
            Self::Day => Some(day),
        }
    }
}

impl TimeUnit {
    fn first(self, time: NaiveTime) -> Option<NaiveTime> {
        match self {
            Self::Hour => NaiveTime::from_hms_opt(time.hour(), 0, 0),
            Self::Minute => NaiveTime::from_hms_opt(time.hour(), time.minute(), 0),
            Self::Second => time.with_nanosecond(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::asked::{integer, refused, text};

    const DATE: &str = "'2024-02-29'";
    const TIME: &str = "'23:59:58.000012'";
    const DATE_TIME: &str = "'2024-02-29 23:59:58.000012'";
    const TIMESTAMP: &str = "'2024-02-29 23:59:58.000012Z'";

    fn gives(expression: &str, expected: &str) {
        assert_eq!(text(expression).as_deref(), Some(expected), "{expression}");
    }

    fn part(moment: &str, part: &str) -> i64 {
        integer(&format!("birgus_date_part({moment}, '{part}')")).unwrap()
    }

    #[test]
    fn parts_of_a_day() {
        for moment in [DATE, DATE_TIME, TIMESTAMP] {
            for (name, expected) in [
                ("year", 2024),
                ("quarter", 1),
                ("month", 2),
                ("week", 9),
                ("day", 29),
                ("weekday", 4),
                ("day_of_year", 60),
            ] {
                assert_eq!(part(moment, name), expected, "{moment} {name}");
            }
        }
        assert_eq!(part("'2024-12-31'", "quarter"), 4);
        assert_eq!(part("'2024-12-31'", "day_of_year"), 366);
        assert_eq!(part("'2024-09-01'", "weekday"), 7);
        assert_eq!(part("'0001-01-01'", "year"), 1);
        // ISO 8601: a week belongs to the year that its Thursday is in.
        assert_eq!(part("'2024-12-30'", "week"), 1);
        assert_eq!(part("'2021-01-03'", "week"), 53);
    }

    #[test]
    fn parts_of_a_time() {
        for moment in [TIME, DATE_TIME, TIMESTAMP] {
            for (name, expected) in [
                ("hour", 23),
                ("minute", 59),
                ("second", 58),
                ("microsecond", 12),
            ] {
                assert_eq!(part(moment, name), expected, "{moment} {name}");
            }
        }
        assert_eq!(part("'00:00:00.999999'", "microsecond"), 999_999);
    }

    #[test]
    fn a_part_that_a_kind_does_not_have_is_refused() {
        assert!(
            refused(&format!("birgus_date_part({TIME}, 'day')"))
                .to_string()
                .contains("no date")
        );
        assert!(
            refused(&format!("birgus_date_part({DATE}, 'hour')"))
                .to_string()
                .contains("no time")
        );
        assert!(
            refused(&format!("birgus_date_part({DATE}, 'Year')"))
                .to_string()
                .contains("no part")
        );
        assert!(
            refused(&format!("birgus_date_trunc({DATE}, 'weekday')"))
                .to_string()
                .contains("no part")
        );
    }

    #[test]
    fn a_text_in_another_form_is_refused() {
        for text in [
            "",
            "2024-2-29",
            "2023-02-29",
            "2024-02-29T00:00:00.000000",
            "12:00:00",
            "2024-02-29 24:00:00.000000",
        ] {
            let error = refused(&format!("birgus_to_date('{text}')"));
            assert!(
                error.to_string().contains("form that it is stored in"),
                "{error}"
            );
        }
        refused("birgus_to_date(20240229)");
    }

    #[test]
    fn a_moment_is_truncated_in_its_own_form() {
        for (unit, day, time) in [
            ("year", "2024-01-01", "00:00:00.000000"),
            ("quarter", "2024-01-01", "00:00:00.000000"),
            ("month", "2024-02-01", "00:00:00.000000"),
            ("week", "2024-02-26", "00:00:00.000000"),
            ("day", "2024-02-29", "00:00:00.000000"),
            ("hour", "2024-02-29", "23:00:00.000000"),
            ("minute", "2024-02-29", "23:59:00.000000"),
            ("second", "2024-02-29", "23:59:58.000000"),
        ] {
            gives(&format!("birgus_date_trunc({DATE}, '{unit}')"), day);
            gives(
                &format!("birgus_date_trunc({DATE_TIME}, '{unit}')"),
                &format!("{day} {time}"),
            );
            gives(
                &format!("birgus_date_trunc({TIMESTAMP}, '{unit}')"),
                &format!("{day} {time}Z"),
            );
        }
        gives(
            &format!("birgus_date_trunc({TIME}, 'hour')"),
            "23:00:00.000000",
        );
        gives(
            &format!("birgus_date_trunc({TIME}, 'second')"),
            "23:59:58.000000",
        );
        gives("birgus_date_trunc('2024-12-31', 'quarter')", "2024-10-01");
        gives("birgus_date_trunc('2024-09-01', 'week')", "2024-08-26");
        gives("birgus_date_trunc('0001-01-01', 'week')", "0001-01-01");
        refused(&format!("birgus_date_trunc({TIME}, 'day')"));
    }

    #[test]
    fn months_end_on_their_last_day() {
        gives("birgus_date_add('2024-01-31', 1, 0)", "2024-02-29");
        gives("birgus_date_add('2023-01-31', 1, 0)", "2023-02-28");
        gives("birgus_date_add('2024-02-29', -12, 0)", "2023-02-28");
        gives("birgus_date_add('2024-03-31', -1, 0)", "2024-02-29");
        gives(
            "birgus_date_add('2024-01-31 10:00:00.000000', 13, 0)",
            "2025-02-28 10:00:00.000000",
        );
    }

    #[test]
    fn microseconds_come_after_months() {
        gives(
            "birgus_date_add('2024-01-31 23:59:59.999999', 1, 1)",
            "2024-03-01 00:00:00.000000",
        );
        gives(
            "birgus_date_add('2024-03-01 00:00:00.000000Z', 0, -1)",
            "2024-02-29 23:59:59.999999Z",
        );
        gives(
            "birgus_date_add('2024-01-31', 1, 86400000000)",
            "2024-03-01",
        );
    }

    #[test]
    fn a_date_moves_by_whole_days() {
        gives(
            "birgus_date_add('2024-03-01', 0, 86399999999)",
            "2024-03-01",
        );
        gives(
            "birgus_date_add('2024-03-01', 0, 86400000000)",
            "2024-03-02",
        );
        gives("birgus_date_add('2024-03-01', 0, -1)", "2024-02-29");
        gives(
            "birgus_date_add('2024-03-01', 0, -86400000000)",
            "2024-02-29",
        );
    }

    #[test]
    fn outside_of_the_years_1_to_9999_is_null() {
        for expression in [
            "birgus_date_add('9999-12-31', 0, 86400000000)",
            "birgus_date_add('0001-01-01', 0, -1)",
            "birgus_date_add('9999-12-31 23:59:59.999999', 0, 1)",
            "birgus_date_add('9999-12-31', 1, 0)",
            "birgus_date_add('0001-01-31', -1, 0)",
            "birgus_date_add('9999-12-31', 1, -31536000000000)",
            "birgus_date_add('2024-01-01', 9223372036854775807, 0)",
            "birgus_date_add('2024-01-01', -9223372036854775807 - 1, 0)",
            "birgus_date_add('2024-01-01', 4294967295, 0)",
            "birgus_date_add('2024-01-01 00:00:00.000000', 0, 9223372036854775807)",
            "birgus_date_add('2024-01-01', 0, -9223372036854775807 - 1)",
        ] {
            assert_eq!(text(expression), None, "{expression}");
        }
        gives(
            "birgus_date_add('0001-01-01', 9998 * 12, 364 * 86400000000)",
            "9999-12-31",
        );
    }

    #[test]
    fn a_time_of_day_has_no_calendar() {
        assert!(
            refused(&format!("birgus_date_add({TIME}, 0, 1)"))
                .to_string()
                .contains("no date")
        );
        assert!(
            refused(&format!("birgus_date_diff({TIME}, {DATE})"))
                .to_string()
                .contains("no date")
        );
        assert!(
            refused(&format!("birgus_to_date({TIME})"))
                .to_string()
                .contains("no date")
        );
        assert!(
            refused(&format!("birgus_to_time({DATE})"))
                .to_string()
                .contains("no time")
        );
    }

    #[test]
    fn differences_are_microseconds() {
        let gives = |a: &str, b: &str, expected: i64| {
            assert_eq!(
                integer(&format!("birgus_date_diff({a}, {b})")),
                Some(expected),
                "{a} {b}"
            );
        };
        gives("'2024-03-01'", "'2024-02-28'", 2 * 86_400_000_000);
        gives("'2024-02-28'", "'2024-03-01'", -2 * 86_400_000_000);
        gives(DATE_TIME, DATE, 86_398_000_012);
        gives(TIMESTAMP, TIMESTAMP, 0);
        gives(TIME, "'23:59:58.000013'", -1);
        gives(
            "'9999-12-31 23:59:59.999999'",
            "'0001-01-01 00:00:00.000000'",
            315_537_897_599_999_999,
        );
    }

    #[test]
    fn a_moment_is_split_and_a_date_has_a_midnight() {
        for moment in [DATE, DATE_TIME, TIMESTAMP] {
            gives(&format!("birgus_to_date({moment})"), "2024-02-29");
        }
        for moment in [TIME, DATE_TIME, TIMESTAMP] {
            gives(&format!("birgus_to_time({moment})"), "23:59:58.000012");
        }
        gives(
            &format!("birgus_date_to_datetime({DATE})"),
            "2024-02-29 00:00:00.000000",
        );
        refused(&format!("birgus_date_to_datetime({DATE_TIME})"));
    }
}
