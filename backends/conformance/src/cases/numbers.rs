//! Arithmetic and casts: equal to the last digit on every engine.
#![allow(
    clippy::eq_op,
    clippy::modulo_one,
    reason = "the database computes, and what looks alike here is computed there"
)]

use birgus::prelude::*;
use birgus::query::{Selection, value};
use birgus::{Database, DatabaseErrorKind, Model, Result};

use crate::Bed;

super::cases![
    whole_numbers_are_computed_in_64_bits,
    narrow_columns_meet_large_values,
    a_result_out_of_64_bits_is_invalid_data,
    an_overflow_inside_of_an_expression_is_found,
    a_query_that_failed_runs_again,
    whole_numbers_are_divided_exactly,
    int_div_and_remainder_round_towards_zero,
    the_least_number_is_no_trap,
    division_by_zero_is_null,
    null_makes_arithmetic_null,
    doubles_are_computed_alike,
    a_double_out_of_range_is_invalid_data,
    floor_and_ceil,
    values_are_computed_without_a_column,
    numbers_become_doubles,
    numbers_become_decimals,
    numbers_become_texts,
    texts_made_of_numbers_are_compared_by_code_point,
    numbers_in_filters_and_orders,
];

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub(super) struct Figure {
    #[key]
    pub(super) id: i64,
    pub(super) small: i16,
    pub(super) medium: i32,
    pub(super) big: i64,
    pub(super) real: f64,
    #[column(precision = 10, scale = 2)]
    pub(super) price: Decimal,
    #[column(precision = 12, scale = 4)]
    pub(super) rate: Decimal,
    pub(super) maybe: Option<i32>,
    #[column(precision = 10, scale = 2)]
    pub(super) maybe_price: Option<Decimal>,
}

pub(super) fn figure() -> Figure {
    Figure {
        id: 0,
        small: 7,
        medium: 7,
        big: 7,
        real: 1.5,
        price: decimal("12.50"),
        rate: decimal("0.0625"),
        maybe: None,
        maybe_price: None,
    }
}

pub(super) fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A database with one row.
pub(super) fn with(bed: &Bed, change: impl FnOnce(&mut Figure)) -> Database {
    let db = bed.database(&[Figure::info()]);
    let mut row = figure();
    change(&mut row);
    Figure::insert(row).execute(&db).unwrap();
    db
}

pub(super) fn read<S: Selection>(db: &Database, selection: S) -> Result<S::Output> {
    Figure::query().select(selection).one(db)
}

#[track_caller]
fn out_of_range<S: Selection>(db: &Database, selection: S)
where
    S::Output: std::fmt::Debug,
{
    let error = read(db, selection).unwrap_err();
    assert_eq!(
        error.database_kind(),
        Some(DatabaseErrorKind::InvalidData),
        "{error}"
    );
}

fn whole_numbers_are_computed_in_64_bits(bed: &Bed) {
    let db = with(bed, |row| {
        row.small = i16::MAX;
        row.medium = i32::MAX;
        row.big = i64::MAX - 1;
    });
    let (s, m, b) = (Figure::small, Figure::medium, Figure::big);
    assert_eq!(read(&db, s + s).unwrap(), 65_534);
    assert_eq!(read(&db, m * m).unwrap(), 4_611_686_014_132_420_609);
    assert_eq!(
        read(&db, (s + m, -s, b + 1)).unwrap(),
        (2_147_516_414, -32_767, i64::MAX)
    );
    assert_eq!(
        read(&db, (s - 40_000, m * 2)).unwrap(),
        (-7_233, 4_294_967_294)
    );
    assert_eq!(
        read(&db, ((m + 1) * 2 - s, (-s).abs())).unwrap(),
        (4_294_934_529, 32_767)
    );
    assert_eq!(
        read(&db, (s.abs(), m.abs() + 1)).unwrap(),
        (32_767, 2_147_483_648)
    );
}

fn narrow_columns_meet_large_values(bed: &Bed) {
    let db = with(bed, |_| {});
    let (s, m) = (Figure::small, Figure::medium);
    let large = 1_000_000_000_000_000_000_i64;
    assert_eq!(
        read(&db, (s * large, m + large, s - large, m * -large)).unwrap(),
        (7 * large, 7 + large, 7 - large, -7 * large)
    );
    let small = 3_i64;
    assert_eq!(
        read(&db, (m * small * (large / 10), s.coalesce(1_i16) * large)).unwrap(),
        (21 * (large / 10), 7 * large)
    );
}

fn a_result_out_of_64_bits_is_invalid_data(bed: &Bed) {
    let db = with(bed, |row| row.big = i64::MAX);
    let b = Figure::big;
    out_of_range(&db, b + 1);
    out_of_range(&db, b * 2);
    out_of_range(&db, b * b);
    out_of_range(&db, -b - 2);
    out_of_range(&db, Figure::small - b - b);
}

fn an_overflow_inside_of_an_expression_is_found(bed: &Bed) {
    let db = with(bed, |row| row.big = i64::MAX);
    let b = Figure::big;
    out_of_range(&db, b + 1 - 1);
    out_of_range(&db, (b + 1).int_div(2));
    out_of_range(&db, (b + 1) / 2);
    out_of_range(&db, (b + 1) % 10);
    out_of_range(&db, (b + 1).abs());
    out_of_range(&db, (b + 1).to_double());
    out_of_range(&db, (b + 1).coalesce(0));
    let error = Figure::query().filter((b + 1).gt(0)).all(&db).unwrap_err();
    assert_eq!(error.database_kind(), Some(DatabaseErrorKind::InvalidData));
    let error = Figure::query()
        .order_by((b + 1).asc())
        .all(&db)
        .unwrap_err();
    assert_eq!(error.database_kind(), Some(DatabaseErrorKind::InvalidData));
}

/// On one connection, which keeps the statement.
fn a_query_that_failed_runs_again(bed: &Bed) {
    let db = with(bed, |row| row.big = i64::MAX);
    let mut connection = db.connection().unwrap();
    let more = Figure::query().select(Figure::big + 1);
    for _ in 0..3 {
        let error = more.clone().all(&mut connection).unwrap_err();
        assert_eq!(error.database_kind(), Some(DatabaseErrorKind::InvalidData));
        let counted = Figure::query().count(&mut connection).unwrap();
        assert_eq!(counted, 1);
    }
    Figure::query()
        .update(Figure::big.set(1), &mut connection)
        .unwrap();
    assert_eq!(more.all(&mut connection).unwrap(), [2]);
}

fn whole_numbers_are_divided_exactly(bed: &Bed) {
    let db = with(bed, |row| {
        row.small = 5;
        row.medium = 10;
        row.big = 9_007_199_254_740_993;
    });
    let (s, m, b) = (Figure::small, Figure::medium, Figure::big);
    assert_eq!(
        read(&db, (s / 2, m / 4_i64, s / m)).unwrap(),
        (Some(2.5), Some(2.5), Some(0.5))
    );
    assert_eq!(
        read(&db, (m / 3, -m / 3)).unwrap(),
        (Some(10.0 / 3.0), Some(-10.0 / 3.0))
    );
    assert_eq!(
        read(&db, b / 7).unwrap(),
        Some(9_007_199_254_740_993_i64 as f64 / 7.0)
    );
    assert_eq!(read(&db, (m + s) / (m - s)).unwrap(), Some(3.0));
}

fn int_div_and_remainder_round_towards_zero(bed: &Bed) {
    let db = with(bed, |row| {
        row.small = -7;
        row.medium = 7;
    });
    let (s, m) = (Figure::small, Figure::medium);
    assert_eq!(
        read(&db, (m.int_div(2), s.int_div(2), s.int_div(-2))).unwrap(),
        (Some(3), Some(-3), Some(3))
    );
    assert_eq!(
        read(&db, (m % 4, s % 4, m % -4, s % -4)).unwrap(),
        (Some(3), Some(-3), Some(3), Some(-3))
    );
    assert_eq!(
        read(&db, (m.int_div(8), s.int_div(8), (m + 1).int_div(m))).unwrap(),
        (Some(0), Some(0), Some(1))
    );
}

fn the_least_number_is_no_trap(bed: &Bed) {
    let db = with(bed, |row| row.big = i64::MIN);
    let b = Figure::big;
    out_of_range(&db, -b);
    out_of_range(&db, b.abs());
    out_of_range(&db, b.int_div(-1));
    out_of_range(&db, b - 1);
    assert_eq!(read(&db, (b % -1, b % 10)).unwrap(), (Some(0), Some(-8)));
    assert_eq!(
        read(&db, (b.int_div(1), b + 0, b * 1)).unwrap(),
        (Some(i64::MIN), i64::MIN, i64::MIN)
    );
    assert_eq!(
        read(&db, b / -1).unwrap(),
        Some(9_223_372_036_854_775_808.0)
    );
    assert_eq!(read(&db, b.to_text()).unwrap(), "-9223372036854775808");
    assert_eq!(read(&db, (b + 1).abs()).unwrap(), i64::MAX);
    assert_eq!(read(&db, value(i64::MIN)).unwrap(), i64::MIN);
    let narrow = [Figure::small.set(i16::MIN), Figure::medium.set(i32::MIN)];
    Figure::query().update(narrow, &db).unwrap();
    let (s, m) = (Figure::small, Figure::medium);
    assert_eq!(
        read(&db, (-s, s.abs(), -m, m.abs())).unwrap(),
        (32_768, 32_768, 2_147_483_648, 2_147_483_648)
    );
}

fn division_by_zero_is_null(bed: &Bed) {
    let db = with(bed, |row| {
        row.small = 0;
        row.real = 0.0;
        row.price = decimal("0.00");
    });
    let (s, m, b) = (Figure::small, Figure::medium, Figure::big);
    assert_eq!(
        read(&db, (m / s, m.int_div(s), m % s)).unwrap(),
        (None, None, None)
    );
    assert_eq!(
        read(&db, (b / 0, b.int_div(0), b % 0)).unwrap(),
        (None, None, None)
    );
    assert_eq!(
        read(&db, (Figure::real / Figure::real, Figure::real / 0.0)).unwrap(),
        (None, None)
    );
    assert_eq!(
        read(
            &db,
            (Figure::rate / Figure::price, Figure::rate / decimal("0"))
        )
        .unwrap(),
        (None, None)
    );
    assert_eq!(read(&db, (m / (m - b), m % (m - b))).unwrap(), (None, None));
}

fn null_makes_arithmetic_null(bed: &Bed) {
    let db = with(bed, |_| {});
    let (n, m) = (Figure::maybe, Figure::medium);
    assert_eq!(
        read(&db, (n + 1, m - n, n * m, -n)).unwrap(),
        (None, None, None, None)
    );
    assert_eq!(
        read(&db, (n / 2, m / n, n.int_div(2), m % n)).unwrap(),
        (None, None, None, None)
    );
    assert_eq!(
        read(&db, (n.abs(), n.to_double(), n.to_text(), n.to_decimal(2))).unwrap(),
        (None, None, None, None)
    );
    let p = Figure::maybe_price;
    assert_eq!(
        read(&db, (p + decimal("1.5"), p * p, p / p, Figure::price - p)).unwrap(),
        (None, None, None, None)
    );
    assert_eq!(
        read(&db, (p.round(1), p.floor(), p.ceil(), p.to_text())).unwrap(),
        (None, None, None, None)
    );
}

fn doubles_are_computed_alike(bed: &Bed) {
    let db = with(bed, |row| row.real = 0.1);
    let r = Figure::real;
    assert_eq!(
        read(&db, (r + 0.2, r - 0.3, r * 3.0, r / 3.0)).unwrap(),
        (0.1 + 0.2, 0.1 - 0.3, 0.1 * 3.0, Some(0.1 / 3.0))
    );
    assert_eq!(
        read(&db, (-r, (-r).abs(), r * r * r)).unwrap(),
        (-0.1, 0.1, 0.1 * 0.1 * 0.1)
    );
    let zero = read(&db, r * -0.0).unwrap();
    assert_eq!((zero, zero.is_sign_positive()), (0.0, true));
    assert_eq!(read(&db, Figure::small.to_double() * 0.5 + r).unwrap(), 3.6);
}

fn a_double_out_of_range_is_invalid_data(bed: &Bed) {
    let db = with(bed, |row| row.real = 1.7e308);
    let r = Figure::real;
    out_of_range(&db, r + r);
    out_of_range(&db, r * 10.0);
    out_of_range(&db, -r - r);
    out_of_range(&db, r / 0.01);
    out_of_range(&db, r * 10.0 - r * 10.0);
}

fn floor_and_ceil(bed: &Bed) {
    let db = with(bed, |row| {
        row.real = -0.5;
        row.price = decimal("-0.50");
        row.rate = decimal("2.0000");
    });
    let (d, p, r) = (Figure::real, Figure::price, Figure::rate);
    assert_eq!(
        read(
            &db,
            (d.floor(), d.ceil(), (d + 2.0).floor(), (d * 5.0).ceil())
        )
        .unwrap(),
        (-1.0, 0.0, 1.0, -2.0)
    );
    assert!(read(&db, d.ceil()).unwrap().is_sign_positive());
    assert_eq!(
        read(&db, (p.floor(), p.ceil(), r.floor(), r.ceil())).unwrap(),
        (decimal("-1"), decimal("0"), decimal("2"), decimal("2"))
    );
    assert_eq!(
        read(&db, (p + r).ceil() + decimal("0.5"))
            .unwrap()
            .to_string(),
        "2.5"
    );
    assert_eq!(
        read(&db, (p.floor().to_text(), p.ceil().to_text())).unwrap(),
        ("-1".into(), "0".into())
    );
}

fn values_are_computed_without_a_column(bed: &Bed) {
    let db = with(bed, |_| {});
    let five = || value(5_i64);
    assert_eq!(
        read(
            &db,
            (
                five() + 1,
                five() * 1_000_000_000_000,
                -five(),
                (-five()).abs()
            )
        )
        .unwrap(),
        (6, 5_000_000_000_000, -5, 5)
    );
    assert_eq!(
        read(
            &db,
            (
                five() / 2,
                five().int_div(2),
                five() % 3,
                value(-5_i64).abs()
            )
        )
        .unwrap(),
        (Some(2.5), Some(2), Some(2), 5)
    );
    assert_eq!(
        read(
            &db,
            (
                value(2.5).floor(),
                value(2.5).ceil(),
                -value(2.5),
                value(-2.5).abs()
            )
        )
        .unwrap(),
        (2.0, 3.0, -2.5, 2.5)
    );
    let number = || value(decimal("-2.55"));
    assert_eq!(
        read(
            &db,
            (
                number().round(1),
                number().floor(),
                number().ceil(),
                -number()
            )
        )
        .unwrap(),
        (
            decimal("-2.6"),
            decimal("-3"),
            decimal("-2"),
            decimal("2.55")
        )
    );
    assert_eq!(
        read(
            &db,
            (
                number().abs(),
                number() / decimal("3"),
                number() * decimal("0.5")
            )
        )
        .unwrap(),
        (decimal("2.55"), Some(decimal("-0.85")), decimal("-1.275"))
    );
    assert_eq!(
        read(
            &db,
            (
                five().to_text(),
                number().to_text(),
                five().to_double(),
                number().to_double()
            )
        )
        .unwrap(),
        ("5".into(), "-2.55".into(), 5.0, -2.55)
    );
    assert_eq!(
        read(&db, (five().to_decimal(2), value(i64::MAX) - 1)).unwrap(),
        (decimal("5"), i64::MAX - 1)
    );
}

fn numbers_become_doubles(bed: &Bed) {
    let db = with(bed, |row| {
        row.big = 9_007_199_254_740_993;
        row.price = decimal("99999999.99");
    });
    assert_eq!(
        read(&db, (Figure::small.to_double(), Figure::big.to_double())).unwrap(),
        (7.0, 9_007_199_254_740_992.0)
    );
    assert_eq!(
        read(&db, (Figure::price.to_double(), Figure::rate.to_double())).unwrap(),
        (99_999_999.99, 0.0625)
    );
    assert_eq!(read(&db, Figure::real.to_double()).unwrap(), 1.5);
    assert_eq!(
        read(&db, Figure::price.to_double() / 2.0).unwrap(),
        Some(99_999_999.99 / 2.0)
    );
}

fn numbers_become_decimals(bed: &Bed) {
    let db = with(bed, |_| {});
    assert_eq!(
        read(&db, Figure::small.to_decimal(3)).unwrap().to_string(),
        "7.000"
    );
    assert_eq!(
        read(&db, Figure::price.to_decimal(5)).unwrap().to_string(),
        "12.50000"
    );
    assert_eq!(
        read(&db, (Figure::medium + 1).to_decimal(0))
            .unwrap()
            .to_string(),
        "8"
    );
    assert_eq!(
        read(&db, Figure::price + Figure::medium.to_decimal(2))
            .unwrap()
            .to_string(),
        "19.50"
    );
    let error = read(&db, Figure::rate.to_decimal(2)).unwrap_err();
    assert!(error.is_invalid_query(), "{error}");
    let equal = Figure::query().filter(Figure::price.to_decimal(4).gt(Figure::rate));
    assert_eq!(equal.count(&db).unwrap(), 1);
}

fn numbers_become_texts(bed: &Bed) {
    let db = with(bed, |row| {
        row.small = -12;
        row.price = decimal("-0.05");
    });
    assert_eq!(
        read(&db, (Figure::small.to_text(), Figure::big.to_text())).unwrap(),
        ("-12".into(), "7".into())
    );
    assert_eq!(
        read(&db, (Figure::price.to_text(), Figure::rate.to_text())).unwrap(),
        ("-0.05".into(), "0.0625".into())
    );
    assert_eq!(
        read(&db, (Figure::price * decimal("2.0")).to_text()).unwrap(),
        "-0.100"
    );
    assert_eq!(
        read(&db, (Figure::price + Figure::price).round(1).to_text()).unwrap(),
        "-0.1"
    );
    assert_eq!(
        read(&db, Figure::small.to_decimal(2).to_text()).unwrap(),
        "-12.00"
    );
    assert_eq!(
        read(&db, Figure::price.sum().to_text()).unwrap().as_deref(),
        Some("-0.05")
    );
    assert_eq!(
        read(&db, Figure::price.avg().to_text()).unwrap().as_deref(),
        Some("-0.050000")
    );
}

fn texts_made_of_numbers_are_compared_by_code_point(bed: &Bed) {
    let db = with(bed, |row| row.small = 10);
    Figure::insert(Figure {
        small: 9,
        ..figure()
    })
    .execute(&db)
    .unwrap();
    Figure::insert(Figure {
        small: -5,
        ..figure()
    })
    .execute(&db)
    .unwrap();
    let found = Figure::query()
        .order_by(Figure::small.to_text().asc())
        .pluck(Figure::small, &db)
        .unwrap();
    assert_eq!(found, [-5, 10, 9]);
    let found = Figure::query()
        .filter(Figure::small.to_text().lt("9"))
        .count(&db)
        .unwrap();
    assert_eq!(found, 2);
    let found = Figure::query()
        .filter(Figure::small.to_text().like("1%"))
        .pluck(Figure::small, &db)
        .unwrap();
    assert_eq!(found, [10]);
    let found = Figure::query()
        .filter(Figure::small.to_text().eq("9"))
        .count(&db)
        .unwrap();
    assert_eq!(found, 1);
}

fn numbers_in_filters_and_orders(bed: &Bed) {
    let db = with(bed, |_| {});
    Figure::insert(Figure {
        small: 3,
        price: decimal("1.25"),
        ..figure()
    })
    .execute(&db)
    .unwrap();
    let count = |condition: birgus::query::Expr<bool>| {
        Figure::query().filter(condition).count(&db).unwrap()
    };
    assert_eq!(count((Figure::small * 2).gt(6)), 1);
    assert_eq!(count((Figure::small / 2).eq(1.5)), 1);
    assert_eq!(
        count((Figure::price / decimal("3")).eq(decimal("0.416667"))),
        1
    );
    assert_eq!(
        count((Figure::price * decimal("2")).in_([decimal("2.5"), decimal("9")])),
        1
    );
    assert_eq!(
        count(
            (Figure::small % 2)
                .eq(1)
                .and((-Figure::small).between(-5, 0))
        ),
        1
    );
    assert_eq!(count(Figure::price.floor().eq(decimal("1"))), 1);
    assert_eq!(
        count((Figure::maybe.coalesce(5) + 0).gt(Figure::medium - 3)),
        2
    );
    let ordered = Figure::query()
        .order_by((-Figure::small).asc())
        .pluck(Figure::small, &db)
        .unwrap();
    assert_eq!(ordered, [7, 3]);
}
