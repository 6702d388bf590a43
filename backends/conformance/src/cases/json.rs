//! Documents are entered, read, searched and changed alike everywhere.

use birgus::Database;
use birgus::prelude::*;
use birgus::query::{Expr, JsonPath, Selection, value};
use serde_json::{Value, json};

use crate::Bed;

super::cases![
    a_text_is_read_from_strings_alone,
    a_whole_number_is_read_from_whole_numbers_alone,
    a_number_is_read_from_any_number,
    a_truth_value_is_read_from_booleans_alone,
    a_document_is_read_from_anything_but_null,
    what_is_missing_is_none,
    keys_lead_into_objects_and_indexes_into_arrays,
    keys_that_look_like_numbers,
    keys_of_any_letters,
    a_long_path,
    kinds_have_names,
    arrays_have_a_length,
    a_null_exists_and_nothing_does_not,
    the_root_is_a_document_too,
    no_document_is_null,
    what_is_read_is_compared_by_code_point,
    what_is_read_is_ordered_and_grouped,
    a_bound_document_is_entered,
    paths_that_some_engine_refuses_are_refused,
    a_document_contains_a_part,
    a_document_does_not_contain_a_part,
    containing_is_true_or_false_of_every_document,
    a_part_of_a_document_contains_a_part,
    parts_that_engines_compare_differently_are_refused,
    a_value_is_set_in_an_object,
    a_value_is_set_in_an_array,
    a_value_without_a_place_is_not_set,
    values_of_every_kind_are_set,
    a_value_is_removed,
    what_is_not_there_is_not_removed,
    changes_are_assigned_and_chained,
    a_change_of_no_document_is_null,
    changes_that_some_engine_refuses_are_refused,
    rows_are_updated_and_deleted_by_what_documents_contain,
];

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub(super) struct Doc {
    #[key]
    pub id: i64,
    pub data: Json<Value>,
    pub maybe: Option<Json<Value>>,
    #[column(length = 40)]
    pub name: Option<String>,
}

fn docs(bed: &Bed, documents: impl IntoIterator<Item = Value>) -> Database {
    let db = bed.database(&[Doc::info()]);
    let rows: Vec<_> = documents
        .into_iter()
        .map(|document| Doc::build().data(Json(document)))
        .collect();
    Doc::insert_many(rows).execute(&db).unwrap();
    db
}

fn of_each<T: birgus::model::ColumnValue>(
    db: &Database,
    expression: impl Expression<Value = T>,
) -> Vec<T>
where
    Expr<T>: Selection<Output = T>,
{
    Doc::query()
        .order_by(Doc::id.asc())
        .select(expression.into_expr())
        .all(db)
        .unwrap()
}

fn kept(db: &Database, condition: Expr<bool>) -> Vec<i64> {
    Doc::query()
        .filter(condition)
        .order_by(Doc::id.asc())
        .pluck(Doc::id, db)
        .unwrap()
}

fn refused<T: birgus::model::ColumnValue>(
    db: &Database,
    expression: impl Expression<Value = T>,
) -> String
where
    Expr<T>: Selection<Output = T>,
{
    let error = Doc::query()
        .select(expression.into_expr())
        .all(db)
        .err()
        .unwrap();
    assert!(error.is_invalid_query(), "{error}");
    error.to_string()
}

/// A value of every kind, each below the key `v`.
fn kinds() -> Vec<Value> {
    [
        json!("text"),
        json!(""),
        json!("1"),
        json!("true"),
        json!("é😀 \"q\" \\ / \n\t\u{1} "),
        json!(0),
        json!(1),
        json!(-1),
        json!(1.0),
        json!(1.5),
        json!(-2.0),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(9_223_372_036_854_775_808_u64),
        json!(1e300),
        json!(-1e300),
        json!(1e18),
        json!(9_223_372_036_854_774_784.0),
        json!(5e-324),
        json!(f64::MAX),
        json!(0.1),
        json!(true),
        json!(false),
        json!(null),
        json!([]),
        json!({}),
        json!([1]),
        json!({"v": 1}),
    ]
    .into_iter()
    .map(|value| json!({ "v": value }))
    .collect()
}

fn v() -> JsonPath<Json<Value>> {
    Doc::data.key("v")
}

fn read<T>(documents: &[Value], read: fn(&Value) -> Option<T>) -> Vec<Option<T>> {
    documents
        .iter()
        .map(|document| read(&document["v"]))
        .collect()
}

fn a_text_is_read_from_strings_alone(bed: &Bed) {
    let db = docs(bed, kinds());
    let expected = read(&kinds(), |value| value.as_str().map(str::to_owned));
    assert_eq!(of_each(&db, v().as_text()), expected);
}

fn a_whole_number_is_read_from_whole_numbers_alone(bed: &Bed) {
    let db = docs(bed, kinds());
    let whole = |value: &Value| {
        let float = value
            .as_f64()
            .filter(|float| value.is_f64() && float.fract() == 0.0);
        let float = float.filter(|float| float.abs() < 9_223_372_036_854_775_808.0);
        value.as_i64().or(float.map(|float| float as i64))
    };
    assert_eq!(of_each(&db, v().as_i64()), read(&kinds(), whole));
}

fn a_number_is_read_from_any_number(bed: &Bed) {
    let db = docs(bed, kinds());
    assert_eq!(of_each(&db, v().as_f64()), read(&kinds(), Value::as_f64));
}

fn a_truth_value_is_read_from_booleans_alone(bed: &Bed) {
    let db = docs(bed, kinds());
    assert_eq!(of_each(&db, v().as_bool()), read(&kinds(), Value::as_bool));
    assert_eq!(kept(&db, v().as_bool().into()), [23]);
    assert_eq!(kept(&db, v().as_bool().eq(false)), [24]);
}

fn a_document_is_read_from_anything_but_null(bed: &Bed) {
    let db = docs(bed, kinds());
    let expected = read(&kinds(), |value| {
        Some(Json(value.clone())).filter(|value| !value.0.is_null())
    });
    assert_eq!(of_each(&db, v().as_json::<Value>()), expected);
    let db = docs_again(&db, [json!({"v": {"sizes": [1, 2]}})]);
    #[derive(serde::Serialize, serde::Deserialize, PartialEq, Debug)]
    struct Inner {
        sizes: Vec<i32>,
    }
    assert_eq!(
        of_each(&db, v().as_json::<Inner>()),
        [Some(Json(Inner { sizes: vec![1, 2] }))]
    );
}

/// Other documents in the same database.
fn docs_again(db: &Database, documents: impl IntoIterator<Item = Value>) -> Database {
    Doc::query().delete(db).unwrap();
    let rows: Vec<_> = documents
        .into_iter()
        .map(|document| Doc::build().data(Json(document)))
        .collect();
    Doc::insert_many(rows).execute(db).unwrap();
    db.clone()
}

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

fn kinds_have_names(bed: &Bed) {
    let db = docs(bed, kinds());
    let expected = read(&kinds(), |value| {
        let name = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        Some(name.to_owned())
    });
    assert_eq!(of_each(&db, v().json_type()), expected);
    assert_eq!(kept(&db, v().json_type().eq("null")), [25]);
}

fn arrays_have_a_length(bed: &Bed) {
    let db = docs(bed, kinds());
    let expected = read(&kinds(), |value| {
        i64::try_from(value.as_array()?.len()).ok()
    });
    assert_eq!(of_each(&db, v().array_length()), expected);
    let db = docs_again(&db, [json!([1, [2, 3], {}])]);
    assert_eq!(of_each(&db, Doc::data.root().array_length()), [Some(3)]);
    assert_eq!(of_each(&db, Doc::data.index(1).array_length()), [Some(2)]);
    assert_eq!(
        of_each(&db, Doc::data.index(1).array_length().gt(1)),
        [true]
    );
}

fn a_null_exists_and_nothing_does_not(bed: &Bed) {
    let db = docs(bed, [json!({"a": null}), json!({}), json!([null])]);
    assert_eq!(kept(&db, Doc::data.key("a").exists()), [1]);
    assert_eq!(kept(&db, !Doc::data.key("a").exists()), [2, 3]);
    assert_eq!(kept(&db, Doc::data.index(0).exists()), [3]);
    assert_eq!(kept(&db, Doc::data.root().exists()), [1, 2, 3]);
    assert_eq!(kept(&db, Doc::maybe.root().exists()), [0_i64; 0]);
}

fn the_root_is_a_document_too(bed: &Bed) {
    let documents = [
        json!("x"),
        json!(2.0),
        json!(true),
        json!(null),
        json!([1]),
        json!({"a": 1}),
    ];
    let db = docs(bed, documents.clone());
    let root = || Doc::data.root();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        of_each(&db, root().as_text()),
        [text("x"), None, None, None, None, None]
    );
    assert_eq!(
        of_each(&db, root().as_i64()),
        [None, Some(2), None, None, None, None]
    );
    assert_eq!(
        of_each(&db, root().as_bool()),
        [None, None, Some(true), None, None, None]
    );
    let found = of_each(&db, root().as_json::<Value>());
    let expected =
        documents.map(|document| Some(Json(document)).filter(|document| !document.is_null()));
    assert_eq!(found, expected);
    assert_eq!(
        of_each(&db, root().json_type()),
        ["string", "number", "boolean", "null", "array", "object"].map(text)
    );
}

fn no_document_is_null(bed: &Bed) {
    let db = docs(bed, [json!({"a": 1})]);
    assert_eq!(of_each(&db, Doc::maybe.key("a").as_text()), [None]);
    assert_eq!(of_each(&db, Doc::maybe.key("a").as_i64()), [None]);
    assert_eq!(of_each(&db, Doc::maybe.index(0).json_type()), [None]);
    assert_eq!(of_each(&db, Doc::maybe.root().array_length()), [None]);
    assert_eq!(of_each(&db, Doc::maybe.root().as_json::<Value>()), [None]);
    assert_eq!(kept(&db, Doc::maybe.json_contains(json!({}))), [0_i64; 0]);
    assert_eq!(kept(&db, !Doc::maybe.json_contains(json!({}))), [0_i64; 0]);
}

fn what_is_read_is_compared_by_code_point(bed: &Bed) {
    let db = docs(
        bed,
        ["a", "A", "a ", "á", "é", "É"].map(|text| json!({ "v": text })),
    );
    assert_eq!(kept(&db, v().as_text().eq("a")), [1]);
    assert_eq!(kept(&db, v().as_text().eq("é")), [5]);
    assert_eq!(kept(&db, v().as_text().in_(["A", "É "])), [2]);
    assert_eq!(kept(&db, v().as_text().lower().eq("a")), [1, 2]);
    assert_eq!(kept(&db, v().as_text().like("a%")), [1, 3]);
    assert_eq!(kept(&db, v().as_text().gt("a")), [3, 4, 5, 6]);
    assert_eq!(kept(&db, v().as_text().contains(" ")), [3]);
    Doc::query().update(Doc::name.set("a"), &db).unwrap();
    assert_eq!(kept(&db, v().as_text().eq(Doc::name)), [1]);
    assert_eq!(kept(&db, Doc::name.eq(v().as_text())), [1]);
    assert_eq!(kept(&db, Doc::data.json_contains(json!({"v": "a"}))), [1]);
    assert_eq!(kept(&db, Doc::data.json_contains(json!({"v": "á"}))), [4]);
}

fn what_is_read_is_ordered_and_grouped(bed: &Bed) {
    let texts = ["b", "a", "B", "a ", "é", "_", "a"];
    let db = docs(bed, texts.map(|text| json!({ "v": text, "n": text.len() })));
    let ids: Vec<i64> = Doc::query()
        .order_by(v().as_text().asc())
        .order_by(Doc::id.asc())
        .pluck(Doc::id, &db)
        .unwrap();
    assert_eq!(ids, [3, 6, 2, 7, 4, 1, 5]);
    let groups = Doc::query()
        .group_by(v().as_text())
        .order_by(v().as_text().desc())
        .select((v().as_text(), Doc::id.count()))
        .all(&db)
        .unwrap();
    let expected = [("é", 1), ("b", 1), ("a ", 1), ("a", 2), ("_", 1), ("B", 1)];
    assert_eq!(
        groups,
        expected.map(|(text, count)| (Some(text.to_owned()), count))
    );
    let most = Doc::query()
        .select(Doc::data.key("n").as_i64().max())
        .one(&db)
        .unwrap();
    assert_eq!(most, Some(2));
}

fn a_bound_document_is_entered(bed: &Bed) {
    let db = docs(bed, [json!(1)]);
    let bound = value(Json(json!({"a": [1, "x"], "b": null})));
    assert_eq!(
        of_each(&db, bound.clone().key("a").index(1).as_text()),
        [Some("x".to_owned())]
    );
    assert_eq!(
        of_each(&db, bound.clone().key("b").json_type()),
        [Some("null".to_owned())]
    );
    assert_eq!(
        of_each(&db, bound.clone().root().json_type()),
        [Some("object".to_owned())]
    );
    assert_eq!(
        of_each(&db, bound.clone().key("b").set(2))[0].0,
        json!({"a": [1, "x"], "b": 2})
    );
    assert_eq!(kept(&db, bound.json_contains(json!({"a": ["x"]}))), [1]);
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

/// Documents, parts, and whether they contain them.
fn containments() -> Vec<(Value, Value, bool)> {
    vec![
        (json!({"a": 1, "b": 2}), json!({"a": 1}), true),
        (json!({"a": 1}), json!({"a": 1, "b": 2}), false),
        (json!({"a": 1}), json!({"a": 1.0}), true),
        (json!({"a": 1.0}), json!({"a": 1}), true),
        (json!({"a": 1.5}), json!({"a": 1.5}), true),
        (json!({"a": 1.5}), json!({"a": 1}), false),
        (
            json!({"a": 9_007_199_254_740_991_i64}),
            json!({"a": 9_007_199_254_740_991_i64}),
            true,
        ),
        (
            json!({"a": 9_007_199_254_740_993_i64}),
            json!({"a": 9_007_199_254_740_991_i64}),
            false,
        ),
        (json!({"a": 1e300}), json!({"a": 0.5}), false),
        (json!({"a": 1}), json!({"a": "1"}), false),
        (json!({"a": "1"}), json!({"a": 1}), false),
        (json!({"a": true}), json!({"a": true}), true),
        (json!({"a": true}), json!({"a": false}), false),
        (json!({"a": "true"}), json!({"a": true}), false),
        (json!({"a": 1}), json!({"a": true}), false),
        (json!({"a": null}), json!({"a": null}), true),
        (json!({}), json!({"a": null}), false),
        (json!({"a": "null"}), json!({"a": null}), false),
        (json!({"a": "x"}), json!({"a": "x"}), true),
        (json!({"a": "x"}), json!({"a": "X"}), false),
        (json!({"a": "x "}), json!({"a": "x"}), false),
        (json!({"a": "é\"\\\n😀"}), json!({"a": "é\"\\\n😀"}), true),
        (json!({"a": 1}), json!({}), true),
        (json!({}), json!({}), true),
        (json!({}), json!([]), false),
        (json!([]), json!({}), false),
        (json!([]), json!([]), true),
        (json!([1]), json!([]), true),
        (json!(1), json!([]), false),
        (json!(1), json!([1]), false),
        (json!("x"), json!({}), false),
        (json!(null), json!([null]), false),
        (json!([1, 2, 3]), json!([3, 1]), true),
        (json!([1, 2, 3]), json!([1, 1, 1]), true),
        (json!([1, 2, 3]), json!([4]), false),
        (json!([1.0, "x"]), json!([1]), true),
        (json!(["a", "b"]), json!(["b"]), true),
        (json!(["a", "b"]), json!(["c"]), false),
        (json!(["a ", "B"]), json!(["a"]), false),
        (json!([null, false]), json!([null]), true),
        (json!([null, false]), json!([false]), true),
        (json!([[1]]), json!([1]), false),
        (json!([1]), json!([[1]]), false),
        (json!([[1, 2]]), json!([[1]]), true),
        (json!([[1, 2], [3]]), json!([[1, 3]]), false),
        (json!([[1, 2], [3]]), json!([[3], [2]]), true),
        (json!([1, [2, {}]]), json!([[{}]]), true),
        (json!({"a": [1, 2]}), json!({"a": 1}), false),
        (json!({"a": [1, 2]}), json!({"a": [2]}), true),
        (json!({"a": [1, 2]}), json!({"a": []}), true),
        (json!({"a": 1}), json!({"a": [1]}), false),
        (json!({"a": {"b": 1, "c": 2}}), json!({"a": {"c": 2}}), true),
        (json!({"a": {"b": 1, "c": 2}}), json!({"a": {}}), true),
        (json!({"a": {"b": 1}}), json!({"b": 1}), false),
        (json!([{"a": 1, "b": 2}, {"a": 3}]), json!([{"b": 2}]), true),
        (
            json!([{"a": 1, "b": 2}, {"a": 3}]),
            json!([{"a": 3, "b": 2}]),
            false,
        ),
        (
            json!([{"a": 1, "b": 2}, {"a": 3}]),
            json!([{"a": 3}, {"b": 2}]),
            true,
        ),
        (json!([{"a": 1}]), json!({"a": 1}), false),
        (json!({"0": 1}), json!([1]), false),
        (json!([1]), json!({"0": 1}), false),
        (
            json!({"l": [{"x": [{"y": "z"}, 1]}, 5]}),
            json!({"l": [{"x": [{"y": "z"}]}]}),
            true,
        ),
        (
            json!({"l": [{"x": [{"y": "z"}, 1]}, 5]}),
            json!({"l": [{"x": [{"y": "w"}]}]}),
            false,
        ),
    ]
}

fn contained(bed: &Bed, expected: bool) {
    let cases = containments();
    let db = docs(bed, cases.iter().map(|(document, ..)| document.clone()));
    for (id, (document, part, contains)) in (1..).zip(&cases) {
        if *contains != expected {
            continue;
        }
        let found = kept(&db, Doc::data.json_contains(part).and(Doc::id.eq(id)));
        assert_eq!(!found.is_empty(), expected, "{document} contains {part}");
    }
}

fn a_document_contains_a_part(bed: &Bed) {
    contained(bed, true);
}

fn a_document_does_not_contain_a_part(bed: &Bed) {
    contained(bed, false);
}

fn containing_is_true_or_false_of_every_document(bed: &Bed) {
    let cases = containments();
    let db = docs(bed, cases.iter().map(|(document, ..)| document.clone()));
    for part in [
        json!({"a": 1}),
        json!([1]),
        json!({"a": {"b": [1]}}),
        json!([{"a": null}]),
    ] {
        let contains = || Doc::data.json_contains(&part);
        let (yes, no) = (kept(&db, contains()), kept(&db, !contains()));
        assert_eq!(yes.len() + no.len(), cases.len(), "{part}");
        let selected = of_each(&db, contains());
        assert_eq!(
            selected.iter().filter(|contains| **contains).count(),
            yes.len(),
            "{part}"
        );
    }
}

fn a_part_of_a_document_contains_a_part(bed: &Bed) {
    let db = docs(
        bed,
        [
            json!({"tags": ["rust", "sql"]}),
            json!({"tags": ["Rust"]}),
            json!({"tags": "rust"}),
            json!({"tags": [["rust"]]}),
            json!(["rust"]),
            json!({"tags": null}),
        ],
    );
    let tags = || Doc::data.key("tags");
    assert_eq!(kept(&db, tags().contains(["rust"])), [1]);
    assert_eq!(kept(&db, tags().contains(["sql", "rust"])), [1]);
    assert_eq!(kept(&db, tags().contains(["sql", "go"])), [0_i64; 0]);
    assert_eq!(kept(&db, tags().index(0).contains(["rust"])), [4]);
    assert_eq!(kept(&db, !tags().contains(["rust"])), [2, 3, 4]);
    assert_eq!(kept(&db, Doc::data.root().contains(["rust"])), [5]);
}

fn parts_that_engines_compare_differently_are_refused(bed: &Bed) {
    let db = docs(bed, [json!([1])]);
    for (part, problem) in [
        (json!(1), "contains takes an array or an object"),
        (json!("a"), "as_text()"),
        (json!(null), "contains takes an array or an object"),
        (json!([9_007_199_254_740_992_i64]), "below 2^53"),
        (json!({"a": [1e16]}), "below 2^53"),
        (json!([u64::MAX]), "below 2^53"),
        (json!(["a\0"]), "NUL"),
        (json!({"a\0": 1}), "NUL"),
        (json!([{"-a": 1}]), "begins with a minus sign"),
    ] {
        let message = refused(&db, Doc::data.json_contains(&part));
        assert!(message.contains("doc.data"), "{message}");
        assert!(message.contains(problem), "{part}: {message}");
    }
}

fn a_value_is_set_in_an_object(bed: &Bed) {
    let db = docs(bed, [json!({"a": 1, "b": {"c": [1, {}]}})]);
    let set = |path: JsonPath<Json<Value>>, value: Value| of_each(&db, path.set(value)).remove(0).0;
    let data = Doc::data;
    assert_eq!(
        set(data.key("a"), json!(2)),
        json!({"a": 2, "b": {"c": [1, {}]}})
    );
    assert_eq!(
        set(data.key("d"), json!("x")),
        json!({"a": 1, "b": {"c": [1, {}]}, "d": "x"})
    );
    assert_eq!(
        set(data.key("b").key("c"), json!(null)),
        json!({"a": 1, "b": {"c": null}})
    );
    assert_eq!(
        set(data.key("b").key("0"), json!(3)),
        json!({"a": 1, "b": {"c": [1, {}], "0": 3}})
    );
    assert_eq!(
        set(data.key("b").key("c").index(1).key("x"), json!([])),
        json!({"a": 1, "b": {"c": [1, {"x": []}]}})
    );
    assert_eq!(
        set(data.key("b"), json!({"n": {"m": 1}})),
        json!({"a": 1, "b": {"n": {"m": 1}}})
    );
}

fn a_value_is_set_in_an_array(bed: &Bed) {
    let db = docs(bed, [json!([1, [2, 3], {"a": 4}])]);
    let set = |path: JsonPath<Json<Value>>, value: Value| of_each(&db, path.set(value)).remove(0).0;
    let data = Doc::data;
    assert_eq!(
        set(data.index(0), json!("x")),
        json!(["x", [2, 3], {"a": 4}])
    );
    assert_eq!(set(data.index(1), json!(null)), json!([1, null, {"a": 4}]));
    assert_eq!(
        set(data.index(1).index(1), json!([])),
        json!([1, [2, []], {"a": 4}])
    );
    assert_eq!(
        set(data.index(2).key("a"), json!(5)),
        json!([1, [2, 3], {"a": 5}])
    );
    assert_eq!(
        set(data.index(2).key("b"), json!(5)),
        json!([1, [2, 3], {"a": 4, "b": 5}])
    );
}

fn a_value_without_a_place_is_not_set(bed: &Bed) {
    let document = json!({"a": 1, "l": [1, "x"], "o": {"0": 0}, "n": null});
    let db = docs(bed, [document.clone()]);
    let data = Doc::data;
    for path in [
        data.index(0),
        data.key("a").index(0),
        data.key("a").key("b"),
        data.key("x").key("y"),
        data.key("x").index(0),
        data.key("l").index(2),
        data.key("l").index(99),
        data.key("l").key("0"),
        data.key("l").key("a"),
        data.key("l").index(0).index(0),
        data.key("l").index(0).index(0).key("x"),
        data.key("l").index(1).key("x"),
        data.key("o").index(0),
        data.key("o").index(0).key("x"),
        data.key("n").key("x"),
        data.key("n").index(0),
    ] {
        let shown = format!("{path:?}");
        assert_eq!(of_each(&db, path.set("new"))[0].0, document, "{shown}");
    }
    for whole in [json!(1), json!("x"), json!(null)] {
        let db = docs_again(&db, [whole.clone()]);
        assert_eq!(of_each(&db, data.key("a").set(2))[0].0, whole);
        assert_eq!(of_each(&db, data.index(0).set(2))[0].0, whole);
    }
}

fn values_of_every_kind_are_set(bed: &Bed) {
    let db = docs(bed, [json!({"old": [1.0, 1, 1e300, u64::MAX]})]);
    for value in kinds() {
        assert_eq!(
            of_each(&db, Doc::data.key("new").set(&value))[0].0,
            json!({"old": [1.0, 1, 1e300, u64::MAX], "new": value})
        );
        let changed = Doc::query().update(Doc::data.set(Doc::data.key("new").set(&value)), &db);
        assert_eq!(changed.unwrap(), 1);
        assert_eq!(
            of_each(&db, Doc::data)[0].0,
            json!({"old": [1.0, 1, 1e300, u64::MAX], "new": value})
        );
    }
}

fn a_value_is_removed(bed: &Bed) {
    let db = docs(
        bed,
        [json!({"a": 1, "l": [1, [2, 3], 4], "o": {"0": 0, "x": {"y": 1}}})],
    );
    let removed = |path: JsonPath<Json<Value>>| of_each(&db, path.remove()).remove(0).0;
    let data = Doc::data;
    assert_eq!(
        removed(data.key("a")),
        json!({"l": [1, [2, 3], 4], "o": {"0": 0, "x": {"y": 1}}})
    );
    assert_eq!(
        removed(data.key("l").index(0)),
        json!({"a": 1, "l": [[2, 3], 4], "o": {"0": 0, "x": {"y": 1}}})
    );
    assert_eq!(
        removed(data.key("l").index(1).index(0)),
        json!({"a": 1, "l": [1, [3], 4], "o": {"0": 0, "x": {"y": 1}}})
    );
    assert_eq!(
        removed(data.key("o").key("0")),
        json!({"a": 1, "l": [1, [2, 3], 4], "o": {"x": {"y": 1}}})
    );
    assert_eq!(
        removed(data.key("o").key("x").key("y")),
        json!({"a": 1, "l": [1, [2, 3], 4], "o": {"0": 0, "x": {}}})
    );
}

fn what_is_not_there_is_not_removed(bed: &Bed) {
    let document = json!({"a": 1, "l": [1, "x"], "o": {"0": 0}, "n": null});
    let db = docs(bed, [document.clone()]);
    let data = Doc::data;
    for path in [
        data.index(0),
        data.key("x"),
        data.key("x").key("y"),
        data.key("a").index(0),
        data.key("a").key("b"),
        data.key("l").index(2),
        data.key("l").key("0"),
        data.key("l").index(0).index(0),
        data.key("o").index(0),
        data.key("n").index(0),
    ] {
        let shown = format!("{path:?}");
        assert_eq!(of_each(&db, path.remove())[0].0, document, "{shown}");
    }
    let db = docs_again(&db, [json!(1)]);
    assert_eq!(of_each(&db, data.index(0).remove())[0].0, json!(1));
    assert_eq!(of_each(&db, data.key("a").remove())[0].0, json!(1));
}

fn changes_are_assigned_and_chained(bed: &Bed) {
    let db = docs(bed, [json!({"n": 1, "l": [1, 2]}), json!({"n": 5})]);
    let changed = Doc::data
        .key("n")
        .set(7)
        .key("l")
        .index(0)
        .remove()
        .key("new")
        .set([1.0, 2.5]);
    let count = Doc::query()
        .filter(Doc::data.key("n").as_i64().eq(1))
        .update(
            [
                Doc::data.set(changed),
                Doc::name.set(Doc::data.key("l").json_type()),
            ],
            &db,
        );
    assert_eq!(count.unwrap(), 1);
    let rows = Doc::query().order_by(Doc::id.asc()).all(&db).unwrap();
    assert_eq!(rows[0].data.0, json!({"n": 7, "l": [2], "new": [1.0, 2.5]}));
    assert_eq!(rows[0].name.as_deref(), Some("array"));
    assert_eq!(rows[1].data.0, json!({"n": 5}));
    Doc::query()
        .update(Doc::maybe.set(Doc::data.key("l").as_json::<Value>()), &db)
        .unwrap();
    let stored = of_each(&db, Doc::maybe);
    assert_eq!(stored, [Some(Json(json!([2]))), None]);
}

fn a_change_of_no_document_is_null(bed: &Bed) {
    let db = docs(bed, [json!({})]);
    assert_eq!(of_each(&db, Doc::maybe.key("a").set(1)), [None]);
    assert_eq!(of_each(&db, Doc::maybe.index(0).set(1)), [None]);
    assert_eq!(of_each(&db, Doc::maybe.key("a").remove()), [None]);
    assert_eq!(of_each(&db, Doc::maybe.index(0).remove()), [None]);
}

fn changes_that_some_engine_refuses_are_refused(bed: &Bed) {
    let db = docs(bed, [json!({})]);
    let message = refused(&db, Doc::data.root().set(1));
    assert!(
        message.contains("doc.data: the whole document"),
        "{message}"
    );
    refused(&db, Doc::data.root().remove());
    let message = refused(&db, Doc::data.key("a").set("\0"));
    assert!(message.contains("doc.data: a text with NUL"), "{message}");
    let mut deep = json!(1);
    for _ in 0..30 {
        deep = json!([deep]);
    }
    assert_eq!(of_each(&db, Doc::data.key("a").set(&deep))[0]["a"], deep);
    let message = refused(&db, Doc::data.key("a").set([&deep]));
    assert!(
        message.contains("doc.data: a value that makes a document of more than 31 levels"),
        "{message}"
    );
}

fn rows_are_updated_and_deleted_by_what_documents_contain(bed: &Bed) {
    let db = docs(
        bed,
        [
            json!({"tags": ["a"]}),
            json!({"tags": ["b", {"x": 1}]}),
            json!({"tags": []}),
        ],
    );
    let with = |tags: Value| Doc::query().filter(Doc::data.json_contains(json!({ "tags": tags })));
    let changed = with(json!([{"x": 1}])).update(Doc::name.set("found"), &db);
    assert_eq!(changed.unwrap(), 1);
    assert_eq!(kept(&db, Doc::name.eq("found")), [2]);
    assert_eq!(with(json!(["a"])).delete(&db).unwrap(), 1);
    assert_eq!(kept(&db, Doc::id.gt(0)), [2, 3]);
}
