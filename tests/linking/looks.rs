//! What relationships show, and what the database has.

use std::collections::BTreeMap;

use birgus::prelude::*;
use birgus::relation::Relation;

use super::expected::Rows;
use super::models::{Child, Crate, Item, ItemMark, Lid, Listed, Mark, Named, Node, Part, Seal};
use super::steps::Kind;
use super::world::World;

impl World<'_> {
    pub(crate) fn look_at_all(&mut self, session: &mut Session) {
        for tag in self.now.is.rows.keys().cloned().collect::<Vec<_>>() {
            self.look(session, &tag);
        }
    }

    /// Both sides of an object's relationships are as the model says, without a flush.
    pub(crate) fn look(&mut self, session: &mut Session, tag: &str) {
        if self.now.blurred || self.now.deleted.contains(tag) {
            return;
        }
        if let Some(kind) = Kind::of(tag) {
            if kind.is_required() && self.now.parent(tag).is_none() {
                return;
            }
            of_kind!(kind, self.look_up(session, tag));
        }
        match tag.chars().next() {
            Some('c') => {
                self.look_down::<Item>(session, Kind::Item, tag);
                self.look_down::<Part>(session, Kind::Part, tag);
                self.look_down::<Lid>(session, Kind::Lid, tag);
                self.look_down::<Seal>(session, Kind::Seal, tag);
            }
            Some('n') => self.look_down::<Node>(session, Kind::Node, tag),
            Some('i') => self.look_at_pairs(session, Item::marks, tag),
            Some('m') => self.look_at_pairs(session, Mark::items, tag),
            _ => {}
        }
    }

    fn look_up<C: Child>(&mut self, session: &mut Session, tag: &str) {
        let key = self.key::<C>(session, tag);
        let found = session
            .no_autoflush(|session| session.related(key, C::UP))
            .unwrap()
            .listed();
        let found: Vec<&str> = found.iter().map(|key| session[*key].tag()).collect();
        let wanted: Vec<&str> = self
            .now
            .parent(tag)
            .map(String::as_str)
            .into_iter()
            .collect();
        assert_eq!(found, wanted, "what {tag} belongs to");
    }

    fn look_down<C: Child>(&mut self, session: &mut Session, kind: Kind, tag: &str) {
        let key = self.key::<C::Parent>(session, tag);
        let found = session
            .no_autoflush(|session| session.related(key, C::DOWN))
            .unwrap()
            .listed();
        let mut found: Vec<&str> = found.iter().map(|key| session[*key].tag()).collect();
        found.sort_unstable();
        assert_eq!(found, self.now.children(kind, tag), "{kind:?} of {tag}");
    }

    fn look_at_pairs<M: Named, T: Named>(
        &mut self,
        session: &mut Session,
        relation: Relation<M, Many<T>>,
        tag: &str,
    ) {
        let key = self.key::<M>(session, tag);
        let found = session
            .no_autoflush(|session| session.related(key, relation))
            .unwrap();
        let mut found: Vec<&str> = found.iter().map(|key| session[*key].tag()).collect();
        found.sort_unstable();
        assert_eq!(found, self.now.partners(tag), "pairs of {tag}");
    }

    /// The rows of the database are as the model says.
    pub(crate) fn check_rows(&self, mut executor: impl Executor) {
        let mut found = Rows::default();
        let mut tags: BTreeMap<(char, i64), String> = BTreeMap::new();
        for row in Crate::query().all(&mut executor).unwrap() {
            assert_eq!(
                row.version, 1,
                "{}: nothing of its own has changed",
                row.tag
            );
            tags.insert(('c', row.id), row.tag.clone());
            found.rows.insert(row.tag, None);
        }
        for row in Mark::query().all(&mut executor).unwrap() {
            tags.insert(('m', row.id), row.tag.clone());
            found.rows.insert(row.tag, None);
        }
        let nodes = Node::query().all(&mut executor).unwrap();
        tags.extend(nodes.iter().map(|row| (('n', row.id), row.tag.clone())));
        for row in nodes {
            let home = row.home_id.map(|id| tags[&('n', id)].clone());
            found.rows.insert(row.tag, home);
        }
        let of_crate = |id: Option<i64>| id.map(|id| tags[&('c', id)].clone());
        let mut items: BTreeMap<i64, String> = BTreeMap::new();
        for row in Item::query().all(&mut executor).unwrap() {
            items.insert(row.id, row.tag.clone());
            found.rows.insert(row.tag, of_crate(row.home_id));
        }
        for row in Part::query().all(&mut executor).unwrap() {
            found.rows.insert(row.tag, of_crate(Some(row.home_id)));
        }
        for row in Lid::query().all(&mut executor).unwrap() {
            found.rows.insert(row.tag, of_crate(row.home_id));
        }
        for row in Seal::query().all(&mut executor).unwrap() {
            found.rows.insert(row.tag, of_crate(Some(row.home_id)));
        }
        for row in ItemMark::query().all(&mut executor).unwrap() {
            let mark = tags[&('m', row.mark_id)].clone();
            found.pairs.insert((items[&row.item_id].clone(), mark));
        }
        assert_eq!(found, self.now.is);
    }
}
