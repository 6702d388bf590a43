//! A relation that is loaded row by row is told of.

use birgus::prelude::*;

use crate::Bed;
use crate::library::{Branch, Essay, Writer, models};
use crate::watch::{warnings, watched};

super::super::cases![
    a_loop_over_the_limit_gives_one_warning,
    a_loop_within_the_limit_gives_none,
    tracked_objects_are_counted_too,
    what_needs_no_statement_does_not_count,
    loads_without_a_session_do_not_count,
    two_relations_are_counted_apart,
    sessions_are_counted_apart_and_cleared_ones_begin_anew,
    an_error_in_place_of_a_warning,
    an_error_from_the_first_on,
    the_limit_can_be_switched_off,
    a_tree_is_told_what_follows_it,
];

/// So many writers, each with an essay.
fn library_of(bed: &Bed, writers: i64, configure: impl FnOnce(&mut Config)) -> Database {
    let mut config = bed.config();
    configure(&mut config);
    let db = Database::with_models(config, models()).unwrap();
    db.create_all().unwrap();
    let names = (0..writers).map(|number| Writer::build().name(format!("writer {number}")));
    let ids = Writer::insert_many(names).execute(&db).unwrap();
    let essays = (ids.iter()).map(|id| Essay::build().title("e").writer_id(*id).editor_id(*id));
    Essay::insert_many(essays).execute(&db).unwrap();
    db
}

fn load_essays(session: &mut Session, times: usize) {
    let writers = Writer::query().all(&mut *session).unwrap();
    for writer in writers.into_iter().take(times) {
        let mut writer = writer;
        assert_eq!(writer.essays.load(&mut *session).unwrap().len(), 1);
    }
}

fn a_loop_over_the_limit_gives_one_warning(bed: &Bed) {
    let db = library_of(bed, 14, |_| {});
    let mut session = db.session().unwrap();
    let mut writers = Writer::query().all(&mut session).unwrap();
    let first = line!() + 2;
    let given = warnings(|| {
        writers[0].essays.load(&mut session).unwrap();
        for writer in &mut writers[1..] {
            writer.essays.load(&mut session).unwrap();
        }
    });
    let [warning] = &given[..] else {
        panic!("one warning: {given:?}");
    };
    assert_eq!(warning["relation"], "Writer.essays");
    assert_eq!(warning["count"], "11");
    let place = format!("{}:{first}:", file!());
    assert!(warning["first"].starts_with(&place), "{place}: {warning:?}");
    assert_eq!(
        warning["remedy"],
        "load it for all rows together, by .with(Writer::essays.selectin()) on their query, or for values in hand by \
         birgus::load(&mut rows, Writer::essays, &mut session)"
    );
    // What it advises is heard no more of.
    let mut session = db.session().unwrap();
    let given = warnings(|| {
        for writer in &mut writers {
            writer.essays.unload();
        }
        birgus::load(&mut writers, Writer::essays, &mut session).unwrap();
        let with = Writer::query().with(Writer::essays.selectin());
        for writer in with
            .all(&mut session)
            .unwrap()
            .iter_mut()
            .chain(&mut writers)
        {
            assert_eq!(writer.essays.load(&mut session).unwrap().len(), 1);
        }
    });
    assert_eq!(given, []);
}

fn a_loop_within_the_limit_gives_none(bed: &Bed) {
    let db = library_of(bed, 10, |_| {});
    let mut session = db.session().unwrap();
    assert_eq!(warnings(|| load_essays(&mut session, 10)), []);
    // A commit between them does not begin anew.
    session.commit().unwrap();
    assert_eq!(warnings(|| load_essays(&mut session, 1)).len(), 1);
    session.rollback().unwrap();
    assert_eq!(warnings(|| load_essays(&mut session, 10)), [], "told once");
}

fn tracked_objects_are_counted_too(bed: &Bed) {
    let db = library_of(bed, 3, |config| config.n_plus_one.limit = Some(2));
    let mut session = db.session().unwrap();
    let writers = session.load(Writer::query()).unwrap();
    let first = line!() + 3;
    let given = warnings(|| {
        for writer in &writers {
            session.related(*writer, Writer::essays).unwrap();
            // It is known by now.
            session.related(*writer, Writer::essays).unwrap();
        }
    });
    let [warning] = &given[..] else {
        panic!("one warning: {given:?}");
    };
    assert_eq!(
        (&*warning["relation"], &*warning["count"]),
        ("Writer.essays", "3")
    );
    let place = format!("{}:{first}:", file!());
    assert!(warning["first"].starts_with(&place), "{place}: {warning:?}");
}

fn what_needs_no_statement_does_not_count(bed: &Bed) {
    let db = library_of(bed, 3, |config| config.n_plus_one.limit = Some(0));
    Essay::query()
        .update(Essay::editor_id.set(None), &db)
        .unwrap();
    let mut session = db.session().unwrap();
    let writers = session
        .load(Writer::query().order_by(Writer::id.asc()))
        .unwrap();
    let essays = session
        .load(Essay::query().order_by(Essay::id.asc()))
        .unwrap();
    let mut values = Essay::query().all(&mut session).unwrap();
    let (sent, given) = watched(|| {
        for (essay, writer) in essays.iter().zip(&writers) {
            // The row is in the identity map.
            assert_eq!(session.related(*essay, Essay::writer).unwrap(), *writer);
            // The foreign key is NULL.
            assert_eq!(session.related(*essay, Essay::editor).unwrap(), None);
        }
        for essay in &mut values {
            assert_eq!(essay.editor.load(&mut session).unwrap(), None);
        }
        // Nobody references a row that is not stored.
        let new = session.add(Writer::build().name("new"));
        session.no_autoflush(|session| {
            assert_eq!(session.related(new, Writer::essays).unwrap(), []);
        });
    });
    assert_eq!(sent, [] as [&str; 0]);
    assert_eq!(given, []);
    let given = warnings(|| {
        session.related(writers[0], Writer::essays).unwrap();
    });
    assert_eq!(given.len(), 1, "this one needs a statement");
}

fn loads_without_a_session_do_not_count(bed: &Bed) {
    let db = library_of(bed, 3, |config| {
        config.n_plus_one.limit = Some(0);
        config.n_plus_one.error = true;
    });
    let mut writers = Writer::query().all(&db).unwrap();
    let given = warnings(|| {
        for writer in &mut writers {
            assert_eq!(writer.essays.load(&db).unwrap().len(), 1);
            writer.essays.unload();
        }
        let mut connection = db.connection().unwrap();
        for writer in &mut writers {
            assert_eq!(writer.essays.load(&mut connection).unwrap().len(), 1);
        }
        let mut session = db.session().unwrap();
        for writer in &writers {
            // A query of its own for each is what was asked for.
            assert_eq!(writer.essays.query().count(&mut session).unwrap(), 1);
        }
    });
    assert_eq!(given, []);
}

fn two_relations_are_counted_apart(bed: &Bed) {
    let db = library_of(bed, 3, |config| config.n_plus_one.limit = Some(2));
    let mut session = db.session().unwrap();
    let mut writers = Writer::query().all(&mut session).unwrap();
    let mut essays = Essay::query().all(&mut session).unwrap();
    let given = warnings(|| {
        for writer in &mut writers[..2] {
            writer.essays.load(&mut session).unwrap();
            // It leads to the same model.
            writer.edited.load(&mut session).unwrap();
        }
        for essay in &mut essays[..2] {
            essay.writer.load(&mut session).unwrap();
        }
    });
    assert_eq!(given, []);
    let given = warnings(|| {
        writers[2].edited.load(&mut session).unwrap();
        essays[2].writer.load(&mut session).unwrap();
    });
    let names: Vec<&str> = given.iter().map(|warning| &*warning["relation"]).collect();
    assert_eq!(names, ["Writer.edited", "Essay.writer"]);
}

fn sessions_are_counted_apart_and_cleared_ones_begin_anew(bed: &Bed) {
    let db = library_of(bed, 3, |config| config.n_plus_one.limit = Some(2));
    let given = warnings(|| {
        for _ in 0..2 {
            load_essays(&mut db.session().unwrap(), 2);
        }
        let mut session = db.session().unwrap();
        for _ in 0..2 {
            load_essays(&mut session, 2);
            session.clear();
        }
    });
    assert_eq!(given, []);
}

fn an_error_in_place_of_a_warning(bed: &Bed) {
    let db = library_of(bed, 4, |config| {
        config.n_plus_one.limit = Some(2);
        config.n_plus_one.error = true;
    });
    let mut session = db.session().unwrap();
    let mut writers = Writer::query().all(&mut session).unwrap();
    let first = line!() + 2;
    let load = |session: &mut Session, writer: &mut Writer| {
        writer.essays.load(session).map(<[Essay]>::len)
    };
    let (sent, given) = watched(|| {
        for writer in &mut writers[..2] {
            assert_eq!(load(&mut session, writer).unwrap(), 1);
        }
        for (writer, count) in writers[2..].iter_mut().zip([3, 4]) {
            let error = load(&mut session, writer).unwrap_err();
            assert!(error.is_n_plus_one(), "{error}");
            let text = error.to_string();
            let place = format!(
                "Writer.essays: loaded for one row by itself {count} times in a session, first at {}:{first}:",
                file!()
            );
            assert!(text.starts_with(&place), "{place}: {text}");
            assert!(text.contains(".with(Writer::essays.selectin())"), "{text}");
            assert!(writer.essays.is_unloaded());
        }
    });
    assert_eq!((sent.len(), given), (2, vec![]), "{sent:?}");
    // The session goes on.
    session.add(Writer::build().name("another"));
    session.commit().unwrap();
    let keys = session.load(Writer::query()).unwrap();
    assert!(
        session
            .related(keys[0], Writer::essays)
            .unwrap_err()
            .is_n_plus_one()
    );
    assert!(session.related(keys[0], Writer::badge).unwrap().is_none());
}

fn an_error_from_the_first_on(bed: &Bed) {
    let db = library_of(bed, 1, |config| {
        config.n_plus_one.limit = Some(0);
        config.n_plus_one.error = true;
    });
    let mut session = db.session().unwrap();
    let mut essay = Essay::query().first(&mut session).unwrap().unwrap();
    let error = essay.writer.load(&mut session).unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with(
            "Essay.writer: loaded for one row by itself 1 time in a session, first at "
        ),
        "{text}"
    );
}

fn the_limit_can_be_switched_off(bed: &Bed) {
    let db = library_of(bed, 12, |config| {
        config.n_plus_one.limit = None;
        config.n_plus_one.error = true;
    });
    assert_eq!(warnings(|| load_essays(&mut db.session().unwrap(), 12)), []);
}

fn a_tree_is_told_what_follows_it(bed: &Bed) {
    let mut config = bed.config();
    config.n_plus_one.limit = Some(0);
    let db = Database::with_models(config, models()).unwrap();
    db.create_all().unwrap();
    Branch::insert(Branch::build().name("root"))
        .execute(&db)
        .unwrap();
    let mut session = db.session().unwrap();
    let mut root = Branch::query().first(&mut session).unwrap().unwrap();
    let given = warnings(|| {
        root.children.load(&mut session).unwrap();
    });
    let remedy = ".with(Branch::children.recursive()) follows it to its end";
    assert!(given[0]["remedy"].ends_with(remedy), "{given:?}");
}
