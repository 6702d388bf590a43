//! Users with their posts, by Birgus' strategies and by statements that are written by hand for the engine and the tables, over
//! the same connection and into structs of their own. They take turns, so that what else the machine does meets all of them.
//! On every engine that is there, as in `loading_strategies`.
//!
//! ```sh
//! BIRGUS_TEST_MARIADB_URL=… cargo bench -p birgus-benches --bench by_hand --features birgus/mysql
//! ```
#![forbid(unsafe_code)]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a bench fails by panicking"
)]

use std::collections::HashMap;
use std::env;
use std::hint::black_box;
use std::time::Instant;

use birgus::backend::{
    BindType, ConnectOptions, Connection as _, Row, Statement, StatementBuilder, find_driver,
};
use birgus::prelude::*;
use birgus::url::DatabaseUrl;
use birgus::{Config, PooledConnection, Value};

#[derive(Model)]
#[model(register = false, table = "users")]
pub struct User {
    #[key]
    pub id: i64,
    pub name: String,
    pub hair_color: Option<String>,
    #[has_many(Post)]
    pub posts: Many<Post>,
}

#[derive(Model)]
#[model(register = false, table = "posts")]
pub struct Post {
    #[key]
    pub id: i64,
    #[column(references = User::id)]
    pub user_id: i64,
    pub title: String,
    pub body: Option<String>,
}

/// What a program has that knows of no relationships.
struct UserRow {
    id: i64,
    name: String,
    hair_color: Option<String>,
    posts: Vec<PostRow>,
}

struct PostRow {
    id: i64,
    user_id: i64,
    title: String,
    body: Option<String>,
}

const PARENTS: usize = 300;
const CHILDREN: usize = 10;
const ROUNDS: usize = 41;
const TIMES: usize = 8;

const USERS: &str = "SELECT id, name, hair_color FROM users";
const POSTS: &str = "SELECT id, user_id, title, body FROM posts WHERE user_id ";

/// The pairs of driver and engine, the schemes that choose a driver, the variables that name servers, and the form that wins on
/// the engine.
const ENGINES: [(&str, &str, &str, Form); 5] = [
    ("SQLite", "sqlite", "", Form::Subquery),
    ("PostgreSQL, libpq", "postgresql+libpq", POSTGRES, Form::Any),
    ("PostgreSQL, `postgres`", "postgresql", POSTGRES, Form::Any),
    ("MariaDB", "mariadb", "BIRGUS_TEST_MARIADB_URL", Form::List),
    ("MySQL", "mysql", "BIRGUS_TEST_MYSQL_URL", Form::List),
];
const POSTGRES: &str = "BIRGUS_TEST_POSTGRES_URL";

/// How the posts of many users are asked for.
#[derive(Clone, Copy)]
enum Form {
    /// The users' query is repeated.
    Subquery,
    /// An array of keys.
    Any,
    /// A placeholder for each key.
    List,
}

/// A database of this run; it goes when this does.
struct Bed {
    options: Option<(ConnectOptions, String)>,
    connection: Option<PooledConnection>,
}

impl Bed {
    /// Nothing when the engine can't be had.
    fn new(scheme: &str, variable: &str) -> Option<Self> {
        let driver = find_driver(scheme).ok()?;
        let (options, url) = if variable.is_empty() {
            (None, "sqlite::memory:".parse().unwrap())
        } else {
            let url: DatabaseUrl = env::var(variable).ok()?.parse().unwrap();
            let options = ConnectOptions::new(url.with_scheme(scheme));
            let name = format!("birgus_by_hand_{}", std::process::id());
            let url = driver.create_database(&options, &name).unwrap();
            (Some((options, name)), url)
        };
        let mut bed = Self {
            options,
            connection: None,
        };
        let mut config = Config::new(url);
        config.pool.size = 1;
        let db = Database::with_models(config, [User::info(), Post::info()]).unwrap();
        db.create_all().unwrap();
        fill(&db);
        let mut connection = db.connection().unwrap();
        let analyze = match connection.dialect().name() {
            "MySQL" | "MariaDB" => "ANALYZE TABLE `users`, `posts`",
            _ => "ANALYZE",
        };
        connection.batch(analyze).unwrap();
        bed.connection = Some(connection);
        Some(bed)
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        self.connection = None;
        if let Some((options, name)) = &self.options {
            let driver = find_driver(options.url.scheme()).unwrap();
            driver.drop_database(options, name).unwrap();
        }
    }
}

fn fill(db: &Database) {
    let rows = (1..=PARENTS).map(|number| {
        let color = (number % 2 > 0).then(|| format!("color {number}"));
        User::build()
            .name(format!("user {number}"))
            .hair_color(color)
    });
    let users = User::insert_many(rows).execute(db).unwrap();
    let rows = users.iter().flat_map(|user| {
        (0..CHILDREN).map(move |number| {
            let body = (number % 2 > 0).then(|| format!("body {number} of user {user}"));
            Post::build()
                .user_id(*user)
                .title(format!("post {number} of user {user}"))
                .body(body)
        })
    });
    Post::insert_many(rows).execute(db).unwrap();
}

fn user(row: &dyn Row) -> birgus::Result<UserRow> {
    Ok(UserRow {
        id: row.integer(0)?.unwrap_or_default(),
        name: row.string(1)?.unwrap_or_default(),
        hair_color: row.string(2)?,
        posts: Vec::new(),
    })
}

fn post(row: &dyn Row) -> birgus::Result<PostRow> {
    Ok(PostRow {
        id: row.integer(0)?.unwrap_or_default(),
        user_id: row.integer(1)?.unwrap_or_default(),
        title: row.string(2)?.unwrap_or_default(),
        body: row.string(3)?,
    })
}

/// The statement for the posts of these users.
fn posts(users: &[UserRow], form: Form, connection: &PooledConnection) -> Statement {
    let mut out = StatementBuilder::new(connection.dialect());
    out.push(POSTS);
    match form {
        Form::Subquery => {
            out.push("IN (SELECT id FROM users)");
        }
        Form::Any => {
            let keys = users.iter().map(|user| Value::Integer(user.id)).collect();
            out.push("= ANY (")
                .bind(Value::Array(keys), BindType::BigInt);
            out.push(")");
        }
        Form::List => {
            for (position, user) in users.iter().enumerate() {
                out.push(if position == 0 { "IN (" } else { ", " });
                out.bind(Value::Integer(user.id), BindType::BigInt);
            }
            out.push(")");
        }
    }
    out.finish().keeping_rows()
}

fn by_hand(form: Form, connection: &mut PooledConnection) -> Vec<UserRow> {
    let mut statement = StatementBuilder::new(connection.dialect());
    statement.push(USERS);
    let statement = statement.finish().keeping_rows();
    let mut users = Vec::new();
    connection
        .query(&statement, &mut |row| {
            users.push(user(row)?);
            Ok(())
        })
        .unwrap();
    let statement = posts(&users, form, connection);
    let mut places: HashMap<i64, usize> = HashMap::with_capacity(users.len());
    places.extend(
        users
            .iter()
            .enumerate()
            .map(|(place, user)| (user.id, place)),
    );
    connection
        .query(&statement, &mut |row| {
            let post = post(row)?;
            if let Some(place) = places.get(&post.user_id) {
                users[*place].posts.push(post);
            }
            Ok(())
        })
        .unwrap();
    users
}

fn by_birgus(strategy: &str, connection: &mut PooledConnection) -> Vec<User> {
    let posts = match strategy {
        "selectin" => User::posts.selectin(),
        "subquery" => User::posts.subquery(),
        _ => User::posts.joined(),
    };
    User::query().with(posts).all(connection).unwrap()
}

/// Both give the same.
fn check(form: Form, strategy: &str, connection: &mut PooledConnection) {
    let hand = by_hand(form, connection);
    let birgus = by_birgus(strategy, connection);
    assert_eq!(hand.len(), PARENTS);
    for (hand, birgus) in hand.iter().zip(&birgus) {
        assert_eq!(
            (hand.id, &hand.name, &hand.hair_color),
            (birgus.id, &birgus.name, &birgus.hair_color)
        );
        let posts = birgus.posts.loaded().unwrap();
        assert_eq!(posts.len(), CHILDREN);
        for (hand, birgus) in hand.posts.iter().zip(posts) {
            assert_eq!((hand.id, hand.user_id), (birgus.id, birgus.user_id));
            assert_eq!((&hand.title, &hand.body), (&birgus.title, &birgus.body));
        }
    }
}

/// Microseconds of one turn, what is dropped within it.
fn time<T>(mut work: impl FnMut() -> T) -> f64 {
    black_box(work());
    let start = Instant::now();
    for _ in 0..TIMES {
        black_box(work());
    }
    start.elapsed().as_secs_f64() * 1e6 / TIMES as f64
}

fn main() {
    println!("{PARENTS} users x {CHILDREN} posts, medians of {ROUNDS} rounds in turns");
    for (engine, scheme, variable, best) in ENGINES {
        let Some(mut bed) = Bed::new(scheme, variable) else {
            println!("{engine}: left out; it has no driver in this build, or no server");
            continue;
        };
        let connection = bed.connection.as_mut().unwrap();
        let strategies = ["selectin", "subquery", "joined"];
        for strategy in strategies {
            check(best, strategy, connection);
        }
        let mut hand = Vec::new();
        let mut times = vec![Vec::new(); strategies.len()];
        for _ in 0..ROUNDS {
            hand.push(time(|| by_hand(best, connection)));
            for (strategy, times) in strategies.iter().zip(&mut times) {
                times.push(time(|| by_birgus(strategy, connection)));
            }
        }
        let median = |times: &mut Vec<f64>| {
            times.sort_by(f64::total_cmp);
            times[times.len() / 2]
        };
        let hand = median(&mut hand);
        print!("{engine}: by hand {hand:.0} µs");
        for (strategy, times) in strategies.iter().zip(&mut times) {
            print!(", {strategy} {:.2}", median(times) / hand);
        }
        println!(" times as long");
    }
}
