//! Values are set and removed.

use birgus::prelude::*;
use birgus::query::JsonPath;
use serde_json::{Value, json};

use super::{Doc, docs, docs_again, kinds, of_each, refused};
use crate::Bed;

super::super::cases![
    a_value_is_set_in_an_object,
    a_value_is_set_in_an_array,
    a_value_without_a_place_is_not_set,
    values_of_every_kind_are_set,
    a_value_is_removed,
    what_is_not_there_is_not_removed,
    changes_are_assigned_and_chained,
    a_change_of_no_document_is_null,
    changes_that_some_engine_refuses_are_refused,
];

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
