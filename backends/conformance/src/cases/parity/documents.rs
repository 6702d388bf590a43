//! Documents, lists and UUIDs.

use birgus::model::ColumnValue;
use birgus::prelude::*;
use birgus::sql;
use serde_json::json;

use super::implements;
use crate::Bed;
use crate::models::{Country, Device, Everything};

super::cases![
    parity_70_documents_are_equal_parsed,
    parity_72_a_uuid_is_the_same_value_everywhere,
    parity_73_a_list_is_a_document,
];

fn parity_70_documents_are_equal_parsed(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    for document in [
        json!({"b": 1, "a": {"d": [], "c": null}, "": true}),
        json!({"z": 1.0, "y": 1, "x": 1e-7, "w": u64::MAX, "v": "1"}),
        json!(null),
        json!([[], {}, "", 0, false, "\u{1}🦀\\\""]),
    ] {
        let id = Everything::insert(Everything {
            document: Json(document.clone()),
            ..Everything::ordinary()
        })
        .execute(&db)
        .unwrap();
        let read = Everything::query().get(id, &db).unwrap().unwrap();
        assert_eq!(read.document.0, document);
    }
    // Equal or not depends on the engine, and so it can't be asked for.
    let error = Everything::query()
        .filter(Everything::document.eq(Json(json!(1))))
        .all(&db)
        .unwrap_err();
    assert!(error.is_invalid_query(), "{error:?}");
    assert_eq!(
        error.to_string(),
        "everything.document: documents can't be compared or ordered the same on every engine; only is_null() and is_not_null() are offered"
    );
}

fn parity_72_a_uuid_is_the_same_value_everywhere(bed: &Bed) {
    let db = bed.database(&[Country::info(), Device::info()]);
    let mut ids = [
        Uuid::max(),
        Uuid::nil(),
        Uuid::from_u128(0x8000_0000_0000_0000_0000_0000_0000_0001),
        Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef),
    ];
    let keys = Device::insert_many(ids.map(|id| Device::build().id(id)))
        .execute(&db)
        .unwrap();
    assert_eq!(keys, ids);
    for id in ids {
        assert_eq!(Device::query().get(id, &db).unwrap().unwrap().id, id);
        let raw: (Uuid,) = sql("SELECT \"id\" FROM \"device\" WHERE \"id\" = :id")
            .bind("id", id)
            .one(&db)
            .unwrap();
        assert_eq!(raw.0, id);
    }
    ids.sort_unstable();
    let ordered = Device::query()
        .order_by(Device::id.asc())
        .pluck(Device::id, &db)
        .unwrap();
    assert_eq!(ordered, ids);
}

#[derive(Model, Debug, PartialEq)]
#[model(register = false)]
struct Album {
    #[key]
    id: i64,
    tracks: Json<Vec<String>>,
    seconds: Option<Json<Vec<i64>>>,
}

fn parity_73_a_list_is_a_document(bed: &Bed) {
    assert!(!implements!(Vec<i64>: ColumnValue));
    assert!(!implements!(Vec<String>: ColumnValue));
    assert!(!implements!([i32; 3]: ColumnValue));
    let db = bed.database(&[Album::info()]);
    let album = Album {
        id: 0,
        tracks: Json(vec![
            "one".into(),
            String::new(),
            "{\"it's\", three}".into(),
        ]),
        seconds: Some(Json(vec![i64::MIN, 0, i64::MAX])),
    };
    let id = Album::insert(
        Album::build()
            .tracks(album.tracks.clone())
            .seconds(album.seconds.clone()),
    )
    .execute(&db)
    .unwrap();
    assert_eq!(
        Album::query().get(id, &db).unwrap().unwrap(),
        Album { id, ..album }
    );
}
