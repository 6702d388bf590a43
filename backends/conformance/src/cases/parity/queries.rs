//! Expressions, groups and subqueries.

use birgus::Database;
use birgus::prelude::*;
use birgus::query::{
    IntoOperand, Number, NumberOperand, Order, Selection, case, count_rows, exists, greatest, value,
};

use super::implements;
use crate::Bed;
use crate::models::{Everything, Post, Price, User};

super::cases![
    parity_04_arithmetic_is_done_in_64_bits,
    parity_05_a_sum_past_64_bits_is_an_error,
    parity_06_sums_and_means_have_the_declared_type,
    parity_27_ilike_folds_letters_of_every_script,
    parity_34_the_length_of_a_text_is_in_characters,
    parity_40_a_bare_column_beside_an_aggregate_is_refused,
    parity_40_distinct_rows_are_ordered_by_what_is_selected,
    parity_40_rows_that_are_cut_off_are_ordered_first,
    parity_41_a_label_stands_for_its_expression,
    parity_42_division_is_exact_or_whole,
    parity_43_division_by_zero_gives_none,
    parity_44_decimals_alone_are_rounded,
    parity_47_truth_values_are_not_summed,
    parity_48_values_of_several_types_are_not_put_together,
    parity_61_a_subquery_may_have_a_limit,
    parity_61_a_changed_table_may_be_read,
    parity_62_rows_are_changed_by_what_they_join,
    parity_62_an_aggregate_is_filtered,
    parity_62_null_is_compared_like_any_value,
    parity_74_characters_count_from_one,
    parity_75_texts_are_joined_in_order,
    parity_75_the_greatest_of_nothing_is_none,
    parity_75_texts_are_concatenated,
];

fn people(bed: &Bed) -> Database {
    let db = bed.database(&[User::info(), Post::info()]);
    let person = |name: &str, age: Option<i32>| {
        User::build()
            .username(name)
            .email(format!("{name}@x.org"))
            .age(age)
    };
    let ids = User::insert_many([
        person("susan", Some(30)),
        person("david", Some(40)),
        person("Élodie", None),
    ])
    .execute(&db)
    .unwrap();
    Post::insert_many([
        Post::build().body("one").author_id(ids[0]).likes(5),
        Post::build().body("two").author_id(ids[0]).likes(0),
        Post::build().body("three").author_id(ids[1]).likes(2),
    ])
    .execute(&db)
    .unwrap();
    db
}

fn parity_04_arithmetic_is_done_in_64_bits(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    Everything::insert(Everything {
        medium: i32::MAX,
        big: i64::MAX,
        ..Everything::ordinary()
    })
    .execute(&db)
    .unwrap();
    let wide = Everything::query()
        .select((
            Everything::medium + 1,
            Everything::medium * Everything::medium,
        ))
        .one(&db)
        .unwrap();
    assert_eq!(wide, (2_147_483_648, 4_611_686_014_132_420_609));
    let error = Everything::query()
        .select(Everything::big + 1)
        .one(&db)
        .unwrap_err();
    assert!(error.is_invalid_value(), "{error:?}");
    // Where nothing reads the sum, no engine goes on with a float either.
    let error = Everything::query()
        .filter((Everything::big + 1).gt(0))
        .count(&db)
        .unwrap_err();
    assert!(error.is_invalid_value(), "{error:?}");
}

fn parity_05_a_sum_past_64_bits_is_an_error(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    let row = |big| Everything {
        big,
        ..Everything::ordinary()
    };
    Everything::insert_many([row(i64::MAX - 1), row(1)])
        .execute(&db)
        .unwrap();
    let sum = Everything::query().select(Everything::big.sum());
    assert_eq!(sum.clone().one(&db).unwrap(), Some(i64::MAX));
    Everything::insert(row(1)).execute(&db).unwrap();
    let error = sum.one(&db).unwrap_err();
    assert!(error.is_invalid_value(), "{error:?}");
}

fn parity_06_sums_and_means_have_the_declared_type(bed: &Bed) {
    let db = people(bed);
    let (sum, mean): (Option<i64>, Option<f64>) = Post::query()
        .select((Post::likes.sum(), Post::likes.avg()))
        .one(&db)
        .unwrap();
    assert_eq!((sum, mean), (Some(7), Some(7.0 / 3.0)));
    let nothing: (Option<i64>, Option<f64>) = Post::query()
        .filter(Post::likes.gt(100))
        .select((Post::likes.sum(), Post::likes.avg()))
        .one(&db)
        .unwrap();
    assert_eq!(nothing, (None, None));
}

fn parity_27_ilike_folds_letters_of_every_script(bed: &Bed) {
    let db = people(bed);
    let found = |pattern: &str| {
        User::query()
            .filter(User::username.ilike(pattern))
            .count(&db)
            .unwrap()
    };
    assert_eq!(found("éLOD%"), 1);
    assert_eq!(found("elod%"), 0); // an accent is no case
    let of = |text: &str, pattern: &str| {
        User::query()
            .select(value(text.to_owned()).ilike(pattern))
            .first(&db)
            .unwrap()
            .unwrap()
    };
    assert!(of("ПРИВЕТ", "привет"));
    assert!(of("ΩΜΈΓΑ", "ωμέγα"));
    assert!(!of("STRASSE", "straße")); // letters are folded one to one
}

fn parity_34_the_length_of_a_text_is_in_characters(bed: &Bed) {
    let db = people(bed);
    let length = |text: &str| {
        User::query()
            .select(value(text.to_owned()).length())
            .first(&db)
            .unwrap()
            .unwrap()
    };
    assert_eq!(length("é🦀 "), 3);
    assert_eq!(length(""), 0);
}

fn parity_40_a_bare_column_beside_an_aggregate_is_refused(bed: &Bed) {
    let db = people(bed);
    let message = |error: birgus::Error| {
        assert!(error.is_invalid_query(), "{error:?}");
        error.to_string()
    };
    let bare = Post::query().select((Post::body, Post::likes.sum()));
    assert_eq!(
        message(bare.clone().all(&db).unwrap_err()),
        "post.body: a bare column beside an aggregate or group_by; group by it, or aggregate it"
    );
    assert_eq!(bare.group_by(Post::body).count(&db).unwrap(), 3);
    let by_author = Post::query()
        .select((Post::author_id, count_rows()))
        .group_by(Post::author_id);
    assert_eq!(
        message(by_author.clone().order_by(Post::id).all(&db).unwrap_err()),
        "post.id: a bare column beside an aggregate or group_by; group by it, or aggregate it"
    );
    assert_eq!(
        message(by_author.having(Post::likes.gt(1)).all(&db).unwrap_err()),
        "post.likes: a bare column beside an aggregate or group_by; group by it, or aggregate it"
    );
}

fn parity_40_distinct_rows_are_ordered_by_what_is_selected(bed: &Bed) {
    let db = people(bed);
    let authors = Post::query().select(Post::author_id).distinct();
    let error = authors.clone().order_by(Post::likes).all(&db).unwrap_err();
    assert!(error.is_invalid_query(), "{error:?}");
    assert!(error.to_string().starts_with("post.likes: "), "{error}");
    assert_eq!(
        authors.order_by(Post::author_id.desc()).all(&db).unwrap(),
        [2, 1]
    );
}

fn parity_40_rows_that_are_cut_off_are_ordered_first(bed: &Bed) {
    let db = people(bed);
    let some = Post::query().select(Post::author_id).limit(1);
    let error = User::query()
        .filter(User::id.in_(some.clone()))
        .all(&db)
        .unwrap_err();
    assert!(error.is_invalid_query(), "{error:?}");
    let most_liked = some.order_by(Post::likes.desc());
    let user = User::query()
        .filter(User::id.in_(most_liked))
        .one(&db)
        .unwrap();
    assert_eq!(user.username, "susan");
}

fn parity_41_a_label_stands_for_its_expression(bed: &Bed) {
    let db = people(bed);
    let twice = (Post::likes * 2).label("twice");
    let rows = Post::query()
        .select((Post::body, twice.clone()))
        .filter(twice.clone().gt(0))
        .order_by(twice.desc())
        .all(&db)
        .unwrap();
    assert_eq!(rows, [("one".to_owned(), 10), ("three".to_owned(), 4)]);
    let posts = count_rows().label("posts");
    let rows = Post::query()
        .select((Post::author_id, posts.clone()))
        .group_by(Post::author_id)
        .having(posts.clone().gt(1))
        .order_by(posts)
        .all(&db)
        .unwrap();
    assert_eq!(rows, [(1, 2)]);
}

fn parity_42_division_is_exact_or_whole(bed: &Bed) {
    let db = people(bed);
    let row = Post::query()
        .filter(Post::likes.eq(5))
        .select((
            Post::likes / 2,
            Post::likes.int_div(2),
            (-Post::likes).int_div(2),
            (-Post::likes) % 2,
        ))
        .one(&db)
        .unwrap();
    assert_eq!(row, (Some(2.5), Some(2), Some(-2), Some(-1)));
}

fn parity_43_division_by_zero_gives_none(bed: &Bed) {
    let db = people(bed);
    let row = Post::query()
        .filter(Post::body.eq("two"))
        .select((
            value(1_i64) / Post::likes,
            value(1_i64).int_div(Post::likes),
            value(1_i64) % Post::likes,
        ))
        .one(&db)
        .unwrap();
    assert_eq!(row, (None, None, None));
}

fn parity_44_decimals_alone_are_rounded(bed: &Bed) {
    // `round` asks for a number whose sums are decimals.
    trait Rounded: Number<Wide = Decimal> {}
    impl<T: Number<Wide = Decimal>> Rounded for T {}
    assert!(!implements!(f64: Rounded));
    assert!(implements!(Decimal: Rounded));
    let db = bed.database(&[Price::info()]);
    let price = |amount: i64| {
        Price::insert(
            Price::build()
                .amount(Decimal::new(amount, 2))
                .whole(Decimal::ZERO),
        )
        .execute(&db)
        .unwrap();
    };
    for amount in [250, -250, 25, 349, 100] {
        price(amount);
    }
    let rounded = Price::query()
        .select(Price::amount.round(0))
        .order_by(Price::id)
        .all(&db)
        .unwrap();
    assert_eq!(rounded, [3, -3, 0, 3, 1].map(Decimal::from));
}

fn parity_47_truth_values_are_not_summed(bed: &Bed) {
    assert!(!implements!(bool: Number));
    assert!(!implements!(Option<bool>: Number));
    let db = people(bed);
    let (all, any, active) = User::query()
        .select((
            User::active.bool_and(),
            User::active.bool_or(),
            count_rows().filter(User::active),
        ))
        .one(&db)
        .unwrap();
    assert_eq!((all, any, active), (Some(true), Some(true), 3));
}

fn parity_48_values_of_several_types_are_not_put_together(bed: &Bed) {
    assert!(!implements!(i32: IntoOperand<String>));
    assert!(!implements!(&'static str: IntoOperand<i64>));
    assert!(!implements!(&'static str: NumberOperand<i64>));
    assert!(!implements!(&'static str: Selection));
    // Both sides of a union give one type; what the types can't tell, the digits of a decimal, is refused.
    let db = bed.database(&[Price::info()]);
    let error = Price::query()
        .select(Price::amount.nullable())
        .union(Price::query().select(Price::whole))
        .all(&db)
        .unwrap_err();
    assert!(error.is_invalid_query(), "{error:?}");
    let texts = case::<String>()
        .when(Price::id.gt(0), "some")
        .otherwise("none");
    assert_eq!(Price::query().select(texts).all(&db).unwrap(), [""; 0]);
}

fn parity_61_a_subquery_may_have_a_limit(bed: &Bed) {
    let db = people(bed);
    let best = Post::query()
        .order_by(Post::likes.desc())
        .limit(2)
        .select(Post::author_id);
    let users = User::query()
        .filter(User::id.in_(best))
        .order_by(User::id)
        .pluck(User::username, &db)
        .unwrap();
    assert_eq!(users, ["susan", "david"]);
}

fn parity_61_a_changed_table_may_be_read(bed: &Bed) {
    let db = people(bed);
    let other = Post::alias("other");
    let best = Post::query().select(Post::likes.max()).as_value();
    let raised = Post::query()
        .filter(Post::likes.lt(best))
        .update(Post::likes.set(3), &db)
        .unwrap();
    assert_eq!(raised, 2);
    // Every post but its author's first.
    let earlier = other.query().filter(
        other
            .column(Post::author_id)
            .eq(Post::author_id)
            .and(other.column(Post::id).lt(Post::id)),
    );
    assert_eq!(
        Post::query().filter(exists(earlier)).delete(&db).unwrap(),
        1
    );
    assert_eq!(Post::query().count(&db).unwrap(), 2);
}

fn parity_62_rows_are_changed_by_what_they_join(bed: &Bed) {
    let db = people(bed);
    let changed = Post::query()
        .join::<User>(User::id.eq(Post::author_id))
        .filter(User::username.eq("susan"))
        .update(Post::likes.set(100), &db)
        .unwrap();
    assert_eq!(changed, 2);
    let gone = Post::query()
        .join::<User>(User::id.eq(Post::author_id))
        .filter(User::username.eq("david"))
        .delete(&db)
        .unwrap();
    assert_eq!(gone, 1);
    let left = Post::query().pluck(Post::likes, &db).unwrap();
    assert_eq!(left, [100, 100]);
}

fn parity_62_an_aggregate_is_filtered(bed: &Bed) {
    let db = people(bed);
    let row = Post::query()
        .select((
            Post::likes.sum().filter(Post::likes.gt(2)),
            count_rows().filter(Post::likes.gt(100)),
        ))
        .one(&db)
        .unwrap();
    assert_eq!(row, (Some(5), 0));
}

fn parity_62_null_is_compared_like_any_value(bed: &Bed) {
    let db = people(bed);
    let count = |condition| User::query().filter(condition).count(&db).unwrap();
    assert_eq!(count(User::age.is_distinct_from(30)), 2);
    assert_eq!(count(User::age.is_not_distinct_from(30)), 1);
    assert_eq!(count(User::age.is_not_distinct_from(None)), 1);
    assert_eq!(count(User::age.is_not_distinct_from(User::age)), 3);
    assert_eq!(count(User::age.ne(30)), 1);
}

fn parity_74_characters_count_from_one(bed: &Bed) {
    let db = people(bed);
    let part = |start: i64, length: i64| {
        User::query()
            .select(value("h🦀llo".to_owned()).substring(start, length))
            .first(&db)
            .unwrap()
            .unwrap()
    };
    assert_eq!(part(1, 2), "h🦀");
    assert_eq!(part(0, 2), "h🦀");
    assert_eq!(part(-5, 2), "h🦀");
    assert_eq!(part(4, 99), "lo");
    assert_eq!(part(9, 1), "");
    assert_eq!(part(2, -1), "");
}

fn parity_75_texts_are_joined_in_order(bed: &Bed) {
    let db = people(bed);
    let joined = Post::query()
        .select(Post::body.join_text("; '").order_by(Post::body.desc()))
        .one(&db)
        .unwrap();
    assert_eq!(joined.as_deref(), Some("two; 'three; 'one"));
}

fn parity_75_the_greatest_of_nothing_is_none(bed: &Bed) {
    let db = people(bed);
    let greatest = User::query()
        .select(greatest(User::age, 35))
        .order_by(Order::from(User::id))
        .all(&db)
        .unwrap();
    assert_eq!(greatest, [Some(35), Some(40), None]);
}

fn parity_75_texts_are_concatenated(bed: &Bed) {
    let db = people(bed);
    let texts = Post::query()
        .select(Post::body.concat("!").concat(Post::body))
        .order_by(Post::id)
        .limit(1)
        .all(&db)
        .unwrap();
    assert_eq!(texts, ["one!one"]);
}
