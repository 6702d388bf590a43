//! Binds to Diesel's.

use std::io::Write as _;

use birgus_core::backend::{Bind, BindType};
use birgus_core::{Error, Result, Value};
use birgus_diesel_bridge::Binder;
use diesel::pg::{Pg, PgTypeMetadata};
use diesel::query_builder::AstPass;
use diesel::result::QueryResult;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::HasSqlType;

use crate::codec::{self, Presence, Sink, oid};

/// A type of PostgreSQL as one of Diesel's. Its object id is fixed, so that Diesel asks the server for none.
pub(super) struct Oid<const NUMBER: u32>;

impl<const NUMBER: u32> HasSqlType<Oid<NUMBER>> for Pg {
    fn metadata(_lookup: &mut Self::MetadataLookup) -> PgTypeMetadata {
        // The second number is the array type's, which only Diesel's own arrays ask for.
        PgTypeMetadata::new(NUMBER, 0)
    }
}

/// Diesel's buffer. Writing to memory does not fail.
struct Buffer<'o, 'a, 'b>(&'o mut Output<'a, 'b, Pg>);

impl Sink for Buffer<'_, '_, '_> {
    fn put(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes);
    }
}

impl<const NUMBER: u32> ToSql<Oid<NUMBER>, Pg> for Bind {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        match codec::encode(&self.value, self.bind_type, &mut Buffer(out)) {
            Ok(Presence::Null) => Ok(IsNull::Yes),
            Ok(Presence::Value) => Ok(IsNull::No),
            // The bridge gives it back as it is.
            Err(error) => Err(Box::new(error)),
        }
    }
}

/// How Diesel takes a bind: as it stands, encoded when it is sent.
pub(super) struct PgBinder;

/// Calls `push_bind_param` with the type of a bind, which Diesel wants at compile time.
macro_rules! push {
    ($pass:ident, $bind:ident, $($pattern:pat => $element:expr,)*) => {
        match ($bind.bind_type, matches!($bind.value, Value::Array(_))) {
            $(
                ($pattern, false) => $pass.push_bind_param::<Oid<{ $element }>, Bind>($bind),
                ($pattern, true) => {
                    $pass.push_bind_param::<Oid<{ array($element) }>, Bind>($bind)
                }
            )*
            _ => Err(diesel::result::Error::SerializationError(Box::new(
                Error::unsupported(format!("{:?} has no PostgreSQL type", $bind.bind_type)),
            ))),
        }
    };
}

const fn array(element: u32) -> u32 {
    match oid::array_of(element) {
        Some(array) => array,
        // Evaluated when the crate is compiled, for the types below: all of them have arrays.
        None => 0,
    }
}

impl Binder for PgBinder {
    type Backend = Pg;
    type Encoded = ();

    fn encode(_bind: &Bind) -> Result<Option<()>> {
        Ok(None)
    }

    fn push<'b>(
        bind: &'b Bind,
        _encoded: Option<&'b ()>,
        mut pass: AstPass<'_, 'b, Pg>,
    ) -> QueryResult<()> {
        push!(pass, bind,
            BindType::Boolean => oid::BOOL,
            BindType::SmallInt => oid::INT2,
            BindType::Integer => oid::INT4,
            BindType::BigInt => oid::INT8,
            BindType::Double => oid::FLOAT8,
            BindType::Text => oid::TEXT,
            BindType::Binary => oid::BYTEA,
            BindType::Decimal { .. } => oid::NUMERIC,
            BindType::Date => oid::DATE,
            BindType::Time => oid::TIME,
            BindType::DateTime => oid::TIMESTAMP,
            BindType::Timestamp => oid::TIMESTAMPTZ,
            BindType::Uuid => oid::UUID,
            BindType::Json => oid::JSONB,
        )
    }
}
