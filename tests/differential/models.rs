//! The family of models: between them they have every column type, nullable and not, every kind of key, and every kind of
//! constraint. A program takes some of them, and looks at some of their columns.

use birgus::Model;
use birgus::model::{FieldInfo, Kind as ColumnKind, ModelInfo};
use birgus::prelude::*;
use birgus::query::{Alias, Assignment};
use serde_json::Value as Document;

use super::value::{Any, Cell, Kind, Mood, Val};

/// Numbers and truth values.
#[derive(Model, Debug, Clone)]
#[model(register = false, check(sane, Gauge::maybe_medium.ge(-1000)))]
pub(crate) struct Gauge {
    #[key(natural)]
    pub id: i64,
    pub small: i16,
    pub maybe_small: Option<i16>,
    pub medium: i32,
    pub maybe_medium: Option<i32>,
    pub big: i64,
    pub maybe_big: Option<i64>,
    pub real: f64,
    pub maybe_real: Option<f64>,
    pub flag: bool,
    pub maybe_flag: Option<bool>,
}

/// Texts and enums, with a text for its key.
#[derive(Model, Debug, Clone)]
#[model(register = false)]
pub(crate) struct Word {
    #[key]
    #[column(length = 12)]
    pub code: String,
    #[column(length = 20, unique)]
    pub name: Option<String>,
    pub body: String,
    pub maybe_body: Option<String>,
    #[column(length = 8)]
    pub tag: String,
    pub mood: Mood,
    pub maybe_mood: Option<Mood>,
}

/// Decimals of several scales, with a UUID for its key.
#[derive(Model, Debug, Clone)]
#[model(register = false, check(paid, Price::maybe_amount.gt(Decimal::new(-100_000, 2))))]
pub(crate) struct Price {
    #[key]
    pub id: Uuid,
    #[column(precision = 6, scale = 2)]
    pub amount: Decimal,
    #[column(precision = 6, scale = 2)]
    pub maybe_amount: Option<Decimal>,
    #[column(precision = 5, scale = 4)]
    pub rate: Decimal,
    #[column(precision = 18, scale = 0)]
    pub whole: Option<Decimal>,
    #[column(precision = 18, scale = 18)]
    pub fraction: Decimal,
    #[column(precision = 18, scale = 4)]
    pub wide: Option<Decimal>,
    pub token: Option<Uuid>,
}

/// Days and times, with a key of two columns.
#[derive(Model, Debug, Clone)]
#[model(register = false)]
pub(crate) struct Event {
    #[key]
    pub city: i32,
    #[key]
    pub day: NaiveDate,
    pub clock: NaiveTime,
    pub maybe_clock: Option<NaiveTime>,
    pub moment: NaiveDateTime,
    pub maybe_moment: Option<NaiveDateTime>,
    pub instant: DateTime<Utc>,
    pub maybe_instant: Option<DateTime<Utc>>,
    pub maybe_day: Option<NaiveDate>,
}

/// Bytes and documents, and a row of another model that may go.
#[derive(Model, Debug, Clone)]
#[model(register = false, unique(number, token))]
pub(crate) struct Paper {
    #[key]
    #[column(length = 6)]
    pub series: String,
    #[key]
    pub number: i16,
    pub bytes: Vec<u8>,
    pub maybe_bytes: Option<Vec<u8>>,
    pub document: Json<Document>,
    pub maybe_document: Option<Json<Document>>,
    pub token: Option<Uuid>,
    #[column(references = Gauge::id, on_delete = set_null)]
    pub author: Option<i64>,
}

/// What stands between two others.
#[derive(Model, Debug, Clone)]
#[model(register = false, unique(word, gauge), check(heavy, Link::weight.ge(0)))]
pub(crate) struct Link {
    #[key]
    pub id: i32,
    #[column(length = 12, references = Word::code, on_delete = cascade)]
    pub word: String,
    #[column(references = Gauge::id)]
    pub gauge: i64,
    pub weight: i16,
    #[column(unique)]
    pub serial: Option<i32>,
}

/// A tree.
#[derive(Model, Debug, Clone)]
#[model(register = false)]
pub(crate) struct Branch {
    #[key(natural)]
    pub id: i64,
    #[column(references = Branch::id, on_delete = set_null)]
    pub parent: Option<i64>,
    #[column(length = 20)]
    pub name: String,
    pub depth: i32,
}

/// A model as the programs see it.
pub(crate) trait Family: Model + Clone {
    /// A column of the table, or of its alias.
    fn column(field: usize, alias: Option<&'static str>) -> Any;
    fn values(self) -> Vec<Val>;
    fn of(values: &[Val]) -> Self;
    /// `column = value`; an expression that is NULL gives way to `instead` where the column must not be.
    fn assign(field: usize, value: Result<Val, Any>, instead: &Val) -> Assignment<Self>;
}

fn at<M: Model, T: super::value::Slot, C: Cell<Base = T>>(
    alias: Option<&'static str>,
    column: birgus::query::Column<M, C>,
) -> Any
where
    Option<T>: birgus::model::ColumnValue,
{
    let alias: Option<Alias<M>> = alias.map(M::alias);
    T::any(match alias {
        Some(alias) => alias.column(column).nullable(),
        None => column.nullable(),
    })
}

macro_rules! families {
    ($($model:ident { $($field:ident),* $(,)? })*) => {
        $(
            impl Family for $model {
                fn column(field: usize, alias: Option<&'static str>) -> Any {
                    let columns: &[&dyn Fn() -> Any] = &[$(&|| at(alias, $model::$field)),*];
                    columns[field]()
                }

                fn values(self) -> Vec<Val> {
                    vec![$(self.$field.into_val()),*]
                }

                fn of(values: &[Val]) -> Self {
                    let mut values = values.iter();
                    Self { $($field: Cell::from_val(values.next().expect("a value for each field"))),* }
                }

                fn assign(field: usize, value: Result<Val, Any>, instead: &Val) -> Assignment<Self> {
                    let mut position = 0;
                    $(
                        if position == field {
                            return Cell::set($model::$field, value, instead);
                        }
                        position += 1;
                    )*
                    panic!("field {field} of {position}")
                }
            }
        )*

        /// The models.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Table { $($model),* }

        pub(crate) const TABLES: &[Table] = &[$(Table::$model),*];

        impl Table {
            pub(crate) fn info(self) -> &'static ModelInfo {
                match self { $(Self::$model => $model::info()),* }
            }
        }

        /// Names the model of a table.
        macro_rules! with_model {
            ($table:expr, $name:ident => $body:expr) => {
                match $table { $($crate::differential::models::Table::$model => {
                    type $name = $crate::differential::models::$model;
                    $body
                }),* }
            };
        }

        /// A query for values, over one of the models or over a common table expression.
        #[derive(Clone)]
        pub(crate) enum Rows {
            $($model(Query<$model, Vec<Val>>),)*
            Cte(Query<birgus::query::Cte<Vec<Val>>, Vec<Val>>),
        }

        $(
            impl From<Query<$model, Vec<Val>>> for Rows {
                fn from(query: Query<$model, Vec<Val>>) -> Self {
                    Self::$model(query)
                }
            }
        )*

        impl From<Query<birgus::query::Cte<Vec<Val>>, Vec<Val>>> for Rows {
            fn from(query: Query<birgus::query::Cte<Vec<Val>>, Vec<Val>>) -> Self {
                Self::Cte(query)
            }
        }

        /// Binds the query, whatever it is over.
        macro_rules! with_rows {
            ($rows:expr, $query:ident => $body:expr) => {
                match $rows {
                    $($crate::differential::models::Rows::$model($query) => $body,)*
                    $crate::differential::models::Rows::Cte($query) => $body,
                }
            };
        }
    };
}

families! {
    Gauge { id, small, maybe_small, medium, maybe_medium, big, maybe_big, real, maybe_real, flag, maybe_flag }
    Word { code, name, body, maybe_body, tag, mood, maybe_mood }
    Price { id, amount, maybe_amount, rate, whole, fraction, wide, token }
    Event { city, day, clock, maybe_clock, moment, maybe_moment, instant, maybe_instant, maybe_day }
    Paper { series, number, bytes, maybe_bytes, document, maybe_document, token, author }
    Link { id, word, gauge, weight, serial }
    Branch { id, parent, name, depth }
}

impl Table {
    /// Those that must have rows before it has.
    pub(crate) fn parents(self) -> &'static [Table] {
        match self {
            Self::Paper => &[Self::Gauge],
            Self::Link => &[Self::Word, Self::Gauge],
            _ => &[],
        }
    }

    pub(crate) fn fields(self) -> &'static [FieldInfo] {
        self.info().fields
    }

    /// The sets of columns in which no two rows agree, the key first.
    pub(crate) fn unique(self) -> Vec<Vec<usize>> {
        let info = self.info();
        let single = (0..info.fields.len()).filter(|field| info.fields[*field].unique);
        let several = info.indexes.iter().filter(|index| index.unique);
        std::iter::once(info.key.to_vec())
            .chain(single.map(|field| vec![field]))
            .chain(several.map(|index| index.fields.to_vec()))
            .collect()
    }

    /// The table that a column references; each references a key of one column.
    pub(crate) fn reference(self, field: usize) -> Option<Table> {
        let reference = self.fields()[field].references.as_ref()?;
        let model = (reference.field)().model;
        TABLES.iter().copied().find(|table| table.info() == model)
    }

    /// Whether the row meets the table's check; unknown is met.
    pub(crate) fn meets_check(self, row: &[Val]) -> bool {
        match self {
            Self::Gauge => !matches!(row[4], Val::Int(value) if value < -1000),
            Self::Price => {
                !matches!(row[2], Val::Decimal(value) if value <= Decimal::new(-100_000, 2))
            }
            Self::Link => !matches!(row[3], Val::Small(value) if value < 0),
            _ => true,
        }
    }
}

/// The kind of a column.
pub(crate) fn kind_of(field: &FieldInfo) -> Kind {
    match field.kind {
        ColumnKind::Boolean => Kind::Bool,
        ColumnKind::SmallInt => Kind::Small,
        ColumnKind::Integer => Kind::Int,
        ColumnKind::BigInt => Kind::Big,
        ColumnKind::Double => Kind::Double,
        ColumnKind::String => Kind::Text,
        ColumnKind::Binary => Kind::Bytes,
        ColumnKind::Decimal => Kind::Decimal,
        ColumnKind::Date => Kind::Date,
        ColumnKind::Time => Kind::Time,
        ColumnKind::DateTime => Kind::Moment,
        ColumnKind::Timestamp => Kind::Instant,
        ColumnKind::Uuid => Kind::Uuid,
        ColumnKind::Json => Kind::Json,
        ColumnKind::Enum(_) => Kind::Mood,
        other => panic!("{other:?} is not among the kinds"),
    }
}
