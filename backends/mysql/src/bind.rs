//! Binds, as Diesel hands them to the C client.

use std::io::Write as _;

use birgus_core::backend::{Bind, BindType};
use birgus_core::{Error, Result, Value};
use birgus_diesel_bridge::Binder;
use chrono::{Datelike, NaiveDate, NaiveTime, Timelike};
use diesel::data_types::{MysqlTime, MysqlTimestampType};
use diesel::mysql::Mysql;
use diesel::query_builder::AstPass;
use diesel::result::QueryResult;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{
    BigInt, Binary, Date, Datetime, Double, Nullable, Numeric, Text, Time, TinyInt,
};
use rust_decimal::Decimal;

/// How MySQL and MariaDB take a bind.
///
/// Whole numbers of every width go as 64 bits: the server prepares for those anyway, and checks the range when it
/// stores them. JSON goes as text, since MySQL refuses a document whose character set is binary (error 3144).
#[derive(Debug)]
pub(crate) struct MysqlBinder;

/// A value in the client's form.
#[derive(Debug)]
pub(crate) enum Encoded {
    Exact(Exact),
    Date(MysqlTime),
    Time(MysqlTime),
    DateTime(MysqlTime),
}

/// An exact number: its digits, which Diesel has no type of its own for.
#[derive(Debug)]
pub(crate) struct Exact(String);

impl ToSql<Numeric, Mysql> for Exact {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Mysql>) -> serialize::Result {
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl Binder for MysqlBinder {
    type Backend = Mysql;
    type Encoded = Encoded;

    fn encode(bind: &Bind) -> Result<Option<Encoded>> {
        Ok(Some(match &bind.value {
            Value::Decimal(number) => Encoded::Exact(Exact(exact(*number, bind.bind_type))),
            Value::Date(day) => Encoded::Date(time(
                Some(*day),
                None,
                MysqlTimestampType::MYSQL_TIMESTAMP_DATE,
            )?),
            Value::Time(of_day) => Encoded::Time(time(
                None,
                Some(*of_day),
                MysqlTimestampType::MYSQL_TIMESTAMP_TIME,
            )?),
            Value::DateTime(moment) => Encoded::DateTime(time(
                Some(moment.date()),
                Some(moment.time()),
                MysqlTimestampType::MYSQL_TIMESTAMP_DATETIME,
            )?),
            Value::Timestamp(moment) => {
                let moment = moment.naive_utc();
                Encoded::DateTime(time(
                    Some(moment.date()),
                    Some(moment.time()),
                    MysqlTimestampType::MYSQL_TIMESTAMP_DATETIME,
                )?)
            }
            Value::Array(_) => {
                return Err(Error::unsupported(
                    "MySQL and MariaDB take no array as a bind",
                ));
            }
            _ => return Ok(None),
        }))
    }

    fn push<'b>(
        bind: &'b Bind,
        encoded: Option<&'b Encoded>,
        mut pass: AstPass<'_, 'b, Mysql>,
    ) -> QueryResult<()> {
        match encoded {
            Some(Encoded::Exact(number)) => return pass.push_bind_param::<Numeric, _>(number),
            Some(Encoded::Date(value)) => return pass.push_bind_param::<Date, _>(value),
            Some(Encoded::Time(value)) => return pass.push_bind_param::<Time, _>(value),
            Some(Encoded::DateTime(value)) => return pass.push_bind_param::<Datetime, _>(value),
            None => {}
        }
        match &bind.value {
            Value::Null => push_null(bind.bind_type, pass),
            // Diesel's own boolean writes four bytes for a type of one.
            Value::Boolean(true) => pass.push_bind_param::<TinyInt, i8>(&1),
            Value::Boolean(false) => pass.push_bind_param::<TinyInt, i8>(&0),
            Value::Integer(number) => pass.push_bind_param::<BigInt, _>(number),
            Value::Double(number) => pass.push_bind_param::<Double, _>(number),
            Value::Text(text) | Value::Json(text) => {
                pass.push_bind_param::<Text, str>(text.as_str())
            }
            Value::Binary(bytes) => pass.push_bind_param::<Binary, [u8]>(bytes.as_slice()),
            Value::Uuid(uuid) => pass.push_bind_param::<Binary, [u8]>(uuid.as_bytes().as_slice()),
            _ => Err(unknown()),
        }
    }
}

fn push_null(bind_type: BindType, mut pass: AstPass<'_, '_, Mysql>) -> QueryResult<()> {
    match bind_type {
        BindType::Boolean => pass.push_bind_param::<Nullable<TinyInt>, Option<i8>>(&None),
        BindType::SmallInt | BindType::Integer | BindType::BigInt => {
            pass.push_bind_param::<Nullable<BigInt>, Option<i64>>(&None)
        }
        BindType::Double => pass.push_bind_param::<Nullable<Double>, Option<f64>>(&None),
        BindType::Text | BindType::Json => {
            pass.push_bind_param::<Nullable<Text>, Option<&'static str>>(&None)
        }
        BindType::Binary | BindType::Uuid => {
            pass.push_bind_param::<Nullable<Binary>, Option<&'static [u8]>>(&None)
        }
        BindType::Decimal { .. } => {
            static NONE: Option<Exact> = None;
            pass.push_bind_param::<Nullable<Numeric>, Option<Exact>>(&NONE)
        }
        BindType::Date => pass.push_bind_param::<Nullable<Date>, Option<MysqlTime>>(&None),
        BindType::Time => pass.push_bind_param::<Nullable<Time>, Option<MysqlTime>>(&None),
        BindType::DateTime | BindType::Timestamp => {
            pass.push_bind_param::<Nullable<Datetime>, Option<MysqlTime>>(&None)
        }
        _ => Err(unknown()),
    }
}

fn unknown() -> diesel::result::Error {
    diesel::result::Error::SerializationError(Box::new(Error::unsupported(
        "MySQL and MariaDB have no form for this bind",
    )))
}

fn exact(mut number: Decimal, bind_type: BindType) -> String {
    if let BindType::Decimal { scale } = bind_type {
        number.rescale(u32::from(scale));
    }
    number.to_string()
}

fn time(
    date: Option<NaiveDate>,
    time: Option<NaiveTime>,
    kind: MysqlTimestampType,
) -> Result<MysqlTime> {
    let year = match date {
        None => 0,
        Some(date) => u32::try_from(date.year())
            .ok()
            .filter(|year| (1..=9999).contains(year))
            .ok_or_else(|| Error::invalid_value("a date", "its year is not 1 to 9999"))?,
    };
    let time = time.unwrap_or(NaiveTime::MIN);
    let micros = time.nanosecond() / 1_000;
    if micros >= 1_000_000 {
        return Err(Error::invalid_value(
            "a time",
            "a leap second can't be stored",
        ));
    }
    Ok(MysqlTime::new(
        year,
        date.map_or(0, |date| date.month()),
        date.map_or(0, |date| date.day()),
        time.hour(),
        time.minute(),
        time.second(),
        micros.into(),
        false,
        kind,
        0,
    ))
}
