//! Keys that the database assigns, keys that the program gives, and foreign keys.

use birgus::prelude::*;
use birgus::schema::{Column, ColumnType, Table, validate};
use birgus::{Database, sql};

use crate::Bed;
use crate::models::{Country, Post, Team, Ticket, User};

super::cases![
    parity_22_a_foreign_key_is_enforced_on_every_connection,
    parity_23_a_table_that_others_reference_is_not_dropped,
    parity_24_a_unit_of_work_needs_no_deferred_keys,
    parity_49_an_explicit_id_moves_the_sequence,
    parity_50_an_id_is_never_given_twice,
    parity_51_only_an_i64_key_is_assigned,
    parity_52_no_part_of_a_composite_key_is_assigned,
    parity_53_a_key_is_never_null,
];

fn blog(bed: &Bed) -> Database {
    bed.database(&[User::info(), Post::info()])
}

fn susan() -> impl NewRow<Model = User> {
    User::build().username("susan").email("susan@example.com")
}

fn parity_22_a_foreign_key_is_enforced_on_every_connection(bed: &Bed) {
    let db = blog(bed);
    let id = User::insert(susan()).execute(&db).unwrap();
    Post::insert(Post::build().body("kept").author_id(id))
        .execute(&db)
        .unwrap();
    // All at once, so that each is a connection of its own.
    let mut connections: Vec<_> = (0..4).map(|_| db.connection().unwrap()).collect();
    for connection in &mut connections {
        let error = Post::insert(Post::build().body("orphan").author_id(id + 1))
            .execute(&mut *connection)
            .unwrap_err();
        assert!(error.is_foreign_key_violation(), "{error:?}");
        let error = sql("UPDATE \"post\" SET \"author_id\" = 99")
            .execute(&mut *connection)
            .unwrap_err();
        assert!(error.is_foreign_key_violation(), "{error:?}");
    }
    drop(connections);
    assert_eq!(Post::query().pluck(Post::author_id, &db).unwrap(), [id]);
}

fn parity_23_a_table_that_others_reference_is_not_dropped(bed: &Bed) {
    let db = blog(bed);
    let id = User::insert(susan()).execute(&db).unwrap();
    let only_users = bed.open(&[User::info()]);
    let stays = |what: &str| {
        let error = only_users.drop_all().unwrap_err();
        assert!(error.is_foreign_key_violation(), "{what}: {error:?}");
        assert_eq!(User::query().count(&db).unwrap(), 1, "{what}");
    };
    stays("by a table without rows");
    Post::insert(Post::build().body("x").author_id(id))
        .execute(&db)
        .unwrap();
    stays("by a row");
    let error = Post::insert(Post::build().body("y").author_id(id + 1))
        .execute(&only_users)
        .unwrap_err();
    assert!(error.is_foreign_key_violation(), "enforcement stays on");
    db.drop_all().unwrap();
    assert!(db.introspect().unwrap().is_empty());
}

fn parity_24_a_unit_of_work_needs_no_deferred_keys(bed: &Bed) {
    let db = blog(bed);
    let mut session = db.session().unwrap();
    let first = session.add(Post::build().body("first").author_id(0));
    let susan = session.add(susan());
    let second = session.add(Post::build().body("second").author_id(susan));
    session.delete(first).unwrap();
    session.commit().unwrap();
    assert_eq!(session[second].author_id, session[susan].id);
    // The parent goes first here, and last in the database.
    session.delete(susan).unwrap();
    session.delete(second).unwrap();
    session.commit().unwrap();
    assert_eq!(Post::query().count(&db).unwrap(), 0);

    // A key is checked by its statement, not at the commit.
    session.add(Post::build().body("orphan").author_id(99));
    let error = session.flush().unwrap_err();
    assert!(error.is_foreign_key_violation(), "{error:?}");
    session.rollback().unwrap();

    // Two tables that reference each other: the circle is closed by a change.
    let db = bed.database(&[Team::info(), crate::models::Player::info()]);
    let mut session = db.session().unwrap();
    let team = session.add(Team::build());
    let player = session.add(crate::models::Player::build().team(team));
    session.flush().unwrap();
    session[team].captain = Some(session[player].id);
    session.commit().unwrap();
    assert_eq!(
        Team::query().one(&db).unwrap().captain,
        Some(session[player].id)
    );
}

fn parity_49_an_explicit_id_moves_the_sequence(bed: &Bed) {
    let db = bed.database(&[Ticket::info()]);
    let assigned = || Ticket::insert(Ticket::build()).execute(&db).unwrap();
    assert_eq!(assigned(), 1);
    Ticket::insert(Ticket::build().id(500))
        .execute(&db)
        .unwrap();
    assert_eq!(assigned(), 501);
    let mut session = db.session().unwrap();
    session.add(Ticket::build().id(600));
    session.commit().unwrap();
    assert_eq!(assigned(), 601);
    Ticket::query()
        .by_key(601)
        .update(Ticket::id.set(700), &db)
        .unwrap();
    assert_eq!(assigned(), 701);
    Ticket::insert(Ticket::build().id(7)).execute(&db).unwrap();
    assert_eq!(assigned(), 702, "a smaller one does not move it back");
}

fn parity_50_an_id_is_never_given_twice(bed: &Bed) {
    let db = bed.database(&[Ticket::info()]);
    let assigned = || Ticket::insert(Ticket::build()).execute(&db).unwrap();
    let mut last = assigned();
    for way in ["one by one", "all", "by a session"] {
        match way {
            "one by one" => {
                Ticket::query().by_key(last).delete(&db).unwrap();
            }
            "all" => {
                Ticket::query().delete(&db).unwrap();
            }
            _ => {
                let mut session = db.session().unwrap();
                let ticket = session.get::<Ticket>(last).unwrap().unwrap();
                session.delete(ticket).unwrap();
                session.commit().unwrap();
            }
        }
        assert_eq!(Ticket::query().count(&db).unwrap(), 0);
        let next = assigned();
        assert!(next > last, "{way}: {next} after {last}");
        last = next;
    }
}

#[derive(Model, Debug, PartialEq)]
#[model(register = false)]
struct Shelf {
    #[key]
    number: i16,
    #[column(length = 20)]
    name: String,
}

#[derive(Model, Debug, PartialEq)]
#[model(register = false)]
struct Box {
    #[key(natural)]
    number: i64,
    #[column(length = 20)]
    name: String,
}

fn parity_51_only_an_i64_key_is_assigned(bed: &Bed) {
    let db = bed.database(&[Shelf::info(), Box::info(), Ticket::info()]);
    let mut tables = db.introspect().unwrap();
    tables.sort_by(|left, right| left.name.cmp(&right.name));
    let assigned: Vec<_> = tables
        .iter()
        .map(|table| (table.name.as_str(), table.identity_column().is_some()))
        .collect();
    assert_eq!(
        assigned,
        [("box", false), ("shelf", false), ("ticket", true)]
    );
    assert_eq!(Ticket::insert(Ticket::build()).execute(&db).unwrap(), 1);
    for number in [0, 3, i16::MIN] {
        let shelf = Shelf::build().number(number).name("x");
        assert_eq!(Shelf::insert(shelf).execute(&db).unwrap(), number);
        let key = i64::from(number);
        let given = Box::insert(Box::build().number(key).name("x"));
        assert_eq!(given.execute(&db).unwrap(), key);
    }
    // Raw SQL that leaves the key out gets none either.
    for table in ["shelf", "box"] {
        let error = sql(format!("INSERT INTO \"{table}\" (\"name\") VALUES ('y')"))
            .execute(&db)
            .unwrap_err();
        assert!(error.is_not_null_violation(), "{table}: {error:?}");
    }
}

#[derive(Model, Debug, PartialEq)]
#[model(register = false)]
struct Seat {
    #[key]
    room: i64,
    #[key]
    number: i64,
}

fn parity_52_no_part_of_a_composite_key_is_assigned(bed: &Bed) {
    let db = bed.database(&[Seat::info()]);
    let keys =
        Seat::insert_many([(0, 0), (0, 1), (1, 0)].map(|(room, number)| Seat { room, number }))
            .execute(&db)
            .unwrap();
    assert_eq!(keys, [(0, 0), (0, 1), (1, 0)]);
    let error = sql("INSERT INTO \"seat\" (\"room\") VALUES (5)")
        .execute(&db)
        .unwrap_err();
    assert!(error.is_not_null_violation(), "{error:?}");

    let mut table = Table::new("seat");
    table
        .columns
        .push(Column::new("room", ColumnType::BigInt).identity());
    table
        .columns
        .push(Column::new("number", ColumnType::BigInt));
    table.primary_key = vec!["room".to_owned(), "number".to_owned()];
    let error = validate(&[table]).unwrap_err();
    assert!(error.is_invalid_model(), "{error:?}");
    assert_eq!(
        error.to_string(),
        "seat.room: only an i64 that is the whole primary key can be assigned by the database"
    );
}

fn parity_53_a_key_is_never_null(bed: &Bed) {
    let db = bed.database(&[Country::info()]);
    for text in [
        "INSERT INTO \"country\" (\"code\", \"name\") VALUES (NULL, 'Nowhere')",
        "INSERT INTO \"country\" (\"name\") VALUES ('Nowhere')",
    ] {
        let error = sql(text).execute(&db).unwrap_err();
        assert!(error.is_not_null_violation(), "{error:?}");
        assert_eq!(error.column(), Some("code"), "{error:?}");
    }
    assert_eq!(Country::query().count(&db).unwrap(), 0);
}
