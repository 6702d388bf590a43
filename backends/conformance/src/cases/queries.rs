//! Queries mean the same everywhere.

use birgus::Database;
use birgus::prelude::*;

use crate::Bed;
use crate::models::{Everything, Mood, Post, Price, User};

super::cases![
    comparisons,
    in_and_not_in,
    between_is_inclusive,
    null_is_asked_for_by_name,
    and_or_not,
    several_filters_must_all_hold,
    equality_tells_cases_accents_and_spaces_apart,
    like_tells_cases_apart_and_escapes,
    columns_compare_with_columns,
    order_is_by_code_point_and_null_is_smallest,
    limit_and_offset,
    count_and_exists_respect_limits,
    first_one_and_one_or_none,
    get_by_key,
    pluck_one_column,
    update_counts_matched_rows,
    update_sets_on_update_columns,
    delete_by_filter,
    what_is_not_portable_is_refused,
    a_column_of_another_table_is_refused,
    rows_are_handed_out_one_by_one,
    enums_are_ordered_as_declared,
    long_texts_are_ordered_in_full,
    documents_are_not_compared,
];

fn people(bed: &Bed) -> Database {
    let db = bed.database(&[User::info(), Post::info()]);
    let person = |name: &str, age: Option<i32>| {
        User::build()
            .username(name)
            .email(format!("{name}@x.org"))
            .age(age)
    };
    User::insert_many([
        person("susan", Some(30)),
        person("david", Some(40)),
        person("anna", None),
        person("Zoe", Some(20)),
    ])
    .execute(&db)
    .unwrap();
    db
}

fn names(db: &Database, query: Query<User>) -> Vec<String> {
    query
        .order_by(User::id.asc())
        .pluck(User::username, db)
        .unwrap()
}

fn filtered(db: &Database, condition: birgus::query::Expr<bool>) -> Vec<String> {
    names(db, User::query().filter(condition))
}

fn comparisons(bed: &Bed) {
    let db = people(bed);
    assert_eq!(filtered(&db, User::age.eq(30)), ["susan"]);
    assert_eq!(filtered(&db, User::age.ne(30)), ["david", "Zoe"]);
    assert_eq!(filtered(&db, User::age.lt(30)), ["Zoe"]);
    assert_eq!(filtered(&db, User::age.le(30)), ["susan", "Zoe"]);
    assert_eq!(filtered(&db, User::age.gt(30)), ["david"]);
    assert_eq!(filtered(&db, User::age.ge(30)), ["susan", "david"]);
}

fn in_and_not_in(bed: &Bed) {
    let db = people(bed);
    assert_eq!(
        filtered(&db, User::username.in_(["susan", "anna", "nobody"])),
        ["susan", "anna"]
    );
    assert_eq!(
        filtered(&db, User::username.not_in(["susan", "anna"])),
        ["david", "Zoe"]
    );
    assert_eq!(filtered(&db, User::age.in_([20, 30])), ["susan", "Zoe"]);
    assert!(filtered(&db, User::username.in_(Vec::<String>::new())).is_empty());
    assert_eq!(
        filtered(&db, User::username.not_in(Vec::<String>::new())).len(),
        4
    );
    let error = User::query()
        .filter(User::age.in_([Some(1), None]))
        .all(&db)
        .unwrap_err();
    assert!(
        error.is_invalid_query() && error.to_string().contains("user.age"),
        "{error}"
    );
}

fn between_is_inclusive(bed: &Bed) {
    let db = people(bed);
    assert_eq!(filtered(&db, User::age.between(20, 30)), ["susan", "Zoe"]);
    assert!(filtered(&db, User::age.between(30, 20)).is_empty());
}

fn null_is_asked_for_by_name(bed: &Bed) {
    let db = people(bed);
    assert_eq!(filtered(&db, User::age.is_null()), ["anna"]);
    assert_eq!(
        filtered(&db, User::age.is_not_null()),
        ["susan", "david", "Zoe"]
    );
    assert_eq!(filtered(&db, User::age.eq(None::<i32>)), ["anna"]);
    assert_eq!(
        filtered(&db, User::age.ne(None::<i32>)),
        ["susan", "david", "Zoe"]
    );
    assert_eq!(filtered(&db, User::age.eq(Some(40))), ["david"]);
}

fn and_or_not(bed: &Bed) {
    let db = people(bed);
    let old = || User::age.gt(25);
    assert_eq!(
        filtered(&db, old().and(User::username.like("s%"))),
        ["susan"]
    );
    assert_eq!(
        filtered(&db, old().or(User::username.eq("anna"))),
        ["susan", "david", "anna"]
    );
    assert_eq!(
        filtered(
            &db,
            User::username.eq("Zoe").or(old().and(User::age.lt(35)))
        ),
        ["susan", "Zoe"]
    );
    assert_eq!(
        filtered(
            &db,
            User::username
                .eq("Zoe")
                .or(User::age.eq(30))
                .and(User::age.lt(25))
        ),
        ["Zoe"]
    );
    assert_eq!(filtered(&db, old() & User::username.like("s%")), ["susan"]);
    assert_eq!(
        filtered(&db, User::username.eq("Zoe") | old() & User::age.lt(35)),
        ["susan", "Zoe"]
    );
    // NULL is unknown, and so is its negation.
    assert_eq!(filtered(&db, !old()), ["Zoe"]);
    assert_eq!(
        filtered(&db, !(old().or(User::username.eq("Zoe")))),
        Vec::<String>::new()
    );
}

fn several_filters_must_all_hold(bed: &Bed) {
    let db = people(bed);
    let query = User::query()
        .filter(User::username.eq("susan").or(User::username.eq("david")))
        .filter(User::age.gt(35).or(User::age.lt(10)));
    assert_eq!(names(&db, query), ["david"]);
}

fn equality_tells_cases_accents_and_spaces_apart(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let all = [
        "bob",
        "Bob",
        "café",
        "cafe",
        "cafe\u{301}",
        "a",
        "a ",
        "ß",
        "ss",
        "",
    ];
    let rows = all
        .iter()
        .enumerate()
        .map(|(number, name)| User::build().username(*name).email(format!("{number}")));
    User::insert_many(rows).execute(&db).unwrap();
    for name in all {
        assert_eq!(filtered(&db, User::username.eq(name)), [name]);
        assert_eq!(filtered(&db, User::username.in_([name])), [name]);
    }
}

fn like_tells_cases_apart_and_escapes(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let all = [
        "Anna",
        "anna",
        "100%",
        "100_",
        "1000",
        "back\\slash",
        "école",
        "École",
        "🦀x",
    ];
    let rows = all
        .iter()
        .enumerate()
        .map(|(number, name)| User::build().username(*name).email(format!("{number}")));
    User::insert_many(rows).execute(&db).unwrap();
    let like = |pattern: &str| filtered(&db, User::username.like(pattern));
    assert_eq!(like("a%"), ["anna"]);
    assert_eq!(like("_nna"), ["Anna", "anna"]);
    assert_eq!(like("100%"), ["100%", "100_", "1000"]);
    assert_eq!(like("100\\%"), ["100%"]);
    assert_eq!(like("100\\_"), ["100_"]);
    assert_eq!(like("back\\\\slash"), ["back\\slash"]);
    assert_eq!(like("é%"), ["école"]);
    assert_eq!(like("_x"), ["🦀x"]);
    assert_eq!(filtered(&db, User::username.not_like("%n%")).len(), 7);
    let error = User::query()
        .filter(User::username.like("x\\"))
        .all(&db)
        .unwrap_err();
    assert!(error.is_invalid_query(), "{error:?}");
}

fn columns_compare_with_columns(bed: &Bed) {
    let db = people(bed);
    assert!(filtered(&db, User::username.eq(User::email)).is_empty());
    assert_eq!(filtered(&db, User::username.lt(User::email)).len(), 4);
}

fn order_is_by_code_point_and_null_is_smallest(bed: &Bed) {
    let db = people(bed);
    let by_name = User::query()
        .order_by(User::username.asc())
        .pluck(User::username, &db)
        .unwrap();
    assert_eq!(by_name, ["Zoe", "anna", "david", "susan"]);
    let by_age = User::query()
        .order_by(User::age)
        .pluck(User::username, &db)
        .unwrap();
    assert_eq!(by_age, ["anna", "Zoe", "susan", "david"]);
    let by_age = User::query()
        .order_by(User::age.desc())
        .pluck(User::username, &db)
        .unwrap();
    assert_eq!(by_age, ["david", "susan", "Zoe", "anna"]);
    let by_both = User::query()
        .order_by(User::active.asc())
        .order_by(User::username.desc());
    assert_eq!(
        by_both.pluck(User::username, &db).unwrap(),
        ["susan", "david", "anna", "Zoe"]
    );

    let words = ["_", "A", "a", "B", "b", "é", "Z", "\u{e000}", "🦀"];
    User::query().delete(&db).unwrap();
    let rows = words
        .iter()
        .map(|word| User::build().username(*word).email(*word));
    User::insert_many(rows).execute(&db).unwrap();
    let mut sorted = words.to_vec();
    sorted.sort_unstable();
    assert_eq!(
        User::query()
            .order_by(User::username.asc())
            .pluck(User::username, &db)
            .unwrap(),
        sorted
    );
}

fn limit_and_offset(bed: &Bed) {
    let db = people(bed);
    let query = || User::query().order_by(User::id.asc());
    let names = |query: Query<User>| query.pluck(User::username, &db).unwrap();
    assert_eq!(names(query().limit(2)), ["susan", "david"]);
    assert_eq!(names(query().limit(2).offset(1)), ["david", "anna"]);
    assert_eq!(names(query().offset(3)), ["Zoe"]);
    assert!(names(query().limit(0)).is_empty());
    assert!(names(query().offset(u64::MAX)).is_empty());
    assert_eq!(names(query().limit(u64::MAX)).len(), 4);
}

fn count_and_exists_respect_limits(bed: &Bed) {
    let db = people(bed);
    assert_eq!(User::query().count(&db).unwrap(), 4);
    assert_eq!(
        User::query().order_by(User::age.asc()).count(&db).unwrap(),
        4
    );
    assert_eq!(User::query().limit(3).count(&db).unwrap(), 3);
    assert_eq!(User::query().limit(3).offset(3).count(&db).unwrap(), 1);
    assert_eq!(
        User::query().filter(User::age.gt(100)).count(&db).unwrap(),
        0
    );
    assert!(User::query().exists(&db).unwrap());
    assert!(!User::query().filter(User::age.gt(100)).exists(&db).unwrap());
    assert!(!User::query().offset(4).exists(&db).unwrap());
}

fn first_one_and_one_or_none(bed: &Bed) {
    let db = people(bed);
    let oldest = User::query()
        .order_by(User::age.desc())
        .first(&db)
        .unwrap()
        .unwrap();
    assert_eq!(oldest.username, "david");
    let nobody = || User::query().filter(User::age.gt(100));
    assert!(nobody().first(&db).unwrap().is_none());
    assert!(nobody().one_or_none(&db).unwrap().is_none());
    assert!(nobody().one(&db).unwrap_err().is_not_found());
    assert!(User::query().one(&db).unwrap_err().is_multiple_rows());
    assert!(
        User::query()
            .one_or_none(&db)
            .unwrap_err()
            .is_multiple_rows()
    );
    assert_eq!(
        User::query()
            .filter(User::username.eq("anna"))
            .one(&db)
            .unwrap()
            .age,
        None
    );
}

fn get_by_key(bed: &Bed) {
    let db = people(bed);
    let id = User::query()
        .order_by(User::id.asc())
        .first(&db)
        .unwrap()
        .unwrap()
        .id;
    assert_eq!(
        User::query().get(id, &db).unwrap().unwrap().username,
        "susan"
    );
    assert!(User::query().get(-1, &db).unwrap().is_none());
}

fn pluck_one_column(bed: &Bed) {
    let db = people(bed);
    let ages = User::query()
        .order_by(User::id.asc())
        .pluck(User::age, &db)
        .unwrap();
    assert_eq!(ages, [Some(30), Some(40), None, Some(20)]);
}

fn update_counts_matched_rows(bed: &Bed) {
    let db = people(bed);
    let adults = || User::query().filter(User::age.ge(30));
    assert_eq!(adults().update(User::active.set(false), &db).unwrap(), 2);
    // Rows that already are as they should be count too.
    assert_eq!(adults().update([User::active.set(false)], &db).unwrap(), 2);
    assert_eq!(
        User::query()
            .filter(User::active.eq(false))
            .count(&db)
            .unwrap(),
        2
    );
    assert_eq!(
        User::query()
            .update([User::age.set(None), User::active.set(true)], &db)
            .unwrap(),
        4
    );
    assert_eq!(filtered(&db, User::age.is_null()).len(), 4);
    let error = adults().update([], &db).unwrap_err();
    assert!(error.is_invalid_query(), "{error:?}");
    let error = User::query()
        .update([User::username.set("x".repeat(65))], &db)
        .unwrap_err();
    assert!(error.is_invalid_value(), "{error:?}");
}

fn update_sets_on_update_columns(bed: &Bed) {
    let db = people(bed);
    let author = User::query().first(&db).unwrap().unwrap().id;
    let early: DateTime<Utc> = "2001-01-01T00:00:00Z".parse().unwrap();
    let id = Post::insert(Post::build().body("x").author_id(author).changed(early))
        .execute(&db)
        .unwrap();
    assert_eq!(Post::query().get(id, &db).unwrap().unwrap().changed, early);
    Post::query().update([Post::likes.set(1)], &db).unwrap();
    let post = Post::query().get(id, &db).unwrap().unwrap();
    assert!(post.changed > early && post.likes == 1);
    Post::query()
        .update([Post::likes.set(2), Post::changed.set(early)], &db)
        .unwrap();
    assert_eq!(Post::query().get(id, &db).unwrap().unwrap().changed, early);
}

fn delete_by_filter(bed: &Bed) {
    let db = people(bed);
    assert_eq!(
        User::query().filter(User::age.lt(35)).delete(&db).unwrap(),
        2
    );
    assert_eq!(names(&db, User::query()), ["david", "anna"]);
    assert_eq!(User::query().delete(&db).unwrap(), 2);
    assert_eq!(User::query().delete(&db).unwrap(), 0);
}

fn what_is_not_portable_is_refused(bed: &Bed) {
    let db = bed.database(&[User::info(), Price::info()]);
    for error in [
        User::query().limit(1).delete(&db).unwrap_err(),
        User::query()
            .order_by(User::id.asc())
            .delete(&db)
            .unwrap_err(),
        User::query()
            .offset(1)
            .update([User::active.set(true)], &db)
            .unwrap_err(),
        User::query()
            .filter(User::username.eq("a\0b"))
            .all(&db)
            .unwrap_err(),
        Price::query()
            .filter(Price::amount.eq(Decimal::new(1_239, 3)))
            .all(&db)
            .unwrap_err(),
        Price::query()
            .filter(Price::whole.lt(Price::amount))
            .all(&db)
            .unwrap_err(),
        User::query()
            // One by one; those of a list are sent together.
            .filter((0..40_000).fold(User::id.gt(0), |all, id| all.and(User::id.ne(id))))
            .all(&db)
            .unwrap_err(),
        User::query()
            .filter(User::username.like(&"x".repeat(50_001)))
            .all(&db)
            .unwrap_err(),
    ] {
        assert!(error.is_invalid_query(), "{error:?}");
    }
}

fn a_column_of_another_table_is_refused(bed: &Bed) {
    let db = people(bed);
    let error = User::query()
        .filter(Post::likes.eq(1))
        .all(&db)
        .unwrap_err();
    assert!(error.is_invalid_query());
    assert!(error.to_string().contains("post.likes"), "{error}");
}

fn rows_are_handed_out_one_by_one(bed: &Bed) {
    let db = people(bed);
    let mut seen = 0;
    let error = User::query()
        .order_by(User::id.asc())
        .for_each(&db, |_| {
            seen += 1;
            if seen == 2 {
                Err(birgus::Error::not_found("enough"))
            } else {
                Ok(())
            }
        })
        .unwrap_err();
    assert!(error.is_not_found() && seen == 2);
    // The connection is as good as before.
    assert_eq!(User::query().count(&db).unwrap(), 4);
}

fn enums_are_ordered_as_declared(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    for (mood, maybe) in [
        (Mood::Grumpy, None),
        (Mood::Happy, Some(Mood::SoSo)),
        (Mood::SoSo, Some(Mood::Happy)),
    ] {
        let mut row = Everything::ordinary();
        (row.mood, row.maybe_mood) = (mood, maybe);
        Everything::insert(row).execute(&db).unwrap();
    }
    let moods = |query: Query<Everything>| query.pluck(Everything::mood, &db).unwrap();
    assert_eq!(
        moods(Everything::query().order_by(Everything::mood.asc())),
        [Mood::Happy, Mood::SoSo, Mood::Grumpy]
    );
    assert_eq!(
        moods(Everything::query().order_by(Everything::maybe_mood.desc())),
        [Mood::Happy, Mood::SoSo, Mood::Grumpy],
        "NULL is smallest"
    );
    let by_mood = |condition: birgus::query::Expr<bool>| {
        moods(
            Everything::query()
                .filter(condition)
                .order_by(Everything::mood.desc()),
        )
    };
    assert_eq!(
        by_mood(Everything::mood.lt(Mood::Grumpy)),
        [Mood::SoSo, Mood::Happy]
    );
    assert_eq!(
        by_mood(Everything::mood.between(Mood::SoSo, Mood::Grumpy)),
        [Mood::Grumpy, Mood::SoSo]
    );
    assert_eq!(
        by_mood(Everything::maybe_mood.gt(Everything::mood)),
        [Mood::Happy]
    );
    assert_eq!(by_mood(Everything::maybe_mood.ge(None)), []);
    assert_eq!(by_mood(Everything::mood.in_([Mood::SoSo])), [Mood::SoSo]);
}

fn long_texts_are_ordered_in_full(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    for (number, tail) in [(1, "b"), (2, "a"), (3, "c")] {
        let mut row = Everything::ordinary();
        row.medium = number;
        row.body = format!("{}{tail}", "é".repeat(20_000));
        row.bytes = row.body.clone().into_bytes();
        Everything::insert(row).execute(&db).unwrap();
    }
    for order in [Everything::body.asc(), Everything::bytes.asc()] {
        let numbers = Everything::query()
            .order_by(order)
            .pluck(Everything::medium, &db)
            .unwrap();
        assert_eq!(numbers, [2, 1, 3]);
    }
    // Several long keys need a sort buffer for all of them.
    let numbers = Everything::query()
        .order_by(Everything::body.asc())
        .order_by(Everything::bytes.asc())
        .order_by(Everything::maybe_body.asc())
        .order_by(Everything::maybe_bytes.asc())
        .pluck(Everything::medium, &db)
        .unwrap();
    assert_eq!(numbers, [2, 1, 3]);
}

fn documents_are_not_compared(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    let row = Everything::ordinary();
    Everything::insert(row.clone()).execute(&db).unwrap();
    for query in [
        Everything::query().filter(Everything::document.eq(row.document.clone())),
        Everything::query().filter(Everything::document.in_([row.document.clone()])),
        Everything::query().filter(Everything::document.lt(row.document)),
        Everything::query().order_by(Everything::document.asc()),
    ] {
        let error = query.all(&db).unwrap_err();
        assert!(
            error.is_invalid_query() && error.to_string().starts_with("everything.document: "),
            "{error:?}"
        );
    }
    let none = Everything::query().filter(Everything::maybe_document.is_null());
    assert_eq!(none.count(&db).unwrap(), 1);
    let none = Everything::query().filter(Everything::maybe_document.eq(None));
    assert_eq!(none.count(&db).unwrap(), 1);
}
