//! Texts as keys, unique columns and foreign keys.

use birgus::query::Expression as _;
use birgus::{Database, Model};

use super::{LENGTH, texts};
use crate::Bed;

crate::cases::cases![
    keys_are_found_and_a_second_one_is_refused,
    foreign_keys_follow_them,
    indexed_texts_are_as_long_as_every_index_takes,
];

/// A natural key, and a unique text beside it.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub(super) struct Word {
    #[key]
    #[column(length = 60)]
    pub(super) text: String,
    #[column(length = 60, unique)]
    pub(super) again: Option<String>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct Use {
    #[key]
    id: i64,
    #[column(length = 60, references = Word::text, on_delete = cascade, on_update = cascade)]
    word: String,
}

/// As long as a column of an index may be.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct Wide {
    #[key]
    #[column(length = 768)]
    text: String,
    #[column(length = 768, unique)]
    again: Option<String>,
}

fn words(db: &Database) -> Vec<String> {
    let texts = texts();
    let rows = texts.iter().map(|text| Word {
        text: text.clone(),
        again: Some(text.clone()),
    });
    let keys = Word::insert_many(rows).execute(db).unwrap();
    assert_eq!(keys, texts);
    texts
}

fn keys_are_found_and_a_second_one_is_refused(bed: &Bed) {
    let db = bed.database(&[Word::info()]);
    let texts = words(&db);
    let mut connection = db.connection().unwrap();
    let mut refused = |word: Word, column: &str, constraint: &str| {
        let error = Word::insert(word.clone())
            .execute(&mut connection)
            .unwrap_err();
        assert!(error.is_unique_violation(), "{word:?}: {error:?}");
        assert_eq!(error.table(), Some("word"), "{word:?}");
        assert_eq!(error.column(), Some(column), "{word:?}");
        assert_eq!(error.constraint(), Some(constraint), "{word:?}");
    };
    for text in &texts {
        let same_key = Word {
            text: text.clone(),
            again: None,
        };
        refused(same_key, "text", "pk_word");
        let same_again = Word {
            text: format!("{}!?", text.chars().take(LENGTH - 2).collect::<String>()),
            again: Some(text.clone()),
        };
        refused(same_again, "again", "uq_word_again");
    }
    for text in &texts {
        let word = Word::query().get(text.as_str(), &mut connection).unwrap();
        let expected = Word {
            text: text.clone(),
            again: Some(text.clone()),
        };
        assert_eq!(word, Some(expected));
    }
    assert_eq!(Word::query().count(&db).unwrap(), texts.len() as u64);
}

fn foreign_keys_follow_them(bed: &Bed) {
    let db = bed.database(&[Word::info(), Use::info()]);
    let texts = words(&db);
    let uses = texts.iter().map(|text| Use::build().word(text));
    Use::insert_many(uses).execute(&db).unwrap();
    let error = Use::insert(Use::build().word("nobody's"))
        .execute(&db)
        .unwrap_err();
    assert!(error.is_foreign_key_violation(), "{error:?}");
    let mut session = db.session().unwrap();
    for text in &texts {
        let moved: String = text.chars().take(LENGTH - 1).chain(['…']).collect();
        let changed = Word::query()
            .by_key(text.as_str())
            .update([Word::text.set(&moved)], &mut session)
            .unwrap_or_else(|error| panic!("{text:?}: {error:?}"));
        assert_eq!(changed, 1);
    }
    session.commit().unwrap();
    let used = Use::query()
        .order_by(Use::word.asc())
        .pluck(Use::word, &db)
        .unwrap();
    let kept = Word::query()
        .order_by(Word::text.asc())
        .pluck(Word::text, &db)
        .unwrap();
    assert_eq!(used, kept, "ON UPDATE CASCADE");
    Word::query()
        .filter(Word::text.in_(&kept[..kept.len() / 2]))
        .delete(&db)
        .unwrap();
    let left = Use::query()
        .order_by(Use::word.asc())
        .pluck(Use::word, &db)
        .unwrap();
    assert_eq!(left, kept[kept.len() / 2..], "ON DELETE CASCADE");
}

/// PostgreSQL's index takes 2,704 bytes a row, and it compresses what it can; these can't be.
fn indexed_texts_are_as_long_as_every_index_takes(bed: &Bed) {
    let db = bed.database(&[Wide::info()]);
    let text = |letters: u32, base: u32, span: u32| -> String {
        let mut state = 1_u32;
        (0..letters)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                char::from_u32(base + (state >> 8) % span).unwrap()
            })
            .collect()
    };
    let two = text(768, 0x400, 0x100);
    let three = text(768, 0x4E00, 0x5000);
    let four = text(672, 0x20000, 0xA000);
    for text in [&two, &three, &four] {
        let row = Wide {
            text: text.clone(),
            again: Some(text.clone()),
        };
        Wide::insert(row.clone()).execute(&db).unwrap();
        assert_eq!(Wide::query().get(text.as_str(), &db).unwrap(), Some(row));
    }
    let long = text(673, 0x20000, 0xA000);
    let error = Wide::insert(Wide::build().text(&long))
        .execute(&db)
        .unwrap_err();
    assert!(error.is_invalid_value(), "{error:?}");
    assert_eq!(
        error.to_string(),
        "wide.text: 2692 bytes in UTF-8, at most 2688 in a column with an index"
    );
    let error = Wide::query()
        .by_key(two.as_str())
        .update([Wide::again.set(&long)], &db)
        .unwrap_err();
    assert!(error.to_string().starts_with("wide.again: 2692 bytes"));
    // To look for it is no mistake.
    assert_eq!(Wide::query().get(long.as_str(), &db).unwrap(), None);
}
