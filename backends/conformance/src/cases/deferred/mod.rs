//! Columns that a query leaves out: what is sent for them, what is read of the others, and what is refused.

mod queries;
mod reading;
mod storing;

use birgus::Database;
use birgus::prelude::*;
use serde::{Deserialize, Serialize};

use crate::Bed;
use crate::watch::statements;

pub(super) fn cases() -> Vec<crate::Case> {
    [reading::cases(), queries::cases(), storing::cases()].concat()
}

#[derive(Model, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[model(register = false)]
struct Author {
    // In front of the key: where a query selects something else, that is the first value.
    #[column(deferred)]
    bio: Deferred<Option<String>>,
    #[key]
    id: i64,
    #[column(length = 64, unique)]
    username: String,
    #[column(length = 200, default = "none")]
    motto: Deferred<String>,
    age: Option<i32>,
}

/// What a text of a statement names the column by.
const BIO: [&str; 2] = ["\"bio\"", "`bio`"];
const MOTTO: [&str; 2] = ["\"motto\"", "`motto`"];

fn names(text: &str, column: [&str; 2]) -> bool {
    column.iter().any(|name| text.contains(name))
}

fn database(bed: &Bed) -> Database {
    let db = bed.database(&[Author::info()]);
    let susan = Author::build().username("susan").bio("a long life");
    let joe = Author::build().username("joe").motto("never").age(30);
    // Rows of different columns are different types.
    Author::insert(susan).execute(&db).unwrap();
    Author::insert(joe).execute(&db).unwrap();
    db
}

fn authors() -> Query<Author> {
    Author::query().order_by(Author::id.asc())
}

/// Runs the query, and gives the only statement that it sends.
fn read<O>(query: Query<Author, O>, db: &Database) -> (Vec<O>, String) {
    let mut rows = Vec::new();
    let texts = statements(|| rows = query.all(db).unwrap());
    let [text] = <[String; 1]>::try_from(texts).unwrap();
    (rows, text)
}

fn bio(author: &Author) -> Option<&str> {
    author.bio.loaded().unwrap().as_deref()
}
