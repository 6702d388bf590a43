//! Aggregates.

use birgus::prelude::*;
use birgus::query::{Selection, case, count_rows};
use birgus::{Database, DatabaseErrorKind, DbEnum, Model, Result};

use crate::Bed;
use crate::models::Everything;

super::cases![
    counts,
    sums_keep_their_type,
    a_sum_out_of_64_bits_is_invalid_data,
    a_sum_of_doubles_out_of_range_is_invalid_data,
    means_are_exact_to_the_last_bit,
    means_of_decimals_are_rounded_half_away_from_zero,
    the_least_and_greatest_of_every_ordered_type,
    texts_are_least_by_code_point,
    nothing_has_no_sum,
    filtered_aggregates,
    distinct_aggregates,
    all_and_any,
    aggregates_in_expressions,
];

#[derive(DbEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    Small,
    Medium,
    Large,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub(super) struct Sale {
    #[key]
    pub(super) id: i64,
    #[column(length = 20)]
    pub(super) shop: String,
    pub(super) size: Size,
    pub(super) amount: i32,
    pub(super) big: i64,
    pub(super) weight: f64,
    #[column(precision = 10, scale = 2)]
    pub(super) price: Decimal,
    #[column(length = 20)]
    pub(super) note: Option<String>,
    pub(super) paid: Option<bool>,
}

pub(super) fn sale(shop: &str, size: Size, amount: i32, price: &str) -> Sale {
    Sale {
        id: 0,
        shop: shop.into(),
        size,
        amount,
        big: i64::from(amount),
        weight: f64::from(amount) / 2.0,
        price: decimal(price),
        note: None,
        paid: None,
    }
}

pub(super) fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(super) fn database(bed: &Bed, rows: Vec<Sale>) -> Database {
    let db = bed.database(&[Sale::info()]);
    Sale::insert_many(rows).execute(&db).unwrap();
    db
}

/// Two shops, one without a note.
pub(super) fn shops(bed: &Bed) -> Database {
    database(
        bed,
        vec![
            Sale {
                note: Some("b".into()),
                paid: Some(true),
                ..sale("North", Size::Large, 1, "0.10")
            },
            Sale {
                note: Some("a".into()),
                paid: Some(false),
                ..sale("North", Size::Small, 2, "0.20")
            },
            Sale {
                note: Some("b".into()),
                paid: Some(true),
                ..sale("north", Size::Medium, 4, "10.01")
            },
            sale("north", Size::Small, 4, "-0.05"),
            sale("É", Size::Large, -3, "7.00"),
        ],
    )
}

pub(super) fn one<S: Selection>(db: &Database, selection: S) -> S::Output {
    Sale::query().select(selection).one(db).unwrap()
}

#[track_caller]
pub(super) fn refused<T: std::fmt::Debug>(result: Result<T>, part: &str) {
    let error = result.unwrap_err();
    assert!(
        error.is_invalid_query() && error.to_string().contains(part),
        "{error}"
    );
}

fn counts(bed: &Bed) {
    let db = shops(bed);
    assert_eq!(
        one(
            &db,
            (
                count_rows(),
                Sale::note.count(),
                Sale::note.count().distinct()
            )
        ),
        (5, 3, 2)
    );
    assert_eq!(
        Sale::query()
            .filter(Sale::id.lt(0))
            .select((count_rows(), Sale::note.count()))
            .one(&db)
            .unwrap(),
        (0, 0)
    );
}

fn sums_keep_their_type(bed: &Bed) {
    let db = shops(bed);
    assert_eq!(
        one(
            &db,
            (Sale::amount.sum(), Sale::big.sum(), Sale::weight.sum())
        ),
        (Some(8), Some(8), Some(4.0))
    );
    assert_eq!(one(&db, Sale::price.sum()).unwrap().to_string(), "17.26");
    assert_eq!(
        one(&db, (Sale::price * decimal("1.5")).sum())
            .unwrap()
            .to_string(),
        "25.890"
    );
    assert_eq!(one(&db, (Sale::amount * Sale::amount - 1).sum()), Some(41));
    let rows = vec![
        sale("a", Size::Small, i32::MAX, "0"),
        sale("a", Size::Small, i32::MAX, "0"),
    ];
    Sale::insert_many(rows).execute(&db).unwrap();
    assert_eq!(one(&db, Sale::amount.sum()), Some(4_294_967_302));
}

fn a_sum_out_of_64_bits_is_invalid_data(bed: &Bed) {
    let large = |big| Sale {
        big,
        ..sale("a", Size::Small, 1, "99999999.99")
    };
    let db = database(bed, vec![large(i64::MAX), large(1)]);
    let kind = |error: birgus::Error| error.database_kind();
    assert_eq!(
        kind(Sale::query().select(Sale::big.sum()).one(&db).unwrap_err()),
        Some(DatabaseErrorKind::InvalidData)
    );
    assert_eq!(
        kind(Sale::query().select(Sale::big.avg()).one(&db).unwrap_err()),
        Some(DatabaseErrorKind::InvalidData)
    );
    assert_eq!(
        one(&db, Sale::big.sum().filter(Sale::big.gt(1))),
        Some(i64::MAX)
    );
    assert_eq!(
        one(&db, Sale::price.sum()).unwrap().to_string(),
        "199999999.98"
    );
    Sale::query().delete(&db).unwrap();
    Sale::insert_many(vec![large(i64::MIN)])
        .execute(&db)
        .unwrap();
    assert_eq!(
        one(&db, (Sale::big.sum(), Sale::big.min())),
        (Some(i64::MIN), Some(i64::MIN))
    );
    assert_eq!(
        one(&db, Sale::big.avg()),
        Some(-9_223_372_036_854_775_808.0)
    );
}

fn a_sum_of_doubles_out_of_range_is_invalid_data(bed: &Bed) {
    let large = Sale {
        weight: 1.7e308,
        ..sale("a", Size::Small, 1, "1")
    };
    let db = database(bed, vec![large.clone(), large]);
    for sum in [Sale::weight.sum(), Sale::weight.avg()] {
        let error = Sale::query().select(sum).one(&db).unwrap_err();
        assert_eq!(
            error.database_kind(),
            Some(DatabaseErrorKind::InvalidData),
            "{error}"
        );
    }
}

fn means_are_exact_to_the_last_bit(bed: &Bed) {
    let numbers = [
        9_007_199_254_740_993_i64,
        4,
        3,
        -9_007_199_254_740_991,
        5,
        1,
        1,
    ];
    let rows = numbers
        .iter()
        .map(|big| Sale {
            big: *big,
            ..sale("a", Size::Small, 1, "1")
        })
        .collect();
    let db = database(bed, rows);
    let sum: i64 = numbers.iter().sum();
    assert_eq!(
        one(&db, (Sale::big.avg(), Sale::amount.avg())),
        (Some(sum as f64 / 7.0), Some(1.0))
    );
    assert_eq!(
        one(&db, Sale::big.avg().filter(Sale::big.gt(1000))),
        Some(9_007_199_254_740_993_i64 as f64)
    );
    assert_eq!(
        one(&db, (Sale::weight.avg(), Sale::big.avg().distinct())),
        (Some(0.5), Some(2.5))
    );
}

fn means_of_decimals_are_rounded_half_away_from_zero(bed: &Bed) {
    let db = shops(bed);
    assert_eq!(one(&db, Sale::price.avg()).unwrap().to_string(), "3.452000");
    let of = |shop: &str| {
        one(&db, Sale::price.avg().filter(Sale::shop.eq(shop)))
            .unwrap()
            .to_string()
    };
    assert_eq!(
        (of("North"), of("north"), of("É")),
        ("0.150000".into(), "4.980000".into(), "7.000000".into())
    );
    Sale::insert(sale("x", Size::Small, 1, "0.01"))
        .execute(&db)
        .unwrap();
    // 17.27 / 6
    assert_eq!(one(&db, Sale::price.avg()).unwrap().to_string(), "2.878333");
    assert_eq!(
        one(&db, (-Sale::price).avg()).unwrap().to_string(),
        "-2.878333"
    );
    assert_eq!(
        one(&db, Sale::price.avg())
            .map(|mean| mean * Decimal::from(6))
            .unwrap()
            .to_string(),
        "17.269998"
    );
}

fn the_least_and_greatest_of_every_ordered_type(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    let (low, high) = (
        Everything::ordinary(),
        Everything {
            small: 10,
            medium: 10,
            big: i64::MAX,
            real: 1e300,
            name: "z".into(),
            body: "é".into(),
            price: decimal("12345678901234.5678"),
            day: NaiveDate::from_ymd_opt(9999, 12, 31).unwrap(),
            clock: NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap(),
            moment: NaiveDate::from_ymd_opt(9999, 12, 31)
                .unwrap()
                .and_hms_micro_opt(1, 2, 3, 4)
                .unwrap(),
            instant: NaiveDate::from_ymd_opt(9999, 12, 31)
                .unwrap()
                .and_hms_micro_opt(1, 2, 3, 4)
                .unwrap()
                .and_utc(),
            ..Everything::ordinary()
        },
    );
    for row in [&high, &low] {
        Everything::insert(row.clone()).execute(&db).unwrap();
    }
    macro_rules! extremes {
        ($($column:ident),*) => {$(
            let found = Everything::query().select((Everything::$column.min(), Everything::$column.max())).one(&db).unwrap();
            assert_eq!(found, (Some(low.$column.clone()), Some(high.$column.clone())));
            let filtered = Everything::$column.max().filter(Everything::real.lt(5.0));
            assert_eq!(Everything::query().select(filtered).one(&db).unwrap(), Some(low.$column.clone()));
        )*};
    }
    extremes!(
        small, medium, big, real, name, body, price, day, clock, moment, instant
    );
    assert_eq!(
        Everything::query()
            .select(Everything::maybe_day.max())
            .one(&db)
            .unwrap(),
        None
    );
}

fn texts_are_least_by_code_point(bed: &Bed) {
    let db = shops(bed);
    assert_eq!(
        one(&db, (Sale::shop.min(), Sale::shop.max())),
        (Some("North".into()), Some("É".into()))
    );
    assert_eq!(one(&db, Sale::amount.to_text().max()), Some("4".into()));
    assert_eq!(one(&db, Sale::amount.to_text().min()), Some("-3".into()));
}

fn nothing_has_no_sum(bed: &Bed) {
    let db = shops(bed);
    let none = Sale::query().filter(Sale::id.lt(0));
    assert_eq!(
        none.clone()
            .select((Sale::amount.sum(), Sale::weight.sum(), Sale::price.sum()))
            .one(&db)
            .unwrap(),
        (None, None, None)
    );
    assert_eq!(
        none.clone()
            .select((Sale::amount.avg(), Sale::weight.avg(), Sale::price.avg()))
            .one(&db)
            .unwrap(),
        (None, None, None)
    );
    assert_eq!(
        none.clone()
            .select((
                Sale::note.min(),
                Sale::note.join_text(","),
                Sale::paid.bool_and(),
                Sale::paid.bool_or()
            ))
            .one(&db)
            .unwrap(),
        (None, None, None, None)
    );
    assert_eq!(
        none.select(Sale::amount.sum().coalesce(0))
            .one(&db)
            .unwrap(),
        0
    );
}

fn filtered_aggregates(bed: &Bed) {
    let db = shops(bed);
    let north = || Sale::shop.eq("north");
    assert_eq!(
        one(
            &db,
            (
                count_rows().filter(north()),
                Sale::amount.sum().filter(north()),
                Sale::price.sum().filter(north())
            )
        ),
        (2, Some(8), Some(decimal("9.96")))
    );
    assert_eq!(
        one(
            &db,
            Sale::note
                .count()
                .filter(north())
                .filter(Sale::amount.gt(1))
        ),
        1
    );
    assert_eq!(
        one(&db, Sale::amount.avg().filter(Sale::amount.gt(1))),
        Some(10.0 / 3.0)
    );
    assert_eq!(
        one(
            &db,
            Sale::shop
                .max()
                .filter(Sale::amount.lt(3).and(Sale::note.is_not_null()))
        ),
        Some("North".into())
    );
    assert_eq!(
        one(
            &db,
            Sale::note
                .join_text("+")
                .filter(Sale::amount.gt(1))
                .order_by(Sale::id)
        ),
        Some("a+b".into())
    );
    assert_eq!(
        one(
            &db,
            Sale::amount.count().distinct().filter(Sale::amount.gt(0))
        ),
        3
    );
    assert_eq!(
        one(&db, Sale::amount.sum().filter(Sale::amount.gt(1000))),
        None
    );
}

fn distinct_aggregates(bed: &Bed) {
    let db = shops(bed);
    assert_eq!(
        one(
            &db,
            (
                Sale::amount.sum().distinct(),
                Sale::amount.count().distinct()
            )
        ),
        (Some(4), 4)
    );
    assert_eq!(
        one(
            &db,
            (Sale::amount.avg().distinct(), Sale::weight.sum().distinct())
        ),
        (Some(1.0), Some(2.0))
    );
    assert_eq!(
        one(
            &db,
            (Sale::price.avg().distinct(), Sale::amount.max().distinct())
        ),
        (Some(decimal("3.452")), Some(4))
    );
}

fn all_and_any(bed: &Bed) {
    let db = shops(bed);
    assert_eq!(
        one(&db, (Sale::paid.bool_and(), Sale::paid.bool_or())),
        (Some(false), Some(true))
    );
    let found = Sale::query()
        .select((
            Sale::shop,
            Sale::paid.bool_and(),
            Sale::paid.bool_or(),
            Sale::amount.gt(1).bool_and(),
        ))
        .group_by(Sale::shop)
        .order_by(Sale::shop)
        .all(&db)
        .unwrap();
    assert_eq!(
        found,
        [
            ("North".into(), Some(false), Some(true), Some(false)),
            ("north".into(), Some(true), Some(true), Some(true)),
            ("É".into(), None, None, Some(false)),
        ]
    );
    let paid = Sale::query()
        .select(Sale::shop)
        .group_by(Sale::shop)
        .having(Sale::paid.bool_and());
    assert_eq!(paid.all(&db).unwrap(), ["north"]);
}

fn aggregates_in_expressions(bed: &Bed) {
    let db = shops(bed);
    assert_eq!(
        one(&db, (Sale::amount.sum() * 2 + 1, count_rows() - 10)),
        (Some(17), -5)
    );
    assert_eq!(one(&db, Sale::amount.avg() * 10.0), Some(16.0));
    assert_eq!(one(&db, Sale::amount.avg() / Sale::weight.avg()), Some(2.0));
    assert_eq!(
        one(
            &db,
            (
                Sale::price.avg() + decimal("0.5"),
                Sale::price.sum() / Sale::price.avg()
            )
        ),
        (Some(decimal("3.952")), Some(decimal("5")))
    );
    assert_eq!(
        one(
            &db,
            (
                Sale::amount.sum() / 3,
                Sale::amount.sum().int_div(3),
                Sale::amount.sum() % 3
            )
        ),
        (Some(8.0 / 3.0), Some(2), Some(2))
    );
    assert_eq!(one(&db, Sale::price.sum().round(1)), Some(decimal("17.3")));
    let label = case::<String>()
        .when(Sale::amount.sum().gt(5), "much")
        .otherwise("little");
    assert_eq!(one(&db, label), "much");
    assert_eq!(
        one(
            &db,
            (
                Sale::amount.max() - Sale::amount.min(),
                Sale::price.max().coalesce(decimal("0"))
            )
        ),
        (Some(7), decimal("10.01"))
    );
    let conditional = case::<i32>()
        .when(Sale::size.eq(Size::Small), Sale::amount)
        .end()
        .sum();
    assert_eq!(one(&db, conditional), Some(6));
}
