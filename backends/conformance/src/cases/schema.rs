//! Tables are made as the models say, and read back the same.

use birgus::Model;
use birgus::model::ModelInfo;

use birgus::prelude::Utc;
use birgus::query::Expression as _;

use crate::Bed;
use crate::models::{
    Address, Commented, Country, Device, Everything, Flat, Mood, Node, Part, Player, Post, Price,
    Reading, Team, Ticket, User,
};

super::cases![
    what_is_created_is_read_back_the_same,
    create_all_leaves_what_exists_alone,
    drop_all_takes_the_models_tables_only,
    tables_in_a_circle_come_and_go,
    every_constraint_is_enforced,
    comments_come_back,
];

const MODELS: &[fn() -> &'static ModelInfo] = &[
    User::info,
    Post::info,
    Everything::info,
    Country::info,
    Device::info,
    Address::info,
    Flat::info,
    Node::info,
    Ticket::info,
    Team::info,
    Player::info,
    Price::info,
    Part::info,
    Reading::info,
];

fn models() -> Vec<&'static ModelInfo> {
    MODELS.iter().map(|info| info()).collect()
}

fn what_is_created_is_read_back_the_same(bed: &Bed) {
    let db = bed.database(&models());
    let found = db.introspect().unwrap();
    let differences = birgus_migrate::compare(db.tables(), &found);
    assert!(differences.is_empty(), "{differences:#?}");
    let mut wanted = db.tables().to_vec();
    wanted.sort_by(|left, right| left.name.cmp(&right.name));
    assert_eq!(found, wanted);
}

fn comments_come_back(bed: &Bed) {
    let db = bed.database(&[Commented::info()]);
    let found = db.introspect().unwrap();
    let table = Commented::info().to_table().unwrap();
    assert_eq!(found[0].comment, table.comment);
    for (found, wanted) in found[0].columns.iter().zip(&table.columns) {
        assert_eq!(found.comment, wanted.comment, "{}", wanted.name);
    }
    assert_eq!(found, [table]);
    // A comment is no part of what rows hold.
    let row = Commented::build().at(Utc::now()).mood(Mood::SoSo).last(0);
    let id = Commented::insert(row).execute(&db).unwrap();
    let mood = Commented::query().get(id, &db).unwrap().unwrap().mood;
    assert_eq!(mood, Mood::SoSo);
}

fn create_all_leaves_what_exists_alone(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    User::insert(User::build().username("susan").email("s@x.org"))
        .execute(&db)
        .unwrap();
    let db = bed.database(&[User::info(), Post::info()]);
    db.create_all().unwrap();
    assert_eq!(User::query().count(&db).unwrap(), 1);
    assert_eq!(Post::query().count(&db).unwrap(), 0);
}

fn drop_all_takes_the_models_tables_only(bed: &Bed) {
    let all = bed.database(&models());
    all.create_all().unwrap();
    let some = bed.open(&[User::info(), Post::info()]);
    some.drop_all().unwrap();
    let left: Vec<String> = all
        .introspect()
        .unwrap()
        .into_iter()
        .map(|table| table.name)
        .collect();
    assert_eq!(left.len(), MODELS.len() - 2, "{left:?}");
    assert!(!left.contains(&"user".to_owned()) && left.contains(&"select".to_owned()));
    some.drop_all().unwrap();
    all.drop_all().unwrap();
    assert!(all.introspect().unwrap().is_empty());
}

fn tables_in_a_circle_come_and_go(bed: &Bed) {
    let db = bed.database(&[Team::info(), Player::info()]);
    let team = Team::insert(Team::build()).execute(&db).unwrap();
    let player = Player::insert(Player::build().team(team))
        .execute(&db)
        .unwrap();
    Team::query()
        .by_key(team)
        .update([Team::captain.set(player)], &db)
        .unwrap();
    db.drop_all().unwrap();
    assert!(db.introspect().unwrap().is_empty());
    // Enforcement is on again afterwards.
    db.create_all().unwrap();
    let error = Player::insert(Player::build().team(99))
        .execute(&db)
        .unwrap_err();
    assert!(error.is_foreign_key_violation(), "{error:?}");
}

fn every_constraint_is_enforced(bed: &Bed) {
    let db = bed.database(&[Address::info(), Flat::info(), Node::info()]);
    let address = |number| Address {
        street: "High Street".into(),
        number,
        city: "Portland".into(),
    };
    Address::insert(address(1)).execute(&db).unwrap();
    assert!(
        Address::insert(address(1))
            .execute(&db)
            .unwrap_err()
            .is_unique_violation()
    );
    let error = Address::insert(address(0)).execute(&db).unwrap_err();
    assert!(error.is_check_violation(), "{error:?}");
    assert_eq!(error.constraint(), Some("ck_address_positive"), "{error:?}");

    let flat = |number| Flat {
        id: 0,
        street: "High Street".into(),
        number,
        floor: 3,
    };
    let id = Flat::insert(flat(1)).execute(&db).unwrap();
    assert!(
        Flat::insert(flat(1))
            .execute(&db)
            .unwrap_err()
            .is_unique_violation()
    );
    assert!(
        Flat::insert(flat(2))
            .execute(&db)
            .unwrap_err()
            .is_foreign_key_violation()
    );
    let moved = Address::query()
        .filter(Address::number.eq(1))
        .update([Address::number.set(7)], &db)
        .unwrap();
    assert_eq!(moved, 1);
    assert_eq!(
        Flat::query().get(id, &db).unwrap().unwrap().number,
        7,
        "ON UPDATE CASCADE"
    );
    assert_eq!(Address::query().delete(&db).unwrap(), 1);
    assert_eq!(Flat::query().count(&db).unwrap(), 0, "ON DELETE CASCADE");

    let node = |id, parent| Node {
        id,
        label: "x".into(),
        parent,
    };
    Node::insert_many([node(1, None), node(2, Some(1))])
        .execute(&db)
        .unwrap();
    Node::query().by_key(1).delete(&db).unwrap();
    assert_eq!(
        Node::query().get(2, &db).unwrap().unwrap().parent,
        None,
        "ON DELETE SET NULL"
    );
}
