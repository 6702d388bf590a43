//! Databases of a test's own.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use birgus::backend::{Connection, TransactionMode};
use birgus::testing::TestDatabase;
use birgus::url::DatabaseUrl;
use birgus::{Config, Database, prelude::*};

use crate::Bed;
use crate::models::User;

crate::cases::cases![
    a_test_database_is_empty_and_its_own,
    a_test_database_goes_with_its_value,
    a_test_database_goes_with_a_panic,
    test_databases_are_made_side_by_side,
    bound_databases_are_made_too,
    a_database_in_use_is_left_behind_soon,
];

fn made(bed: &Bed) -> TestDatabase {
    TestDatabase::with_models(bed.config(), [User::info()]).unwrap()
}

fn susan() -> impl NewRow<Model = User> {
    User::build().username("susan").email("s@example.com")
}

/// Whether a database is still there, with its tables. SQLite would make a file that is not.
fn is_there(url: &DatabaseUrl) -> bool {
    let mut url = url.clone();
    if !url.has_authority() {
        url = url.with_parameter("mode", "ro");
    }
    let opened = Database::with_models(Config::new(url), [User::info()]);
    opened.is_ok_and(|db| User::query().count(&db).is_ok())
}

fn a_test_database_is_empty_and_its_own(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let (one, other) = (made(bed), made(bed));
    assert!(one.introspect().unwrap().is_empty());
    one.create_all().unwrap();
    assert!(other.introspect().unwrap().is_empty());
    other.create_all().unwrap();
    User::insert(susan()).execute(&one).unwrap();
    let mut session = one.session().unwrap();
    assert_eq!(User::query().count(&mut session).unwrap(), 1);
    drop(session);
    assert_eq!(User::query().count(&other).unwrap(), 0);
    assert_eq!(User::query().count(&db).unwrap(), 0);
    one.remove().unwrap();
    other.remove().unwrap();
    assert_eq!(
        User::query().count(&db).unwrap(),
        0,
        "the place it was made by is as it was"
    );
}

fn a_test_database_goes_with_its_value(bed: &Bed) {
    let db = made(bed);
    db.create_all().unwrap();
    let url = db.config().url.clone();
    assert!(url.expose().contains("birgus_test_"), "{url}");
    assert!(is_there(&url));
    drop(db);
    assert!(!is_there(&url));
    let db = made(bed);
    db.create_all().unwrap();
    let url = db.config().url.clone();
    db.remove().unwrap();
    assert!(!is_there(&url));
}

fn a_test_database_goes_with_a_panic(bed: &Bed) {
    let mut url = None;
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let db = made(bed);
        db.create_all().unwrap();
        url = Some(db.config().url.clone());
        let mut session = db.session().unwrap();
        session.add(susan());
        session.flush().unwrap();
        panic!("as the case wants it");
    }));
    assert!(panicked.is_err());
    assert!(!is_there(&url.unwrap()));
}

fn test_databases_are_made_side_by_side(bed: &Bed) {
    let work = || {
        let db = made(bed);
        db.create_all().unwrap();
        User::insert(susan()).execute(&db).unwrap();
        assert_eq!(User::query().count(&db).unwrap(), 1);
        let url = db.config().url.expose();
        db.remove().unwrap();
        url
    };
    let urls: HashSet<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(urls.len(), 4);
}

fn bound_databases_are_made_too(bed: &Bed) {
    let mut config = bed.config();
    config
        .binds
        .insert("archive".to_owned(), Config::new(bed.url().clone()));
    let db = TestDatabase::with_models(config, [User::info()]).unwrap();
    let archive = db.bind("archive").unwrap().config().url.clone();
    assert!(archive.expose().contains("birgus_test_"), "{archive}");
    assert_ne!(archive, db.config().url);
    assert_ne!(&archive, bed.url());
    db.remove().unwrap();
    // No database is left half made when its bind can't be.
    let mut config = bed.config();
    let nowhere = "nowhere://host/app".parse().unwrap();
    config
        .binds
        .insert("archive".to_owned(), Config::new(nowhere));
    let error = TestDatabase::with_models(config, []).unwrap_err();
    assert!(
        error.is_unknown_scheme() && error.to_string().contains("bind `archive`"),
        "{error}"
    );
}

fn a_database_in_use_is_left_behind_soon(bed: &Bed) {
    let db = made(bed);
    db.create_all().unwrap();
    let handle = Database::clone(&db);
    let url = db.config().url.clone();
    let mut connection = handle.connection().unwrap();
    connection.begin(TransactionMode::Write, None).unwrap();
    User::insert(susan()).execute(&mut connection).unwrap();
    let start = std::time::Instant::now();
    let removed = db.remove();
    assert!(start.elapsed() < std::time::Duration::from_secs(20));
    connection.rollback().unwrap();
    drop((connection, handle));
    match removed {
        // A file goes while it is open.
        Ok(()) => assert!(!is_there(&url)),
        Err(error) => {
            assert!(
                error
                    .to_string()
                    .contains("dropping the test database birgus_test_"),
                "{error}"
            );
            assert!(is_there(&url));
            let name = error.to_string();
            let name = name.split_whitespace().find_map(|word| {
                word.strip_suffix(':')
                    .filter(|word| word.starts_with("birgus_test_"))
            });
            let options = birgus::backend::ConnectOptions::new(bed.url().clone());
            let driver = birgus::backend::find_driver(bed.url().scheme()).unwrap();
            driver.drop_database(&options, name.unwrap()).unwrap();
            assert!(!is_there(&url));
        }
    }
}
