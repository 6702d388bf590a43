//! Random sequences of what a program does with a session, beside a plain model of what must come of them: after each
//! step the session's objects are as the model says, and after each flush the database is.
//!
//! `BIRGUS_SEQUENCES` is the number of sequences, `BIRGUS_SEQUENCES_SEED` what they are drawn from; both are printed.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use birgus::prelude::*;
use birgus::session::ObjectState;
use birgus_conformance::Bed;
use proptest::collection::vec;
use proptest::strategy::{Just, Strategy, Union};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

/// How many sequences run when nothing is said.
const SEQUENCES: u32 = 60;

/// What they are drawn from then.
const SEED: u64 = 20_261_121;

/// Something that others are in, whose changes are counted.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct Crate {
    #[key]
    id: i64,
    #[column(length = 20, unique)]
    tag: String,
    weight: i32,
    #[version]
    version: i64,
}

/// Something that loses its crate with it.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct Item {
    #[key]
    id: i64,
    #[column(length = 20, unique)]
    tag: String,
    #[column(references = Crate::id)]
    home: Option<i64>,
    count: i32,
}

/// Something that goes with its crate; its key is the program's.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct Label {
    #[key]
    #[column(length = 20)]
    tag: String,
    #[column(references = Crate::id, cascade = delete)]
    home: i64,
}

/// What a program does. The numbers choose among what is there.
#[derive(Clone, Debug)]
enum Step {
    AddCrate(i32),
    AddItem(Option<u8>),
    AddLabel(u8),
    AddDuplicate(u8),
    SetWeight(u8, i32),
    SetCount(u8, i32),
    Move(u8, Option<u8>),
    DeleteCrate(u8),
    DeleteItem(u8),
    DeleteLabel(u8),
    Flush,
    Query,
    Commit,
    Rollback,
    Begin,
    End(bool),
    AddWeight(i32),
    DeleteFew(i32),
    Refresh(u8),
    Clear,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let any = 0..=u8::MAX;
    let small = 0..4_i32;
    let maybe = || proptest::option::of(0..=u8::MAX);
    let choices = vec![
        (6, small.clone().prop_map(Step::AddCrate).boxed()),
        (6, maybe().prop_map(Step::AddItem).boxed()),
        (4, any.clone().prop_map(Step::AddLabel).boxed()),
        (1, any.clone().prop_map(Step::AddDuplicate).boxed()),
        (
            6,
            (any.clone(), small.clone())
                .prop_map(|(at, to)| Step::SetWeight(at, to))
                .boxed(),
        ),
        (
            4,
            (any.clone(), small.clone())
                .prop_map(|(at, to)| Step::SetCount(at, to))
                .boxed(),
        ),
        (
            4,
            (any.clone(), maybe())
                .prop_map(|(at, to)| Step::Move(at, to))
                .boxed(),
        ),
        (4, any.clone().prop_map(Step::DeleteCrate).boxed()),
        (2, any.clone().prop_map(Step::DeleteItem).boxed()),
        (2, any.clone().prop_map(Step::DeleteLabel).boxed()),
        (3, Just(Step::Flush).boxed()),
        (3, Just(Step::Query).boxed()),
        (3, Just(Step::Commit).boxed()),
        (2, Just(Step::Rollback).boxed()),
        (3, Just(Step::Begin).boxed()),
        (4, proptest::bool::ANY.prop_map(Step::End).boxed()),
        (2, small.clone().prop_map(Step::AddWeight).boxed()),
        (1, small.prop_map(Step::DeleteFew).boxed()),
        (2, any.prop_map(Step::Refresh).boxed()),
        (1, Just(Step::Clear).boxed()),
    ];
    vec(Union::new_weighted(choices), 1..60)
}

/// The rows, by their tags: references are tags too.
#[derive(Clone, Debug, Default, PartialEq)]
struct Rows {
    /// Weight and version.
    crates: BTreeMap<String, (i32, i64)>,
    /// Crate and count.
    items: BTreeMap<String, (Option<String>, i32)>,
    labels: BTreeMap<String, String>,
}

impl Rows {
    fn delete_crate(&mut self, tag: &str) {
        self.crates.remove(tag);
        self.labels.retain(|_, home| home != tag);
        for (home, _) in self.items.values_mut() {
            if home.as_deref() == Some(tag) {
                *home = None;
            }
        }
    }
}

/// What must be, and the session that is to bring it about.
struct World<'a> {
    db: &'a Database,
    /// As the session's objects are.
    now: Rows,
    /// As the database is, seen from inside of the transaction.
    flushed: Rows,
    /// As it was at the last commit, and at each savepoint.
    saved: Vec<Rows>,
    /// Whether a row was added that another one has the tag of.
    doomed: bool,
    /// Rows whose objects learn of a deletion at the next flush.
    cascading: bool,
    next: u32,
    crates: BTreeMap<String, Key<Crate>>,
    items: BTreeMap<String, Key<Item>>,
    labels: BTreeMap<String, Key<Label>>,
}

type Outcome = birgus::Result<()>;

fn pick<V>(rows: &BTreeMap<String, V>, at: u8) -> Option<String> {
    let number = usize::from(at).checked_rem(rows.len())?;
    rows.keys().nth(number).cloned()
}

macro_rules! key_of {
    ($name:ident, $field:ident, $model:ident) => {
        /// The key of the object with that tag, which is read when the session does not track it.
        fn $name(&mut self, session: &mut Session, tag: &str) -> Key<$model> {
            if let Some(key) = self.$field.get(tag)
                && session.try_get(*key).is_ok()
            {
                return *key;
            }
            let query = $model::query().filter($model::tag.eq(tag));
            let found = session.no_autoflush(|session| session.load(query)).unwrap();
            assert_eq!(found.len(), 1, "{tag} is in the database");
            self.$field.insert(tag.to_owned(), found[0]);
            found[0]
        }
    };
}

impl World<'_> {
    key_of!(crate_key, crates, Crate);
    key_of!(item_key, items, Item);
    key_of!(label_key, labels, Label);

    fn tag(&mut self, kind: &str) -> String {
        self.next += 1;
        format!("{kind}{:05}", self.next)
    }

    /// Takes note of a flush that must have succeeded.
    fn is_flushed(&mut self) {
        for (tag, (weight, version)) in &mut self.now.crates {
            if let Some((before, _)) = self.flushed.crates.get(tag)
                && before != weight
            {
                *version += 1;
            }
        }
        self.flushed = self.now.clone();
        self.cascading = false;
    }

    /// What a flush says must be what the model says.
    fn after_flush<T>(&mut self, result: birgus::Result<T>) -> birgus::Result<T> {
        match (&result, self.doomed) {
            (Ok(_), false) => self.is_flushed(),
            (Err(error), true) => assert!(error.is_unique_violation(), "{error:?}"),
            (Ok(_), true) => panic!("a duplicate was taken"),
            (Err(error), false) => panic!("{error:?}"),
        }
        result
    }

    fn back_to(&mut self, depth: usize) {
        self.saved.truncate(depth + 1);
        self.now = self.saved[depth].clone();
        self.flushed = self.now.clone();
        self.doomed = false;
        self.cascading = false;
    }

    /// Runs steps up to the end of a part, whose number is given.
    fn run(&mut self, session: &mut Session, steps: &[Step], at: &mut usize) -> Outcome {
        while let Some(step) = steps.get(*at) {
            *at += 1;
            match step {
                Step::Begin => self.part(session, steps, at)?,
                Step::End(ok) if self.saved.len() > 1 => {
                    return match ok {
                        true => Ok(()),
                        false => Err(birgus::Error::session("given up")),
                    };
                }
                step => self.step(session, step)?,
            }
            self.check_objects(session);
        }
        Ok(())
    }

    fn part(&mut self, session: &mut Session, steps: &[Step], at: &mut usize) -> Outcome {
        let depth = self.saved.len();
        let mut begun = false;
        let start = *at;
        let result = session.nested(|session| {
            begun = true;
            self.after_flush(Ok(()))?;
            self.saved.push(self.now.clone());
            self.run(session, steps, at)
        });
        if !begun {
            // What was pending could not be flushed.
            skip_part(steps, at);
            return self.after_flush(result);
        }
        match result {
            Ok(()) => {
                self.after_flush(Ok(()))?;
                self.saved.truncate(depth);
            }
            Err(error) => {
                assert!(
                    error.is_unique_violation() || error.to_string() == "given up",
                    "{error:?}"
                );
                *at = start;
                skip_part(steps, at);
                self.back_to(depth);
                self.saved.truncate(depth);
            }
        }
        Ok(())
    }

    fn step(&mut self, session: &mut Session, step: &Step) -> Outcome {
        match step {
            Step::AddCrate(weight) => {
                let tag = self.tag("c");
                let key = session.add(Crate::build().tag(tag.as_str()).weight(*weight));
                self.crates.insert(tag.clone(), key);
                self.now.crates.insert(tag, (*weight, 1));
            }
            Step::AddDuplicate(at) => {
                if let Some(tag) = pick(&self.flushed.crates, *at)
                    && self.now.crates.contains_key(&tag)
                {
                    session.add(Crate::build().tag(tag).weight(0));
                    self.doomed = true;
                }
            }
            Step::AddItem(home) => {
                let home = home.and_then(|at| pick(&self.now.crates, at));
                let tag = self.tag("i");
                let row = Item::build().tag(tag.as_str()).count(0);
                let key = match &home {
                    Some(home) => {
                        let home = self.crate_key(session, home);
                        session.add(row.home(home))
                    }
                    None => session.add(row),
                };
                self.items.insert(tag.clone(), key);
                self.now.items.insert(tag, (home, 0));
            }
            Step::AddLabel(at) => {
                let Some(home) = pick(&self.now.crates, *at) else {
                    return Ok(());
                };
                let tag = self.tag("l");
                let parent = self.crate_key(session, &home);
                let key = session.add(Label::build().tag(tag.as_str()).home(parent));
                self.labels.insert(tag.clone(), key);
                self.now.labels.insert(tag, home);
            }
            Step::SetWeight(at, weight) => {
                if let Some(tag) = pick(&self.now.crates, *at) {
                    let key = self.crate_key(session, &tag);
                    session[key].weight = *weight;
                    self.now.crates.get_mut(&tag).unwrap().0 = *weight;
                }
            }
            Step::SetCount(at, count) => {
                if let Some(tag) = pick(&self.now.items, *at) {
                    let key = self.item_key(session, &tag);
                    session[key].count = *count;
                    self.now.items.get_mut(&tag).unwrap().1 = *count;
                }
            }
            Step::Move(at, home) => {
                let home = home.and_then(|at| pick(&self.flushed.crates, at));
                // A crate that goes with the next flush is no place to move to.
                let home = home.filter(|home| self.now.crates.contains_key(home));
                if let Some(tag) = pick(&self.flushed.items, *at)
                    && self.now.items.contains_key(&tag)
                    && !self.cascading
                {
                    let id = home.as_ref().map(|home| {
                        let key = self.crate_key(session, home);
                        session[key].id
                    });
                    let key = self.item_key(session, &tag);
                    session[key].home = id;
                    self.now.items.get_mut(&tag).unwrap().0 = home;
                }
            }
            Step::DeleteCrate(at) => {
                // New rows that wait for the id of a row which is given up are refused; that has a case of its own.
                if let Some(tag) = pick(&self.flushed.crates, *at)
                    && self.now.crates.contains_key(&tag)
                {
                    let key = self.crate_key(session, &tag);
                    session.delete(key).unwrap();
                    self.now.delete_crate(&tag);
                    self.cascading = true;
                }
            }
            Step::DeleteItem(at) => {
                if let Some(tag) = pick(&self.now.items, *at) {
                    let key = self.item_key(session, &tag);
                    session.delete(key).unwrap();
                    self.now.items.remove(&tag);
                }
            }
            Step::DeleteLabel(at) => {
                if let Some(tag) = pick(&self.now.labels, *at) {
                    let key = self.label_key(session, &tag);
                    session.delete(key).unwrap();
                    self.now.labels.remove(&tag);
                }
            }
            Step::Flush => {
                let result = session.flush();
                self.after_flush(result)?;
            }
            Step::Query => {
                let result = Crate::query().count(&mut *session);
                let count = self.after_flush(result)?;
                assert_eq!(count, self.now.crates.len() as u64);
                self.check_rows(session);
            }
            Step::Commit => {
                if self.saved.len() > 1 {
                    assert!(session.commit().unwrap_err().is_session());
                    return Ok(());
                }
                let result = session.commit();
                self.after_flush(result)?;
                self.saved = vec![self.now.clone()];
                self.check_rows(self.db);
            }
            Step::Rollback => {
                if self.saved.len() > 1 {
                    return Ok(());
                }
                session.rollback().unwrap();
                self.back_to(0);
                self.check_rows(self.db);
            }
            Step::AddWeight(least) => {
                let heavy = Crate::query().filter(Crate::weight.ge(*least));
                let result = heavy.update(Crate::weight.set(Crate::weight + 1), &mut *session);
                self.after_flush(result)?;
                for (weight, version) in self.now.crates.values_mut() {
                    if *weight >= *least {
                        (*weight, *version) = (*weight + 1, *version + 1);
                    }
                }
                self.flushed = self.now.clone();
            }
            Step::DeleteFew(most) => {
                let few = Item::query().filter(Item::count.gt(*most));
                let result = few.delete(&mut *session);
                self.after_flush(result)?;
                self.now.items.retain(|_, (_, count)| *count <= *most);
                self.flushed = self.now.clone();
            }
            Step::Refresh(at) => {
                if let Some(tag) = pick(&self.flushed.crates, *at)
                    && self.now.crates.contains_key(&tag)
                {
                    let key = self.crate_key(session, &tag);
                    session.refresh(key).unwrap();
                    let stored = self.flushed.crates[&tag];
                    self.now.crates.insert(tag, stored);
                }
            }
            Step::Clear => {
                session.clear();
                self.now = self.flushed.clone();
                self.doomed = false;
                self.cascading = false;
                assert!(session.is_empty());
            }
            Step::Begin | Step::End(_) => {}
        }
        Ok(())
    }

    /// The objects that the session tracks are as the model says.
    fn check_objects(&self, session: &Session) {
        let tag_of = |id: i64| {
            // An id that a rollback gave back may be that of a new row.
            let is = |key: &&Key<Crate>| {
                session.state(**key).unwrap() == ObjectState::Persistent
                    && session.try_get(**key).is_ok_and(|row| row.id == id)
            };
            let key = self.crates.values().find(is)?;
            Some(session[*key].tag.clone())
        };
        for (tag, (weight, version)) in &self.now.crates {
            if let Some(row) = self
                .crates
                .get(tag)
                .and_then(|key| session.try_get(*key).ok())
            {
                assert_eq!(
                    (&row.tag, row.weight, row.version),
                    (tag, *weight, *version)
                );
            }
        }
        for (tag, (home, count)) in &self.now.items {
            let Some(key) = self.items.get(tag) else {
                continue;
            };
            if let Ok(row) = session.try_get(*key) {
                assert_eq!((&row.tag, row.count), (tag, *count));
                let persistent = session.state(*key).unwrap() == ObjectState::Persistent;
                let known = row.home.map(|id| (tag_of(id), id));
                match known {
                    None => assert!(self.cascading || home.is_none(), "{tag}: {home:?}"),
                    // A crate that the session does not track is compared in the database.
                    Some((Some(known), _)) if persistent && !self.cascading => {
                        assert_eq!(Some(known), *home, "{tag}");
                    }
                    Some(_) => {}
                }
            }
        }
        for tag in self
            .crates
            .keys()
            .filter(|tag| !self.now.crates.contains_key(*tag))
        {
            let state = session.state(self.crates[tag]).unwrap();
            assert!(
                self.cascading || state != ObjectState::Pending,
                "{tag} is {state:?}"
            );
        }
    }

    /// The rows of the database are as the model says.
    fn check_rows(&self, mut executor: impl Executor) {
        let mut found = Rows::default();
        let crates = Crate::query().all(&mut executor).unwrap();
        let tags: BTreeMap<i64, String> =
            crates.iter().map(|row| (row.id, row.tag.clone())).collect();
        for row in crates {
            found.crates.insert(row.tag, (row.weight, row.version));
        }
        for row in Item::query().all(&mut executor).unwrap() {
            let home = row.home.map(|id| tags[&id].clone());
            found.items.insert(row.tag, (home, row.count));
        }
        for row in Label::query().all(&mut executor).unwrap() {
            found.labels.insert(row.tag, tags[&row.home].clone());
        }
        assert_eq!(found, self.now);
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

fn run(db: &Database, steps: &[Step]) {
    Label::query().delete(db).unwrap();
    Item::query().delete(db).unwrap();
    Crate::query().delete(db).unwrap();
    let mut session = db.session().unwrap();
    let mut world = World {
        db,
        now: Rows::default(),
        flushed: Rows::default(),
        saved: vec![Rows::default()],
        doomed: false,
        cascading: false,
        next: 0,
        crates: BTreeMap::new(),
        items: BTreeMap::new(),
        labels: BTreeMap::new(),
    };
    let mut at = 0;
    while at < steps.len() {
        if world.run(&mut session, steps, &mut at).is_err() {
            // A flush failed outside of every part.
            assert!(session.flush().unwrap_err().is_session());
            session.rollback().unwrap();
            world.back_to(0);
            world.check_objects(&session);
        }
    }
    drop(session);
    world.back_to(0);
    world.check_rows(db);
}

fn setting(variable: &str) -> Option<u64> {
    let value = std::env::var(variable).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|_| panic!("{variable}: not a whole number")),
    )
}

#[test]
fn session_and_database_agree_after_each_step() {
    let sequences =
        setting("BIRGUS_SEQUENCES").map_or(SEQUENCES, |number| number.try_into().unwrap());
    let seed = setting("BIRGUS_SEQUENCES_SEED").unwrap_or(SEED);
    for pair in birgus_conformance::known_pairs(&support::linked_pairs()).unwrap() {
        eprintln!("{sequences} sequences of seed {seed} on {}", pair.name());
        let bed = Bed::new(&Arc::new(pair)).unwrap();
        let db = bed.database(&[Crate::info(), Item::info(), Label::info()]);
        let config = Config {
            cases: sequences,
            failure_persistence: None,
            max_shrink_iters: 2_000,
            ..Config::default()
        };
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let result = TestRunner::new_with_rng(config, rng).run(&steps(), |steps| {
            let run = std::panic::AssertUnwindSafe(|| run(&db, &steps));
            std::panic::catch_unwind(run).map_err(|panic| {
                let text = panic.downcast_ref::<String>().cloned();
                TestCaseError::fail(text.unwrap_or_else(|| "a panic".to_owned()))
            })
        });
        drop(db);
        bed.remove().unwrap();
        if let Err(TestError::Fail(reason, steps)) = result {
            panic!("seed {seed}: {}\n{steps:#?}", reason.message());
        }
    }
}
