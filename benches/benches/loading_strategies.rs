//! Every way to load a relationship, for few and many parents with few and many children, and a tree of two levels, on every
//! engine that is there: SQLite in memory, and the servers that `BIRGUS_TEST_POSTGRES_URL`, `BIRGUS_TEST_MARIADB_URL` and
//! `BIRGUS_TEST_MYSQL_URL` name, as far as their drivers are compiled in. `cargo xtask bench` finds the servers, and makes
//! `benches/RESULTS.md` of what is measured.
#![forbid(unsafe_code)]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "criterion's macros write functions without any documentation, and a bench fails by panicking"
)]

use std::env;
use std::hint::black_box;
use std::time::{Duration, Instant};

use birgus::backend::{ConnectOptions, Connection as _, find_driver};
use birgus::prelude::*;
use birgus::url::DatabaseUrl;
use birgus::{Config, PooledConnection};
use criterion::{BenchmarkId, Criterion, SamplingMode, criterion_group, criterion_main};

#[derive(Model)]
#[model(register = false)]
pub struct User {
    #[key]
    pub id: i64,
    #[column(length = 64)]
    pub name: String,
    #[has_many(Post)]
    pub posts: Many<Post>,
}

#[derive(Model, Clone)]
#[model(register = false)]
pub struct Post {
    #[key]
    pub id: i64,
    #[column(references = User::id, index)]
    pub user_id: i64,
    #[column(length = 64)]
    pub title: String,
    #[column(length = 200)]
    pub body: Option<String>,
    #[has_many(Comment)]
    pub comments: Many<Comment>,
}

#[derive(Model, Clone)]
#[model(register = false)]
pub struct Comment {
    #[key]
    pub id: i64,
    #[column(references = Post::id, index)]
    pub post_id: i64,
    #[column(length = 200)]
    pub text: String,
}

const STRATEGIES: [&str; 5] = ["select", "dynamic", "joined", "subquery", "selectin"];
const PARENTS: [usize; 3] = [10, 100, 1_000];
const CHILDREN: [usize; 3] = [1, 10, 100];
/// What each of the 100 parents of the tree has, and each of those.
const TREE: (usize, usize, usize) = (100, 10, 3);

/// The names under which `cargo xtask bench` lists the pairs of driver and engine, the schemes that choose a driver, and the
/// variables that name servers.
const ENGINES: [(&str, &str, &str); 5] = [
    ("SQLite", "sqlite", ""),
    ("PostgreSQL, libpq", "postgresql+libpq", POSTGRES),
    ("PostgreSQL, `postgres`", "postgresql", POSTGRES),
    ("MariaDB", "mariadb", "BIRGUS_TEST_MARIADB_URL"),
    ("MySQL", "mysql", "BIRGUS_TEST_MYSQL_URL"),
];
const POSTGRES: &str = "BIRGUS_TEST_POSTGRES_URL";

/// A database of this run, with as many rows as are asked for; it goes when this does.
struct Bed {
    options: Option<(ConnectOptions, String)>,
    connection: Option<PooledConnection>,
    /// The keys of the users, in order.
    users: Vec<i64>,
}

impl Bed {
    /// Nothing when the engine can't be had.
    fn new(scheme: &str, variable: &str, rows: (usize, usize, usize)) -> Option<Self> {
        let driver = find_driver(scheme).ok()?;
        let (options, url) = if variable.is_empty() {
            (None, "sqlite::memory:".parse().unwrap())
        } else {
            let url: DatabaseUrl = env::var(variable).ok()?.parse().unwrap();
            let options = ConnectOptions::new(url.with_scheme(scheme));
            let name = format!("birgus_bench_{}", std::process::id());
            let url = driver.create_database(&options, &name).unwrap();
            (Some((options, name)), url)
        };
        let mut bed = Self {
            options,
            connection: None,
            users: Vec::new(),
        };
        let mut config = Config::new(url);
        config.pool.size = 1;
        let models = [User::info(), Post::info(), Comment::info()];
        let db = Database::with_models(config, models).unwrap();
        db.create_all().unwrap();
        bed.users = fill(&db, rows);
        let mut connection = db.connection().unwrap();
        // A server that knows nothing of its tables plans for others.
        let analyze = match connection.dialect().name() {
            "MySQL" | "MariaDB" => {
                let names = models.map(|model| format!("`{}`", model.table));
                format!("ANALYZE TABLE {}", names.join(", "))
            }
            _ => "ANALYZE".to_owned(),
        };
        connection.batch(&analyze).unwrap();
        bed.connection = Some(connection);
        Some(bed)
    }

    fn connection(&mut self) -> &mut PooledConnection {
        self.connection.as_mut().unwrap()
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

/// Users with so many posts each, and those with so many comments each; gives the users' keys.
fn fill(db: &Database, (users, posts, comments): (usize, usize, usize)) -> Vec<i64> {
    let rows = (1..=users).map(|number| User::build().name(format!("user{number}")));
    let users = User::insert_many(rows).execute(db).unwrap();
    // Round by round, as time brings them: the posts of one user don't lie side by side.
    let rows = (0..posts).flat_map(|number| {
        users.iter().map(move |user| {
            Post::build()
                .user_id(*user)
                .title(format!("post {number} of user {user}"))
                .body(
                    (number % 4 > 0)
                        .then(|| "a body of some forty characters, not more".to_owned()),
                )
        })
    });
    let posts = Post::insert_many(rows).execute(db).unwrap();
    let rows = (0..comments).flat_map(|number| {
        posts.iter().map(move |post| {
            Comment::build()
                .post_id(*post)
                .text(format!("comment {number} on post {post}"))
        })
    });
    Comment::insert_many(rows).execute(db).unwrap();
    users
}

/// The users up to a key, with their posts; gives how many posts that were.
fn flat(strategy: &str, last: i64, connection: &mut PooledConnection) -> usize {
    let users = User::query().filter(User::id.le(last));
    let mut users = match strategy {
        "joined" => users.with(User::posts.joined()),
        "subquery" => users.with(User::posts.subquery()),
        "selectin" => users.with(User::posts.selectin()),
        _ => users,
    }
    .all(&mut *connection)
    .unwrap();
    let count = |user: &mut User| match strategy {
        "select" => user.posts.load(&mut *connection).unwrap().len(),
        "dynamic" => user.posts.query().all(&mut *connection).unwrap().len(),
        _ => user.posts.loaded().unwrap().len(),
    };
    users.iter_mut().map(count).sum()
}

/// All users with their posts, and those with their comments; gives how many comments that were.
fn tree(strategy: &str, connection: &mut PooledConnection) -> usize {
    let users = User::query();
    let mut users = match strategy {
        "joined" => users.with(User::posts.joined().with(Post::comments.joined())),
        "subquery" => users.with(User::posts.subquery().with(Post::comments.subquery())),
        "selectin" => users.with(User::posts.selectin().with(Post::comments.selectin())),
        _ => users,
    }
    .all(&mut *connection)
    .unwrap();
    let mut number = 0;
    for user in &mut users {
        if strategy == "dynamic" {
            for post in user.posts.query().all(&mut *connection).unwrap() {
                number += post.comments.query().all(&mut *connection).unwrap().len();
            }
            continue;
        }
        if strategy == "select" {
            user.posts.load(&mut *connection).unwrap();
            for post in user.posts.loaded_mut().unwrap() {
                number += post.comments.load(&mut *connection).unwrap().len();
            }
            continue;
        }
        for post in user.posts.loaded().unwrap() {
            number += post.comments.loaded().unwrap().len();
        }
    }
    number
}

fn loading(criterion: &mut Criterion) {
    for (engine, scheme, variable) in ENGINES {
        let mut group = criterion.benchmark_group(format!("loading: {engine}"));
        // A query for each of 1,000 parents takes its time: few samples, of as many loads each.
        group
            .sample_size(10)
            .nresamples(2_000)
            .sampling_mode(SamplingMode::Flat)
            .warm_up_time(Duration::from_millis(100))
            .measurement_time(Duration::from_millis(400));
        for children in CHILDREN {
            let most = PARENTS[PARENTS.len() - 1];
            let Some(mut bed) = Bed::new(scheme, variable, (most, children, 0)) else {
                println!("{engine}: left out; it has no driver in this build, or no server");
                break;
            };
            for parents in PARENTS {
                let last = bed.users[parents - 1];
                for strategy in STRATEGIES {
                    let connection = bed.connection();
                    assert_eq!(flat(strategy, last, connection), parents * children);
                    let id = BenchmarkId::new(strategy, format!("{parents} x {children}"));
                    group.bench_function(id, |bencher| {
                        bencher.iter(|| flat(strategy, last, connection));
                    });
                }
            }
        }
        if let Some(mut bed) = Bed::new(scheme, variable, TREE) {
            let (parents, children, leaves) = TREE;
            for strategy in STRATEGIES {
                let connection = bed.connection();
                assert_eq!(tree(strategy, connection), parents * children * leaves);
                let size = format!("{parents} x {children} x {leaves}");
                group.bench_function(BenchmarkId::new(strategy, size), |bencher| {
                    bencher.iter(|| tree(strategy, connection));
                });
            }
        }
        group.finish();
    }
}

/// The table of users for somebody who knows of no relationship.
#[derive(Model)]
#[model(register = false, table = "user")]
pub struct Row {
    #[key]
    pub id: i64,
    #[column(length = 64)]
    pub name: String,
}

/// What a relationship costs whoever does not load it. The two take turns, so that what else the machine does meets both.
fn unused(_: &mut Criterion) {
    let Some(mut bed) = Bed::new("sqlite", "", (10_000, 0, 0)) else {
        return;
    };
    let connection = bed.connection();
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..101 {
        let start = Instant::now();
        black_box(User::query().all(&mut *connection).unwrap());
        with.push(start.elapsed());
        let start = Instant::now();
        black_box(Row::query().all(&mut *connection).unwrap());
        without.push(start.elapsed());
    }
    with.sort();
    without.sort();
    let (with, without) = (with[50], without[50]);
    println!(
        "10,000 rows of a model with a relationship that is not loaded, and of one without: {with:?}, {without:?}, ratio {:.2}",
        with.as_secs_f64() / without.as_secs_f64()
    );
}

criterion_group!(benches, loading, unused);
criterion_main!(benches);
