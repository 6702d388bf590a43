extern crate birgus_core as birgus;

use birgus::DbEnum;

#[derive(DbEnum)]
enum Shape {
    Circle(f64),
    Square { side: f64 },
}

#[derive(DbEnum)]
enum Nothing {}

#[derive(DbEnum)]
enum Mood {
    Happy,
    #[db(name = "happy")]
    Glad,
    #[db(text = "sad")]
    Sad,
}

#[derive(DbEnum)]
struct User {
    id: i64,
}

fn main() {}
