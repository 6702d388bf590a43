//! What is said of a relationship for which it means nothing is refused, not ignored.

use birgus::prelude::*;

use super::stock::library;
use crate::Bed;
use crate::library::{Branch, Essay, Writer};

super::super::cases![
    a_relationship_to_another_model_is_not_followed_further,
    one_row_has_no_limit,
    the_relationship_of_an_alias_is_not_loaded,
];

#[track_caller]
fn refused<T>(result: birgus::Result<T>, subject: &str, said: &str) {
    let Err(error) = result else {
        panic!("{subject}: {said}: not refused");
    };
    assert!(error.is_invalid_query(), "{error}");
    let text = error.to_string();
    assert!(text.starts_with(subject) && text.contains(said), "{text}");
}

fn a_relationship_to_another_model_is_not_followed_further(bed: &Bed) {
    let db = library(bed);
    for related in [
        Writer::essays.depth(2),
        Writer::essays.recursive(),
        Writer::essays.joined().recursive(),
        Writer::essays.subquery().depth(3),
    ] {
        let query = Writer::query().with(related.clone());
        refused(
            query.to_sql(db.dialect().unwrap()),
            "Writer.essays: ",
            "depth()",
        );
        refused(query.all(&db), "Writer.essays: ", "depth()");
        // Further down, of values in hand, and where there are no rows at all.
        let below = Essay::query().with(Essay::writer.selectin().with(related.clone()));
        refused(below.limit(0).all(&db), "Writer.essays: ", "leads to Essay");
        let mut writers = Writer::query().all(&db).unwrap();
        let loaded = birgus::load(&mut writers, related.clone(), &db);
        refused(loaded, "Writer.essays: ", "depth()");
        let mut session = db.session().unwrap();
        let loaded = session.load(Writer::query().with(related));
        refused(loaded, "Writer.essays: ", "depth()");
    }
    // Once is what it is anyway.
    let once = Writer::query().with(Writer::essays.depth(1)).all(&db);
    assert_eq!(once.unwrap().len(), 3);
}

fn one_row_has_no_limit(bed: &Bed) {
    let db = library(bed);
    for related in [
        Essay::writer.limit(1),
        Essay::writer.offset(1),
        Essay::writer.joined().limit(2),
        Essay::writer.subquery().limit(1),
    ] {
        let query = Essay::query().with(related);
        refused(query.all(&db), "Essay.writer: ", "limit()");
    }
    let query = Branch::query().with(Branch::parent.recursive().limit(1));
    refused(query.all(&db), "Branch.parent: ", "limit()");
}

fn the_relationship_of_an_alias_is_not_loaded(bed: &Bed) {
    let db = library(bed);
    let other = Writer::alias("other");
    let of_other = || other.relation(Writer::essays);
    for related in [of_other(), of_other().joined(), of_other().contains()] {
        let query = Writer::query().with(related.clone());
        refused(query.all(&db), "Writer.essays: ", "with(Writer::essays)");
        let query = Essay::query().with(Essay::writer.with(related.clone()));
        refused(query.all(&db), "Writer.essays: ", "named other");
        let mut writers = Writer::query().all(&db).unwrap();
        let loaded = birgus::load(&mut writers, related, &db);
        refused(loaded, "Writer.essays: ", "named other");
    }
}
