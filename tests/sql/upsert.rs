//! INSERT of rows that may be there already.

use super::golden::check;
use super::models::Seat;
use birgus::prelude::*;
use birgus::query::excluded;

fn seat(number: i32) -> impl NewRow<Model = Seat> {
    Seat::build()
        .row("a")
        .number(number)
        .label(format!("a{number}"))
        .taken(1)
}

#[test]
fn upsert() {
    check(
        "upsert",
        &[
            ("update", &|dialect| {
                Seat::insert(seat(1))
                    .on_conflict(Seat::label)
                    .update(Seat::taken.set(Seat::taken + excluded(Seat::taken)))
                    .to_sql(dialect)
            }),
            ("many rows, by the key", &|dialect| {
                Seat::insert_many([seat(1), seat(2)])
                    .on_conflict((Seat::row, Seat::number))
                    .update([Seat::label.set_excluded(), Seat::taken.set(0)])
                    .to_sql(dialect)
            }),
            ("do nothing", &|dialect| {
                Seat::insert(seat(1))
                    .on_conflict((Seat::number, Seat::row))
                    .do_nothing()
                    .to_sql(dialect)
            }),
            ("no constraint", &|dialect| {
                Seat::insert(seat(1))
                    .on_conflict(Seat::taken)
                    .do_nothing()
                    .to_sql(dialect)
            }),
            ("the same row twice", &|dialect| {
                Seat::insert_many([seat(1), seat(1)])
                    .on_conflict(Seat::label)
                    .update(Seat::taken.set(0))
                    .to_sql(dialect)
            }),
        ],
    );
}
