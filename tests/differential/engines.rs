//! The engines, and how they are compared.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::thread;

use birgus::Database;
use birgus::PooledConnection;
use birgus::backend::{Connection, TransactionMode};
use birgus_conformance::Bed;

use super::expression::{Comparison, Condition, Ex};
use super::models::{TABLES, Table, kind_of};
use super::program::{Assigned, Failure, Operation, Outcome, Program, contents};
use super::value::Val;

/// One engine with its database, which stays empty: every program runs in a transaction that is rolled back.
pub(crate) struct Engine {
    name: &'static str,
    connection: PooledConnection,
    /// Behind the connection, so that it goes first.
    _db: Database,
    bed: Option<Bed>,
}

/// Every pair that the features link in.
pub(crate) struct Engines(Vec<Engine>);

impl Engines {
    /// Opens a database on each, with the tables of all models.
    pub(crate) fn open(linked: &[&'static str]) -> Self {
        let pairs = birgus_conformance::known_pairs(linked).unwrap();
        let models: Vec<_> = TABLES.iter().map(|table| table.info()).collect();
        let engines = pairs.into_iter().map(|pair| {
            let name = pair.name();
            let bed = Bed::new(&Arc::new(pair)).unwrap();
            let db = bed.database(&models);
            Engine {
                name,
                connection: db.connection().unwrap(),
                _db: db,
                bed: Some(bed),
            }
        });
        Self(engines.collect())
    }

    pub(crate) fn names(&self) -> String {
        let names: Vec<&str> = self.0.iter().map(|engine| engine.name).collect();
        names.join(", ")
    }

    /// Drops the databases.
    pub(crate) fn close(self) {
        for Engine {
            connection,
            _db,
            bed,
            ..
        } in self.0
        {
            drop(connection);
            drop(_db);
            if let Some(bed) = bed {
                bed.remove().unwrap();
            }
        }
    }

    /// Runs the program on every engine, and tells where they differ.
    pub(crate) fn compare(&mut self, program: &Program) -> Result<(), String> {
        let outcomes: thread::Result<Vec<Vec<Outcome>>> = thread::scope(|scope| {
            let engines = self.0.iter_mut();
            let running: Vec<_> = engines
                .map(|engine| scope.spawn(|| engine.run(program)))
                .collect();
            // All of them end before one is asked how it did.
            let ended: Vec<_> = running.into_iter().map(|thread| thread.join()).collect();
            ended.into_iter().collect()
        });
        let Ok(outcomes) = outcomes else {
            return Err(format!("{}\na panic, shown above", program.shown()));
        };
        for (position, operation) in program.operations.iter().enumerate() {
            let of_all: Vec<&Outcome> = outcomes
                .iter()
                .map(|outcomes| &outcomes[position])
                .collect();
            if !agree(operation, &of_all) && !self.is_ambiguous(program, position, &of_all) {
                return Err(self.report(program, position, &of_all));
            }
        }
        Ok(())
    }

    /// Whether the operation breaks several constraints at once: each engine then names the one that it checks first.
    fn is_ambiguous(&mut self, program: &Program, position: usize, outcomes: &[&Outcome]) -> bool {
        let refused = outcomes
            .iter()
            .all(|outcome| matches!(outcome, Outcome::Failed(failure) if failure.is_refusal()));
        if !refused {
            return false;
        }
        match &program.operations[position] {
            Operation::Insert(table, rows) => {
                let engine = &mut self.0[0];
                engine.begin();
                for operation in &program.operations[..position] {
                    operation.run(&mut engine.connection);
                }
                let broken = broken(*table, rows, &mut engine.connection);
                engine.connection.rollback().unwrap();
                broken.len() > 1
            }
            // Of a key, others may have it and rows may reference it.
            Operation::Update(table, _, assigned)
                if (assigned.iter()).any(|assigned| table.info().key.contains(&assigned.field)) =>
            {
                true
            }
            Operation::Update(table, filter, assigned) => {
                let engine = &mut self.0[0];
                engine.begin();
                for operation in &program.operations[..position] {
                    operation.run(&mut engine.connection);
                }
                let refusals = refusals(*table, filter, assigned, &mut engine.connection);
                engine.connection.rollback().unwrap();
                refusals.len() > 1
                    && outcomes.iter().all(|outcome| {
                        matches!(outcome, Outcome::Failed(failure) if refusals.contains(failure))
                    })
            }
            _ => false,
        }
    }

    fn report(&self, program: &Program, position: usize, outcomes: &[&Outcome]) -> String {
        let mut text = format!("{}\noperation {}:\n", program.shown(), position + 1);
        for (engine, outcome) in self.0.iter().zip(outcomes) {
            let sql = program.operations[position].sql(engine.connection.dialect());
            write!(text, "\n{}: {sql}\n", engine.name).unwrap();
            match outcome {
                Outcome::Rows(rows) => {
                    writeln!(text, "    {} rows", rows.len()).unwrap();
                    for row in rows {
                        writeln!(text, "    {row:?}").unwrap();
                    }
                }
                Outcome::Failed(failure) => writeln!(text, "    {failure:?}").unwrap(),
                other => writeln!(text, "    {other:?}").unwrap(),
            }
        }
        text
    }
}

impl Engine {
    fn begin(&mut self) {
        // After a panic the last transaction is still open.
        if self.connection.in_transaction() {
            self.connection.rollback().unwrap();
        }
        self.connection.begin(TransactionMode::Write, None).unwrap();
    }

    fn run(&mut self, program: &Program) -> Vec<Outcome> {
        self.begin();
        let connection = &mut self.connection;
        let outcomes = program
            .operations
            .iter()
            .map(|operation| operation.run(connection))
            .collect();
        self.connection.rollback().unwrap();
        outcomes
    }
}

fn agree(operation: &Operation, outcomes: &[&Outcome]) -> bool {
    let Some((first, others)) = outcomes.split_first() else {
        return true;
    };
    others.iter().all(|other| match (first, other) {
        (Outcome::Rows(left), Outcome::Rows(right)) if operation.is_ordered() => {
            left.len() == right.len()
                && (left.iter().zip(right)).all(|(left, right)| same_row(operation, left, right))
        }
        (Outcome::Rows(left), Outcome::Rows(right)) => sorted(left) == sorted(right),
        (left, right) => left == right,
    })
}

fn sorted(rows: &[Vec<Val>]) -> Vec<String> {
    let mut rows: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
    rows.sort_unstable();
    rows
}

fn same_row(operation: &Operation, left: &[Val], right: &[Val]) -> bool {
    left.len() == right.len()
        && left
            .iter()
            .zip(right)
            .enumerate()
            .all(|(position, pair)| match pair {
                (Val::Double(left), Val::Double(right)) if operation.is_rounded(position) => {
                    close(*left, *right)
                }
                (left, right) => left == right,
            })
}

/// Engines add doubles up in orders of their own, and some with more digits in between: the last digits differ.
fn close(left: f64, right: f64) -> bool {
    left == right || (left - right).abs() <= left.abs().max(right.abs()) * 1e-12
}

/// Why the update is refused, of each row and each column alone.
fn refusals(
    table: Table,
    filter: &[Condition],
    assigned: &[Assigned],
    connection: &mut PooledConnection,
) -> Vec<Failure> {
    let mut refusals = Vec::new();
    for row in contents(table, connection) {
        let is_it = table.info().key.iter().map(|field| {
            let column = Ex::Column {
                level: 0,
                source: 0,
                field: *field,
            };
            let kind = kind_of(&table.fields()[*field]);
            let value = Ex::Literal(kind, row[*field].clone());
            Condition::Compare(Comparison::Eq, column, value)
        });
        let filter: Vec<Condition> = filter.iter().cloned().chain(is_it).collect();
        for assigned in assigned {
            let update = Operation::Update(table, filter.clone(), vec![assigned.clone()]);
            connection.batch("SAVEPOINT alone").unwrap();
            if let Outcome::Failed(failure) = update.run(connection)
                && !refusals.contains(&failure)
            {
                refusals.push(failure);
            }
            connection.batch("ROLLBACK TO SAVEPOINT alone").unwrap();
        }
    }
    refusals
}

/// The constraints that the rows break, beside those that are there.
fn broken(table: Table, rows: &[Vec<Val>], connection: &mut PooledConnection) -> BTreeSet<String> {
    let mut broken = BTreeSet::new();
    let mut all = contents(table, connection);
    for row in rows {
        for columns in table.unique() {
            let taken = |other: &Vec<Val>| {
                columns
                    .iter()
                    .all(|column| !row[*column].is_null() && row[*column] == other[*column])
            };
            if all.iter().any(taken) {
                broken.insert(format!("unique {columns:?}"));
            }
        }
        if !table.meets_check(row) {
            broken.insert("check".to_owned());
        }
        all.push(row.clone());
    }
    for field in 0..table.fields().len() {
        let Some(parent) = table.reference(field) else {
            continue;
        };
        let key = parent.info().key[0];
        let parents = if parent == table {
            all.clone()
        } else {
            contents(parent, connection)
        };
        let there = |value: &Val| value.is_null() || parents.iter().any(|row| row[key] == *value);
        if rows.iter().any(|row| !there(&row[field])) {
            broken.insert(format!("foreign key {field}"));
        }
    }
    broken
}
