//! The rows of one query, with those that are joined to them.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::joined::{At, Joined, Plan, at};
use super::{Links, Loader, Own};
use crate::Result;
use crate::backend::{BindType, Row};
use crate::model::ModelInfo;
use crate::query::{LeftOut, Select, fetch, read_value};
use crate::relation::level::Level;
use crate::relation::step::Step;
use crate::session::Identity;
use crate::value::Value;

/// Rows of a relationship that come along with their parents.
struct Arriving {
    level: Box<dyn Level>,
    links: Links,
    /// The rows that have come, by what they are known by.
    known: HashMap<Identity, usize, RandomState>,
    /// The one of the row that is read.
    current: Option<usize>,
    /// Whether the rows are related to their parents by what these are known by.
    by_identity: bool,
}

impl Loader<'_> {
    /// Reads the rows of a query and what goes along with them, and adds to `links` which parents they are related to.
    pub(super) fn fetch(
        &mut self,
        level: &mut dyn Level,
        links: &mut Links,
        select: Select,
        steps: Vec<Step>,
        own: &Own,
        path: &[&'static ModelInfo],
    ) -> Result<()> {
        let model = level.model();
        let root = own.link.is_empty();
        let plain = select.clone();
        let Plan {
            select,
            joined,
            identity,
            rest,
        } = self
            .names
            .plan(model, select, steps, &own.link, path, root)?;
        let mut select = select;
        for one in &joined {
            select.left_out.extend(&one.step.left_out, one.start);
        }
        if self.host.reads_whole() {
            select.left_out = LeftOut::default();
        }
        let link = Link::new(&select, model, own);
        let mut known: HashMap<Identity, usize, RandomState> = HashMap::default();
        let mut arriving: Vec<Arriving> = Vec::with_capacity(joined.len());
        for one in &joined {
            arriving.push(Arriving {
                level: self.host.new_level((one.step.relation.target)()),
                links: Links::default(),
                known: HashMap::default(),
                current: None,
                by_identity: one.parent.is_none() && identity.as_ref() == Some(&one.link),
            });
        }
        let mut last: Option<(Identity, usize)> = None;
        let mut each = |row: &dyn Row| -> Result<()> {
            let found = match &identity {
                None => None,
                Some(columns) => identity_at(row, columns)?,
            };
            let (number, new) = match &found {
                None => (link.arrive(level, row, links)?, false),
                // The rows of one parent mostly come one after the other.
                Some(identity) => match &last {
                    Some((last, number)) if last == identity => (*number, false),
                    _ => {
                        let next = level.len();
                        let number = *known.entry(identity.clone()).or_insert(next);
                        if number == next {
                            level.arrive(row, 0)?;
                        }
                        last = Some((identity.clone(), number));
                        (number, number == next)
                    }
                },
            };
            if new {
                let integers = link.fields().map(|field| level.integer(number, field?));
                link.note(level, row, (number, integers), links)?;
            }
            for (position, one) in joined.iter().enumerate() {
                let there = one
                    .parent
                    .is_none_or(|parent| arriving[parent].current.is_some());
                arriving[position].current = match there {
                    true => arriving[position].take(row, one, found.as_ref())?,
                    false => None,
                };
            }
            Ok(())
        };
        fetch(
            self.host.executor(),
            select.request(),
            &|connection| Ok(select.to_rows(connection.dialect())?.keeping_rows()),
            &mut |row| select.left_out.seen(row, 0, &mut each),
        )?;
        links.settle();
        self.host.settle(level)?;
        for one in &mut arriving {
            self.host.settle(one.level.as_mut())?;
        }
        // Those below others first: what a row is related to goes along with it.
        let mut joined = joined;
        while let (Some(one), Some(of)) = (arriving.pop(), joined.pop()) {
            let mut children = one.level;
            self.load(children.as_mut(), None, of.rest, &of.path)?;
            match of.parent.and_then(|parent| arriving.get_mut(parent)) {
                Some(above) => {
                    self.assign(above.level.as_mut(), &of.step, children, &one.links)?;
                }
                None => self.assign(level, &of.step, children, &one.links)?,
            }
        }
        self.load(level, Some(&plain), rest, path)
    }
}

/// Where a row says whose it is, and in which order.
struct Link {
    columns: Vec<At>,
    /// The field that the only column is, when both are whole numbers: what was decoded is not read again.
    field: Option<usize>,
    /// The field that the rows are ordered by.
    order: Option<(usize, At)>,
    /// Whether a parent may have several rows.
    many: bool,
}

impl Link {
    fn new(select: &Select, model: &ModelInfo, own: &Own) -> Self {
        let items = select.items();
        let field = match own.link[..] {
            [field] => model
                .fields
                .get(field)
                .filter(|field| field.is_integer())
                .map(|_| field),
            _ => None,
        };
        let order = own.order.and_then(|field| {
            let at = at(&items, 0, &[field]).first().copied()?;
            Some((field, at))
        });
        Self {
            columns: at(&items, 0, &own.link),
            field,
            order,
            many: own.many,
        }
    }

    /// The fields that say whose an object is and in which order, where no row has to be asked.
    fn fields(&self) -> [Option<usize>; 2] {
        [self.field, self.order.map(|(field, _)| field)]
    }

    /// Reads the object of a row, and notes whose it is.
    fn arrive(&self, level: &mut dyn Level, row: &dyn Row, links: &mut Links) -> Result<usize> {
        if self.columns.is_empty() {
            return level.arrive(row, 0);
        }
        let arrived = level.arrive_linked(row, 0, self.fields())?;
        self.note(level, row, arrived, links)?;
        Ok(arrived.0)
    }

    /// Notes whose an object is, that arrived from a row; what it has in [`Link::fields`] was decoded.
    fn note(
        &self,
        level: &mut dyn Level,
        row: &dyn Row,
        (object, [parent, key]): (usize, [Option<i64>; 2]),
        links: &mut Links,
    ) -> Result<()> {
        if self.columns.is_empty() {
            return Ok(());
        }
        let (group, other) = match parent {
            Some(parent) => links.group_of_integer(parent),
            None => match identity_at(row, &self.columns)? {
                Some(parent) => links.group(parent),
                None => return Ok(()),
            },
        };
        match self.order {
            None => links.push_member(group, object),
            Some((_, at)) => {
                let key = match key {
                    Some(key) => key,
                    // A key is never NULL.
                    None => row.integer(at.index)?.unwrap_or_default(),
                };
                links.push_by_key(group, object, key);
            }
        }
        if other && self.many {
            level.part();
        }
        Ok(())
    }
}

impl Loader<'_> {
    fn assign(
        &mut self,
        parents: &mut dyn Level,
        step: &Step,
        children: Box<dyn Level>,
        links: &Links,
    ) -> Result<()> {
        let keys = self.parents(parents, step)?;
        let partial = step.is_partial();
        (self.host).assign(parents, &keys, step.relation, children, links, partial)
    }
}

impl Arriving {
    /// Reads the row that came along with one that is known by `identity`, unless there is none, or it has come for the same
    /// parent before.
    fn take(
        &mut self,
        row: &dyn Row,
        joined: &Joined,
        identity: Option<&Identity>,
    ) -> Result<Option<usize>> {
        let link = match identity {
            Some(identity) if self.by_identity => Some(identity.clone()),
            _ => identity_at(row, &joined.link)?,
        };
        let Some(link) = link else {
            return Ok(None);
        };
        let relation = joined.step.relation;
        let key = if !relation.kind.is_many() {
            // Rows that have the same one share it.
            if identity_at(row, &joined.key)?.is_none() {
                return Ok(None);
            }
            Some(link.clone())
        } else if joined.repeats {
            match identity_at(row, &joined.pair)? {
                None => return Ok(None),
                both => both,
            }
        } else {
            if identity_at(row, &joined.key)?.is_none() {
                return Ok(None);
            }
            None
        };
        if let Some(number) = key.as_ref().and_then(|key| self.known.get(key)) {
            return Ok(Some(*number));
        }
        let number = self.level.arrive(row, joined.start)?;
        self.links.push(link, number);
        if let Some(key) = key {
            self.known.insert(key, number);
        }
        Ok(Some(number))
    }
}

/// What a row has in some columns, as it is compared; nothing when one of them is NULL.
fn identity_at(row: &dyn Row, columns: &[At]) -> Result<Option<Identity>> {
    if let [
        At {
            index,
            bind_type: BindType::SmallInt | BindType::Integer | BindType::BigInt,
        },
    ] = columns
    {
        return Ok(row.integer(*index)?.map(Identity::integer));
    }
    let mut values: Vec<Value> = Vec::with_capacity(columns.len());
    for at in columns {
        match read_value(row, at.index, at.bind_type)? {
            Value::Null => return Ok(None),
            value => values.push(value),
        }
    }
    Ok(Some(Identity::new(&values)))
}
