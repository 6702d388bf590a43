//! The size of a statement.

use birgus::prelude::*;

use crate::Bed;
use crate::models::User;

super::cases![parity_76_a_statement_takes_32766_values];

fn parity_76_a_statement_takes_32766_values(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    // Many rows are more values than any statement takes: 60,000 here.
    let rows = (0..10_000).map(|number| {
        let name = format!("user {number}");
        User::build()
            .username(name.as_str())
            .email(name.as_str())
            .age(number)
    });
    let ids = User::insert_many(rows).execute(&db).unwrap();
    assert_eq!((ids.len(), ids.is_sorted()), (10_000, true));
    let most: Vec<i64> = (ids[0]..).take(32_766).collect();
    assert_eq!(
        User::query()
            .filter(User::id.in_(most.iter().copied()))
            .count(&db)
            .unwrap(),
        10_000
    );
    let error = User::query()
        .filter(User::id.in_(most.iter().copied()))
        .filter(User::active.eq(true))
        .count(&db)
        .unwrap_err();
    assert!(error.is_invalid_query(), "{error:?}");
    assert_eq!(
        error.to_string(),
        "user: 32767 values in one statement, at most 32766 on every engine; split the list"
    );
}
