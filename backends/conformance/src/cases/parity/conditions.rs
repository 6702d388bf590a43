//! Conditions have the type that they are about.

use birgus::prelude::*;
use birgus::query::{Column, Expr, Operand, TextValue};
use birgus::sql;

use super::implements;
use crate::Bed;
use crate::models::User;

super::cases![
    parity_45_a_condition_of_mixed_types_does_not_compile,
    parity_46_a_boolean_is_read_as_a_boolean,
];

fn parity_45_a_condition_of_mixed_types_does_not_compile(bed: &Bed) {
    // A number where a boolean is meant, and the other way round.
    assert!(!implements!(i32: Operand<bool>));
    assert!(!implements!(i64: Operand<bool>));
    assert!(!implements!(bool: Operand<i32>));
    assert!(!implements!(Column<User, i32>: Into<Expr<bool>>));
    assert!(!implements!(Column<User, i64>: Into<Expr<bool>>));
    // A text with a number.
    assert!(!implements!(i32: Operand<String>));
    assert!(!implements!(&'static str: Operand<i64>));
    assert!(!implements!(i32: TextValue));
    // The same questions about what does compile.
    assert!(implements!(bool: Operand<bool>));
    assert!(implements!(Column<User, bool>: Into<Expr<bool>>));
    assert!(implements!(&'static str: Operand<String>));
    assert!(implements!(String: TextValue));

    let db = bed.database(&[User::info()]);
    let person = |name: &str, active: bool| User::build().username(name).email(name).active(active);
    User::insert_many([person("on", true), person("off", false)])
        .execute(&db)
        .unwrap();
    let names = |query: Query<User>| query.pluck(User::username, &db).unwrap();
    assert_eq!(names(User::query().filter(User::active)), ["on"]);
    assert_eq!(names(User::query().filter(User::active.eq(false))), ["off"]);
}

fn parity_46_a_boolean_is_read_as_a_boolean(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let person = |name: &str, active: bool, age: Option<i32>| {
        User::build()
            .username(name)
            .email(name)
            .active(active)
            .age(age)
    };
    User::insert_many([person("a", true, Some(20)), person("b", false, None)])
        .execute(&db)
        .unwrap();
    let rows: Vec<(bool, Option<bool>)> =
        sql("SELECT \"active\", \"age\" > 18 FROM \"user\" ORDER BY \"id\"")
            .all(&db)
            .unwrap();
    assert_eq!(rows, [(true, Some(true)), (false, None)]);
    let exists: (bool,) = sql("SELECT EXISTS(SELECT 1 FROM \"user\" WHERE \"age\" > 99)")
        .one(&db)
        .unwrap();
    assert!(!exists.0);
    let bound: Vec<(String,)> = sql("SELECT \"username\" FROM \"user\" WHERE \"active\" = :active")
        .bind("active", false)
        .all(&db)
        .unwrap();
    assert_eq!(bound, [("b".to_owned(),)]);
}
