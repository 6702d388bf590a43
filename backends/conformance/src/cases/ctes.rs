//! Common table expressions.

use birgus::Database;
use birgus::prelude::*;
use birgus::query::{Expr, TextOperand, count_rows, exists, value};

use super::joins::writers;
use crate::Bed;
use crate::models::{Everything, Node, Post, Price, User};

super::cases![
    bytes_stay_as_long_as_they_are,
    a_query_with_a_name,
    one_over_another_and_twice,
    in_subqueries_and_changes,
    limits_and_set_operations_inside,
    what_may_be_null_stays_so,
    names_that_clash_are_refused,
    the_depth_of_a_tree,
    paths_of_a_tree_grow,
    sums_of_decimals_grow,
    a_thousand_steps_and_more,
    a_circle_ends_when_rows_are_distinct,
    steps_that_not_every_engine_takes_are_refused,
];

fn a_query_with_a_name(bed: &Bed) {
    let db = writers(bed);
    let posts = count_rows().label("posts");
    let by_author = Post::query()
        .select((Post::author_id, posts.clone()))
        .group_by(Post::author_id)
        .cte("by_author");
    let rows = User::query()
        .join_to(&by_author, by_author.column(Post::author_id).eq(User::id))
        .select((User::username, by_author.label(&posts)))
        .order_by(by_author.label(&posts).desc())
        .all(&db)
        .unwrap();
    assert_eq!(rows, [("susan".to_owned(), 2), ("david".to_owned(), 1)]);
    let mut rows = by_author.query().all(&db).unwrap();
    rows.sort_unstable();
    assert_eq!(rows, [(1, 2), (2, 1)]);
    let many = by_author.query().filter(by_author.label(&posts).gt(1));
    assert_eq!(many.clone().count(&db).unwrap(), 1);
    assert!(many.clone().exists(&db).unwrap());
    assert_eq!(many.one(&db).unwrap(), (1, 2));
    let rows = User::query()
        .left_join_to(&by_author, by_author.column(Post::author_id).eq(User::id))
        .select((User::id, by_author.label(&posts).nullable()))
        .order_by(User::id)
        .all(&db)
        .unwrap();
    assert_eq!(rows, [(1, Some(2)), (2, Some(1)), (3, None)]);
    // Whole models come out as they went in.
    let liked: Vec<Post> = Post::query()
        .filter(Post::likes.gt(2))
        .cte("liked")
        .query()
        .all(&db)
        .unwrap();
    assert_eq!(liked.len(), 2);
}

fn one_over_another_and_twice(bed: &Bed) {
    let db = writers(bed);
    let liked = Post::query()
        .filter(Post::likes.gt(2))
        .select((Post::id, Post::author_id, Post::likes))
        .cte("liked");
    let top = liked.column(Post::likes).max().label("top");
    let most = liked.query().select(top.clone()).cte("most");
    let best = liked
        .query()
        .join_to(&most, most.label(&top).eq(liked.column(Post::likes)))
        .select(liked.column(Post::id));
    assert_eq!(best.all(&db).unwrap(), [1]);
    let other = liked.alias("other");
    let pairs = liked
        .query()
        .join_to(
            &other,
            other.column(Post::likes).lt(liked.column(Post::likes)),
        )
        .select((liked.column(Post::id), other.column(Post::id)))
        .all(&db)
        .unwrap();
    assert_eq!(pairs, [(1, 3)]);
}

fn in_subqueries_and_changes(bed: &Bed) {
    let db = writers(bed);
    let liked = Post::query()
        .filter(Post::likes.gt(4))
        .select((Post::id, Post::author_id))
        .cte("liked");
    let authors = || liked.query().select(liked.column(Post::author_id));
    let own = || {
        liked
            .query()
            .filter(liked.column(Post::author_id).eq(User::id))
    };
    let query = User::query()
        .filter(User::id.in_(authors()))
        .filter(exists(own()));
    assert_eq!(query.clone().one(&db).unwrap().username, "susan");
    assert_eq!(query.clone().count(&db).unwrap(), 1);
    assert_eq!(query.update(User::active.set(false), &db).unwrap(), 1);
    let query = User::query()
        .filter(!User::id.in_(authors()))
        .filter(!exists(own()));
    assert_eq!(query.count(&db).unwrap(), 2);
    // The table that is changed is behind the name.
    let own = Post::query().filter(Post::id.in_(liked.query().select(liked.column(Post::id))));
    assert_eq!(own.delete(&db).unwrap(), 1);
    assert_eq!(Post::query().count(&db).unwrap(), 2);
}

fn limits_and_set_operations_inside(bed: &Bed) {
    let db = writers(bed);
    let top = Post::query()
        .order_by(Post::likes.desc())
        .limit(2)
        .cte("top");
    let rows = top
        .query()
        .order_by(top.column(Post::likes))
        .select(top.column(Post::likes))
        .all(&db)
        .unwrap();
    assert_eq!(rows, [3, 5]);
    let names = User::query()
        .select(User::username)
        .union(Post::query().select(Post::body))
        .cte("names");
    let long = names
        .query()
        .filter(names.column(User::username).ne("one"))
        .filter(names.column(User::username).ne("two"))
        .order_by(names.column(User::username));
    assert_eq!(
        long.clone().all(&db).unwrap(),
        ["anna", "david", "susan", "three"]
    );
    let twice = long.clone().union_all(long).count(&db).unwrap();
    assert_eq!(twice, 8);
}

fn what_may_be_null_stays_so(bed: &Bed) {
    let db = writers(bed);
    let rows = User::query()
        .left_join::<Post>(Post::author_id.eq(User::id))
        .select((User::id.label("reader"), Post::likes.nullable()))
        .cte("readers");
    let query = rows.query().select(rows.column(Post::likes));
    let error = query.all(&db).unwrap_err();
    assert!(
        error.is_invalid_query() && error.to_string().contains("readers.likes"),
        "{error}"
    );
    let likes = rows.query().select(rows.column(Post::likes).nullable());
    let mut likes = likes.all(&db).unwrap();
    likes.sort_unstable();
    assert_eq!(likes, [None, Some(1), Some(3), Some(5)]);
    let error = rows
        .query()
        .select(rows.column(Post::body))
        .all(&db)
        .unwrap_err();
    assert!(
        error.is_invalid_query() && error.to_string().contains("readers.body"),
        "{error}"
    );
    let other_type = value("text".to_owned()).label("reader");
    let error = rows
        .query()
        .select(rows.label(&other_type))
        .all(&db)
        .unwrap_err();
    assert!(
        error.is_invalid_query() && error.to_string().contains("readers.reader"),
        "{error}"
    );
}

fn names_that_clash_are_refused(bed: &Bed) {
    let db = writers(bed);
    let refused = |error: birgus::Error, name: &str| {
        assert!(
            error.is_invalid_query() && error.to_string().contains(name),
            "{error}"
        );
    };
    let one = User::query().select(User::id).cte("same");
    let two = Post::query().select(Post::id).cte("same");
    let query = one.query().filter(one.column(User::id).in_(two.query()));
    refused(query.all(&db).unwrap_err(), "same");
    let post = User::query().select(User::id).cte("post");
    let query = Post::query().filter(Post::author_id.in_(post.query()));
    refused(query.all(&db).unwrap_err(), "post");
    let both = User::query()
        .cross_join::<Post>()
        .select((User::id, Post::id));
    refused(both.cte("both").query().all(&db).unwrap_err(), "both");
}

/// 1 ─ 2 ─ 4 ─ 5, 1 ─ 3
fn tree(bed: &Bed) -> Database {
    let db = bed.database(&[Node::info()]);
    let nodes = [
        (1, None),
        (2, Some(1)),
        (3, Some(1)),
        (4, Some(2)),
        (5, Some(4)),
    ];
    for (id, parent) in nodes {
        let label = format!("the label of {id}");
        Node::insert(Node { id, label, parent })
            .execute(&db)
            .unwrap();
    }
    db
}

fn the_depth_of_a_tree(bed: &Bed) {
    let db = tree(bed);
    let depth = value(0_i64).label("depth");
    let tree = Node::query()
        .filter(Node::parent.is_null())
        .select((Node::id, depth.clone()))
        .recursive_cte("tree", |tree| {
            Node::query()
                .join_to(tree, tree.column(Node::id).eq(Node::parent))
                .select((Node::id, tree.label(&depth) + 1))
        });
    let rows = tree
        .query()
        .order_by(tree.column(Node::id))
        .all(&db)
        .unwrap();
    assert_eq!(rows, [(1, 0), (2, 1), (3, 1), (4, 2), (5, 3)]);
    let deep = Node::query()
        .join_to(&tree, tree.column(Node::id).eq(Node::id))
        .filter(tree.label(&depth).ge(2))
        .order_by(Node::id)
        .pluck(Node::label, &db)
        .unwrap();
    assert_eq!(deep, ["the label of 4", "the label of 5"]);
    // Below one node, from a subquery, to change what is found.
    let below = Node::query()
        .filter(Node::id.eq(2))
        .select(Node::id)
        .recursive_cte("below", |below| {
            Node::query()
                .join_to(below, below.column(Node::id).eq(Node::parent))
                .select(Node::id)
        });
    let moved = Node::query()
        .filter(Node::id.in_(below.query()))
        .update(Node::label.set("moved"), &db)
        .unwrap();
    assert_eq!(moved, 3);
    // With the step over the rows found last.
    let up = Node::query()
        .filter(Node::id.eq(5))
        .select((Node::id, Node::parent))
        .recursive_cte("up", |up| {
            up.query()
                .join::<Node>(Node::id.nullable().eq(up.column(Node::parent)))
                .select((Node::id, Node::parent))
        });
    let mut ids = up.query().select(up.column(Node::id)).all(&db).unwrap();
    ids.sort_unstable();
    assert_eq!(ids, [1, 2, 4, 5]);
}

fn joined(text: Expr<String>, more: impl TextOperand<Value = String>) -> Expr<String> {
    text.concat(more)
}

fn paths_of_a_tree_grow(bed: &Bed) {
    let db = tree(bed);
    let path = Node::label.label("path");
    let tree = Node::query()
        .filter(Node::parent.is_null())
        .select((Node::id, path.clone()))
        .recursive_cte("tree", |tree| {
            let longer = joined(joined(tree.label(&path), "/"), Node::label);
            Node::query()
                .join_to(tree, tree.column(Node::id).eq(Node::parent))
                .select((Node::id, longer))
        });
    let rows = tree.query().order_by(tree.label(&path)).all(&db).unwrap();
    let ids: Vec<i64> = rows.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, [1, 2, 4, 5, 3]);
    assert_eq!(
        rows[3].1,
        "the label of 1/the label of 2/the label of 4/the label of 5"
    );
    // The first text is a value, shorter than all that follow, and one that the step leaves as it is.
    let mark = value("".to_owned()).label("mark");
    let kept = value("x".to_owned()).label("kept");
    let tree = Node::query()
        .filter(Node::parent.is_null())
        .select((Node::id, mark.clone(), kept.clone()))
        .recursive_cte("tree", |tree| {
            Node::query()
                .join_to(tree, tree.column(Node::id).eq(Node::parent))
                .select((
                    Node::id,
                    joined(tree.label(&mark), "é😀".repeat(100)),
                    value("y".to_owned()),
                ))
        });
    let rows = tree
        .query()
        .order_by(tree.column(Node::id))
        .all(&db)
        .unwrap();
    let lengths: Vec<usize> = rows
        .iter()
        .map(|(_, mark, _)| mark.chars().count())
        .collect();
    assert_eq!(lengths, [0, 200, 200, 400, 600]);
    assert_eq!((rows[0].2.as_str(), rows[1].2.as_str()), ("x", "y"));
}

fn sums_of_decimals_grow(bed: &Bed) {
    let db = bed.database(&[Price::info()]);
    let amount: Decimal = "99999999.99".parse().unwrap();
    Price::insert(Price::build().amount(amount))
        .execute(&db)
        .unwrap();
    let count = value(1_i64).label("count");
    let sums = Price::query()
        .select((count.clone(), Price::amount))
        .recursive_cte("sums", |sums| {
            sums.query().filter(sums.label(&count).lt(5)).select((
                sums.label(&count) + 1,
                sums.column(Price::amount) + sums.column(Price::amount),
            ))
        });
    let last = sums
        .query()
        .order_by(sums.label(&count).desc())
        .first(&db)
        .unwrap()
        .unwrap();
    assert_eq!(last, (5, amount * Decimal::from(16)));
}

fn a_thousand_steps_and_more(bed: &Bed) {
    let db = tree(bed);
    let number = value(1_i64).label("number");
    let numbers = Node::query()
        .filter(Node::id.eq(1))
        .select(number.clone())
        .recursive_cte("numbers", |numbers| {
            numbers
                .query()
                .filter(numbers.label(&number).lt(5_000))
                .select(numbers.label(&number) + 1)
        });
    assert_eq!(numbers.query().count(&db).unwrap(), 5_000);
    let last = numbers.query().select(numbers.label(&number).max());
    assert_eq!(last.one(&db).unwrap(), Some(5_000));
    let fixed = Node::query().select((value(7_i64), Node::id.label("node"), value("x".to_owned())));
    let fixed = fixed.cte("fixed").query().filter(value(7_i64).gt(6));
    assert_eq!(
        fixed.first(&db).unwrap().map(|(seven, _, x)| (seven, x)),
        Some((7, "x".to_owned()))
    );
}

fn a_circle_ends_when_rows_are_distinct(bed: &Bed) {
    let db = tree(bed);
    Node::query()
        .by_key(1)
        .update(Node::parent.set(5), &db)
        .unwrap();
    let around = Node::query()
        .filter(Node::id.eq(4))
        .select(Node::id)
        .recursive_cte_distinct("around", |around| {
            Node::query()
                .join_to(around, around.column(Node::id).eq(Node::parent))
                .select(Node::id)
        });
    let ids = around
        .query()
        .order_by(around.column(Node::id))
        .all(&db)
        .unwrap();
    assert_eq!(ids, [1, 2, 3, 4, 5]);
}

fn steps_that_not_every_engine_takes_are_refused(bed: &Bed) {
    use birgus::query::Cte;

    let db = tree(bed);
    let refused = |step: &dyn Fn(&Cte<i64>) -> Query<Node, i64>| {
        let tree = Node::query()
            .select(Node::id)
            .recursive_cte("tree", |tree| step(tree));
        let error = tree.query().all(&db).unwrap_err();
        let text = error.to_string();
        assert!(
            error.is_invalid_query() && text.contains("tree: the step"),
            "{error}"
        );
    };
    let joined = |tree: &Cte<i64>| {
        Node::query()
            .join_to(tree, tree.column(Node::id).eq(Node::parent))
            .select(Node::id)
    };
    refused(&|_| Node::query().select(Node::id));
    refused(&|tree| joined(tree).distinct());
    refused(&|tree| joined(tree).order_by(Node::id).limit(1));
    refused(&|tree| joined(tree).group_by(Node::id));
    refused(&|tree| joined(tree).select(Node::id.max().coalesce(0)));
    refused(&|tree| joined(tree).union_all(Node::query().select(Node::id)));
    refused(&|tree| {
        Node::query()
            .filter(Node::id.in_(tree.query()))
            .select(Node::id)
    });
    refused(&|tree| {
        Node::query()
            .left_join_to(tree, tree.column(Node::id).eq(Node::parent))
            .select(Node::id)
    });
    refused(&|tree| {
        let other = tree.alias("other");
        joined(tree).cross_join_to(&other)
    });
}

fn bytes_stay_as_long_as_they_are(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    Everything::insert(Everything::ordinary())
        .execute(&db)
        .unwrap();
    let bytes = Everything::query().select((Everything::id, Everything::bytes));
    let read = bytes.cte("kept").query().one(&db).unwrap().1;
    assert_eq!(read, [0, 1, 255]);
    let own = Everything::query()
        .select(value(vec![7_u8, 0]))
        .cte("own")
        .query();
    assert_eq!(own.one(&db).unwrap(), [7, 0]);
}
