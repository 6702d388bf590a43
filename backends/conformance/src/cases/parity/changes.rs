//! Dates that are counted with, locks, and rows that come back from a change.

use birgus::prelude::*;
use birgus::query::{DateUnit, Interval, excluded};

use crate::Bed;
use crate::models::{Everything, Post, User};

super::cases![
    parity_19_dates_are_counted_with_by_units,
    parity_58_a_lock_lasts_as_long_as_the_transaction,
    parity_59_many_rows_come_back_in_their_order,
    parity_60_one_upsert_does_nothing_or_updates,
    parity_60_a_duplicate_elsewhere_is_an_error,
];

fn parity_19_dates_are_counted_with_by_units(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    let day = NaiveDate::from_ymd_opt(2024, 1, 31).unwrap();
    let moment = day.and_hms_micro_opt(23, 59, 59, 500_000).unwrap();
    Everything::insert(Everything {
        day,
        moment,
        instant: moment.and_utc(),
        ..Everything::ordinary()
    })
    .execute(&db)
    .unwrap();
    let row = Everything::query()
        .select((
            Everything::day.plus(Interval::months(1)),
            Everything::moment.plus(Interval::seconds(1)),
            Everything::instant.minus(Interval::days(31)),
            Everything::moment.date(),
            Everything::instant.difference(DateUnit::Hour, moment.and_utc() - chrono_days(2)),
            Everything::day.weekday(),
        ))
        .one(&db)
        .unwrap();
    let date = |month, day| NaiveDate::from_ymd_opt(2024, month, day).unwrap();
    assert_eq!(
        row,
        (
            Some(date(2, 29)),
            Some(date(2, 1).and_hms_micro_opt(0, 0, 0, 500_000).unwrap()),
            Some((moment - chrono_days(31)).and_utc()),
            day,
            48,
            3,
        )
    );
}

fn chrono_days(days: i64) -> birgus::chrono::TimeDelta {
    birgus::chrono::TimeDelta::days(days)
}

fn user(name: &str, age: i32) -> impl NewRow<Model = User> {
    User::build()
        .username(name)
        .email(format!("{name}@x.org"))
        .age(age)
}

fn parity_58_a_lock_lasts_as_long_as_the_transaction(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let id = User::insert(user("susan", 0)).execute(&db).unwrap();
    // Each reads the age, and writes one more: without the lock one of them would be lost.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut session = db.session().unwrap();
                let age = User::query()
                    .by_key(id)
                    .for_update()
                    .one(&mut session)
                    .unwrap()
                    .age
                    .unwrap();
                std::thread::sleep(std::time::Duration::from_millis(20));
                User::query()
                    .by_key(id)
                    .update(User::age.set(age + 1), &mut session)
                    .unwrap();
                session.commit().unwrap();
            });
        }
    });
    assert_eq!(User::query().get(id, &db).unwrap().unwrap().age, Some(4));
}

fn parity_59_many_rows_come_back_in_their_order(bed: &Bed) {
    let db = bed.database(&[User::info(), Post::info()]);
    let names: Vec<String> = (0..300).map(|number| format!("user{number}")).collect();
    let back = User::insert_many(names.iter().map(|name| user(name, 1)))
        .returning((User::id, User::username, User::joined))
        .execute(&db)
        .unwrap();
    assert!(back.iter().map(|(_, name, _)| name).eq(&names));
    assert!(back.windows(2).all(|pair| pair[0].0 < pair[1].0));
    let raised = User::query()
        .filter(User::username.ends_with("99"))
        .update_returning(
            User::age.set(User::age + 1),
            (User::username, User::age),
            &db,
        )
        .unwrap();
    assert_eq!(
        raised,
        ["user99", "user199", "user299"].map(|name| (name.to_owned(), Some(2)))
    );
    let gone = User::query()
        .filter(User::age.eq(2))
        .delete_returning(User::username, &db)
        .unwrap();
    assert_eq!(gone, ["user99", "user199", "user299"]);
    assert_eq!(User::query().count(&db).unwrap(), 297);
}

fn parity_60_one_upsert_does_nothing_or_updates(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let id = User::insert(user("susan", 1)).execute(&db).unwrap();
    User::insert(user("susan", 50))
        .on_conflict(User::username)
        .do_nothing()
        .execute(&db)
        .unwrap();
    assert_eq!(User::query().one(&db).unwrap().age, Some(1));
    let kept = User::insert(user("susan", 50))
        .on_conflict(User::username)
        .update(User::age.set(User::age + excluded(User::age)))
        .execute(&db)
        .unwrap();
    assert_eq!(kept, id);
    let new = User::insert(user("david", 7))
        .on_conflict(User::username)
        .update(User::age.set_excluded())
        .execute(&db)
        .unwrap();
    let ages = User::query()
        .order_by(User::id)
        .pluck((User::id, User::age), &db)
        .unwrap();
    assert_eq!(ages, [(id, Some(51)), (new, Some(7))]);
}

fn parity_60_a_duplicate_elsewhere_is_an_error(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    User::insert(user("susan", 1)).execute(&db).unwrap();
    let other = || {
        User::insert(User::build().username("david").email("susan@x.org").age(2))
            .on_conflict(User::username)
    };
    let error = other().do_nothing().execute(&db).unwrap_err();
    assert!(error.is_unique_violation(), "{error:?}");
    let error = other()
        .update(User::age.set_excluded())
        .execute(&db)
        .unwrap_err();
    assert!(error.is_unique_violation(), "{error:?}");
    assert_eq!(User::query().one(&db).unwrap().age, Some(1));
    // A target that nothing holds unique could conflict with several rows.
    let error = User::insert(user("anna", 1))
        .on_conflict(User::active)
        .do_nothing()
        .execute(&db)
        .unwrap_err();
    assert!(error.is_invalid_query(), "{error:?}");
    assert!(error.to_string().contains("username"), "{error}");
}
