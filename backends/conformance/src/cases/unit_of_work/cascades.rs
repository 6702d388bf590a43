//! What happens to rows that reference a deleted object.

use birgus::model::ModelInfo;
use birgus::prelude::*;
use birgus::session::ObjectState;

use crate::Bed;
use crate::models::{Folder, Note, Page, Seal, Sticker, Trace};
use crate::watch::statements;

super::super::cases![
    children_lose_their_parent_when_nothing_is_said,
    children_go_with_their_parent,
    grandchildren_go_too,
    children_are_left_to_the_database,
    the_database_refuses_what_is_left_to_it,
    an_orphan_goes,
    a_child_with_another_parent_stays,
    a_rollback_brings_all_of_it_back,
    many_parents_take_few_statements,
    more_parents_than_a_statement_binds,
];

fn models() -> [&'static ModelInfo; 6] {
    [
        Folder::info(),
        Note::info(),
        Page::info(),
        Sticker::info(),
        Trace::info(),
        Seal::info(),
    ]
}

fn folder(name: &str) -> impl NewRow<Model = Folder> + use<> {
    Folder::build().name(name)
}

fn children_lose_their_parent_when_nothing_is_said(bed: &Bed) {
    let db = bed.database(&models());
    let mut session = db.session().unwrap();
    let parent = session.add(folder("a"));
    let tracked = session.add(Note::build().folder(parent));
    session.commit().unwrap();
    let id = session[parent].id;
    Note::insert(Note::build().folder(id)).execute(&db).unwrap();
    session.delete(parent).unwrap();
    session.commit().unwrap();
    assert_eq!(session[tracked].folder, None);
    let folders = Note::query().pluck(Note::folder, &db).unwrap();
    assert_eq!(folders, [None, None], "those that were not loaded too");
    assert_eq!(Folder::query().count(&db).unwrap(), 0);
}

fn children_go_with_their_parent(bed: &Bed) {
    let db = bed.database(&models());
    let mut session = db.session().unwrap();
    let parent = session.add(folder("a"));
    let page = session.add(Page::build().folder(parent));
    session.commit().unwrap();
    let id = session[parent].id;
    Page::insert(Page::build().folder(id)).execute(&db).unwrap();
    session.delete(parent).unwrap();
    session.commit().unwrap();
    assert_eq!(session.state(page).unwrap(), ObjectState::Detached);
    assert_eq!(Page::query().count(&db).unwrap(), 0);
}

fn grandchildren_go_too(bed: &Bed) {
    let db = bed.database(&models());
    let id = Folder::insert(folder("a")).execute(&db).unwrap();
    let page = Page::insert(Page::build().folder(id)).execute(&db).unwrap();
    let sticker = Sticker::build().page(page).text("x");
    Sticker::insert(sticker).execute(&db).unwrap();
    let mut session = db.session().unwrap();
    let parent = session.get::<Folder>(id).unwrap().unwrap();
    session.delete(parent).unwrap();
    session.commit().unwrap();
    let left = (
        Page::query().count(&db).unwrap(),
        Sticker::query().count(&db).unwrap(),
    );
    assert_eq!(left, (0, 0));
}

fn children_are_left_to_the_database(bed: &Bed) {
    let db = bed.database(&models());
    let mut session = db.session().unwrap();
    let parent = session.add(folder("a"));
    let other = session.add(folder("b"));
    let gone = session.add(Trace::build().folder(parent));
    let stays = session.add(Trace::build().folder(other));
    session.commit().unwrap();
    let id = session[gone].id;
    session.delete(parent).unwrap();
    session.flush().unwrap();
    assert_eq!(session.get::<Trace>(id).unwrap(), None, "the session knows");
    assert_eq!(session.state(stays).unwrap(), ObjectState::Persistent);
    session.rollback().unwrap();
    assert_eq!(session.get::<Trace>(id).unwrap(), Some(gone));
    session.delete(parent).unwrap();
    session.commit().unwrap();
    assert_eq!(Trace::query().count(&db).unwrap(), 1);
    assert_eq!(session.state(gone).unwrap(), ObjectState::Detached);
}

fn the_database_refuses_what_is_left_to_it(bed: &Bed) {
    let db = bed.database(&models());
    let mut session = db.session().unwrap();
    let parent = session.add(folder("a"));
    session.add(Seal::build().folder(parent));
    session.commit().unwrap();
    session.delete(parent).unwrap();
    assert!(session.commit().unwrap_err().is_foreign_key_violation());
    session.rollback().unwrap();
    assert_eq!(session.state(parent).unwrap(), ObjectState::Persistent);
}

fn an_orphan_goes(bed: &Bed) {
    let db = bed.database(&models());
    let mut session = db.session().unwrap();
    let parent = session.add(folder("a"));
    let pages = session.add_all([0, 1].map(|_| Page::build().folder(parent)));
    let stickers = session.add_all(
        pages
            .clone()
            .into_iter()
            .map(|page| Sticker::build().page(page).text("x")),
    );
    let loose = session.add(Sticker::build().text("never had a page"));
    session.commit().unwrap();
    session[stickers[0]].page = None;
    session[stickers[1]].page = Some(session[pages[0]].id);
    session[loose].text = "still none".into();
    session.commit().unwrap();
    assert_eq!(session.state(stickers[0]).unwrap(), ObjectState::Detached);
    assert_eq!(session.state(stickers[1]).unwrap(), ObjectState::Persistent);
    assert_eq!(session.state(loose).unwrap(), ObjectState::Persistent);
    assert_eq!(Sticker::query().count(&db).unwrap(), 2);
}

fn a_child_with_another_parent_stays(bed: &Bed) {
    let db = bed.database(&models());
    let mut session = db.session().unwrap();
    let (first, second) = (session.add(folder("a")), session.add(folder("b")));
    let page = session.add(Page::build().folder(first));
    session.commit().unwrap();
    session[page].folder = session[second].id;
    session.delete(first).unwrap();
    session.commit().unwrap();
    assert_eq!(session.state(page).unwrap(), ObjectState::Persistent);
    assert_eq!(
        Page::query().pluck(Page::folder, &db).unwrap(),
        [session[second].id]
    );
}

fn a_rollback_brings_all_of_it_back(bed: &Bed) {
    let db = bed.database(&models());
    let mut session = db.session().unwrap();
    let parent = session.add(folder("a"));
    let note = session.add(Note::build().folder(parent));
    let page = session.add(Page::build().folder(parent));
    session.commit().unwrap();
    session.delete(parent).unwrap();
    session.flush().unwrap();
    assert_eq!(session[note].folder, None);
    assert_eq!(session.state(page).unwrap(), ObjectState::Deleted);
    session.rollback().unwrap();
    assert_eq!(session[note].folder, Some(session[parent].id));
    assert_eq!(session.state(page).unwrap(), ObjectState::Persistent);
    session.commit().unwrap();
    assert_eq!(Page::query().count(&db).unwrap(), 1);
}

fn many_parents_take_few_statements(bed: &Bed) {
    let db = bed.database(&models());
    let mut session = db.session().unwrap();
    let parents = session.add_all((0..100).map(|number| folder(&number.to_string())));
    for parent in &parents {
        for _ in 0..3 {
            session.add(Page::build().folder(*parent));
            session.add(Note::build().folder(*parent));
        }
    }
    session.commit().unwrap();
    for parent in parents {
        session.delete(parent).unwrap();
    }
    let sent = statements(|| session.commit().unwrap());
    // Read notes, pages and stickers; update notes; delete pages and folders.
    assert!(sent.len() <= 7, "{} statements: {sent:?}", sent.len());
    let left = (
        Page::query().count(&db).unwrap(),
        Note::query()
            .filter(Note::folder.is_null())
            .count(&db)
            .unwrap(),
    );
    assert_eq!(left, (0, 300));
}

fn more_parents_than_a_statement_binds(bed: &Bed) {
    let db = bed.database(&models());
    let mut session = db.session().unwrap();
    let folders: Vec<_> = (0..40_000).map(|_| session.add(folder("a"))).collect();
    let page = session.add(Page::build().folder(folders[39_999]));
    session.flush().unwrap();
    for folder in folders {
        session.delete(folder).unwrap();
    }
    session.flush().unwrap();
    assert_eq!(session.state(page).unwrap(), ObjectState::Deleted);
    assert_eq!(Page::query().count(&mut session).unwrap(), 0);
    session.rollback().unwrap();
}
