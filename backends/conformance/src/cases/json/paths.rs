//! Keys and indexes lead where they say, or nowhere.

use birgus::prelude::*;
use serde_json::{Value, json};

use super::{Doc, docs, docs_again, kept, of_each, refused};
use crate::Bed;

super::super::cases![
    what_is_missing_is_none,
    keys_lead_into_objects_and_indexes_into_arrays,
    keys_that_look_like_numbers,
    keys_of_any_letters,
    a_long_path,
    paths_that_some_engine_refuses_are_refused,
];

fn what_is_missing_is_none(bed: &Bed) {
    let db = docs(
        bed,
        [
            json!({"a": [1]}),
            json!([]),
            json!("a"),
            json!(null),
            json!(5),
        ],
    );
    for path in [
        Doc::data.key("b"),
        Doc::data.key("b").key("c").index(0),
        Doc::data.key("a").index(1),
        Doc::data.key("a").index(2_147_483_647),
        Doc::data.key("a").index(0).key("x"),
        Doc::data.index(7),
    ] {
        assert_eq!(of_each(&db, path.clone().as_text()), vec![None; 5]);
        assert_eq!(of_each(&db, path.clone().as_i64()), vec![None; 5]);
        assert_eq!(of_each(&db, path.clone().as_f64()), vec![None; 5]);
        assert_eq!(of_each(&db, path.clone().as_bool()), vec![None; 5]);
        assert_eq!(of_each(&db, path.clone().as_json::<Value>()), vec![None; 5]);
        assert_eq!(of_each(&db, path.clone().array_length()), vec![None; 5]);
        assert_eq!(of_each(&db, path.json_type()), vec![None; 5]);
    }
}

fn keys_lead_into_objects_and_indexes_into_arrays(bed: &Bed) {
    let db = docs(
        bed,
        [json!({"a": 1, "o": {"x": 2}, "l": [3, {"x": 4}, [5]]})],
    );
    let data = Doc::data;
    assert_eq!(of_each(&db, data.key("a").index(0).as_i64()), [None]);
    assert_eq!(
        of_each(&db, data.key("o").index(0).as_json::<Value>()),
        [None]
    );
    assert_eq!(
        of_each(&db, data.key("o").index(0).key("x").as_i64()),
        [None]
    );
    assert_eq!(of_each(&db, data.index(0).json_type()), [None]);
    assert_eq!(of_each(&db, data.key("l").key("x").as_i64()), [None]);
    assert_eq!(of_each(&db, data.key("l").index(0).as_i64()), [Some(3)]);
    assert_eq!(
        of_each(&db, data.key("l").index(1).key("x").as_i64()),
        [Some(4)]
    );
    assert_eq!(
        of_each(&db, data.key("l").index(1).index(0).json_type()),
        [None]
    );
    assert_eq!(
        of_each(&db, data.key("l").index(2).index(0).as_f64()),
        [Some(5.0)]
    );
    assert_eq!(
        of_each(&db, data.key("l").index(2).index(0).index(0).as_f64()),
        [None]
    );
    assert_eq!(
        of_each(&db, data.key("l").index(0).index(0).as_i64()),
        [None]
    );
    assert_eq!(kept(&db, data.key("a").index(0).exists()), [0_i64; 0]);
    assert_eq!(of_each(&db, data.key("o").index(0).array_length()), [None]);
}

fn keys_that_look_like_numbers(bed: &Bed) {
    let db = docs(bed, [json!({"0": "zero", "01": "one", "l": ["first"]})]);
    assert_eq!(
        of_each(&db, Doc::data.key("0").as_text()),
        [Some("zero".to_owned())]
    );
    assert_eq!(
        of_each(&db, Doc::data.key("01").as_text()),
        [Some("one".to_owned())]
    );
    assert_eq!(of_each(&db, Doc::data.index(0).as_text()), [None]);
    assert_eq!(of_each(&db, Doc::data.key("l").key("0").as_text()), [None]);
    assert_eq!(
        of_each(&db, Doc::data.key("l").index(0).as_text()),
        [Some("first".to_owned())]
    );
}

const KEYS: [&str; 24] = [
    "",
    " ",
    "a b",
    "a.b",
    "$",
    "$.a",
    "a\"b",
    "\"",
    "\\",
    "\\\"",
    "\\n",
    "\n\r\t\u{8}\u{c}",
    "\u{1}\u{1f}\u{7f}",
    "é",
    "😀",
    "日本",
    "*",
    "[0]",
    "'",
    "a'b",
    "@",
    "%",
    "/",
    "\u{2028}",
];

fn keys_of_any_letters(bed: &Bed) {
    let all: serde_json::Map<String, Value> = KEYS
        .iter()
        .enumerate()
        .map(|(number, key)| ((*key).to_owned(), json!(number)))
        .collect();
    let db = docs(bed, [json!(all), json!({"in": all})]);
    assert_eq!(of_each(&db, Doc::data.key("A B").as_i64()), [None, None]);
    assert_eq!(of_each(&db, Doc::data.key("É").as_i64()), [None, None]);
    for (number, key) in KEYS.iter().enumerate() {
        let number = i64::try_from(number).ok();
        assert_eq!(
            of_each(&db, Doc::data.key(*key).as_i64()),
            [number, None],
            "{key:?}"
        );
        assert_eq!(
            of_each(&db, Doc::data.key("in").key(*key).as_i64()),
            [None, number],
            "{key:?}"
        );
        assert_eq!(
            kept(&db, Doc::data.json_contains(json!({ *key: number }))),
            [1],
            "{key:?}"
        );
        let removed = of_each(&db, Doc::data.key(*key).remove());
        assert!(removed[0].get(*key).is_none(), "{key:?}");
        assert_eq!(
            removed[0].as_object().unwrap().len(),
            KEYS.len() - 1,
            "{key:?}"
        );
        let set = of_each(&db, Doc::data.key("in").key(*key).set("new"));
        assert_eq!(set[1]["in"][*key], json!("new"), "{key:?}");
        assert_eq!(
            set[1]["in"].as_object().unwrap().len(),
            KEYS.len(),
            "{key:?}"
        );
        let added = of_each(&db, Doc::data.key("new").set(json!({ *key: [key] })));
        assert_eq!(added[0]["new"], json!({ *key: [key] }), "{key:?}");
    }
    let db = docs_again(&db, [json!({})]);
    for key in KEYS {
        let set = of_each(&db, Doc::data.key(key).set(1));
        assert_eq!(set[0].0, json!({ key: 1 }), "{key:?}");
    }
}

fn a_long_path(bed: &Bed) {
    let mut document = json!("deep");
    for level in 0..31 {
        document = if level % 2 == 0 {
            json!({ "k": document })
        } else {
            json!([document])
        };
    }
    let db = docs(bed, [document]);
    let mut path = Doc::data.root();
    for level in 0..31 {
        path = if level % 2 == 0 {
            path.key("k")
        } else {
            path.index(0)
        };
    }
    assert_eq!(
        of_each(&db, path.clone().as_text()),
        [Some("deep".to_owned())]
    );
    assert_eq!(kept(&db, path.clone().exists()), [1]);
    let message = refused(&db, path.index(0).as_text());
    assert!(
        message.contains("doc.data: a path of 32 steps, at most 31"),
        "{message}"
    );
}

fn paths_that_some_engine_refuses_are_refused(bed: &Bed) {
    let db = docs(bed, [json!(1)]);
    let message = refused(&db, Doc::data.key("a").index(2_147_483_648).as_text());
    assert!(
        message.contains("doc.data: an index above 2147483647"),
        "{message}"
    );
    let message = refused(&db, Doc::data.key("a\0").exists());
    assert!(message.contains("doc.data: a key with NUL"), "{message}");
    for key in ["-", "-1", "-a"] {
        let message = refused(&db, Doc::data.key(key).as_text());
        assert!(
            message.contains("doc.data: a key that begins with a minus sign"),
            "{message}"
        );
    }
    let message = refused(&db, Doc::data.key("a\0").remove());
    assert!(message.contains("doc.data: a key with NUL"), "{message}");
}
