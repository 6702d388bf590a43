//! What is read, and what is refused.

use birgus::prelude::*;

use super::{Author, BIO, MOTTO, authors, bio, database, names, read};
use crate::Bed;
use crate::watch::statements;

super::super::cases![
    a_column_that_is_left_out_is_not_read,
    what_is_left_out_by_default_is_read_when_it_is_asked_for,
    null_is_not_the_same_as_not_loaded,
    every_type_may_be_left_out,
    a_query_says_which_columns_alone_it_reads,
    only_deferred_columns_can_be_left_out,
    raw_rows_may_lack_them,
];

#[track_caller]
fn refused<T: std::fmt::Debug>(result: birgus::Result<T>, message: &str) {
    let error = result.unwrap_err();
    assert!(error.is_invalid_query(), "{error:?}");
    assert_eq!(error.to_string(), message);
}

fn a_column_that_is_left_out_is_not_read(bed: &Bed) {
    let db = database(bed);
    let (rows, text) = read(authors().defer(Author::motto), &db);
    assert!(!names(&text, BIO) && !names(&text, MOTTO), "{text}");
    assert_eq!(text.matches("NULL").count(), 2, "{text}");
    let [susan, joe] = <[Author; 2]>::try_from(rows).unwrap();
    assert_eq!((susan.username.as_str(), susan.age), ("susan", None));
    assert_eq!((joe.username.as_str(), joe.age), ("joe", Some(30)));
    assert!(susan.bio.is_deferred() && susan.motto.is_deferred() && !susan.motto.is_loaded());

    let error = joe.motto.loaded().unwrap_err();
    assert!(error.is_not_loaded() && !error.is_decode() && !error.is_not_found());
    assert_eq!(
        error.to_string(),
        "Author.motto: not loaded; load it by .undefer(Author::motto) or load_only"
    );
    let error = joe.bio.into_loaded().unwrap_err();
    assert_eq!(
        error.to_string(),
        "Author.bio: not loaded; load it by .undefer(Author::bio) or load_only"
    );
}

fn what_is_left_out_by_default_is_read_when_it_is_asked_for(bed: &Bed) {
    let db = database(bed);
    let (rows, text) = read(authors(), &db);
    assert!(!names(&text, BIO) && names(&text, MOTTO), "{text}");
    assert!(rows.iter().all(|author| author.bio.is_deferred()));
    assert_eq!(rows[0].motto.loaded().unwrap(), "none");
    assert_eq!(rows[1].motto.clone().into_loaded().unwrap(), "never");

    let (rows, text) = read(authors().undefer(Author::bio), &db);
    assert!(names(&text, BIO) && names(&text, MOTTO), "{text}");
    assert_eq!(bio(&rows[0]), Some("a long life"));
    assert_eq!(rows[0].motto.loaded().unwrap(), "none");

    // The last word counts.
    let query = authors().defer((Author::bio, Author::motto));
    let (rows, text) = read(query.undefer(Author::bio), &db);
    assert!(names(&text, BIO) && !names(&text, MOTTO), "{text}");
    assert_eq!(bio(&rows[0]), Some("a long life"));
    assert!(rows[0].motto.is_deferred());

    // Columns that are always read may be asked for.
    let query = authors().undefer((Author::username, Author::bio, Author::motto));
    assert!(
        read(query, &db)
            .0
            .iter()
            .all(|author| author.bio.is_loaded())
    );
}

fn null_is_not_the_same_as_not_loaded(bed: &Bed) {
    let db = database(bed);
    let (without, _) = read(authors(), &db);
    let (with, _) = read(authors().undefer(Author::bio), &db);
    assert_eq!((bio(&with[0]), bio(&with[1])), (Some("a long life"), None));
    assert!(with[1].bio.is_loaded() && without[1].bio.loaded().is_err());
    assert_ne!(with[1].bio, without[1].bio);
    assert_eq!(with[1].bio, Deferred::from(None));
    assert_eq!(without[1].bio, Deferred::default());
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct Heap {
    #[key]
    room: i32,
    flag: Deferred<bool>,
    small: Deferred<i16>,
    big: Deferred<Option<i64>>,
    real: Deferred<f64>,
    text: Deferred<String>,
    bytes: Deferred<Vec<u8>>,
    #[column(precision = 12, scale = 3)]
    price: Deferred<Decimal>,
    day: Deferred<NaiveDate>,
    clock: Deferred<NaiveTime>,
    moment: Deferred<NaiveDateTime>,
    instant: Deferred<DateTime<Utc>>,
    token: Deferred<Uuid>,
    document: Deferred<Json<Vec<i32>>>,
    mood: Deferred<Option<crate::models::Mood>>,
    #[key]
    number: i32,
}

fn every_type_may_be_left_out(bed: &Bed) {
    let db = bed.database(&[Heap::info()]);
    let moment = NaiveDate::from_ymd_opt(2024, 5, 6)
        .and_then(|day| day.and_hms_micro_opt(12, 34, 56, 789_012))
        .unwrap();
    let row = Heap {
        room: 1,
        flag: true.into(),
        small: (-3).into(),
        big: Some(4).into(),
        real: 4.5.into(),
        text: "é".to_owned().into(),
        bytes: vec![0, 255].into(),
        price: Decimal::new(1_250, 3).into(),
        day: moment.date().into(),
        clock: moment.time().into(),
        moment: moment.into(),
        instant: moment.and_utc().into(),
        token: Uuid::from_u128(7).into(),
        document: Json(vec![1, 2]).into(),
        mood: Some(crate::models::Mood::Grumpy).into(),
        number: 2,
    };
    assert_eq!(Heap::insert(row.clone()).execute(&db).unwrap(), (1, 2));
    assert_eq!(Heap::query().one(&db).unwrap(), row);
    let (found, text) = {
        let mut found = None;
        let texts = statements(|| {
            found = Heap::query()
                .load_only(Heap::room)
                .get((1, 2), &db)
                .unwrap();
        });
        (found.unwrap(), texts.concat())
    };
    assert_eq!(text.matches("NULL").count(), 14, "{text}");
    assert_eq!((found.room, found.number), (1, 2));
    assert!(found.flag.is_deferred() && found.price.is_deferred() && found.mood.is_deferred());
    assert!(found.document.is_deferred() && found.instant.is_deferred());
    // Each one alone.
    let found = Heap::query().load_only((Heap::price, Heap::document));
    let found = found.one(&db).unwrap();
    assert_eq!((found.price, found.document), (row.price, row.document));
    assert!(found.token.is_deferred() && found.moment.is_deferred());
}

fn a_query_says_which_columns_alone_it_reads(bed: &Bed) {
    let db = database(bed);
    // The key need not be named, but may be.
    for query in [
        authors().load_only((Author::username, Author::age, Author::bio)),
        authors().load_only((Author::id, Author::age, Author::bio, Author::username)),
    ] {
        let (rows, text) = read(query, &db);
        assert!(names(&text, BIO) && !names(&text, MOTTO), "{text}");
        assert_eq!(bio(&rows[0]), Some("a long life"));
        assert!(rows.iter().all(|author| author.motto.is_deferred()));
        assert_eq!((rows[1].id, rows[1].age), (2, Some(30)));
    }
    // What was said before is forgotten, and what is said after counts.
    let query = authors()
        .defer(Author::bio)
        .load_only((Author::username, Author::age, Author::bio))
        .undefer(Author::motto);
    let (rows, _) = read(query, &db);
    assert!(rows[0].bio.is_loaded() && rows[0].motto.is_loaded());
}

fn only_deferred_columns_can_be_left_out(bed: &Bed) {
    let db = database(bed);
    let always = |name: &str| {
        format!(
            "Author.{name}: it can't be left out of a query; only a Deferred<…> can, so declare it as one"
        )
    };
    refused(
        authors().defer(Author::username).all(&db),
        &always("username"),
    );
    refused(authors().defer(Author::id).get(1, &db), &always("id"));
    refused(
        Author::query()
            .defer((Author::bio, Author::age))
            .get(1, &db),
        &always("age"),
    );
    // Also where no column would be read.
    refused(authors().defer(Author::age).count(&db), &always("age"));
    refused(
        authors().load_only(Author::username).all(&db),
        "Author.age: not named in load_only, and only a Deferred<…> can be left out of a query; name it too, or declare it as one",
    );
    refused(
        authors().load_only((Author::id, Author::bio)).first(&db),
        "Author.username, Author.age: not named in load_only, and only a Deferred<…> can be left out of a query; name it too, or declare it as one",
    );
    let by_name = authors().select_as::<Author>((
        Author::motto,
        Author::bio,
        Author::age,
        Author::username,
        Author::id,
    ));
    assert_eq!(
        bio(&by_name.clone().all(&db).unwrap()[0]),
        Some("a long life")
    );
    refused(
        by_name.defer(Author::bio).all(&db),
        "Author.bio: it can't be left out here; the query does not give the columns of Author in their order",
    );
}

fn raw_rows_may_lack_them(bed: &Bed) {
    let db = database(bed);
    let raw = |columns: &str| {
        let text = format!("SELECT {columns} FROM author ORDER BY id");
        birgus::query::sql(text).all::<Author>(&db)
    };
    let rows = raw("age, bio, username, id").unwrap();
    assert_eq!(bio(&rows[0]), Some("a long life"));
    let error = rows[0].motto.loaded().unwrap_err();
    assert!(
        error.to_string().starts_with("Author.motto: not loaded"),
        "{error}"
    );
    assert!(raw("id, username").unwrap_err().is_decode());
}
