//! The object ids of PostgreSQL's own types, which never change (`src/include/catalog/pg_type.dat`).

use birgus_core::backend::BindType;

pub(crate) const BOOL: u32 = 16;
pub(crate) const BYTEA: u32 = 17;
pub(crate) const CHAR: u32 = 18;
pub(crate) const NAME: u32 = 19;
pub(crate) const INT8: u32 = 20;
pub(crate) const INT2: u32 = 21;
pub(crate) const INT4: u32 = 23;
pub(crate) const TEXT: u32 = 25;
pub(crate) const OID: u32 = 26;
pub(crate) const JSON: u32 = 114;
pub(crate) const FLOAT4: u32 = 700;
pub(crate) const FLOAT8: u32 = 701;
pub(crate) const UNKNOWN: u32 = 705;
pub(crate) const BPCHAR: u32 = 1042;
pub(crate) const VARCHAR: u32 = 1043;
pub(crate) const DATE: u32 = 1082;
pub(crate) const TIME: u32 = 1083;
pub(crate) const TIMESTAMP: u32 = 1114;
pub(crate) const TIMESTAMPTZ: u32 = 1184;
pub(crate) const NUMERIC: u32 = 1700;
pub(crate) const UUID: u32 = 2950;
pub(crate) const JSONB: u32 = 3802;

/// The type that a value is bound as. VARCHAR columns are bound as `text`: the two compare and assign alike, and one
/// statement serves both.
///
/// `None` for a bind type that this crate does not know yet.
pub(crate) const fn of(bind_type: BindType) -> Option<u32> {
    Some(match bind_type {
        BindType::Boolean => BOOL,
        BindType::SmallInt => INT2,
        BindType::Integer => INT4,
        BindType::BigInt => INT8,
        BindType::Double => FLOAT8,
        BindType::Text => TEXT,
        BindType::Binary => BYTEA,
        BindType::Decimal { .. } => NUMERIC,
        BindType::Date => DATE,
        BindType::Time => TIME,
        BindType::DateTime => TIMESTAMP,
        BindType::Timestamp => TIMESTAMPTZ,
        BindType::Uuid => UUID,
        BindType::Json => JSONB,
        _ => return None,
    })
}

/// The type of arrays of `element`.
pub(crate) const fn array_of(element: u32) -> Option<u32> {
    Some(match element {
        BOOL => 1000,
        BYTEA => 1001,
        INT2 => 1005,
        INT4 => 1007,
        TEXT => 1009,
        INT8 => 1016,
        FLOAT8 => 1022,
        TIMESTAMP => 1115,
        DATE => 1182,
        TIME => 1183,
        TIMESTAMPTZ => 1185,
        NUMERIC => 1231,
        UUID => 2951,
        JSONB => 3807,
        _ => return None,
    })
}

/// The name of a type, for messages.
pub(crate) fn name(oid: u32) -> String {
    let name = match oid {
        BOOL => "boolean",
        BYTEA => "bytea",
        CHAR => "\"char\"",
        NAME => "name",
        INT8 => "bigint",
        INT2 => "smallint",
        INT4 => "integer",
        TEXT => "text",
        OID => "oid",
        JSON => "json",
        FLOAT4 => "real",
        FLOAT8 => "double precision",
        UNKNOWN => "unknown",
        BPCHAR => "character",
        VARCHAR => "character varying",
        DATE => "date",
        TIME => "time",
        TIMESTAMP => "timestamp",
        TIMESTAMPTZ => "timestamp with time zone",
        NUMERIC => "numeric",
        UUID => "uuid",
        JSONB => "jsonb",
        _ => return format!("a type that Birgus does not read (oid {oid})"),
    };
    name.to_owned()
}
