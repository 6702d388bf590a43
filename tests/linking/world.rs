//! The session that does it, beside the model.

use std::collections::BTreeSet;

use birgus::prelude::*;
use birgus::relation::{Relation, RelationType};

use super::expected::{Now, Rows};
use super::models::{Child, Crate, Item, ItemMark, Keys, Lid, Mark, Named, Node, Part, Seal};
use super::steps::{Kind, Step};

pub(crate) struct World<'a> {
    pub(crate) db: &'a Database,
    pub(crate) now: Now,
    /// As the database is, seen from inside of the transaction.
    pub(crate) flushed: Rows,
    /// As it was at the last commit, and at each savepoint.
    pub(crate) saved: Vec<Rows>,
    pub(crate) next: u32,
    pub(crate) keys: Keys,
}

pub(crate) type Outcome = birgus::Result<()>;

impl World<'_> {
    fn tag(&mut self, letter: char) -> String {
        self.next += 1;
        format!("{letter}{:04}", self.next)
    }

    /// One of the rows whose tags begin so, and that nobody has deleted.
    fn pick(&self, letter: char, at: u8) -> Option<String> {
        let rows: Vec<&String> = (self.now.is.rows.keys())
            .filter(|tag| tag.starts_with(letter) && !self.now.deleted.contains(*tag))
            .collect();
        let number = usize::from(at).checked_rem(rows.len())?;
        Some(rows[number].clone())
    }

    /// The key of the object with that tag, which is read when the session does not track it.
    pub(crate) fn key<M: Named>(&mut self, session: &mut Session, tag: &str) -> Key<M> {
        if let Some(key) = M::keys(&mut self.keys).get(tag)
            && session.try_get(*key).is_ok()
        {
            return *key;
        }
        let found = session
            .no_autoflush(|session| session.load(M::of_tag(tag)))
            .unwrap();
        assert_eq!(found.len(), 1, "{tag} is in the database");
        M::keys(&mut self.keys).insert(tag.to_owned(), found[0]);
        found[0]
    }

    /// Whether a row was never sent.
    fn is_new(&self, tag: &str) -> bool {
        !self.flushed.rows.contains_key(tag)
    }

    /// What becomes of the model when a child gets another parent or none.
    fn moves(now: &mut Now, flushed: &Rows, kind: Kind, tag: &str, to: Option<&str>) {
        if let Some(to) = to
            && kind.is_one()
        {
            for before in now.children(kind, to) {
                if before != tag {
                    Self::moves(now, flushed, kind, &before, None);
                }
            }
        }
        if to.is_none() && kind.is_orphan() && !flushed.rows.contains_key(tag) {
            now.is.rows.remove(tag);
        } else {
            now.is.rows.insert(tag.to_owned(), to.map(str::to_owned));
        }
    }

    /// Whether a flush would have to give a unique value that can't be NULL from one row to another: it is refused.
    fn is_refused(now: &Now, flushed: &Rows) -> bool {
        let seals = || now.is.rows.iter().filter(|(tag, _)| tag.starts_with('s'));
        seals().any(|(tag, home)| {
            let before = (flushed.rows.iter()).find(|(other, parent)| {
                other.starts_with('s') && *other != tag && *parent == home && home.is_some()
            });
            before.is_some_and(|(other, _)| {
                now.is_there(other) && now.is.rows[other].is_some() && now.is_there(tag)
            })
        })
    }

    /// Does something to a copy of the model; where the flush would be refused, nothing.
    fn try_moves(&mut self, kind: Kind, moves: &[(&str, Option<&str>)]) -> bool {
        let mut now = self.now.clone();
        for (tag, to) in moves {
            if now.is.rows.contains_key(*tag) {
                Self::moves(&mut now, &self.flushed, kind, tag, *to);
            }
        }
        if Self::is_refused(&now, &self.flushed) {
            return false;
        }
        self.now = now;
        true
    }

    /// Takes note of a flush that must have succeeded.
    pub(crate) fn is_flushed(&mut self) {
        let deleted = std::mem::take(&mut self.now.deleted);
        self.now.blurred = false;
        let flushed = &self.flushed;
        let rows = &mut self.now.is.rows;
        rows.retain(|tag, _| !deleted.contains(tag));
        let there: BTreeSet<String> = rows.keys().cloned().collect();
        rows.retain(|tag, parent| {
            let Some(kind) = Kind::of(tag) else {
                return true;
            };
            if parent
                .as_ref()
                .is_some_and(|parent| !there.contains(parent))
            {
                *parent = None;
                return !kind.is_orphan();
            }
            let had = flushed.rows.get(tag).is_some_and(Option::is_some);
            !(kind.is_orphan() && had && parent.is_none())
        });
        let rows = &self.now.is.rows;
        (self.now.is.pairs)
            .retain(|(item, mark)| rows.contains_key(item) && rows.contains_key(mark));
        self.flushed = self.now.is.clone();
    }

    pub(crate) fn back_to(&mut self, depth: usize) {
        self.saved.truncate(depth + 1);
        self.flushed = self.saved[depth].clone();
        self.now = Now {
            is: self.flushed.clone(),
            ..Now::default()
        };
    }

    /// Runs steps up to the end of a part, whose number is given.
    pub(crate) fn run(&mut self, session: &mut Session, steps: &[Step], at: &mut usize) -> Outcome {
        while let Some(step) = steps.get(*at) {
            *at += 1;
            match step {
                Step::Begin => self.part(session, steps, at),
                Step::End(ok) if self.saved.len() > 1 => {
                    return match ok {
                        true => Ok(()),
                        false => Err(birgus::Error::session("given up")),
                    };
                }
                step => self.step(session, step),
            }
        }
        Ok(())
    }

    fn part(&mut self, session: &mut Session, steps: &[Step], at: &mut usize) {
        let depth = self.saved.len();
        let start = *at;
        let result = session.nested(|session| {
            self.is_flushed();
            self.saved.push(self.now.is.clone());
            self.run(session, steps, at)
        });
        match result {
            Ok(()) => {
                self.is_flushed();
                self.saved.truncate(depth);
            }
            Err(error) => {
                assert_eq!(error.to_string(), "given up");
                *at = start;
                skip_part(steps, at);
                self.back_to(depth);
                self.saved.truncate(depth);
            }
        }
        self.look_at_all(session);
    }

    fn step(&mut self, session: &mut Session, step: &Step) {
        match step {
            Step::AddParent(is_mark) => {
                let tag = self.tag(if *is_mark { 'm' } else { 'c' });
                if *is_mark {
                    let key = session.add(Mark::build().tag(tag.as_str()));
                    self.keys.marks.insert(tag.clone(), key);
                } else {
                    let key = session.add(Crate::build().tag(tag.as_str()));
                    self.keys.crates.insert(tag.clone(), key);
                }
                self.now.is.rows.insert(tag, None);
            }
            Step::Add(kind, home) => of_kind!(*kind, self.add(session, *kind, *home)),
            Step::Link(kind, at, to, up) => {
                of_kind!(*kind, self.link(session, *kind, *at, *to, *up));
            }
            Step::Unlink(kind, at, up) => of_kind!(*kind, self.unlink(session, *kind, *at, *up)),
            Step::SetUp(kind, at, to) => of_kind!(*kind, self.set_up(session, *kind, *at, *to)),
            Step::SetDown(kind, at, to) => of_kind!(*kind, self.set_down(session, *kind, *at, *to)),
            Step::Assign(kind, at, to) => of_kind!(*kind, self.assign(session, *kind, *at, *to)),
            Step::Delete(at) => self.delete(session, *at),
            Step::LinkDeleted(kind, at, to) => {
                of_kind!(*kind, self.link_deleted(session, *kind, *at, *to));
            }
            Step::Pair(at, to, up) => {
                if let (Some(item), Some(mark)) = (self.pick('i', *at), self.pick('m', *to)) {
                    let (one, other) = (self.key(session, &item), self.key(session, &mark));
                    match up {
                        true => session.link(one, Item::marks, other).unwrap(),
                        false => session.link(other, Mark::items, one).unwrap(),
                    }
                    self.now.is.pairs.insert((item, mark));
                }
            }
            Step::Unpair(at, to, up) => {
                let Some(item) = self.pick('i', *at) else {
                    return;
                };
                let marks = self.now.partners(&item);
                if let Some(number) = usize::from(*to).checked_rem(marks.len()) {
                    let mark = marks[number].clone();
                    let (one, other) = (self.key(session, &item), self.key(session, &mark));
                    let result = match up {
                        true => session.unlink(one, Item::marks, other),
                        false => session.unlink(other, Mark::items, one),
                    };
                    result.unwrap();
                    self.now.is.pairs.remove(&(item, mark));
                }
            }
            Step::SetPairs(at, which, up) => self.set_pairs(session, *at, *which, *up),
            Step::PairByHand(at, to) => {
                if let (Some(item), Some(mark)) = (self.pick('i', *at), self.pick('m', *to))
                    && !self.now.is.pairs.contains(&(item.clone(), mark.clone()))
                {
                    let (one, other) = (
                        self.key::<Item>(session, &item),
                        self.key::<Mark>(session, &mark),
                    );
                    session.add(ItemMark::build().item_id(one).mark_id(other));
                    self.now.is.pairs.insert((item, mark));
                }
            }
            Step::UnpairByHand(at) => {
                let stored: Vec<_> = (self.flushed.pairs.intersection(&self.now.is.pairs))
                    .filter(|(item, mark)| self.now.is_there(item) && self.now.is_there(mark))
                    .cloned()
                    .collect();
                if let Some(number) = usize::from(*at).checked_rem(stored.len()) {
                    let (item, mark) = stored[number].clone();
                    let (one, other) = (
                        self.key::<Item>(session, &item),
                        self.key::<Mark>(session, &mark),
                    );
                    let query = ItemMark::query()
                        .filter(ItemMark::item_id.eq(session[one].id))
                        .filter(ItemMark::mark_id.eq(session[other].id));
                    let pair = session.no_autoflush(|session| session.load(query)).unwrap();
                    if session.is_modified(pair[0]).unwrap() {
                        // It goes already, and a new row takes its place.
                        return;
                    }
                    session.delete(pair[0]).unwrap();
                    self.now.is.pairs.remove(&(item, mark));
                }
            }
            Step::Look(at) => {
                let tags: Vec<String> = self.now.is.rows.keys().cloned().collect();
                if let Some(number) = usize::from(*at).checked_rem(tags.len()) {
                    self.look(session, &tags[number]);
                }
            }
            Step::LookAtAll => self.look_at_all(session),
            Step::Load(kind, how, at) => of_kind!(*kind, self.load(session, *how, *at)),
            Step::LoadPairs(how, up) => {
                if *up {
                    self.load_with(session, Item::marks, *how);
                } else {
                    self.load_with(session, Mark::items, *how);
                }
            }
            Step::Refresh(at) => self.refresh(session, *at),
            Step::Flush => {
                session.flush().unwrap();
                self.is_flushed();
                self.check_rows(&mut *session);
            }
            Step::Commit => {
                if self.saved.len() > 1 {
                    assert!(session.commit().unwrap_err().is_session());
                    return;
                }
                session.commit().unwrap();
                self.is_flushed();
                self.saved = vec![self.now.is.clone()];
                self.check_rows(self.db);
            }
            Step::Rollback => {
                if self.saved.len() == 1 {
                    session.rollback().unwrap();
                    self.back_to(0);
                    self.check_rows(self.db);
                }
            }
            Step::Clear => {
                session.clear();
                self.now = Now {
                    is: self.flushed.clone(),
                    ..Now::default()
                };
            }
            Step::Begin | Step::End(_) => {}
        }
    }

    fn add<C: Child>(&mut self, session: &mut Session, kind: Kind, home: Option<u8>) {
        let home = home.and_then(|at| self.pick(kind.parent(), at));
        // Who is added beside another one in a relationship to one is refused as a duplicate.
        let taken = |home: &String| kind.is_one() && !self.now.children(kind, home).is_empty();
        if home.as_ref().is_some_and(taken) || (home.is_none() && kind.is_required()) {
            return;
        }
        let tag = self.tag(kind.letter());
        let mut now = self.now.clone();
        now.is.rows.insert(tag.clone(), home.clone());
        if Self::is_refused(&now, &self.flushed) {
            return;
        }
        let home = home.map(|home| self.key::<C::Parent>(session, &home));
        let key = C::add(session, &tag, home);
        C::keys(&mut self.keys).insert(tag, key);
        self.now = now;
    }

    fn link<C: Child>(&mut self, session: &mut Session, kind: Kind, at: u8, to: u8, up: bool) {
        let (Some(tag), Some(home)) = (self.pick(kind.letter(), at), self.pick(kind.parent(), to))
        else {
            return;
        };
        if !self.try_moves(kind, &[(&tag, Some(&home))]) {
            return;
        }
        let (child, parent) = (
            self.key::<C>(session, &tag),
            self.key::<C::Parent>(session, &home),
        );
        match up {
            true => session.link(child, C::UP, parent).unwrap(),
            false => session.link(parent, C::DOWN, child).unwrap(),
        }
    }

    fn unlink<C: Child>(&mut self, session: &mut Session, kind: Kind, at: u8, up: bool) {
        let Some(tag) = self.pick(kind.letter(), at) else {
            return;
        };
        let Some(home) = self.now.parent(&tag).cloned() else {
            return;
        };
        let (child, parent) = (
            self.key::<C>(session, &tag),
            self.key::<C::Parent>(session, &home),
        );
        match up {
            true => session.unlink(child, C::UP, parent).unwrap(),
            false => session.unlink(parent, C::DOWN, child).unwrap(),
        }
        assert!(self.try_moves(kind, &[(&tag, None)]));
    }

    fn set_up<C: Child>(&mut self, session: &mut Session, kind: Kind, at: u8, to: Option<u8>) {
        let Some(tag) = self.pick(kind.letter(), at) else {
            return;
        };
        let home = to.and_then(|to| self.pick(kind.parent(), to));
        // Where there must be one, and is none, there is nothing that could be asked for.
        if self.now.blurred || (kind.is_required() && self.now.parent(&tag).is_none()) {
            return;
        }
        if home.is_none() && self.now.is.rows[&tag].is_some() && self.now.parent(&tag).is_none() {
            return;
        }
        let is_none = home.is_none() && self.now.parent(&tag).is_none();
        if !is_none && !self.try_moves(kind, &[(&tag, home.as_deref())]) {
            return;
        }
        let child = self.key::<C>(session, &tag);
        let parent = home.map(|home| self.key::<C::Parent>(session, &home));
        session.set(child, C::UP, parent).unwrap();
    }

    fn set_down<C: Child>(&mut self, session: &mut Session, kind: Kind, at: u8, which: u8) {
        let Some(home) = self.pick(kind.parent(), at) else {
            return;
        };
        if self.now.blurred {
            return;
        }
        let all: Vec<String> = (self.now.is.rows.keys())
            .filter(|tag| Kind::of(tag) == Some(kind) && !self.now.deleted.contains(*tag))
            .cloned()
            .collect();
        let mut wanted: Vec<String> = (all.iter().enumerate())
            .filter(|(number, _)| which >> (number % 7) & 1 == 1)
            .map(|(_, tag)| tag.clone())
            .collect();
        if kind.is_one() {
            wanted.truncate(1);
        }
        let before = self.now.children(kind, &home);
        let leaving = before.iter().filter(|tag| !wanted.contains(tag));
        let mut moves: Vec<(&str, Option<&str>)> =
            leaving.map(|tag| (tag.as_str(), None)).collect();
        moves.extend(wanted.iter().map(|tag| (tag.as_str(), Some(home.as_str()))));
        if !self.try_moves(kind, &moves) {
            return;
        }
        let wanted: Vec<Key<C>> = wanted.iter().map(|tag| self.key(session, tag)).collect();
        let parent = self.key::<C::Parent>(session, &home);
        session.set(parent, C::DOWN, wanted).unwrap();
    }

    fn set_pairs(&mut self, session: &mut Session, at: u8, which: u8, up: bool) {
        let (near, far) = if up { ('i', 'm') } else { ('m', 'i') };
        let Some(tag) = self.pick(near, at) else {
            return;
        };
        let others: Vec<String> = (self.now.is.rows.keys())
            .filter(|tag| tag.starts_with(far) && !self.now.deleted.contains(*tag))
            .enumerate()
            .filter(|(number, _)| which >> (number % 7) & 1 == 1)
            .map(|(_, tag)| tag.clone())
            .collect();
        let deleted = self.now.deleted.clone();
        (self.now.is.pairs).retain(|(item, mark)| {
            let (own, other) = if up { (item, mark) } else { (mark, item) };
            // What pairs it with a deleted one goes with that.
            *own != tag || deleted.contains(other)
        });
        if up {
            let key = self.key::<Item>(session, &tag);
            let keys: Vec<Key<Mark>> = others
                .iter()
                .map(|other| self.key(session, other))
                .collect();
            session.set(key, Item::marks, keys).unwrap();
        } else {
            let key = self.key::<Mark>(session, &tag);
            let keys: Vec<Key<Item>> = others
                .iter()
                .map(|other| self.key(session, other))
                .collect();
            session.set(key, Mark::items, keys).unwrap();
        }
        for other in others {
            let pair = if up {
                (tag.clone(), other)
            } else {
                (other, tag.clone())
            };
            self.now.is.pairs.insert(pair);
        }
    }

    /// Sets a foreign key, as any other field.
    fn assign<C: Child>(&mut self, session: &mut Session, kind: Kind, at: u8, to: Option<u8>) {
        let Some(tag) = self.pick(kind.letter(), at) else {
            return;
        };
        let home = to.and_then(|to| self.pick(kind.parent(), to));
        let taken = |home: &String| {
            let rows = self.now.is.rows.iter().chain(&self.flushed.rows);
            kind.is_one() && { rows }
                .any(|(other, parent)| *other != tag && parent.as_ref() == Some(home))
        };
        let waits = |home: &String| self.is_new(home);
        let before = self.now.is.rows[&tag].as_ref();
        if before.is_some_and(waits)
            || home.as_ref().is_some_and(|home| waits(home) || taken(home))
            || (before.is_none() && kind.is_required())
            || (home.is_none() && (kind.is_required() || (kind.is_orphan() && self.is_new(&tag))))
        {
            return;
        }
        let id = home.as_ref().map(|home| {
            let key = self.key::<C::Parent>(session, home);
            C::id_of(&session[key])
        });
        let key = self.key::<C>(session, &tag);
        session[key].set_home(id);
        self.now.is.rows.insert(tag, home);
        self.now.blurred = true;
    }

    fn delete(&mut self, session: &mut Session, at: u8) {
        let tags: Vec<String> = (self.now.is.rows.keys())
            .filter(|tag| !self.now.deleted.contains(*tag))
            .cloned()
            .collect();
        let Some(number) = usize::from(at).checked_rem(tags.len()) else {
            return;
        };
        let tag = tags[number].clone();
        let awaited = self
            .now
            .is
            .rows
            .values()
            .any(|parent| parent.as_ref() == Some(&tag));
        let orphan =
            Kind::of(&tag).is_some_and(Kind::is_required) && self.now.is.rows[&tag].is_none();
        // Rows that wait for one which was never sent are refused: that has a case of its own.
        if (self.is_new(&tag) && awaited) || orphan {
            return;
        }
        let result = match tag.chars().next() {
            Some('c') => self.key::<Crate>(session, &tag).delete(session),
            Some('m') => self.key::<Mark>(session, &tag).delete(session),
            _ => match Kind::of(&tag).unwrap() {
                Kind::Item => self.key::<Item>(session, &tag).delete(session),
                Kind::Part => self.key::<Part>(session, &tag).delete(session),
                Kind::Lid => self.key::<Lid>(session, &tag).delete(session),
                Kind::Seal => self.key::<Seal>(session, &tag).delete(session),
                Kind::Node => self.key::<Node>(session, &tag).delete(session),
            },
        };
        result.unwrap();
        if self.is_new(&tag) {
            self.now.is.rows.remove(&tag);
            (self.now.is.pairs).retain(|(item, mark)| *item != tag && *mark != tag);
        } else {
            self.now.deleted.insert(tag);
        }
    }

    fn link_deleted<C: Child>(&mut self, session: &mut Session, kind: Kind, at: u8, to: u8) {
        let Some(tag) = self.pick(kind.letter(), at) else {
            return;
        };
        let gone: Vec<String> = (self.now.deleted.iter())
            .filter(|gone| gone.starts_with(kind.parent()))
            .cloned()
            .collect();
        if let Some(number) = usize::from(to).checked_rem(gone.len()) {
            let child = self.key::<C>(session, &tag);
            if let Some(parent) = <C::Parent as Named>::keys(&mut self.keys)
                .get(&gone[number])
                .copied()
            {
                assert!(session.link(child, C::UP, parent).unwrap_err().is_session());
                assert!(
                    session
                        .link(parent, C::DOWN, child)
                        .unwrap_err()
                        .is_session()
                );
            }
        }
    }

    /// Loads one side of a relationship.
    fn load<C: Child>(&mut self, session: &mut Session, how: u8, at: u8) {
        if at.is_multiple_of(2) {
            self.load_with(session, C::UP, how);
        } else {
            self.load_with(session, C::DOWN, how);
        }
    }

    fn load_with<M: Model, F: RelationType>(
        &mut self,
        session: &mut Session,
        relation: Relation<M, F>,
        how: u8,
    ) {
        let along = match how % 3 {
            0 => relation.joined(),
            1 => relation.selectin(),
            _ => relation.subquery(),
        };
        let query = M::query().with(along);
        if how.is_multiple_of(2) {
            session.load(query).unwrap();
            self.is_flushed();
        } else {
            session.no_autoflush(|session| session.load(query)).unwrap();
        }
    }

    /// Reads a row again: what was linked and not sent is lost.
    fn refresh(&mut self, session: &mut Session, at: u8) {
        let tags: Vec<String> = (self.flushed.rows.keys())
            .filter(|tag| self.now.is_there(tag))
            .cloned()
            .collect();
        let Some(number) = usize::from(at).checked_rem(tags.len()) else {
            return;
        };
        let tag = &tags[number];
        let before = self.flushed.rows[tag].clone();
        let Some(kind) = Kind::of(tag) else {
            if tag.starts_with('c') {
                let key = self.key::<Crate>(session, tag);
                session.refresh(key).unwrap();
            } else {
                let key = self.key::<Mark>(session, tag);
                session.refresh(key).unwrap();
            }
            return;
        };
        let taken = |home: &String| {
            kind.is_one()
                && self
                    .now
                    .children(kind, home)
                    .iter()
                    .any(|other| other != tag)
        };
        let mut now = self.now.clone();
        now.is.rows.insert(tag.clone(), before.clone());
        // An orphan has no row to be refreshed from: it goes.
        if before.as_ref().is_some_and(taken)
            || (kind.is_required() && self.now.is.rows[tag].is_none())
            || Self::is_refused(&now, &self.flushed)
        {
            return;
        }
        of_kind!(kind, self.refresh_key(session, tag));
        self.now = now;
    }

    fn refresh_key<C: Child>(&mut self, session: &mut Session, tag: &str) {
        let key = self.key::<C>(session, tag);
        session.refresh(key).unwrap();
    }
}

pub(crate) trait Deletes {
    fn delete(self, session: &mut Session) -> Outcome;
}

impl<M: Model> Deletes for Key<M> {
    fn delete(self, session: &mut Session) -> Outcome {
        session.delete(self)
    }
}

/// Goes behind the end of the part that was begun.
fn skip_part(steps: &[Step], at: &mut usize) {
    let mut open = 1;
    while let Some(step) = steps.get(*at) {
        *at += 1;
        match step {
            Step::Begin => open += 1,
            Step::End(_) => open -= 1,
            _ => {}
        }
        if open == 0 {
            return;
        }
    }
}
