//! Values and objects that come and go with what they are related to, and who hears of links.

use std::sync::{Arc, Mutex};

use birgus::model::{Hooks, Problems};
use birgus::prelude::*;
use birgus::session::{Change, ObjectState, SessionListener};
use birgus::{Error, Result, Value};

use super::stock::library;
use crate::Bed;
use crate::library::{Essay, EssayTopic, Topic, Writer};
use crate::watch::statements;

super::super::cases![
    merge_takes_what_is_related_along,
    merge_links_and_unlinks_nothing,
    a_foreign_key_of_a_merged_value_counts,
    a_row_that_a_value_has_twice_is_merged_once,
    attach_drops_what_a_value_has_loaded,
    an_expunged_parent_is_read_again,
    an_expunged_child_is_read_again,
    changes_show_the_foreign_key,
    hooks_see_a_link_to_a_new_row,
];

fn essay(session: &mut Session, title: &str) -> Key<Essay> {
    let query = Essay::query().filter(Essay::title.eq(title));
    session.load(query).unwrap()[0]
}

fn writer(session: &mut Session, name: &str) -> Key<Writer> {
    let query = Writer::query().filter(Writer::name.eq(name));
    session.load(query).unwrap()[0]
}

/// A writer with all essays and their topics, as a value.
fn value(db: &Database, name: &str) -> Writer {
    let along = Writer::essays.selectin().with(Essay::topics.selectin());
    let query = Writer::query().filter(Writer::name.eq(name)).with(along);
    query.one(db).unwrap()
}

fn new_essay(title: &str) -> Essay {
    Essay {
        id: 0,
        title: title.into(),
        likes: 0,
        writer_id: 0,
        editor_id: None,
        writer: One::default(),
        editor: One::default(),
        topics: Many::default(),
        reviews: Many::default(),
    }
}

fn new_topic(name: &str) -> Topic {
    Topic {
        id: 0,
        name: name.into(),
        essays: Many::default(),
    }
}

fn merge_takes_what_is_related_along(bed: &Bed) {
    let db = library(bed);
    let mut ann = value(&db, "ann");
    ann.name = "anna".into();
    let essays = ann.essays.loaded_mut().unwrap();
    essays[0].likes = 9;
    essays[0].topics.loaded_mut().unwrap()[0].name = "lobsters".into();
    let mut new = new_essay("n");
    new.topics = vec![new_topic("foam")].into();
    essays.push(new);
    let mut session = db.session().unwrap();
    let key = session.merge(ann).unwrap();
    let essays = session.related(key, Writer::essays).unwrap();
    assert_eq!(essays.len(), 3);
    session.commit().unwrap();
    let stored = value(&db, "anna");
    let all: Vec<(&str, i32, Vec<&str>)> = (stored.essays.loaded().unwrap().iter())
        .map(|essay| {
            let topics = essay.topics.loaded().unwrap().iter();
            let topics = topics.map(|topic| topic.name.as_str()).collect();
            (essay.title.as_str(), essay.likes, topics)
        })
        .collect();
    assert_eq!(
        all,
        [
            ("a", 9, vec!["lobsters", "sea"]),
            ("b", 5, vec!["lobsters"]),
            ("n", 0, vec!["foam"]),
        ]
    );
    assert_eq!(Topic::query().count(&db).unwrap(), 4);
}

fn merge_links_and_unlinks_nothing(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let same = value(&db, "ann");
    session.merge(same).unwrap();
    let sent = statements(|| session.commit().unwrap());
    let selects = |text: &String| text.starts_with("SELECT");
    assert!(sent.iter().all(selects), "nothing is changed: {sent:#?}");
    // What the value does not have stays; what it has and is not so yet is linked.
    let mut bob = value(&db, "bob");
    let essays = bob.essays.loaded_mut().unwrap();
    let sand = Topic::query().filter(Topic::name.eq("sand")).one(&db);
    essays[0].topics = vec![sand.unwrap()].into();
    *essays = vec![
        value(&db, "ann").essays.loaded().unwrap()[0].clone(),
        essays[0].clone(),
    ];
    let key = session.merge(bob).unwrap();
    session.commit().unwrap();
    assert_eq!(session.related(key, Writer::essays).unwrap().len(), 2);
    let mut ann = value(&db, "ann");
    assert_eq!(ann.essays.loaded().unwrap().len(), 1);
    ann.essays = Vec::new().into();
    session.merge(ann).unwrap();
    session.commit().unwrap();
    assert_eq!(value(&db, "ann").essays.loaded().unwrap().len(), 1);
    assert_eq!(EssayTopic::query().count(&db).unwrap(), 4);
}

fn a_foreign_key_of_a_merged_value_counts(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let cid = writer(&mut session, "cid");
    let query = Essay::query()
        .filter(Essay::title.eq("a"))
        .with(Essay::writer);
    let mut value = query.one(&db).unwrap();
    // The writer that was loaded is as it was; the key has changed.
    value.writer_id = session[cid].id;
    let key = session.merge(value.clone()).unwrap();
    assert_eq!(session.related(key, Essay::writer).unwrap(), cid);
    session.commit().unwrap();
    assert_eq!(session[key].writer_id, session[cid].id);
    // Another writer in the field.
    let dora = Writer {
        id: 0,
        name: "dora".into(),
        ..self::value(&db, "cid")
    };
    value.writer = One::new(Writer {
        essays: Many::default(),
        ..dora
    });
    let key = session.merge(value).unwrap();
    session.commit().unwrap();
    let dora = session.related(key, Essay::writer).unwrap();
    assert_eq!(session[dora].name, "dora");
    assert_eq!(session[key].writer_id, session[dora].id);
}

fn a_row_that_a_value_has_twice_is_merged_once(bed: &Bed) {
    let db = library(bed);
    let mut ann = value(&db, "ann");
    let topic = Topic {
        id: 77,
        ..new_topic("salt")
    };
    for essay in ann.essays.loaded_mut().unwrap() {
        essay.topics = vec![topic.clone()].into();
    }
    let mut session = db.session().unwrap();
    session.merge(ann).unwrap();
    session.commit().unwrap();
    let salt = Topic::query().get(77, &db).unwrap().unwrap();
    assert_eq!(salt.essays.query().count(&db).unwrap(), 2);
}

fn attach_drops_what_a_value_has_loaded(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let ann = value(&db, "ann");
    assert!(ann.essays.is_loaded());
    let key = session.attach(ann).unwrap();
    assert!(session[key].essays.is_unloaded());
    let query = session[key].essays.query();
    assert_eq!(query.count(&mut session).unwrap(), 2, "it knows its row");
    assert_eq!(session.related(key, Writer::essays).unwrap().len(), 2);
    assert!(statements(|| session.commit().unwrap()).is_empty());
}

fn an_expunged_parent_is_read_again(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let (ann, a) = (writer(&mut session, "ann"), essay(&mut session, "a"));
    assert_eq!(session.related(a, Essay::writer).unwrap(), ann);
    session.expunge(ann).unwrap();
    let again = session.related(a, Essay::writer).unwrap();
    assert_eq!(session[again].name, "ann");
    // A new one takes along that it was linked.
    let dora = session.add(Writer::build().name("dora"));
    let new = session.add(Essay::build().title("n").writer(dora));
    session.expunge(new).unwrap();
    assert_eq!(session.related(dora, Writer::essays).unwrap(), []);
    session.commit().unwrap();
    assert_eq!(Essay::query().count(&db).unwrap(), 3);
}

fn an_expunged_child_is_read_again(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let ann = writer(&mut session, "ann");
    let essays = session.related(ann, Writer::essays).unwrap();
    let a = session.expunge(essays[0]).unwrap();
    let again = session.related(ann, Writer::essays).unwrap();
    assert_eq!(again.len(), 2);
    assert_eq!(session[again[0]].title, a.title);
    assert_eq!(again[1], essays[1]);
    session.set(ann, Writer::edited, [again[0]]).unwrap();
    session.commit().unwrap();
    assert_eq!(session.state(essays[0]).unwrap(), ObjectState::Detached);
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

fn told(changes: &[Change]) -> Vec<String> {
    let field = |change: &Change| {
        let fields = change.fields().iter().map(|field| {
            let (before, after) = (field.before(), field.after());
            let number = |value: Option<&Value>| match value {
                Some(Value::Integer(number)) => number.to_string(),
                other => format!("{other:?}"),
            };
            format!("{} {} -> {}", field.name(), number(before), number(after))
        });
        format!("{change}: {}", fields.collect::<Vec<_>>().join(", "))
    };
    let of_essays = changes.iter().filter(|change| change.model() == "Essay");
    of_essays.map(field).collect()
}

impl SessionListener for Log {
    fn after_commit(&self, changes: &[Change]) {
        self.0.lock().unwrap().extend(told(changes));
    }
}

fn changes_show_the_foreign_key(bed: &Bed) {
    let db = library(bed);
    let log = Log::default();
    db.listen(log.clone());
    let mut session = db.session().unwrap();
    let (a, b) = (essay(&mut session, "a"), essay(&mut session, "b"));
    let (ann, cid) = (writer(&mut session, "ann"), writer(&mut session, "cid"));
    let dora = session.add(Writer::build().name("dora"));
    session.link(cid, Writer::essays, a).unwrap();
    session.link(dora, Writer::essays, b).unwrap();
    let id = |session: &Session, key: Key<Writer>| session[key].id;
    let (ids, writers) = (
        (session[a].id, session[b].id),
        (id(&session, ann), id(&session, cid)),
    );
    let expected = |dora: i64| {
        [
            format!(
                "update of Essay {}: writer_id {} -> {}",
                ids.0, writers.0, writers.1
            ),
            format!(
                "update of Essay {}: writer_id {} -> {dora}",
                ids.1, writers.0
            ),
        ]
    };
    // As for any object that has no row yet, its id is 0.
    assert_eq!(told(&session.changes().unwrap()), expected(0));
    session.commit().unwrap();
    let dora = id(&session, dora);
    assert_eq!(*log.0.lock().unwrap(), expected(dora));
}

/// A ship that has a crew, and an opinion of it.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub(super) struct Ship {
    #[key]
    pub id: i64,
    #[has_many(Sailor, backref = ship)]
    pub crew: Many<Sailor>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false, hooks)]
pub(super) struct Sailor {
    #[key]
    pub id: i64,
    #[column(default = 0)]
    pub voyages: i32,
    #[column(references = Ship::id)]
    pub ship_id: Option<i64>,
    #[belongs_to(ship_id)]
    pub ship: One<Option<Ship>>,
    #[version]
    pub version: i64,
}

impl Hooks for Sailor {
    fn before_update(&mut self) -> Result<()> {
        self.voyages += 1;
        Ok(())
    }

    fn validate(&self, problems: &mut Problems) {
        if self.voyages > 2 {
            problems.add(Sailor::voyages, "is tired");
        }
    }
}

fn hooks_see_a_link_to_a_new_row(bed: &Bed) {
    let db = bed.database(&[Ship::info(), Sailor::info()]);
    let mut session = db.session().unwrap();
    let sailor = session.add(Sailor::build());
    session.commit().unwrap();
    for voyage in 1..=2 {
        let ship = session.add(Ship::build());
        session.link(ship, Ship::crew, sailor).unwrap();
        session.link(sailor, Sailor::ship, ship).unwrap();
        session.commit().unwrap();
        let stored = Sailor::query().one(&db).unwrap();
        assert_eq!(
            (stored.voyages, stored.version),
            (voyage, i64::from(voyage) + 1)
        );
        assert_eq!(stored.ship_id, Some(session[ship].id));
    }
    let ships = Ship::query().count(&db).unwrap();
    let ship = session.add(Ship::build());
    session.link(ship, Ship::crew, sailor).unwrap();
    let error: Error = session.commit().unwrap_err();
    assert!(error.is_validation(), "{error}");
    session.rollback().unwrap();
    assert_eq!(session[sailor].voyages, 2);
    assert_eq!(Ship::query().count(&db).unwrap(), ships);
    let before = session.related(sailor, Sailor::ship).unwrap().unwrap();
    assert_eq!(session.related(before, Ship::crew).unwrap(), [sailor]);
}
