//! Queries.

use super::{Grammar, Sight, Type, Visible};
use crate::differential::expression::{
    Aggregate, AggregateFunction, Comparison, Condition, Ex, Ordering, Window, WindowFunction,
};
use crate::differential::models::Table;
use crate::differential::program::{Operation, Terminal};
use crate::differential::read::{Join, Read, SetOperator, Source};
use crate::differential::value::Kind;

fn column(visible: &Visible) -> Ex {
    Ex::Column {
        level: 0,
        source: visible.source,
        field: visible.field,
    }
}

impl Grammar<'_> {
    pub(super) fn read(&mut self) -> Operation {
        let form: fn(&mut Self) -> Read = match self.draw.below(12) {
            0 | 1 => Self::whole_rows,
            2..5 => Self::selection,
            5 | 6 => Self::groups,
            7 => Self::one_group,
            8 => Self::sets,
            9 => Self::windows,
            10 => Self::common_table,
            _ => Self::out_of_range,
        };
        let read = form(self);
        let terminal = match self.draw.below(10) {
            0..7 => Terminal::All,
            7 if read.total => Terminal::First,
            8 => Terminal::Count,
            9 => Terminal::Exists,
            _ => Terminal::All,
        };
        Operation::Read(terminal, read)
    }

    /// A table with others joined to it, and what can be seen of them.
    fn tables(&mut self) -> (Read, Sight) {
        let table = self.table();
        let mut read = Read::over(Source::Table(table));
        let mut sight = Sight {
            levels: vec![self.columns(table, 0)],
        };
        let mut tables = vec![table];
        for _ in 0..2 {
            if !self.draw.chance(25) {
                break;
            }
            let join = self.spanned(|grammar| grammar.join(&mut tables, &mut sight));
            read.joins.push(join);
        }
        (read, sight)
    }

    fn join(&mut self, tables: &mut Vec<Table>, sight: &mut Sight) -> Join {
        let table = self.table();
        let place = tables.len();
        let source = Source::Alias(table, self.name());
        let columns = self.columns(table, place);
        let related = self.relation(tables, table);
        tables.push(table);
        sight.levels.last_mut().unwrap().extend(columns);
        let on = match related {
            Some(on) if !self.draw.chance(25) => Some(on),
            _ if self.draw.chance(20) => None,
            _ => Some(self.condition(sight, 1)),
        };
        Join {
            left: self.draw.chance(50),
            source,
            on,
        }
    }

    /// The condition that a foreign key suggests.
    fn relation(&mut self, tables: &[Table], joined: Table) -> Option<Condition> {
        let place = tables.len();
        let mut relations = Vec::new();
        for (source, table) in tables.iter().enumerate() {
            let mut relate = |from: Table, from_source, to: Table, to_source| {
                for field in 0..from.fields().len() {
                    if from.reference(field) == Some(to) {
                        let key = to.info().key[0];
                        let end = |source, field| Ex::Column {
                            level: 0,
                            source,
                            field,
                        };
                        relations.push(Condition::Compare(
                            Comparison::Eq,
                            end(from_source, field),
                            end(to_source, key),
                        ));
                    }
                }
            };
            relate(*table, source, joined, place);
            relate(joined, place, *table, source);
        }
        if relations.is_empty() {
            return None;
        }
        Some(self.draw.pick(&relations).clone())
    }

    fn filters(&mut self, sight: &Sight) -> Vec<Condition> {
        self.several(0, 2, 55, |grammar| grammar.condition(sight, 2))
    }

    fn ordering(&mut self, by: Ex) -> Ordering {
        Ordering {
            by,
            descending: self.draw.chance(40),
            nulls_first: match self.draw.below(4) {
                0 | 1 => None,
                2 => Some(true),
                _ => Some(false),
            },
        }
    }

    /// An order that ends with the keys of all tables, so that nothing is left to chance, and a limit.
    fn total_order(&mut self, read: &mut Read, sight: &Sight) {
        read.order = self.several(0, 2, 50, |grammar| {
            let of = grammar.type_among(sight, Type::is_compared);
            let by = grammar.value(sight, of, 1);
            grammar.ordering(by)
        });
        let sources = std::iter::once(&read.from).chain(read.joins.iter().map(|join| &join.source));
        for (source, bound) in sources.enumerate() {
            if let Source::Table(table) | Source::Alias(table, _) = bound {
                for field in table.info().key {
                    read.order.push(Ordering {
                        by: Ex::Column {
                            level: 0,
                            source,
                            field: *field,
                        },
                        descending: false,
                        nulls_first: None,
                    });
                }
            }
        }
        read.total = true;
        self.limits(read);
    }

    /// An order by everything that is selected.
    fn order_of_selection(&mut self, read: &mut Read) {
        for by in read.select.clone() {
            let order = self.ordering(by);
            read.order.push(order);
        }
        read.total = true;
        self.limits(read);
    }

    fn limits(&mut self, read: &mut Read) {
        if self.draw.chance(20) {
            read.limit = Some(*self.draw.pick(&[1, 0, 2, 3, 5, u64::MAX]));
        }
        if self.draw.chance(12) {
            read.offset = Some(*self.draw.pick(&[0, 1, 2, 100, u64::MAX]));
        }
    }

    fn whole_rows(&mut self) -> Read {
        let (mut read, sight) = self.tables();
        read.filter = self.filters(&sight);
        self.total_order(&mut read, &sight);
        read
    }

    fn selection(&mut self) -> Read {
        let (mut read, sight) = self.tables();
        read.filter = self.filters(&sight);
        read.select = self.several(1, 4, 60, |grammar| {
            let of = grammar.type_among(&sight, |_| true);
            grammar.value(&sight, of, 2)
        });
        if self.draw.chance(25) {
            read.select = self.several(1, 3, 60, |grammar| {
                let of = grammar.type_among(&sight, Type::is_compared);
                grammar.value(&sight, of, 1)
            });
            read.distinct = true;
            self.order_of_selection(&mut read);
        } else {
            self.total_order(&mut read, &sight);
        }
        read
    }

    fn groups(&mut self) -> Read {
        let (mut read, sight) = self.tables();
        read.filter = self.filters(&sight);
        let columns: Vec<Visible> = sight
            .own()
            .iter()
            .copied()
            .filter(|column| column.of.is_compared())
            .collect();
        read.group = self.several(1, 2, 50, |grammar| {
            if grammar.draw.chance(20) {
                let of = grammar.type_among(&sight, Type::is_compared);
                grammar.value(&sight, of, 1)
            } else {
                column(grammar.draw.pick(&columns))
            }
        });
        read.select = read.group.clone();
        let aggregates = self.several(1, 3, 60, |grammar| grammar.aggregate(&sight, None));
        read.select
            .extend(aggregates.into_iter().map(|(_, aggregate)| aggregate));
        read.having = self.several(0, 1, 30, |grammar| {
            let (of, aggregate) = grammar.aggregate(&sight, Some(false));
            let comparison =
                *grammar
                    .draw
                    .pick(&[Comparison::Gt, Comparison::Eq, Comparison::Distinct]);
            let than = Ex::Literal(of.kind, grammar.literal(of));
            Condition::Compare(comparison, aggregate, than)
        });
        for by in read.group.clone() {
            let order = self.ordering(by);
            read.order.push(order);
        }
        read.total = true;
        self.limits(&mut read);
        read
    }

    /// Aggregates of all rows.
    fn one_group(&mut self) -> Read {
        let (mut read, sight) = self.tables();
        read.filter = self.filters(&sight);
        let aggregates = self.several(1, 4, 60, |grammar| grammar.aggregate(&sight, None));
        read.select = aggregates
            .into_iter()
            .map(|(_, aggregate)| aggregate)
            .collect();
        read.total = true;
        read
    }

    /// An aggregate and its type; `rounded` says whether it may be one that engines round.
    fn aggregate(&mut self, sight: &Sight, rounded: Option<bool>) -> (Type, Ex) {
        let (of, aggregate) = self.refined(sight, rounded != Some(false));
        (of, Ex::Aggregate(Box::new(aggregate)))
    }

    fn refined(&mut self, sight: &Sight, rounded: bool) -> (Type, Aggregate) {
        let filter = self.draw.chance(15).then(|| self.condition(sight, 1));
        let function = *self.draw.pick(super::AGGREGATES);
        let (of, argument) = match function {
            AggregateFunction::Count if self.draw.chance(40) => (Type::of(Kind::Big), None),
            AggregateFunction::Count => {
                let of = self.type_among(sight, Type::is_compared);
                (Type::of(Kind::Big), Some(self.value(sight, of, 1)))
            }
            AggregateFunction::Min | AggregateFunction::Max => {
                let of = self.type_among(sight, Type::is_ordered);
                (of, Some(self.value(sight, of, 1)))
            }
            AggregateFunction::Sum | AggregateFunction::Average => {
                self.added(sight, function, rounded)
            }
            AggregateFunction::All | AggregateFunction::Any => {
                let of = Type::of(Kind::Bool);
                (of, Some(self.value(sight, of, 1)))
            }
        };
        let distinct = argument.is_some() && self.draw.chance(25);
        let aggregate = Aggregate {
            function: if argument.is_none() {
                AggregateFunction::Count
            } else {
                function
            },
            of: argument,
            distinct,
            filter,
        };
        (of, aggregate)
    }

    /// What is added up: of small numbers, so that no sum is out of range.
    fn added(
        &mut self,
        sight: &Sight,
        function: AggregateFunction,
        rounded: bool,
    ) -> (Type, Option<Ex>) {
        let average = function == AggregateFunction::Average;
        let suits = |of: Type| match of.kind {
            Kind::Small => rounded || !average,
            Kind::Decimal => of.scale == 2,
            _ => false,
        };
        let of = self.type_among(sight, suits);
        if !suits(of) {
            return (Type::of(Kind::Big), None);
        }
        let result = match (of.kind, average) {
            (Kind::Decimal, true) => Type {
                scale: of.scale + 4,
                ..of
            },
            (Kind::Decimal, false) => of,
            (_, true) => Type::of(Kind::Double),
            (_, false) => Type::of(Kind::Big),
        };
        (
            result,
            self.column(sight, |column| column.of == of)
                .or(Some(Ex::Literal(of.kind, self.literal(of)))),
        )
    }

    fn sets(&mut self) -> Read {
        let (mut read, sight) = self.tables();
        let types = self.several(1, 3, 60, |grammar| {
            grammar.type_among(&sight, Type::is_compared)
        });
        read.filter = self.filters(&sight);
        read.select = types.iter().map(|of| self.value(&sight, *of, 1)).collect();
        read.sets = self.several(1, 2, 30, |grammar| {
            let operator = *grammar.draw.pick(&[
                SetOperator::Union,
                SetOperator::UnionAll,
                SetOperator::Intersect,
                SetOperator::Except,
            ]);
            let (mut other, sight) = grammar.tables();
            other.filter = grammar.filters(&sight);
            other.select = types
                .iter()
                .map(|of| grammar.value(&sight, *of, 1))
                .collect();
            if grammar.draw.chance(15) {
                grammar.total_order(&mut other, &sight);
            }
            (operator, other)
        });
        // An expression that is selected twice stands for the first of the two columns: the order would not be total.
        let mut selected: Vec<String> = read.select.iter().map(|ex| format!("{ex:?}")).collect();
        selected.sort_unstable();
        selected.dedup();
        if selected.len() == read.select.len() && self.draw.chance(60) {
            self.order_of_selection(&mut read);
        }
        read
    }

    fn windows(&mut self) -> Read {
        let (mut read, sight) = self.tables();
        read.filter = self.filters(&sight);
        self.total_order(&mut read, &sight);
        let keys: Vec<Ordering> = read.order.clone();
        read.select = self.several(1, 2, 50, |grammar| {
            let of = grammar.type_among(&sight, |_| true);
            grammar.value(&sight, of, 0)
        });
        let window = self.several(1, 2, 40, |grammar| grammar.window(&sight, &keys));
        read.select.extend(window);
        read
    }

    fn window(&mut self, sight: &Sight, keys: &[Ordering]) -> Ex {
        let partition = self.several(0, 2, 40, |grammar| {
            let of = grammar.type_among(sight, Type::is_compared);
            grammar.value(sight, of, 0)
        });
        let of = self.type_among(sight, Type::is_compared);
        let mut order = self.several(0, 1, 60, |grammar| {
            let by = grammar.value(sight, of, 0);
            grammar.ordering(by)
        });
        let rows = *self.draw.pick(&[1, 0, 2]);
        let mut frame = None;
        let function = match self.draw.below(10) {
            // Rows that agree in order get one number, so that the order needs no key.
            0 if !order.is_empty() => WindowFunction::Rank,
            1 if !order.is_empty() => WindowFunction::DenseRank,
            2 => WindowFunction::Ntile(1 + rows),
            3 => WindowFunction::Lag(self.value(sight, of, 0), rows),
            4 => WindowFunction::Lead(self.value(sight, of, 0), rows),
            5 => WindowFunction::First(self.value(sight, of, 0)),
            6 => WindowFunction::Last(self.value(sight, of, 0)),
            7 | 8 => {
                let (_, mut aggregate) = self.refined(sight, true);
                aggregate.distinct = false;
                WindowFunction::Aggregate(aggregate)
            }
            _ => WindowFunction::RowNumber,
        };
        if !matches!(function, WindowFunction::Rank | WindowFunction::DenseRank) {
            order.extend_from_slice(keys);
        }
        let framed = matches!(
            function,
            WindowFunction::First(_) | WindowFunction::Last(_) | WindowFunction::Aggregate(_)
        );
        if framed && self.draw.chance(60) {
            frame = Some(*self.draw.pick(&[
                (None, 0),
                (None, 1),
                (Some(-1), 1),
                (Some(0), 0),
                (Some(1), 2),
                (Some(-2), -1),
            ]));
        }
        Ex::Window(Box::new(Window {
            function,
            partition,
            order,
            frame,
        }))
    }

    /// A query over another one with a name.
    fn common_table(&mut self) -> Read {
        let (mut inner, sight) = self.tables();
        inner.filter = self.filters(&sight);
        let types = self.several(1, 4, 60, |grammar| {
            grammar.type_among(&sight, Type::is_compared)
        });
        inner.select = types.iter().map(|of| self.value(&sight, *of, 1)).collect();
        if self.draw.chance(30) {
            self.total_order(&mut inner, &sight);
        } else if self.draw.chance(30) {
            inner.distinct = true;
        }
        let columns = |source| {
            let visible = types.iter().enumerate();
            visible.map(move |(field, of)| Visible {
                source,
                field,
                of: *of,
                info: None,
            })
        };
        let cte = Source::Cte(self.name(), Box::new(inner));
        if self.draw.chance(30) {
            let table = self.table();
            let mut read = Read::over(Source::Table(table));
            let mut own = self.columns(table, 0);
            own.extend(columns(1));
            let sight = Sight { levels: vec![own] };
            let on = self.condition(&sight, 1);
            read.joins.push(Join {
                left: self.draw.chance(50),
                source: cte,
                on: Some(on),
            });
            return self.of_common_table(read, &sight);
        }
        let sight = Sight {
            levels: vec![columns(0).collect()],
        };
        self.of_common_table(Read::over(cte), &sight)
    }

    fn of_common_table(&mut self, mut read: Read, sight: &Sight) -> Read {
        read.filter = self.filters(sight);
        read.select = self.several(1, 4, 60, |grammar| {
            let of = grammar.type_among(sight, Type::is_compared);
            grammar.value(sight, of, 1)
        });
        read.distinct = self.draw.chance(30);
        if self.draw.chance(70) {
            self.order_of_selection(&mut read);
        }
        read
    }

    /// Arithmetic that may be out of range: every row is computed, and nothing else can fail.
    fn out_of_range(&mut self) -> Read {
        let table = self.table();
        let mut read = Read::over(Source::Table(table));
        let sight = Sight {
            levels: vec![self.columns(table, 0)],
        };
        read.select = vec![self.alone(&sight)];
        read
    }

    /// A table under a name of its own inside of another query, with a filter that may look at that one.
    fn inside(&mut self, sight: &Sight, depth: usize) -> (Read, Sight) {
        let table = self.table();
        let mut read = Read::over(Source::Alias(table, self.name()));
        let mut levels = sight.levels.clone();
        levels.push(self.columns(table, 0));
        // Two levels are enough; the ones further out are looked at through the one between.
        let inner = Sight { levels };
        read.filter = self.several(0, 2, 70, |grammar| grammar.condition(&inner, depth.min(1)));
        (read, inner)
    }

    /// A query for at most one value.
    pub(super) fn one_value(&mut self, sight: &Sight, of: Type, depth: usize) -> Option<Read> {
        let (mut read, inner) = self.inside(sight, depth);
        if self.draw.chance(50) && of.is_ordered() {
            let function = *self
                .draw
                .pick(&[AggregateFunction::Min, AggregateFunction::Max]);
            let own = Sight {
                levels: vec![inner.own().to_vec()],
            };
            let argument = self.column(&own, |column| column.of == of)?;
            read.select = vec![Ex::Aggregate(Box::new(Aggregate {
                function,
                of: Some(argument),
                distinct: false,
                filter: None,
            }))];
            return Some(read);
        }
        read.select = vec![self.value(&inner, of, 0)];
        self.total_order(&mut read, &inner);
        read.limit = Some(1);
        Some(read)
    }

    /// A query for values, and whether it is more than a filter.
    pub(super) fn values_of(&mut self, sight: &Sight, of: Type, depth: usize) -> (Read, bool) {
        let (mut read, inner) = self.inside(sight, depth);
        read.select = vec![self.value(&inner, of, 0)];
        read.distinct = self.draw.chance(15);
        let limited = !read.distinct && self.draw.chance(15);
        if limited {
            self.total_order(&mut read, &inner);
        }
        (read, limited)
    }

    pub(super) fn rows_of(&mut self, sight: &Sight, depth: usize) -> Read {
        self.inside(sight, depth).0
    }
}
