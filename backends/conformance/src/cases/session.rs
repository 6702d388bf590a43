//! The session in its first form: a unit of work over an identity map.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use birgus::Database;
use birgus::prelude::*;

use crate::Bed;
use crate::models::{Country, Node, Part, Post, Price, Ticket, User};

super::cases![
    add_commit_and_read,
    a_pending_key_stands_in_a_foreign_key,
    parents_go_first_whatever_the_order_of_add,
    rows_of_one_table_that_reference_each_other,
    changes_are_found_and_sent,
    nothing_changed_sends_nothing,
    one_object_a_row,
    a_query_sends_what_is_pending_first,
    rollback_restores_database_and_objects,
    dropping_a_session_rolls_back,
    delete_children_before_parents,
    deleting_what_was_never_sent,
    a_failed_statement_needs_a_rollback,
    a_row_that_is_gone_is_an_error,
    keys_of_another_session_are_refused,
    a_deleted_object_is_no_longer_there,
    a_value_that_does_not_fit_is_told_at_commit,
    one_clock_a_flush,
    one_statement_needs_no_transaction,
    uncommitted_work_is_not_seen_by_others,
    set_based_statements_belong_to_the_unit,
    rows_that_reference_each_other_by_value,
    children_are_deleted_before_parents_of_the_same_table,
    a_deleted_row_may_be_added_again,
    what_is_set_after_add_is_kept,
    what_is_set_after_add_is_read_as_stored,
    a_reference_to_a_new_row_that_was_given_up,
    what_a_rollback_took_back_is_not_found,
    an_id_that_is_changed_moves_the_sequence,
];

fn database(bed: &Bed) -> Database {
    bed.database(&[User::info(), Post::info(), Node::info()])
}

fn susan() -> impl NewRow<Model = User> {
    User::build().username("susan").email("susan@example.com")
}

fn add_commit_and_read(bed: &Bed) {
    let db = database(bed);
    let mut session = db.session().unwrap();
    let susan = session.add(susan());
    assert_eq!(
        (session[susan].id, session[susan].username.as_str()),
        (0, "susan")
    );
    session.commit().unwrap();
    assert!(session[susan].id > 0);
    let read = User::query().get(session[susan].id, &db).unwrap().unwrap();
    assert_eq!(
        read, session[susan],
        "what is tracked is what is stored, to the microsecond"
    );
}

fn a_pending_key_stands_in_a_foreign_key(bed: &Bed) {
    let db = database(bed);
    let mut session = db.session().unwrap();
    let susan = session.add(susan());
    let post = session.add(Post::build().body("hello").author_id(susan));
    session.commit().unwrap();
    assert_eq!(session[post].author_id, session[susan].id);
    // A key of a row that has an id is as good.
    let second = session.add(Post::build().body("again").author_id(susan));
    assert_eq!(session[second].author_id, session[susan].id);
    session.commit().unwrap();
    assert_eq!(
        Post::query()
            .filter(Post::author_id.eq(session[susan].id))
            .count(&db)
            .unwrap(),
        2
    );
}

fn parents_go_first_whatever_the_order_of_add(bed: &Bed) {
    let db = database(bed);
    let id = User::insert(susan()).execute(&db).unwrap();
    let mut session = db.session().unwrap();
    session.add(Post::build().body("first").author_id(id));
    let david = session.add(User::build().username("david").email("d@x.org"));
    session.add(Post::build().body("second").author_id(david));
    session.commit().unwrap();
    assert_eq!(Post::query().count(&db).unwrap(), 2);
}

fn rows_of_one_table_that_reference_each_other(bed: &Bed) {
    let db = database(bed);
    let mut session = db.session().unwrap();
    let root = session.add(Node::build().id(1).label("root"));
    let child = session.add(Node::build().id(2).label("child").parent(root));
    session.add(Node::build().id(3).label("grandchild").parent(child));
    session.commit().unwrap();
    let parents = Node::query()
        .order_by(Node::id.asc())
        .pluck(Node::parent, &db)
        .unwrap();
    assert_eq!(parents, [None, Some(1), Some(2)]);
}

fn changes_are_found_and_sent(bed: &Bed) {
    let db = database(bed);
    let id = User::insert(susan()).execute(&db).unwrap();
    let mut session = db.session().unwrap();
    let key = session.get::<User>(id).unwrap().unwrap();
    session[key].email = "new@example.com".into();
    session[key].age = Some(33);
    session.commit().unwrap();
    let read = User::query().get(id, &db).unwrap().unwrap();
    assert_eq!(
        (read.email.as_str(), read.age),
        ("new@example.com", Some(33))
    );
    session[key].age = None;
    session.commit().unwrap();
    assert_eq!(User::query().get(id, &db).unwrap().unwrap().age, None);
}

fn nothing_changed_sends_nothing(bed: &Bed) {
    let db = database(bed);
    let id = User::insert(susan()).execute(&db).unwrap();
    let mut session = db.session().unwrap();
    let key = session.get::<User>(id).unwrap().unwrap();
    // Somebody else deletes the row: an UPDATE that should not be sent would not find it.
    User::query().delete(&db).unwrap();
    let same = session[key].email.clone();
    session[key].email = same;
    session.commit().unwrap();
    session.commit().unwrap();
}

fn one_object_a_row(bed: &Bed) {
    let db = database(bed);
    let id = User::insert(susan()).execute(&db).unwrap();
    let mut session = db.session().unwrap();
    let first = session.get::<User>(id).unwrap().unwrap();
    User::query().update([User::age.set(50)], &db).unwrap();
    assert_eq!(session.get::<User>(id).unwrap(), Some(first));
    let loaded = session.load(User::query()).unwrap();
    assert_eq!(loaded, [first]);
    assert_eq!(
        session[first].age, None,
        "a tracked object keeps its values"
    );
    assert_eq!(session.get::<User>(id + 1).unwrap(), None);
}

fn a_query_sends_what_is_pending_first(bed: &Bed) {
    let db = database(bed);
    let mut session = db.session().unwrap();
    let susan = session.add(susan());
    assert_eq!(User::query().count(&mut session).unwrap(), 1);
    session[susan].age = Some(9);
    assert_eq!(
        User::query()
            .filter(User::age.eq(9))
            .count(&mut session)
            .unwrap(),
        1
    );
    session.delete(susan).unwrap();
    assert_eq!(User::query().count(&mut session).unwrap(), 0);
    session.rollback().unwrap();
    assert_eq!(User::query().count(&db).unwrap(), 0);
}

fn rollback_restores_database_and_objects(bed: &Bed) {
    let db = database(bed);
    let ids = User::insert_many([susan()]).execute(&db).unwrap();
    let david = User::insert(User::build().username("david").email("d"))
        .execute(&db)
        .unwrap();
    let mut session = db.session().unwrap();
    let susan = session.get::<User>(ids[0]).unwrap().unwrap();
    let david = session.get::<User>(david).unwrap().unwrap();
    session[susan].age = Some(1);
    session.flush().unwrap();
    session[susan].age = Some(2);
    session.delete(david).unwrap();
    let anna = session.add(User::build().username("anna").email("a"));
    session.flush().unwrap();
    session.rollback().unwrap();
    assert_eq!(session[susan].age, None);
    assert_eq!(session[david].username, "david");
    assert!(session.try_get(anna).unwrap_err().is_session());
    assert_eq!(
        User::query()
            .order_by(User::id.asc())
            .pluck(User::age, &db)
            .unwrap(),
        [None, None]
    );
    // Restored objects are tracked as before.
    session[susan].age = Some(3);
    session.commit().unwrap();
    assert_eq!(
        User::query().get(ids[0], &db).unwrap().unwrap().age,
        Some(3)
    );
}

fn dropping_a_session_rolls_back(bed: &Bed) {
    let db = database(bed);
    let mut session = db.session().unwrap();
    session.add(susan());
    session.flush().unwrap();
    drop(session);
    assert_eq!(User::query().count(&db).unwrap(), 0);
    User::insert(susan()).execute(&db).unwrap();
}

fn delete_children_before_parents(bed: &Bed) {
    let db = database(bed);
    let mut session = db.session().unwrap();
    let root = session.add(Node::build().id(1).label("root"));
    let susan = session.add(susan());
    let post = session.add(Post::build().body("x").author_id(susan));
    session.commit().unwrap();
    session.delete(susan).unwrap();
    session.delete(post).unwrap();
    session.delete(root).unwrap();
    session.commit().unwrap();
    assert_eq!(
        User::query().count(&db).unwrap() + Post::query().count(&db).unwrap(),
        0
    );
}

fn deleting_what_was_never_sent(bed: &Bed) {
    let db = database(bed);
    let mut session = db.session().unwrap();
    let susan = session.add(susan());
    session.delete(susan).unwrap();
    session.commit().unwrap();
    assert_eq!(User::query().count(&db).unwrap(), 0);
    assert!(session.try_get(susan).unwrap_err().is_session());
}

fn a_failed_statement_needs_a_rollback(bed: &Bed) {
    let db = database(bed);
    User::insert(susan()).execute(&db).unwrap();
    let mut session = db.session().unwrap();
    let david = session.add(User::build().username("david").email("d"));
    session.flush().unwrap();
    session.add(susan());
    let error = session.commit().unwrap_err();
    assert!(error.is_unique_violation(), "{error:?}");
    for error in [
        session.commit().unwrap_err(),
        session.get::<User>(1).unwrap_err(),
        User::query().count(&mut session).unwrap_err(),
    ] {
        assert!(
            error.is_session() && error.to_string().contains("uq_user_"),
            "{error}"
        );
    }
    session.rollback().unwrap();
    assert!(session.try_get(david).is_err());
    session.add(User::build().username("anna").email("a"));
    session.commit().unwrap();
    let names = User::query()
        .order_by(User::id.asc())
        .pluck(User::username, &db)
        .unwrap();
    assert_eq!(names, ["susan", "anna"]);
}

fn a_row_that_is_gone_is_an_error(bed: &Bed) {
    let db = database(bed);
    let id = User::insert(susan()).execute(&db).unwrap();
    let mut session = db.session().unwrap();
    let key = session.get::<User>(id).unwrap().unwrap();
    User::query().delete(&db).unwrap();
    session[key].age = Some(1);
    let error = session.commit().unwrap_err();
    assert!(
        error.is_stale_object() && error.to_string().contains(&format!("User {id}")),
        "{error}"
    );
    assert!(session.commit().unwrap_err().is_session());
    session.rollback().unwrap();
}

fn keys_of_another_session_are_refused(bed: &Bed) {
    let db = database(bed);
    let (mut one, mut other) = (db.session().unwrap(), db.session().unwrap());
    let susan = one.add(susan());
    other.add(User::build().username("david").email("d"));
    assert!(other.try_get(susan).unwrap_err().is_session());
    assert!(other.delete(susan).unwrap_err().is_session());
    other.add(Post::build().body("x").author_id(susan));
    assert!(other.commit().unwrap_err().is_session());
    let error = Post::insert(Post::build().body("x").author_id(susan))
        .execute(&db)
        .unwrap_err();
    assert!(
        error.is_session() && error.to_string().contains("post.author_id"),
        "{error}"
    );
}

fn a_deleted_object_is_no_longer_there(bed: &Bed) {
    let db = database(bed);
    let mut session = db.session().unwrap();
    let key = session.add(susan());
    session.commit().unwrap();
    let id = session[key].id;
    session.delete(key).unwrap();
    assert_eq!(session.get::<User>(id).unwrap(), None);
    session.commit().unwrap();
    assert_eq!(session.get::<User>(id).unwrap(), None);
    let error = session.try_get(key).unwrap_err();
    assert!(
        error.is_session() && error.to_string().contains("no longer tracked"),
        "{error}"
    );
}

fn a_value_that_does_not_fit_is_told_at_commit(bed: &Bed) {
    let db = database(bed);
    let mut session = db.session().unwrap();
    session.add(User::build().username("fits").email("e"));
    let long = session.add(User::build().username("x".repeat(65)).email("f"));
    let error = session.commit().unwrap_err();
    assert!(error.is_invalid_value(), "{error:?}");
    assert_eq!(User::query().count(&db).unwrap(), 0, "nothing was sent");
    // Nothing was sent, so nothing needs a rollback: without the row that does not fit the unit goes through.
    session.delete(long).unwrap();
    session.commit().unwrap();
    let susan = session.load(User::query()).unwrap()[0];
    session[susan].username = "y".repeat(65);
    assert!(session.commit().unwrap_err().is_invalid_value());
    session[susan].username = "y".repeat(64);
    session.commit().unwrap();
    assert_eq!(
        User::query().pluck(User::username, &db).unwrap(),
        ["y".repeat(64)]
    );
}

fn one_clock_a_flush(bed: &Bed) {
    let db = database(bed);
    let mut session = db.session().unwrap();
    let susan = session.add(susan());
    std::thread::sleep(std::time::Duration::from_millis(2));
    let post = session.add(Post::build().body("x").author_id(susan));
    session.commit().unwrap();
    assert_eq!(session[susan].joined, session[post].changed);
}

/// Counts the events of `tracing` that name a statement of this kind.
struct Statements(Arc<AtomicU32>, &'static str);

impl tracing::Subscriber for Statements {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        struct Find<'a>(&'a Statements);
        impl tracing::field::Visit for Find<'_> {
            fn record_str(&mut self, field: &tracing::field::Field, value: &str) {
                if field.name() == "statement" && value.starts_with(self.0.1) {
                    self.0.0.fetch_add(1, Ordering::Relaxed);
                }
            }
            fn record_debug(&mut self, _: &tracing::field::Field, _: &dyn std::fmt::Debug) {}
        }
        span.record(&mut Find(self));
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, _: &tracing::Event<'_>) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

/// How many statements begin so while something is done.
pub(super) fn sent(beginning: &'static str, work: impl FnOnce()) -> u32 {
    let count = Arc::new(AtomicU32::new(0));
    tracing::subscriber::with_default(Statements(Arc::clone(&count), beginning), work);
    count.load(Ordering::Relaxed)
}

fn begins(work: impl FnOnce()) -> u32 {
    sent("BEGIN", work)
}

fn one_statement_needs_no_transaction(bed: &Bed) {
    let db = database(bed);
    let id = User::insert(susan()).execute(&db).unwrap();
    let change = |ages: &[i32], posts: usize| {
        let mut session = db.session().unwrap();
        let key = session.get::<User>(id).unwrap().unwrap();
        for age in ages {
            session[key].age = Some(*age);
        }
        for _ in 0..posts {
            session.add(Post::build().body("x").author_id(key));
        }
        session.commit().unwrap();
    };
    assert_eq!(begins(|| change(&[1, 2, 3], 0)), 0, "one UPDATE");
    assert_eq!(begins(|| change(&[], 1)), 0, "one INSERT");
    assert_eq!(begins(|| change(&[4], 1)), 1, "an INSERT and an UPDATE");
    assert_eq!(begins(|| change(&[], 2)), 1, "two rows");
}

fn uncommitted_work_is_not_seen_by_others(bed: &Bed) {
    let db = database(bed);
    let mut session = db.session().unwrap();
    session.add(susan());
    session.flush().unwrap();
    assert_eq!(User::query().count(&mut session).unwrap(), 1);
    assert_eq!(User::query().count(&db).unwrap(), 0);
    session.commit().unwrap();
    assert_eq!(User::query().count(&db).unwrap(), 1);
}

fn set_based_statements_belong_to_the_unit(bed: &Bed) {
    let db = database(bed);
    User::insert(susan()).execute(&db).unwrap();
    let mut session = db.session().unwrap();
    let david = User::build().username("david").email("d");
    User::insert(david).execute(&mut session).unwrap();
    User::query()
        .filter(User::username.eq("susan"))
        .update([User::age.set(5)], &mut session)
        .unwrap();
    User::query()
        .filter(User::username.eq("david"))
        .delete(&mut session)
        .unwrap();
    birgus::sql("UPDATE \"user\" SET \"active\" = :no")
        .bind("no", false)
        .execute(&mut session)
        .unwrap();
    let seen = User::query().one(&mut session).unwrap();
    assert_eq!((seen.age, seen.active), (Some(5), false));
    session.rollback().unwrap();
    let left = User::query().one(&db).unwrap();
    assert_eq!(
        (left.username.as_str(), left.age, left.active),
        ("susan", None, true)
    );

    User::query()
        .update([User::age.set(6)], &mut session)
        .unwrap();
    session.commit().unwrap();
    assert_eq!(User::query().one(&db).unwrap().age, Some(6));
}

fn rows_that_reference_each_other_by_value(bed: &Bed) {
    let db = bed.database(&[Part::info()]);
    let mut session = db.session().unwrap();
    session.add(Part::of(3, Some(2)));
    session.add(Part::of(2, Some(1)));
    session.add(Part::of(1, None));
    session.commit().unwrap();
    // A chain that is longer than any statement, children first.
    let chain = (10..1_500).map(|id| Part::of(id, (id < 1_499).then_some(id + 1)));
    let ids = Part::insert_many(chain).execute(&db).unwrap();
    assert_eq!(ids, (10..1_500).collect::<Vec<_>>());
    assert_eq!(Part::query().count(&db).unwrap(), 3 + 1_490);
}

fn children_are_deleted_before_parents_of_the_same_table(bed: &Bed) {
    let db = bed.database(&[Part::info()]);
    Part::insert_many((1..5).map(|id| Part::of(id, (id > 1).then_some(id - 1))))
        .execute(&db)
        .unwrap();
    let mut session = db.session().unwrap();
    let keys = [3, 1, 4, 2].map(|id| session.get::<Part>(id).unwrap().unwrap());
    for key in keys {
        session.delete(key).unwrap();
    }
    session.commit().unwrap();
    assert_eq!(Part::query().count(&db).unwrap(), 0);
}

fn a_deleted_row_may_be_added_again(bed: &Bed) {
    let db = bed.database(&[Country::info()]);
    let country = |name: &str| Country {
        code: "pt".into(),
        name: name.into(),
    };
    Country::insert(country("old")).execute(&db).unwrap();
    let mut session = db.session().unwrap();
    let old = session.get::<Country>("pt").unwrap().unwrap();
    session.delete(old).unwrap();
    let new = session.add(country("new"));
    session.flush().unwrap();
    assert_eq!(session.get::<Country>("pt").unwrap(), Some(new));
    session.rollback().unwrap();
    assert_eq!(session.get::<Country>("pt").unwrap(), Some(old));
    assert_eq!(session[old].name, "old");
    session.delete(old).unwrap();
    let new = session.add(country("new"));
    session.commit().unwrap();
    assert_eq!(session.get::<Country>("pt").unwrap(), Some(new));
    assert!(session.try_get(old).unwrap_err().is_session());
    let names = Country::query().pluck(Country::name, &db).unwrap();
    assert_eq!(names, ["new"]);
}

fn what_is_set_after_add_is_kept(bed: &Bed) {
    let db = database(bed);
    let id = User::insert(susan()).execute(&db).unwrap();
    let mut session = db.session().unwrap();
    let david = session.add(User::build().username("david").email("d"));
    let post = session.add(Post::build().body("x").author_id(david));
    let then: DateTime<Utc> = "2001-01-01T00:00:00Z".parse().unwrap();
    session[post].author_id = id;
    session[post].changed = then;
    session[david].joined = then;
    session.commit().unwrap();
    assert_eq!((session[post].author_id, session[post].changed), (id, then));
    assert_eq!(session[david].joined, then);
    let read = Post::query().one(&db).unwrap();
    assert_eq!(read, session[post]);
}

fn what_is_set_after_add_is_read_as_stored(bed: &Bed) {
    let db = bed.database(&[Price::info()]);
    let mut session = db.session().unwrap();
    let price = session.add(Price::build().amount(Decimal::new(1, 0)));
    session[price].amount = Decimal::new(1_235, 3);
    session.commit().unwrap();
    assert_eq!(session[price].amount, Decimal::new(124, 2));
    assert_eq!(Price::query().one(&db).unwrap(), session[price]);
}

fn a_reference_to_a_new_row_that_was_given_up(bed: &Bed) {
    let db = database(bed);
    let mut session = db.session().unwrap();
    let susan = session.add(susan());
    let post = session.add(Post::build().body("x").author_id(susan));
    session.delete(susan).unwrap();
    let error = session.commit().unwrap_err();
    assert!(
        error.is_session()
            && error
                .to_string()
                .starts_with("post.author_id: the new User"),
        "{error}"
    );
    session.delete(post).unwrap();
    session.commit().unwrap();
    assert_eq!(Post::query().count(&db).unwrap(), 0);
}

fn what_a_rollback_took_back_is_not_found(bed: &Bed) {
    let db = database(bed);
    let id = User::insert(susan()).execute(&db).unwrap();
    let mut session = db.session().unwrap();
    session.add(User::build().username("anna").email("a"));
    session.flush().unwrap();
    let david = User::insert(User::build().username("david").email("d"))
        .execute(&mut session)
        .unwrap();
    User::query()
        .update([User::age.set(5)], &mut session)
        .unwrap();
    let david_key = session.get::<User>(david).unwrap().unwrap();
    let susan = session.get::<User>(id).unwrap().unwrap();
    assert_eq!(session[susan].age, Some(5));
    session.rollback().unwrap();
    assert_eq!(session.get::<User>(david).unwrap(), None);
    assert!(session.try_get(david_key).unwrap_err().is_session());
    assert_eq!(session.get::<User>(id).unwrap(), Some(susan));
    assert_eq!(session[susan].age, None);
}

fn an_id_that_is_changed_moves_the_sequence(bed: &Bed) {
    let db = bed.database(&[Ticket::info()]);
    let id = Ticket::insert(Ticket::build()).execute(&db).unwrap();
    let mut session = db.session().unwrap();
    let ticket = session.get::<Ticket>(id).unwrap().unwrap();
    session[ticket].id = id + 1;
    session.commit().unwrap();
    assert!(Ticket::insert(Ticket::build()).execute(&db).unwrap() > id + 1);
    Ticket::query()
        .by_key(id + 1)
        .update([Ticket::id.set(id + 10)], &db)
        .unwrap();
    assert!(Ticket::insert(Ticket::build()).execute(&db).unwrap() > id + 10);
}
