//! Groups, and what engines leave to chance in them.

use birgus::prelude::*;
use birgus::query::{count_rows, value};

use super::aggregates::{Sale, Size, decimal, refused, shops};
use crate::Bed;

super::cases![
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
