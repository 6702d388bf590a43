//! SeaORM's turns at loading. `birgus-peers --loading` starts this, with a URL and a form, and writes one command a
//! line: `sql STATEMENT`, `work flat`, `work tree`, `graph`, `go TIMES`. Each gets one line back: `ok`, JSON, or
//! nanoseconds. What fails ends the process.
#![forbid(unsafe_code)]

mod entities;
mod forms;
mod graph;

use std::hint::black_box;
use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection};

use crate::forms::{Form, Work};

/// One connection, which nothing is done to but the work.
async fn connect(url: &str) -> Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url);
    options
        .min_connections(1)
        .max_connections(1)
        .idle_timeout(None::<Duration>)
        .max_lifetime(None::<Duration>)
        .test_before_acquire(false)
        .sqlx_logging(false);
    Ok(Database::connect(options).await?)
}

async fn time(form: Form, work: Work, times: u32, db: &DatabaseConnection) -> Result<Duration> {
    let start = Instant::now();
    for _ in 0..times {
        black_box(form.load(work, db).await?);
    }
    Ok(start.elapsed())
}

async fn serve(url: &str, form: Form) -> Result<()> {
    let db = connect(url).await?;
    let mut work = Work::Flat;
    for line in std::io::stdin().lines() {
        let line = line?;
        let (command, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let answer = match (command, rest) {
            ("sql", statement) => {
                db.execute_unprepared(statement).await?;
                "ok".to_owned()
            }
            ("work", "flat" | "tree") => {
                work = if rest == "flat" {
                    Work::Flat
                } else {
                    Work::Tree
                };
                "ok".to_owned()
            }
            ("graph", _) => form.load(work, &db).await?.graph().to_string(),
            ("go", times) => {
                let times = times.parse().context("go takes a number")?;
                time(form, work, times, &db).await?.as_nanos().to_string()
            }
            _ => bail!("no such command: {line}"),
        };
        let mut out = std::io::stdout().lock();
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(form)) = (arguments.next(), arguments.next()) else {
        bail!("takes a URL and a form: load_many, with, find_with_related");
    };
    let form = Form::named(&form).with_context(|| format!("no such form: {form}"))?;
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(serve(&url, form))
}
