//! The order of rows.

use birgus::prelude::*;

use crate::Bed;
use crate::models::{Everything, Mood, User};

super::cases![
    parity_31_texts_are_ordered_by_code_point,
    parity_39_null_is_the_smallest,
    parity_71_enums_hold_their_variants_and_are_ordered_as_declared,
];

fn parity_31_texts_are_ordered_by_code_point(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let words = [
        "é", "Z", "a", "_", "🦀", "B", "b", "A", "\u{e000}", "ab", "a b", "", "ä", "z", "ÿ", "本",
    ];
    User::insert_many(words.map(|word| User::build().username(word).email(word)))
        .execute(&db)
        .unwrap();
    let mut sorted = words;
    sorted.sort_unstable();
    let by_name = |order: birgus::query::Order| {
        User::query()
            .order_by(order)
            .pluck(User::username, &db)
            .unwrap()
    };
    assert_eq!(by_name(User::username.asc()), sorted);
    let below_a = User::query().filter(User::username.lt("a"));
    assert_eq!(
        below_a.count(&db).unwrap(),
        5,
        "the empty text, A, B, Z and _"
    );
    sorted.reverse();
    assert_eq!(by_name(User::username.desc()), sorted);
}

fn parity_39_null_is_the_smallest(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let person = |name: &str, age: Option<i32>| User::build().username(name).email(name).age(age);
    User::insert_many([
        person("anna", Some(30)),
        person("bob", None),
        person("carl", Some(-5)),
        person("dora", None),
    ])
    .execute(&db)
    .unwrap();
    let ages = |query: Query<User>| query.pluck(User::age, &db).unwrap();
    assert_eq!(
        ages(User::query().order_by(User::age.asc())),
        [None, None, Some(-5), Some(30)]
    );
    assert_eq!(
        ages(User::query().order_by(User::age.desc())),
        [Some(30), Some(-5), None, None]
    );
    // The page of a list depends on it.
    assert_eq!(
        ages(User::query().order_by(User::age.asc()).limit(1)),
        [None]
    );
    let names = User::query()
        .order_by(User::age.desc())
        .order_by(User::username.desc())
        .pluck(User::username, &db)
        .unwrap();
    assert_eq!(names, ["anna", "carl", "dora", "bob"]);
}

fn parity_71_enums_hold_their_variants_and_are_ordered_as_declared(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    let row = |mood, maybe_mood| Everything {
        mood,
        maybe_mood,
        ..Everything::ordinary()
    };
    Everything::insert_many([
        row(Mood::Grumpy, None),
        row(Mood::Happy, Some(Mood::SoSo)),
        row(Mood::SoSo, Some(Mood::Happy)),
    ])
    .execute(&db)
    .unwrap();
    let moods = |query: Query<Everything>| query.pluck(Everything::mood, &db).unwrap();
    // By their texts, `grumpy` would be the first.
    assert_eq!(
        moods(Everything::query().order_by(Everything::mood.asc())),
        [Mood::Happy, Mood::SoSo, Mood::Grumpy]
    );
    assert_eq!(
        moods(Everything::query().order_by(Everything::maybe_mood.asc())),
        [Mood::Grumpy, Mood::SoSo, Mood::Happy]
    );
    assert_eq!(
        moods(Everything::query().filter(Everything::mood.gt(Mood::SoSo))),
        [Mood::Grumpy]
    );
    for bad in ["ecstatic", "HAPPY", ""] {
        let error = birgus::sql("UPDATE \"everything\" SET \"mood\" = :bad")
            .bind("bad", bad)
            .execute(&db)
            .unwrap_err();
        assert!(error.is_check_violation(), "{bad}: {error:?}");
        assert_eq!(error.constraint(), Some("ck_everything_mood_enum"));
    }
}
