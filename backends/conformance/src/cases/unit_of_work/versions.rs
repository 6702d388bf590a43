//! Optimistic locking.

use birgus::prelude::*;

use crate::Bed;
use crate::models::Account;
use crate::watch::statements;

super::super::cases![
    each_change_counts,
    a_change_of_an_old_version_is_refused,
    a_deletion_of_an_old_version_is_refused,
    one_of_many_is_named,
    the_version_is_the_sessions,
    set_based_updates_count_too,
    a_rollback_takes_the_version_back,
    a_refreshed_object_can_be_changed,
    racing_sessions_lose_nothing,
    a_row_that_is_replaced_goes_on_counting,
    unsaved_changes_keep_their_version,
];

fn accounts(bed: &Bed, owners: &[&str]) -> Database {
    let db = bed.database(&[Account::info()]);
    let rows = owners.iter().map(|owner| Account::of(owner));
    Account::insert_many(rows).execute(&db).unwrap();
    db
}

fn versions(db: &Database) -> Vec<i64> {
    Account::query()
        .order_by(Account::id.asc())
        .pluck(Account::version, db)
        .unwrap()
}

fn each_change_counts(bed: &Bed) {
    let db = accounts(bed, &["susan"]);
    assert_eq!(versions(&db), [1]);
    let mut session = db.session().unwrap();
    let key = session.load(Account::query()).unwrap()[0];
    session[key].balance = 1;
    let sent = statements(|| session.commit().unwrap());
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert_eq!(session[key].version, 2);
    session.commit().unwrap();
    assert_eq!(versions(&db), [2], "nothing changed, nothing counted");
    let added = session.add(Account::of("david"));
    session.commit().unwrap();
    assert_eq!(session[added].version, 1);
}

fn a_change_of_an_old_version_is_refused(bed: &Bed) {
    let db = accounts(bed, &["susan"]);
    let (mut one, mut other) = (db.session().unwrap(), db.session().unwrap());
    let mine = one.load(Account::query()).unwrap()[0];
    let theirs = other.load(Account::query()).unwrap()[0];
    one[mine].balance += 10;
    other[theirs].balance += 5;
    one.commit().unwrap();
    let error = other.commit().unwrap_err();
    assert!(error.is_stale_object(), "{error:?}");
    let id = one[mine].id;
    assert!(
        error.to_string().starts_with(&format!("Account {id}: ")),
        "{error}"
    );
    assert_eq!(error.table(), Some("account"));
    other.rollback().unwrap();
    assert_eq!(Account::query().one(&db).unwrap().balance, 10);
}

fn a_deletion_of_an_old_version_is_refused(bed: &Bed) {
    let db = accounts(bed, &["susan"]);
    let (mut one, mut other) = (db.session().unwrap(), db.session().unwrap());
    let mine = one.load(Account::query()).unwrap()[0];
    let theirs = other.load(Account::query()).unwrap()[0];
    one[mine].balance += 10;
    one.commit().unwrap();
    other.delete(theirs).unwrap();
    assert!(other.commit().unwrap_err().is_stale_object());
    other.rollback().unwrap();
    assert_eq!(Account::query().count(&db).unwrap(), 1);
    one.delete(mine).unwrap();
    one.commit().unwrap();
    assert_eq!(Account::query().count(&db).unwrap(), 0);
}

fn one_of_many_is_named(bed: &Bed) {
    let db = accounts(bed, &["a", "b", "c", "d"]);
    let mut session = db.session().unwrap();
    let keys = session
        .load(Account::query().order_by(Account::id.asc()))
        .unwrap();
    let by_owner = |owner: &str| Account::query().filter(Account::owner.eq(owner));
    by_owner("c")
        .update([Account::version.set(9)], &db)
        .unwrap();
    for key in &keys {
        session[*key].balance = 1;
    }
    let error = session.commit().unwrap_err();
    assert!(error.is_stale_object(), "{error:?}");
    let wanted = format!("Account {}: ", session[keys[2]].id);
    assert!(error.to_string().starts_with(&wanted), "{error}");
    session.rollback().unwrap();
    for key in &keys {
        session.delete(*key).unwrap();
    }
    let error = session.commit().unwrap_err();
    assert!(error.is_stale_object(), "{error:?}");
    assert!(error.to_string().starts_with(&wanted), "{error}");
    session.rollback().unwrap();
    assert_eq!(Account::query().count(&db).unwrap(), 4);
}

fn the_version_is_the_sessions(bed: &Bed) {
    let db = accounts(bed, &["susan"]);
    let mut session = db.session().unwrap();
    let key = session.load(Account::query()).unwrap()[0];
    session[key].version = 7;
    let error = session.commit().unwrap_err();
    assert!(
        error.is_session() && error.to_string().contains("account.version"),
        "{error}"
    );
    session.rollback().unwrap();
    assert_eq!(session[key].version, 1);
}

fn set_based_updates_count_too(bed: &Bed) {
    let db = accounts(bed, &["susan", "david"]);
    let mut session = db.session().unwrap();
    let key = session
        .load(Account::query().order_by(Account::id.asc()))
        .unwrap()[0];
    session[key].balance = 3;
    Account::query()
        .update([Account::balance.set(Account::balance + 1)], &db)
        .unwrap();
    assert_eq!(versions(&db), [2, 2]);
    assert!(session.commit().unwrap_err().is_stale_object());
    session.rollback().unwrap();
}

fn a_rollback_takes_the_version_back(bed: &Bed) {
    let db = accounts(bed, &["susan"]);
    let mut session = db.session().unwrap();
    let key = session.load(Account::query()).unwrap()[0];
    session[key].balance = 1;
    session.flush().unwrap();
    session[key].balance = 2;
    session.flush().unwrap();
    assert_eq!(session[key].version, 3);
    session.rollback().unwrap();
    assert_eq!(session[key].version, 1);
    session[key].balance = 4;
    session.commit().unwrap();
    assert_eq!(versions(&db), [2]);
}

fn a_refreshed_object_can_be_changed(bed: &Bed) {
    let db = accounts(bed, &["susan"]);
    let (mut one, mut other) = (db.session().unwrap(), db.session().unwrap());
    let mine = one.load(Account::query()).unwrap()[0];
    let theirs = other.load(Account::query()).unwrap()[0];
    one[mine].balance += 10;
    one.commit().unwrap();
    other[theirs].balance += 5;
    assert!(other.commit().unwrap_err().is_stale_object());
    other.rollback().unwrap();
    other.refresh(theirs).unwrap();
    other[theirs].balance += 5;
    other.commit().unwrap();
    assert_eq!(Account::query().one(&db).unwrap().balance, 15);
}

fn racing_sessions_lose_nothing(bed: &Bed) {
    const THREADS: usize = 4;
    const TIMES: i64 = 25;
    let db = accounts(bed, &["susan"]);
    let id = Account::query().one(&db).unwrap().id;
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..TIMES {
                    let options = birgus::TransactionOptions::new().tries(1_000);
                    // Nothing is locked: whoever comes second is told, reads again, and counts on.
                    db.transaction_with(options, |session| {
                        let key = session.get::<Account>(id)?.unwrap();
                        session[key].balance += 1;
                        Ok(())
                    })
                    .unwrap();
                }
            });
        }
    });
    let read = Account::query().one(&db).unwrap();
    let all = i64::try_from(THREADS).unwrap() * TIMES;
    assert_eq!((read.balance, read.version), (all, all + 1));
}

fn a_row_that_is_replaced_goes_on_counting(bed: &Bed) {
    let db = accounts(bed, &["susan"]);
    let (mut one, mut other) = (db.session().unwrap(), db.session().unwrap());
    let mine = one.load(Account::query()).unwrap()[0];
    let theirs = other.load(Account::query()).unwrap()[0];
    let replacement = Account {
        owner: "sue".into(),
        version: 1,
        ..one[mine].clone()
    };
    one.delete(mine).unwrap();
    let new = one.add(replacement.clone());
    one.commit().unwrap();
    assert_eq!(one[new].version, 2);
    assert_eq!(versions(&db), [2]);
    other.delete(theirs).unwrap();
    other.add(replacement);
    let error = other.commit().unwrap_err();
    assert!(error.is_stale_object(), "{error:?}");
    other.rollback().unwrap();
    assert_eq!(Account::query().one(&db).unwrap(), one[new]);
}

fn unsaved_changes_keep_their_version(bed: &Bed) {
    let db = accounts(bed, &["susan", "david"]);
    let mut session = db.session().unwrap();
    let by_owner = |owner: &str| Account::query().filter(Account::owner.eq(owner));
    let key = session.load(by_owner("susan")).unwrap()[0];
    session[key].balance += 10;
    by_owner("susan")
        .update([Account::balance.set(200)], &db)
        .unwrap();
    // The session reads its objects again; what it had decided by the old row is still refused.
    session.no_autoflush(|session| {
        by_owner("david")
            .update([Account::balance.set(1)], &mut *session)
            .unwrap();
    });
    assert!(session.commit().unwrap_err().is_stale_object());
    session.rollback().unwrap();
    assert_eq!(by_owner("susan").one(&db).unwrap().balance, 200);
}
