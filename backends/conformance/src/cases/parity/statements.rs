//! The size of a statement.

use birgus::prelude::*;

use crate::Bed;
use crate::models::User;

super::cases![parity_76_many_rows_values_and_conditions_are_sent];

fn parity_76_many_rows_values_and_conditions_are_sent(bed: &Bed) {
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
    // A list may be of any length: where the binds do not suffice, it is sent as one value.
    let most = (ids[0]..).take(70_000);
    assert_eq!(
        User::query().filter(User::id.in_(most)).count(&db).unwrap(),
        10_000
    );
    // Other values are bound each by itself, and conditions may be many, but not more than every engine takes.
    let unlike = |count: i64| {
        (0..count).fold(User::query(), |query, number| {
            query.filter(User::age.ne(i32::try_from(number).unwrap()))
        })
    };
    assert_eq!(unlike(3_000).count(&db).unwrap(), 7_000);
    let error = unlike(32_767).count(&db).unwrap_err();
    assert!(error.is_invalid_query(), "{error:?}");
    assert_eq!(
        error.to_string(),
        "user: 32767 values in one statement, at most 32766 on every engine"
    );
}
