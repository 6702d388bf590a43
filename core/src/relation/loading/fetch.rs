//! The rows of one query, with those that are joined to them.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::joined::{Joined, Plan};
use super::link::identity_at;
use super::{Link, Links, Loader, Own};
use crate::Result;
use crate::backend::Row;
use crate::model::ModelInfo;
use crate::query::{LeftOut, Select, fetch};
use crate::relation::level::Level;
use crate::relation::step::Step;
use crate::session::Identity;

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
        let mut last: Option<Identity> = None;
        // Nothing goes along with the rows, and all of them are new.
        let alone = identity.is_none() && joined.is_empty();
        let mut each = |row: &dyn Row| -> Result<()> {
            if alone {
                return link.arrive(level, row, links);
            }
            let found = match &identity {
                None => None,
                Some(columns) => identity_at(row, columns)?,
            };
            match &found {
                None => link.arrive(level, row, links)?,
                // The rows of one parent mostly come one after the other.
                Some(identity) => match &last {
                    Some(last) if last == identity => {}
                    _ => {
                        let next = level.len();
                        if *known.entry(identity.clone()).or_insert(next) == next {
                            link.arrive(level, row, links)?;
                        }
                        last = Some(identity.clone());
                    }
                },
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
