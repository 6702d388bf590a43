extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
struct Document {
    #[key(natural)]
    id: Deferred<i64>,
    #[version]
    version: Deferred<i64>,
    #[column(references = Document::id)]
    parent: Deferred<Option<i64>>,
    #[column(computed = Self::text.length())]
    length: Deferred<i32>,
    #[column(deferred)]
    text: String,
    #[column(deferred)]
    note: Option<String>,
    comment: Option<Deferred<String>>,
    #[column(deferred = true)]
    body: Deferred<String>,
    #[column(length = 5)]
    number: Deferred<i32>,
}

#[derive(Model)]
#[model(foreign_key(columns(room, number), references(Seat::room, Seat::number)))]
struct Seat {
    #[key]
    room: i32,
    #[key]
    place: i32,
    number: Deferred<i32>,
}

fn main() {}
