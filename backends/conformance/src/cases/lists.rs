//! Lists behind IN, of any length.

use birgus::prelude::*;
use birgus::query::{Expr, value};

use super::joins::writers;
use crate::Bed;
use crate::models::{Address, Everything, Mood, Post, Reading, Ticket, User};

super::cases![
    every_length_finds_the_same,
    every_type_is_found_in_a_long_list,
    doubles_are_found_to_the_last_bit,
    texts_of_every_kind_are_found_in_a_long_list,
    a_million_values,
    many_lists_in_one_statement,
    values_beside_expressions,
    a_value_that_no_column_holds_is_refused,
    tuples_of_values,
    tuples_of_every_length,
    tuples_from_queries,
    tuples_with_null_are_refused,
    several_columns_at_once,
    lists_in_changes_and_subqueries,
];

fn every_length_finds_the_same(bed: &Bed) {
    let db = bed.database(&[Ticket::info()]);
    Ticket::insert_many((1..=100).map(|id| Ticket { id }))
        .execute(&db)
        .unwrap();
    for length in [0, 1, 2, 3, 10, 64, 65, 127, 129, 512, 513, 2_000, 40_000] {
        // Every second id, and many that are not there; some of them twice.
        let list: Vec<i64> = (0..length).map(|number| number * 2).chain([2, 2]).collect();
        let list = if length == 0 { Vec::new() } else { list };
        let found = (1..=100).filter(|id| list.contains(id)).count() as u64;
        let inside = Ticket::query().filter(Ticket::id.in_(list.iter().copied()));
        assert_eq!(inside.count(&db).unwrap(), found, "{length}");
        let outside = Ticket::query().filter(Ticket::id.not_in(list.clone()));
        assert_eq!(outside.count(&db).unwrap(), 100 - found, "not {length}");
        let outside = Ticket::query().filter(!Ticket::id.in_(list));
        assert_eq!(outside.count(&db).unwrap(), 100 - found, "! {length}");
    }
}

/// A list with the value and so many others.
fn among<T: Clone>(value: &T, others: impl Fn(i64) -> T) -> Vec<T> {
    let mut list: Vec<T> = (0..1_500).map(others).collect();
    list.insert(700, value.clone());
    list
}

fn every_type_is_found_in_a_long_list(bed: &Bed) {
    use birgus::chrono::{Days, TimeDelta};

    let db = bed.database(&[Everything::info()]);
    let mut row = Everything::ordinary();
    row.big = i64::MIN;
    row.maybe_big = Some(i64::MAX);
    row.price = "-12345678901234.5678".parse().unwrap();
    row.maybe_price = Some("0.0001".parse().unwrap());
    row.maybe_mood = Some(Mood::SoSo);
    row.maybe_bytes = Some(Vec::new());
    Everything::insert(row.clone()).execute(&db).unwrap();
    Everything::insert(Everything::ordinary())
        .execute(&db)
        .unwrap();
    let count = |condition: Expr<bool>| Everything::query().filter(condition).count(&db).unwrap();

    let later = |number: i64| row.instant + TimeDelta::microseconds(number + 1);
    type E = Everything;
    assert_eq!(count(E::flag.in_(among(&true, |_| true))), 2);
    assert_eq!(count(E::flag.in_(among(&false, |_| false))), 0);
    assert_eq!(
        count(E::small.in_(among(&1, |n| i16::try_from(n).unwrap() + 9))),
        2
    );
    assert_eq!(
        count(E::medium.in_(among(&2, |n| i32::try_from(n).unwrap() + 9))),
        2
    );
    assert_eq!(count(E::big.in_(among(&i64::MIN, |n| i64::MIN + n + 1))), 1);
    assert_eq!(
        count(E::maybe_big.in_(among(&i64::MAX, |n| n - i64::MAX))),
        1
    );
    assert_eq!(
        count(E::maybe_big.not_in(among(&1, |n| n))),
        1,
        "NULL is found nowhere"
    );
    assert_eq!(count(E::real.in_(among(&4.5, |n| n as f64 + 0.25))), 2);
    assert_eq!(
        count(E::name.in_(among(&"name".to_owned(), |n| format!("name{n}")))),
        2
    );
    assert_eq!(
        count(E::body.in_(among(&"body".to_owned(), |n| format!("body {n}")))),
        2
    );
    assert_eq!(
        count(E::bytes.in_(among(&row.bytes, |n| n.to_be_bytes().to_vec()))),
        2
    );
    assert_eq!(
        count(E::maybe_bytes.in_(among(&Vec::new(), |n| n.to_be_bytes().to_vec()))),
        1
    );
    let price = |n: i64| Decimal::new(n + 1, 3);
    assert_eq!(count(E::price.in_(among(&row.price, price))), 1);
    assert_eq!(
        count(E::maybe_price.in_(among(&"0.0001".parse().unwrap(), price))),
        1
    );
    let day = |n: i64| row.day + Days::new(n.unsigned_abs() + 1);
    assert_eq!(count(E::day.in_(among(&row.day, day))), 2);
    assert_eq!(
        count(E::clock.in_(among(&row.clock, |n| later(n).time()))),
        2
    );
    assert_eq!(
        count(E::moment.in_(among(&row.moment, |n| later(n).naive_utc()))),
        2
    );
    assert_eq!(count(E::instant.in_(among(&row.instant, later))), 2);
    assert_eq!(count(E::instant.not_in(among(&row.instant, later))), 0);
    let token = |n: i64| Uuid::from_u128(n.unsigned_abs().into());
    assert_eq!(count(E::token.in_(among(&row.token, token))), 2);
    assert_eq!(count(E::token.not_in(among(&row.token, token))), 0);
    assert_eq!(count(E::mood.in_(among(&Mood::Happy, |_| Mood::Grumpy))), 2);
    assert_eq!(
        count(E::maybe_mood.in_(among(&Mood::SoSo, |_| Mood::Grumpy))),
        1
    );
    assert_eq!(
        count(E::price.in_(among(&Decimal::ONE, |_| Decimal::ONE))),
        0
    );
}

fn doubles_are_found_to_the_last_bit(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    let mut bits = 0x0123_4567_89ab_cdef_u64;
    let mut doubles = vec![
        f64::MIN_POSITIVE,
        f64::MAX,
        f64::MIN,
        5e-324,
        0.1,
        1.0 / 3.0,
        1e22,
        1e23,
        9_007_199_254_740_993.0,
        0.0,
    ];
    while doubles.len() < 3_000 {
        // A generator of Marsaglia's: the same numbers each time.
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        let number = f64::from_bits(bits);
        if number.is_finite() {
            doubles.push(number);
        }
    }
    let rows = doubles.iter().map(|number| {
        let mut row = Everything::ordinary();
        row.real = *number;
        row
    });
    Everything::insert_many(rows).execute(&db).unwrap();
    let found = Everything::query().filter(Everything::real.in_(doubles.clone()));
    assert_eq!(found.count(&db).unwrap(), doubles.len() as u64);
    let neighbours = doubles
        .iter()
        .map(|number| number.next_up())
        .filter(|number| number.is_finite());
    let neighbours: Vec<f64> = neighbours
        .filter(|number| !doubles.contains(number))
        .collect();
    let found = Everything::query().filter(Everything::real.in_(neighbours));
    assert_eq!(found.count(&db).unwrap(), 0);
}

fn texts_of_every_kind_are_found_in_a_long_list(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    let texts = [
        "",
        " ",
        "a",
        "A",
        "a ",
        "é",
        "e\u{301}",
        "ß",
        "\"",
        "\\",
        "'",
        "\n\t\r\u{1}\u{1f}\u{7f}",
        "😀",
        "\u{2028}",
        "{}",
        "[1]",
        "null",
        "1",
        "1.0",
        "01",
        "%",
        "_",
        "\\u0041",
        "\u{ffff}",
        "\u{10ffff}",
    ];
    let long = "long 😀\"\\".repeat(5_000);
    let rows = texts.iter().copied().chain([long.as_str()]).map(|text| {
        let mut row = Everything::ordinary();
        row.body = text.to_owned();
        row
    });
    Everything::insert_many(rows).execute(&db).unwrap();
    let rest = || (0..2_000).map(|number| format!("text {number}"));
    for text in texts {
        let list = rest().chain([text.to_owned()]);
        let found: Vec<String> = Everything::query()
            .filter(Everything::body.in_(list.clone()))
            .pluck(Everything::body, &db)
            .unwrap();
        assert_eq!(found, [text], "{text:?}");
        let others = Everything::query().filter(Everything::body.not_in(list));
        assert_eq!(others.count(&db).unwrap(), texts.len() as u64, "{text:?}");
    }
    let list = rest().chain([long.clone()]);
    let found = Everything::query().filter(Everything::body.in_(list));
    assert_eq!(found.one(&db).unwrap().body, long);
}

fn a_million_values(bed: &Bed) {
    let db = bed.database(&[Ticket::info()]);
    Ticket::insert_many((1..=1_000).map(|id| Ticket { id: id * 1_000 }))
        .execute(&db)
        .unwrap();
    let list: Vec<i64> = (0..1_000_000).collect();
    let inside = Ticket::query().filter(Ticket::id.in_(list.iter().copied()));
    assert_eq!(inside.count(&db).unwrap(), 999);
    let outside = Ticket::query().filter(Ticket::id.not_in(list));
    assert_eq!(outside.one(&db).unwrap().id, 1_000_000);
}

fn many_lists_in_one_statement(bed: &Bed) {
    let db = writers(bed);
    // Their values alone are more than a statement may bind one by one.
    let query = (0..900).fold(User::query(), |query, number| {
        query.filter(User::id.not_in(10 + number..10 + number + 60))
    });
    assert_eq!(query.count(&db).unwrap(), 3);
}

fn values_beside_expressions(bed: &Bed) {
    let db = writers(bed);
    let query =
        Post::query().filter(Post::likes.in_([Post::likes.into_expr(), value(1).into_expr()]));
    assert_eq!(query.count(&db).unwrap(), 3);
    let query = Post::query().filter(Post::likes.in_([value(1).into_expr(), value(7).into_expr()]));
    assert_eq!(query.count(&db).unwrap(), 1);
    let query =
        Post::query().filter(Post::likes.not_in([value(1).into_expr(), Post::likes.into_expr()]));
    assert_eq!(query.count(&db).unwrap(), 0);
}

fn a_value_that_no_column_holds_is_refused(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    let refused = |condition: Expr<bool>, name: &str| {
        let error = Everything::query().filter(condition).all(&db).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    };
    let fine: Decimal = "1.00001".parse().unwrap();
    refused(
        Everything::price.in_([Decimal::ONE, fine]),
        "everything.price",
    );
    refused(Everything::name.in_(["a", "b\0"]), "everything.name");
    refused(Everything::real.in_([1.0, f64::NAN]), "everything.real");
    refused(
        Everything::maybe_big.in_([Some(1), None]),
        "everything.maybe_big",
    );
}

fn addresses(bed: &Bed) -> birgus::Database {
    let db = bed.database(&[Address::info(), Reading::info(), User::info(), Post::info()]);
    let all = [("High", 1), ("High", 2), ("Low", 1), ("Low", 3)];
    for (street, number) in all {
        let city = "Portland".to_owned();
        let street = street.to_owned();
        Address::insert(Address {
            street,
            number,
            city,
        })
        .execute(&db)
        .unwrap();
    }
    db
}

fn found(query: Query<Address>, db: &birgus::Database) -> Vec<(String, i32)> {
    query
        .order_by(Address::street)
        .order_by(Address::number)
        .pluck((Address::street, Address::number), db)
        .unwrap()
}

fn owned<const N: usize>(rows: [(&str, i32); N]) -> Vec<(String, i32)> {
    rows.map(|(street, number)| (street.to_owned(), number))
        .into()
}

fn tuples_of_values(bed: &Bed) {
    let db = addresses(bed);
    let key = || (Address::street, Address::number);
    let query = |condition| Address::query().filter(condition);
    let list = [("High", 2), ("Low", 1), ("Low", 2)];
    assert_eq!(
        found(query(key().in_(list)), &db),
        owned([("High", 2), ("Low", 1)])
    );
    assert_eq!(
        found(query(key().not_in(list)), &db),
        owned([("High", 1), ("Low", 3)])
    );
    assert_eq!(
        found(query(!key().in_(list)), &db),
        owned([("High", 1), ("Low", 3)])
    );
    let none = || Vec::<(String, i32)>::new();
    assert!(found(query(key().in_(none())), &db).is_empty());
    assert_eq!(found(query(key().not_in(none())), &db).len(), 4);
    let flags = query(key().in_([("High", 1)])).count(&db).unwrap();
    assert_eq!(flags, 1);
    let rows = Address::query()
        .select((Address::number, key().in_([("High", 1), ("High", 7)])))
        .order_by(Address::street)
        .order_by(Address::number)
        .limit(2)
        .all(&db)
        .unwrap();
    assert_eq!(rows, [(1, true), (2, false)]);
    let mixed = key().in_([(Address::city.into_expr(), Address::number.into_expr())]);
    assert!(found(query(mixed), &db).is_empty());
}

fn tuples_of_every_length(bed: &Bed) {
    let db = addresses(bed);
    let key = || (Address::street, Address::number);
    for length in [1, 3, 31, 33, 255, 257, 3_000, 50_000] {
        let list = (0..length).map(|number| (if number % 2 == 0 { "High" } else { "Low" }, number));
        let expected = |inside: bool| -> Vec<_> {
            let all = owned([("High", 1), ("High", 2), ("Low", 1), ("Low", 3)]);
            let list: Vec<_> = list.clone().collect();
            all.into_iter()
                .filter(|(street, number)| list.contains(&(street, *number)) == inside)
                .collect()
        };
        let query = Address::query().filter(key().in_(list.clone()));
        assert_eq!(found(query, &db), expected(true), "{length}");
        let query = Address::query().filter(key().not_in(list.clone()));
        assert_eq!(found(query, &db), expected(false), "not {length}");
    }
    let reading = |number: i64| Reading {
        sensor: Uuid::from_u128(7),
        day: NaiveDate::from_ymd_opt(2024, 5, 6).unwrap(),
        depth: Decimal::new(number, 2),
        night: number % 2 == 0,
        value: 1,
    };
    Reading::insert_many((0..4).map(reading))
        .execute(&db)
        .unwrap();
    for length in [2, 2_000] {
        let list = (0..length).map(|number| {
            let Reading {
                sensor,
                day,
                depth,
                night,
                ..
            } = reading(number);
            (sensor, day, depth, night)
        });
        let key = (
            Reading::sensor,
            Reading::day,
            Reading::depth,
            Reading::night,
        );
        let query = Reading::query().filter(key.in_(list));
        assert_eq!(query.count(&db).unwrap(), length.min(4).unsigned_abs());
    }
}

fn tuples_from_queries(bed: &Bed) {
    let db = addresses(bed);
    let key = || (Address::street, Address::number);
    let other = Address::alias("other");
    let lowest = || {
        other
            .query()
            .select((other.column(Address::street), other.column(Address::number)))
            .filter(other.column(Address::number).eq(1))
    };
    let query = |condition| Address::query().filter(condition);
    assert_eq!(
        found(query(key().in_(lowest())), &db),
        owned([("High", 1), ("Low", 1)])
    );
    assert_eq!(
        found(query(key().not_in(lowest())), &db),
        owned([("High", 2), ("Low", 3)])
    );
    let limited = lowest()
        .order_by(other.column(Address::street).desc())
        .limit(1);
    assert_eq!(found(query(key().in_(limited)), &db), owned([("Low", 1)]));
    let most = other
        .query()
        .select((
            other.column(Address::street),
            other.column(Address::number).max(),
        ))
        .group_by(other.column(Address::street));
    assert_eq!(
        found(query(key().in_(most.clone())), &db),
        owned([("High", 2), ("Low", 3)])
    );
    assert_eq!(query(key().not_in(most)).delete(&db).unwrap(), 2);
}

fn tuples_with_null_are_refused(bed: &Bed) {
    let db = addresses(bed);
    let refused = |condition: Expr<bool>| {
        let error = User::query().filter(condition).all(&db).unwrap_err();
        assert!(
            error.is_invalid_query() && error.to_string().contains("user.age"),
            "{error}"
        );
    };
    refused((User::id, User::age).in_([(1, Some(2)), (3, None)]));
    refused((User::id, User::age).not_in([(1, 2)]));
    let none = (User::id, User::age).in_([(1, 2)]);
    assert!(User::query().filter(none).all(&db).unwrap().is_empty());
}

fn several_columns_at_once(bed: &Bed) {
    let db = writers(bed);
    let query = User::query().filter_by((User::username, User::active), ("susan", true));
    assert_eq!(query.one(&db).unwrap().username, "susan");
    let query = User::query().filter_by((User::username, User::age), ("anna", None::<i32>));
    assert_eq!(query.one(&db).unwrap().username, "anna");
    let query = User::query().filter_by((User::username, User::age), ("susan", 31));
    assert_eq!(query.count(&db).unwrap(), 0);
    let query = User::query()
        .filter_by(User::age, 40)
        .filter_by(User::active, true);
    assert_eq!(query.one(&db).unwrap().username, "david");
}

fn lists_in_changes_and_subqueries(bed: &Bed) {
    let db = writers(bed);
    let some = || (2..90_000).map(i64::from);
    let posts = Post::query()
        .filter(Post::id.in_(some()))
        .select(Post::author_id);
    let query = User::query()
        .filter(User::id.in_(posts))
        .filter(User::id.in_(some()));
    assert_eq!(query.clone().one(&db).unwrap().username, "david");
    assert_eq!(query.update(User::age.set(1), &db).unwrap(), 1);
    assert_eq!(
        Post::query()
            .filter(Post::id.in_(some()))
            .delete(&db)
            .unwrap(),
        2
    );
    assert_eq!(
        Post::query()
            .filter(Post::id.not_in(some()))
            .count(&db)
            .unwrap(),
        1
    );
}
