//! Texts that are joined.

use birgus::prelude::*;

use super::aggregates::{Sale, Size, database, one, refused, sale, shops};
use crate::Bed;

super::cases![
    texts_are_joined_in_order,
    a_separator_may_hold_anything,
    long_texts_are_joined_whole,
    distinct_joined_texts_are_refused,
];

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
