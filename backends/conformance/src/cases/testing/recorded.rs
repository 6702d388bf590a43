//! The statements that ran, and assertions about their number.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use birgus::backend::{BindType, Connection, TransactionMode};
use birgus::model::ModelInfo;
use birgus::testing::{Recorded, StatementKind};
use birgus::{Config, Database, assert_statements, prelude::*, sql};

use crate::Bed;
use crate::models::{Archived, Post, User};

crate::cases::cases![
    statements_are_recorded_with_what_they_do,
    only_what_runs_meanwhile_is_recorded,
    transactions_are_told_apart,
    sessions_that_were_open_and_other_threads_are_recorded,
    recordings_nest_and_run_side_by_side,
    a_panic_ends_the_recording,
    a_statement_that_fails_is_recorded,
    values_are_recorded_only_when_they_may_be_shown,
    bound_databases_are_recorded_by_name,
    the_number_of_statements_is_asserted,
    an_assertion_that_fails_lists_the_statements,
];

fn susan() -> impl NewRow<Model = User> {
    User::build().username("susan").email("s@example.com")
}

fn kinds(recorded: &Recorded) -> Vec<StatementKind> {
    recorded.all().iter().map(|one| one.kind()).collect()
}

fn statements_are_recorded_with_what_they_do(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let (id, inserted) = db.recorded(|| User::insert(susan()).execute(&db).unwrap());
    assert_eq!(kinds(&inserted), [StatementKind::Insert]);
    let (users, read) = db.recorded(|| {
        let named = User::query()
            .filter(User::id.eq(id))
            .filter(User::username.eq("susan"));
        named.all(&db).unwrap()
    });
    assert_eq!(users.len(), 1);
    let [select] = *read.statements() else {
        panic!("{read}");
    };
    assert_eq!((select.kind(), select.rows()), (StatementKind::Select, 1));
    assert!(select.text().starts_with("SELECT"), "{read}");
    assert_eq!(select.bind_types(), [BindType::BigInt, BindType::Text]);
    assert!(!select.failed() && select.elapsed() > Duration::ZERO);
    assert_eq!(select.database(), None);
    let ((), changed) = db.recorded(|| {
        User::query().update(User::age.set(5), &db).unwrap();
        User::query().delete(&db).unwrap();
        sql("WITH one AS (SELECT 1) SELECT * FROM one")
            .all::<(i64,)>(&db)
            .unwrap();
    });
    use StatementKind::{Delete, Select, Update};
    assert_eq!(kinds(&changed), [Update, Delete, Select]);
    assert!(changed.all().iter().all(|one| one.rows() == 1), "{changed}");
    let list = changed.to_string();
    assert_eq!(list.lines().count(), 3, "{list}");
    assert!(
        list.starts_with("  1. UPDATE") && list.contains("(1 row, "),
        "{list}"
    );
}

fn only_what_runs_meanwhile_is_recorded(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let other = bed.open(&[User::info()]);
    User::query().count(&db).unwrap();
    let ((), recorded) = db.recorded(|| {
        User::query().count(&other).unwrap();
    });
    User::query().count(&db).unwrap();
    assert!(recorded.all().is_empty(), "{recorded}");
    let (count, recorded) = other.recorded(|| User::query().count(&other).unwrap());
    assert_eq!((count, recorded.all().len()), (0, 1));
}

fn transactions_are_told_apart(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let ((), recorded) = db.recorded(|| {
        let mut connection = db.connection().unwrap();
        connection.begin(TransactionMode::Write, None).unwrap();
        User::insert(susan()).execute(&mut connection).unwrap();
        connection.savepoint("attempt").unwrap();
        connection.rollback_to("attempt").unwrap();
        connection.release("attempt").unwrap();
        connection.commit().unwrap();
        connection.begin(TransactionMode::Read, None).unwrap();
        connection.rollback().unwrap();
    });
    use StatementKind::{Begin, Commit, Insert, Rollback, Savepoint};
    assert_eq!(
        kinds(&recorded),
        [
            Begin, Insert, Savepoint, Savepoint, Savepoint, Commit, Begin, Rollback
        ]
    );
    assert_eq!(recorded.statements().len(), 1);
    assert_eq!(recorded.count(Begin), 2);
}

fn sessions_that_were_open_and_other_threads_are_recorded(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let mut session = db.session().unwrap();
    assert!(session.get::<User>(1).unwrap().is_none());
    let handle = db.clone();
    let ((), recorded) = handle.recorded(|| {
        session.add(susan());
        session.commit().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..5 {
                        User::query().count(&db).unwrap();
                    }
                });
            }
        });
    });
    assert_eq!(recorded.count(StatementKind::Insert), 1);
    assert_eq!(recorded.count(StatementKind::Select), 15);
}

fn recordings_nest_and_run_side_by_side(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let count = || User::query().count(&db).unwrap();
    let ((inner, innermost), outer) = db.recorded(|| {
        count();
        let (innermost, inner) = db.recorded(|| {
            count();
            db.recorded(count).1
        });
        count();
        (inner, innermost)
    });
    let numbers = [&outer, &inner, &innermost].map(|recorded| recorded.all().len());
    assert_eq!(numbers, [4, 2, 1]);
    // Each of these sees its own statements at least, and at most those of both.
    let seen = std::thread::scope(|scope| {
        let of_five = || {
            let (_, recorded) = db.recorded(|| (0..5).map(|_| count()).sum::<u64>());
            recorded.all().len()
        };
        [scope.spawn(of_five), scope.spawn(of_five)].map(|thread| thread.join().unwrap())
    });
    assert!(seen.iter().all(|seen| (5..=10).contains(seen)), "{seen:?}");
    assert_eq!(db.recorded(count).1.all().len(), 1);
}

fn a_panic_ends_the_recording(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        db.recorded(|| panic!("as the case wants it"))
    }));
    assert!(panicked.is_err());
    let (_, recorded) = db.recorded(|| User::query().count(&db).unwrap());
    assert_eq!(recorded.all().len(), 1);
}

fn a_statement_that_fails_is_recorded(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    User::insert(susan()).execute(&db).unwrap();
    let (result, recorded) = db.recorded(|| User::insert(susan()).execute(&db));
    assert!(result.unwrap_err().is_unique_violation());
    let [failed] = *recorded.statements() else {
        panic!("{recorded}");
    };
    assert!(failed.failed() && failed.rows() == 0);
    assert!(recorded.to_string().contains("(failed, "), "{recorded}");
}

fn values_are_recorded_only_when_they_may_be_shown(bed: &Bed) {
    let recorded = |shown: bool| {
        let mut config = bed.config();
        config.echo_binds = shown;
        let db = Database::with_models(config, [User::info()]).unwrap();
        db.create_all().unwrap();
        let secret = User::query().filter(User::username.eq("hunter2"));
        db.recorded(|| secret.count(&db).unwrap()).1
    };
    let hidden = recorded(false);
    assert_eq!(hidden.all()[0].binds(), None);
    assert!(
        !format!("{hidden} {hidden:?}").contains("hunter2"),
        "{hidden:?}"
    );
    assert!(hidden.to_string().contains(" -- Text ("), "{hidden}");
    let shown = recorded(true);
    assert!(
        shown.all()[0].binds().unwrap().contains("hunter2"),
        "{shown:?}"
    );
    assert!(shown.to_string().contains("hunter2"), "{shown}");
}

fn bound_databases_are_recorded_by_name(bed: &Bed) {
    let mut config = bed.config();
    config
        .binds
        .insert("archive".to_owned(), Config::new(bed.url().clone()));
    let models: [&'static ModelInfo; 2] = [User::info(), Archived::info()];
    let db = Database::with_models(config, models).unwrap();
    let archive = db.bind("archive").unwrap();
    db.create_all().unwrap();
    archive.create_all().unwrap();
    let work = || {
        User::query().count(&db).unwrap();
        Archived::query().count(&db).unwrap();
    };
    let names = |recorded: &Recorded| -> Vec<Option<String>> {
        let statements = recorded.all().iter();
        statements
            .map(|one| one.database().map(str::to_owned))
            .collect()
    };
    let ((), recorded) = db.recorded(work);
    assert_eq!(names(&recorded), [None, Some("archive".to_owned())]);
    assert!(
        recorded.to_string().contains("2. [archive] SELECT"),
        "{recorded}"
    );
    let ((), recorded) = archive.recorded(work);
    assert_eq!(names(&recorded), [Some("archive".to_owned())]);
}

fn the_number_of_statements_is_asserted(bed: &Bed) {
    let db = bed.database(&[User::info(), Post::info()]);
    assert_statements!(db, 0, {});
    let id = assert_statements!(&db, 1, User::insert(susan()).execute(&db)).unwrap();
    let posts = assert_statements!(db, <= 2, {
        let mut session = db.session().unwrap();
        let key = session.get::<User>(id).unwrap().unwrap();
        session.add(Post::build().body("x").author_id(key));
        session.commit().unwrap();
        1
    });
    assert_eq!(posts, 1);
    // BEGIN, SAVEPOINT and COMMIT are not counted.
    assert_statements!(db, 2, {
        let mut session = db.session().unwrap();
        for name in ["a", "b"] {
            session
                .nested(|session| {
                    session.add(User::build().username(name).email(name));
                    session.flush()
                })
                .unwrap();
        }
        session.commit().unwrap();
    });
    let left_early = || -> birgus::Result<()> {
        assert_statements!(db, 7, {
            User::query().one(&db)?;
        });
        Ok(())
    };
    assert!(left_early().unwrap_err().is_multiple_rows());
}

fn an_assertion_that_fails_lists_the_statements(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let message = |work: &dyn Fn()| {
        let panicked = catch_unwind(AssertUnwindSafe(work)).unwrap_err();
        *panicked.downcast::<String>().unwrap()
    };
    let count = || assert_eq!(User::query().count(&db).unwrap(), 0);
    let twice = message(&|| {
        assert_statements!(db, 1, {
            count();
            count();
        })
    });
    assert!(
        twice.starts_with("2 statements ran, expected 1:\n  1. SELECT"),
        "{twice}"
    );
    assert_eq!(twice.lines().count(), 3, "{twice}");
    let never = message(&|| assert_statements!(db, 1, {}));
    assert_eq!(never, "no statement ran, expected 1");
    let more = message(&|| assert_statements!(db, <= 0, count()));
    assert!(
        more.starts_with("1 statement ran, expected at most 0:\n"),
        "{more}"
    );
}
