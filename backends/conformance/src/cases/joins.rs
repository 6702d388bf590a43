//! Rows of several tables.

use birgus::Database;
use birgus::prelude::*;
use birgus::query::{model, model_or_none};

use crate::Bed;
use crate::models::{Country, Device, Post, User};

super::cases![
    inner_and_left_and_cross,
    models_and_missing_models_in_tuples,
    three_tables,
    a_table_joins_itself_under_another_name,
    a_condition_sees_the_tables_so_far,
    a_column_of_a_table_that_is_not_there_is_refused,
    a_table_twice_under_one_name_is_refused,
    what_may_be_missing_is_not_selected_as_if_it_were_there,
    rows_without_a_partner,
    distinct_rows_of_a_join,
    terminals_on_joins,
];

/// susan: 2 posts, david: 1, anna: none.
pub(super) fn writers(bed: &Bed) -> Database {
    let db = bed.database(&[User::info(), Post::info()]);
    let people = [("susan", Some(30)), ("david", Some(40)), ("anna", None)];
    let ids = User::insert_many(people.map(|(name, age)| {
        User::build()
            .username(name)
            .email(format!("{name}@x.org"))
            .age(age)
    }))
    .execute(&db)
    .unwrap();
    let posts = [("one", ids[0], 5), ("two", ids[0], 1), ("three", ids[1], 3)];
    Post::insert_many(
        posts.map(|(body, author, likes)| Post::build().body(body).author_id(author).likes(likes)),
    )
    .execute(&db)
    .unwrap();
    db
}

fn pairs<M, T>(query: Query<M, (String, T)>, db: &Database) -> Vec<(String, T)> {
    query
        .order_by(User::username)
        .order_by(Post::body)
        .all(db)
        .unwrap()
}

fn inner_and_left_and_cross(bed: &Bed) {
    let db = writers(bed);
    let on = || Post::author_id.eq(User::id);
    let inner = User::query()
        .join::<Post>(on())
        .select((User::username, Post::body));
    let expected = [("david", "three"), ("susan", "one"), ("susan", "two")];
    assert_eq!(
        pairs(inner, &db),
        expected.map(|(name, body)| (name.to_owned(), body.to_owned()))
    );
    let left = User::query()
        .left_join::<Post>(on())
        .select((User::username, Post::body.nullable()));
    let expected = [
        ("anna", None),
        ("david", Some("three")),
        ("susan", Some("one")),
        ("susan", Some("two")),
    ];
    assert_eq!(
        pairs(left, &db),
        expected.map(|(name, body)| (name.to_owned(), body.map(str::to_owned)))
    );
    let cross = User::query()
        .cross_join::<Post>()
        .select((User::username, Post::body));
    assert_eq!(pairs(cross, &db).len(), 9);
    // What is missing is NULL, and so the smallest.
    let by_body = User::query()
        .left_join::<Post>(on())
        .order_by(Post::body)
        .pluck(User::username, &db)
        .unwrap();
    assert_eq!(by_body, ["anna", "susan", "david", "susan"]);
}

fn models_and_missing_models_in_tuples(bed: &Bed) {
    let db = writers(bed);
    let rows: Vec<(User, Option<Post>)> = User::query()
        .left_join::<Post>(Post::author_id.eq(User::id).and(Post::likes.gt(2)))
        .select((model::<User>(), model_or_none::<Post>()))
        .order_by(User::id)
        .all(&db)
        .unwrap();
    let shown: Vec<_> = rows
        .iter()
        .map(|(user, post)| {
            (
                user.username.as_str(),
                post.as_ref().map(|post| post.body.as_str()),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("susan", Some("one")),
            ("david", Some("three")),
            ("anna", None)
        ]
    );
    let (likes, user, post): (i32, User, Post) = Post::query()
        .join::<User>(User::id.eq(Post::author_id))
        .select((Post::likes, model::<User>(), model::<Post>()))
        .filter(Post::likes.eq(3))
        .one(&db)
        .unwrap();
    assert_eq!((likes, post.author_id), (3, user.id));
    // Only the joined model is wanted: the query is one for that.
    let authors: Vec<User> = Post::query()
        .join::<User>(User::id.eq(Post::author_id))
        .select(model::<User>())
        .filter(Post::body.eq("two"))
        .all(&db)
        .unwrap();
    assert_eq!(authors[0].username, "susan");
}

fn three_tables(bed: &Bed) {
    let db = bed.database(&[Country::info(), Device::info(), User::info()]);
    for (code, name) in [("de", "Deutschland"), ("fr", "France"), ("it", "Italia")] {
        Country::insert(Country::build().code(code).name(name))
            .execute(&db)
            .unwrap();
    }
    for country in [Some("de"), Some("de"), Some("fr"), None] {
        Device::insert(Device::build().country(country.map(str::to_owned)))
            .execute(&db)
            .unwrap();
    }
    for name in ["de", "it"] {
        User::insert(User::build().username(name).email(name))
            .execute(&db)
            .unwrap();
    }
    let rows: Vec<(String, Option<Uuid>, Option<String>)> = Country::query()
        .left_join::<Device>(Device::country.eq(Country::code))
        .left_join::<User>(User::username.eq(Country::code))
        .select((Country::code, Device::id.nullable(), User::email.nullable()))
        .order_by(Country::code)
        .all(&db)
        .unwrap();
    let shown: Vec<_> = rows
        .iter()
        .map(|(code, device, user)| (code.as_str(), device.is_some(), user.as_deref()))
        .collect();
    assert_eq!(
        shown,
        [
            ("de", true, Some("de")),
            ("de", true, Some("de")),
            ("fr", true, None),
            ("it", false, Some("it"))
        ]
    );
    // An inner join behind a left join drops the rows that it finds no partner for.
    let rows = Country::query()
        .left_join::<Device>(Device::country.eq(Country::code))
        .join::<User>(User::username.eq(Country::code))
        .select((Country::code, Device::country))
        .distinct()
        .order_by(Country::code)
        .all(&db)
        .unwrap();
    assert_eq!(
        rows,
        [
            ("de".to_owned(), Some("de".to_owned())),
            ("it".to_owned(), None)
        ]
    );
}

fn a_table_joins_itself_under_another_name(bed: &Bed) {
    let db = writers(bed);
    let other = Post::alias("other");
    let rows = Post::query()
        .join_to(
            &other,
            other
                .column(Post::author_id)
                .eq(Post::author_id)
                .and(other.column(Post::id).gt(Post::id)),
        )
        .select((Post::body, other.column(Post::body)))
        .all(&db)
        .unwrap();
    assert_eq!(rows, [("one".to_owned(), "two".to_owned())]);
    let rows: Vec<(Post, Option<Post>)> = Post::query()
        .left_join_to(&other, other.column(Post::likes).gt(Post::likes))
        .select((model::<Post>(), other.model_or_none()))
        .order_by(Post::id)
        .order_by(other.column(Post::id))
        .all(&db)
        .unwrap();
    let shown: Vec<_> = rows
        .iter()
        .map(|(post, more)| (post.likes, more.as_ref().map(|more| more.likes)))
        .collect();
    assert_eq!(shown, [(5, None), (1, Some(5)), (1, Some(3)), (3, Some(5))]);
    // A query over the other name alone; its rows are the model.
    let top = other.query().order_by(other.column(Post::likes).desc());
    assert_eq!(top.clone().first(&db).unwrap().unwrap().body, "one");
    assert_eq!(top.clone().get(2, &db).unwrap().unwrap().body, "two");
    let error = top.filter(Post::likes.gt(1)).all(&db).unwrap_err();
    assert!(
        error.is_invalid_query() && error.to_string().contains("post.likes"),
        "{error}"
    );
}

fn a_condition_sees_the_tables_so_far(bed: &Bed) {
    let db = writers(bed);
    let author = User::alias("author");
    let error = User::query()
        .join::<Post>(Post::author_id.eq(author.column(User::id)))
        .join_to(&author, author.column(User::id).eq(User::id))
        .all(&db)
        .unwrap_err();
    assert!(
        error.is_invalid_query() && error.to_string().contains("author.id"),
        "{error}"
    );
}

fn a_column_of_a_table_that_is_not_there_is_refused(bed: &Bed) {
    let db = writers(bed);
    for query in [
        User::query().filter(Post::likes.gt(1)),
        User::query().order_by(Post::likes),
        User::query().join::<Post>(Device::country.eq("x")),
    ] {
        let error = query.all(&db).unwrap_err();
        let text = error.to_string();
        assert!(error.is_invalid_query(), "{error}");
        assert!(
            text.contains("post.likes") || text.contains("device.country"),
            "{error}"
        );
    }
    let error = User::query().pluck(Post::body, &db).unwrap_err();
    assert!(error.to_string().contains("post.body"), "{error}");
}

fn a_table_twice_under_one_name_is_refused(bed: &Bed) {
    let db = writers(bed);
    let (one, two) = (Post::alias("p"), User::alias("p"));
    for query in [
        User::query().join::<User>(User::id.gt(1)),
        User::query()
            .join::<Post>(Post::id.gt(1))
            .cross_join::<Post>(),
        User::query().cross_join_to(&one).cross_join_to(&two),
    ] {
        let error = query.all(&db).unwrap_err();
        assert!(
            error.is_invalid_query() && error.to_string().contains("alias"),
            "{error}"
        );
    }
}

fn what_may_be_missing_is_not_selected_as_if_it_were_there(bed: &Bed) {
    let db = writers(bed);
    let left = || User::query().left_join::<Post>(Post::author_id.eq(User::id));
    let refused = |error: birgus::Error| {
        let text = error.to_string();
        assert!(
            error.is_invalid_query() && text.contains("post."),
            "{error}"
        );
        assert!(text.contains("nullable()"), "{error}");
    };
    refused(left().select(Post::body).all(&db).unwrap_err());
    refused(
        left()
            .select((User::id, Post::likes + 1))
            .all(&db)
            .unwrap_err(),
    );
    refused(
        left()
            .select((User::id, model::<Post>()))
            .all(&db)
            .unwrap_err(),
    );
    refused(
        left()
            .select(Post::body.label("body"))
            .all(&db)
            .unwrap_err(),
    );
    refused(left().pluck(Post::id, &db).unwrap_err());
    // With something in its place, or as a condition, it is there.
    let rows = left()
        .select((Post::likes.coalesce(0), Post::likes.gt(1)))
        .order_by(User::id)
        .order_by(Post::id)
        .all(&db)
        .unwrap();
    assert_eq!(rows, [(5, true), (1, false), (3, true), (0, false)]);
}

fn rows_without_a_partner(bed: &Bed) {
    let db = writers(bed);
    let names = User::query()
        .left_join::<Post>(Post::author_id.eq(User::id))
        .filter(Post::id.is_null())
        .pluck(User::username, &db)
        .unwrap();
    assert_eq!(names, ["anna"]);
}

fn distinct_rows_of_a_join(bed: &Bed) {
    let db = writers(bed);
    let writers = User::query()
        .join::<Post>(Post::author_id.eq(User::id))
        .distinct();
    let names: Vec<String> = writers
        .clone()
        .order_by(User::age.desc())
        .all(&db)
        .unwrap()
        .into_iter()
        .map(|user| user.username)
        .collect();
    assert_eq!(names, ["david", "susan"]);
    assert_eq!(writers.clone().count(&db).unwrap(), 2);
    // An order by what is not among the distinct values would be left to chance.
    let error = writers.clone().order_by(Post::likes).all(&db).unwrap_err();
    assert!(
        error.is_invalid_query() && error.to_string().contains("post.likes"),
        "{error}"
    );
    let ages = User::query()
        .join::<Post>(Post::author_id.eq(User::id))
        .select(User::age)
        .distinct()
        .order_by(User::age.desc().nulls_first())
        .limit(1)
        .all(&db)
        .unwrap();
    assert_eq!(ages, [Some(40)]);
}

fn terminals_on_joins(bed: &Bed) {
    let db = writers(bed);
    let joined = User::query().join::<Post>(Post::author_id.eq(User::id));
    assert_eq!(joined.clone().count(&db).unwrap(), 3);
    assert_eq!(joined.clone().limit(2).count(&db).unwrap(), 2);
    assert_eq!(joined.clone().offset(1).count(&db).unwrap(), 2);
    assert!(joined.clone().exists(&db).unwrap());
    assert!(
        !joined
            .clone()
            .filter(Post::likes.gt(9))
            .exists(&db)
            .unwrap()
    );
    assert!(!joined.clone().offset(3).exists(&db).unwrap());
    assert!(!joined.clone().limit(0).exists(&db).unwrap());
    let first = joined
        .clone()
        .order_by(Post::likes.desc())
        .first(&db)
        .unwrap();
    assert_eq!(first.unwrap().username, "susan");
    assert!(joined.clone().one(&db).unwrap_err().is_multiple_rows());
    assert_eq!(
        joined.clone().get(2, &db).unwrap().unwrap().username,
        "david"
    );
    assert_eq!(joined.get(3, &db).unwrap(), None);
}
