//! Which objects are related to which parents.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::session::Identity;

/// Which objects are related to which parents. Those of one parent are a group.
#[derive(Debug, Default)]
pub(crate) struct Links {
    /// The group of the parents whose own fields have these values.
    groups: HashMap<Identity, usize, RandomState>,
    /// The last group, and what it is known by: the next object mostly has the same parent.
    last: Option<(Identity, usize)>,
    /// The group and the number of each object.
    members: Vec<(usize, usize)>,
    /// What the objects are ordered by, where it was not the engine that put them in order.
    keys: Vec<i64>,
    /// The last key of each group.
    last_keys: Vec<i64>,
    /// Whether a key came after a greater one of its group.
    disordered: bool,
    /// Whether the objects are in order of their numbers, each of them once.
    ascending: Ascending,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Ascending {
    #[default]
    Yes,
    No,
}

impl Links {
    /// Of objects that are related to about so many parents.
    pub(crate) fn of(parents: usize) -> Self {
        Self {
            groups: HashMap::with_capacity_and_hasher(parents, RandomState::default()),
            ..Self::default()
        }
    }

    /// Says that an object is related to the parents that are known so.
    pub(crate) fn push(&mut self, parent: Identity, object: usize) {
        let (group, _) = self.group(parent);
        self.push_member(group, object);
    }

    /// As [`Links::push`], for an object of a group that stands in the order of its key in there.
    pub(crate) fn push_by_key(&mut self, group: usize, object: usize, key: i64) {
        match self.last_keys.get_mut(group) {
            Some(last) => self.disordered |= std::mem::replace(last, key) > key,
            None => self.last_keys.resize(group + 1, key),
        }
        self.keys.push(key);
        self.push_member(group, object);
    }

    /// Adds an object, if it has the same parent as the one before, and stands behind it in the order of their keys: the commonest
    /// case, which takes the least.
    pub(super) fn push_behind(&mut self, parent: i64, object: usize, key: i64) -> bool {
        let Some((last, group)) = &self.last else {
            return false;
        };
        let (group, same) = (*group, last.as_integer() == Some(parent));
        match self.last_keys.get_mut(group) {
            Some(last_key) if same && *last_key <= key => *last_key = key,
            _ => return false,
        }
        self.keys.push(key);
        self.push_member(group, object);
        true
    }

    /// The group of the parents that are known so, a new one for new ones; and whether it is another than the last time.
    pub(crate) fn group(&mut self, parent: Identity) -> (usize, bool) {
        if let Some((last, group)) = &self.last
            && *last == parent
        {
            return (*group, false);
        }
        let next = self.groups.len();
        let group = *self.groups.entry(parent.clone()).or_insert(next);
        self.last = Some((parent, group));
        (group, true)
    }

    /// The same of a whole number, which is compared before anything is made of it.
    #[inline]
    pub(crate) fn group_of_integer(&mut self, parent: i64) -> (usize, bool) {
        match &self.last {
            Some((last, group)) if last.as_integer() == Some(parent) => (*group, false),
            _ => self.group(Identity::integer(parent)),
        }
    }

    /// Adds an object to a group.
    pub(crate) fn push_member(&mut self, group: usize, object: usize) {
        if self.members.last().is_some_and(|(_, last)| *last >= object) {
            self.ascending = Ascending::No;
        }
        self.members.push((group, object));
    }

    /// Puts objects that were pushed by key in order, unless the engine gave them so.
    pub(crate) fn settle(&mut self) {
        if self.disordered && self.keys.len() == self.members.len() {
            let mut keyed: Vec<_> = self.keys.iter().zip(&self.members).collect();
            keyed.sort_by_key(|(key, _)| **key);
            self.members = keyed.into_iter().map(|(_, member)| *member).collect();
            self.ascending = Ascending::No;
        }
        self.keys = Vec::new();
        self.disordered = false;
    }

    /// How many groups there are.
    pub(crate) fn groups(&self) -> usize {
        self.groups.len()
    }

    /// The group of a parent, if it has one.
    pub(crate) fn known(&self, parent: &Identity) -> Option<usize> {
        self.groups.get(parent).copied()
    }

    /// The group and the number of each object, those of a group in order.
    pub(crate) fn members(&self) -> &[(usize, usize)] {
        &self.members
    }

    /// Whether each of so many objects is related to something, and those of a group stand in order.
    pub(crate) fn are_all_in_order(&self, objects: usize) -> bool {
        self.ascending == Ascending::Yes && self.members.len() == objects
    }

    /// Hands out objects, each with its group; one that is related to nothing is dropped.
    pub(crate) fn distribute<T>(&self, objects: Vec<T>, mut each: impl FnMut(usize, T)) {
        if self.ascending == Ascending::Yes {
            let mut members = self.members.iter().peekable();
            for (number, object) in objects.into_iter().enumerate() {
                if let Some((group, _)) = members.next_if(|(_, member)| *member == number) {
                    each(*group, object);
                }
            }
            return;
        }
        let mut objects: Vec<Option<T>> = objects.into_iter().map(Some).collect();
        for (group, number) in &self.members {
            if let Some(object) = objects.get_mut(*number).and_then(Option::take) {
                each(*group, object);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distributed(links: &Links, objects: &[&'static str]) -> Vec<(usize, &'static str)> {
        let mut all = Vec::new();
        links.distribute(objects.to_vec(), |group, object| all.push((group, object)));
        all.sort_by_key(|(group, _)| *group);
        all
    }

    fn push_by_key(links: &mut Links, parent: i64, object: usize, key: i64) {
        let (group, _) = links.group_of_integer(parent);
        links.push_by_key(group, object, key);
    }

    #[test]
    fn objects_come_in_the_order_in_which_they_arrived() {
        let mut links = Links::default();
        links.push(Identity::integer(7), 0);
        links.push(Identity::integer(3), 2);
        links.push(Identity::integer(7), 3);
        links.settle();
        assert_eq!(links.known(&Identity::integer(3)), Some(1));
        assert_eq!(links.known(&Identity::integer(1)), None);
        let found = distributed(&links, &["a", "of nobody", "b", "c"]);
        assert_eq!(found, [(0, "a"), (0, "c"), (1, "b")]);
    }

    #[test]
    fn objects_with_keys_come_in_their_order_within_each_group() {
        let mut links = Links::default();
        push_by_key(&mut links, 7, 0, 5);
        push_by_key(&mut links, 3, 1, 9);
        push_by_key(&mut links, 7, 2, 4);
        push_by_key(&mut links, 3, 3, 10);
        links.settle();
        let found = distributed(&links, &["seven's second", "c", "seven's first", "d"]);
        let wanted = [
            (0, "seven's first"),
            (0, "seven's second"),
            (1, "c"),
            (1, "d"),
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn groups_that_are_in_order_are_left_as_they_came() {
        let mut links = Links::default();
        push_by_key(&mut links, 7, 0, 5);
        push_by_key(&mut links, 3, 1, 1);
        push_by_key(&mut links, 7, 2, 6);
        links.settle();
        assert_eq!(links.ascending, Ascending::Yes);
        assert_eq!(links.members(), [(0, 0), (1, 1), (0, 2)]);
    }
}
