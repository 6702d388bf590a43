//! UNION, INTERSECT, EXCEPT.

use birgus::Database;
use birgus::prelude::*;
use birgus::query::{count_rows, exists, value};

use super::joins::writers;
use crate::Bed;
use crate::models::{Everything, Post, Price, User};

super::cases![
    rows_of_both,
    precedence_is_as_written,
    order_and_limit_inside_and_outside,
    ordered_by_a_value_that_is_selected,
    filters_on_the_result,
    null_is_like_any_other_value,
    texts_are_told_apart_as_elsewhere,
    tuples_and_tables_of_another_kind,
    whole_models_with_documents,
    decimals_of_another_scale_are_refused,
    documents_are_refused,
    terminals_on_set_operations,
    inside_of_other_queries,
];

fn by(names: &'static [&'static str]) -> Query<User, String> {
    User::query()
        .filter(User::username.in_(names.iter().copied()))
        .select(User::username)
}

fn sorted<M>(query: Query<M, String>, db: &Database) -> Vec<String> {
    let mut names = query.all(db).unwrap();
    names.sort();
    names
}

fn rows_of_both(bed: &Bed) {
    let db = writers(bed);
    let (a, b) = (by(&["susan", "david"]), by(&["david", "anna"]));
    assert_eq!(
        sorted(a.clone().union(b.clone()), &db),
        ["anna", "david", "susan"]
    );
    assert_eq!(
        sorted(a.clone().union_all(b.clone()), &db),
        ["anna", "david", "david", "susan"]
    );
    assert_eq!(sorted(a.clone().intersect(b.clone()), &db), ["david"]);
    assert_eq!(sorted(a.clone().except(b.clone()), &db), ["susan"]);
    assert_eq!(sorted(b.except(a), &db), ["anna"]);
}

fn precedence_is_as_written(bed: &Bed) {
    let db = writers(bed);
    let (susan, david, both) = (
        || by(&["susan"]),
        || by(&["david"]),
        || by(&["susan", "david"]),
    );
    // The standard and most engines would intersect first.
    let first_union = susan().union(david()).intersect(david());
    assert_eq!(sorted(first_union, &db), ["david"]);
    let first_intersect = susan().union(david().intersect(david()));
    assert_eq!(sorted(first_intersect, &db), ["david", "susan"]);
    let nested = both().except(david().union(by(&["anna"])));
    assert_eq!(sorted(nested, &db), ["susan"]);
    let chain = both().union(by(&["anna"])).except(david()).except(susan());
    assert_eq!(sorted(chain, &db), ["anna"]);
    let right = both().except(both().except(david()));
    assert_eq!(sorted(right, &db), ["david"]);
}

fn order_and_limit_inside_and_outside(bed: &Bed) {
    let db = writers(bed);
    let oldest = || User::query().order_by(User::age.desc()).limit(1);
    let last = || User::query().order_by(User::username.desc()).limit(1);
    let both = oldest().union(last()).order_by(User::username);
    let names = |query: Query<User>| -> Vec<String> {
        (query.all(&db).unwrap().into_iter())
            .map(|user| user.username)
            .collect()
    };
    assert_eq!(names(both.clone()), ["david", "susan"]);
    assert_eq!(names(both.clone().limit(1)), ["david"]);
    assert_eq!(names(both.clone().limit(1).offset(1)), ["susan"]);
    assert_eq!(
        names(both.unordered().order_by(User::age.asc()).limit(1)),
        ["susan"]
    );
    // A limit on the result, and another set operation on that.
    let query = oldest()
        .union(last())
        .order_by(User::username.desc())
        .limit(1)
        .union_all(oldest())
        .order_by(User::id);
    assert_eq!(names(query), ["susan", "david"]);
    // An order without a limit means nothing to a part.
    let query = User::query()
        .order_by(User::username)
        .union(User::query())
        .order_by(User::id.desc());
    assert_eq!(names(query), ["anna", "david", "susan"]);
}

fn ordered_by_a_value_that_is_selected(bed: &Bed) {
    let db = writers(bed);
    let place = || value("b".to_owned());
    let query = User::query()
        .filter(User::username.eq("anna"))
        .select((place(), User::username))
        .union_all(by_place("c", "susan"))
        .union_all(by_place("a", "david"));
    let names = |query: Query<User, (String, String)>| -> Vec<String> {
        let rows = query.all(&db).unwrap();
        rows.into_iter().map(|(_, name)| name).collect()
    };
    let forwards = query.clone().order_by(place().asc());
    assert_eq!(names(forwards), ["david", "anna", "susan"]);
    assert_eq!(
        names(query.order_by(place().desc())),
        ["susan", "anna", "david"]
    );
}

fn by_place(place: &str, name: &'static str) -> Query<User, (String, String)> {
    User::query()
        .filter(User::username.eq(name))
        .select((value(place.to_owned()), User::username))
}

fn filters_on_the_result(bed: &Bed) {
    let db = writers(bed);
    let all = User::query().filter(User::age.gt(35)).union(User::query());
    let query = all
        .clone()
        .filter(User::age.is_null().or(User::username.starts_with("d")))
        .order_by(User::age);
    let names: Vec<_> = query
        .all(&db)
        .unwrap()
        .into_iter()
        .map(|user| user.username)
        .collect();
    assert_eq!(names, ["anna", "david"]);
    assert_eq!(all.clone().pluck(User::age.max(), &db).unwrap(), [Some(40)]);
    // Its values alone are there.
    let error = by(&["susan"])
        .union(by(&["anna"]))
        .filter(User::age.is_null())
        .all(&db)
        .unwrap_err();
    assert!(
        error.is_invalid_query() && error.to_string().contains("user.age"),
        "{error}"
    );
    // A query inside, over a table that the result was made of, sees its own rows.
    let younger = exists(
        Post::query()
            .join::<User>(User::id.eq(Post::author_id))
            .filter(User::username.eq("david")),
    );
    assert_eq!(all.filter(younger).count(&db).unwrap(), 3);
}

fn null_is_like_any_other_value(bed: &Bed) {
    let db = writers(bed);
    let ages = || User::query().select(User::age);
    let mut union = ages().union(ages()).all(&db).unwrap();
    union.sort();
    assert_eq!(union, [None, Some(30), Some(40)]);
    let none = || ages().filter(User::age.is_null());
    assert_eq!(ages().intersect(none()).all(&db).unwrap(), [None]);
    let rest = ages()
        .except(none())
        .order_by(User::age.desc())
        .all(&db)
        .unwrap();
    assert_eq!(rest, [Some(40), Some(30)]);
    let ordered = ages()
        .union(ages())
        .order_by(User::age.desc().nulls_first());
    assert_eq!(ordered.all(&db).unwrap(), [None, Some(40), Some(30)]);
}

fn texts_are_told_apart_as_elsewhere(bed: &Bed) {
    let db = writers(bed);
    for (name, email) in [
        ("Bob", "bob"),
        ("bob", "Bob"),
        ("bob ", "é"),
        ("e", "e\u{301}"),
    ] {
        User::insert(User::build().username(name).email(email))
            .execute(&db)
            .unwrap();
    }
    let names = User::query().filter(User::id.gt(3)).select(User::username);
    let emails = User::query().filter(User::id.gt(3)).select(User::email);
    let union = names.clone().union(emails.clone()).order_by(User::username);
    assert_eq!(
        union.all(&db).unwrap(),
        ["Bob", "bob", "bob ", "e", "e\u{301}", "é"]
    );
    let both = names.intersect(emails).order_by(User::username.desc());
    assert_eq!(both.all(&db).unwrap(), ["bob", "Bob"]);
}

fn tuples_and_tables_of_another_kind(bed: &Bed) {
    let db = writers(bed);
    let people = User::query().select((value("person".to_owned()), User::username, User::age));
    let posts =
        Post::query().select((value("post".to_owned()), Post::body, Post::likes.nullable()));
    let rows = people
        .union_all(posts)
        .order_by(User::username)
        .limit(3)
        .all(&db)
        .unwrap();
    let expected = [
        ("person", "anna", None),
        ("person", "david", Some(40)),
        ("post", "one", Some(5)),
    ];
    assert_eq!(
        rows,
        expected.map(|(kind, name, number)| (kind.to_owned(), name.to_owned(), number))
    );
    let numbers = User::query()
        .select((value(7_i64), value(true), User::username))
        .union(User::query().select((User::id, User::active, User::email)))
        .filter(value(7_i64).eq(7))
        .order_by(User::username)
        .limit(2)
        .all(&db)
        .unwrap();
    assert_eq!(numbers[0], (7, true, "anna".to_owned()));
    assert_eq!(numbers[1], (3, true, "anna@x.org".to_owned()));
    let counts = User::query()
        .select(count_rows())
        .union_all(Post::query().select(count_rows()));
    assert_eq!(counts.all(&db).unwrap(), [3, 3]);
}

fn whole_models_with_documents(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    for small in [1, 2, 3] {
        let mut row = Everything::ordinary();
        row.small = small;
        Everything::insert(row).execute(&db).unwrap();
    }
    let low = Everything::query().filter(Everything::small.le(2));
    let high = Everything::query().filter(Everything::small.ge(2));
    let rows = low
        .clone()
        .union(high.clone())
        .order_by(Everything::small.desc());
    let rows = rows.all(&db).unwrap();
    assert_eq!(
        rows.iter().map(|row| row.small).collect::<Vec<_>>(),
        [3, 2, 1]
    );
    assert_eq!(rows[0].document, Everything::ordinary().document);
    assert_eq!(rows[0].price, Everything::ordinary().price);
    assert_eq!(rows[0].instant, Everything::ordinary().instant);
    assert_eq!(
        low.clone().intersect(high.clone()).one(&db).unwrap().small,
        2
    );
    assert_eq!(low.except(high).one(&db).unwrap().small, 1);
}

fn decimals_of_another_scale_are_refused(bed: &Bed) {
    let db = bed.database(&[Price::info()]);
    let error = Price::query()
        .select(Price::amount.nullable())
        .union(Price::query().select(Price::whole))
        .all(&db)
        .unwrap_err();
    assert!(
        error.is_invalid_query() && error.to_string().contains("price.amount"),
        "{error}"
    );
}

fn documents_are_refused(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    let documents = || Everything::query().select((Everything::small, Everything::document));
    for query in [
        documents().union(documents()),
        documents().intersect(documents()),
        documents().except(documents()),
        documents().distinct(),
    ] {
        let error = query.all(&db).unwrap_err();
        assert!(
            error.is_invalid_query() && error.to_string().contains("document"),
            "{error}"
        );
    }
    assert!(
        documents()
            .union_all(documents())
            .all(&db)
            .unwrap()
            .is_empty()
    );
    let with_key = Everything::query().select((Everything::id, Everything::document));
    assert!(with_key.distinct().all(&db).unwrap().is_empty());
}

fn terminals_on_set_operations(bed: &Bed) {
    let db = writers(bed);
    let young = || User::query().filter(User::age.lt(35));
    let all = young().union(User::query().filter(User::age.is_null()));
    assert_eq!(all.clone().count(&db).unwrap(), 2);
    assert!(all.clone().exists(&db).unwrap());
    assert!(!all.clone().filter(User::age.gt(90)).exists(&db).unwrap());
    let first = all
        .clone()
        .order_by(User::username)
        .first(&db)
        .unwrap()
        .unwrap();
    assert_eq!(first.username, "anna");
    assert!(all.clone().one(&db).unwrap_err().is_multiple_rows());
    assert_eq!(young().union(young()).one(&db).unwrap().username, "susan");
    assert_eq!(all.clone().get(1, &db).unwrap().unwrap().username, "susan");
    assert_eq!(
        all.clone().get(2, &db).unwrap(),
        None,
        "david is in neither part"
    );
    assert_eq!(all.clone().by_key(3).count(&db).unwrap(), 1);
    // There are no rows of a table to change.
    let error = all
        .clone()
        .update(User::active.set(false), &db)
        .unwrap_err();
    assert!(error.is_invalid_query(), "{error}");
    assert!(all.delete(&db).unwrap_err().is_invalid_query());
}

fn inside_of_other_queries(bed: &Bed) {
    let db = writers(bed);
    let writers = Post::query().select(Post::author_id);
    let old = User::alias("old");
    let ids = old
        .query()
        .filter(old.column(User::age).is_null())
        .select(old.column(User::id))
        .union(writers.filter(Post::likes.gt(4)));
    let query = User::query()
        .filter(User::id.in_(ids.clone()))
        .order_by(User::id);
    assert_eq!(query.pluck(User::username, &db).unwrap(), ["susan", "anna"]);
    let query = User::query().filter(User::id.not_in(ids));
    assert_eq!(query.one(&db).unwrap().username, "david");
    let looks_around = Post::query()
        .filter(Post::author_id.eq(User::id))
        .select(Post::likes)
        .union(Post::query().select(Post::likes));
    let error = User::query()
        .filter(exists(looks_around))
        .all(&db)
        .unwrap_err();
    assert!(
        error.is_invalid_query() && error.to_string().contains("user.id"),
        "{error}"
    );
}
