//! Names of tables, columns, indexes and constraints.

use birgus::prelude::*;
use birgus::schema::IDENTIFIER_LIMIT;

use super::schema::refused;
use crate::Bed;
use crate::models::{Address, Flat, Post, User};

super::cases![
    parity_66_a_name_has_at_most_63_bytes,
    parity_67_a_reserved_word_is_a_name_like_others,
    parity_68_names_that_differ_by_case_alone_are_refused,
    parity_79_names_of_constraints_follow_from_the_model,
    parity_80_an_index_has_a_name_of_its_own,
];

#[derive(Model)]
#[model(
    register = false,
    table = "a_table_whose_name_is_a_good_deal_longer_than_postgresql_can_keep_it"
)]
struct LongTable {
    #[key]
    id: i64,
}

#[derive(Model)]
#[model(register = false)]
struct LongColumn {
    #[key]
    id: i64,
    a_column_whose_name_is_a_good_deal_longer_than_postgresql_can_keep: i32,
}

#[derive(Model)]
#[model(register = false)]
struct ATableWhoseNameLeavesLittleRoom {
    #[key]
    id: i64,
    #[column(index)]
    a_column_whose_name_leaves_little_room: i32,
    #[column(index)]
    a_column_whose_name_leaves_little_room_too: i32,
}

fn parity_66_a_name_has_at_most_63_bytes(bed: &Bed) {
    let table = "a_table_whose_name_is_a_good_deal_longer_than_postgresql_can_keep_it";
    refused(
        bed,
        &[LongTable::info()],
        &format!("{table}: the name `{table}` has 68 bytes, at most 63"),
    );
    let column = "a_column_whose_name_is_a_good_deal_longer_than_postgresql_can_keep";
    refused(
        bed,
        &[LongColumn::info()],
        &format!("long_column.{column}: the name `{column}` has 66 bytes, at most 63"),
    );

    // A name that is made is cut, in the same way everywhere.
    let db = bed.database(&[ATableWhoseNameLeavesLittleRoom::info()]);
    let found = db.introspect().unwrap();
    assert_eq!(found, db.tables());
    let names: Vec<&str> = (found[0].indexes.iter())
        .map(|index| index.name.as_str())
        .collect();
    assert!(names.len() == 2 && names[0] != names[1], "{names:?}");
    assert!(
        names.iter().all(|name| name.len() == IDENTIFIER_LIMIT),
        "{names:?}"
    );
}

#[derive(Model, Debug, PartialEq)]
#[model(register = false, table = "order", index(group, rank))]
struct Reserved {
    #[key]
    #[column(name = "key")]
    id: i64,
    rank: i32,
    #[column(length = 20, unique)]
    group: String,
    #[column(name = "select")]
    chosen: Option<bool>,
    #[column(references = User::id)]
    user: i64,
}

fn parity_67_a_reserved_word_is_a_name_like_others(bed: &Bed) {
    let db = bed.database(&[User::info(), Reserved::info()]);
    let user = User::insert(User::build().username("susan").email("s"))
        .execute(&db)
        .unwrap();
    let id = Reserved::insert(Reserved::build().rank(1).group("a").user(user))
        .execute(&db)
        .unwrap();
    let changed = Reserved::query()
        .filter(Reserved::rank.eq(1).and(Reserved::chosen.is_null()))
        .update([Reserved::chosen.set(true), Reserved::rank.set(2)], &db)
        .unwrap();
    assert_eq!(changed, 1);
    let read = Reserved::query()
        .order_by(Reserved::group.asc())
        .one(&db)
        .unwrap();
    assert_eq!(
        read,
        Reserved {
            id,
            rank: 2,
            group: "a".into(),
            chosen: Some(true),
            user
        }
    );
    assert_eq!(
        birgus_migrate::compare(db.tables(), &db.introspect().unwrap()),
        []
    );
}

#[derive(Model)]
#[model(register = false)]
struct BlogPost {
    #[key]
    id: i64,
}

#[derive(Model)]
#[model(register = false, table = "Blog_Post")]
struct Shouted {
    #[key]
    id: i64,
}

#[derive(Model)]
#[model(register = false)]
struct TwoCases {
    #[key]
    id: i64,
    #[column(name = "Size")]
    large: i32,
    size: i32,
}

fn parity_68_names_that_differ_by_case_alone_are_refused(bed: &Bed) {
    refused(
        bed,
        &[BlogPost::info(), Shouted::info()],
        "Blog_Post: two models have this table name (case does not tell them apart)",
    );
    refused(
        bed,
        &[TwoCases::info()],
        "two_cases.size: two columns have this name (case does not tell them apart)",
    );
    // A model's table is in snake case; a name that is given keeps its case.
    for (model, name) in [
        (BlogPost::info(), "blog_post"),
        (Shouted::info(), "Blog_Post"),
    ] {
        let db = bed.database(&[model]);
        assert_eq!(db.introspect().unwrap()[0].name, name);
        db.drop_all().unwrap();
    }
}

fn parity_79_names_of_constraints_follow_from_the_model(bed: &Bed) {
    let db = bed.database(&[User::info(), Post::info(), Address::info(), Flat::info()]);
    let mut names = Vec::new();
    for table in db.introspect().unwrap() {
        names.extend(table.indexes.into_iter().map(|index| index.name));
        names.extend(table.foreign_keys.into_iter().map(|key| key.name));
        names.extend(table.checks.into_iter().map(|check| check.name));
    }
    assert_eq!(
        names,
        [
            "ix_address_city_number",
            "ck_address_positive",
            "uq_flat_street_number_floor",
            "fk_flat_street_number",
            "ix_post_author_id",
            "fk_post_author_id",
            "uq_user_email",
            "uq_user_username",
        ]
    );
    let address = || Address {
        street: "Main".into(),
        number: 1,
        city: "X".into(),
    };
    Address::insert(address()).execute(&db).unwrap();
    let error = Address::insert(address()).execute(&db).unwrap_err();
    assert_eq!(error.constraint(), Some("pk_address"), "{error:?}");
}

#[derive(Model)]
#[model(register = false, index(name = "ix_by_name", name))]
struct Cat {
    #[key]
    id: i64,
    #[column(length = 20)]
    name: String,
}

#[derive(Model)]
#[model(register = false, index(name = "ix_by_name", name))]
struct Dog {
    #[key]
    id: i64,
    #[column(length = 20)]
    name: String,
}

#[derive(Model)]
#[model(register = false)]
struct Hen {
    #[key]
    id: i64,
    #[column(length = 20, index)]
    name: String,
}

#[derive(Model)]
#[model(register = false)]
struct Cow {
    #[key]
    id: i64,
    #[column(length = 20, index)]
    name: String,
}

fn parity_80_an_index_has_a_name_of_its_own(bed: &Bed) {
    refused(
        bed,
        &[Cat::info(), Dog::info()],
        "dog: the name `ix_by_name` is taken by table cat; give an index a name of its own, or rename a column",
    );
    let db = bed.database(&[Hen::info(), Cow::info(), Cat::info()]);
    let names: Vec<String> = (db.introspect().unwrap().into_iter())
        .flat_map(|table| table.indexes)
        .map(|index| index.name)
        .collect();
    assert_eq!(names, ["ix_by_name", "ix_cow_name", "ix_hen_name"]);
}
