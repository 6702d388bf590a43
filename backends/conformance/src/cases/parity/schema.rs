//! What a model may declare, and what becomes of it.

use birgus::backend::Connection as _;
use birgus::model::ModelInfo;
use birgus::prelude::*;
use birgus::schema::{Index, validate};

use crate::Bed;
use crate::models::{Address, Flat, Post, Ticket, User};

super::cases![
    parity_63_an_index_is_over_columns,
    parity_64_an_index_over_long_text_is_refused,
    parity_77_create_all_adds_no_column_to_a_table_with_rows,
    parity_78_a_foreign_key_has_an_index,
    parity_81_a_column_is_dropped_after_its_indexes,
    parity_82_a_check_of_an_assigned_key_is_refused,
    parity_84_tables_are_made_emptied_and_dropped_alike,
];

/// The model is refused before any statement is sent.
#[track_caller]
pub(super) fn refused(bed: &Bed, models: &[&'static ModelInfo], message: &str) {
    let error = Database::with_models(bed.config(), models.iter().copied()).unwrap_err();
    assert!(error.is_invalid_model(), "{error:?}");
    assert_eq!(error.to_string(), message);
}

fn parity_63_an_index_is_over_columns(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    for expression in [
        "lower(\"username\")",
        "\"age\" WHERE \"age\" > 18",
        "username DESC",
    ] {
        let mut table = db.tables()[0].clone();
        table.indexes.push(Index {
            name: "ix_user_special".to_owned(),
            columns: vec![expression.to_owned()],
            unique: false,
        });
        let error = validate(&[table]).unwrap_err();
        assert!(error.is_invalid_model(), "{error:?}");
        assert_eq!(
            error.to_string(),
            format!("user.{expression}: an index names a column that the table does not have")
        );
    }
}

#[derive(Model)]
#[model(register = false)]
struct IndexedText {
    #[key]
    id: i64,
    #[column(index)]
    body: String,
}

#[derive(Model)]
#[model(register = false)]
struct LongUnique {
    #[key]
    id: i64,
    #[column(length = 1000, unique)]
    title: String,
}

#[derive(Model)]
#[model(register = false)]
struct TextKey {
    #[key]
    id: String,
}

#[derive(Model)]
#[model(register = false)]
struct Longest {
    #[key]
    id: i64,
    #[column(length = 768, unique)]
    title: String,
    #[column(default = "nothing yet")]
    body: String,
}

fn parity_64_an_index_over_long_text_is_refused(bed: &Bed) {
    refused(
        bed,
        &[IndexedText::info()],
        "indexed_text.body: an index can't hold text: give a text a length of at most 768 (length = …)",
    );
    refused(
        bed,
        &[LongUnique::info()],
        "long_unique.title: an index holds texts of at most 768 characters, this one has length = 1000",
    );
    refused(
        bed,
        &[TextKey::info()],
        "text_key.id: a primary key can't hold text: give a text a length of at most 768 (length = …)",
    );
    let db = bed.database(&[Longest::info()]);
    let title = "€".repeat(768);
    let id = Longest::insert(Longest::build().title(title.as_str()))
        .execute(&db)
        .unwrap();
    let read = Longest::query().get(id, &db).unwrap().unwrap();
    assert_eq!(
        (read.title, read.body.as_str()),
        (title.clone(), "nothing yet")
    );
    let error = Longest::insert(Longest::build().title(title))
        .execute(&db)
        .unwrap_err();
    assert!(error.is_unique_violation(), "{error:?}");
}

#[derive(Model, Debug)]
#[model(register = false, table = "item")]
struct Before {
    #[key]
    id: i64,
    #[column(length = 20)]
    name: String,
}

#[derive(Model, Debug)]
#[model(register = false, table = "item")]
struct After {
    #[key]
    id: i64,
    #[column(length = 20)]
    name: String,
    stock: i32,
}

fn parity_77_create_all_adds_no_column_to_a_table_with_rows(bed: &Bed) {
    let before = bed.database(&[Before::info()]);
    Before::insert(Before::build().name("crab"))
        .execute(&before)
        .unwrap();
    // No 0 is made up for the row that is there.
    let after = bed.database(&[After::info()]);
    let differences: Vec<String> =
        birgus_migrate::compare(after.tables(), &after.introspect().unwrap())
            .iter()
            .map(ToString::to_string)
            .collect();
    assert_eq!(differences, ["item: column stock is missing"]);
    assert!(
        After::query()
            .all(&after)
            .unwrap_err()
            .is_undefined_column()
    );
    assert_eq!(Before::query().one(&after).unwrap().name, "crab");
}

fn parity_78_a_foreign_key_has_an_index(bed: &Bed) {
    let db = bed.database(&[User::info(), Post::info(), Address::info(), Flat::info()]);
    let indexes = |name: &str| -> Vec<String> {
        let tables = db.introspect().unwrap();
        let table = tables.into_iter().find(|table| table.name == name).unwrap();
        table.indexes.into_iter().map(|index| index.name).collect()
    };
    assert_eq!(indexes("post"), ["ix_post_author_id"]);
    // A unique index that begins with its columns serves as well.
    assert_eq!(indexes("flat"), ["uq_flat_street_number_floor"]);
}

#[derive(Model)]
#[model(register = false, check(small, CheckedKey::id.lt(1000)))]
struct CheckedKey {
    #[key]
    id: i64,
}

fn parity_82_a_check_of_an_assigned_key_is_refused(bed: &Bed) {
    refused(
        bed,
        &[CheckedKey::info()],
        "checked_key.id: the check `ck_checked_key_small` can't look at a key that the database assigns",
    );
}

fn parity_84_tables_are_made_emptied_and_dropped_alike(bed: &Bed) {
    let db = bed.database(&[User::info(), Post::info(), Ticket::info()]);
    // What exists is left alone, index by index.
    db.create_all().unwrap();
    assert_eq!(
        birgus_migrate::compare(db.tables(), &db.introspect().unwrap()),
        []
    );
    let ids = Ticket::insert_many((0..3).map(|_| Ticket::build()))
        .execute(&db)
        .unwrap();
    assert_eq!(Ticket::query().delete(&db).unwrap(), 3);
    let next = Ticket::insert(Ticket::build()).execute(&db).unwrap();
    assert!(next > ids[2], "an emptied table goes on counting");
    db.drop_all().unwrap();
    db.drop_all().unwrap();
    assert!(db.introspect().unwrap().is_empty());
}

#[derive(Model)]
#[model(register = false, unique(first, second))]
struct Indexed {
    #[key]
    id: i64,
    #[column(length = 20, index)]
    first: String,
    #[column(length = 20, unique)]
    second: String,
    #[column(references = Ticket::id)]
    ticket: Option<i64>,
}

fn parity_81_a_column_is_dropped_after_its_indexes(bed: &Bed) {
    let db = bed.database(&[Indexed::info(), Ticket::info()]);
    Indexed::insert(Indexed::build().first("a").second("b"))
        .execute(&db)
        .unwrap();
    let tables = db.introspect().unwrap();
    let table = tables.iter().find(|table| table.name == "indexed").unwrap();
    let mut connection = db.connection().unwrap();
    let dialect = connection.dialect();
    let refused = dialect.drop_column(table, "ticket").unwrap_err();
    assert!(refused.is_unsupported(), "{refused:?}");
    assert_eq!(
        refused.to_string(),
        "indexed.ticket: the foreign key fk_indexed_ticket needs the column"
    );
    for statement in dialect.drop_column(table, "second").unwrap() {
        connection.batch(&statement).unwrap();
    }
    drop(connection);
    let tables = db.introspect().unwrap();
    let table = tables.iter().find(|table| table.name == "indexed").unwrap();
    let columns: Vec<&str> = table
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    assert_eq!(columns, ["id", "first", "ticket"]);
    let indexes: Vec<&str> = table
        .indexes
        .iter()
        .map(|index| index.name.as_str())
        .collect();
    assert_eq!(indexes, ["ix_indexed_first", "ix_indexed_ticket"]);
    let left: Vec<(i64, String)> = birgus::sql("SELECT \"id\", \"first\" FROM \"indexed\"")
        .all(&db)
        .unwrap();
    assert_eq!(left, [(1, "a".to_owned())]);
}
