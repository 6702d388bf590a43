//! One change of a schema with rows in its tables: there, back, and there again.

use std::sync::Arc;

use birgus::migrate::Migrator;
use birgus::migrate::history::Target;
use birgus::migrate::state::{Decisions, Operation, State, TableDefinition, plan};
use birgus_conformance::Pair;

use crate::lab::{Lab, line};
use crate::rows::Rows;
use crate::schema::state;

/// A change.
pub(crate) struct Case {
    old: State,
    new: State,
    decisions: Decisions,
    back_decisions: Decisions,
    before: Vec<Rows>,
    after: Option<Vec<Rows>>,
    back: Option<Vec<Rows>>,
}

impl Case {
    pub(crate) fn new(old: &[TableDefinition], new: &[TableDefinition]) -> Self {
        Self::of(state(old), state(new))
    }

    pub(crate) fn of(old: State, new: State) -> Self {
        Self {
            old,
            new,
            decisions: Decisions::default(),
            back_decisions: Decisions::default(),
            before: Vec::new(),
            after: None,
            back: None,
        }
    }

    /// The rows before the change, after it where nothing else is said, and after it was taken back.
    pub(crate) fn rows(mut self, rows: Rows) -> Self {
        self.before.push(rows);
        self
    }

    /// All rows after the change.
    pub(crate) fn after(mut self, rows: Rows) -> Self {
        self.after.get_or_insert_default().push(rows);
        self
    }

    /// All rows once it was taken back.
    pub(crate) fn back(mut self, rows: Rows) -> Self {
        self.back.get_or_insert_default().push(rows);
        self
    }

    pub(crate) fn renamed_table(mut self, old: &str, new: &str) -> Self {
        self.decisions.renamed_tables.insert(old.into(), new.into());
        self.back_decisions
            .renamed_tables
            .insert(new.into(), old.into());
        self
    }

    /// The table by its names before and after.
    pub(crate) fn renamed_column(mut self, table: (&str, &str), old: &str, new: &str) -> Self {
        let (before, after) = table;
        self.decisions
            .renamed_columns
            .insert((after.into(), old.into()), new.into());
        self.back_decisions
            .renamed_columns
            .insert((before.into(), new.into()), old.into());
        self
    }

    /// A text of an enum, in a column that keeps its name.
    pub(crate) fn renamed_text(mut self, table: &str, column: &str, old: &str, new: &str) -> Self {
        let key = |text: &str| (table.to_owned(), column.to_owned(), text.to_owned());
        self.decisions.renamed_values.insert(key(old), new.into());
        self.back_decisions
            .renamed_values
            .insert(key(new), old.into());
        self
    }

    /// A table, column or text that is dropped, in whichever direction.
    pub(crate) fn dropped(mut self, name: &str) -> Self {
        self.decisions.dropped.insert(name.into());
        self.back_decisions.dropped.insert(name.into());
        self
    }

    pub(crate) fn backfill(mut self, table: &str, column: &str, expression: &str) -> Self {
        let key = (table.to_owned(), column.to_owned());
        self.decisions.backfills.insert(key, expression.to_owned());
        self
    }

    pub(crate) fn backfill_back(mut self, table: &str, column: &str, expression: &str) -> Self {
        let key = (table.to_owned(), column.to_owned());
        self.back_decisions
            .backfills
            .insert(key, expression.to_owned());
        self
    }

    pub(crate) fn using_back(mut self, table: &str, column: &str, expression: &str) -> Self {
        let key = (table.to_owned(), column.to_owned());
        self.back_decisions
            .conversions
            .insert(key, expression.to_owned());
        self
    }

    /// Runs it on every pair.
    pub(crate) fn run(self) {
        let (up, down) = (
            decided(&self.old, &self.new, &self.decisions),
            decided(&self.new, &self.old, &self.back_decisions),
        );
        assert!(!up.is_empty(), "the change is not detected");
        for pair in crate::lab::pairs() {
            self.run_on(&pair, &up, &down);
        }
    }

    fn run_on(&self, pair: &Arc<Pair>, up: &[Operation], down: &[Operation]) {
        let lab = Lab::new(pair);
        let pair = lab.name();
        let empty = State::default();
        let create = decided(&empty, &self.old, &Decisions::default());
        let drop = decided(&self.old, &empty, &Decisions::default());
        let graph = line(&[("a0", create, drop), ("b1", up.to_vec(), down.to_vec())]);
        let go = |to: &str| {
            let target = Target::read(to).unwrap();
            let mut migrator = Migrator::new(&lab.db, &graph);
            let gone = if to == "-1" || to == "base" {
                migrator.downgrade(&target)
            } else {
                migrator.upgrade(&target)
            };
            gone.unwrap_or_else(|error| panic!("{pair}: {to}: {error}\n{up:#?}"));
        };
        let same = |what: &str, state: &State, rows: &[Rows]| {
            assert_eq!(lab.differences(state), [""; 0], "{pair}: {what}\n{up:#?}");
            for rows in rows {
                assert_eq!(&rows.stored(&lab.db, state), rows, "{pair}: {what}");
            }
        };
        go("a0");
        for rows in &self.before {
            rows.insert(&lab.db, &self.old);
        }
        same("before", &self.old, &self.before);
        let after = self.after.as_ref().unwrap_or(&self.before);
        let back = self.back.as_ref().unwrap_or(&self.before);
        go("head");
        same("after", &self.new, after);
        go("-1");
        same("back", &self.old, back);
        go("head");
        same("again", &self.new, &[]);
        go("base");
        same("base", &empty, &[]);
        lab.close();
    }
}

/// The operations that lead from one state to the other, with nothing left open; they lead there.
pub(crate) fn decided(old: &State, new: &State, decisions: &Decisions) -> Vec<Operation> {
    let plan = plan(old, new, decisions).unwrap();
    assert_eq!(plan.questions, [], "{:#?}", plan.operations);
    let mut now = old.clone();
    for operation in &plan.operations {
        now.apply(operation).unwrap();
    }
    assert_eq!(unordered(&now), unordered(new));
    plan.operations
}

/// A state without the order of its columns, which a migration does not change.
pub(crate) fn unordered(state: &State) -> Vec<TableDefinition> {
    let mut tables = state.tables().to_vec();
    for table in &mut tables {
        table
            .columns
            .sort_by(|left, right| left.name.cmp(&right.name));
    }
    tables
}
