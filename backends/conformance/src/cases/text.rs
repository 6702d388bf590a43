//! Texts are cut, joined, searched and folded alike everywhere.

use birgus::Database;
use birgus::prelude::*;
use birgus::query::{Expr, value};

use crate::Bed;

super::cases![
    letters_are_mapped_one_by_one,
    length_counts_characters,
    trimming_takes_spaces_alone,
    a_substring_counts_from_one_and_stays_inside,
    a_substring_takes_columns_and_extremes,
    replacing_tells_cases_apart,
    replacing_an_empty_text_does_nothing,
    joining_with_null_is_null,
    joining_keeps_spaces_and_empty_texts,
    a_part_that_is_a_value_is_no_pattern,
    a_part_may_be_an_expression,
    a_part_that_is_null_is_nowhere,
    an_empty_part_is_everywhere,
    folding_ignores_cases_and_nothing_else,
    folding_finds_parts,
    patterns_fold_and_negate,
    an_escape_may_be_chosen,
    a_pattern_has_the_same_limit_everywhere,
    a_lone_escape_is_refused,
    a_function_of_a_text_is_compared_as_binary,
    a_function_of_a_text_is_ordered_by_code_point,
    a_function_of_a_text_is_grouped_by_the_letter,
    texts_that_agree_but_for_case_are_joined,
    a_function_of_a_text_is_assigned,
    texts_of_values_alone_are_ordered_by_code_point,
    null_gives_null,
];

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub(super) struct Phrase {
    #[key]
    pub id: i64,
    pub text: String,
    #[column(length = 40)]
    pub other: Option<String>,
    #[column(default = 1)]
    pub start: i64,
    pub count: Option<i32>,
}

fn phrases(bed: &Bed, texts: &[(&str, Option<&str>)]) -> Database {
    let db = bed.database(&[Phrase::info()]);
    let rows = texts
        .iter()
        .map(|(text, other)| Phrase::build().text(*text).other(other.map(str::to_owned)));
    Phrase::insert_many(rows).execute(&db).unwrap();
    db
}

fn texts(bed: &Bed, texts: &[&str]) -> Database {
    let pairs: Vec<_> = texts.iter().map(|text| (*text, None)).collect();
    phrases(bed, &pairs)
}

/// The expression of each row, in order.
fn of_each<T: birgus::model::ColumnValue>(
    db: &Database,
    expression: impl Expression<Value = T>,
) -> Vec<T>
where
    Expr<T>: birgus::query::Selection<Output = T>,
{
    Phrase::query()
        .order_by(Phrase::id.asc())
        .select(expression.into_expr())
        .all(db)
        .unwrap()
}

fn kept(db: &Database, condition: Expr<bool>) -> Vec<i64> {
    Phrase::query()
        .filter(condition)
        .order_by(Phrase::id.asc())
        .pluck(Phrase::id, db)
        .unwrap()
}

fn letters_are_mapped_one_by_one(bed: &Bed) {
    let db = texts(
        bed,
        &[
            "ÉCOLE ÑU",
            "straße",
            "ΑΣ Σ",
            "İI ıi",
            "Ⱥbcd ɐx",
            "😀 ǅ",
            "",
            "ΔЖԱ",
        ],
    );
    assert_eq!(
        of_each(&db, Phrase::text.lower()),
        [
            "école ñu",
            "straße",
            "ας σ".replace('ς', "σ").as_str(),
            "ii ıi",
            "ⱥbcd ɐx",
            "😀 ǆ",
            "",
            "δжա"
        ]
    );
    assert_eq!(
        of_each(&db, Phrase::text.upper()),
        [
            "ÉCOLE ÑU",
            "STRAßE",
            "ΑΣ Σ",
            "İI II",
            "ȺBCD ⱯX",
            "😀 Ǆ",
            "",
            "ΔЖԱ"
        ]
    );
}

fn length_counts_characters(bed: &Bed) {
    let db = texts(
        bed,
        &["", "abc", "é", "e\u{301}", "😀😀", "a \t\n ", "日本語"],
    );
    assert_eq!(of_each(&db, Phrase::text.length()), [0, 3, 1, 2, 2, 5, 3]);
}

fn trimming_takes_spaces_alone(bed: &Bed) {
    let db = texts(
        bed,
        &["  a b  ", "\t a\n", "\u{a0}a\u{a0}", "   ", "", "😀 "],
    );
    assert_eq!(
        of_each(&db, Phrase::text.trim()),
        ["a b", "\t a\n", "\u{a0}a\u{a0}", "", "", "😀"]
    );
    assert_eq!(
        of_each(&db, Phrase::text.trim_start()),
        ["a b  ", "\t a\n", "\u{a0}a\u{a0}", "", "", "😀 "]
    );
    assert_eq!(
        of_each(&db, Phrase::text.trim_end()),
        ["  a b", "\t a\n", "\u{a0}a\u{a0}", "", "", "😀"]
    );
}

fn a_substring_counts_from_one_and_stays_inside(bed: &Bed) {
    let db = texts(bed, &["añ😀z"]);
    for (start, length, expected) in [
        (1, 2, "añ"),
        (2, 2, "ñ😀"),
        (3, 1, "😀"),
        (3, 99, "😀z"),
        (0, 2, "añ"),
        (-7, 2, "añ"),
        (4, 0, ""),
        (2, -1, ""),
        (5, 1, ""),
        (99, 1, ""),
    ] {
        assert_eq!(
            of_each(&db, Phrase::text.substring(start, length)),
            [expected],
            "{start}, {length}"
        );
    }
}

fn a_substring_takes_columns_and_extremes(bed: &Bed) {
    let db = bed.database(&[Phrase::info()]);
    let phrase =
        |start: i64, count: Option<i32>| Phrase::build().text("abcdef").start(start).count(count);
    Phrase::insert_many([
        phrase(2, Some(3)),
        phrase(-1, Some(-1)),
        phrase(i64::MAX, Some(i32::MAX)),
        phrase(i64::MIN, Some(i32::MAX)),
        phrase(1, None),
    ])
    .execute(&db)
    .unwrap();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        of_each(&db, Phrase::text.substring(Phrase::start, Phrase::count)),
        [text("bcd"), text(""), text(""), text("abcdef"), None]
    );
    assert_eq!(
        of_each(&db, Phrase::text.substring(i64::MIN, i64::MAX))[0],
        "abcdef"
    );
    assert_eq!(
        of_each(&db, Phrase::text.substring(i64::MAX, i64::MAX))[0],
        ""
    );
    assert_eq!(
        of_each(&db, Phrase::text.substring(2, i64::MAX))[0],
        "bcdef"
    );
}

fn replacing_tells_cases_apart(bed: &Bed) {
    let db = texts(bed, &["abcABC", "ééÉ", "a a a", "%_\\"]);
    assert_eq!(
        of_each(&db, Phrase::text.replace("b", "xx")),
        ["axxcABC", "ééÉ", "a a a", "%_\\"]
    );
    assert_eq!(
        of_each(&db, Phrase::text.replace("É", "e")),
        ["abcABC", "éée", "a a a", "%_\\"]
    );
    assert_eq!(
        of_each(&db, Phrase::text.replace(" ", "")),
        ["abcABC", "ééÉ", "aaa", "%_\\"]
    );
    assert_eq!(
        of_each(&db, Phrase::text.replace("\\", "/").replace("%", "😀")),
        ["abcABC", "ééÉ", "a a a", "😀_/"]
    );
}

fn replacing_an_empty_text_does_nothing(bed: &Bed) {
    let db = phrases(bed, &[("abc", None), ("", Some("x"))]);
    assert_eq!(of_each(&db, Phrase::text.replace("", "x")), ["abc", ""]);
    assert_eq!(
        of_each(&db, Phrase::text.replace("", Phrase::other)),
        [None, Some(String::new())]
    );
    assert_eq!(
        of_each(&db, Phrase::text.replace(Phrase::text, "y")),
        ["y", ""]
    );
}

fn joining_with_null_is_null(bed: &Bed) {
    let db = phrases(bed, &[("a", Some("b")), ("a", None)]);
    assert_eq!(
        of_each(&db, Phrase::text.concat(Phrase::other)),
        [Some("ab".to_owned()), None]
    );
    assert_eq!(
        of_each(&db, Phrase::other.concat("-").concat(Phrase::text)),
        [Some("b-a".to_owned()), None]
    );
}

fn joining_keeps_spaces_and_empty_texts(bed: &Bed) {
    let db = texts(bed, &["", " ", "1"]);
    assert_eq!(of_each(&db, Phrase::text.concat(" ")), [" ", "  ", "1 "]);
    assert_eq!(of_each(&db, Phrase::text.concat("")), ["", " ", "1"]);
    assert_eq!(
        of_each(&db, value("1".to_owned()).concat(Phrase::text)),
        ["1", "1 ", "11"]
    );
}

fn a_part_that_is_a_value_is_no_pattern(bed: &Bed) {
    let db = texts(bed, &["100%", "100", "a_b", "axb", "a\\b", "50% of", "😀!"]);
    assert_eq!(kept(&db, Phrase::text.contains("%")), [1, 6]);
    assert_eq!(kept(&db, Phrase::text.contains("a_b")), [3]);
    assert_eq!(kept(&db, Phrase::text.contains("\\")), [5]);
    assert_eq!(kept(&db, Phrase::text.starts_with("50%")), [6]);
    assert_eq!(kept(&db, Phrase::text.starts_with("😀")), [7]);
    assert_eq!(kept(&db, Phrase::text.ends_with("%")), [1]);
    assert_eq!(kept(&db, Phrase::text.ends_with("\\b")), [5]);
}

fn a_part_may_be_an_expression(bed: &Bed) {
    let db = phrases(
        bed,
        &[
            ("banana", Some("an")),
            ("banana", Some("ba")),
            ("banana", Some("na")),
            ("banana", Some("BA")),
            ("banana", Some("banana")),
            ("banana", Some("bananas")),
            ("ba", Some("aba")),
            ("x%", Some("%")),
            ("é😀", Some("😀")),
            ("a ", Some("a")),
        ],
    );
    assert_eq!(
        kept(&db, Phrase::text.contains(Phrase::other)),
        [1, 2, 3, 5, 8, 9, 10]
    );
    assert_eq!(
        kept(&db, Phrase::text.starts_with(Phrase::other)),
        [2, 5, 10]
    );
    assert_eq!(
        kept(&db, Phrase::text.ends_with(Phrase::other)),
        [3, 5, 8, 9]
    );
    assert_eq!(
        kept(&db, Phrase::text.icontains(Phrase::other)),
        [1, 2, 3, 4, 5, 8, 9, 10]
    );
    assert_eq!(
        kept(&db, Phrase::text.istarts_with(Phrase::other)),
        [2, 4, 5, 10]
    );
    assert_eq!(
        kept(&db, Phrase::text.iends_with(Phrase::other)),
        [3, 5, 8, 9]
    );
}

fn a_part_that_is_null_is_nowhere(bed: &Bed) {
    let db = phrases(bed, &[("a", None), ("a", Some("a"))]);
    assert_eq!(kept(&db, Phrase::text.contains(Phrase::other)), [2]);
    assert_eq!(kept(&db, !Phrase::text.contains(Phrase::other)), [0_i64; 0]);
    assert_eq!(kept(&db, Phrase::other.starts_with("a")), [2]);
    assert_eq!(kept(&db, Phrase::other.ends_with(Phrase::text)), [2]);
    for found in [
        Phrase::text.contains(Phrase::other),
        Phrase::text.starts_with(Phrase::other),
        Phrase::text.ends_with(Phrase::other),
    ] {
        let query = Phrase::query().order_by(Phrase::id.asc()).select(found);
        assert_eq!(query.all(&db).unwrap(), [false, true]);
    }
}

fn an_empty_part_is_everywhere(bed: &Bed) {
    let db = phrases(bed, &[("", Some("")), ("a", Some("")), ("", Some("a"))]);
    for empty in [
        Phrase::text.contains(""),
        Phrase::text.starts_with(""),
        Phrase::text.ends_with(""),
        Phrase::text.icontains(""),
    ] {
        assert_eq!(kept(&db, empty), [1, 2, 3]);
    }
    for empty in [
        Phrase::text.contains(Phrase::other),
        Phrase::text.starts_with(Phrase::other),
        Phrase::text.ends_with(Phrase::other),
    ] {
        assert_eq!(kept(&db, empty), [1, 2]);
    }
}

fn folding_ignores_cases_and_nothing_else(bed: &Bed) {
    let db = phrases(
        bed,
        &[
            ("École", Some("ÉCOLE")),
            ("Ecole", Some("école")),
            ("straße", Some("STRASSE")),
            ("a ", Some("A")),
            ("ΣΑΣ", Some("σασ")),
            ("ΣΑΣ", Some("σας")),
        ],
    );
    assert_eq!(kept(&db, Phrase::text.ieq(Phrase::other)), [1, 5]);
    assert_eq!(kept(&db, Phrase::text.ieq("éCOLe")), [1]);
    assert_eq!(kept(&db, Phrase::other.ieq("a ")), [0_i64; 0]);
}

fn folding_finds_parts(bed: &Bed) {
    let db = texts(bed, &["L'École", "ECOLE", "100% É", "Ⱥbc"]);
    assert_eq!(kept(&db, Phrase::text.icontains("éc")), [1]);
    assert_eq!(kept(&db, Phrase::text.istarts_with("l'é")), [1]);
    assert_eq!(kept(&db, Phrase::text.iends_with("% é")), [3]);
    assert_eq!(kept(&db, Phrase::text.icontains("ⱥB")), [4]);
}

fn patterns_fold_and_negate(bed: &Bed) {
    let db = phrases(
        bed,
        &[
            ("Susan", Some("x")),
            ("susan", None),
            ("É_a", Some("y")),
            ("a\nb", None),
        ],
    );
    assert_eq!(kept(&db, Phrase::text.like("s%")), [2]);
    assert_eq!(kept(&db, Phrase::text.not_like("s%")), [1, 3, 4]);
    assert_eq!(kept(&db, Phrase::text.ilike("S_SAN")), [1, 2]);
    assert_eq!(kept(&db, Phrase::text.not_ilike("S%")), [3, 4]);
    assert_eq!(kept(&db, Phrase::text.ilike("é\\_A")), [3]);
    assert_eq!(kept(&db, Phrase::text.like("a%b")), [4]);
    assert_eq!(kept(&db, Phrase::text.like("a_b")), [4]);
    assert_eq!(kept(&db, Phrase::other.not_like("x")), [3]);
    assert_eq!(kept(&db, Phrase::text.like("")), [0_i64; 0]);
}

fn an_escape_may_be_chosen(bed: &Bed) {
    let db = texts(bed, &["50%", "50x", "50!", "5\\0", "é%"]);
    assert_eq!(kept(&db, Phrase::text.like_escaped("50!%", '!')), [1]);
    assert_eq!(kept(&db, Phrase::text.like_escaped("50!!", '!')), [3]);
    assert_eq!(kept(&db, Phrase::text.like_escaped("5\\0", '!')), [4]);
    assert_eq!(kept(&db, Phrase::text.like_escaped("_é%", 'é')), [5]);
    assert_eq!(kept(&db, Phrase::text.like_escaped("%é%", 'é')), [1, 5]);
    assert_eq!(kept(&db, Phrase::text.like_escaped("50\\%", '\\')), [1]);
}

fn a_pattern_has_the_same_limit_everywhere(bed: &Bed) {
    let long = "x".repeat(49_998);
    let db = texts(bed, &[&format!("a{long}b"), &long]);
    assert_eq!(kept(&db, Phrase::text.contains(long.as_str())), [1, 2]);
    assert_eq!(
        kept(&db, Phrase::text.icontains(long.to_uppercase())),
        [1, 2]
    );
    for refused in [
        Phrase::text.contains(format!("{long}x")),
        Phrase::text.like(&"%".repeat(50_001)),
        // Two bytes each, and three in small letters.
        Phrase::text.icontains("Ⱥ".repeat(20_000)),
    ] {
        let error = Phrase::query().filter(refused).all(&db).unwrap_err();
        assert!(error.is_invalid_query(), "{error}");
        assert!(
            error.to_string().contains("phrase.text: a like pattern of"),
            "{error}"
        );
    }
}

fn a_lone_escape_is_refused(bed: &Bed) {
    let db = texts(bed, &["a\\"]);
    for refused in [
        Phrase::text.like("a\\"),
        Phrase::text.ilike("a\\\\\\"),
        Phrase::text.like_escaped("a!", '!'),
    ] {
        let error = Phrase::query().filter(refused).all(&db).unwrap_err();
        assert!(
            error.is_invalid_query() && error.to_string().contains("escape")
                || error.to_string().contains("backslash"),
            "{error}"
        );
    }
    assert_eq!(kept(&db, Phrase::text.like("a\\\\")), [1]);
}

fn a_function_of_a_text_is_compared_as_binary(bed: &Bed) {
    let db = phrases(
        bed,
        &[
            ("Cafe", Some("cafe")),
            ("CAFÉ", Some("café ")),
            ("x ", Some("x")),
        ],
    );
    assert_eq!(kept(&db, Phrase::text.lower().eq(Phrase::other)), [1]);
    assert_eq!(kept(&db, Phrase::text.lower().eq("café")), [2]);
    assert_eq!(kept(&db, Phrase::text.trim().eq(Phrase::other)), [3]);
    assert_eq!(
        kept(&db, Phrase::text.concat("").eq(Phrase::other)),
        [0_i64; 0]
    );
    assert_eq!(kept(&db, Phrase::text.substring(1, 9).eq("x")), [0_i64; 0]);
    assert_eq!(
        kept(&db, Phrase::text.replace("é", "e").eq("cafe")),
        [0_i64; 0]
    );
    assert_eq!(kept(&db, Phrase::text.upper().in_(["CAFE", "X"])), [1]);
    assert_eq!(kept(&db, Phrase::text.lower().like("CAF%")), [0_i64; 0]);
}

fn a_function_of_a_text_is_ordered_by_code_point(bed: &Bed) {
    let db = texts(bed, &["b", "a", "É", "Z", "z ", "_", "😀", "\u{ffff}", "z"]);
    let ordered = |order: birgus::query::Order| -> Vec<String> {
        Phrase::query()
            .order_by(order)
            .order_by(Phrase::id.asc())
            .pluck(Phrase::text, &db)
            .unwrap()
    };
    let by_code_point = ["Z", "_", "a", "b", "z", "z ", "É", "\u{ffff}", "😀"];
    assert_eq!(ordered(Phrase::text.concat("").asc()), by_code_point);
    assert_eq!(ordered(Phrase::text.substring(1, 5).asc()), by_code_point);
    assert_eq!(ordered(Phrase::text.replace("x", "y").asc()), by_code_point);
    assert_eq!(
        ordered(Phrase::text.lower().asc()),
        ["_", "a", "b", "Z", "z", "z ", "É", "\u{ffff}", "😀"]
    );
    assert_eq!(
        ordered(Phrase::text.upper().desc()),
        ["😀", "\u{ffff}", "É", "_", "z ", "Z", "z", "b", "a"]
    );
}

fn a_function_of_a_text_is_grouped_by_the_letter(bed: &Bed) {
    let db = texts(bed, &["a", "A", "á", "a ", "b"]);
    let groups = Phrase::query()
        .group_by(Phrase::text.lower())
        .order_by(Phrase::text.lower().asc())
        .select((Phrase::text.lower(), Phrase::id.count()))
        .all(&db)
        .unwrap();
    let expected = [("a", 2), ("a ", 1), ("b", 1), ("á", 1)];
    assert_eq!(
        groups,
        expected.map(|(text, count)| (text.to_owned(), count))
    );
    let distinct = Phrase::query()
        .select(Phrase::text.trim_start())
        .distinct()
        .all(&db)
        .unwrap();
    assert_eq!(distinct.len(), 5);
    let folded = Phrase::query()
        .select(Phrase::text.upper())
        .distinct()
        .order_by(Phrase::text.upper().desc())
        .all(&db)
        .unwrap();
    assert_eq!(folded, ["Á", "B", "A ", "A"]);
}

fn texts_that_agree_but_for_case_are_joined(bed: &Bed) {
    let db = phrases(bed, &[("a", Some("A")), ("b", Some("É")), ("é", None)]);
    let other = Phrase::alias("folded");
    let pairs = Phrase::query()
        .join_to(
            &other,
            Phrase::text.lower().eq(other.column(Phrase::other).lower()),
        )
        .order_by(Phrase::id.asc())
        .select((Phrase::id, other.column(Phrase::id)))
        .all(&db)
        .unwrap();
    assert_eq!(pairs, [(1, 1), (3, 2)]);
}

fn a_function_of_a_text_is_assigned(bed: &Bed) {
    let db = phrases(bed, &[("  Éa ", None)]);
    let changed = Phrase::query().update(
        Phrase::text.set(Phrase::text.trim().upper().concat("!")),
        &db,
    );
    assert_eq!(changed.unwrap(), 1);
    assert_eq!(of_each(&db, Phrase::text), ["ÉA!"]);
}

fn texts_of_values_alone_are_ordered_by_code_point(bed: &Bed) {
    let db = texts(bed, &["b"]);
    assert_eq!(
        of_each(&db, value("a".to_owned()).concat("b").gt("Z_")),
        [true]
    );
    assert_eq!(of_each(&db, value("É".to_owned()).lower().gt("z")), [true]);
    assert_eq!(of_each(&db, value("  ".to_owned()).trim().lt(" ")), [true]);
}

fn null_gives_null(bed: &Bed) {
    let db = phrases(bed, &[("a", None)]);
    assert_eq!(of_each(&db, Phrase::other.lower()), [None]);
    assert_eq!(of_each(&db, Phrase::other.upper()), [None]);
    assert_eq!(of_each(&db, Phrase::other.length()), [None]);
    assert_eq!(of_each(&db, Phrase::other.trim()), [None]);
    assert_eq!(of_each(&db, Phrase::other.trim_start()), [None]);
    assert_eq!(of_each(&db, Phrase::other.trim_end()), [None]);
    assert_eq!(of_each(&db, Phrase::other.substring(1, 1)), [None]);
    assert_eq!(of_each(&db, Phrase::other.replace("a", "b")), [None]);
    assert_eq!(
        of_each(&db, Phrase::text.replace(Phrase::other, "b")),
        [None]
    );
    assert_eq!(
        of_each(&db, Phrase::text.replace("b", Phrase::other)),
        [None]
    );
    assert_eq!(kept(&db, Phrase::other.ieq("a")), [0_i64; 0]);
}
