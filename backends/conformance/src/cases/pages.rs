//! Pages by number, and by the place in an order.

use birgus::Database;
use birgus::prelude::*;
use birgus::query::{Cursor, Keyset, KeysetPage, count_rows};

use super::joins::writers;
use crate::Bed;
use crate::models::{Country, Everything, Mood, Post, Reading, User};

super::cases![
    pages_by_number,
    pages_of_groups_joins_and_sets,
    pages_that_make_no_sense_are_refused,
    keyset_pages_in_both_directions,
    keyset_pages_stand_still,
    keyset_orders_of_every_kind,
    keyset_over_keys_of_several_columns,
    keyset_with_filters_and_joins,
    cursors_of_other_orders_are_refused,
    orders_without_a_place_are_refused,
];

/// Users u00 to u22, of which every third has no age.
fn many(bed: &Bed) -> Database {
    let db = bed.database(&[User::info(), Post::info()]);
    let users = (0..23).map(|number| {
        let age = (number % 3 != 0).then_some(20 + number % 4);
        User::build()
            .username(format!("u{number:02}"))
            .email(format!("{number}"))
            .age(age)
    });
    User::insert_many(users).execute(&db).unwrap();
    db
}

fn pages_by_number(bed: &Bed) {
    let db = many(bed);
    let users = || User::query().order_by(User::username.desc());
    let page = users().paginate(2, 10, &db).unwrap();
    assert_eq!(
        (page.page, page.per_page, page.total, page.pages()),
        (2, 10, 23, 3)
    );
    assert_eq!(page.items.len(), 10);
    assert_eq!(
        (
            page.items[0].username.as_str(),
            page.items[9].username.as_str()
        ),
        ("u12", "u03")
    );
    assert!(page.has_next() && page.has_prev());
    assert_eq!((page.prev_page(), page.next_page()), (Some(1), Some(3)));
    assert_eq!(page.iter_pages(), [Some(1), Some(2), Some(3)]);
    let last = users().paginate(3, 10, &db).unwrap();
    assert_eq!(
        (last.items.len(), last.total, last.next_page()),
        (3, 23, None)
    );
    let beyond = users().paginate(9, 10, &db).unwrap();
    assert_eq!(
        (beyond.items.len(), beyond.total, beyond.pages()),
        (0, 23, 3)
    );
    assert!(!beyond.has_next() && beyond.has_prev());
    let far = users().paginate(u64::MAX, u64::MAX, &db).unwrap();
    assert_eq!((far.items.len(), far.total), (0, 23));
    let whole = users().paginate(1, 23, &db).unwrap();
    assert_eq!((whole.items.len(), whole.total, whole.pages()), (23, 23, 1));
    let none = users()
        .filter(User::username.eq("x"))
        .paginate(1, 10, &db)
        .unwrap();
    assert_eq!(
        (none.total, none.pages(), none.iter_pages().len()),
        (0, 0, 0)
    );
    let none = users()
        .filter(User::username.eq("x"))
        .paginate(2, 10, &db)
        .unwrap();
    assert_eq!((none.total, none.items.len()), (0, 0));
    // Without an order, by the key.
    let page = User::query()
        .paginate(3, 5, &db)
        .unwrap()
        .map(|user| user.id);
    assert_eq!(page.items, [11, 12, 13, 14, 15]);
    assert_eq!(page.into_iter().sum::<i64>(), 65);
    let mut session = db.session().unwrap();
    session.add(User::build().username("u99").email("u99"));
    assert_eq!(users().paginate(1, 5, &mut session).unwrap().total, 24);
}

fn pages_of_groups_joins_and_sets(bed: &Bed) {
    let db = writers(bed);
    let count = count_rows().label("posts");
    let page = Post::query()
        .select((Post::author_id, count.clone()))
        .group_by(Post::author_id)
        .order_by(count_rows().desc())
        .paginate(1, 1, &db)
        .unwrap();
    assert_eq!((page.items.as_slice(), page.total), (&[(1, 2)][..], 2));
    let joined = User::query()
        .join::<Post>(Post::author_id.eq(User::id))
        .distinct()
        .order_by(User::username);
    let page = joined.paginate(2, 1, &db).unwrap();
    assert_eq!((page.items[0].username.as_str(), page.total), ("susan", 2));
    let all = User::query().filter(User::age.lt(35)).union(User::query());
    let page = all.order_by(User::username).paginate(2, 2, &db).unwrap();
    assert_eq!((page.items[0].username.as_str(), page.total), ("susan", 3));
}

fn pages_that_make_no_sense_are_refused(bed: &Bed) {
    let db = many(bed);
    for (query, page, per_page) in [
        (User::query(), 0, 10),
        (User::query(), 1, 0),
        (User::query().limit(5), 1, 10),
    ] {
        let error = query.paginate(page, per_page, &db).unwrap_err();
        assert!(
            error.is_invalid_query() && error.to_string().contains("paginate"),
            "{error}"
        );
    }
    let error = User::query().keyset(0).first(&db).unwrap_err();
    assert!(
        error.is_invalid_query() && error.to_string().contains("keyset"),
        "{error}"
    );
}

/// Reads all pages forward, then back, and checks that they are the same; gives the rows.
fn walk<M: Model + Clone + PartialEq + std::fmt::Debug>(
    pages: &Keyset<M>,
    db: &Database,
) -> Vec<M> {
    let mut forward: Vec<Vec<M>> = Vec::new();
    let mut page: KeysetPage<M> = pages.first(db).unwrap();
    assert!(page.previous.is_none());
    loop {
        forward.push(page.items.clone());
        let Some(next) = page.next.clone() else { break };
        // As it comes back from a link.
        let next: Cursor = next.to_string().parse().unwrap();
        page = pages.after(&next, db).unwrap();
    }
    let mut backward: Vec<Vec<M>> = vec![page.items.clone()];
    while let Some(previous) = page.previous.clone() {
        page = pages.before(&previous, db).unwrap();
        backward.push(page.items.clone());
        assert!(page.next.is_some());
    }
    backward.reverse();
    assert_eq!(forward, backward);
    assert!(
        forward
            .iter()
            .rev()
            .skip(1)
            .all(|page| page.len() == forward[0].len())
    );
    forward.concat()
}

fn keyset_pages_in_both_directions(bed: &Bed) {
    let db = many(bed);
    let names = |query: Query<User>, size: u64| -> Vec<String> {
        let users = walk(&query.keyset(size), &db);
        users.into_iter().map(|user| user.username).collect()
    };
    let all = |query: Query<User>| query.pluck(User::username, &db).unwrap();
    for size in [1, 2, 7, 22, 23, 24] {
        assert_eq!(
            names(User::query(), size),
            all(User::query().order_by(User::id))
        );
        let query = || User::query().order_by(User::age);
        assert_eq!(names(query(), size), all(query().order_by(User::id)));
        let query = || User::query().order_by(User::age.desc());
        assert_eq!(names(query(), size), all(query().order_by(User::id)));
        let query = || {
            User::query()
                .order_by(User::age.asc().nulls_last())
                .order_by(User::username.desc())
        };
        assert_eq!(names(query(), size), all(query()));
        let query = || {
            User::query()
                .order_by(User::age.desc().nulls_first())
                .order_by(User::id.desc())
        };
        assert_eq!(names(query(), size), all(query()));
        let query = || {
            User::query()
                .order_by(User::active)
                .order_by(User::age.desc())
                .order_by(User::email)
        };
        assert_eq!(names(query(), size), all(query()));
    }
    let last = User::query().keyset(5).last(&db).unwrap();
    assert_eq!(
        last.items.iter().map(|user| user.id).collect::<Vec<_>>(),
        [19, 20, 21, 22, 23]
    );
    assert!(last.next.is_none() && last.previous.is_some());
    let none = User::query()
        .filter(User::age.eq(99))
        .keyset(5)
        .first(&db)
        .unwrap();
    assert!(none.items.is_empty() && none.next.is_none() && none.previous.is_none());
}

fn keyset_pages_stand_still(bed: &Bed) {
    let db = many(bed);
    let pages = User::query().order_by(User::username).keyset(5);
    let names = |page: &KeysetPage<User>| -> Vec<String> {
        page.items
            .iter()
            .map(|user| user.username.clone())
            .collect()
    };
    let first = pages.first(&db).unwrap();
    // Rows come and go before the place, and the row of the place itself goes.
    User::insert(User::build().username("a").email("a"))
        .execute(&db)
        .unwrap();
    User::query()
        .filter(User::username.in_(["u02", "u04"]))
        .delete(&db)
        .unwrap();
    let second = pages.after(first.next.as_ref().unwrap(), &db).unwrap();
    assert_eq!(names(&second), ["u05", "u06", "u07", "u08", "u09"]);
    let back = pages
        .before(second.previous.as_ref().unwrap(), &db)
        .unwrap();
    assert_eq!(names(&back), ["a", "u00", "u01", "u03"]);
    assert!(back.previous.is_none());
    // Nothing is left behind the place: the way back leads to its row.
    User::query()
        .filter(User::username.gt("u09"))
        .delete(&db)
        .unwrap();
    let end = pages.after(second.next.as_ref().unwrap(), &db).unwrap();
    assert!(end.items.is_empty() && end.next.is_none());
    let back = pages.before(end.previous.as_ref().unwrap(), &db).unwrap();
    assert_eq!(names(&back), ["u05", "u06", "u07", "u08", "u09"]);
    let json = serde_json::to_value(&back.next).unwrap();
    let cursor: Cursor = serde_json::from_value(json).unwrap();
    assert_eq!(Some(cursor), back.next);
}

fn keyset_orders_of_every_kind(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    let rows = (0..12_i16).map(|number| {
        let mut row = Everything::ordinary();
        let other = i64::from(number * 7 % 5);
        row.flag = number % 2 == 0;
        row.small = number % 3;
        row.big = i64::MAX - other;
        row.real = 1.0 / (other as f64 + 3.0);
        row.name = ["b", "a", "B", "é", "é\"\\'", "", "a ", "😀"][number as usize % 8].to_owned();
        row.bytes = vec![0, other.to_be_bytes()[7], 255];
        row.price = Decimal::new(other - 2, 4);
        row.instant += birgus::chrono::TimeDelta::microseconds(other);
        row.moment += birgus::chrono::TimeDelta::microseconds(other);
        row.clock = row.moment.time();
        row.day = row.day + birgus::chrono::Days::new(other.unsigned_abs());
        row.token = Uuid::from_u128(other.unsigned_abs().into());
        row.mood = [Mood::Grumpy, Mood::Happy, Mood::SoSo][number as usize % 3];
        row.maybe_mood = (number % 4 > 0).then_some(row.mood);
        row.maybe_price = (number % 4 > 1).then_some(row.price);
        row
    });
    Everything::insert_many(rows).execute(&db).unwrap();
    type E = Everything;
    let orders: [birgus::query::Order; 16] = [
        E::flag.desc(),
        E::small.asc(),
        E::big.desc(),
        E::real.asc(),
        E::name.asc(),
        E::name.desc(),
        E::bytes.desc(),
        E::price.asc(),
        E::day.desc(),
        E::clock.asc(),
        E::moment.desc(),
        E::instant.asc(),
        E::token.desc(),
        E::mood.asc(),
        E::maybe_mood.desc(),
        E::maybe_price.asc().nulls_last(),
    ];
    for order in orders {
        let query = Everything::query().order_by(order.clone());
        let expected = query.clone().order_by(E::id).pluck(E::id, &db).unwrap();
        for size in [1, 5] {
            let found = walk(&query.clone().keyset(size), &db);
            let found: Vec<i64> = found.iter().map(|row| row.id).collect();
            assert_eq!(found, expected, "{order:?} by {size}");
        }
    }
}

fn keyset_over_keys_of_several_columns(bed: &Bed) {
    let db = bed.database(&[Reading::info()]);
    let rows = (0..20_i64).map(|number| Reading {
        sensor: Uuid::from_u128((number % 2).unsigned_abs().into()),
        day: NaiveDate::from_ymd_opt(2024, 1, 1 + u32::try_from(number).unwrap() % 3).unwrap(),
        depth: Decimal::new(number, 2),
        night: number % 5 == 0,
        value: i32::try_from(number % 4).unwrap(),
    });
    Reading::insert_many(rows).execute(&db).unwrap();
    let found = walk(
        &Reading::query().order_by(Reading::value.desc()).keyset(3),
        &db,
    );
    let expected = Reading::query()
        .order_by(Reading::value.desc())
        .order_by(Reading::sensor)
        .order_by(Reading::day)
        .order_by(Reading::depth)
        .order_by(Reading::night)
        .all(&db)
        .unwrap();
    assert_eq!(found, expected);
}

fn keyset_with_filters_and_joins(bed: &Bed) {
    let db = writers(bed);
    let query = User::query()
        .join::<Post>(Post::author_id.eq(User::id))
        .distinct()
        .filter(User::age.gt(1).or(User::username.eq("x")))
        .order_by(User::username);
    let names: Vec<_> = walk(&query.clone().keyset(1), &db)
        .into_iter()
        .map(|user| user.username)
        .collect();
    assert_eq!(names, ["david", "susan"]);
    let alias = User::alias("u");
    let query = alias.query().order_by(alias.column(User::age).desc());
    assert_eq!(walk(&query.keyset(2), &db).len(), 3);
}

fn cursors_of_other_orders_are_refused(bed: &Bed) {
    let db = many(bed);
    let cursor = |query: Query<User>| query.keyset(1).first(&db).unwrap().next.unwrap();
    let by_name = cursor(User::query().order_by(User::username));
    let refused = |query: Query<User>| {
        let error = query.keyset(1).after(&by_name, &db).unwrap_err();
        assert!(
            error.is_invalid_value() && error.to_string().contains("cursor"),
            "{error}"
        );
        assert!(!error.to_string().contains("u00"), "{error}");
    };
    refused(User::query());
    refused(User::query().order_by(User::username.desc()));
    refused(User::query().order_by(User::email));
    refused(User::query().order_by(User::username).order_by(User::age));
    let country = Country::query().order_by(Country::name).keyset(1);
    assert!(country.after(&by_name, &db).unwrap_err().is_invalid_value());
    let mut text = by_name.to_string();
    text.truncate(text.len() - 3);
    assert!(text.parse::<Cursor>().unwrap_err().is_invalid_value());
    assert!("' OR 1 = 1".parse::<Cursor>().is_err());
    // Another filter is another view of the same order: the cursor stands for a place, whoever may see it.
    let filtered = User::query()
        .filter(User::age.is_null())
        .order_by(User::username);
    let page = filtered.keyset(1).after(&by_name, &db).unwrap();
    assert_eq!(page.items[0].username, "u03");
}

fn orders_without_a_place_are_refused(bed: &Bed) {
    let db = writers(bed);
    let refused = |query: Query<User>| {
        let error = query.keyset(2).first(&db).unwrap_err();
        assert!(
            error.is_invalid_query() && error.to_string().contains("keyset"),
            "{error}"
        );
    };
    refused(User::query().order_by(User::username.length().asc()));
    refused(User::query().limit(3));
    refused(User::query().union(User::query()));
    let joined = || User::query().join::<Post>(Post::author_id.eq(User::id));
    refused(joined());
    refused(joined().distinct().order_by(Post::likes));
}
