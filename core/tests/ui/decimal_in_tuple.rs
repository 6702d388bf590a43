extern crate birgus_core as birgus;

use birgus::prelude::*;

fn main() {
    let db = Database::connect("sqlite::memory:").unwrap();
    let _ = birgus::sql("SELECT SUM(price) FROM item").all::<(Decimal,)>(&db);
}
