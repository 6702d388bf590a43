//! Values that lack a column, where they are stored, tracked and written down.

use birgus::prelude::*;
use birgus::query::{Selection, model};
use serde::{Deserialize, Serialize};

use super::{Author, BIO, MOTTO, authors, bio, database, names};
use crate::Bed;
use crate::watch::statements;

super::super::cases![
    writes_return_whole_rows,
    an_object_without_a_value_is_not_stored,
    a_session_tracks_whole_rows,
    merging_keeps_what_was_not_loaded,
    they_are_written_as_json,
];

fn whole() -> impl Selection<Output = Author> {
    model::<Author>()
}

fn writes_return_whole_rows(bed: &Bed) {
    let db = database(bed);
    let new = Author::insert(Author::build().username("eve").bio("short"))
        .returning(whole())
        .execute(&db)
        .unwrap();
    assert_eq!(
        (bio(&new), new.motto.loaded().unwrap().as_str()),
        (Some("short"), "none")
    );
    let query = || {
        Author::query()
            .filter(Author::username.eq("eve"))
            .defer(Author::motto)
    };
    let changed = query().update_returning(Author::motto.set("new"), whole(), &db);
    let changed = changed.unwrap();
    assert_eq!(bio(&changed[0]), Some("short"));
    assert_eq!(changed[0].motto.loaded().unwrap(), "new");
    let mut again = changed[0].clone();
    again.bio.set(None);
    let upserted = Author::insert(again)
        .on_conflict(Author::username)
        .update([Author::bio.set_excluded(), Author::motto.set_excluded()])
        .returning(whole())
        .execute(&db)
        .unwrap();
    assert_eq!(
        (bio(&upserted), upserted.motto.loaded().unwrap().as_str()),
        (None, "new")
    );
    let gone = query().delete_returning(whole(), &db).unwrap();
    assert!(gone[0].bio.is_loaded() && gone[0].motto.is_loaded());
}

fn an_object_without_a_value_is_not_stored(bed: &Bed) {
    const MESSAGE: &str = "Author.bio: not loaded; to be stored it needs a value: set one, or load it by .undefer(Author::bio) or load_only";
    let db = database(bed);
    let mut susan = authors().first(&db).unwrap().unwrap();
    susan.id = 0;
    susan.username = "eve".into();
    let insert = Author::insert(susan.clone()).execute(&db).unwrap_err();
    assert!(insert.is_not_loaded(), "{insert:?}");
    assert_eq!(insert.to_string(), MESSAGE);
    let upsert = Author::insert(susan.clone())
        .on_conflict(Author::username)
        .update(Author::motto.set_excluded())
        .execute(&db)
        .unwrap_err();
    assert_eq!(upsert.to_string(), MESSAGE);
    let many = Author::insert_many([susan.clone()])
        .execute(&db)
        .unwrap_err();
    assert_eq!(many.to_string(), MESSAGE);
    let returning = Author::insert(susan.clone()).returning(Author::id);
    assert_eq!(returning.execute(&db).unwrap_err().to_string(), MESSAGE);

    let mut session = db.session().unwrap();
    session.add(susan.clone());
    let error = session.commit().unwrap_err();
    assert!(error.is_not_loaded(), "{error:?}");
    assert!(error.to_string().contains(MESSAGE), "{error}");
    session.rollback().unwrap();
    let error = session.attach(authors().first(&db).unwrap().unwrap());
    assert_eq!(error.unwrap_err().to_string(), MESSAGE);
    // One that was made by hand has no field to name yet; its model names it.
    susan.bio = Deferred::default();
    let error = susan.bio.loaded().unwrap_err();
    assert!(error.is_not_loaded(), "{error:?}");
    assert_eq!(
        Author::insert(susan.clone())
            .execute(&db)
            .unwrap_err()
            .to_string(),
        MESSAGE
    );

    susan.bio.set(Some("found".into()));
    let id = Author::insert(susan).execute(&db).unwrap();
    let query = Author::query().undefer(Author::bio);
    assert_eq!(bio(&query.get(id, &db).unwrap().unwrap()), Some("found"));
}

fn a_session_tracks_whole_rows(bed: &Bed) {
    let db = database(bed);
    let mut session = db.session().unwrap();
    let keys = session.load(authors().defer(Author::motto)).unwrap();
    let [susan, joe] = <[Key<Author>; 2]>::try_from(keys).unwrap();
    assert_eq!(bio(&session[susan]), Some("a long life"));
    assert_eq!(session[joe].motto.loaded().unwrap(), "never");
    // A change of one column is sent alone, be it deferred or not.
    session[susan].age = Some(4);
    let texts = statements(|| session.flush().unwrap());
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert!(
        !names(&texts[0], BIO) && !names(&texts[0], MOTTO),
        "{texts:?}"
    );
    session[susan].bio.set(None);
    let texts = statements(|| session.flush().unwrap());
    assert!(
        names(&texts[0], BIO) && !names(&texts[0], MOTTO),
        "{texts:?}"
    );
    // What runs in a session without being tracked leaves out as elsewhere.
    let rows = authors().all(&mut session).unwrap();
    assert!(rows.iter().all(|author| author.bio.is_deferred()));
    // Rows that are read again are whole too.
    Author::query()
        .by_key(2)
        .update(
            [Author::bio.set("late"), Author::motto.set("often")],
            &mut session,
        )
        .unwrap();
    assert_eq!(bio(&session[joe]), Some("late"));
    assert_eq!(session[joe].motto.loaded().unwrap(), "often");
    session.refresh(joe).unwrap();
    assert_eq!(bio(&session[joe]), Some("late"));
    session.rollback().unwrap();
    assert_eq!(
        (bio(&session[susan]), session[susan].age),
        (Some("a long life"), None)
    );
    assert_eq!(bio(&session[joe]), None);
    // A value that is taken away is not sent as NULL.
    session[susan].bio = Deferred::default();
    let error = session.commit().unwrap_err();
    assert!(error.is_not_loaded(), "{error:?}");
    session.rollback().unwrap();

    let eve = session.add(Author::build().username("eve"));
    assert_eq!(bio(&session[eve]), None);
    session[eve].bio.set(Some("new".into()));
    session.commit().unwrap();
    assert_eq!(
        authors().pluck(Author::bio, &db).unwrap()[2].as_deref(),
        Some("new")
    );
    let eve = session.expunge(eve).unwrap();
    assert_eq!(bio(&eve), Some("new"));
    session.attach(eve).unwrap();
}

fn merging_keeps_what_was_not_loaded(bed: &Bed) {
    let db = database(bed);
    let mut susan = authors().first(&db).unwrap().unwrap();
    susan.username = "susan2".into();
    susan.motto.set("later".into());
    let mut session = db.session().unwrap();
    let key = session.merge(susan.clone()).unwrap();
    assert_eq!(bio(&session[key]), Some("a long life"));
    let texts = statements(|| session.commit().unwrap());
    assert!(!names(&texts.concat(), BIO), "{texts:?}");
    let stored = authors().undefer(Author::bio).first(&db).unwrap().unwrap();
    assert_eq!(
        (stored.username.as_str(), bio(&stored)),
        ("susan2", Some("a long life"))
    );
    assert_eq!(stored.motto.loaded().unwrap(), "later");
    // Of a row that does not exist nothing is there to be kept.
    susan.id = 99;
    session.merge(susan).unwrap();
    assert!(session.commit().unwrap_err().is_not_loaded());
    session.rollback().unwrap();
}

fn they_are_written_as_json(bed: &Bed) {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Card {
        #[serde(skip_serializing_if = "Deferred::is_deferred", default)]
        bio: Deferred<Option<String>>,
        #[serde(skip_serializing_if = "Deferred::is_deferred", default)]
        motto: Deferred<String>,
    }
    let db = database(bed);
    let joe = authors().undefer(Author::bio).get(2, &db).unwrap().unwrap();
    let json = serde_json::json!({
        "id": 2, "username": "joe", "bio": null, "motto": "never", "age": 30
    });
    assert_eq!(serde_json::to_value(&joe).unwrap(), json);
    let susan = authors().defer(Author::motto).first(&db).unwrap().unwrap();
    let json = serde_json::json!({
        "id": 1, "username": "susan", "bio": null, "motto": null, "age": null
    });
    assert_eq!(serde_json::to_value(&susan).unwrap(), json);
    assert_eq!(serde_json::from_value::<Author>(json).unwrap(), susan);
    let mut card = Card {
        bio: susan.bio,
        motto: susan.motto,
    };
    assert_eq!(serde_json::to_string(&card).unwrap(), "{}");
    card.motto.set("now".into());
    let json = serde_json::to_string(&card).unwrap();
    assert_eq!(json, r#"{"motto":"now"}"#);
    assert_eq!(serde_json::from_str::<Card>(&json).unwrap(), card);
}
