//! What may be computed for a column, and that it is what a query computes.

use birgus::prelude::*;
use birgus::query::{DateUnit, case, greatest, least, value};

use crate::Bed;
use crate::models::Mood;

super::super::cases![every_operation_that_is_offered_is_stored_as_a_query_computes_it];

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct Source {
    #[key]
    id: i64,
    a: i32,
    b: Option<i64>,
    real: f64,
    #[column(precision = 10, scale = 2)]
    money: Decimal,
    #[column(length = 40)]
    text: String,
    #[column(length = 20)]
    part: Option<String>,
    flag: bool,
    day: NaiveDate,
    moment: NaiveDateTime,
    instant: DateTime<Utc>,
    token: Uuid,
    bytes: Vec<u8>,
    mood: Mood,

    #[column(computed = Self::a + Self::b - 3)]
    sum: Option<i64>,
    #[column(computed = -(Self::a * 2))]
    negated: i32,
    #[column(computed = Self::a.abs())]
    absolute: i64,
    #[column(computed = Self::a / Self::b)]
    quotient: Option<f64>,
    #[column(computed = Self::a.int_div(Self::b))]
    whole: Option<i64>,
    #[column(computed = Self::a % 7)]
    remainder: Option<i64>,
    #[column(computed = Self::real * 1.5 - 0.25)]
    doubled: f64,
    #[column(computed = Self::real.floor())]
    floor: f64,
    #[column(computed = Self::money * Decimal::new(15, 1), precision = 18, scale = 3)]
    product: Decimal,
    #[column(computed = Self::money.round(1), precision = 10, scale = 1)]
    rounded: Decimal,
    #[column(computed = Self::money.ceil(), precision = 10, scale = 0)]
    ceiling: Decimal,
    #[column(computed = Self::money / Decimal::new(3, 0), precision = 18, scale = 6)]
    third: Option<Decimal>,
    #[column(computed = Self::money.to_double())]
    money_double: f64,
    #[column(computed = Self::money.to_text(), length = 30)]
    money_text: String,
    #[column(computed = Self::a.to_text(), length = 30)]
    a_text: String,
    #[column(computed = Self::a.to_decimal(2), precision = 12, scale = 2)]
    a_decimal: Decimal,
    #[column(computed = greatest(Self::b, 5))]
    greatest: Option<i64>,
    #[column(computed = least(Self::a, 5))]
    least: i32,
    #[column(computed = Self::b.coalesce(-1))]
    coalesced: i64,
    #[column(computed = Self::part.null_if("é"), length = 20)]
    nullified: Option<String>,
    #[column(computed = Self::text.length())]
    length: i32,
    #[column(computed = Self::text.trim())]
    trimmed: String,
    #[column(computed = Self::text.trim_start())]
    trimmed_start: String,
    #[column(computed = Self::text.trim_end())]
    trimmed_end: String,
    #[column(computed = Self::text.substring(2, Self::a))]
    substring: String,
    #[column(computed = Self::text.replace("'", "\\\"é"))]
    replaced: String,
    #[column(computed = Self::text.concat(" & ").concat(Self::part))]
    joined: Option<String>,
    #[column(computed = Self::text.contains(Self::part))]
    contains: bool,
    #[column(computed = Self::text.starts_with(Self::part))]
    starts: bool,
    #[column(computed = Self::text.ends_with(Self::part))]
    ends: bool,
    #[column(computed = Self::text.concat(Self::a.to_text()).concat(Self::money.to_text()))]
    numbered: String,
    #[column(computed = Self::part.coalesce("é").concat(Self::text))]
    filled: String,
    #[column(computed = case::<String>().when(Self::a.gt(0), "A").otherwise("é").eq("a"))]
    cases: bool,
    #[column(computed = Self::flag.eq(true).and(Self::b.is_not_null()))]
    both: bool,
    #[column(computed = !Self::b.gt(3))]
    not: bool,
    #[column(computed = Self::a.in_([1, 2, 3]).or(Self::a.between(10, 20)))]
    among: bool,
    #[column(computed = Self::text.eq("A"))]
    equal: bool,
    #[column(computed = Self::part.is_distinct_from("é"))]
    distinct: bool,
    #[column(computed = Self::mood.lt(Mood::Grumpy))]
    better: bool,
    #[column(computed = case().when(Self::a.gt(0), "plus").when(Self::a.lt(0), "it's \\ minus").otherwise("nothing"), length = 20)]
    sign: String,
    #[column(computed = case().when(Self::flag, Mood::Happy).otherwise(Mood::SoSo))]
    feeling: Mood,
    #[column(computed = Self::day.year())]
    year: i32,
    #[column(computed = Self::day.week())]
    week: i64,
    #[column(computed = Self::moment.weekday())]
    weekday: i64,
    #[column(computed = Self::moment.microsecond())]
    microsecond: i64,
    #[column(computed = Self::moment.date())]
    date: NaiveDate,
    #[column(computed = Self::moment.time())]
    time: NaiveTime,
    #[column(computed = Self::day.at_midnight())]
    midnight: NaiveDateTime,
    #[column(computed = Self::moment.difference(DateUnit::Hour, Self::day.at_midnight()))]
    hours: i64,
    #[column(computed = Self::instant)]
    same_instant: DateTime<Utc>,
    #[column(computed = Self::instant.gt("2000-01-01T00:00:00Z".parse::<DateTime<Utc>>().unwrap_or_default()))]
    recent: bool,
    #[column(computed = Self::token)]
    same_token: Uuid,
    #[column(computed = Self::bytes)]
    same_bytes: Vec<u8>,
    #[column(computed = value("constant it's".to_owned()), length = 20)]
    constant: String,
}

macro_rules! same {
    ($db:expr; $($column:ident = $expression:expr;)*) => {$(
        let rows = Source::query()
            .order_by(Source::id.asc())
            .select((Source::$column, $expression))
            .all($db)
            .unwrap();
        assert_eq!(rows.len(), 4);
        for (stored, computed) in rows {
            assert_eq!(stored, computed, stringify!($column));
        }
    )*};
}

fn row(number: i64) -> impl NewRow<Model = Source> {
    let texts = [" it's \\ 100% é ", "A", "", "crab  "];
    let parts = [None, Some("é"), Some(""), Some("b  ")];
    let place = usize::try_from(number).unwrap();
    let day = NaiveDate::from_ymd_opt(1_999, 12, 29).unwrap() + chrono(number);
    Source::build()
        .a(i32::try_from(number * 8 - 10).unwrap())
        .b([None, Some(0), Some(-4), Some(9)][place])
        .real([0.1, -2.5, 7.75, 0.0][place])
        .money(Decimal::new([-1_255, 0, 1, 99_999_999][place], 2))
        .text(texts[place])
        .part(parts[place].map(str::to_owned))
        .flag(number % 2 == 0)
        .day(day)
        .moment(day.and_hms_micro_opt(23, 59, 58, 999_999).unwrap())
        .instant(day.and_hms_micro_opt(1, 2, 3, 4).unwrap().and_utc())
        .token(Uuid::from_u128(0x0123_4567 << number))
        .bytes(vec![0, 1, 255])
        .mood([Mood::Happy, Mood::SoSo, Mood::Grumpy, Mood::Happy][place])
}

fn chrono(days: i64) -> birgus::chrono::TimeDelta {
    birgus::chrono::TimeDelta::days(days)
}

fn every_operation_that_is_offered_is_stored_as_a_query_computes_it(bed: &Bed) {
    let db = bed.database(&[Source::info()]);
    Source::insert_many((0..4).map(row)).execute(&db).unwrap();
    type S = Source;
    same! { &db;
        sum = S::a + S::b - 3;
        absolute = S::a.abs();
        quotient = S::a / S::b;
        whole = S::a.int_div(S::b);
        remainder = S::a % 7;
        doubled = S::real * 1.5 - 0.25;
        floor = S::real.floor();
        product = S::money * Decimal::new(15, 1);
        rounded = S::money.round(1);
        ceiling = S::money.ceil();
        third = S::money / Decimal::new(3, 0);
        money_double = S::money.to_double();
        money_text = S::money.to_text();
        a_text = S::a.to_text();
        a_decimal = S::a.to_decimal(2);
        greatest = greatest(S::b, 5);
        least = least(S::a, 5);
        coalesced = S::b.coalesce(-1);
        nullified = S::part.null_if("é");
        trimmed = S::text.trim();
        trimmed_start = S::text.trim_start();
        trimmed_end = S::text.trim_end();
        substring = S::text.substring(2, S::a);
        replaced = S::text.replace("'", "\\\"é");
        joined = S::text.concat(" & ").concat(S::part);
        contains = S::text.contains(S::part);
        starts = S::text.starts_with(S::part);
        ends = S::text.ends_with(S::part);
        numbered = S::text.concat(S::a.to_text()).concat(S::money.to_text());
        filled = S::part.coalesce("é").concat(S::text);
        both = S::flag.eq(true).and(S::b.is_not_null());
        not = !S::b.gt(3);
        among = S::a.in_([1, 2, 3]).or(S::a.between(10, 20));
        equal = S::text.eq("A");
        distinct = S::part.is_distinct_from("é");
        better = S::mood.lt(Mood::Grumpy);
        week = S::day.week();
        weekday = S::moment.weekday();
        microsecond = S::moment.microsecond();
        date = S::moment.date();
        time = S::moment.time();
        midnight = S::day.at_midnight();
        hours = S::moment.difference(DateUnit::Hour, S::day.at_midnight());
        same_instant = S::instant;
        same_token = S::token;
        same_bytes = S::bytes;
    }
    let rows = (Source::query().order_by(Source::id.asc()))
        .all(&db)
        .unwrap();
    let signs: Vec<&str> = rows.iter().map(|row| row.sign.as_str()).collect();
    assert_eq!(signs, ["it's \\ minus", "it's \\ minus", "plus", "plus"]);
    assert!(
        rows.iter()
            .all(|row| row.constant == "constant it's" && !row.cases)
    );
    let feelings: Vec<Mood> = rows.iter().map(|row| row.feeling).collect();
    assert_eq!(feelings, [Mood::Happy, Mood::SoSo, Mood::Happy, Mood::SoSo]);
    assert_eq!(rows[0].replaced, " it\\\"és \\ 100% é ");
    assert_eq!((rows[0].negated, rows[0].length), (20, 15));
    assert_eq!((rows[0].year, rows[3].year), (1999, 2000));
    assert_eq!((rows[2].recent, rows[3].recent), (false, true));
    let found = db.introspect().unwrap();
    let differences = birgus_migrate::compare(db.tables(), &found);
    assert!(differences.is_empty(), "{differences:#?}");
}
