//! What a query gives goes into a table.

use birgus::Database;
use birgus::prelude::*;
use birgus::query::{count_rows, value};

use crate::Bed;
use crate::models::{Address, Country, Device, Everything, Mood, Post, Price, Ticket, User};

super::cases![
    rows_of_a_query_are_inserted,
    defaults_apply_to_columns_that_are_not_named,
    a_query_may_read_the_table_that_it_fills,
    aggregates_joins_and_set_operations_are_inserted,
    whole_numbers_fit_a_column_of_any_width,
    every_type_goes_through,
    explicit_ids_of_a_query_move_the_sequence,
    a_row_that_is_refused_takes_the_others_with_it,
    a_column_that_gets_nothing_is_refused,
    a_decimal_of_another_scale_is_refused,
];

fn database(bed: &Bed) -> Database {
    let db = bed.database(&[User::info(), Post::info(), Ticket::info()]);
    for (name, age) in [("susan", Some(30)), ("david", None), ("maria", Some(50))] {
        let user = User::build()
            .username(name)
            .email(format!("{name}@x.org"))
            .age(age);
        User::insert(user).execute(&db).unwrap();
    }
    db
}

fn rows_of_a_query_are_inserted(bed: &Bed) {
    let db = database(bed);
    let count = User::query()
        .filter(User::age.is_not_null())
        .select((User::username, User::id))
        .insert_into((Post::body, Post::author_id), &db)
        .unwrap();
    assert_eq!(count, 2);
    let bodies = Post::query()
        .order_by(Post::body.asc())
        .pluck(Post::body, &db)
        .unwrap();
    assert_eq!(bodies, ["maria", "susan"]);
    let none = User::query()
        .filter(User::age.gt(1000))
        .select((User::username, User::id))
        .insert_into((Post::body, Post::author_id), &db)
        .unwrap();
    assert_eq!(none, 0);
    // One value for one column.
    assert_eq!(
        User::query()
            .select(User::id)
            .insert_into(Ticket::id, &db)
            .unwrap(),
        3
    );
}

fn defaults_apply_to_columns_that_are_not_named(bed: &Bed) {
    let db = database(bed);
    let before = Utc::now() - std::time::Duration::from_secs(1);
    User::query()
        .select((User::id, User::username))
        .insert_into((Post::author_id, Post::body), &db)
        .unwrap();
    let posts = Post::query().order_by(Post::id.asc()).all(&db).unwrap();
    assert!(posts.iter().all(|post| post.likes == 0 && post.id > 0));
    assert!(posts.iter().all(|post| post.changed >= before));
    assert!(posts.iter().all(|post| post.changed == posts[0].changed));
    User::query()
        .select((User::username.upper(), User::email.upper()))
        .insert_into((User::username, User::email), &db)
        .unwrap();
    let copy = User::query()
        .filter(User::username.eq("SUSAN"))
        .one(&db)
        .unwrap();
    assert_eq!((copy.age, copy.active), (None, true));
}

fn a_query_may_read_the_table_that_it_fills(bed: &Bed) {
    let db = database(bed);
    for expected in [3, 6, 12] {
        let count = User::query()
            .left_join::<Post>(Post::author_id.eq(User::id))
            .select((User::username, User::id))
            .insert_into((Post::body, Post::author_id), &db)
            .unwrap();
        assert!(count >= 3);
        let posts = Post::query().count(&db).unwrap();
        let count = Post::query()
            .select((Post::body, Post::author_id))
            .insert_into((Post::body, Post::author_id), &db)
            .unwrap();
        assert_eq!(count, posts);
        assert!(Post::query().count(&db).unwrap() >= expected * 2);
    }
    let before = Post::query().count(&db).unwrap();
    let few = Post::query()
        .filter(
            Post::id.in_(
                Post::query()
                    .order_by(Post::id.asc())
                    .limit(2)
                    .select(Post::id),
            ),
        )
        .select((Post::body, Post::author_id))
        .insert_into((Post::body, Post::author_id), &db)
        .unwrap();
    assert_eq!(few, 2);
    assert_eq!(Post::query().count(&db).unwrap(), before + 2);
}

fn aggregates_joins_and_set_operations_are_inserted(bed: &Bed) {
    let db = database(bed);
    let susan = User::query().order_by(User::id.asc()).first(&db).unwrap();
    let susan = susan.unwrap().id;
    Post::insert_many((0..3).map(|_| Post::build().body("a").author_id(susan)))
        .execute(&db)
        .unwrap();
    let count = User::query()
        .join::<Post>(Post::author_id.eq(User::id))
        .group_by(User::id)
        .select((User::id, count_rows()))
        .select((value("number".to_owned()), User::id, count_rows()))
        .insert_into((Post::body, Post::author_id, Post::likes), &db)
        .unwrap();
    assert_eq!(count, 1);
    let numbers = Post::query()
        .filter(Post::body.eq("number"))
        .pluck((Post::author_id, Post::likes), &db)
        .unwrap();
    assert_eq!(numbers, [(susan, 3)]);
    let young = User::query()
        .filter(User::age.lt(40))
        .select((User::username, User::id));
    let old = User::query()
        .filter(User::age.gt(40))
        .select((User::username, User::id));
    assert_eq!(
        young
            .union_all(old)
            .insert_into((Post::body, Post::author_id), &db)
            .unwrap(),
        2
    );
    let grown = User::query()
        .filter(User::age.gt(40))
        .select((User::id, User::username))
        .cte("grown");
    assert_eq!(
        grown
            .query()
            .insert_into((Post::author_id, Post::body), &db)
            .unwrap(),
        1
    );
    let names = User::query().select((User::active, User::id)).distinct();
    let count = names
        .select((User::username, User::id))
        .insert_into((Post::body, Post::author_id), &db)
        .unwrap();
    assert_eq!(count, 3);
}

fn whole_numbers_fit_a_column_of_any_width(bed: &Bed) {
    let db = database(bed);
    User::query()
        .select((User::username, User::id, User::id * 2))
        .insert_into((Post::body, Post::author_id, Post::likes), &db)
        .unwrap();
    let error = User::query()
        .select((User::username, User::id, User::id + 3_000_000_000_i64))
        .insert_into((Post::body, Post::author_id, Post::likes), &db)
        .unwrap_err();
    assert!(error.is_invalid_value(), "{error:?}");
    let error = User::query()
        .select((User::email.replace("@", "x".repeat(200)), User::id))
        .insert_into((Post::body, Post::author_id), &db)
        .unwrap_err();
    assert!(error.is_invalid_value(), "{error:?}");
    assert_eq!(Post::query().count(&db).unwrap(), 3);
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct Half {
    #[key]
    id: i64,
    flag: Option<bool>,
    small: Option<i16>,
    medium: i32,
    big: Option<i64>,
    real: Option<f64>,
    #[column(length = 40)]
    name: Option<String>,
    body: String,
    bytes: Option<Vec<u8>>,
    #[column(precision = 18, scale = 4)]
    price: Option<Decimal>,
    day: Option<NaiveDate>,
    clock: NaiveTime,
    moment: Option<NaiveDateTime>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct OtherHalf {
    #[key]
    id: i64,
    instant: Option<DateTime<Utc>>,
    token: Uuid,
    document: Option<Json<serde_json::Value>>,
    mood: Option<Mood>,
    note: Option<String>,
}

/// In two halves: a tuple has at most twelve values.
fn every_type_goes_through(bed: &Bed) {
    use Everything as E;

    let db = bed.database(&[E::info(), Half::info(), OtherHalf::info()]);
    E::insert(E::ordinary()).execute(&db).unwrap();
    let half = E::query().select((
        E::flag,
        E::small,
        E::medium,
        E::big,
        E::real,
        E::name,
        E::body,
        E::bytes,
        E::price,
        E::day,
        E::clock,
        E::moment,
    ));
    let columns = (
        Half::flag,
        Half::small,
        Half::medium,
        Half::big,
        Half::real,
        Half::name,
        Half::body,
        Half::bytes,
        Half::price,
        Half::day,
        Half::clock,
        Half::moment,
    );
    assert_eq!(half.insert_into(columns, &db).unwrap(), 1);
    let same = E::ordinary();
    let half = Half::query().one(&db).unwrap();
    assert_eq!(
        half,
        Half {
            id: half.id,
            flag: Some(same.flag),
            small: Some(same.small),
            medium: same.medium,
            big: Some(same.big),
            real: Some(same.real),
            name: Some(same.name),
            body: same.body,
            bytes: Some(same.bytes),
            price: Some(same.price),
            day: Some(same.day),
            clock: same.clock,
            moment: Some(same.moment),
        }
    );
    let half = E::query().select((E::instant, E::token, E::document, E::mood, E::maybe_name));
    let columns = (
        OtherHalf::instant,
        OtherHalf::token,
        OtherHalf::document,
        OtherHalf::mood,
        OtherHalf::note,
    );
    assert_eq!(half.insert_into(columns, &db).unwrap(), 1);
    let half = OtherHalf::query().one(&db).unwrap();
    assert_eq!(
        half,
        OtherHalf {
            id: half.id,
            instant: Some(same.instant),
            token: same.token,
            document: Some(same.document),
            mood: Some(same.mood),
            note: None,
        }
    );
}

fn explicit_ids_of_a_query_move_the_sequence(bed: &Bed) {
    let db = database(bed);
    User::query()
        .select(User::id + 500)
        .insert_into(Ticket::id, &db)
        .unwrap();
    let most = Ticket::query()
        .select(Ticket::id.max())
        .scalar(&db)
        .unwrap();
    let next = Ticket::insert(Ticket { id: 0 }).execute(&db).unwrap();
    assert_eq!(Some(next - 1), most);
}

fn a_row_that_is_refused_takes_the_others_with_it(bed: &Bed) {
    let db = database(bed);
    let before = User::query().count(&db).unwrap();
    let error = User::query()
        .select((
            birgus::query::case::<String>()
                .when(User::username.eq("maria"), "susan")
                .otherwise("new"),
            User::email.upper(),
        ))
        .insert_into((User::username, User::email), &db)
        .unwrap_err();
    assert!(error.is_unique_violation(), "{error:?}");
    let error = User::query()
        .select((User::username, User::id + 1000))
        .insert_into((Post::body, Post::author_id), &db)
        .unwrap_err();
    assert!(error.is_foreign_key_violation(), "{error:?}");
    assert_eq!(User::query().count(&db).unwrap(), before);
    assert_eq!(Post::query().count(&db).unwrap(), 0);
}

fn a_column_that_gets_nothing_is_refused(bed: &Bed) {
    let db = bed.database(&[
        User::info(),
        Post::info(),
        Country::info(),
        Device::info(),
        Address::info(),
    ]);
    let refused = |error: birgus::Error, message: &str| {
        assert!(error.is_invalid_query(), "{error:?}");
        assert_eq!(error.to_string(), message);
    };
    refused(
        User::query()
            .select(User::username)
            .insert_into(Post::body, &db)
            .unwrap_err(),
        "post.author_id: not among the columns that are inserted, and it has no default; select a value for it",
    );
    refused(
        Country::query()
            .select(Country::code)
            .insert_into(Device::country, &db)
            .unwrap_err(),
        "device.id: no two rows may agree in it, and its default is called once for all of them; select a value for it",
    );
    refused(
        Address::query()
            .select((Address::street, Address::city))
            .insert_into((Address::street, Address::street), &db)
            .unwrap_err(),
        "address.street: named twice in one insert",
    );
}

fn a_decimal_of_another_scale_is_refused(bed: &Bed) {
    let db = bed.database(&[Price::info()]);
    Price::insert(Price::build().amount(Decimal::new(150, 2)))
        .execute(&db)
        .unwrap();
    let error = Price::query()
        .select((Price::amount * Price::amount, Price::whole))
        .insert_into((Price::amount, Price::whole), &db)
        .unwrap_err();
    assert!(error.is_invalid_query(), "{error:?}");
    assert!(error.to_string().starts_with("price.amount: "), "{error}");
    Price::query()
        .select(Price::amount * Decimal::from(2))
        .insert_into(Price::amount, &db)
        .unwrap();
    let amounts = Price::query()
        .order_by(Price::amount.asc())
        .pluck(Price::amount, &db)
        .unwrap();
    assert_eq!(amounts, [Decimal::new(150, 2), Decimal::new(300, 2)]);
}
