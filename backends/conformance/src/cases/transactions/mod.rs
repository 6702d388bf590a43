//! Transactions: their parts, how far they see, and how they are tried again.

mod isolation;
mod retried;
mod savepoints;
mod two_phase;

use birgus::prelude::*;

use crate::models::User;
use crate::{Bed, Case};

pub(super) fn cases() -> Vec<Case> {
    [
        savepoints::cases(),
        isolation::cases(),
        retried::cases(),
        two_phase::cases(),
    ]
    .concat()
}

/// A database with so many users, `user 0` and up, of age 0.
fn people(bed: &Bed, number: usize) -> Database {
    people_in(bed.config(), number)
}

fn people_in(mut config: Config, number: usize) -> Database {
    config.pool.size = 8;
    let db = Database::with_models(config, [User::info()]).unwrap();
    db.create_all().unwrap();
    User::insert_many((0..number).map(person))
        .execute(&db)
        .unwrap();
    db
}

/// A user that is not there yet.
fn person(number: usize) -> impl birgus::model::NewRow<Model = User> {
    let name = format!("user {number}");
    User::build().username(name.clone()).email(name).age(0)
}

/// The names of all users, sorted.
fn names(db: &Database) -> Vec<String> {
    User::query()
        .order_by(User::username)
        .pluck(User::username, db)
        .unwrap()
}
