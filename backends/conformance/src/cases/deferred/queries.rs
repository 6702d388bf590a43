//! What else is done with a query that leaves columns out.

use birgus::Database;
use birgus::prelude::*;
use birgus::query::model;

use super::{Author, BIO, MOTTO, authors, bio, database, names, read};
use crate::Bed;
use crate::watch::statements;

super::super::cases![
    fixed_texts_are_told_apart,
    queries_around_leave_out_what_those_inside_would,
    orders_filters_and_pages_use_what_is_left_out,
    other_terminals_see_every_column,
];

fn fixed_texts_are_told_apart(bed: &Bed) {
    let db = database(bed);
    // Twice, since texts are kept.
    for _ in 0..2 {
        for (query, loaded) in [
            (Author::query(), (false, true)),
            (Author::query().undefer(Author::bio), (true, true)),
            (Author::query().defer(Author::motto), (false, false)),
            (
                Author::query().undefer(Author::bio).defer(Author::motto),
                (true, false),
            ),
        ] {
            let state = |author: &Author| (author.bio.is_loaded(), author.motto.is_loaded());
            let mut one = None;
            let texts = statements(|| one = query.clone().get(1, &db).unwrap());
            assert_eq!(state(&one.unwrap()), loaded);
            assert_eq!((names(&texts[0], BIO), names(&texts[0], MOTTO)), loaded);
            let (all, text) = read(query.clone(), &db);
            assert_eq!(all.len(), 2);
            assert!(all.iter().all(|author| state(author) == loaded));
            assert_eq!((names(&text, BIO), names(&text, MOTTO)), loaded);
            // The whole row, for a session.
            let mut session = db.session().unwrap();
            let susan = session.get::<Author>(1).unwrap().unwrap();
            assert_eq!(state(&session[susan]), (true, true));
            assert_eq!(session.load(query).unwrap().len(), 2);
        }
    }
}

/// The column is read inside of parentheses, and goes no further.
fn left_out_of_all(query: Query<Author>, db: &Database, expected: &[&str]) {
    let (rows, text) = read(query, db);
    assert!(text.contains("NULL"), "{text}");
    let names: Vec<&str> = rows.iter().map(|author| author.username.as_str()).collect();
    assert_eq!(names, expected, "{text}");
    assert!(rows.iter().all(|author| author.bio.is_deferred()), "{text}");
    assert!(rows.iter().all(|author| author.motto.is_loaded()), "{text}");
}

fn queries_around_leave_out_what_those_inside_would(bed: &Bed) {
    let db = database(bed);
    let named = |name: &str| Author::query().filter(Author::username.eq(name));
    let both = || named("susan").union(named("joe"));
    left_out_of_all(both().order_by(Author::id), &db, &["susan", "joe"]);
    // What the first query says counts.
    let union = named("susan")
        .undefer(Author::bio)
        .union_all(named("joe").defer(Author::motto))
        .order_by(Author::id);
    let rows = union.clone().all(&db).unwrap();
    assert_eq!((bio(&rows[0]), bio(&rows[1])), (Some("a long life"), None));
    assert_eq!(rows[1].motto.loaded().unwrap(), "never");
    // And what is said of the result.
    left_out_of_all(union.defer(Author::bio), &db, &["susan", "joe"]);
    let rows = both().undefer(Author::bio).order_by(Author::id).all(&db);
    assert_eq!(bio(&rows.unwrap()[0]), Some("a long life"));
    // By what they have, and not by NULL.
    let same = both().intersect(named("susan")).except(named("joe"));
    left_out_of_all(same, &db, &["susan"]);

    // Rows of a limited query, looked through for a key.
    left_out_of_all(authors().limit(1).by_key(1), &db, &["susan"]);
    assert_eq!(authors().limit(1).get(2, &db).unwrap(), None);
    let found = authors().limit(1).get(1, &db).unwrap().unwrap();
    assert!(found.bio.is_deferred() && found.motto.is_loaded());

    // Distinct rows.
    left_out_of_all(authors().distinct(), &db, &["susan", "joe"]);
    let by_bio = Author::query().distinct().order_by(Author::bio.desc());
    left_out_of_all(by_bio.clone(), &db, &["susan", "joe"]);
    left_out_of_all(by_bio.limit(1).offset(1), &db, &["joe"]);

    // Rows that differ in what is left out alone.
    let louder = named("susan").select_as::<Author>((
        Author::bio.concat("!").label("bio"),
        Author::id,
        Author::username,
        Author::motto,
        Author::age,
    ));
    let twice = || named("susan").union_all(louder.clone()).distinct();
    left_out_of_all(twice(), &db, &["susan", "susan"]);
    left_out_of_all(twice().order_by(Author::bio).limit(1), &db, &["susan"]);
    assert_eq!(twice().count(&db).unwrap(), 2);

    // An alias, and a common table expression.
    let other = Author::alias("other");
    left_out_of_all(
        other.query().order_by(other.column(Author::id)),
        &db,
        &["susan", "joe"],
    );
    let cte = named("susan").cte("susans");
    let mut rows = Vec::new();
    let texts = statements(|| rows = cte.query().all(&db).unwrap());
    assert_eq!(texts.len(), 1);
    assert!(rows[0].bio.is_deferred(), "{texts:?}");
    let bios = cte.query().select(cte.column(Author::bio)).all(&db);
    assert_eq!(bios.unwrap(), [Some("a long life".to_owned())]);
    let whole = named("susan").undefer(Author::bio).cte("susans");
    assert_eq!(bio(&whole.query().one(&db).unwrap()), Some("a long life"));
}

fn orders_filters_and_pages_use_what_is_left_out(bed: &Bed) {
    let db = database(bed);
    let query = Author::query().order_by(Author::bio.desc());
    let (rows, text) = read(query.filter(Author::motto.ne("")), &db);
    assert_eq!(rows[0].username, "susan", "{text}");
    assert!(rows[0].bio.is_deferred());

    let page = authors().paginate(2, 1, &db).unwrap();
    assert_eq!((page.total, page.items[0].username.as_str()), (2, "joe"));
    assert!(page.items[0].bio.is_deferred());

    // A page knows its place by the values of the order.
    let pages = Author::query()
        .defer(Author::motto)
        .order_by(Author::bio.desc())
        .keyset(1);
    let first = pages.first(&db).unwrap();
    assert_eq!(bio(&first.items[0]), Some("a long life"));
    assert!(first.items[0].motto.is_deferred());
    let second = pages.after(&first.next.unwrap(), &db).unwrap();
    assert_eq!(second.items[0].username, "joe");
    assert_eq!(second.next, None);

    let mut seen = Vec::new();
    let mut batches = Author::query().batches(1);
    batches
        .for_each(&db, |batch| {
            seen.extend(batch);
            Ok(())
        })
        .unwrap();
    assert_eq!(seen.len(), 2);
    assert!(seen.iter().all(|author| author.bio.is_deferred()));
}

fn other_terminals_see_every_column(bed: &Bed) {
    let db = database(bed);
    let query = || authors().defer(Author::motto);
    assert_eq!(query().count(&db).unwrap(), 2);
    assert_eq!(query().distinct().count(&db).unwrap(), 2);
    assert_eq!(query().limit(1).count(&db).unwrap(), 1);
    assert!(query().exists(&db).unwrap());
    assert!(query().distinct().exists(&db).unwrap());
    let all = [("a long life", "none"), ("", "never")];
    let pairs = query().pluck((Author::bio, Author::motto), &db).unwrap();
    let pairs = pairs
        .iter()
        .map(|(bio, motto)| (bio.as_deref().unwrap_or_default(), motto.as_str()));
    assert!(pairs.eq(all));
    assert_eq!(
        query().by_key(1).pluck(Author::bio, &db).unwrap(),
        [Some("a long life".to_owned())]
    );
    let (rows, _) = read(query().select((Author::id, model::<Author>())), &db);
    assert_eq!((rows[0].0, bio(&rows[0].1)), (1, Some("a long life")));
    // A selected model is whole, unless the query says otherwise.
    let (rows, text) = read(query().select(model::<Author>()).defer(Author::bio), &db);
    assert!(
        rows[1].bio.is_deferred() && rows[1].motto.loaded().unwrap() == "never",
        "{text}"
    );
    assert!(!names(&text, BIO) && names(&text, MOTTO), "{text}");
    let users = Author::query().filter(birgus::query::exists(
        Author::alias("other")
            .query()
            .filter(Author::alias("other").column(Author::bio).is_null()),
    ));
    assert_eq!(users.count(&db).unwrap(), 2);
    let mut each = Vec::new();
    query()
        .for_each(&db, |author| {
            each.push(author.motto.is_deferred());
            Ok(())
        })
        .unwrap();
    assert_eq!(each, [true, true]);

    // Rows are found by a query that reads less.
    let less = || Author::query().defer(Author::motto);
    let changed = less()
        .filter(Author::id.eq(1))
        .update(Author::motto.set("new"), &db);
    assert_eq!(changed.unwrap(), 1);
    let mottos = authors().pluck(Author::motto, &db).unwrap();
    assert_eq!(mottos, ["new", "never"]);
    let other = Author::alias("other");
    let joined = || less().join_to(&other, other.column(Author::bio).eq(Author::bio));
    let changed = joined().update(Author::motto.set("joined"), &db);
    assert_eq!(changed.unwrap(), 1);
    let changed = joined().update_returning(Author::age.set(7), (Author::id, Author::age), &db);
    assert_eq!(changed.unwrap(), [(1, Some(7))]);
    let copied = less()
        .filter(Author::id.eq(1))
        .select((Author::username.concat("!"), Author::motto))
        .insert_into((Author::username, Author::motto), &db);
    assert_eq!(copied.unwrap(), 1);
    let mottos = authors().pluck(Author::motto, &db).unwrap();
    assert_eq!(mottos, ["joined", "never", "joined"]);
    let gone = less()
        .filter(Author::id.eq(2))
        .delete_returning((Author::username, Author::bio), &db);
    assert_eq!(gone.unwrap(), [("joe".to_owned(), None)]);
}
