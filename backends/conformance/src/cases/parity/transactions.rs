//! Units of work beside each other, and after a failure.

use birgus::prelude::*;
use birgus::{Database, sql};

use crate::Bed;
use crate::models::{Post, User};

super::cases![
    parity_54_after_a_failed_statement_a_unit_waits_for_its_rollback,
    parity_55_two_writers_that_read_first_both_go_through,
    parity_56_a_second_read_sees_what_was_committed,
    parity_57_create_all_goes_on_after_a_failure,
];

fn people(bed: &Bed, number: i32) -> (Database, Vec<i64>) {
    let db = bed.database(&[User::info()]);
    let ids = User::insert_many((0..number).map(|number| {
        let name = format!("user {number}");
        User::build()
            .username(name.as_str())
            .email(name.as_str())
            .age(0)
    }))
    .execute(&db)
    .unwrap();
    (db, ids)
}

fn parity_54_after_a_failed_statement_a_unit_waits_for_its_rollback(bed: &Bed) {
    let (db, ids) = people(bed, 1);
    for text in ["SELEKT 1", "UPDATE \"user\" SET \"email\" = NULL"] {
        let mut session = db.session().unwrap();
        let key = session.get::<User>(ids[0]).unwrap().unwrap();
        session[key].age = Some(99);
        session.flush().unwrap();
        let cause = sql(text).execute(&mut session).unwrap_err();
        for error in [
            User::query().count(&mut session).unwrap_err(),
            sql("SELECT 1").all::<(i64,)>(&mut session).unwrap_err(),
            session.flush().unwrap_err(),
            session.commit().unwrap_err(),
        ] {
            assert!(error.is_session(), "{error:?}");
            assert_eq!(
                error.to_string(),
                format!(
                    "the session needs a rollback before it can go on, because a statement failed: {cause}"
                )
            );
        }
        session.rollback().unwrap();
        assert_eq!(session[key].age, Some(0));
        assert_eq!(User::query().count(&mut session).unwrap(), 1);
        session.commit().unwrap();
        assert_eq!(User::query().one(&db).unwrap().age, Some(0));
    }
}

fn parity_55_two_writers_that_read_first_both_go_through(bed: &Bed) {
    let (db, ids) = people(bed, 1);
    let (mut one, mut other) = (db.session().unwrap(), db.session().unwrap());
    let of_one = one.get::<User>(ids[0]).unwrap().unwrap();
    let of_other = other.get::<User>(ids[0]).unwrap().unwrap();
    one[of_one].age = Some(1);
    other[of_other].active = false;
    one.commit().unwrap();
    other.commit().unwrap();
    // Each sends the columns that it changed, so neither takes the other's back.
    let read = User::query().one(&db).unwrap();
    assert_eq!((read.age, read.active), (Some(1), false));

    // Many at once, each with a read, two writes and a commit: nobody is told that the database is locked.
    let (db, ids) = {
        User::query().delete(&db).unwrap();
        db.drop_all().unwrap();
        people(bed, 4)
    };
    std::thread::scope(|scope| {
        for id in &ids {
            let db = db.clone();
            scope.spawn(move || {
                for age in 1..=5 {
                    let mut session = db.session().unwrap();
                    let key = session.get::<User>(*id).unwrap().unwrap();
                    session[key].age = Some(age);
                    session.flush().unwrap();
                    session[key].active = age % 2 == 0;
                    session.commit().unwrap();
                }
            });
        }
    });
    let read = User::query().pluck(User::age, &db).unwrap();
    assert_eq!(read, [Some(5); 4]);
}

fn parity_56_a_second_read_sees_what_was_committed(bed: &Bed) {
    let (db, _) = people(bed, 1);
    let mut session = db.session().unwrap();
    assert_eq!(User::query().count(&mut session).unwrap(), 1);
    User::insert(User::build().username("new").email("new"))
        .execute(&db)
        .unwrap();
    assert_eq!(User::query().count(&mut session).unwrap(), 2);

    // And nobody sees what was not.
    let mut writer = db.session().unwrap();
    writer.add(User::build().username("newer").email("newer"));
    writer.flush().unwrap();
    assert_eq!(User::query().count(&mut session).unwrap(), 2);
    assert_eq!(User::query().count(&mut writer).unwrap(), 3);
    writer.commit().unwrap();
    assert_eq!(User::query().count(&mut session).unwrap(), 3);
}

fn parity_57_create_all_goes_on_after_a_failure(bed: &Bed) {
    let db = bed.open(&[User::info(), Post::info()]);
    // The second table can't be made while a view has its name.
    sql("CREATE VIEW \"post\" AS SELECT 1 AS \"one\"")
        .execute(&db)
        .unwrap();
    let error = db.create_all().unwrap_err();
    assert!(
        error.to_string().starts_with("creating table post: "),
        "{error}"
    );
    sql("DROP VIEW \"post\"").execute(&db).unwrap();
    db.create_all().unwrap();
    let found = db.introspect().unwrap();
    assert_eq!(birgus_migrate::compare(db.tables(), &found), []);
    let susan = User::insert(User::build().username("susan").email("s"))
        .execute(&db)
        .unwrap();
    Post::insert(Post::build().body("x").author_id(susan))
        .execute(&db)
        .unwrap();
}
