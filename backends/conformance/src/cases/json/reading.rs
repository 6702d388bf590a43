//! What is at a place is read by its kind.

use birgus::prelude::*;
use birgus::query::{JsonPath, value};
use serde_json::{Value, json};

use super::{Doc, docs, docs_again, kept, kinds, of_each};
use crate::Bed;

super::super::cases![
    a_text_is_read_from_strings_alone,
    a_whole_number_is_read_from_whole_numbers_alone,
    a_number_is_read_from_any_number,
    a_truth_value_is_read_from_booleans_alone,
    a_document_is_read_from_anything_but_null,
    kinds_have_names,
    arrays_have_a_length,
    a_null_exists_and_nothing_does_not,
    the_root_is_a_document_too,
    no_document_is_null,
    what_is_read_is_compared_by_code_point,
    what_is_read_is_ordered_and_grouped,
    a_bound_document_is_entered,
];

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
