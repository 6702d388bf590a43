//! Marks that raw SQL shares.

use birgus::prelude::*;
use birgus::sql;

use crate::Bed;
use crate::models::User;

super::cases![
    parity_37_an_unknown_name_in_double_quotes_is_an_error,
    parity_38_two_bars_join_texts,
];

fn parity_37_an_unknown_name_in_double_quotes_is_an_error(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    User::insert(User::build().username("susan").email("s@x.org"))
        .execute(&db)
        .unwrap();
    for text in [
        "SELECT \"nickname\" FROM \"user\"",
        "SELECT \"user\".\"nickname\" FROM \"user\"",
        "SELECT \"username\" FROM \"user\" WHERE \"username\" = \"susan\"",
        "SELECT \"username\" FROM \"user\" ORDER BY \"nickname\"",
    ] {
        let error = sql(text).all::<(String,)>(&db).unwrap_err();
        assert!(error.is_undefined_column(), "{text}: {error:?}");
    }
    for text in [
        "UPDATE \"user\" SET \"username\" = \"nickname\"",
        "DELETE FROM \"user\" WHERE \"nickname\" = \"nickname\"",
    ] {
        let error = sql(text).execute(&db).unwrap_err();
        assert!(error.is_undefined_column(), "{text}: {error:?}");
    }
    let names: Vec<(String, String)> =
        sql("SELECT \"username\" AS \"a \"\"name\"\"\", 'in \"quotes\"' FROM \"user\"")
            .all(&db)
            .unwrap();
    assert_eq!(names, [("susan".to_owned(), "in \"quotes\"".to_owned())]);
}

fn parity_38_two_bars_join_texts(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    User::insert(User::build().username("susan").email("s@x.org"))
        .execute(&db)
        .unwrap();
    let joined: (String,) = sql("SELECT \"username\" || ' <' || \"email\" || '>' FROM \"user\"")
        .one(&db)
        .unwrap();
    assert_eq!(joined.0, "susan <s@x.org>");
    let nothing: (Option<String>,) = sql("SELECT 'a' || NULL").one(&db).unwrap();
    assert_eq!(nothing.0, None);
}
