//! What the competitors do: a part of Diesel's own `diesel_bench`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
pub(crate) use birgus_peers_limit::{NewUser, User};
use clap::ValueEnum;

/// One kind of work over `users(id, name, hair_color NULL)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Workload {
    /// One user by key, out of 10,000
    Point,
    /// Every user of a table of 1
    Load1,
    /// Every user of a table of 10
    Load10,
    /// Every user of a table of 100
    Load100,
    /// Every user of a table of 10,000
    Load10000,
    /// 1 user, whose key comes back
    Insert1,
    /// 10 users by one call, whose keys come back
    Insert10,
    /// 100 users by one call, whose keys come back
    Insert100,
    /// 1,000 users by one call, whose keys come back
    Insert1000,
}

/// What a workload does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Point,
    Load,
    Insert,
}

/// A project that does the work in its own best form, and with its own struct.
///
/// `get` and `load` give structs that own their texts. `insert` is given values that it may consume, and gives the keys
/// in the order of the rows.
pub(crate) trait Peer {
    type User: Into<User>;

    /// Runs statements that give no rows.
    fn batch(&mut self, sql: &str) -> Result<()>;
    fn get(&mut self, id: i64) -> Result<Option<Self::User>>;
    fn load(&mut self) -> Result<Vec<Self::User>>;
    fn insert(&mut self, users: Vec<NewUser>) -> Result<Vec<i64>>;
}

/// A peer without its types.
pub(crate) trait Work {
    fn batch(&mut self, sql: &str) -> Result<()>;

    /// Does the work so often, and says how long that took. What is made of it is dropped within that time.
    fn time(&mut self, workload: Workload, times: u32) -> Result<Duration>;

    /// Does the work once, and compares what it gives to what it must give.
    fn check(&mut self, workload: Workload) -> Result<()>;
}

impl Workload {
    /// Those that are run when nothing is asked for.
    pub(crate) const COMMON: &[Self] =
        &[Self::Point, Self::Load100, Self::Load10000, Self::Insert100];

    /// What it does, and to how many users.
    fn parts(self) -> (Kind, usize) {
        match self {
            Self::Point => (Kind::Point, 1),
            Self::Load1 => (Kind::Load, 1),
            Self::Load10 => (Kind::Load, 10),
            Self::Load100 => (Kind::Load, 100),
            Self::Load10000 => (Kind::Load, 10_000),
            Self::Insert1 => (Kind::Insert, 1),
            Self::Insert10 => (Kind::Insert, 10),
            Self::Insert100 => (Kind::Insert, 100),
            Self::Insert1000 => (Kind::Insert, 1_000),
        }
    }

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Point => "point query by key",
            Self::Load1 => "load 1 user",
            Self::Load10 => "load 10 users",
            Self::Load100 => "load 100 users",
            Self::Load10000 => "load 10,000 users",
            Self::Insert1 => "insert 1 user, id back",
            Self::Insert10 => "insert 10 users, ids back",
            Self::Insert100 => "insert 100 users, ids back",
            Self::Insert1000 => "insert 1,000 users, ids back",
        }
    }

    /// How many users the table holds before the work.
    pub(crate) fn rows(self) -> i64 {
        match self.parts() {
            (Kind::Point, _) => 10_000,
            (Kind::Load, count) => count as i64,
            (Kind::Insert, _) => 0,
        }
    }

    /// Whether the table has to be emptied after each turn.
    pub(crate) fn writes(self) -> bool {
        self.parts().0 == Kind::Insert
    }

    /// The most times that a turn may do the work, so that a table does not grow without limit.
    pub(crate) fn most_times(self) -> u32 {
        match self.parts() {
            (Kind::Insert, count) => (50_000 / count) as u32,
            _ => 1_000_000,
        }
    }

    /// SQL that fills an empty table, on every engine.
    pub(crate) fn fill(self) -> String {
        format!(
            "INSERT INTO users (id, name, hair_color)
             WITH RECURSIVE numbers(number) AS (
                 SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < {}
             )
             SELECT number, 'User ' || number,
                 CASE number % 3 WHEN 0 THEN NULL WHEN 1 THEN 'black' ELSE 'brown' END
             FROM numbers",
            self.rows()
        )
    }
}

/// The color of the user of that number, as [`Workload::fill`] writes it.
fn hair_color(number: i64) -> Option<String> {
    match number % 3 {
        0 => None,
        1 => Some("black".to_owned()),
        _ => Some("brown".to_owned()),
    }
}

fn user(id: i64) -> User {
    User {
        id,
        name: format!("User {id}"),
        hair_color: hair_color(id),
    }
}

fn new_users(count: usize) -> Vec<NewUser> {
    (1..=count as i64)
        .map(user)
        .map(
            |User {
                 name, hair_color, ..
             }| NewUser { name, hair_color },
        )
        .collect()
}

/// A key of the table that is far from the one before it.
fn scattered(number: u32, rows: i64) -> i64 {
    1 + i64::from(number) * 7_919 % rows
}

impl<P: Peer> Work for P {
    fn batch(&mut self, sql: &str) -> Result<()> {
        Peer::batch(self, sql)
    }

    fn time(&mut self, workload: Workload, times: u32) -> Result<Duration> {
        match workload.parts() {
            (Kind::Point, _) => {
                let rows = workload.rows();
                let start = Instant::now();
                for number in 0..times {
                    black_box(self.get(black_box(scattered(number, rows)))?);
                }
                Ok(start.elapsed())
            }
            (Kind::Load, _) => {
                let start = Instant::now();
                for _ in 0..times {
                    black_box(self.load()?);
                }
                Ok(start.elapsed())
            }
            (Kind::Insert, count) => {
                let batches: Vec<_> = (0..times).map(|_| new_users(count)).collect();
                let start = Instant::now();
                for users in batches {
                    black_box(self.insert(black_box(users))?);
                }
                Ok(start.elapsed())
            }
        }
    }

    fn check(&mut self, workload: Workload) -> Result<()> {
        match workload.parts() {
            (Kind::Point, _) => {
                for id in [1, 2, 3, workload.rows()] {
                    let found = self.get(id)?.map(Into::into);
                    ensure!(found == Some(user(id)), "get {id} gave {found:?}");
                }
                ensure!(self.get(0)?.is_none(), "get 0 gave a user");
            }
            (Kind::Load, _) => {
                let mut users: Vec<User> = self.load()?.into_iter().map(Into::into).collect();
                users.sort_by_key(|user| user.id);
                ensure!(
                    users.iter().cloned().eq((1..=workload.rows()).map(user)),
                    "load gave {} users, or other ones than there are",
                    users.len()
                );
            }
            (Kind::Insert, count) => {
                let ids = self.insert(new_users(count))?;
                let mut rows = ids.into_iter().zip(new_users(count));
                let found = rows.all(|(id, NewUser { name, hair_color })| {
                    let stored = self.get(id).ok().flatten().map(Into::into);
                    stored
                        == Some(User {
                            id,
                            name,
                            hair_color,
                        })
                });
                ensure!(found, "insert gave keys of other rows");
                ensure!(
                    self.load()?.len() == count,
                    "insert did not insert {count} users"
                );
            }
        }
        Ok(())
    }
}
