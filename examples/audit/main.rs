//! A log of who changed what: a listener writes down what every session has committed.
//!
//! `cargo run --example audit`
#![allow(missing_docs, reason = "an example's models speak for themselves")]

use std::sync::Arc;
use std::sync::Mutex;

use birgus::prelude::*;
use birgus::session::{Change, SessionListener};

#[derive(Model, Debug)]
pub struct Employee {
    #[key]
    pub id: i64,
    #[column(length = 64)]
    pub name: String,
    pub salary: i32,
}

/// The log. It has a database handle of its own, so what it writes is not part of what it tells of.
#[derive(Model, Debug)]
pub struct AuditLine {
    #[key]
    pub id: i64,
    #[column(default = Utc::now)]
    pub at: DateTime<Utc>,
    #[column(length = 64)]
    pub who: String,
    pub what: String,
}

/// Who is at work: a real program takes it from the request.
#[derive(Clone, Default)]
struct User(Arc<Mutex<String>>);

impl User {
    fn name(&self) -> String {
        self.0.lock().map(|name| name.clone()).unwrap_or_default()
    }

    fn log_in(&self, name: &str) {
        if let Ok(mut user) = self.0.lock() {
            name.clone_into(&mut user);
        }
    }
}

struct Audit {
    db: Database,
    user: User,
}

impl SessionListener for Audit {
    fn after_commit(&self, changes: &[Change]) {
        let lines = changes.iter().map(|change| {
            let fields: Vec<&str> = change.fields().iter().map(|field| field.name()).collect();
            // Names of fields only: what was secret in a row stays out of the log.
            AuditLine::build()
                .who(self.user.name())
                .what(format!("{change}: {}", fields.join(", ")))
        });
        if let Err(error) = AuditLine::insert_many(lines).execute(&self.db) {
            eprintln!("the audit log is out of order: {error}");
        }
    }
}

fn main() -> birgus::Result<()> {
    let db = Database::connect("sqlite::memory:")?;
    db.create_all()?;
    let user = User::default();
    db.listen(Audit {
        db: db.clone(),
        user: user.clone(),
    });

    user.log_in("susan");
    let mut session = db.session()?;
    let david = session.add(Employee::build().name("David").salary(50_000));
    session.commit()?;

    user.log_in("anna");
    session[david].salary = 55_000;
    session.commit()?;

    session[david].salary = 1;
    session.flush()?;
    session.rollback()?; // what is rolled back is not told

    session.delete(david)?;
    session.commit()?;

    let lines = AuditLine::query().order_by(AuditLine::id.asc());
    for line in lines.all(&db)? {
        println!("{}: {}", line.who, line.what);
    }
    Ok(())
}
