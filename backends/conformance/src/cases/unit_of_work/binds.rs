//! Several databases in one session.

use birgus::prelude::*;

use crate::Bed;
use crate::watch::all_statements;

super::super::cases![
    objects_go_to_their_databases,
    queries_go_to_the_database_of_their_model,
    nothing_is_committed_when_a_flush_fails,
    a_rollback_reaches_all_databases,
    databases_are_committed_in_a_fixed_order,
    a_part_is_undone_in_all_databases,
    a_bind_that_is_not_configured_is_refused,
    two_phases_commit_all_or_none,
    one_statement_waits_for_the_other_databases,
];

/// Lives in the main database.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct Shop {
    #[key]
    id: i64,
    #[column(length = 40, unique)]
    name: String,
}

/// Lives elsewhere.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false, bind = "log")]
struct Entry {
    #[key]
    id: i64,
    #[column(length = 40, unique)]
    line: String,
}

/// Lives elsewhere, too.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false, bind = "archive")]
struct Record {
    #[key]
    id: i64,
    #[column(length = 40)]
    line: String,
}

/// Three databases of one engine, of which the second and third are named.
struct Three {
    db: Database,
    beds: Vec<Bed>,
}

impl Three {
    fn new(bed: &Bed) -> Self {
        let beds = vec![bed.another(), bed.another()];
        let mut config = bed.config();
        config.binds.insert("log".into(), beds[0].config());
        config.binds.insert("archive".into(), beds[1].config());
        let models = [Shop::info(), Entry::info(), Record::info()];
        let db = Database::with_models(config, models).unwrap();
        db.create_all().unwrap();
        db.bind("log").unwrap().create_all().unwrap();
        db.bind("archive").unwrap().create_all().unwrap();
        Self { db, beds }
    }

    fn close(self) {
        drop(self.db);
        for bed in self.beds {
            bed.remove().unwrap();
        }
    }
}

fn objects_go_to_their_databases(bed: &Bed) {
    let three = Three::new(bed);
    let db = &three.db;
    let log = db.bind("log").unwrap();
    let mut session = db.session().unwrap();
    let shop = session.add(Shop::build().name("corner"));
    let entry = session.add(Entry::build().line("opened"));
    session.add(Record::build().line("kept"));
    session.commit().unwrap();
    assert_eq!(Shop::query().one(db).unwrap(), session[shop]);
    assert_eq!(Entry::query().one(&log).unwrap(), session[entry]);
    let tables: Vec<String> = (log.tables().iter())
        .map(|table| table.name.clone())
        .collect();
    assert_eq!(tables, ["entry"]);
    let id = session[entry].id;
    session[entry].line = "closed".into();
    session.commit().unwrap();
    assert_eq!(
        Entry::query().get(id, &log).unwrap().unwrap().line,
        "closed"
    );
    session.delete(entry).unwrap();
    session.commit().unwrap();
    assert_eq!(Entry::query().count(&log).unwrap(), 0);
    drop((session, log));
    three.close();
}

fn queries_go_to_the_database_of_their_model(bed: &Bed) {
    let three = Three::new(bed);
    let db = &three.db;
    Entry::insert(Entry::build().line("by the main handle"))
        .execute(db)
        .unwrap();
    assert_eq!(Entry::query().count(db).unwrap(), 1);
    assert_eq!(Entry::query().count(&db.bind("log").unwrap()).unwrap(), 1);
    let mut session = db.session().unwrap();
    let entry = session.load(Entry::query()).unwrap()[0];
    assert_eq!(session[entry].line, "by the main handle");
    Entry::query()
        .update(Entry::line.set("changed"), &mut session)
        .unwrap();
    assert_eq!(session[entry].line, "changed");
    session.add(Entry::build().line("pending"));
    let some = Entry::query().filter(Entry::line.eq("pending"));
    assert!(
        some.exists(&mut session).unwrap(),
        "flushed before the query"
    );
    session.commit().unwrap();
    drop(session);
    three.close();
}

fn nothing_is_committed_when_a_flush_fails(bed: &Bed) {
    let three = Three::new(bed);
    let db = &three.db;
    Shop::insert(Shop::build().name("corner"))
        .execute(db)
        .unwrap();
    let mut session = db.session().unwrap();
    session.add(Entry::build().line("opened"));
    session.add(Shop::build().name("corner"));
    assert!(session.commit().unwrap_err().is_unique_violation());
    session.rollback().unwrap();
    assert_eq!(Entry::query().count(db).unwrap(), 0);
    drop(session);
    three.close();
}

fn a_rollback_reaches_all_databases(bed: &Bed) {
    let three = Three::new(bed);
    let db = &three.db;
    let mut session = db.session().unwrap();
    session.add(Entry::build().line("opened"));
    session.add(Shop::build().name("corner"));
    session.flush().unwrap();
    session.rollback().unwrap();
    session.commit().unwrap();
    let left = (
        Shop::query().count(db).unwrap(),
        Entry::query().count(db).unwrap(),
    );
    assert_eq!(left, (0, 0));
    drop(session);
    three.close();
}

fn databases_are_committed_in_a_fixed_order(bed: &Bed) {
    let three = Three::new(bed);
    let db = &three.db;
    let mut session = db.session().unwrap();
    session.add(Shop::build().name("corner"));
    session.add(Entry::build().line("opened"));
    session.add(Record::build().line("kept"));
    let sent = all_statements(|| session.commit().unwrap());
    let commits = sent.iter().filter(|text| *text == "COMMIT").count();
    assert_eq!(commits, 3, "{sent:?}");
    assert_eq!(
        sent[sent.len() - 3..],
        ["COMMIT"; 3],
        "after every flush: {sent:?}"
    );
    drop(session);
    three.close();
}

fn a_part_is_undone_in_all_databases(bed: &Bed) {
    let three = Three::new(bed);
    let db = &three.db;
    let mut session = db.session().unwrap();
    session.add(Entry::build().line("first"));
    let part: birgus::Result<()> = session.nested(|session| {
        session.add(Entry::build().line("second"));
        session.add(Shop::build().name("corner"));
        session.flush()?;
        Err(birgus::Error::session("given up"))
    });
    assert!(part.is_err());
    session.add(Record::build().line("kept"));
    session.commit().unwrap();
    let lines = Entry::query().pluck(Entry::line, db).unwrap();
    assert_eq!(lines, ["first"]);
    assert_eq!(Shop::query().count(db).unwrap(), 0);
    assert_eq!(Record::query().count(db).unwrap(), 1);
    drop(session);
    three.close();
}

fn a_bind_that_is_not_configured_is_refused(bed: &Bed) {
    let error = Database::with_models(bed.config(), [Entry::info()]).unwrap_err();
    assert!(error.is_configuration(), "{error:?}");
    assert!(error.to_string().contains("binds.log.url"), "{error}");
    // A handle of a database that has no such bind either.
    let db = bed.database(&[Shop::info()]);
    let mut session = db.session().unwrap();
    session.add(Entry::build().line("nowhere"));
    assert!(session.commit().unwrap_err().is_configuration());
    session.rollback().unwrap();
    assert!(Entry::query().count(&db).unwrap_err().is_configuration());
}

fn two_phases_commit_all_or_none(bed: &Bed) {
    let three = Three::new(bed);
    let db = &three.db;
    let options = birgus::TransactionOptions::new().two_phase();
    let mut session = db.session_with(options).unwrap();
    session.add(Shop::build().name("corner"));
    session.add(Entry::build().line("opened"));
    let able = db.dialect().unwrap().capabilities().two_phase;
    let mut committed = Ok(());
    let sent = all_statements(|| committed = session.commit());
    match committed {
        Ok(()) => {
            assert!(able);
            let place = |text: &str| sent.iter().position(|sent| sent.starts_with(text));
            let last_prepared = sent.iter().rposition(|sent| sent.starts_with("PREPARE"));
            assert!(last_prepared < place("COMMIT PREPARED"), "{sent:?}");
            assert_eq!(Entry::query().count(db).unwrap(), 1);
            assert_eq!(Shop::query().count(db).unwrap(), 1);
            // What fails before the second phase leaves nothing anywhere.
            session.add(Entry::build().line("closed"));
            session.add(Shop::build().name("corner"));
            assert!(session.commit().unwrap_err().is_unique_violation());
            session.rollback().unwrap();
            assert_eq!(Entry::query().count(db).unwrap(), 1);
        }
        // The engine has none, or the server is configured against it.
        Err(error) => {
            assert!(error.is_unsupported(), "{error:?}");
            session.rollback().unwrap();
            assert_eq!(Entry::query().count(db).unwrap(), 0);
        }
    }
    drop(session);
    three.close();
}

fn one_statement_waits_for_the_other_databases(bed: &Bed) {
    let three = Three::new(bed);
    let db = &three.db;
    let mut session = db.session().unwrap();
    session.add(Entry::build().line("opened"));
    session.flush().unwrap();
    session.add(Shop::build().name("corner"));
    let sent = all_statements(|| session.commit().unwrap());
    let place = |beginning: &str| sent.iter().position(|text| text.starts_with(beginning));
    assert!(
        place("BEGIN").is_some() && place("BEGIN") < place("INSERT"),
        "{sent:?}"
    );
    assert_eq!(sent[sent.len() - 2..], ["COMMIT"; 2], "{sent:?}");
    drop(session);
    three.close();
}
