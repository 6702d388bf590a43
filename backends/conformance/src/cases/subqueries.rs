//! Queries inside of queries.

use birgus::prelude::*;
use birgus::query::{count_rows, exists, value};

use super::joins::writers;
use crate::Bed;
use crate::models::{Device, Post, User};

super::cases![
    exists_and_its_negation,
    exists_with_limits,
    in_a_query,
    null_in_a_query_is_left_out,
    a_query_as_a_value,
    a_value_of_several_rows_is_refused,
    limits_inside,
    a_limited_list_that_looks_around_is_refused,
    a_limit_without_an_order_inside_is_refused,
    subqueries_of_changes,
    two_levels,
];

fn names(query: Query<User>, db: &birgus::Database) -> Vec<String> {
    query.order_by(User::id).pluck(User::username, db).unwrap()
}

fn own_posts() -> Query<Post> {
    Post::query().filter(Post::author_id.eq(User::id))
}

fn exists_and_its_negation(bed: &Bed) {
    let db = writers(bed);
    assert_eq!(
        names(User::query().filter(exists(own_posts())), &db),
        ["susan", "david"]
    );
    assert_eq!(
        names(User::query().filter(!exists(own_posts())), &db),
        ["anna"]
    );
    let liked = own_posts().filter(Post::likes.gt(4));
    let query = User::query().filter(exists(liked).or(User::username.eq("anna")));
    assert_eq!(names(query, &db), ["susan", "anna"]);
    let rows = User::query()
        .select((User::username, exists(own_posts())))
        .order_by(User::id)
        .all(&db)
        .unwrap();
    assert_eq!(
        rows,
        [("susan", true), ("david", true), ("anna", false)]
            .map(|(name, has)| (name.to_owned(), has))
    );
}

fn exists_with_limits(bed: &Bed) {
    let db = writers(bed);
    // At least two posts.
    assert_eq!(
        names(User::query().filter(exists(own_posts().offset(1))), &db),
        ["susan"]
    );
    assert!(names(User::query().filter(exists(own_posts().limit(0))), &db).is_empty());
    assert_eq!(
        names(User::query().filter(exists(own_posts().limit(5))), &db).len(),
        2
    );
    let grouped = own_posts()
        .select(Post::author_id)
        .group_by(Post::author_id)
        .having(count_rows().gt(1));
    assert_eq!(names(User::query().filter(exists(grouped)), &db), ["susan"]);
    // An aggregate of no rows is a row.
    let counted = own_posts().select(count_rows());
    assert_eq!(names(User::query().filter(exists(counted)), &db).len(), 3);
    let distinct = own_posts()
        .select(Post::likes)
        .distinct()
        .order_by(Post::likes)
        .offset(1);
    // All of one author's posts agree in who that is.
    let agreeing = own_posts()
        .select(Post::author_id)
        .distinct()
        .order_by(Post::author_id)
        .offset(1);
    assert!(names(User::query().filter(exists(agreeing)), &db).is_empty());
    let grouped = own_posts()
        .select(Post::author_id)
        .group_by(Post::author_id)
        .offset(1);
    assert!(names(User::query().filter(exists(grouped)), &db).is_empty());
    let whole = own_posts().distinct().offset(1);
    assert_eq!(names(User::query().filter(exists(whole)), &db), ["susan"]);
    assert_eq!(
        names(User::query().filter(exists(distinct)), &db),
        ["susan"]
    );
}

fn in_a_query(bed: &Bed) {
    let db = writers(bed);
    let liked = || {
        Post::query()
            .filter(Post::likes.ge(3))
            .select(Post::author_id)
    };
    assert_eq!(
        names(User::query().filter(User::id.in_(liked())), &db),
        ["susan", "david"]
    );
    assert_eq!(
        names(User::query().filter(User::id.not_in(liked())), &db),
        ["anna"]
    );
    assert_eq!(
        names(User::query().filter(!User::id.in_(liked())), &db),
        ["anna"]
    );
    let nobody = || liked().filter(Post::likes.gt(99));
    assert!(names(User::query().filter(User::id.in_(nobody())), &db).is_empty());
    assert_eq!(
        names(User::query().filter(User::id.not_in(nobody())), &db).len(),
        3
    );
    let most = Post::query()
        .select(Post::author_id)
        .group_by(Post::author_id)
        .having(count_rows().gt(1));
    assert_eq!(
        names(User::query().filter(User::id.in_(most)), &db),
        ["susan"]
    );
}

fn null_in_a_query_is_left_out(bed: &Bed) {
    let db = writers(bed);
    let other = User::alias("other");
    // The ages of susan and anna: 30 and NULL.
    let ages = || {
        other
            .query()
            .filter(other.column(User::username).ne("david"))
            .select(other.column(User::age))
    };
    let query = |condition| User::query().filter(condition);
    assert_eq!(names(query(User::age.in_(ages())), &db), ["susan"]);
    assert_eq!(names(query(User::age.not_in(ages())), &db), ["david"]);
    // Of a condition on something that can't be NULL, the negation is the contrary.
    assert_eq!(
        names(
            query(User::id.gt(0).and(!value(7).nullable().in_(ages()))),
            &db
        )
        .len(),
        3
    );
    let limited = ages().order_by(other.column(User::age)).limit(1);
    // Nothing is left in the list then.
    assert_eq!(names(query(User::age.not_in(limited)), &db).len(), 3);
    let grouped = ages().group_by(other.column(User::age));
    assert_eq!(names(query(User::age.not_in(grouped)), &db), ["david"]);
    let distinct = ages().distinct();
    assert_eq!(names(query(User::age.not_in(distinct)), &db), ["david"]);
}

fn a_query_as_a_value(bed: &Bed) {
    let db = writers(bed);
    let count = || own_posts().select(count_rows()).as_value();
    let rows = User::query()
        .select((User::username, count()))
        .order_by(count().desc())
        .order_by(User::id)
        .all(&db)
        .unwrap();
    assert_eq!(
        rows,
        [("susan", Some(2)), ("david", Some(1)), ("anna", Some(0))]
            .map(|(name, count)| (name.to_owned(), count))
    );
    assert_eq!(
        names(User::query().filter(count().ge(1)), &db),
        ["susan", "david"]
    );
    // By a key, there is one row at most.
    let author = User::query()
        .filter(User::id.eq(Post::author_id))
        .select(User::username)
        .as_value();
    let rows = Post::query()
        .select((Post::body, author))
        .order_by(Post::id)
        .all(&db)
        .unwrap();
    assert_eq!(rows[2], ("three".to_owned(), Some("david".to_owned())));
    let best = own_posts()
        .order_by(Post::likes.desc())
        .limit(1)
        .select(Post::body)
        .as_value();
    let rows = User::query().order_by(User::id).pluck(best, &db).unwrap();
    assert_eq!(
        rows,
        [Some("one".to_owned()), Some("three".to_owned()), None]
    );
    let oldest = User::alias("oldest");
    let age = oldest
        .query()
        .select(oldest.column(User::age).max())
        .as_value();
    assert_eq!(
        names(User::query().filter(User::age.eq(age)), &db),
        ["david"]
    );
}

fn a_value_of_several_rows_is_refused(bed: &Bed) {
    let db = writers(bed);
    let refused = |query: Query<User>| {
        let error = query.all(&db).unwrap_err();
        assert!(
            error.is_invalid_query() && error.to_string().contains("one row"),
            "{error}"
        );
    };
    let bodies = || own_posts().select(Post::likes);
    refused(User::query().filter(bodies().as_value().gt(1)));
    refused(User::query().filter(bodies().order_by(Post::likes).limit(2).as_value().gt(1)));
    refused(User::query().filter(bodies().filter(Post::id.ne(3)).as_value().gt(1)));
    refused(
        User::query().filter(
            bodies()
                .filter(Post::id.eq(Post::author_id))
                .as_value()
                .gt(1),
        ),
    );
    let grouped = own_posts().select(count_rows()).group_by(Post::likes);
    refused(User::query().filter(grouped.as_value().gt(1)));
}

fn limits_inside(bed: &Bed) {
    let db = writers(bed);
    let top = Post::query()
        .order_by(Post::likes.desc())
        .limit(2)
        .select(Post::author_id);
    assert_eq!(
        names(User::query().filter(User::id.in_(top.clone())), &db),
        ["susan", "david"]
    );
    let first = top.clone().limit(1);
    assert_eq!(
        names(User::query().filter(User::id.in_(first)), &db),
        ["susan"]
    );
    let second = top.limit(1).offset(1);
    assert_eq!(
        names(User::query().filter(User::id.not_in(second)), &db),
        ["susan", "anna"]
    );
}

fn a_limited_list_that_looks_around_is_refused(bed: &Bed) {
    let db = writers(bed);
    let top = own_posts()
        .order_by(Post::likes.desc())
        .limit(1)
        .select(Post::author_id);
    let error = User::query()
        .filter(User::id.in_(top))
        .all(&db)
        .unwrap_err();
    assert!(
        error.is_invalid_query() && error.to_string().contains("user.id"),
        "{error}"
    );
}

fn a_limit_without_an_order_inside_is_refused(bed: &Bed) {
    let db = writers(bed);
    let refused = |query: Query<User>| {
        let error = query.all(&db).unwrap_err();
        assert!(
            error.is_invalid_query() && error.to_string().contains("order"),
            "{error}"
        );
    };
    let some = || Post::query().limit(1).select(Post::author_id);
    refused(User::query().filter(User::id.in_(some())));
    refused(User::query().filter(User::id.eq(some().as_value())));
    let cte = some().cte("some");
    refused(User::query().join_to(&cte, cte.column(Post::author_id).eq(User::id)));
    refused(User::query().limit(1).union(User::query()));
    // At the top the program may want just any rows.
    assert_eq!(User::query().limit(2).all(&db).unwrap().len(), 2);
    assert_eq!(User::query().limit(2).count(&db).unwrap(), 2);
}

fn subqueries_of_changes(bed: &Bed) {
    let db = writers(bed);
    let top = Post::query()
        .order_by(Post::likes.desc())
        .limit(1)
        .select(Post::author_id);
    let changed = User::query()
        .filter(User::id.in_(top))
        .update(User::active.set(false), &db)
        .unwrap();
    assert_eq!(changed, 1);
    let silent = User::query().filter(!exists(own_posts()));
    assert_eq!(silent.delete(&db).unwrap(), 1);
    // The table that is changed is read too.
    let other = Post::alias("other");
    let less = exists(
        other
            .query()
            .filter(other.column(Post::author_id).eq(Post::author_id))
            .filter(other.column(Post::likes).gt(Post::likes)),
    );
    assert_eq!(Post::query().filter(less).delete(&db).unwrap(), 1);
    assert_eq!(names(User::query(), &db), ["susan", "david"]);
}

fn two_levels(bed: &Bed) {
    let db = writers(bed);
    // The innermost looks at the outermost: users all of whose posts are liked.
    let unliked = own_posts().filter(Post::likes.lt(3));
    let query = User::query()
        .filter(exists(own_posts().filter(!exists({
            let other = User::alias("other");
            other
                .query()
                .filter(other.column(User::id).eq(Post::author_id))
                .filter(other.column(User::username).ne(User::username))
        }))))
        .filter(!exists(unliked));
    assert_eq!(names(query, &db), ["david"]);
    let error = User::query()
        .filter(exists(Post::query().filter(Device::country.is_null())))
        .all(&db)
        .unwrap_err();
    assert!(error.to_string().contains("device.country"), "{error}");
}
