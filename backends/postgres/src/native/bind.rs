//! Binds to the `postgres` crate's parameters.

use std::error::Error as StdError;

use birgus_core::backend::Bind;
use birgus_core::{Error, Result, Value};
use bytes::BytesMut;
use postgres::types::{IsNull, ToSql, Type};

use crate::codec::{self, Presence, Sink, oid};

impl Sink for BytesMut {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// A bind as a parameter. Its `Debug`, which the `postgres` crate logs, shows no content.
#[derive(Debug)]
pub(super) struct Parameter<'a>(pub(super) &'a Bind);

impl ToSql for Parameter<'_> {
    fn to_sql(
        &self,
        _type: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match codec::encode(&self.0.value, self.0.bind_type, out)? {
            Presence::Null => Ok(IsNull::Yes),
            Presence::Value => Ok(IsNull::No),
        }
    }

    fn accepts(_type: &Type) -> bool {
        true
    }

    // Every statement is prepared for the binds' own types.
    fn to_sql_checked(
        &self,
        r#type: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        self.to_sql(r#type, out)
    }
}

/// The number of the type to prepare a bind for: of arrays of its type when it is one.
pub(super) fn oid_of(bind: &Bind) -> Option<u32> {
    let element = oid::of(bind.bind_type)?;
    if matches!(bind.value, Value::Array(_)) {
        oid::array_of(element)
    } else {
        Some(element)
    }
}

/// The type to prepare a bind for.
///
/// # Errors
///
/// `is_unsupported()` for a bind type that PostgreSQL has no type for.
pub(super) fn type_of(bind: &Bind) -> Result<Type> {
    oid_of(bind)
        .and_then(Type::from_oid)
        .ok_or_else(|| Error::unsupported(format!("{:?} has no PostgreSQL type", bind.bind_type)))
}
