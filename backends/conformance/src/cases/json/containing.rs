//! Whether a document contains a part.

use birgus::prelude::*;
use serde_json::{Value, json};

use super::{Doc, docs, kept, of_each, refused};
use crate::Bed;

super::super::cases![
    a_document_contains_a_part,
    a_document_does_not_contain_a_part,
    containing_is_true_or_false_of_every_document,
    a_part_of_a_document_contains_a_part,
    parts_that_engines_compare_differently_are_refused,
    rows_are_updated_and_deleted_by_what_documents_contain,
];

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
