//! The pool: timeouts, broken connections, settings of every connection.

use std::time::Duration;

use birgus::backend::{Connection, TransactionMode};
use birgus::prelude::*;
use birgus::sql;

use crate::Bed;
use crate::models::User;

super::cases![
    a_checkout_that_times_out_says_why,
    connections_are_reused,
    a_transaction_that_is_left_open_is_rolled_back,
    a_connection_that_idled_is_checked,
    threads_share_a_database,
    sessions_move_between_threads,
    a_pool_of_no_connections_is_refused,
    statements_are_cached_within_a_bound,
];

fn a_checkout_that_times_out_says_why(bed: &Bed) {
    let mut config = bed.config();
    config.pool.size = 2;
    config.pool.checkout_timeout = Duration::from_millis(100);
    let db = Database::with_models(config, []).unwrap();
    let (_one, _two) = (db.connection().unwrap(), db.connection().unwrap());
    let error = db.connection().unwrap_err();
    assert!(
        error.is_checkout_timeout() && error.is_timeout(),
        "{error:?}"
    );
    let message = error.to_string();
    assert!(
        message.starts_with("no connection within 100ms: 2 of 2 are out, the oldest for"),
        "{message}"
    );
    drop(_one);
    db.connection().unwrap();
}

fn connections_are_reused(bed: &Bed) {
    let mut config = bed.config();
    config.pool.size = 1;
    let db = Database::with_models(config, []).unwrap();
    for _ in 0..20 {
        sql("SELECT 1").all::<(i64,)>(&db).unwrap();
    }
}

fn a_transaction_that_is_left_open_is_rolled_back(bed: &Bed) {
    let mut config = bed.config();
    config.pool.size = 1;
    let db = Database::with_models(config, [User::info()]).unwrap();
    db.create_all().unwrap();
    let mut connection = db.connection().unwrap();
    connection.begin(TransactionMode::Write, None).unwrap();
    User::insert(User::build().username("a").email("b"))
        .execute(&mut connection)
        .unwrap();
    assert_eq!(User::query().count(&mut connection).unwrap(), 1);
    drop(connection);
    assert_eq!(User::query().count(&db).unwrap(), 0);
    assert!(!db.connection().unwrap().in_transaction());
}

fn a_connection_that_idled_is_checked(bed: &Bed) {
    let mut config = bed.config();
    config.pool.check_after = Duration::ZERO;
    let db = Database::with_models(config, []).unwrap();
    for _ in 0..3 {
        sql("SELECT 1").all::<(i64,)>(&db).unwrap();
    }
}

fn threads_share_a_database(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let db = db.clone();
            scope.spawn(move || {
                for number in 0..10 {
                    let name = format!("{thread}-{number}");
                    User::insert(User::build().username(name.as_str()).email(name.as_str()))
                        .execute(&db)
                        .unwrap();
                    assert!(
                        User::query()
                            .filter(User::username.eq(name))
                            .exists(&db)
                            .unwrap()
                    );
                }
            });
        }
    });
    assert_eq!(User::query().count(&db).unwrap(), 80);
}

fn sessions_move_between_threads(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let mut session = db.session().unwrap();
    let key = session.add(User::build().username("a").email("b"));
    session.flush().unwrap();
    let mut session = std::thread::spawn(move || {
        session[key].age = Some(5);
        session
    })
    .join()
    .unwrap();
    session.commit().unwrap();
    assert_eq!(User::query().one(&db).unwrap().age, Some(5));
}

fn a_pool_of_no_connections_is_refused(bed: &Bed) {
    let mut config = bed.config();
    config.pool.size = 0;
    let error = Database::with_models(config, []).unwrap_err();
    assert!(
        error.is_configuration() && error.to_string().contains("pool.size"),
        "{error:?}"
    );
}

fn statements_are_cached_within_a_bound(bed: &Bed) {
    let mut config = bed.config();
    config.statement_cache = 8;
    config.pool.size = 1;
    let db = Database::with_models(config, [User::info()]).unwrap();
    db.create_all().unwrap();
    User::insert(User::build().username("a").email("b").age(7))
        .execute(&db)
        .unwrap();
    // More texts than the cache holds, over and over: every one still gives its own answer.
    for _ in 0..3 {
        for bits in 0..32_u32 {
            let mut query = User::query();
            for bit in 0..5 {
                if bits & (1 << bit) != 0 {
                    query = query.filter(User::age.eq(7 + i32::from(bit == 4)));
                } else {
                    query = query.filter(User::username.ne("x"));
                }
            }
            assert_eq!(
                query.count(&db).unwrap(),
                u64::from(bits & 16 == 0),
                "{bits:b}"
            );
        }
    }
}
