//! What the derive macros write, seen through the public interface.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
#![allow(
    missing_docs,
    reason = "models of tests say nothing but what is tested"
)]

extern crate birgus_core as birgus;

use birgus::Value;
use birgus::model::{
    ColumnValue, Deferral, FieldDefault, FieldInfo, Input, Kind, ModelInfo, Rename, ValuesRow,
};
use birgus::prelude::*;
use birgus::schema::{ColumnType, ForeignKey, Index, ReferentialAction, Table};

mod models;
mod named_row;

use models::*;
use named_row::NamedRow;

fn table(info: &ModelInfo) -> Table {
    info.to_table().unwrap()
}

/// What a new row has in a field; `None` when the default applies or the database assigns it.
fn given<R: NewRow>(row: R, field: &str) -> Option<Value> {
    let position = R::Model::info()
        .fields
        .iter()
        .position(|info| info.field == field);
    match &row.into_draft().inputs()[position.unwrap()] {
        Input::Missing => None,
        Input::Value(value) => Some(value.clone()),
        other => panic!("expected a value, got {other:?}"),
    }
}

/// The value that a default gives.
fn called(source: &FieldDefault) -> Value {
    match source {
        FieldDefault::Call(function) => function().unwrap(),
        _ => panic!("nothing to be called"),
    }
}

fn field<M: Model>(name: &str) -> &'static FieldInfo {
    M::info()
        .fields
        .iter()
        .find(|field| field.field == name)
        .unwrap()
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn a_model_is_described_as_it_is_written() {
    let info = Article::info();
    assert_eq!(
        (info.name, info.table_name(), info.bind),
        ("Article", "articles", Some("archive"))
    );
    assert!(info.identity);
    assert_eq!(info.key, [0]);
    let title = field::<Article>("title");
    assert_eq!(
        (title.column, title.length, title.kind),
        ("heading", Some(80), Kind::String)
    );
    assert_eq!(title.position(), 1);
    assert!(std::ptr::eq(title.model, info));
    assert!(std::ptr::eq(Article::title.field(), title));
    assert_eq!(field::<Article>("price").precision, Some((10, 2)));
    assert_eq!(
        field::<Article>("rate").precision,
        Some((18, 4)),
        "a scale alone leaves 18 digits"
    );
    assert_eq!(format!("{:?}", Article::stage), "Article.stage");
}

#[test]
fn comments_are_part_of_the_table() {
    let table = table(Article::info());
    assert_eq!(table.comment.as_deref(), Some("what is printed"));
    let comment = |name: &str| table.column(name).unwrap().comment.as_deref();
    assert_eq!(comment("heading"), Some("as \"printed\""));
    assert_eq!(comment("price"), None);
}

#[test]
fn former_names_are_told_and_no_part_of_the_table() {
    let told: Vec<String> = (Article::info().renames().into_iter())
        .map(|rename| match rename {
            Rename::Table { was, is } => format!("{was} > {is}"),
            Rename::Column { field, was } => format!("{was} > {field:?}"),
            Rename::Text { field, was, is } => format!("{field:?}: {was} > {is}"),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        told,
        [
            "text > articles",
            "Article.stage: out > done!",
            "shown > Article.visible",
        ]
    );
    assert!(User::info().renames().is_empty());
    let all = format!("{:?}", table(Article::info()));
    for was in ["\"text\"", "\"shown\"", "\"out\""] {
        assert!(!all.contains(was), "{was} in {all}");
    }
}

#[test]
fn a_model_makes_its_table() {
    let table = table(Article::info());
    let columns: Vec<_> = table
        .columns
        .iter()
        .map(|column| {
            format!(
                "{} {}{}",
                column.name,
                column.column_type,
                if column.nullable { " null" } else { "" }
            )
        })
        .collect();
    assert_eq!(
        columns,
        [
            "id bigint",
            "heading varchar(80)",
            "price decimal(10, 2)",
            "rate decimal(18, 4) null",
            "stage enum(draft, in_review, done!)",
            "visible boolean",
            "revision integer",
            "note text null",
            "token uuid",
            "changed datetime",
            "author_id bigint",
            "editor varchar(64) null",
            "parent bigint null",
        ]
    );
    assert_eq!(table.primary_key, ["id"]);
    assert_eq!(
        table.identity_column().map(|column| column.name.as_str()),
        Some("id")
    );
    let checks: Vec<_> = table
        .checks
        .iter()
        .map(|check| check.name.as_str())
        .collect();
    assert_eq!(checks, ["ck_articles_cheap", "ck_articles_shown"]);
}

#[test]
fn indexes_are_named_after_their_columns_unless_they_say_otherwise() {
    let index = |name: &str, columns: &[&str], unique| Index {
        name: name.into(),
        columns: strings(columns),
        unique,
    };
    assert_eq!(
        table(Article::info()).indexes,
        [
            index("ix_articles_editor", &["editor"], false),
            index("ix_articles_parent", &["parent"], false),
            index("ix_articles_price_stage", &["price", "stage"], false),
            index("ix_articles_stage", &["stage"], false),
            index("ix_price", &["price"], false),
            index("uq_articles_stage_heading", &["stage", "heading"], true),
            // It begins with `author_id`, so that foreign key needs no index of its own.
            index("uq_first", &["author_id", "heading"], true),
        ]
    );
}

#[test]
fn foreign_keys_name_columns_and_actions() {
    let key =
        |columns: &[&str], table: &str, references: &[&str], on_delete, on_update| ForeignKey {
            name: format!("fk_{}", columns.join("_")),
            columns: strings(columns),
            references_table: table.into(),
            references_columns: strings(references),
            on_delete,
            on_update,
        };
    let keys = |table: Table, prefix: &str| -> Vec<ForeignKey> {
        let mut keys = table.foreign_keys;
        keys.iter_mut()
            .for_each(|key| key.name = key.name.replace(prefix, "fk_"));
        keys
    };
    use ReferentialAction::{Cascade, NoAction, Restrict, SetNull};
    assert_eq!(
        keys(table(Article::info()), "fk_articles_"),
        [
            key(&["author_id"], "user", &["id"], Cascade, Restrict),
            key(&["editor"], "user", &["username"], SetNull, NoAction),
            key(&["parent"], "articles", &["id"], NoAction, NoAction),
        ]
    );
    assert_eq!(
        keys(table(Ticket::info()), "fk_ticket_"),
        [key(
            &["room", "stage"],
            "seat",
            &["room", "stage"],
            Cascade,
            NoAction
        )]
    );
}

#[test]
fn a_table_is_named_by_the_documented_rule() {
    macro_rules! named {
        ($($model:ident)*) => {$({
            #[derive(Model)]
            #[model(register = false)]
            #[allow(non_camel_case_types)]
            struct $model {
                #[key]
                id: i64,
            }
            let row = $model { id: 1 };
            assert_eq!($model::info().table_name(), birgus::schema::table_name(stringify!($model)), "{}", row.id);
        })*};
    }
    named!(User AddressAndPhone HTMLLayout UserST4 XMLHTTPRequest A AB ABc A1B _Hidden __Äpfel Ünder Snake_Case);
}

#[test]
fn a_key_has_the_type_of_its_field_or_a_tuple() {
    let user: i64 = User {
        id: 5,
        username: "s".into(),
        email: None,
        joined: Utc::now(),
    }
    .key();
    assert_eq!(user, 5);
    let seat: (i32, Stage) = Seat {
        room: 2,
        note: None,
        stage: Stage::InReview,
    }
    .key();
    assert_eq!(seat, (2, Stage::InReview));
    assert_eq!(
        Phase {
            stage: Stage::Draft
        }
        .key(),
        Stage::Draft
    );
    assert_eq!(table(Seat::info()).primary_key, ["room", "stage"]);
}

#[test]
fn the_database_assigns_a_single_i64_key_unless_the_model_says_otherwise() {
    assert!(User::info().identity);
    assert!(!Ticket::info().identity, "#[key(natural)]");
    assert!(!Seat::info().identity, "two columns");
    assert!(!Phase::info().identity, "not an i64");
    assert!(!Profile::info().identity, "another model's key");
    assert_eq!(
        given(Profile::build().user_id(5), "user_id"),
        Some(Value::Integer(5))
    );
}

#[test]
fn a_builder_takes_columns_by_name_in_any_order() {
    let row = || {
        User::build()
            .email("s@example.com")
            .username("susan")
            .email("susan@example.com")
    };
    assert_eq!(given(row(), "id"), None);
    assert_eq!(given(row(), "username"), Some(Value::Text("susan".into())));
    assert_eq!(
        given(row(), "email"),
        Some(Value::Text("susan@example.com".into())),
        "the later one counts"
    );
    assert_eq!(given(row(), "joined"), None);
    assert_eq!(given(row().id(7), "id"), Some(Value::Integer(7)));
    assert_eq!(
        given(row().email(None::<String>), "email"),
        Some(Value::Null)
    );
}

#[test]
fn a_value_that_does_not_fit_is_told_when_the_row_is_sent() {
    let row = User::build().username("s".repeat(65)).into_draft();
    let Input::Invalid(error) = &row.inputs()[1] else {
        panic!("{row:?}")
    };
    assert!(error.is_invalid_value());
    assert_eq!(
        error.to_string(),
        "user.username: 65 characters, at most 64 (declared by length = 64)"
    );
}

#[test]
fn a_finished_model_is_a_row_and_its_id_of_zero_is_none() {
    let user = |id| User {
        id,
        username: "s".into(),
        email: None,
        joined: Utc::now(),
    };
    assert_eq!(given(user(0), "id"), None);
    assert_eq!(given(user(4), "id"), Some(Value::Integer(4)));
    assert_eq!(given(user(4), "email"), Some(Value::Null));
    let ticket = Ticket {
        number: 0,
        room: 1,
        stage: Stage::Draft,
    };
    assert_eq!(
        given(ticket, "number"),
        Some(Value::Integer(0)),
        "the program gives this key"
    );
}

#[test]
fn defaults_are_values_functions_closures_or_the_clock() {
    let default = |name| &field::<Article>(name).default;
    assert_eq!(called(default("title")), Value::Text("untitled".into()));
    assert_eq!(called(default("stage")), Value::Text("draft".into()));
    assert_eq!(called(default("visible")), Value::Boolean(true));
    assert_eq!(called(default("revision")), Value::Integer(5));
    assert_eq!(called(default("note")), Value::Text("none".into()));
    assert_eq!(called(default("token")), Value::Uuid(Uuid::nil()));
    assert!(matches!(default("changed"), FieldDefault::Clock));
    assert!(matches!(default("price"), FieldDefault::None));
    assert_eq!(
        called(&field::<Article>("revision").on_update),
        Value::Integer(7)
    );
    assert!(matches!(
        field::<Article>("changed").on_update,
        FieldDefault::Clock
    ));
    assert!(
        matches!(field::<Article>("author_id").on_update, FieldDefault::None),
        "this one is the foreign key's"
    );
}

#[test]
fn a_row_is_read_by_position_and_a_field_set_alone() {
    let moment = NaiveDate::from_ymd_opt(2024, 5, 6)
        .unwrap()
        .and_hms_opt(1, 2, 3)
        .unwrap()
        .and_utc();
    let values = [
        Value::Boolean(true),
        Value::Integer(3),
        Value::Text("susan".into()),
        Value::Null,
        Value::Timestamp(moment),
    ];
    let mut user = User::decode(&ValuesRow(&values), 1).unwrap();
    assert_eq!(
        user,
        User {
            id: 3,
            username: "susan".into(),
            email: None,
            joined: moment
        }
    );
    assert_eq!(user.value(1).unwrap(), Value::Text("susan".into()));
    user.set(2, &ValuesRow(&[Value::Text("s@example.com".into())]), 0)
        .unwrap();
    assert_eq!(user.email.as_deref(), Some("s@example.com"));
    user.username = "s".repeat(65);
    assert!(user.value(1).unwrap_err().is_invalid_value());
    assert!(user.value(9).is_err());
    assert!(user.set(9, &ValuesRow(&values), 0).is_err());
    let error = User::decode(&ValuesRow(&values), 2).unwrap_err();
    assert!(error.is_decode(), "{error}");
}

#[test]
fn a_model_is_a_row_of_raw_sql_by_name() {
    let row = NamedRow(&[
        ("stage", Value::Text("done!".into())),
        ("other", Value::Integer(1)),
        ("note", Value::Null),
        ("room", Value::Integer(2)),
    ]);
    assert_eq!(
        Seat::from_row(&row).unwrap(),
        Seat {
            room: 2,
            note: None,
            stage: Stage::Published
        }
    );
    let error = Phase::from_row(&NamedRow(&[("phase", Value::Null)])).unwrap_err();
    assert_eq!(error.to_string(), "the row has no column `stage`");
    assert!(error.is_decode());
}

#[test]
fn a_struct_is_a_row_of_raw_sql_by_name() {
    let row = |total, stage: &str| {
        Total::from_row(&NamedRow(&[
            ("count", Value::Integer(2)),
            ("type", Value::Text(stage.into())),
            ("sum of prices", total),
        ]))
    };
    let total = Decimal::new(1_250, 2);
    assert_eq!(
        row(Value::Decimal(total), "draft").unwrap(),
        Total {
            total: Some(total),
            r#type: Stage::Draft,
            count: 2
        }
    );
    assert_eq!(row(Value::Null, "draft").unwrap().total, None);
    let error = row(Value::Null, "gone").unwrap_err();
    assert_eq!(
        error.to_string(),
        "column `type`: a text that is no Stage; it has draft, in_review, done!"
    );
    assert!(error.is_decode());
}

#[test]
fn a_deferred_field_is_a_column_of_what_is_inside() {
    let table = table(Book::info());
    let columns: Vec<_> = (table.columns.iter())
        .map(|column| (column.name.as_str(), &column.column_type, column.nullable))
        .collect();
    let decimal = ColumnType::Decimal {
        precision: 8,
        scale: 2,
    };
    assert_eq!(
        columns,
        [
            ("id", &ColumnType::BigInt, false),
            ("title", &ColumnType::Varchar { length: 40 }, false),
            ("price", &decimal, true),
            ("content", &ColumnType::Text, false),
        ]
    );
    let deferral = |name| field::<Book>(name).deferral;
    assert_eq!(
        ["id", "title", "price", "text"].map(deferral),
        [
            Deferral::Never,
            Deferral::Possible,
            Deferral::ByDefault,
            Deferral::ByDefault
        ]
    );
    let column: birgus::query::Column<Book, Option<Decimal>> = Book::price;
    assert_eq!(column.field().field, "price");

    // Only the title is required.
    let row = || Book::build().title("Crabs");
    assert_eq!(given(row(), "title"), Some(Value::Text("Crabs".into())));
    assert_eq!(given(row(), "price"), None);
    let price = given(row().price(Decimal::new(15, 1)), "price");
    assert_eq!(price, Some(Value::Decimal(Decimal::new(150, 2))));
    let title = "é".repeat(41);
    let draft = Book::build().title(title.as_str()).into_draft();
    assert!(matches!(&draft.inputs()[1], Input::Invalid(error) if error.is_invalid_value()));

    let values = [
        Value::Integer(7),
        Value::Text("Crabs".into()),
        Value::Null,
        Value::Text("…".into()),
    ];
    let mut book = Book::decode(&ValuesRow(&values), 0).unwrap();
    assert_eq!(book.title.loaded().unwrap(), "Crabs");
    assert_eq!(book.price.loaded().unwrap(), &None);
    for (position, value) in values.iter().enumerate() {
        assert_eq!(&book.value(position).unwrap(), value);
    }
    book.price = Deferred::default();
    let error = book.value(2).unwrap_err();
    assert!(error.is_not_loaded(), "{error:?}");
    assert!(error.to_string().starts_with("Book.price: not loaded"));
    let price = [Value::Decimal(Decimal::new(150, 2))];
    book.set(2, &ValuesRow(&price), 0).unwrap();
    assert_eq!(book.value(2).unwrap(), price[0]);
    book.title.set(title);
    assert!(book.value(1).unwrap_err().is_invalid_value());
    let shown = format!("{:?} {:?}", book.price, Deferred::<i32>::default());
    assert_eq!(shown, "Deferred(Some(1.50)) Deferred(not loaded)");
}

#[test]
fn a_null_needs_an_option() {
    let error = Phase::from_row(&NamedRow(&[("stage", Value::Null)])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "column `stage`: NULL, and the Rust type is not an Option"
    );
}

#[test]
fn an_enum_is_stored_as_the_texts_of_its_variants() {
    assert_eq!(Stage::KIND, Kind::Enum(&["draft", "in_review", "done!"]));
    assert_eq!(Stage::InReview.as_str(), "in_review");
    assert_eq!(
        Stage::Published.to_value().unwrap(),
        Value::Text("done!".into())
    );
    assert_eq!(
        field::<Article>("stage").column_type().unwrap(),
        ColumnType::Enum {
            values: strings(&["draft", "in_review", "done!"])
        }
    );
}

#[test]
fn models_register_unless_they_say_otherwise() {
    let registered: Vec<_> = birgus::__private::inventory::iter::<birgus::model::ModelRegistration>
        .into_iter()
        .map(|entry| (entry.0)().name)
        .collect();
    assert_eq!(registered, ["User"]);
}

mod elsewhere {
    /// The path of the crate can be given.
    #[derive(birgus_core::Model)]
    #[model(crate = birgus_core, register = false)]
    pub(crate) struct Note {
        #[key]
        pub(crate) id: i64,
        #[column(references = crate::User::id)]
        pub(crate) user_id: i64,
    }
}

#[test]
fn a_model_may_reference_one_of_another_module() {
    let note = elsewhere::Note { id: 0, user_id: 4 };
    assert_eq!((note.id, note.user_id), (0, 4));
    assert_eq!(
        table(elsewhere::Note::info()).foreign_keys[0].references_table,
        "user"
    );
    assert_eq!(
        given(elsewhere::Note::build().user_id(4), "user_id"),
        Some(Value::Integer(4))
    );
}

#[test]
fn a_table_made_elsewhere_has_names_of_its_own() {
    let table = table(InvoiceLine::info());
    assert_eq!(table.name, "InvoiceLine");
    assert_eq!(table.primary_key, ["invoice", "line"]);
    let names: Vec<&str> = (table.foreign_keys.iter())
        .map(|key| key.name.as_str())
        .collect();
    assert_eq!(names, ["FK_Invoice", "FK_Seat"]);
    assert!(table.indexes.is_empty(), "{:?}", table.indexes);
    let check = &table.checks[0];
    assert!(check.name == "CK_Quantity" && check.expression.is_none());
    let untold = |name: &str| {
        let column = table.column(name).unwrap();
        (column.default.iter().chain(&column.computed)).all(|told| told.expression.is_none())
    };
    assert!(table.column("quantity").unwrap().default.is_some() && untold("quantity"));
    assert!(table.column("total").unwrap().computed.is_some() && untold("total"));
    // The database gives the total, and the quantity when nothing is said.
    let line = InvoiceLine::build().line(1).invoice(2).row(3).seat(4);
    assert_eq!(given(line, "quantity"), None);
}

#[test]
fn a_small_key_may_be_assigned_by_a_database_that_does() {
    assert!(Counter::info().identity);
    assert_eq!(given(Counter { id: 0 }, "id"), None);
    assert_eq!(given(Counter { id: 7 }, "id"), Some(Value::Integer(7)));
}
