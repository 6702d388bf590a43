//! Bytes to values. Each function takes the types that it may read and refuses the others.

use std::str;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{moment, numeric, oid};

/// The one version of `jsonb`'s binary format; text follows it.
pub(super) const JSONB_VERSION: u8 = 1;

/// A value that is not NULL, and its type.
#[derive(Clone, Copy)]
pub(crate) struct Field<'a> {
    pub(crate) oid: u32,
    pub(crate) bytes: &'a [u8],
}

/// What was found instead of what was asked for; never the value itself.
pub(crate) type Decoded<T> = Result<T, String>;

impl<'a> Field<'a> {
    #[inline]
    fn array<const N: usize>(self) -> Decoded<[u8; N]> {
        self.bytes.try_into().map_err(|_| self.of_another_length())
    }

    #[cold]
    fn of_another_length(self) -> String {
        format!("{} of {} bytes", oid::name(self.oid), self.bytes.len())
    }

    #[inline]
    fn utf8(self) -> Decoded<&'a str> {
        str::from_utf8(self.bytes).map_err(|_| "text that is not UTF-8".to_owned())
    }

    #[cold]
    fn refuse<T>(self) -> Decoded<T> {
        Err(oid::name(self.oid))
    }

    #[inline]
    fn int4(self) -> Decoded<i32> {
        self.array().map(i32::from_be_bytes)
    }

    #[inline]
    fn int8(self) -> Decoded<i64> {
        self.array().map(i64::from_be_bytes)
    }

    fn out_of_range<T>(self) -> Decoded<T> {
        Err(format!(
            "{} outside of the years 1 to 9999, or of a day",
            oid::name(self.oid)
        ))
    }
}

pub(crate) fn boolean(field: Field<'_>) -> Decoded<bool> {
    match field.oid {
        oid::BOOL => match field.array()? {
            [0] => Ok(false),
            [_] => Ok(true),
        },
        _ => field.refuse(),
    }
}

#[inline(always)]
pub(crate) fn integer(field: Field<'_>) -> Decoded<i64> {
    match field.oid {
        oid::INT8 => field.int8(),
        oid::INT4 => field.int4().map(i64::from),
        oid::INT2 => field.array().map(i16::from_be_bytes).map(i64::from),
        oid::OID => field.array().map(u32::from_be_bytes).map(i64::from),
        _ => field.refuse(),
    }
}

pub(crate) fn double(field: Field<'_>) -> Decoded<f64> {
    match field.oid {
        oid::FLOAT8 => field.array().map(f64::from_be_bytes),
        oid::FLOAT4 => field.array().map(f32::from_be_bytes).map(f64::from),
        _ => field.refuse(),
    }
}

#[inline(always)]
pub(crate) fn text(field: Field<'_>) -> Decoded<&str> {
    match field.oid {
        oid::TEXT | oid::VARCHAR | oid::BPCHAR | oid::NAME | oid::CHAR | oid::UNKNOWN => {
            field.utf8()
        }
        _ => field.refuse(),
    }
}

pub(crate) fn binary(field: Field<'_>) -> Decoded<&[u8]> {
    match field.oid {
        oid::BYTEA => Ok(field.bytes),
        _ => field.refuse(),
    }
}

pub(crate) fn decimal(field: Field<'_>, scale: u8) -> Decoded<Decimal> {
    match field.oid {
        oid::NUMERIC => numeric::decode(field.bytes, scale).map_err(str::to_owned),
        _ => field.refuse(),
    }
}

pub(crate) fn date(field: Field<'_>) -> Decoded<NaiveDate> {
    match field.oid {
        oid::DATE => moment::decode_date(field.int4()?).map_or_else(|| field.out_of_range(), Ok),
        _ => field.refuse(),
    }
}

pub(crate) fn time(field: Field<'_>) -> Decoded<NaiveTime> {
    match field.oid {
        oid::TIME => moment::decode_time(field.int8()?).map_or_else(|| field.out_of_range(), Ok),
        _ => field.refuse(),
    }
}

pub(crate) fn date_time(field: Field<'_>) -> Decoded<NaiveDateTime> {
    match field.oid {
        oid::TIMESTAMP => {
            moment::decode_date_time(field.int8()?).map_or_else(|| field.out_of_range(), Ok)
        }
        _ => field.refuse(),
    }
}

pub(crate) fn timestamp(field: Field<'_>) -> Decoded<DateTime<Utc>> {
    match field.oid {
        oid::TIMESTAMPTZ => moment::decode_date_time(field.int8()?)
            .map_or_else(|| field.out_of_range(), |moment| Ok(moment.and_utc())),
        _ => field.refuse(),
    }
}

pub(crate) fn uuid(field: Field<'_>) -> Decoded<Uuid> {
    match field.oid {
        oid::UUID => field.array().map(Uuid::from_bytes),
        _ => field.refuse(),
    }
}

pub(crate) fn json(field: Field<'_>) -> Decoded<serde_json::Value> {
    let bytes = match (field.oid, field.bytes) {
        (oid::JSON, bytes) | (oid::JSONB, [JSONB_VERSION, bytes @ ..]) => bytes,
        (oid::JSONB, _) => return Err("jsonb of a version that is not known".to_owned()),
        _ => return field.refuse(),
    };
    // The parser's own message would quote nothing, but says where in the document.
    serde_json::from_slice(bytes).map_err(|error| format!("JSON that does not parse: {error}"))
}
