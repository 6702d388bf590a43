//! Objects of a session have what the database computed, right after the flush.

use birgus::prelude::*;

use super::{Line, Seat, euros};
use crate::Bed;
use crate::watch::counted;

super::super::cases![
    new_objects_have_what_was_computed,
    changed_objects_have_what_was_computed,
    many_objects_take_few_statements,
    objects_may_not_set_what_is_computed,
    a_rollback_brings_back_what_was_computed,
    a_row_in_place_of_a_deleted_one_is_computed,
    merging_leaves_out_what_is_computed,
];

fn new_objects_have_what_was_computed(bed: &Bed) {
    let db = bed.database(&[Line::info(), Seat::info()]);
    let mut session = db.session().unwrap();
    let line = session.add(Line::of("crab", 3, 250));
    let seat = session.add(Seat::build().room(1).number(2));
    assert_eq!(
        (session[line].total, session[line].wholesale),
        (euros(0), false),
        "until the flush it holds the zero of its type"
    );
    assert_eq!(session[line].note_length, None);
    assert_eq!(session[seat].label, "");
    session.flush().unwrap();
    assert_eq!(session[line].total, euros(750));
    assert_eq!(session[seat].label, "1/2");
    session.commit().unwrap();
    assert_eq!(Line::query().one(&db).unwrap(), session[line]);
    assert_eq!(Seat::query().one(&db).unwrap(), session[seat]);
    // What the program sets in a new object is not looked at.
    let other = session.add(Line::of("shrimp", 1, 1));
    session[other].total = euros(5);
    session.commit().unwrap();
    assert_eq!(session[other].total, euros(1));
}

fn changed_objects_have_what_was_computed(bed: &Bed) {
    let db = bed.database(&[Line::info()]);
    let ids = Line::insert_many([Line::of("a", 1, 100), Line::of("b", 2, 100)])
        .execute(&db)
        .unwrap();
    let mut session = db.session().unwrap();
    let lines = session
        .load(Line::query().order_by(Line::id.asc()))
        .unwrap();
    session[lines[0]].quantity = 150;
    session[lines[1]].note = Some("four".into());
    session.commit().unwrap();
    assert_eq!(
        (session[lines[0]].total, session[lines[0]].wholesale),
        (euros(15_000), true)
    );
    assert_eq!(session[lines[1]].note_length, Some(4));
    for (key, id) in lines.iter().zip(&ids) {
        assert_eq!(Line::query().get(*id, &db).unwrap().unwrap(), session[*key]);
    }
    // Nothing is computed of the item: nothing is read.
    let reads = counted(&["SELECT"], || {
        session[lines[0]].item = "c".into();
        session.commit().unwrap();
    });
    assert_eq!(reads, 0);
    // What is known is what is stored: the next flush sends nothing.
    assert_eq!(counted(&["UPDATE"], || session.commit().unwrap()), 0);
}

fn many_objects_take_few_statements(bed: &Bed) {
    let db = bed.database(&[Line::info()]);
    let mut session = db.session().unwrap();
    let mut keys = Vec::new();
    let reads = counted(&["SELECT"], || {
        for number in 0..1_000 {
            keys.push(session.add(Line::of("x", number, 100)));
        }
        session.commit().unwrap();
    });
    assert!(reads <= 2, "{reads} reads for 1,000 new objects");
    for (number, key) in (0_i64..).zip(&keys) {
        assert_eq!(session[*key].total, euros(number * 100));
    }
    let reads = counted(&["SELECT"], || {
        for key in &keys {
            session[*key].price = euros(200);
        }
        session.commit().unwrap();
    });
    assert!(reads <= 2, "{reads} reads for 1,000 changed objects");
    for (number, key) in (0_i64..).zip(&keys) {
        assert_eq!(session[*key].total, euros(number * 200));
    }
}

fn objects_may_not_set_what_is_computed(bed: &Bed) {
    let db = bed.database(&[Line::info()]);
    let id = Line::insert(Line::of("crab", 3, 250)).execute(&db).unwrap();
    let mut session = db.session().unwrap();
    let line = session.get::<Line>(id).unwrap().unwrap();
    session[line].total = euros(1);
    let error = session.commit().unwrap_err();
    assert!(error.is_invalid_query(), "{error:?}");
    assert!(
        error
            .to_string()
            .contains("line.total: the database computes it"),
        "{error}"
    );
    session.rollback().unwrap();
    assert_eq!(session[line].total, euros(750));
    assert_eq!(Line::query().one(&db).unwrap().total, euros(750));
}

fn a_rollback_brings_back_what_was_computed(bed: &Bed) {
    let db = bed.database(&[Line::info()]);
    let id = Line::insert(Line::of("crab", 3, 250)).execute(&db).unwrap();
    let mut session = db.session().unwrap();
    let line = session.get::<Line>(id).unwrap().unwrap();
    session[line].quantity = 4;
    session.flush().unwrap();
    assert_eq!(session[line].total, euros(1_000));
    session.rollback().unwrap();
    assert_eq!(
        (session[line].quantity, session[line].total),
        (3, euros(750))
    );
}

fn a_row_in_place_of_a_deleted_one_is_computed(bed: &Bed) {
    #[derive(Model, Debug, Clone, PartialEq)]
    #[model(register = false)]
    struct Box {
        #[key(natural)]
        id: i64,
        width: i32,
        #[column(computed = Self::width * Self::width)]
        area: i64,
        #[column(default_sql = birgus::query::value(20_i64) + 1)]
        height: i32,
    }

    let db = bed.database(&[Box::info()]);
    Box::insert(Box::build().id(7).width(2).height(3))
        .execute(&db)
        .unwrap();
    let mut session = db.session().unwrap();
    let old = session.get::<Box>(7).unwrap().unwrap();
    session.delete(old).unwrap();
    let new = session.add(Box::build().id(7).width(5));
    session.commit().unwrap();
    assert_eq!((session[new].area, session[new].height), (25, 21));
    assert_eq!(Box::query().one(&db).unwrap(), session[new]);
}

fn merging_leaves_out_what_is_computed(bed: &Bed) {
    let db = bed.database(&[Line::info()]);
    let id = Line::insert(Line::of("crab", 3, 250)).execute(&db).unwrap();
    let mut line = Line::query().get(id, &db).unwrap().unwrap();
    line.quantity = 5;
    line.total = euros(3);
    let mut session = db.session().unwrap();
    let merged = session.merge(line).unwrap();
    session.commit().unwrap();
    assert_eq!(session[merged].total, euros(1_250));
}
