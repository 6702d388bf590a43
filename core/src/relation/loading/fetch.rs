//! The rows of one query, with those that are joined to them.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::joined::{At, Joined, Plan, at};
use super::{Links, Loader};
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
}

impl Loader<'_> {
    /// Reads the rows of a query and what goes along with them. `link` are the columns by which the rows are related to their
    /// parents; what they hold is given back with the number of each row.
    pub(super) fn fetch(
        &mut self,
        level: &mut dyn Level,
        select: Select,
        steps: Vec<Step>,
        link: &[usize],
        path: &[&'static ModelInfo],
        root: bool,
    ) -> Result<Links> {
        let model = level.model();
        let plain = select.clone();
        let Plan {
            select,
            joined,
            identity,
            rest,
        } = self.names.plan(model, select, steps, link, path, root)?;
        let mut select = select;
        for one in &joined {
            select.left_out.extend(&one.step.left_out, one.start);
        }
        if self.host.reads_whole() {
            select.left_out = LeftOut::default();
        }
        let link = at(&select.items(), 0, link);
        let mut links = Links::new();
        let mut known: HashMap<Identity, usize, RandomState> = HashMap::default();
        let mut arriving: Vec<Arriving> = Vec::with_capacity(joined.len());
        for one in &joined {
            arriving.push(Arriving {
                level: self.host.new_level((one.step.relation.target)()),
                links: Links::new(),
                known: HashMap::default(),
                current: None,
            });
        }
        let mut each = |row: &dyn Row| -> Result<()> {
            let (number, new) = match &identity {
                None => (level.arrive(row, 0)?, true),
                Some(columns) => match identity_at(row, columns)? {
                    None => (level.arrive(row, 0)?, true),
                    Some(identity) => match known.get(&identity) {
                        Some(number) => (*number, false),
                        None => {
                            let number = level.arrive(row, 0)?;
                            known.insert(identity, number);
                            (number, true)
                        }
                    },
                },
            };
            if new
                && !link.is_empty()
                && let Some(parent) = identity_at(row, &link)?
            {
                links.push((parent, number));
            }
            for (position, one) in joined.iter().enumerate() {
                let there = one
                    .parent
                    .is_none_or(|parent| arriving[parent].current.is_some());
                arriving[position].current = match there {
                    true => arriving[position].take(row, one)?,
                    false => None,
                };
            }
            Ok(())
        };
        fetch(
            self.host.executor(),
            select.request(),
            &|connection| select.to_rows(connection.dialect()),
            &mut |row| select.left_out.seen(row, 0, &mut each),
        )?;
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
        self.load(level, Some(&plain), rest, path)?;
        Ok(links)
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
    /// Reads the row that came along, unless there is none, or it has come for the same parent before.
    fn take(&mut self, row: &dyn Row, joined: &Joined) -> Result<Option<usize>> {
        let Some(link) = identity_at(row, &joined.link)? else {
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
        self.links.push((link, number));
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
