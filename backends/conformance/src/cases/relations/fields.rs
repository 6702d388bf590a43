//! The fields themselves: what they say, how they look, how they are serialised.

use birgus::prelude::*;
use serde::{Deserialize, Serialize};

use super::stock::library;
use crate::Bed;
use crate::library::{Essay, Writer};

super::super::cases![
    what_is_not_loaded_is_an_error,
    taken_out_and_dropped,
    compared_shown_and_cloned,
    serialised,
    a_row_that_must_be_there,
    what_a_query_gave_is_not_added_again,
];

#[derive(Model, Debug, Clone, PartialEq, Serialize, Deserialize)]
#[model(register = false)]
struct Nest {
    #[key]
    id: i64,
    #[has_many(Bird, backref = nest)]
    #[serde(default, skip_serializing_if = "Many::is_unloaded")]
    birds: Many<Bird>,
    #[has_one(Guard)]
    guard: One<Option<Guard>>,
}

#[derive(Model, Debug, Clone, PartialEq, Serialize, Deserialize)]
#[model(register = false)]
struct Bird {
    #[key]
    id: i64,
    #[column(references = Nest::id)]
    nest_id: i64,
    #[belongs_to(nest_id, backref = birds)]
    #[serde(default, skip_serializing_if = "One::is_unloaded")]
    nest: One<Nest>,
}

#[derive(Model, Debug, Clone, PartialEq, Serialize, Deserialize)]
#[model(register = false)]
struct Guard {
    #[key]
    id: i64,
    #[column(references = Nest::id, unique)]
    nest_id: i64,
}

fn nests(bed: &Bed) -> Database {
    let db = bed.database(&[Nest::info(), Bird::info(), Guard::info()]);
    Nest::insert(Nest::build().id(1)).execute(&db).unwrap();
    Nest::insert(Nest::build().id(2)).execute(&db).unwrap();
    for id in [1, 2] {
        Bird::insert(Bird::build().id(id).nest_id(1))
            .execute(&db)
            .unwrap();
    }
    Guard::insert(Guard::build().id(1).nest_id(1))
        .execute(&db)
        .unwrap();
    db
}

fn what_is_not_loaded_is_an_error(bed: &Bed) {
    let db = library(bed);
    let writer = Writer::query().first(&db).unwrap().unwrap();
    let error = writer.essays.loaded().unwrap_err();
    assert!(error.is_not_loaded());
    let text = error.to_string();
    for said in [
        "Writer.essays",
        ".with(Writer::essays.selectin())",
        "essays.load(",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let essay = Essay::query().first(&db).unwrap().unwrap();
    let text = essay.writer.loaded().unwrap_err().to_string();
    for said in ["Essay.writer", ".with(Essay::writer.selectin())"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let made = Many::<Essay>::default();
    let error = made.loaded().unwrap_err();
    assert!(
        error.is_not_loaded() && error.to_string().contains("made by hand"),
        "{error}"
    );
    let error = made.clone().load(&db).unwrap_err();
    assert!(error.is_not_loaded(), "{error}");
    let error = made.query().all(&db).unwrap_err();
    assert!(error.to_string().contains("made by hand"), "{error}");
}

fn taken_out_and_dropped(bed: &Bed) {
    let db = library(bed);
    let query = Writer::query()
        .order_by(Writer::id)
        .with(Writer::essays)
        .with(Writer::badge);
    let mut found = query.all(&db).unwrap();
    let mut ann = found.remove(0);
    ann.essays.loaded_mut().unwrap().pop();
    assert_eq!(ann.essays.loaded().unwrap().len(), 1);
    ann.essays.unload();
    assert!(ann.essays.is_unloaded() && !ann.essays.is_loaded());
    assert!(
        ann.essays
            .clone()
            .into_loaded()
            .unwrap_err()
            .is_not_loaded()
    );
    assert_eq!(ann.essays.load(&db).unwrap().len(), 2);
    assert_eq!(ann.essays.into_loaded().unwrap()[1].title, "b");
    assert_eq!(
        ann.badge.clone().into_loaded().unwrap().unwrap().text,
        "gold"
    );
    ann.badge.unload();
    assert!(ann.badge.loaded().unwrap_err().is_not_loaded());
    assert_eq!(ann.badge.load(&db).unwrap().unwrap().text, "gold");
}

fn compared_shown_and_cloned(bed: &Bed) {
    let db = nests(bed);
    let bare = Nest::query().order_by(Nest::id).all(&db).unwrap();
    let full = |related| {
        Nest::query()
            .order_by(Nest::id)
            .with(related)
            .all(&db)
            .unwrap()
    };
    let (joined, selectin) = (full(Nest::birds.joined()), full(Nest::birds.selectin()));
    assert_eq!(joined, selectin);
    assert_ne!(bare, joined);
    assert_eq!(joined.clone(), joined);
    assert_eq!(format!("{:?}", bare[0].birds), "(not loaded)");
    assert_eq!(format!("{:?}", bare[0].guard), "(not loaded)");
    assert_eq!(
        format!("{:?}", joined[0].birds),
        "[Bird { id: 1, nest_id: 1, nest: (not loaded) }, Bird { id: 2, nest_id: 1, nest: (not loaded) }]"
    );
    assert_eq!(format!("{:?}", joined[1].birds), "[]");
    // A clone has what it was cloned with.
    let mut clone = joined.clone();
    clone[0].birds.loaded_mut().unwrap().clear();
    assert_eq!(joined[0].birds.loaded().unwrap().len(), 2);
    let guarded = Nest::query()
        .order_by(Nest::id)
        .with(Nest::guard)
        .all(&db)
        .unwrap();
    assert_ne!(
        guarded[1].guard, bare[1].guard,
        "none is not the same as not loaded"
    );
    assert_eq!(format!("{:?}", guarded[1].guard), "None");
    assert_eq!(
        format!("{:?}", guarded[0].guard),
        "Some(Guard { id: 1, nest_id: 1 })"
    );
}

fn serialised(bed: &Bed) {
    let db = nests(bed);
    let text = |nests: &[Nest]| serde_json::to_string(nests).unwrap();
    let query = Nest::query().order_by(Nest::id);
    let bare = query.clone().all(&db).unwrap();
    assert_eq!(
        text(&bare),
        r#"[{"id":1,"guard":null},{"id":2,"guard":null}]"#
    );
    let full = query.with(Nest::birds).with(Nest::guard).all(&db).unwrap();
    assert_eq!(
        text(&full),
        concat!(
            r#"[{"id":1,"birds":[{"id":1,"nest_id":1},{"id":2,"nest_id":1}],"guard":{"id":1,"nest_id":1}},"#,
            r#"{"id":2,"birds":[],"guard":null}]"#
        )
    );
    let back: Vec<Nest> = serde_json::from_str(&text(&full)).unwrap();
    assert_eq!(back[0], full[0]);
    assert_eq!(back[1].birds, full[1].birds);
    assert!(back[1].guard.is_unloaded(), "null says nothing");
    let bird = Bird::query().with(Bird::nest).first(&db).unwrap().unwrap();
    let text = serde_json::to_string(&bird).unwrap();
    assert_eq!(text, r#"{"id":1,"nest_id":1,"nest":{"id":1,"guard":null}}"#);
    assert_eq!(serde_json::from_str::<Bird>(&text).unwrap(), bird);
    let bare: Bird = serde_json::from_str(r#"{"id":1,"nest_id":1}"#).unwrap();
    assert!(bare.nest.is_unloaded());
}

fn a_row_that_must_be_there(bed: &Bed) {
    let db = library(bed);
    // A filter leaves it out.
    let nobody = Essay::writer.filter(Writer::name.eq("nobody"));
    for related in [
        nobody.clone().joined(),
        nobody.clone().selectin(),
        nobody.subquery(),
    ] {
        let mut essay = Essay::query()
            .with(related.clone())
            .first(&db)
            .unwrap()
            .unwrap();
        let error = essay.writer.loaded().unwrap_err();
        assert!(error.is_not_found(), "{error}");
        assert!(error.to_string().contains("Essay.writer"), "{error}");
        assert_eq!(essay.writer.load(&db).unwrap().name, "ann");
        let mut session = db.session().unwrap();
        let key = session.load(Essay::query().with(related)).unwrap()[0];
        assert!(
            session
                .related(key, Essay::writer)
                .unwrap_err()
                .is_not_found()
        );
    }
}

fn what_a_query_gave_is_not_added_again(bed: &Bed) {
    let db = library(bed);
    let writers = || Writer::query().count(&db).unwrap();
    let essays = || Essay::query().count(&db).unwrap();
    let a = Essay::query().filter(Essay::title.eq("a"));
    let found = (a.clone().with(Essay::writer).with(Essay::topics)).one(&db);
    let mut later = a.clone().one(&db).unwrap();
    later.writer.load(&db).unwrap();
    later.topics.load(&db).unwrap();
    let mut in_hand = [a.one(&db).unwrap()];
    birgus::load(&mut in_hand, Essay::writer, &db).unwrap();
    let [in_hand] = in_hand;
    for mut copy in [found.unwrap(), later.clone(), later, in_hand] {
        assert!(copy.writer.is_loaded());
        copy.id = 0;
        let before = essays();
        let mut session = db.session().unwrap();
        let key = session.add(copy);
        session.commit().unwrap();
        assert_eq!(session[key].writer_id, 1);
        assert_eq!((writers(), essays()), (3, before + 1));
    }
    // A collection, and one that was filtered.
    for related in [Writer::essays.selectin(), Writer::essays.limit(1)] {
        let ann = Writer::query().with(related).order_by(Writer::id);
        let mut copy = ann.first(&db).unwrap().unwrap();
        copy.id = 0;
        let (people, before) = (writers(), essays());
        let mut session = db.session().unwrap();
        session.add(copy);
        session.commit().unwrap();
        assert_eq!((writers(), essays()), (people + 1, before));
    }
    // What is put into the field by hand is new.
    let mut copy = Writer::query().with(Writer::essays).first(&db).unwrap();
    let copy = copy.as_mut().unwrap();
    let mut essay = copy.essays.loaded().unwrap()[0].clone();
    (copy.id, essay.id) = (0, 0);
    copy.essays = vec![essay].into();
    let before = essays();
    let mut session = db.session().unwrap();
    session.add(copy.clone());
    session.commit().unwrap();
    assert_eq!(essays(), before + 1);
}
