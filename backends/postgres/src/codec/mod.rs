//! PostgreSQL's binary wire format, for both drivers.
//!
//! Source of the layouts: the `*send` and `*recv` functions in PostgreSQL's `src/backend/utils/adt`.

mod decode;
mod encode;
mod moment;
mod numeric;
pub(crate) mod oid;

pub(crate) use decode::{
    Decoded, Field, binary, boolean, date, date_time, decimal, double, integer, json, text, time,
    timestamp, uuid,
};
pub(crate) use encode::{Presence, Sink, encode};
