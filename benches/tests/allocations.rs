//! How often memory is asked for.
#![forbid(unsafe_code)]

use birgus::prelude::*;
use birgus_sqlite::SqliteDialect;

#[derive(Model)]
#[model(register = false)]
struct User {
    #[key]
    id: i64,
    #[column(length = 64)]
    username: String,
    age: Option<i32>,
}

/// The text of the value, a list of conditions, two sides of each, the text of the statement with its placeholders and its
/// binds: what grows with the query, and nothing else.
#[test]
fn building_a_query_of_two_conditions_allocates_little() {
    let dialect = SqliteDialect::new();
    let info = allocation_counter::measure(|| {
        let statement = User::query()
            .filter(User::username.eq("susan"))
            .filter(User::age.ge(18))
            .to_statement(&dialect);
        assert!(statement.is_ok());
    });
    assert!(info.count_total <= 14, "{info:?}");
    assert!(info.bytes_total <= 4_096, "{info:?}");
}
