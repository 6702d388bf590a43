//! The derived code has nothing that a strict crate could mind.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub, unused_qualifications)]

extern crate birgus_core as birgus;

use birgus::query::Expression as _;

/// A mood.
#[derive(birgus::DbEnum, Debug)]
pub enum Mood {
    /// Good.
    Happy,
    /// Bad.
    Sad,
}

/// A model that imports nothing, and whose fields have the names of keywords and of what derived code uses.
#[derive(birgus::Model, Debug)]
pub struct Setting {
    #[key]
    id: i64,
    /// Its name.
    pub key: String,
    pub(crate) value: Option<String>,
    r#type: i32,
    draft: Mood,
    state: bool,
    row: i64,
    start: i64,
    index: i64,
    field: i64,
    scale: birgus::Deferred<String>,
    /// Long.
    #[column(deferred)]
    pub position: birgus::model::Deferred<Option<i64>>,
}

/// Counted.
#[derive(birgus::FromRow, Debug)]
pub struct Count {
    /// How many.
    pub r#final: i64,
}

fn main() {
    fn inside() {
        // A model may be declared anywhere.
        #[derive(birgus::Model)]
        struct Setting {
            #[key]
            id: i64,
        }
        let _ = Setting::build().id(1);
    }
    inside();
    let _ = Setting::build().r#type(1);
    let _ = Setting::key.eq("theme").and(Setting::r#type.eq(1));
    let _ = Mood::Sad.as_str();
    let _ = Mood::Happy;
}
