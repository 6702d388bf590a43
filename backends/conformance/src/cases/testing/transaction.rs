//! Transactions that are rolled back with everything in them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use birgus::backend::{Connection, TransactionMode};
use birgus::model::ModelInfo;
use birgus::testing::{StatementKind, TestTransaction};
use birgus::{Config, Database, Error, assert_statements, prelude::*, sql};

use crate::Bed;
use crate::models::{Archived, Post, User};

crate::cases::cases![
    what_is_committed_in_it_is_gone_after_it,
    a_panic_rolls_it_back,
    sessions_roll_back_within_it,
    a_statement_that_fails_spoils_nothing,
    parts_of_a_session_are_undone_within_it,
    what_takes_several_statements_is_whole,
    rows_are_locked_within_it,
    a_query_that_is_left_early_spoils_nothing,
    its_one_connection_is_waited_for,
    ddl_is_kept_out_where_it_commits,
    transactions_of_raw_sql_are_refused,
    a_handle_that_outlives_it_is_refused,
    what_a_program_says_is_recorded,
    listeners_and_bound_databases_are_within_it,
    nothing_runs_in_it_after_a_deadlock,
    one_follows_another,
];

fn database(bed: &Bed) -> Database {
    bed.database(&[User::info(), Post::info()])
}

fn user(name: &str) -> impl NewRow<Model = User> + use<> {
    User::build().username(name).email(name)
}

fn names(executor: impl Executor) -> Vec<String> {
    let names = User::query().order_by(User::username.asc());
    names.pluck(User::username, executor).unwrap()
}

/// What a program does, that knows nothing of tests.
fn sign_up(db: &Database, name: &str) -> birgus::Result<i64> {
    let mut session = db.session()?;
    let user = session.add(user(name));
    session.add(Post::build().body("hello").author_id(user));
    session.commit()?;
    Ok(session[user].id)
}

fn what_is_committed_in_it_is_gone_after_it(bed: &Bed) {
    let db = database(bed);
    sign_up(&db, "root").unwrap();
    let test = TestTransaction::begin(&db).unwrap();
    let susan = sign_up(&test, "susan").unwrap();
    User::insert(user("david")).execute(&test).unwrap();
    let many = ["a", "b"].map(user);
    assert_eq!(User::insert_many(many).execute(&test).unwrap().len(), 2);
    assert_eq!(
        User::query()
            .by_key(susan)
            .update(User::age.set(7), &test)
            .unwrap(),
        1
    );
    assert_eq!(names(&test), ["a", "b", "david", "root", "susan"]);
    let read = User::query().get(susan, &test).unwrap().unwrap();
    assert_eq!(read.age, Some(7));
    assert_eq!(names(&db), ["root"], "others see nothing of it");
    drop(test);
    assert_eq!(names(&db), ["root"]);
    assert_eq!(Post::query().count(&db).unwrap(), 1);
}

fn a_panic_rolls_it_back(bed: &Bed) {
    let db = database(bed);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let test = TestTransaction::begin(&db).unwrap();
        sign_up(&test, "susan").unwrap();
        let mut session = test.session().unwrap();
        session.add(user("david"));
        session.flush().unwrap();
        panic!("as the case wants it");
    }));
    assert!(panicked.is_err());
    assert!(names(&db).is_empty());
    sign_up(&db, "susan").unwrap();
}

fn sessions_roll_back_within_it(bed: &Bed) {
    let db = database(bed);
    let test = TestTransaction::begin(&db).unwrap();
    sign_up(&test, "susan").unwrap();
    let mut session = test.session().unwrap();
    session.add(user("david"));
    session.flush().unwrap();
    session.rollback().unwrap();
    session.add(user("zoe"));
    session.commit().unwrap();
    assert_eq!(names(&test), ["susan", "zoe"]);
    let mut session = test.session().unwrap();
    session.add(user("nobody"));
    session.flush().unwrap();
    drop(session);
    assert_eq!(names(&test), ["susan", "zoe"]);
}

fn a_statement_that_fails_spoils_nothing(bed: &Bed) {
    let db = database(bed);
    let test = TestTransaction::begin(&db).unwrap();
    sign_up(&test, "susan").unwrap();
    // Outside of a session, in one, and in SQL that can't be read.
    let error = User::insert(user("susan")).execute(&test).unwrap_err();
    assert!(error.is_unique_violation());
    assert!(sign_up(&test, "susan").unwrap_err().is_unique_violation());
    assert!(sql("SELEC 1").execute(&test).is_err());
    let mut session = test.session().unwrap();
    session.add(user("susan"));
    assert!(session.commit().unwrap_err().is_unique_violation());
    session.rollback().unwrap();
    session.add(user("david"));
    session.commit().unwrap();
    assert_eq!(names(&test), ["david", "susan"]);
    assert_eq!(Post::query().count(&test).unwrap(), 1);
}

fn parts_of_a_session_are_undone_within_it(bed: &Bed) {
    let db = database(bed);
    let test = TestTransaction::begin(&db).unwrap();
    let mut session = test.session().unwrap();
    for name in ["susan", "david", "susan"] {
        let added = session.nested(|session| {
            session.add(user(name));
            session.flush()
        });
        assert_eq!(added.is_err(), name == "susan" && session.len() == 2);
    }
    session.commit().unwrap();
    assert_eq!(names(&test), ["david", "susan"]);
    let mut connection = test.connection().unwrap();
    connection.begin(TransactionMode::Write, None).unwrap();
    connection.savepoint("attempt").unwrap();
    User::query().delete(&mut connection).unwrap();
    connection.rollback_to("attempt").unwrap();
    connection.commit().unwrap();
    drop(connection);
    assert_eq!(names(&test), ["david", "susan"]);
}

fn what_takes_several_statements_is_whole(bed: &Bed) {
    let db = database(bed);
    let test = TestTransaction::begin(&db).unwrap();
    // More rows than one INSERT takes; the last one is a duplicate.
    let rows = (0..3_000)
        .chain([0])
        .map(|number| user(&number.to_string()));
    assert!(
        User::insert_many(rows)
            .execute(&test)
            .unwrap_err()
            .is_unique_violation()
    );
    assert_eq!(User::query().count(&test).unwrap(), 0);
    let rows = (0..3_000).map(|number| user(&number.to_string()));
    assert_eq!(User::insert_many(rows).execute(&test).unwrap().len(), 3_000);
    drop(test);
    assert_eq!(User::query().count(&db).unwrap(), 0);
}

fn rows_are_locked_within_it(bed: &Bed) {
    let db = database(bed);
    let test = TestTransaction::begin(&db).unwrap();
    let id = sign_up(&test, "susan").unwrap();
    let locked = || User::query().by_key(id).for_update();
    assert!(
        locked().one(&test).unwrap_err().is_invalid_query(),
        "as it is outside of it"
    );
    let mut session = test.session().unwrap();
    assert_eq!(locked().one(&mut session).unwrap().username, "susan");
    session.commit().unwrap();
}

fn a_query_that_is_left_early_spoils_nothing(bed: &Bed) {
    let db = database(bed);
    let test = TestTransaction::begin(&db).unwrap();
    User::insert_many(["a", "b", "c"].map(user))
        .execute(&test)
        .unwrap();
    let mut seen = 0;
    let left = User::query().for_each(&test, |_| {
        seen += 1;
        Err(Error::session("enough"))
    });
    assert_eq!(
        (left.unwrap_err().to_string().as_str(), seen),
        ("enough", 1)
    );
    assert_eq!(User::query().count(&test).unwrap(), 3);
}

fn its_one_connection_is_waited_for(bed: &Bed) {
    let mut config = bed.config();
    config.pool.checkout_timeout = std::time::Duration::from_millis(300);
    let db = Database::with_models(config, [User::info()]).unwrap();
    db.create_all().unwrap();
    let test = TestTransaction::begin(&db).unwrap();
    let mut session = test.session().unwrap();
    session.add(user("susan"));
    session.flush().unwrap();
    let error = User::query().count(&test).unwrap_err();
    assert!(error.is_checkout_timeout(), "{error}");
    assert!(error.to_string().contains("there is only one"), "{error}");
    std::thread::scope(|scope| {
        let other = scope.spawn(|| User::query().count(&test));
        session.commit().unwrap();
        assert_eq!(other.join().unwrap().unwrap(), 1);
    });
}

fn ddl_is_kept_out_where_it_commits(bed: &Bed) {
    let db = bed.open(&[User::info()]);
    let commits = !db.dialect().unwrap().capabilities().transactional_ddl;
    let test = TestTransaction::begin(&db).unwrap();
    let created = test.create_all();
    if !commits {
        created.unwrap();
        sql("CREATE TABLE other (id INTEGER)")
            .execute(&test)
            .unwrap();
        User::insert(user("susan")).execute(&test).unwrap();
        assert_eq!(names(&test), ["susan"]);
        drop(test);
        assert!(db.introspect().unwrap().is_empty());
        return;
    }
    let error = created.unwrap_err();
    assert!(
        error.is_unsupported() && error.to_string().contains("DDL commits"),
        "{error}"
    );
    drop(test);
    db.create_all().unwrap();
    let test = TestTransaction::begin(&db).unwrap();
    User::insert(user("susan")).execute(&test).unwrap();
    test.create_all().unwrap(); // nothing is missing
    for refused in [
        "DROP TABLE user",
        "/* all */ truncate user",
        "SELECT 1; CREATE TABLE a (b INTEGER)",
    ] {
        let error = test.connection().unwrap().batch(refused).unwrap_err();
        assert!(error.is_unsupported(), "{refused}: {error}");
    }
    sql("CREATE TEMPORARY TABLE scratch (id INTEGER)")
        .execute(&test)
        .unwrap();
    sql("SET @a = 1").execute(&test).unwrap();
    assert_eq!(names(&test), ["susan"]);
    // A statement whose kind nobody knows is found out afterwards.
    let error = test
        .connection()
        .unwrap()
        .batch("ANALYZE TABLE user")
        .unwrap_err();
    assert!(
        error.is_session() && error.to_string().contains("has committed it"),
        "{error}"
    );
    let error = User::query().count(&test).unwrap_err();
    assert!(
        error.is_session() && error.to_string().contains("has ended"),
        "{error}"
    );
    drop(test);
    assert_eq!(names(&db), ["susan"], "as the error said");
}

fn transactions_of_raw_sql_are_refused(bed: &Bed) {
    let db = database(bed);
    let test = TestTransaction::begin(&db).unwrap();
    sign_up(&test, "susan").unwrap();
    for refused in ["BEGIN", "COMMIT", "-- back\nROLLBACK", "start transaction"] {
        let error = sql(refused).execute(&test).unwrap_err();
        assert!(error.is_unsupported(), "{refused}: {error}");
        let error = test.connection().unwrap().batch(refused).unwrap_err();
        assert!(error.is_unsupported(), "{refused}: {error}");
    }
    assert_eq!(names(&test), ["susan"]);
    drop(test);
    assert!(names(&db).is_empty());
}

fn a_handle_that_outlives_it_is_refused(bed: &Bed) {
    let db = database(bed);
    let test = TestTransaction::begin(&db).unwrap();
    let handle = Database::clone(&test);
    let mut session = handle.session().unwrap();
    session.add(user("susan"));
    session.flush().unwrap();
    drop(test);
    assert!(
        names(&db).is_empty(),
        "it is rolled back, whoever still has a handle"
    );
    let error = session.commit().unwrap_err();
    assert!(
        error.is_session() && error.to_string().contains("has ended: it was dropped"),
        "{error}"
    );
    drop(session);
    let error = User::insert(user("susan")).execute(&handle).unwrap_err();
    assert!(error.is_session(), "{error}");
    assert!(names(&db).is_empty());
}

fn what_a_program_says_is_recorded(bed: &Bed) {
    let db = database(bed);
    let test = TestTransaction::begin(&db).unwrap();
    let (_, outside) = db.recorded(|| {
        let (signed, recorded) = test.recorded(|| sign_up(&test, "susan"));
        signed.unwrap();
        use StatementKind::{Begin, Commit, Insert};
        let kinds: Vec<_> = recorded.all().iter().map(|one| one.kind()).collect();
        assert_eq!(kinds, [Begin, Insert, Insert, Commit], "as outside of it");
    });
    assert!(
        outside.all().is_empty(),
        "tests side by side don't count for each other"
    );
    assert_statements!(test, 1, User::query().count(&test)).unwrap();
}

fn listeners_and_bound_databases_are_within_it(bed: &Bed) {
    struct Refusing;
    impl birgus::session::SessionListener for Refusing {
        fn before_commit(&self, _session: &mut Session) -> birgus::Result<()> {
            Err(Error::session("no commit is wanted"))
        }
    }
    let archive = birgus::testing::TestDatabase::with_models(bed.config(), []).unwrap();
    let mut config = bed.config();
    let bound = Config::new(archive.config().url.clone());
    config.binds.insert("archive".to_owned(), bound);
    let models: [&'static ModelInfo; 2] = [User::info(), Archived::info()];
    let db = Database::with_models(config, models).unwrap();
    db.create_all().unwrap();
    db.bind("archive").unwrap().create_all().unwrap();
    let test = TestTransaction::begin(&db).unwrap();
    let mut session = test.session().unwrap();
    session.add(user("susan"));
    session.add(Archived::build().username("david"));
    session.commit().unwrap();
    assert_eq!(Archived::query().count(&test).unwrap(), 1);
    assert_eq!(User::query().count(&test).unwrap(), 1);
    drop((session, test));
    assert_eq!(Archived::query().count(&db).unwrap(), 0);
    assert_eq!(User::query().count(&db).unwrap(), 0);
    db.listen(Refusing);
    let test = TestTransaction::begin(&db).unwrap();
    let mut session = test.session().unwrap();
    session.add(user("susan"));
    assert_eq!(
        session.commit().unwrap_err().to_string(),
        "no commit is wanted"
    );
    drop((session, test, db));
    archive.remove().unwrap();
}

fn nothing_runs_in_it_after_a_deadlock(bed: &Bed) {
    let db = database(bed);
    if !db.dialect().unwrap().capabilities().row_locks {
        // A writer has the whole database, so two can't get in each other's way.
        return;
    }
    let ids = User::insert_many(["a", "b"].map(user))
        .execute(&db)
        .unwrap();
    let both_have_one = std::sync::Barrier::new(2);
    let work = |first: i64, second: i64| {
        let test = TestTransaction::begin(&db).unwrap();
        let update = |id| {
            let row = User::query().by_key(id);
            row.update(User::age.set(7), &test)
        };
        update(first).unwrap();
        both_have_one.wait();
        let result = update(second);
        if let Err(error) = &result {
            assert!(error.is_retryable(), "{error}");
            // The next one would be outside of any transaction on some engines, and stay.
            let error = User::query().delete(&test).unwrap_err();
            assert!(
                error.is_session() && error.to_string().contains("has ended"),
                "{error}"
            );
            let mut session = test.session().unwrap();
            session.add(user("c"));
            session.add(user("d"));
            assert!(session.commit().unwrap_err().is_session());
            session.rollback().unwrap();
        }
        result.is_ok()
    };
    let (one, other) = std::thread::scope(|scope| {
        let one = scope.spawn(|| work(ids[0], ids[1]));
        let other = scope.spawn(|| work(ids[1], ids[0]));
        (one.join().unwrap(), other.join().unwrap())
    });
    assert_ne!(one, other, "one of them is given up");
    assert_eq!(names(&db), ["a", "b"]);
    assert_eq!(
        User::query()
            .filter(User::age.is_null())
            .count(&db)
            .unwrap(),
        2
    );
}

fn one_follows_another(bed: &Bed) {
    let mut config = bed.config();
    config.pool.size = 1;
    let db = Database::with_models(config, [User::info()]).unwrap();
    db.create_all().unwrap();
    for _ in 0..5 {
        let test = TestTransaction::begin(&db).unwrap();
        assert!(names(&test).is_empty());
        User::insert(user("susan")).execute(&test).unwrap();
    }
    assert!(names(&db).is_empty());
}
