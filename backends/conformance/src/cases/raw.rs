//! Raw SQL with named binds.

use birgus::prelude::*;
use birgus::{Database, FromRow, sql};

use crate::Bed;
use crate::models::{Everything, Price, User};

super::cases![
    into_tuples,
    into_structs_by_name,
    into_models,
    binds_are_named_and_typed,
    mistakes_in_binds_are_told,
    borrowed_values_are_bound_too,
    placeholders_of_the_engine_are_refused,
    a_second_statement_is_refused,
    a_row_that_does_not_fit_is_an_error,
    first_and_one,
    execute_counts_rows,
    null_binds_of_every_type,
];

fn people(bed: &Bed) -> Database {
    let db = bed.database(&[User::info(), Price::info()]);
    let person = |name: &str, age: Option<i32>| {
        User::build()
            .username(name)
            .email(format!("{name}@x.org"))
            .age(age)
    };
    User::insert_many([person("susan", Some(30)), person("david", None)])
        .execute(&db)
        .unwrap();
    db
}

const ALL: &str = "SELECT \"username\", \"age\" FROM \"user\" ORDER BY \"id\"";

fn into_tuples(bed: &Bed) {
    let db = people(bed);
    let rows: Vec<(String, Option<i32>)> = sql(ALL).all(&db).unwrap();
    assert_eq!(
        rows,
        [("susan".to_owned(), Some(30)), ("david".to_owned(), None)]
    );
    let count: Vec<(i64,)> = sql("SELECT COUNT(*) FROM \"user\"").all(&db).unwrap();
    assert_eq!(count, [(2,)]);
}

#[derive(FromRow, Debug, PartialEq)]
struct Named {
    age: Option<i32>,
    #[column(name = "username")]
    name: String,
}

#[derive(FromRow, Debug, PartialEq)]
struct Amount {
    #[column(scale = 2)]
    amount: Decimal,
}

fn borrowed_values_are_bound_too(bed: &Bed) {
    let db = people(bed);
    let find = "SELECT \"username\" FROM \"user\" WHERE \"username\" = :name";
    let names = |query: birgus::query::Sql| query.all::<(String,)>(&db).unwrap();
    let susan = "susan".to_owned();
    assert_eq!(names(sql(find).bind("name", "susan")), [(susan.clone(),)]);
    assert_eq!(names(sql(find).bind("name", &susan)), [(susan.clone(),)]);
    assert_eq!(names(sql(find).bind("name", Some("susan"))), [(susan,)]);
    assert_eq!(names(sql(find).bind("name", None::<&str>)), []);
}

/// Nothing would be bound to them.
fn placeholders_of_the_engine_are_refused(bed: &Bed) {
    let db = people(bed);
    let mut own = String::new();
    let dialect = birgus::backend::Connection::dialect(&db.connection().unwrap());
    dialect.placeholder(&mut own, 1, birgus::backend::BindType::BigInt, false);
    for text in [
        format!("SELECT \"id\" FROM \"user\" WHERE \"id\" = {own}"),
        "SELECT \"id\" FROM \"user\" WHERE \"id\" = $1".to_owned(),
    ] {
        let error = sql(text).all::<(i64,)>(&db).unwrap_err();
        assert!(error.is_invalid_query(), "{error}");
    }
    let text: Vec<(String,)> = sql("SELECT 'what? $1'").all(&db).unwrap();
    assert_eq!(text, [("what? $1".to_owned(),)]);
}

fn a_second_statement_is_refused(bed: &Bed) {
    let db = people(bed);
    let error = sql("DELETE FROM \"price\"; DELETE FROM \"user\"")
        .execute(&db)
        .unwrap_err();
    assert!(error.is_invalid_query(), "{error}");
    assert_eq!(
        sql("DELETE FROM \"user\"; -- everybody")
            .execute(&db)
            .unwrap(),
        2
    );
}

fn into_structs_by_name(bed: &Bed) {
    let db = people(bed);
    let rows: Vec<Named> = sql(ALL).all(&db).unwrap();
    assert_eq!(
        rows[0],
        Named {
            age: Some(30),
            name: "susan".into()
        }
    );
    Price::insert(Price::build().amount(Decimal::new(1_250, 2)))
        .execute(&db)
        .unwrap();
    let rows: Vec<Amount> = sql("SELECT \"amount\" FROM \"price\"").all(&db).unwrap();
    assert_eq!(
        rows,
        [Amount {
            amount: Decimal::new(1_250, 2)
        }]
    );
}

fn into_models(bed: &Bed) {
    let db = people(bed);
    let rows: Vec<User> = sql("SELECT * FROM \"user\" ORDER BY \"id\"")
        .all(&db)
        .unwrap();
    assert_eq!(
        rows,
        User::query().order_by(User::id.asc()).all(&db).unwrap()
    );
}

fn binds_are_named_and_typed(bed: &Bed) {
    let db = people(bed);
    let find = |name: &str, age: i32| {
        sql("SELECT \"email\" FROM \"user\" WHERE \"username\" = :name AND (\"age\" > :age OR \"age\" < :age) -- :not")
            .bind("name", name.to_owned())
            .bind("age", age)
            .all::<(String,)>(&db)
            .unwrap()
    };
    assert_eq!(find("susan", 31), [("susan@x.org".to_owned(),)]);
    assert!(find("susan", 30).is_empty());
    assert!(find("susan' OR '1'='1", 31).is_empty());
    Price::insert(Price::build().amount(Decimal::new(5, 1)))
        .execute(&db)
        .unwrap();
    let found: Vec<(i64,)> = sql("SELECT \"id\" FROM \"price\" WHERE \"amount\" = :amount")
        .bind_column("amount", Price::amount, Decimal::new(50, 2))
        .all(&db)
        .unwrap();
    assert_eq!(found, [(1,)]);
}

fn mistakes_in_binds_are_told(bed: &Bed) {
    let db = people(bed);
    let error = sql("SELECT :a").all::<(i64,)>(&db).unwrap_err();
    assert!(
        error.is_invalid_query() && error.to_string().contains(":a"),
        "{error}"
    );
    let error = sql("SELECT 1").bind("b", 1).all::<(i64,)>(&db).unwrap_err();
    assert!(
        error.is_invalid_query() && error.to_string().contains(":b"),
        "{error}"
    );
    let error = sql("SELECT :c")
        .bind("c", f64::NAN)
        .all::<(f64,)>(&db)
        .unwrap_err();
    assert!(error.is_invalid_value(), "{error:?}");
    let error = sql("SELECT :d")
        .bind("d", "\0".to_owned())
        .all::<(String,)>(&db)
        .unwrap_err();
    assert!(error.is_invalid_value(), "{error:?}");
}

fn a_row_that_does_not_fit_is_an_error(bed: &Bed) {
    let db = people(bed);
    assert!(
        sql(ALL).all::<(String, i32)>(&db).unwrap_err().is_decode(),
        "NULL into i32"
    );
    assert!(
        sql(ALL)
            .all::<(i64, Option<i32>)>(&db)
            .unwrap_err()
            .is_decode(),
        "text into i64"
    );
    assert!(
        sql(ALL).all::<(String,)>(&db).unwrap_err().is_decode(),
        "two columns into one"
    );
    assert!(
        sql("SELECT \"id\" FROM \"user\"")
            .all::<Named>(&db)
            .unwrap_err()
            .is_decode(),
        "a column is missing"
    );
    let error = sql("SELECT 70000 AS \"n\"").all::<(i16,)>(&db).unwrap_err();
    assert!(
        error.is_decode() && error.to_string().contains('n'),
        "{error}"
    );
    assert_eq!(User::query().count(&db).unwrap(), 2);
}

fn first_and_one(bed: &Bed) {
    let db = people(bed);
    assert_eq!(
        sql(ALL)
            .first::<(String, Option<i32>)>(&db)
            .unwrap()
            .unwrap()
            .0,
        "susan"
    );
    assert!(
        sql(ALL)
            .one::<(String, Option<i32>)>(&db)
            .unwrap_err()
            .is_multiple_rows()
    );
    let none = || sql("SELECT \"id\" FROM \"user\" WHERE \"id\" < 0");
    assert!(none().first::<(i64,)>(&db).unwrap().is_none());
    assert!(none().one::<(i64,)>(&db).unwrap_err().is_not_found());
}

fn execute_counts_rows(bed: &Bed) {
    let db = people(bed);
    let age = |age: i32| {
        sql("UPDATE \"user\" SET \"age\" = :age")
            .bind("age", age)
            .execute(&db)
            .unwrap()
    };
    assert_eq!((age(1), age(1)), (2, 2));
    assert_eq!(
        sql("DELETE FROM \"user\" WHERE \"id\" < 0")
            .execute(&db)
            .unwrap(),
        0
    );
}

fn null_binds_of_every_type(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    let id = Everything::insert(Everything::ordinary())
        .execute(&db)
        .unwrap();
    macro_rules! nulls {
        ($($column:ident),*) => {$(
            let changed = Everything::query().by_key(id).update([Everything::$column.set(None)], &db);
            assert_eq!(changed.unwrap(), 1, stringify!($column));
        )*};
    }
    nulls!(
        maybe_flag,
        maybe_small,
        maybe_medium,
        maybe_big,
        maybe_real,
        maybe_name,
        maybe_body,
        maybe_bytes,
        maybe_price,
        maybe_day,
        maybe_clock,
        maybe_moment,
        maybe_instant,
        maybe_token,
        maybe_document,
        maybe_mood
    );
    assert_eq!(
        Everything::query().get(id, &db).unwrap().unwrap(),
        Everything {
            id,
            ..Everything::ordinary()
        }
    );
}
