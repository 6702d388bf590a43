//! The static description that `#[derive(Model)]` writes, and the table that it means.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::{Deferral, Input, Kind};
use crate::backend::BindType;
use crate::query::{ColumnNode, Node};
use crate::relation::{NewLevel, RelationInfo};
use crate::schema::{
    Check, Column, ColumnExpression, ColumnType, ForeignKey, INDEXED_BYTES_LIMIT, Index,
    ReferentialAction, Table, check_name, foreign_key_name, index_name, unique_name,
};
use crate::session::NewStore;
use crate::value::Value;
use crate::{Error, Result, json};

/// The digits of a decimal column that does not say how many, and how many of them stand behind the point.
const DEFAULT_PRECISION: (u8, u8) = (18, 6);

/// The digits behind the point of a decimal column that does not say how many.
pub(super) const DEFAULT_SCALE: u8 = DEFAULT_PRECISION.1;

/// The description of a model.
pub struct ModelInfo {
    /// The struct's name.
    pub name: &'static str,
    /// The table's name: the one given by `#[model(table = "…")]`, or what [`table_name`](crate::schema::table_name)
    /// makes of the struct's.
    pub table: &'static str,
    /// The table's name before, for [`renames`](Self::renames).
    pub was: Option<&'static str>,
    /// The named database that the model lives in; `None` for the main one.
    pub bind: Option<&'static str>,
    /// Whether the table was made elsewhere: `create_all`, `drop_all` and migrations leave it alone, and it may be what only its
    /// own engine can hold.
    pub existing: bool,
    /// What the database tells people about the table.
    pub comment: Option<&'static str>,
    /// The fields, in the order of the struct.
    pub fields: &'static [FieldInfo],
    /// The fields of the primary key.
    pub key: &'static [usize],
    /// Whether the key is an `i64` that the database assigns.
    pub identity: bool,
    /// Indexes over several columns.
    pub indexes: &'static [IndexInfo],
    /// Foreign keys over several columns.
    pub foreign_keys: &'static [ForeignKeyInfo],
    /// Checks.
    pub checks: &'static [CheckInfo],
    /// The field that counts the changes of a row, for optimistic locking.
    pub version: Option<usize>,
    /// The relationships.
    pub relations: &'static [RelationInfo],
    /// Makes what holds a session's objects of this model.
    #[doc(hidden)]
    pub new_store: fn() -> NewStore,
    /// Makes what holds values of this model while their relations are loaded.
    #[doc(hidden)]
    pub new_level: fn() -> NewLevel,
}

/// The description of a field.
pub struct FieldInfo {
    /// The model that it belongs to.
    pub model: &'static ModelInfo,
    /// The field's name.
    pub field: &'static str,
    /// The column's name.
    pub column: &'static str,
    /// The column's name before, for [`ModelInfo::renames`].
    pub was: Option<&'static str>,
    /// What it holds.
    pub kind: Kind,
    /// The texts of an enum that were others before: the text before, and the text now.
    pub renamed_texts: &'static [(&'static str, &'static str)],
    /// Whether it is an `Option`.
    pub nullable: bool,
    /// The most characters of a text.
    pub length: Option<u32>,
    /// The digits of a decimal, and how many of them stand behind the point.
    pub precision: Option<(u8, u8)>,
    /// Whether no two rows may agree in it.
    pub unique: bool,
    /// Whether it has an index of its own.
    pub index: bool,
    /// The column that it references.
    pub references: Option<Reference>,
    /// What a new row gets when nothing is said.
    pub default: FieldDefault,
    /// What the database gives a new row when nothing is said; then there is no other default.
    /// `None` from the function is a default that the database alone knows.
    pub default_sql: Option<fn() -> Option<Node>>,
    /// What a changed row gets when nothing is said.
    pub on_update: FieldDefault,
    /// What the database computes it of, whenever the row is stored: the program never gives it.
    /// `None` from the function is an expression that the database alone knows.
    pub computed: Option<fn() -> Option<Node>>,
    /// Whether a query may leave it out.
    pub deferral: Deferral,
    /// What the database tells people about the column.
    pub comment: Option<&'static str>,
}

/// A foreign key of one column.
pub struct Reference {
    /// The foreign key's name, when it does not follow from its column.
    pub name: Option<&'static str>,
    /// Whether it gets an index where there is none.
    pub index: bool,
    /// The referenced column.
    pub field: fn() -> &'static FieldInfo,
    /// What happens when the referenced row is deleted.
    pub on_delete: ReferentialAction,
    /// What happens when its key changes.
    pub on_update: ReferentialAction,
    /// What a session does with the rows that reference one that it deletes.
    pub cascade: Cascade,
}

/// What a session does with the rows that reference an object, when it deletes the object.
///
/// `#[column(references = User::id, cascade = delete)]`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cascade {
    /// Nothing is said: an Option becomes `None`, unless `on_delete` gives the database something to do; other rows are
    /// left to the database, which refuses to delete what they reference.
    #[default]
    Nullify,
    /// They are deleted too, each as if by `session.delete`, with what references them.
    Delete,
    /// As [`Cascade::Delete`]; and an object whose reference is set to `None` is deleted.
    DeleteOrphan,
    /// They are left to the database and its `on_delete`; the session reads tracked ones again.
    Passive,
}

/// Where a value comes from when the program gives none.
pub enum FieldDefault {
    /// Nowhere.
    None,
    /// From the clock, read once a flush: `Utc::now`.
    Clock,
    /// From a function, called for each row.
    Call(fn() -> Result<Value>),
}

/// An index over several columns.
pub struct IndexInfo {
    /// The index's name, when it does not follow from its columns.
    pub name: Option<&'static str>,
    /// The fields, in order.
    pub fields: &'static [usize],
    /// Whether no two rows may agree in all of them.
    pub unique: bool,
}

/// A foreign key over several columns.
pub struct ForeignKeyInfo {
    /// The key's name, when it does not follow from its columns.
    pub name: Option<&'static str>,
    /// Whether it gets an index where there is none.
    pub index: bool,
    /// The fields, in order.
    pub fields: &'static [usize],
    /// The referenced columns, in the same order; all of one model.
    pub references: fn() -> Vec<&'static FieldInfo>,
    /// What happens when the referenced row is deleted.
    pub on_delete: ReferentialAction,
    /// What happens when its key changes.
    pub on_update: ReferentialAction,
    /// What a session does with the rows that reference one that it deletes.
    pub cascade: Cascade,
}

/// A check.
pub struct CheckInfo {
    /// What the check is called, within its table or in the whole database.
    pub name: &'static str,
    /// Whether that is its name in the database.
    pub whole: bool,
    /// What must hold; `None` for a condition that the database alone knows.
    pub expression: Option<fn() -> Node>,
}

/// A model's entry in the list of those that are linked into the program.
pub struct ModelRegistration(pub fn() -> &'static ModelInfo);

inventory::collect!(ModelRegistration);

/// Every model that is linked into the program, sorted by table.
pub fn registered_models() -> Vec<&'static ModelInfo> {
    let mut models: Vec<_> = inventory::iter::<ModelRegistration>
        .into_iter()
        .map(|entry| (entry.0)())
        .collect();
    models.sort_by_key(|model| model.table_name());
    models
}

impl fmt::Debug for ModelInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelInfo")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Two descriptions are the same when they are one: each is a static.
impl PartialEq for ModelInfo {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl fmt::Debug for FieldInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.model.name, self.field)
    }
}

impl ModelInfo {
    /// The table's name.
    pub fn table_name(&self) -> &'static str {
        self.table
    }

    /// The field of that column.
    pub fn field_of_column(&self, column: &str) -> Option<&'static FieldInfo> {
        self.fields.iter().find(|field| field.column == column)
    }

    /// The fields of the primary key.
    pub fn key_fields(&self) -> impl Iterator<Item = &'static FieldInfo> {
        let fields = self.fields;
        self.key.iter().map(move |position| &fields[*position])
    }

    /// The fields that the database may give a new row, and that are read back then.
    pub(crate) fn read_back(&self) -> Vec<&'static FieldInfo> {
        let fields = self.fields.iter();
        fields.filter(|field| field.is_read_back()).collect()
    }

    /// The fields that are computed of those whose values change.
    pub(crate) fn computed_of(&self, changed: &[(usize, Value)]) -> Vec<&'static FieldInfo> {
        let fields = self.fields.iter();
        let changes = |column: &&ColumnNode| {
            let position = column.field.map(FieldInfo::position);
            changed.iter().any(|(field, _)| Some(*field) == position)
        };
        fields
            .filter(|field| {
                // What is computed of something unknown may change with anything.
                (field.computed).is_some_and(|node| {
                    node().is_none_or(|node| node.columns().iter().any(changes))
                })
            })
            .collect()
    }

    /// The table that the model means.
    ///
    /// A foreign key gets an index, unless one begins with its columns already.
    ///
    /// # Errors
    ///
    /// `is_invalid_model()` when a field lacks what its column needs.
    pub fn to_table(&self) -> Result<Table> {
        let name = self.table_name().to_owned();
        let mut table = Table::new(&name);
        table.comment = self.comment.map(str::to_owned);
        for (position, field) in self.fields.iter().enumerate() {
            let mut column = Column::new(field.column, field.column_type()?);
            column.nullable = field.nullable;
            column.identity = self.identity && self.key == [position];
            column.computed = field.computed.map(|node| told(node()));
            column.default = field.default_sql.map(|node| told(node()));
            column.comment = field.comment.map(str::to_owned);
            table.columns.push(column);
            let columns = vec![field.column.to_owned()];
            if field.unique {
                table.indexes.push(Index {
                    name: unique_name(&name, &columns),
                    columns,
                    unique: true,
                });
            } else if field.index {
                table.indexes.push(Index {
                    name: index_name(&name, &columns),
                    columns,
                    unique: false,
                });
            }
        }
        let names = |fields: &[usize]| -> Vec<String> {
            fields
                .iter()
                .map(|position| self.fields[*position].column.to_owned())
                .collect()
        };
        table.primary_key = names(self.key);
        for index in self.indexes {
            let columns = names(index.fields);
            let default = if index.unique {
                unique_name(&name, &columns)
            } else {
                index_name(&name, &columns)
            };
            let name = index.name.map_or(default, str::to_owned);
            table.indexes.push(Index {
                name,
                columns,
                unique: index.unique,
            });
        }
        let mut unindexed: Vec<Vec<String>> = Vec::new();
        for field in self.fields {
            let Some(reference) = &field.references else {
                continue;
            };
            let target = (reference.field)();
            if reference.index {
                unindexed.push(vec![field.column.to_owned()]);
            }
            table.foreign_keys.push(ForeignKey {
                name: (reference.name)
                    .map_or_else(|| foreign_key_name(&name, &[field.column]), str::to_owned),
                columns: vec![field.column.to_owned()],
                references_table: target.model.table_name().to_owned(),
                references_columns: vec![target.column.to_owned()],
                on_delete: reference.on_delete,
                on_update: reference.on_update,
            });
        }
        for key in self.foreign_keys {
            let targets = (key.references)();
            let columns = names(key.fields);
            let Some(first) = targets.first() else {
                return Err(Error::invalid_model(
                    &name,
                    "a foreign key references nothing",
                ));
            };
            if targets
                .iter()
                .any(|target| !std::ptr::eq(target.model, first.model))
            {
                return Err(Error::invalid_model(
                    &name,
                    "a foreign key references columns of two models",
                ));
            }
            if key.index {
                unindexed.push(columns.clone());
            }
            table.foreign_keys.push(ForeignKey {
                name: (key.name).map_or_else(|| foreign_key_name(&name, &columns), str::to_owned),
                columns,
                references_table: first.model.table_name().to_owned(),
                references_columns: targets
                    .iter()
                    .map(|target| target.column.to_owned())
                    .collect(),
                on_delete: key.on_delete,
                on_update: key.on_update,
            });
        }
        for columns in unindexed {
            if !table.is_indexed_by(&columns) {
                table.indexes.push(Index {
                    name: index_name(&name, &columns),
                    columns,
                    unique: false,
                });
            }
        }
        for check in self.checks {
            table.checks.push(Check {
                name: match check.whole {
                    true => check.name.to_owned(),
                    false => check_name(&name, check.name),
                },
                expression: check.expression.map(|node| Arc::new(node())),
            });
        }
        Ok(table.sorted())
    }
}

/// An expression of the database, which may not be known.
fn told(node: Option<Node>) -> ColumnExpression {
    node.map_or_else(ColumnExpression::unknown, ColumnExpression::new)
}

impl FieldInfo {
    /// `table.column`, as error messages name it.
    pub fn subject(&self) -> String {
        format!("{}.{}", self.model.table_name(), self.column)
    }

    /// The column's type.
    ///
    /// # Errors
    ///
    /// `is_invalid_model()` when an attribute does not go with the field's type.
    pub fn column_type(&self) -> Result<ColumnType> {
        if self.length.is_some() && self.kind != Kind::String {
            return Err(Error::invalid_model(self.subject(), "length is for String"));
        }
        if self.precision.is_some() && self.kind != Kind::Decimal {
            return Err(Error::invalid_model(
                self.subject(),
                "precision and scale are for Decimal",
            ));
        }
        Ok(match self.kind {
            Kind::Boolean => ColumnType::Boolean,
            Kind::SmallInt => ColumnType::SmallInt,
            Kind::Integer => ColumnType::Integer,
            Kind::BigInt => ColumnType::BigInt,
            Kind::Double => ColumnType::Double,
            Kind::String => match self.length {
                Some(length) => ColumnType::Varchar { length },
                None => ColumnType::Text,
            },
            Kind::Binary => ColumnType::Binary,
            Kind::Decimal => {
                let (precision, scale) = self.precision.unwrap_or(DEFAULT_PRECISION);
                ColumnType::Decimal { precision, scale }
            }
            Kind::Date => ColumnType::Date,
            Kind::Time => ColumnType::Time,
            Kind::DateTime => ColumnType::DateTime,
            Kind::Timestamp => ColumnType::Timestamp,
            Kind::Uuid => ColumnType::Uuid,
            Kind::Json => ColumnType::Json,
            Kind::Enum(values) => ColumnType::Enum {
                values: values.iter().map(|value| (*value).to_owned()).collect(),
            },
        })
    }

    /// The digits behind the point of a decimal column.
    pub fn scale(&self) -> u8 {
        self.precision.unwrap_or(DEFAULT_PRECISION).1
    }

    /// How values of this column are bound.
    pub fn bind_type(&self) -> BindType {
        self.kind.bind_type(self.scale())
    }

    /// Whether its values are whole numbers.
    pub(crate) fn is_integer(&self) -> bool {
        let bind_type = self.bind_type();
        matches!(
            bind_type,
            BindType::SmallInt | BindType::Integer | BindType::BigInt
        )
    }

    /// The column as part of an expression.
    pub fn node(&'static self) -> Node {
        self.node_of(Cow::Borrowed(self.model.table_name()))
    }

    /// The column, of the table by another name.
    pub(crate) fn node_of(&'static self, table: Cow<'static, str>) -> Node {
        Node::Column(ColumnNode {
            table,
            name: Cow::Borrowed(self.column),
            bind_type: self.bind_type(),
            nullable: self.nullable,
            field: Some(self),
        })
    }

    /// Whether a new row may leave the value to the database, which an object then has to be told: a computed column, or
    /// a default by SQL.
    pub(crate) fn is_read_back(&self) -> bool {
        self.computed.is_some() || self.leaves_default()
    }

    /// Whether a new row may leave the value to a default of the database: the key of one is always given.
    pub(crate) fn leaves_default(&self) -> bool {
        self.default_sql.is_some() && !self.model.key.contains(&self.position())
    }

    /// The value that a new object holds until the database has said its own: NULL, or the zero of the type.
    pub(crate) fn placeholder(&self) -> Value {
        if self.nullable {
            return Value::Null;
        }
        match self.kind {
            Kind::Boolean => Value::Boolean(false),
            Kind::SmallInt | Kind::Integer | Kind::BigInt => Value::Integer(0),
            Kind::Double => Value::Double(0.0),
            Kind::String => Value::Text(String::new()),
            Kind::Binary => Value::Binary(Vec::new()),
            Kind::Decimal => Value::Decimal(rust_decimal::Decimal::new(0, u32::from(self.scale()))),
            Kind::Date => Value::Date(chrono::NaiveDate::default()),
            Kind::Time => Value::Time(chrono::NaiveTime::default()),
            Kind::DateTime => Value::DateTime(chrono::NaiveDateTime::default()),
            Kind::Timestamp => Value::Timestamp(chrono::DateTime::default()),
            Kind::Uuid => Value::Uuid(uuid::Uuid::nil()),
            Kind::Json => Value::Json("null".to_owned()),
            Kind::Enum(texts) => Value::Text(texts.first().map_or("", |text| *text).to_owned()),
        }
    }

    /// Whether a new row may say nothing of it.
    pub(crate) fn has_default(&self) -> bool {
        self.nullable || self.is_read_back() || !matches!(self.default, FieldDefault::None)
    }

    /// Whether an index, the primary key or a foreign key is over the column.
    fn is_indexed(&self) -> bool {
        let position = self.position();
        let model = self.model;
        self.unique
            || self.index
            || self.references.is_some()
            || model.key.contains(&position)
            || (model.indexes.iter()).any(|index| index.fields.contains(&position))
            || (model.foreign_keys.iter()).any(|key| key.fields.contains(&position))
    }

    /// The position of the field in its model.
    pub fn position(&self) -> usize {
        let fields = self.model.fields;
        // Nearly always the field itself; comparing addresses is faster than comparing names.
        fields
            .iter()
            .position(|field| std::ptr::eq(field, self))
            .or_else(|| fields.iter().position(|field| field.column == self.column))
            .unwrap_or(usize::MAX)
    }

    /// Checks a value that is going to be stored, and brings it into the form in which it will be read back: rounded
    /// to the scale (half away from zero, as the SQL standard's engines do), in microseconds.
    ///
    /// # Errors
    ///
    /// `is_invalid_value()`, naming `table.column` and the rule, never the value.
    #[inline]
    pub fn check(&self, value: Value) -> Result<Value> {
        match value {
            // Keys, mostly, which are asked for row by row: nothing is wrong with a whole number.
            Value::Integer(_) => Ok(value),
            other => self.check_other(other),
        }
    }

    fn check_other(&self, value: Value) -> Result<Value> {
        match (&value, self.kind) {
            (Value::Null, _) if !self.nullable => Err(Error::invalid_value(
                self.subject(),
                "NULL, and the field is not an Option",
            )),
            (Value::Text(text), Kind::String) => {
                if let Some(length) = self.length {
                    // Counting characters is needed only when the bytes alone don't settle it.
                    if text.len() > length as usize {
                        let characters = text.chars().count();
                        if characters > length as usize {
                            let problem = format!(
                                "{characters} characters, at most {length} (declared by length = {length})"
                            );
                            return Err(Error::invalid_value(self.subject(), problem));
                        }
                    }
                }
                if text.len() > INDEXED_BYTES_LIMIT && self.is_indexed() {
                    let problem = format!(
                        "{} bytes in UTF-8, at most {INDEXED_BYTES_LIMIT} in a column with an index",
                        text.len()
                    );
                    return Err(Error::invalid_value(self.subject(), problem));
                }
                self.check_common(value)
            }
            (Value::Decimal(number), Kind::Decimal) => {
                let (precision, scale) = self.precision.unwrap_or(DEFAULT_PRECISION);
                let mut rounded = number.round_dp_with_strategy(
                    u32::from(scale),
                    rust_decimal::RoundingStrategy::MidpointAwayFromZero,
                );
                rounded.rescale(u32::from(scale));
                if rounded.mantissa().unsigned_abs() >= 10_u128.pow(u32::from(precision)) {
                    let problem = format!(
                        "out of range: at most {precision} digits, {scale} of them behind the point"
                    );
                    return Err(Error::invalid_value(self.subject(), problem));
                }
                if rounded.is_zero() {
                    rounded.set_sign_positive(true);
                }
                Ok(Value::Decimal(rounded))
            }
            _ => self.check_common(value),
        }
    }

    /// Checks a value that the column is compared with: what no column of this kind could hold is refused on every
    /// engine, since each one would treat it differently.
    ///
    /// # Errors
    ///
    /// `is_invalid_value()`
    pub fn check_operand(&self, value: Value) -> Result<Value> {
        if let (Value::Decimal(number), Kind::Decimal) = (&value, self.kind) {
            let scale = self.scale();
            let mut scaled = number.normalize();
            if scaled.scale() > u32::from(scale) {
                let problem = format!(
                    "compared with a number of {} digits behind the point, the column has {scale}",
                    scaled.scale()
                );
                return Err(Error::invalid_value(self.subject(), problem));
            }
            scaled.rescale(u32::from(scale));
            if i64::try_from(scaled.mantissa()).is_err() || scaled.scale() != u32::from(scale) {
                return Err(Error::invalid_value(
                    self.subject(),
                    "compared with a number out of every column's range",
                ));
            }
            return Ok(Value::Decimal(scaled));
        }
        self.check_common(value)
    }

    /// A value that the column is compared with, as part of an expression.
    pub(crate) fn operand(&self, value: Result<Value>) -> Node {
        match value.and_then(|value| self.check_operand(value)) {
            Ok(value) => Node::bind(value, self.bind_type()),
            Err(error) => Node::Invalid(error.to_string()),
        }
    }

    fn check_common(&self, value: Value) -> Result<Value> {
        match value {
            Value::Text(text) if text.contains('\0') => Err(Error::invalid_value(
                self.subject(),
                "text with NUL (U+0000), which not every engine can hold",
            )),
            other => {
                normalize(other).map_err(|problem| Error::invalid_value(self.subject(), problem))
            }
        }
    }

    /// The value that a new row gets when nothing is said.
    pub(crate) fn default_input(&self, identity: bool) -> Input {
        match &self.default {
            _ if self.is_read_back() => Input::Database,
            FieldDefault::None if identity => Input::Missing,
            FieldDefault::None => Input::Value(Value::Null),
            FieldDefault::Clock => Input::Clock,
            FieldDefault::Call(function) => match function().and_then(|value| self.check(value)) {
                Ok(value) => Input::Value(value),
                Err(error) => Input::Invalid(error),
            },
        }
    }

    /// A clock's reading as a value of this column.
    pub(crate) fn clock_value(&self, now: chrono::DateTime<chrono::Utc>) -> Result<Value> {
        let value = match self.kind {
            Kind::Timestamp => Value::Timestamp(now),
            Kind::DateTime => Value::DateTime(now.naive_utc()),
            Kind::Date => Value::Date(now.date_naive()),
            Kind::Time => Value::Time(now.time()),
            _ => {
                return Err(Error::invalid_model(
                    self.subject(),
                    "the clock is for DateTime<Utc>, NaiveDateTime, NaiveDate and NaiveTime",
                ));
            }
        };
        self.check(value)
    }
}

/// Brings a value of any column into the form in which it is read back.
pub(crate) fn normalize(value: Value) -> std::result::Result<Value, &'static str> {
    use chrono::{Datelike, Timelike};

    const YEARS: std::ops::RangeInclusive<i32> = 1..=9999;
    const YEAR_PROBLEM: &str = "the year must be 1 to 9999";
    let microseconds =
        |nanoseconds: u32| (nanoseconds < 1_000_000_000).then(|| nanoseconds / 1_000 * 1_000);
    const LEAP_PROBLEM: &str = "a leap second, which no engine can hold";

    match value {
        Value::Double(number) if !number.is_finite() => Err("not a finite number"),
        // SQLite keeps whole numbers in a REAL column as integers and loses the sign of zero.
        Value::Double(0.0) => Ok(Value::Double(0.0)),
        Value::Date(day) if !YEARS.contains(&day.year()) => Err(YEAR_PROBLEM),
        Value::Time(time) => {
            let nanosecond = microseconds(time.nanosecond()).ok_or(LEAP_PROBLEM)?;
            Ok(Value::Time(
                time.with_nanosecond(nanosecond).unwrap_or(time),
            ))
        }
        Value::DateTime(moment) => {
            if !YEARS.contains(&moment.year()) {
                return Err(YEAR_PROBLEM);
            }
            let nanosecond = microseconds(moment.nanosecond()).ok_or(LEAP_PROBLEM)?;
            Ok(Value::DateTime(
                moment.with_nanosecond(nanosecond).unwrap_or(moment),
            ))
        }
        Value::Timestamp(moment) => {
            if !YEARS.contains(&moment.year()) {
                return Err(YEAR_PROBLEM);
            }
            let nanosecond = microseconds(moment.nanosecond()).ok_or(LEAP_PROBLEM)?;
            Ok(Value::Timestamp(
                moment.with_nanosecond(nanosecond).unwrap_or(moment),
            ))
        }
        Value::Json(document) if json::holds_nul(&document) => {
            Err("a document with NUL (U+0000), which not every engine can hold")
        }
        other => Ok(other),
    }
}
