//! Texts as literals of the constraints that a table is made with.

use birgus::backend::Row;
use birgus::model::{ColumnValue, Decode, Kind};
use birgus::query::Expression as _;
use birgus::{Database, Model, Result, Value, sql};
use naughty_strings::BLNS;

use super::texts;
use crate::Bed;

crate::cases::cases![
    enums_hold_them_in_their_order,
    checks_hold_them,
    a_table_of_too_many_texts_is_refused,
];

/// What `#[derive(DbEnum)]` would write of an enum with a variant for each string of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Variant(&'static str);

impl Decode for Variant {
    fn decode(row: &dyn Row, index: usize) -> Result<Option<Self>> {
        let text = row.text(index)?;
        let known = |text: &str| BLNS.iter().find(|known| **known == text);
        Ok(text.map(|text| Self(known(&text).expect("a text of the list"))))
    }
}

impl ColumnValue for Variant {
    const KIND: Kind = Kind::Enum(BLNS);
    type Base = Self;
    type As<U: ColumnValue> = U;

    fn to_value(&self) -> Result<Value> {
        Ok(Value::Text(self.0.to_owned()))
    }
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct Choice {
    #[key]
    id: i64,
    variant: Variant,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct Chance {
    #[key]
    id: i64,
    variant: Option<Variant>,
}

/// More texts than an engine keeps of one table.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct Twice {
    #[key]
    id: i64,
    variant: Variant,
    other: Variant,
}

/// Texts as literals of checks.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(
    register = false,
    check(listed, Listed::text.in_(texts())),
    check(unlike, Listed::other.not_like("%50\\%\\_\\\\'\"%"))
)]
struct Listed {
    #[key]
    id: i64,
    #[column(length = 60)]
    text: String,
    other: String,
}

fn enums_hold_them_in_their_order(bed: &Bed) {
    let db = bed.database(&[Choice::info(), Chance::info()]);
    let differences = birgus_migrate::compare(db.tables(), &db.introspect().unwrap());
    assert!(differences.is_empty(), "{differences:#?}");

    let rows = BLNS
        .iter()
        .rev()
        .map(|text| Choice::build().variant(Variant(text)));
    Choice::insert_many(rows).execute(&db).unwrap();
    let rows = BLNS
        .iter()
        .map(|text| Chance::build().variant(Variant(text)));
    Chance::insert_many(rows).execute(&db).unwrap();
    let read = Choice::query()
        .order_by(Choice::id.desc())
        .pluck(Choice::variant, &db)
        .unwrap();
    let expected: Vec<Variant> = BLNS.iter().map(|text| Variant(text)).collect();
    assert_eq!(read, expected);
    let place = |variant: &Variant| BLNS.iter().position(|text| *text == variant.0);
    let read = Choice::query()
        .order_by(Choice::variant.asc())
        .pluck(Choice::variant, &db)
        .unwrap();
    assert!(read.is_sorted_by_key(place));
    let mut connection = db.connection().unwrap();
    for text in BLNS {
        let times = BLNS.iter().filter(|other| *other == text).count();
        let found = Choice::query()
            .filter(Choice::variant.eq(Variant(text)))
            .pluck(Choice::variant, &mut connection)
            .unwrap();
        assert_eq!(found, vec![Variant(text); times]);
        let found = Chance::query()
            .filter(Chance::variant.in_([Variant(text)]))
            .pluck(Chance::variant, &mut connection)
            .unwrap();
        assert_eq!(found, vec![Some(Variant(text)); times]);
    }
    drop(connection);
    let error = sql("UPDATE \"chance\" SET \"variant\" = 'another'")
        .execute(&db)
        .unwrap_err();
    assert!(error.is_check_violation(), "{error:?}");
    assert_eq!(error.constraint(), Some("ck_chance_variant_enum"));
}

fn checks_hold_them(bed: &Bed) {
    let db = bed.database(&[Listed::info()]);
    let found = db.introspect().unwrap();
    let differences = birgus_migrate::compare(db.tables(), &found);
    assert!(differences.is_empty(), "{differences:#?}");
    let row = |text: &str, other: &str| Listed {
        id: 0,
        text: text.to_owned(),
        other: other.to_owned(),
    };
    let rows = texts();
    Listed::insert_many(rows.iter().map(|text| row(text, text)))
        .execute(&db)
        .unwrap();
    let error = |row: Listed| Listed::insert(row).execute(&db).unwrap_err();
    for text in ["another", "'' ", "\\\\\\", "TRUE ", "Ⱥ\u{301}"] {
        let error = error(row(text, ""));
        assert!(error.is_check_violation(), "{error:?}");
        assert_eq!(error.constraint(), Some("ck_listed_listed"), "{text:?}");
    }
    let error = error(row("", "at 50%_\\'\" or so"));
    assert_eq!(error.constraint(), Some("ck_listed_unlike"), "{error:?}");
    for other in ["at 50%x\\'\"", "at 50x_\\'\"", "at 50%_'\""] {
        Listed::insert(row("", other)).execute(&db).unwrap();
    }
}

fn a_table_of_too_many_texts_is_refused(bed: &Bed) {
    let error = Database::with_models(bed.config(), [Twice::info()]).unwrap_err();
    assert!(error.is_invalid_model(), "{error:?}");
    assert!(
        (error.to_string())
            .starts_with("twice: the texts of its enums take 102956 bytes, at most 60000"),
        "{error}"
    );
}
