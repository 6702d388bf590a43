//! The grammar: what programs are made of. Each feature is a function that draws one.

mod conditions;
mod literals;
mod numbers;
mod reads;
mod rows;
mod texts;
mod values;
mod writes;

use std::collections::HashMap;

use birgus::model::FieldInfo;

use super::draw::Draw;
use super::expression::AggregateFunction;
use super::models::{TABLES, Table, kind_of};
use super::program::{Operation, Program};
use super::value::{Kind, Val};

/// The type of an expression; the scale is that of a decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Type {
    kind: Kind,
    scale: u8,
}

impl Type {
    fn of(kind: Kind) -> Self {
        Self { kind, scale: 0 }
    }

    fn is_ordered(self) -> bool {
        !matches!(
            self.kind,
            Kind::Bool | Kind::Bytes | Kind::Uuid | Kind::Json | Kind::Mood
        )
    }

    /// Whether values of the type are compared.
    fn is_compared(self) -> bool {
        self.kind != Kind::Json
    }
}

/// A column that expressions may look at.
#[derive(Clone, Copy, Debug)]
struct Visible {
    source: usize,
    field: usize,
    of: Type,
    /// The model's field, of a table.
    info: Option<&'static FieldInfo>,
}

/// The sources of a query, and those of the queries around it, the innermost last.
#[derive(Clone, Default)]
struct Sight {
    levels: Vec<Vec<Visible>>,
}

impl Sight {
    /// The columns of the query itself.
    fn own(&self) -> &[Visible] {
        self.levels.last().map_or(&[], Vec::as_slice)
    }
}

/// A program that is being made.
struct Grammar<'d> {
    draw: &'d mut Draw,
    tables: Vec<Table>,
    /// Which columns of each table the program looks at, beside the key.
    looked_at: HashMap<Table, Vec<bool>>,
    /// The keys of the rows that were there at first, for foreign keys to reference.
    keys: HashMap<Table, Vec<Val>>,
    names: usize,
}

/// What groups and windows are reduced by.
const AGGREGATES: &[AggregateFunction] = &[
    AggregateFunction::Count,
    AggregateFunction::Min,
    AggregateFunction::Max,
    AggregateFunction::Sum,
    AggregateFunction::Average,
    AggregateFunction::All,
    AggregateFunction::Any,
];

/// A name that no other source of the program has.
const NAMES: &[&str] = &[
    "t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8", "t9", "t10", "t11", "t12", "t13", "t14", "t15",
    "t16", "t17", "t18", "t19", "t20", "t21", "t22", "t23", "t24",
];

impl Grammar<'_> {
    fn name(&mut self) -> &'static str {
        self.names += 1;
        NAMES[self.names % NAMES.len()]
    }

    fn table(&mut self) -> Table {
        *self.draw.pick(&self.tables)
    }

    /// The columns of a table that stands at a place among the sources.
    fn columns(&self, table: Table, source: usize) -> Vec<Visible> {
        let looked_at = &self.looked_at[&table];
        let fields = table.fields().iter().enumerate();
        fields
            .filter(|(field, _)| looked_at[*field])
            .map(|(field, info)| Visible {
                source,
                field,
                of: type_of(info),
                info: Some(info),
            })
            .collect()
    }

    /// What `one` draws belongs together.
    fn spanned<T>(&mut self, one: impl FnOnce(&mut Self) -> T) -> T {
        let span = self.draw.open();
        let result = one(self);
        self.draw.close(span);
        result
    }

    /// From `least` to `most` of something, each but those followed by another in so many of a hundred cases.
    fn several<T>(
        &mut self,
        least: usize,
        most: usize,
        percent: usize,
        mut one: impl FnMut(&mut Self) -> T,
    ) -> Vec<T> {
        let mut several = Vec::new();
        while several.len() < most {
            let next = self.spanned(|grammar| {
                let more = several.len() < least || grammar.draw.chance(percent);
                more.then(|| one(grammar))
            });
            match next {
                Some(next) => several.push(next),
                None => break,
            }
        }
        several
    }

    fn operation(&mut self) -> Operation {
        match self.draw.below(10) {
            0..6 => self.read(),
            6 | 7 => self.insert(),
            8 => self.update(),
            _ => self.delete(),
        }
    }
}

fn type_of(field: &FieldInfo) -> Type {
    let kind = kind_of(field);
    let scale = if kind == Kind::Decimal {
        field.scale()
    } else {
        0
    };
    Type { kind, scale }
}

/// A program: some models with some rows, and operations on them.
pub(crate) fn program(draw: &mut Draw) -> Program {
    let mut grammar = Grammar {
        draw,
        tables: Vec::new(),
        looked_at: HashMap::new(),
        keys: HashMap::new(),
        names: 0,
    };
    let mut operations = grammar.models();
    operations.extend(grammar.several(1, 6, 65, Grammar::operation));
    Program { operations }
}

impl Grammar<'_> {
    /// Draws the models that take part, and their rows.
    fn models(&mut self) -> Vec<Operation> {
        let number = 1 + self.draw.below(3);
        for _ in 0..number {
            let table = *self.draw.pick(TABLES);
            for table in table.parents().iter().copied().chain([table]) {
                if !self.tables.contains(&table) {
                    self.tables.push(table);
                }
            }
        }
        let mut operations = Vec::new();
        for table in self.tables.clone() {
            let key = table.info().key;
            let looked_at = (0..table.fields().len())
                .map(|field| key.contains(&field) || !self.draw.chance(30))
                .collect();
            self.looked_at.insert(table, looked_at);
            let rows = self.first_rows(table);
            if !rows.is_empty() {
                operations.push(Operation::Insert(table, rows));
            }
        }
        operations
    }
}
