//! Aggregates, groups, and what they refuse.

use birgus::prelude::*;
use birgus::query::{Selection, case, count_rows, value};
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
    texts_are_joined_in_order,
    a_separator_may_hold_anything,
    long_texts_are_joined_whole,
    distinct_joined_texts_are_refused,
    all_and_any,
    aggregates_in_expressions,
    groups_and_having,
    having_without_group_by,
    groups_of_expressions,
    groups_of_null,
    an_enum_in_order_of_a_grouped_query,
    distinct_rows_in_order,
    a_subquery_beside_groups,
    an_aggregate_in_a_correlated_subquery,
    bare_columns_beside_an_aggregate_are_refused,
    aggregates_in_a_filter_are_refused,
    aggregates_of_aggregates_are_refused,
    an_aggregate_of_outer_columns_is_refused,
    an_order_by_an_aggregate_without_groups_is_refused,
];

#[derive(DbEnum, Debug, Clone, Copy, PartialEq, Eq)]
enum Size {
    Small,
    Medium,
    Large,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct Sale {
    #[key]
    id: i64,
    #[column(length = 20)]
    shop: String,
    size: Size,
    amount: i32,
    big: i64,
    weight: f64,
    #[column(precision = 10, scale = 2)]
    price: Decimal,
    #[column(length = 20)]
    note: Option<String>,
    paid: Option<bool>,
}

fn sale(shop: &str, size: Size, amount: i32, price: &str) -> Sale {
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

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn database(bed: &Bed, rows: Vec<Sale>) -> Database {
    let db = bed.database(&[Sale::info()]);
    Sale::insert_many(rows).execute(&db).unwrap();
    db
}

/// Two shops, one without a note.
fn shops(bed: &Bed) -> Database {
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

fn one<S: Selection>(db: &Database, selection: S) -> S::Output {
    Sale::query().select(selection).one(db).unwrap()
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T>, part: &str) {
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

fn texts_are_joined_in_order(bed: &Bed) {
    let db = shops(bed);
    assert_eq!(
        one(&db, Sale::note.join_text(", ").order_by(Sale::id)),
        Some("b, a, b".into())
    );
    assert_eq!(
        one(
            &db,
            Sale::note
                .join_text("")
                .order_by(Sale::note.desc())
                .order_by(Sale::id)
        ),
        Some("bba".into())
    );
    assert_eq!(
        one(
            &db,
            Sale::shop
                .join_text("|")
                .order_by(Sale::note.asc().nulls_last())
                .order_by(Sale::id.desc())
        ),
        Some("North|north|North|É|north".into())
    );
    let grouped = Sale::query()
        .select((
            Sale::shop,
            Sale::amount
                .to_text()
                .join_text("/")
                .order_by(Sale::amount.desc()),
        ))
        .group_by(Sale::shop)
        .order_by(Sale::shop.asc());
    let found = grouped.all(&db).unwrap();
    assert_eq!(
        found,
        [
            ("North".into(), Some("2/1".into())),
            ("north".into(), Some("4/4".into())),
            ("É".into(), Some("-3".into()))
        ]
    );
}

fn a_separator_may_hold_anything(bed: &Bed) {
    let db = shops(bed);
    for separator in [
        "'", "''", "\\", "\\'", "?", "é", "\"", "--", "/*", "$1", ":a", "\n", " ",
    ] {
        let joined = Sale::note.join_text(separator).order_by(Sale::note);
        assert_eq!(
            one(&db, joined),
            Some(format!("a{separator}b{separator}b")),
            "{separator}"
        );
    }
    let error = Sale::query()
        .select(Sale::note.join_text("\0"))
        .one(&db)
        .unwrap_err();
    assert!(
        error.is_invalid_query() || error.is_invalid_value(),
        "{error}"
    );
}

fn long_texts_are_joined_whole(bed: &Bed) {
    let rows = (0..300)
        .map(|_| Sale {
            note: Some("é".repeat(20)),
            ..sale("a", Size::Small, 1, "1")
        })
        .collect();
    let db = database(bed, rows);
    let joined = one(&db, Sale::note.join_text(",").order_by(Sale::id)).unwrap();
    assert_eq!(joined.chars().count(), 300 * 21 - 1);
}

fn distinct_joined_texts_are_refused(bed: &Bed) {
    let db = shops(bed);
    refused(
        Sale::query()
            .select(Sale::note.join_text(",").distinct())
            .one(&db),
        "distinct",
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

fn groups_and_having(bed: &Bed) {
    let db = shops(bed);
    let found = Sale::query()
        .select((Sale::shop, count_rows(), Sale::price.sum()))
        .filter(Sale::amount.gt(0))
        .group_by(Sale::shop)
        .having(Sale::amount.sum().ge(3))
        .having(count_rows().between(1, 5))
        .order_by(Sale::price.sum().desc())
        .all(&db)
        .unwrap();
    assert_eq!(
        found,
        [
            ("north".into(), 2, Some(decimal("9.96"))),
            ("North".into(), 2, Some(decimal("0.30")))
        ]
    );
    let exact = Sale::query()
        .select(Sale::shop)
        .group_by(Sale::shop)
        .having(Sale::price.avg().eq(decimal("4.98")));
    assert_eq!(exact.clone().all(&db).unwrap(), ["north"]);
    assert_eq!(exact.count(&db).unwrap(), 1);
}

fn having_without_group_by(bed: &Bed) {
    let db = shops(bed);
    let total = Sale::query().select(Sale::amount.sum());
    assert_eq!(
        total.clone().having(count_rows().gt(3)).all(&db).unwrap(),
        [Some(8)]
    );
    assert_eq!(total.having(count_rows().gt(30)).all(&db).unwrap(), []);
    let constant = Sale::query()
        .select(value(1_i64))
        .having(count_rows().gt(3));
    refused(constant.all(&db), "an aggregate that is selected");
}

fn groups_of_expressions(bed: &Bed) {
    let db = shops(bed);
    let half = Sale::amount.int_div(2);
    let found = Sale::query()
        .select((half.clone(), count_rows()))
        .group_by(half.clone())
        .order_by(half.clone().desc())
        .all(&db)
        .unwrap();
    assert_eq!(
        found,
        [(Some(2), 2), (Some(1), 1), (Some(0), 1), (Some(-1), 1)]
    );
    let twice = Sale::query()
        .select((half.clone() * 2, count_rows()))
        .group_by(half);
    refused(twice.all(&db), "can only be used whole");
    let pairs = Sale::query()
        .select((Sale::amount + Sale::amount, Sale::shop, count_rows()))
        .group_by(Sale::amount + Sale::amount)
        .group_by(Sale::shop)
        .filter((Sale::amount + Sale::amount).gt(2))
        .order_by((Sale::amount + Sale::amount).asc())
        .all(&db)
        .unwrap();
    assert_eq!(pairs, [(4, "North".into(), 1), (8, "north".into(), 2)]);
    let having = Sale::query()
        .select(count_rows())
        .group_by(Sale::amount + Sale::amount)
        .having((Sale::amount + Sale::amount).gt(2));
    refused(having.all(&db), "use filter");
    let inside = Sale::query()
        .select(((Sale::amount + Sale::amount) * 2, count_rows()))
        .group_by(Sale::amount + Sale::amount);
    refused(inside.all(&db), "can only be used whole");
    let columns = Sale::query()
        .select((Sale::amount + Sale::amount, count_rows()))
        .group_by(Sale::amount)
        .having((Sale::amount * 2).gt(2))
        .order_by((Sale::amount * 3).desc());
    assert_eq!(columns.all(&db).unwrap(), [(8, 2), (4, 1)]);
}

fn groups_of_null(bed: &Bed) {
    let db = shops(bed);
    let found = Sale::query()
        .select((Sale::note, Sale::paid, count_rows()))
        .group_by(Sale::note)
        .group_by(Sale::paid)
        .order_by(Sale::note.asc())
        .all(&db)
        .unwrap();
    assert_eq!(
        found,
        [
            (None, None, 2),
            (Some("a".into()), Some(false), 1),
            (Some("b".into()), Some(true), 2)
        ]
    );
}

fn an_enum_in_order_of_a_grouped_query(bed: &Bed) {
    let db = shops(bed);
    let by_size = Sale::query()
        .select((Sale::size, count_rows()))
        .group_by(Sale::size);
    let found = by_size
        .clone()
        .order_by(Sale::size.desc())
        .all(&db)
        .unwrap();
    assert_eq!(
        found,
        [(Size::Large, 2), (Size::Medium, 1), (Size::Small, 2)]
    );
    let found = by_size
        .having(Sale::size.gt(Size::Small))
        .order_by(Sale::size.asc())
        .all(&db)
        .unwrap();
    assert_eq!(found, [(Size::Medium, 1), (Size::Large, 2)]);
}

fn distinct_rows_in_order(bed: &Bed) {
    let db = shops(bed);
    let sizes = Sale::query().select(Sale::size).distinct();
    assert_eq!(
        sizes.clone().order_by(Sale::size.asc()).all(&db).unwrap(),
        [Size::Small, Size::Medium, Size::Large]
    );
    assert_eq!(
        sizes.order_by(Sale::size.desc()).limit(1).all(&db).unwrap(),
        [Size::Large]
    );
    let doubled = Sale::query().select(Sale::amount * 2).distinct();
    assert_eq!(
        doubled
            .clone()
            .order_by((Sale::amount * 2).desc())
            .all(&db)
            .unwrap(),
        [8, 4, 2, -6]
    );
    assert_eq!(doubled.count(&db).unwrap(), 4);
    let other = Sale::query()
        .select(Sale::shop)
        .distinct()
        .order_by(Sale::amount.asc());
    assert!(other.all(&db).unwrap_err().is_invalid_query());
    let grouped = Sale::query()
        .select(count_rows())
        .group_by(Sale::shop)
        .distinct()
        .order_by(count_rows().desc());
    assert_eq!(grouped.all(&db).unwrap(), [2, 1]);
}

fn a_subquery_beside_groups(bed: &Bed) {
    let db = shops(bed);
    let alias = Sale::alias("other");
    let largest = alias
        .query()
        .select(alias.column(Sale::amount).max())
        .filter(alias.column(Sale::shop).eq(Sale::shop))
        .as_value();
    let found = Sale::query()
        .select((Sale::shop, count_rows(), largest.clone()))
        .group_by(Sale::shop)
        .order_by(Sale::shop)
        .all(&db)
        .unwrap();
    assert_eq!(
        found,
        [
            ("North".into(), 2, Some(2)),
            ("north".into(), 2, Some(4)),
            ("É".into(), 1, Some(-3))
        ]
    );
    let by_size = Sale::query()
        .select((Sale::size, largest))
        .group_by(Sale::size);
    refused(by_size.all(&db), "sale.shop: a bare column");
}

fn an_aggregate_in_a_correlated_subquery(bed: &Bed) {
    let db = shops(bed);
    let alias = Sale::alias("other");
    let sum = alias
        .query()
        .select(alias.column(Sale::price).sum())
        .filter(alias.column(Sale::shop).eq(Sale::shop))
        .as_value();
    let found = Sale::query()
        .select((Sale::id, sum))
        .order_by(Sale::id)
        .limit(1)
        .all(&db)
        .unwrap();
    assert_eq!(found[0].1, Some(decimal("0.30")));
}

fn bare_columns_beside_an_aggregate_are_refused(bed: &Bed) {
    let db = shops(bed);
    refused(
        Sale::query().select((Sale::shop, count_rows())).all(&db),
        "sale.shop: a bare column",
    );
    refused(
        Sale::query()
            .select(Sale::amount.sum() + Sale::amount)
            .all(&db),
        "sale.amount: a bare column",
    );
    let ordered = Sale::query()
        .select(count_rows())
        .group_by(Sale::shop)
        .order_by(Sale::amount);
    refused(ordered.all(&db), "sale.amount: a bare column");
    let having = Sale::query()
        .select(Sale::shop)
        .group_by(Sale::shop)
        .having(Sale::amount.gt(1));
    refused(having.all(&db), "sale.amount: a bare column");
    refused(
        Sale::query().group_by(Sale::shop).all(&db),
        "must select what it groups by",
    );
}

fn aggregates_in_a_filter_are_refused(bed: &Bed) {
    let db = shops(bed);
    let filtered = Sale::query().filter(Sale::amount.sum().gt(1));
    refused(filtered.clone().all(&db), "having");
    refused(filtered.clone().count(&db), "having");
    refused(filtered.clone().exists(&db), "having");
    refused(filtered.delete(&db), "having");
    refused(
        Sale::query()
            .select(Sale::amount.sum())
            .group_by(Sale::amount.sum())
            .all(&db),
        "grouped by an aggregate",
    );
}

fn aggregates_of_aggregates_are_refused(bed: &Bed) {
    let db = shops(bed);
    refused(
        Sale::query().select(Sale::amount.sum().max()).all(&db),
        "an aggregate of an aggregate",
    );
    refused(
        Sale::query()
            .select((Sale::amount.sum() + 1).avg())
            .all(&db),
        "an aggregate of an aggregate",
    );
    let filtered = count_rows().filter(Sale::amount.max().gt(1));
    refused(
        Sale::query().select(filtered).all(&db),
        "an aggregate of an aggregate",
    );
}

fn an_aggregate_of_outer_columns_is_refused(bed: &Bed) {
    let db = shops(bed);
    let alias = Sale::alias("other");
    let outer = alias.query().select(Sale::amount.sum()).as_value();
    refused(
        Sale::query().select((Sale::id, outer)).all(&db),
        "columns of the query around it",
    );
}

fn an_order_by_an_aggregate_without_groups_is_refused(bed: &Bed) {
    let db = shops(bed);
    refused(
        Sale::query().order_by(Sale::amount.sum().desc()).all(&db),
        "ordered by an aggregate",
    );
    refused(
        Sale::query()
            .select(Sale::shop)
            .order_by(count_rows().desc())
            .all(&db),
        "ordered by an aggregate",
    );
}
