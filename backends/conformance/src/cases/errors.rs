//! Bad input gives a clear error, the same kind everywhere, and loses nothing.

use birgus::prelude::*;
use birgus::{Database, Error, sql};
use serde_json::json;
use std::str::FromStr;

use crate::Bed;
use crate::models::{Country, Device, Everything, Mood, Post, Price, User};

super::cases![
    duplicate_keys,
    duplicate_primary_keys,
    missing_parents,
    parents_with_children,
    null_into_not_null,
    a_check_that_is_false,
    values_that_do_not_fit_are_refused_before_they_are_sent,
    what_the_program_did_not_check_the_database_does,
    a_table_that_is_missing,
    a_column_that_is_missing,
    text_that_is_no_sql,
    messages_hold_no_values,
    a_database_that_is_missing,
    a_password_that_is_wrong,
    a_host_that_is_unreachable,
    an_unknown_parameter_in_the_url,
];

fn database(bed: &Bed) -> Database {
    let models = [
        User::info(),
        Post::info(),
        Country::info(),
        Device::info(),
        Price::info(),
        Everything::info(),
    ];
    bed.database(&models)
}

fn susan() -> impl NewRow<Model = User> {
    User::build().username("susan").email("susan@example.com")
}

/// The connection that an error came from is as good as before, or replaced.
fn still_works(db: &Database) {
    let names: Vec<(i64,)> = sql("SELECT COUNT(*) FROM \"user\"").all(db).unwrap();
    assert_eq!(names.len(), 1);
}

fn check(error: &Error, table: Option<&str>, columns: &[&str], constraint: Option<&str>) {
    assert_eq!(error.table(), table, "{error:?}");
    assert_eq!(error.columns(), columns, "{error:?}");
    assert_eq!(error.constraint(), constraint, "{error:?}");
}

fn duplicate_keys(bed: &Bed) {
    let db = database(bed);
    User::insert(susan()).execute(&db).unwrap();
    let error = User::insert(User::build().username("susan").email("other"))
        .execute(&db)
        .unwrap_err();
    assert!(error.is_unique_violation(), "{error:?}");
    check(
        &error,
        Some("user"),
        &["username"],
        Some("uq_user_username"),
    );
    assert_eq!(
        error.to_string(),
        "unique constraint uq_user_username of table user is violated: another row has the same values; \
         change them, or update that row"
    );
    assert_eq!(
        User::query().update([User::email.set("x")], &db).unwrap(),
        1
    );
    User::insert(susan().into_second()).execute(&db).unwrap();
    let error = User::query()
        .update([User::email.set("x")], &db)
        .unwrap_err();
    assert!(error.is_unique_violation(), "{error:?}");
    check(&error, Some("user"), &["email"], Some("uq_user_email"));
    still_works(&db);
}

/// A second user, beside susan.
trait Second {
    fn into_second(self) -> User;
}

impl<T: NewRow<Model = User>> Second for T {
    fn into_second(self) -> User {
        let joined = "2024-01-01T00:00:00Z".parse().unwrap();
        User {
            id: 0,
            username: "second".into(),
            email: "second".into(),
            age: None,
            active: true,
            joined,
        }
    }
}

fn duplicate_primary_keys(bed: &Bed) {
    let db = database(bed);
    let country = || Country {
        code: "pt".into(),
        name: "Portugal".into(),
    };
    Country::insert(country()).execute(&db).unwrap();
    let error = Country::insert(country()).execute(&db).unwrap_err();
    assert!(error.is_unique_violation(), "{error:?}");
    check(&error, Some("country"), &["code"], Some("pk_country"));
    let id = User::insert(susan()).execute(&db).unwrap();
    let error = User::insert(User {
        id,
        ..susan().into_second()
    })
    .execute(&db)
    .unwrap_err();
    assert!(error.is_unique_violation(), "{error:?}");
    still_works(&db);
}

fn missing_parents(bed: &Bed) {
    let db = database(bed);
    let error = Post::insert(Post::build().body("orphan").author_id(99))
        .execute(&db)
        .unwrap_err();
    assert!(error.is_foreign_key_violation(), "{error:?}");
    let error = Device::insert(Device::build().country("xx"))
        .execute(&db)
        .unwrap_err();
    assert!(error.is_foreign_key_violation(), "{error:?}");
    assert_eq!(
        Post::query().count(&db).unwrap() + Device::query().count(&db).unwrap(),
        0
    );
    still_works(&db);
}

fn parents_with_children(bed: &Bed) {
    let db = database(bed);
    Country::insert(Country {
        code: "pt".into(),
        name: "Portugal".into(),
    })
    .execute(&db)
    .unwrap();
    Device::insert(Device::build().country("pt"))
        .execute(&db)
        .unwrap();
    let error = Country::query().delete(&db).unwrap_err();
    assert!(error.is_foreign_key_violation(), "{error:?}");
    let error = Country::query()
        .update([Country::code.set("se")], &db)
        .unwrap_err();
    assert!(error.is_foreign_key_violation(), "{error:?}");
    assert_eq!(Country::query().count(&db).unwrap(), 1);
}

fn null_into_not_null(bed: &Bed) {
    let db = database(bed);
    User::insert(susan()).execute(&db).unwrap();
    let error = sql("UPDATE \"user\" SET \"email\" = NULL")
        .execute(&db)
        .unwrap_err();
    assert!(error.is_not_null_violation(), "{error:?}");
    assert_eq!(error.column(), Some("email"), "{error:?}");
    let error = sql("INSERT INTO \"country\" (\"code\") VALUES ('pt')")
        .execute(&db)
        .unwrap_err();
    assert!(error.is_not_null_violation(), "{error:?}");
    assert_eq!(error.column(), Some("name"), "{error:?}");
    still_works(&db);
}

fn a_check_that_is_false(bed: &Bed) {
    let db = database(bed);
    Everything::insert(Everything::ordinary())
        .execute(&db)
        .unwrap();
    let error = sql("UPDATE \"everything\" SET \"mood\" = 'ecstatic'")
        .execute(&db)
        .unwrap_err();
    // A text that is too long for every variant would be refused for its length.
    assert!(error.is_check_violation(), "{error:?}");
    check(
        &error,
        Some("everything"),
        &["mood"],
        Some("ck_everything_mood_enum"),
    );
    assert_eq!(
        Everything::query().pluck(Everything::mood, &db).unwrap(),
        [Mood::Happy]
    );
}

fn values_that_do_not_fit_are_refused_before_they_are_sent(bed: &Bed) {
    let db = database(bed);
    let refused = |row: Everything, subject: &str, why: &str| {
        let error = Everything::insert(row).execute(&db).unwrap_err();
        assert!(error.is_invalid_value(), "{error:?}");
        let message = error.to_string();
        assert!(
            message.starts_with(&format!("everything.{subject}: ")) && message.contains(why),
            "{message}"
        );
    };
    let row = Everything::ordinary;
    let day = |year| NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
    refused(
        Everything {
            name: "🦀".repeat(41),
            ..row()
        },
        "name",
        "41 characters, at most 40",
    );
    refused(
        Everything {
            name: "a\0b".into(),
            ..row()
        },
        "name",
        "NUL",
    );
    refused(
        Everything {
            maybe_body: Some("\0".into()),
            ..row()
        },
        "maybe_body",
        "NUL",
    );
    refused(
        Everything {
            real: f64::NAN,
            ..row()
        },
        "real",
        "finite",
    );
    refused(
        Everything {
            real: f64::INFINITY,
            ..row()
        },
        "real",
        "finite",
    );
    refused(
        Everything {
            maybe_real: Some(f64::NEG_INFINITY),
            ..row()
        },
        "maybe_real",
        "finite",
    );
    refused(
        Everything {
            price: Decimal::from_str("100000000000000").unwrap(),
            ..row()
        },
        "price",
        "at most 18 digits",
    );
    refused(
        Everything {
            price: Decimal::from_str("99999999999999.99995").unwrap(),
            ..row()
        },
        "price",
        "18 digits",
    );
    refused(
        Everything {
            day: day(0),
            ..row()
        },
        "day",
        "year",
    );
    refused(
        Everything {
            day: day(10_000),
            ..row()
        },
        "day",
        "year",
    );
    refused(
        Everything {
            moment: day(-1).and_hms_opt(0, 0, 0).unwrap(),
            ..row()
        },
        "moment",
        "year",
    );
    refused(
        Everything {
            instant: day(10_000).and_hms_opt(0, 0, 0).unwrap().and_utc(),
            ..row()
        },
        "instant",
        "year",
    );
    let leap = NaiveTime::from_hms_nano_opt(23, 59, 59, 1_500_000_000).unwrap();
    refused(
        Everything {
            clock: leap,
            ..row()
        },
        "clock",
        "leap second",
    );
    let error = Everything::insert(Everything {
        document: Json(json!({"a": "\0"})),
        ..row()
    })
    .execute(&db)
    .unwrap_err();
    assert!(error.is_invalid_value(), "{error:?}");
    let error = Price::insert(Price::build().amount(Decimal::from_str("100000000").unwrap()))
        .execute(&db)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "price.amount: out of range: at most 10 digits, 2 of them behind the point"
    );
    assert_eq!(
        Everything::query().count(&db).unwrap() + Price::query().count(&db).unwrap(),
        0
    );
    still_works(&db);
}

fn what_the_program_did_not_check_the_database_does(bed: &Bed) {
    let db = database(bed);
    Everything::insert(Everything::ordinary())
        .execute(&db)
        .unwrap();
    for set in [
        "\"small\" = 40000".to_owned(),
        "\"medium\" = 3000000000".to_owned(),
        format!("\"name\" = '{}'", "x".repeat(41)),
        "\"price\" = 1000000000000000000 * 100".to_owned(),
        "\"day\" = '2024-02-30'".to_owned(),
        "\"document\" = 'no json'".to_owned(),
    ] {
        let error = sql(format!("UPDATE \"everything\" SET {set}"))
            .execute(&db)
            .unwrap_err();
        assert!(error.is_invalid_value(), "{set}: {error:?}");
    }
    let left = Everything::query().one(&db).unwrap();
    assert_eq!(
        left,
        Everything {
            id: left.id,
            ..Everything::ordinary()
        }
    );
}

fn a_table_that_is_missing(bed: &Bed) {
    let db = bed.open(&[User::info()]);
    let error = User::query().all(&db).unwrap_err();
    assert!(error.is_undefined_table(), "{error:?}");
    let error = User::insert(susan()).execute(&db).unwrap_err();
    assert!(error.is_undefined_table(), "{error:?}");
    db.create_all().unwrap();
    still_works(&db);
}

fn a_column_that_is_missing(bed: &Bed) {
    let db = database(bed);
    let error = sql("SELECT \"u\".\"nickname\" FROM \"user\" AS \"u\"")
        .all::<(String,)>(&db)
        .unwrap_err();
    assert!(error.is_undefined_column(), "{error:?}");
    still_works(&db);
}

fn text_that_is_no_sql(bed: &Bed) {
    let db = database(bed);
    let error = sql("SELEKT 1").all::<(i64,)>(&db).unwrap_err();
    assert!(error.is_syntax(), "{error:?}");
    still_works(&db);
}

fn messages_hold_no_values(bed: &Bed) {
    let db = database(bed);
    let secret = "hunter2-secret";
    let person = || User::build().username("x").email(secret);
    User::insert(person()).execute(&db).unwrap();
    let mut errors = vec![
        User::insert(User::build().username("y").email(secret))
            .execute(&db)
            .unwrap_err(),
    ];
    errors.push(
        sql("UPDATE \"user\" SET \"email\" = :e, \"age\" = NULL, \"username\" = NULL")
            .bind("e", secret.to_owned())
            .execute(&db)
            .unwrap_err(),
    );
    errors.push(
        sql("UPDATE \"user\" SET \"username\" = :u")
            .bind("u", secret.repeat(10))
            .execute(&db)
            .unwrap_err(),
    );
    errors.push(
        User::insert(User::build().username(secret.repeat(10)).email("z"))
            .execute(&db)
            .unwrap_err(),
    );
    for error in errors {
        let mut texts = vec![format!("{error} {error:?}")];
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            texts.push(format!("{cause} {cause:?}"));
            source = cause.source();
        }
        assert!(!texts.iter().any(|text| text.contains(secret)), "{texts:?}");
    }
}

fn opened(bed: &Bed, url: birgus::url::DatabaseUrl) -> Error {
    let mut config = bed.config();
    config.url = url;
    config.connect_timeout = std::time::Duration::from_secs(5);
    match Database::with_models(config, []) {
        Ok(_) => panic!("it opened"),
        Err(error) => error,
    }
}

fn is_file(bed: &Bed) -> bool {
    bed.url().host().is_none()
}

fn a_database_that_is_missing(bed: &Bed) {
    let missing = if is_file(bed) {
        bed.url().clone().with_database("no-such-folder/no-such.db")
    } else {
        bed.url().clone().with_database("birgus_no_such_database")
    };
    let error = opened(bed, missing);
    assert!(error.is_unknown_database(), "{error:?}");
    assert!(error.to_string().contains("no"), "{error}");
}

fn a_password_that_is_wrong(bed: &Bed) {
    if is_file(bed) {
        // A file has no users.
        return;
    }
    // A user that does not exist is refused as one whose password is wrong, so that nobody can try out names.
    let mut url = bed.url().expose();
    let after = url.find("//").unwrap() + 2;
    let at = url.find('@').map_or(after, |at| at + 1);
    url.replace_range(after..at, "birgus_nobody:hunter2@");
    let error = opened(bed, url.parse().unwrap());
    assert!(error.is_authentication_failed(), "{error:?}");
    assert!(
        !format!("{error} {error:?}").contains("hunter2"),
        "{error:?}"
    );
}

fn a_host_that_is_unreachable(bed: &Bed) {
    if is_file(bed) {
        // A file has no host.
        return;
    }
    let port = bed.url().port().unwrap_or(1);
    let url: birgus::url::DatabaseUrl = bed
        .url()
        .expose()
        .replace(&format!(":{port}/"), ":1/")
        .parse()
        .unwrap();
    assert_eq!(url.port(), Some(1));
    let error = opened(bed, url);
    assert!(error.is_connection_failed(), "{error:?}");
    assert!(error.to_string().contains(":1"), "{error}");
}

fn an_unknown_parameter_in_the_url(bed: &Bed) {
    let error = opened(bed, bed.url().clone().with_parameter("colour", "blue"));
    assert!(
        error.is_configuration() && error.to_string().contains("colour"),
        "{error:?}"
    );
}
