//! Updates and deletes by expression, and which rows they meet.

use birgus::prelude::*;
use birgus::query::{count_rows, value};
use birgus::{Database, sql};

use crate::Bed;
use crate::models::{Address, Country, Everything, Flat, Node, Part, Post, Price, Ticket, User};

super::cases![
    a_column_is_set_to_an_expression_over_the_row,
    each_assignment_sees_the_row_as_it_was,
    columns_that_are_set_from_each_other_are_refused,
    a_whole_number_fits_a_column_of_any_width,
    a_computed_value_that_does_not_fit_is_an_invalid_value,
    a_decimal_of_another_scale_is_refused,
    a_condition_that_is_unknown_is_stored_as_false,
    a_column_is_set_to_the_value_of_a_subquery,
    a_subquery_sees_the_row_as_it_was,
    a_value_from_the_changed_table_is_refused,
    conditions_may_look_at_the_changed_table,
    rows_are_chosen_by_joins,
    rows_of_composite_keys_are_chosen_by_joins_and_subqueries,
    a_subquery_with_a_limit_chooses_rows,
    every_row_that_is_met_counts,
    an_update_of_the_key_moves_the_sequence,
    rows_that_reference_each_other_are_deleted_together,
    what_a_delete_sets_to_null_is_not_found_by_it,
    what_an_update_can_not_say_is_refused,
];

fn database(bed: &Bed) -> Database {
    let db = bed.database(&[User::info(), Post::info()]);
    for (name, age) in [("susan", Some(30)), ("david", None), ("maria", Some(50))] {
        let user = User::build()
            .username(name)
            .email(format!("{name}@x.org"))
            .age(age);
        let author = User::insert(user).execute(&db).unwrap();
        let posts = (1..=2).map(|likes| {
            Post::build()
                .body(format!("{name} {likes}"))
                .author_id(author)
                .likes(likes)
        });
        Post::insert_many(posts).execute(&db).unwrap();
    }
    db
}

fn likes(db: &Database) -> Vec<i32> {
    Post::query()
        .order_by(Post::id.asc())
        .pluck(Post::likes, db)
        .unwrap()
}

fn a_column_is_set_to_an_expression_over_the_row(bed: &Bed) {
    let db = database(bed);
    let count = Post::query()
        .filter(Post::likes.gt(1))
        .update(Post::likes.set(Post::likes * 10 - 1), &db)
        .unwrap();
    assert_eq!(count, 3);
    assert_eq!(likes(&db), [1, 19, 1, 19, 1, 19]);
    User::query()
        .update(User::username.set(User::email), &db)
        .unwrap();
    User::query()
        .filter(User::age.is_null())
        .update(User::age.set(User::id * 2), &db)
        .unwrap();
    let david = User::query()
        .filter(User::username.eq("david@x.org"))
        .one(&db)
        .unwrap();
    assert_eq!(david.age, Some(david.id as i32 * 2));
    User::query().update(User::age.set(None), &db).unwrap();
    let ages = User::query().pluck(User::age, &db).unwrap();
    assert_eq!(ages, [None, None, None]);
}

fn each_assignment_sees_the_row_as_it_was(bed: &Bed) {
    let db = database(bed);
    // Written in this order, an engine that goes from left to right would put the new likes into the body.
    Post::query()
        .update(
            [
                Post::likes.set(100),
                Post::author_id.set(Post::author_id + 0),
                Post::body.set(
                    birgus::query::case::<String>()
                        .when(Post::likes.lt(2), "few")
                        .otherwise("many"),
                ),
            ],
            &db,
        )
        .unwrap();
    let bodies = Post::query()
        .order_by(Post::id.asc())
        .pluck(Post::body, &db)
        .unwrap();
    assert_eq!(bodies, ["few", "many", "few", "many", "few", "many"]);
    assert_eq!(likes(&db), [100; 6]);
}

fn columns_that_are_set_from_each_other_are_refused(bed: &Bed) {
    let db = database(bed);
    let error = User::query()
        .update(
            [
                User::username.set(User::email),
                User::email.set(User::username),
            ],
            &db,
        )
        .unwrap_err();
    assert!(error.is_invalid_query(), "{error:?}");
    assert!(error.to_string().contains("set from each other"), "{error}");
}

fn a_whole_number_fits_a_column_of_any_width(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    Everything::insert(Everything::ordinary())
        .execute(&db)
        .unwrap();
    Everything::query()
        .update(
            [
                Everything::small.set(Everything::small + 1),
                Everything::medium.set(Everything::big),
                Everything::big.set(Everything::small),
                Everything::maybe_small.set(Everything::medium),
                Everything::maybe_medium.set(Everything::maybe_big),
                Everything::maybe_big.set(Everything::medium * 2),
            ],
            &db,
        )
        .unwrap();
    let row = Everything::query().one(&db).unwrap();
    assert_eq!((row.small, row.medium, row.big), (2, 3, 1));
    assert_eq!(row.maybe_small, Some(2));
    assert_eq!((row.maybe_medium, row.maybe_big), (None, Some(4)));
    Everything::query()
        .update(
            [
                Everything::small.set(Everything::small + 1),
                Everything::medium.set(Everything::big + 4),
                Everything::maybe_small.set(Everything::big),
                Everything::maybe_medium.set(Everything::maybe_big),
                Everything::maybe_big.set(None),
            ],
            &db,
        )
        .unwrap();
    let row = Everything::query().one(&db).unwrap();
    assert_eq!((row.small, row.medium, row.big), (3, 5, 1));
    assert_eq!(row.maybe_small, Some(1));
    assert_eq!((row.maybe_medium, row.maybe_big), (Some(4), None));
}

fn a_computed_value_that_does_not_fit_is_an_invalid_value(bed: &Bed) {
    let db = bed.database(&[
        Everything::info(),
        Price::info(),
        User::info(),
        Post::info(),
    ]);
    Everything::insert(Everything::ordinary())
        .execute(&db)
        .unwrap();
    Price::insert(Price::build().amount(Decimal::new(9_999_999_999, 2)))
        .execute(&db)
        .unwrap();
    let refused = |assignment: birgus::query::Assignment<Everything>| {
        let error = Everything::query().update(assignment, &db).unwrap_err();
        assert!(error.is_invalid_value(), "{error:?}");
    };
    refused(Everything::small.set(Everything::small + 40_000));
    refused(Everything::medium.set(Everything::medium + 3_000_000_000_i64));
    refused(Everything::maybe_medium.set(Everything::medium * -3_000_000_000_i64));
    refused(Everything::name.set(Everything::body.replace("o", "x".repeat(40))));
    let error = Price::query()
        .update(Price::amount.set(Price::amount + Decimal::new(1, 2)), &db)
        .unwrap_err();
    assert!(error.is_invalid_value(), "{error:?}");
    // What the user's own check refuses is another matter.
    let db = bed.open(&[Address::info()]);
    db.create_all().unwrap();
    Address::insert(Address {
        street: "a".into(),
        number: 1,
        city: "b".into(),
    })
    .execute(&db)
    .unwrap();
    let error = Address::query()
        .update(Address::number.set(Address::number - 1), &db)
        .unwrap_err();
    assert!(error.is_check_violation(), "{error:?}");
    assert_eq!(error.constraint(), Some("ck_address_positive"));
}

fn a_decimal_of_another_scale_is_refused(bed: &Bed) {
    let db = bed.database(&[Price::info()]);
    Price::insert(Price::build().amount(Decimal::new(150, 2)))
        .execute(&db)
        .unwrap();
    let error = Price::query()
        .update(Price::whole.set(Price::amount), &db)
        .unwrap_err();
    assert!(error.is_invalid_value(), "{error:?}");
    assert_eq!(
        error.to_string(),
        "price.whole: set to price.amount, which has another scale; bring one to the scale of the other by to_decimal()"
    );
    let doubled = Price::amount.set(Price::amount * Decimal::from(2));
    Price::query().update(doubled, &db).unwrap();
    let amounts = Price::query().pluck(Price::amount, &db).unwrap();
    assert_eq!(amounts, [Decimal::new(300, 2)]);
}

fn a_condition_that_is_unknown_is_stored_as_false(bed: &Bed) {
    let db = database(bed);
    User::query()
        .update(User::active.set(User::age.gt(40)), &db)
        .unwrap();
    let active = User::query()
        .order_by(User::id.asc())
        .pluck(User::active, &db)
        .unwrap();
    assert_eq!(active, [false, false, true]);
}

fn a_column_is_set_to_the_value_of_a_subquery(bed: &Bed) {
    let db = database(bed);
    let own = || Post::query().filter(Post::author_id.eq(User::id));
    Post::query()
        .filter(Post::body.eq("david 2"))
        .delete(&db)
        .unwrap();
    let posts = own().select(count_rows()).as_value().coalesce(0);
    User::query().update(User::age.set(posts), &db).unwrap();
    let ages = User::query()
        .order_by(User::id.asc())
        .pluck(User::age, &db)
        .unwrap();
    assert_eq!(ages, [Some(2), Some(1), Some(2)]);
    // No row gives NULL.
    let most = own()
        .filter(Post::likes.gt(1))
        .select(Post::likes)
        .order_by(Post::likes.desc())
        .limit(1)
        .as_value();
    User::query().update(User::age.set(most), &db).unwrap();
    let ages = User::query()
        .order_by(User::id.asc())
        .pluck(User::age, &db)
        .unwrap();
    assert_eq!(ages, [Some(2), None, Some(2)]);
}

fn a_subquery_sees_the_row_as_it_was(bed: &Bed) {
    let db = database(bed);
    let name = User::query()
        .filter(User::id.eq(Post::author_id))
        .select(User::username)
        .as_value()
        .coalesce("nobody");
    let first = User::query().order_by(User::id.asc()).first(&db).unwrap();
    let first = first.unwrap().id;
    Post::query()
        .update([Post::author_id.set(first), Post::body.set(name)], &db)
        .unwrap();
    let posts = Post::query()
        .order_by(Post::id.asc())
        .select((Post::body, Post::author_id))
        .all(&db)
        .unwrap();
    let names: Vec<&str> = posts.iter().map(|(body, _)| body.as_str()).collect();
    assert_eq!(
        names,
        ["susan", "susan", "david", "david", "maria", "maria"]
    );
    assert!(posts.iter().all(|(_, author)| *author == first));
}

fn a_value_from_the_changed_table_is_refused(bed: &Bed) {
    let db = database(bed);
    let most = Post::query().select(Post::likes.max()).as_value();
    let error = Post::query()
        .update(Post::likes.set(most.coalesce(0)), &db)
        .unwrap_err();
    assert!(error.is_invalid_query(), "{error:?}");
    assert!(error.to_string().starts_with("post.likes: "), "{error}");
    let other = Post::alias("other");
    let most = User::query()
        .join_to(&other, other.column(Post::author_id).eq(User::id))
        .select(other.column(Post::likes).max())
        .as_value();
    let error = Post::query()
        .update(Post::likes.set(most.coalesce(0)), &db)
        .unwrap_err();
    assert!(error.is_invalid_query(), "{error:?}");
}

fn conditions_may_look_at_the_changed_table(bed: &Bed) {
    let db = database(bed);
    let liked = Post::query().filter(Post::likes.gt(1)).select(Post::id);
    let count = Post::query()
        .filter(Post::id.in_(liked))
        .update(Post::likes.set(Post::likes + 1), &db)
        .unwrap();
    assert_eq!(count, 3);
    let other = Post::alias("other");
    let lesser = birgus::query::exists(
        other.query().filter(
            other
                .column(Post::author_id)
                .eq(Post::author_id)
                .and(other.column(Post::likes).lt(Post::likes)),
        ),
    );
    assert_eq!(Post::query().filter(lesser).delete(&db).unwrap(), 3);
    assert_eq!(likes(&db), [1, 1, 1]);
    let most = Post::query().select(Post::id.max()).as_value();
    let last = Post::query().filter(Post::id.eq(most));
    assert_eq!(last.delete(&db).unwrap(), 1);
    assert_eq!(likes(&db), [1, 1]);
}

fn rows_are_chosen_by_joins(bed: &Bed) {
    let db = database(bed);
    let count = Post::query()
        .join::<User>(User::id.eq(Post::author_id))
        .filter(User::age.ge(30))
        .update(Post::likes.set(Post::likes + 5), &db)
        .unwrap();
    assert_eq!(count, 4);
    assert_eq!(likes(&db), [6, 7, 1, 2, 6, 7]);
    // Each user is met once for each post, and counts once.
    let writers = User::query().join::<Post>(Post::author_id.eq(User::id));
    let count = writers
        .clone()
        .update(User::age.set(User::age + 1), &db)
        .unwrap();
    assert_eq!(count, 3);
    assert_eq!(
        User::query()
            .order_by(User::id.asc())
            .pluck(User::age, &db)
            .unwrap(),
        [Some(31), None, Some(51)]
    );
    Post::query()
        .filter(Post::body.like("maria%"))
        .delete(&db)
        .unwrap();
    let idle = User::query()
        .left_join::<Post>(Post::author_id.eq(User::id))
        .filter(Post::id.is_null());
    assert_eq!(idle.delete(&db).unwrap(), 1);
    assert_eq!(writers.delete(&db).unwrap(), 2);
    assert_eq!(Post::query().count(&db).unwrap(), 0);
}

fn rows_of_composite_keys_are_chosen_by_joins_and_subqueries(bed: &Bed) {
    let db = bed.database(&[Address::info(), Flat::info()]);
    let address = |street: &str, number| Address {
        street: street.into(),
        number,
        city: "here".into(),
    };
    Address::insert_many([address("a", 1), address("a", 2), address("b", 1)])
        .execute(&db)
        .unwrap();
    let flat = |street: &str, number, floor| Flat {
        id: 0,
        street: street.into(),
        number,
        floor,
    };
    Flat::insert_many([flat("a", 1, 1), flat("a", 1, 2), flat("b", 1, 1)])
        .execute(&db)
        .unwrap();
    let count = Address::query()
        .join::<Flat>(
            Flat::street
                .eq(Address::street)
                .and(Flat::number.eq(Address::number)),
        )
        .update(Address::city.set("there"), &db)
        .unwrap();
    assert_eq!(count, 2);
    let other = Address::alias("other");
    let count = Address::query()
        .filter(
            Address::number.in_(
                other
                    .query()
                    .filter(other.column(Address::city).eq("here"))
                    .select(other.column(Address::number)),
            ),
        )
        .delete(&db)
        .unwrap();
    assert_eq!(count, 1);
    assert_eq!(Address::query().count(&db).unwrap(), 2);
}

fn a_subquery_with_a_limit_chooses_rows(bed: &Bed) {
    let db = database(bed);
    let newest = Post::query()
        .order_by(Post::id.desc())
        .limit(2)
        .select(Post::id);
    let count = Post::query()
        .filter(Post::id.in_(newest.clone()))
        .update(Post::likes.set(9), &db)
        .unwrap();
    assert_eq!(count, 2);
    assert_eq!(likes(&db), [1, 2, 1, 2, 9, 9]);
    let oldest = User::query()
        .order_by(User::id.asc())
        .limit(1)
        .select(User::id);
    let count = Post::query()
        .filter(Post::author_id.in_(oldest))
        .delete(&db)
        .unwrap();
    assert_eq!(count, 2);
    assert_eq!(
        Post::query()
            .filter(Post::id.in_(newest))
            .delete(&db)
            .unwrap(),
        2
    );
    assert_eq!(likes(&db), [1, 2]);
}

fn every_row_that_is_met_counts(bed: &Bed) {
    let db = database(bed);
    // Rows that stay as they are count too, on every engine.
    let same = Post::likes.set(Post::likes);
    assert_eq!(Post::query().update(same, &db).unwrap(), 6);
    let liked = Post::query().select(Post::id);
    let same = Post::query().filter(Post::id.in_(liked));
    assert_eq!(
        same.update(Post::likes.set(Post::likes + 0), &db).unwrap(),
        6
    );
    assert_eq!(
        Post::query()
            .filter(Post::likes.gt(1000))
            .update(Post::likes.set(Post::likes + 1), &db)
            .unwrap(),
        0
    );
}

fn an_update_of_the_key_moves_the_sequence(bed: &Bed) {
    let db = bed.database(&[Ticket::info()]);
    Ticket::insert_many([0, 0].map(|id| Ticket { id }))
        .execute(&db)
        .unwrap();
    Ticket::query()
        .filter(Ticket::id.eq(2))
        .update(Ticket::id.set(Ticket::id + 500), &db)
        .unwrap();
    let next = Ticket::insert(Ticket { id: 0 }).execute(&db).unwrap();
    assert!(next > 2, "{next}");
    let ids = Ticket::query()
        .order_by(Ticket::id.asc())
        .pluck(Ticket::id, &db)
        .unwrap();
    assert_eq!(ids.len(), 3);
    assert!(ids.contains(&502));
}

/// A tree that says so itself that no row goes before its children.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct Folder {
    #[key(natural)]
    id: i64,
    #[column(references = Folder::id, on_delete = restrict)]
    parent: Option<i64>,
}

fn rows_that_reference_each_other_are_deleted_together(bed: &Bed) {
    let db = bed.database(&[Part::info(), Folder::info()]);
    let folder = |id| Folder {
        id,
        parent: (id > 1).then_some(id - 1),
    };
    Folder::insert_many((1..=30).map(folder))
        .execute(&db)
        .unwrap();
    let error = Folder::query()
        .filter(Folder::id.lt(20))
        .delete(&db)
        .unwrap_err();
    assert!(error.is_foreign_key_violation(), "{error:?}");
    assert_eq!(
        Folder::query()
            .filter(Folder::id.gt(20))
            .delete(&db)
            .unwrap(),
        10
    );
    let gone = Folder::query().delete_returning(Folder::id, &db).unwrap();
    assert_eq!(gone, (1..=20).collect::<Vec<i64>>());
    let parts = (0..1200).map(|number| Part::of(number, (number > 0).then_some(number / 2)));
    Part::insert_many(parts).execute(&db).unwrap();
    let few = Part::query().filter(Part::id.ge(600));
    assert_eq!(few.delete(&db).unwrap(), 600);
    let error = Part::query()
        .filter(Part::id.lt(10))
        .delete(&db)
        .unwrap_err();
    assert!(error.is_foreign_key_violation(), "{error:?}");
    assert_eq!(Part::query().count(&db).unwrap(), 600);
    assert_eq!(Part::query().delete(&db).unwrap(), 600);
    assert_eq!(Part::query().count(&db).unwrap(), 0);
}

fn what_an_update_can_not_say_is_refused(bed: &Bed) {
    let db = bed.database(&[User::info(), Post::info(), Country::info()]);
    let refused = |error: birgus::Error, part: &str| {
        assert!(error.is_invalid_query(), "{error:?}");
        assert!(error.to_string().contains(part), "{error}");
    };
    let of = |query: Query<Post>| {
        query
            .update(Post::likes.set(value(1_i64)), &db)
            .unwrap_err()
    };
    refused(of(Post::query().limit(1)), "limit");
    refused(of(Post::query().distinct()), "as they are stored");
    refused(
        Post::query()
            .update([Post::likes.set(1), Post::likes.set(2)], &db)
            .unwrap_err(),
        "post.likes: set twice",
    );
    refused(
        Post::query()
            .update(Post::likes.set(User::id), &db)
            .unwrap_err(),
        "user.id",
    );
    refused(
        Post::query()
            .update(Post::body.set_excluded(), &db)
            .unwrap_err(),
        "excluded.body",
    );
    assert_eq!(
        sql("SELECT COUNT(*) FROM \"post\"")
            .all::<(i64,)>(&db)
            .unwrap(),
        [(0,)]
    );
}

fn what_a_delete_sets_to_null_is_not_found_by_it(bed: &Bed) {
    let db = bed.database(&[Node::info()]);
    let node = |id, parent| Node {
        id,
        label: "x".to_owned(),
        parent,
    };
    Node::insert_many([node(1, None), node(2, Some(1)), node(3, Some(2))])
        .execute(&db)
        .unwrap();
    let roots = Node::query().filter(Node::parent.is_null());
    assert_eq!(roots.clone().delete(&db).unwrap(), 1);
    assert_eq!(
        Node::query()
            .order_by(Node::id)
            .pluck((Node::id, Node::parent), &db)
            .unwrap(),
        [(2, None), (3, Some(2))]
    );
    assert_eq!(roots.delete(&db).unwrap(), 1);
}
