//! Documents: what stands at a path, and what contains what.
//!
//! A path is a JSON array of keys and indexes, `["a", 0]`. A key enters objects alone, an index arrays alone.

use birgus_core::json::canonical_text;
use diesel::result::QueryResult;
use diesel::sqlite::{SqliteConnection, SqliteValue};
use serde_json::{Number, Value};

use super::argument::{Answer, Argument, Checked, Given, Refusal, read_text, with_three, with_two};

#[allow(missing_docs, unreachable_pub, dead_code)]
mod declared {
    use diesel::declare_sql_function;
    use diesel::sql_types::{Nullable, Text};

    #[declare_sql_function]
    extern "SQL" {
        fn birgus_json_get(document: Nullable<Text>, path: Nullable<Text>) -> Nullable<Text>;
        fn birgus_json_text(document: Nullable<Text>, path: Nullable<Text>) -> Nullable<Text>;
        fn birgus_json_integer(document: Nullable<Text>, path: Nullable<Text>) -> Nullable<BigInt>;
        fn birgus_json_double(document: Nullable<Text>, path: Nullable<Text>) -> Nullable<Double>;
        fn birgus_json_boolean(document: Nullable<Text>, path: Nullable<Text>) -> Nullable<BigInt>;
        fn birgus_json_type(document: Nullable<Text>, path: Nullable<Text>) -> Nullable<Text>;
        fn birgus_json_length(document: Nullable<Text>, path: Nullable<Text>) -> Nullable<BigInt>;
        fn birgus_json_contains(document: Nullable<Text>, part: Nullable<Text>)
        -> Nullable<BigInt>;
        fn birgus_json_set(
            document: Nullable<Text>,
            path: Nullable<Text>,
            value: Nullable<Text>,
        ) -> Nullable<Text>;
        fn birgus_json_remove(document: Nullable<Text>, path: Nullable<Text>) -> Nullable<Text>;
    }
}

pub(super) fn register(connection: &mut SqliteConnection) -> QueryResult<()> {
    declared::birgus_json_get_utils::register_impl(
        connection,
        reads(|found| Some(canonical_text(found))),
    )?;
    declared::birgus_json_text_utils::register_impl(
        connection,
        reads(|found| found.as_str().map(str::to_owned)),
    )?;
    declared::birgus_json_integer_utils::register_impl(
        connection,
        reads(|found| whole(found.as_number()?)),
    )?;
    declared::birgus_json_double_utils::register_impl(connection, reads(Value::as_f64))?;
    declared::birgus_json_boolean_utils::register_impl(connection, reads(Value::as_bool))?;
    declared::birgus_json_type_utils::register_impl(
        connection,
        reads(|found| Some(type_name(found))),
    )?;
    declared::birgus_json_length_utils::register_impl(
        connection,
        reads(|found| i64::try_from(found.as_array()?.len()).ok()),
    )?;
    declared::birgus_json_contains_utils::register_impl(
        connection,
        |document: Given<Document>, part: Given<Document>| {
            with_two(document, part, |Document(document), Document(part)| {
                Ok(Some(contains(&document, &part)))
            })
        },
    )?;
    declared::birgus_json_set_utils::register_impl(
        connection,
        |document: Given<Document>, path: Given<Path>, value: Given<Document>| {
            with_three(
                document,
                path,
                value,
                |Document(mut document), path, Document(value)| {
                    let (parent, last) = path.parent(&mut document)?;
                    match (parent, last) {
                        (Some(Value::Object(entries)), Step::Key(key)) => {
                            entries.insert(key.clone(), value);
                        }
                        (Some(Value::Array(items)), Step::Index(index)) => {
                            if let Some(item) = items.get_mut(*index) {
                                *item = value;
                            }
                        }
                        _ => {}
                    }
                    Ok(Some(canonical_text(&document)))
                },
            )
        },
    )?;
    declared::birgus_json_remove_utils::register_impl(
        connection,
        |document: Given<Document>, path: Given<Path>| {
            with_two(document, path, |Document(mut document), path| {
                let (parent, last) = path.parent(&mut document)?;
                match (parent, last) {
                    (Some(Value::Object(entries)), Step::Key(key)) => {
                        entries.remove(key);
                    }
                    (Some(Value::Array(items)), Step::Index(index)) if *index < items.len() => {
                        items.remove(*index);
                    }
                    _ => {}
                }
                Ok(Some(canonical_text(&document)))
            })
        },
    )
}

/// A function that reads what stands at a path, and gives NULL when nothing does.
fn reads<T: Answer>(
    read: fn(&Value) -> Option<T>,
) -> impl Fn(Given<Document>, Given<Path>) -> Checked<T> {
    move |document, path| {
        with_two(document, path, |Document(document), path| {
            Ok(path.find(&document).and_then(read))
        })
    }
}

#[derive(Debug)]
struct Document(Value);

impl Argument for Document {
    fn read(value: SqliteValue<'_, '_, '_>) -> Result<Self, Refusal> {
        read_text(value, Refusal::NotADocument, |text| {
            serde_json::from_str(text).ok().map(Self)
        })
    }
}

#[derive(Debug)]
struct Path(Vec<Step>);

#[derive(Debug)]
enum Step {
    Key(String),
    Index(usize),
}

impl Argument for Path {
    fn read(value: SqliteValue<'_, '_, '_>) -> Result<Self, Refusal> {
        read_text(value, Refusal::NotAPath, |text| {
            let steps: Vec<Value> = serde_json::from_str(text).ok()?;
            let steps = steps.into_iter().map(|step| match step {
                Value::String(key) => Some(Step::Key(key)),
                // An index beyond `usize` is beyond every array, and beyond `u64` no index.
                Value::Number(index) => index
                    .as_u64()
                    .map(|index| Step::Index(usize::try_from(index).unwrap_or(usize::MAX))),
                _ => None,
            });
            steps.collect::<Option<Vec<Step>>>().map(Self)
        })
    }
}

impl Path {
    fn find<'d>(&self, document: &'d Value) -> Option<&'d Value> {
        self.0.iter().try_fold(document, |value, step| match step {
            Step::Key(key) => value.as_object()?.get(key),
            Step::Index(index) => value.as_array()?.get(*index),
        })
    }

    /// What the last step enters, if it is there, and that step.
    fn parent<'d>(
        &self,
        document: &'d mut Value,
    ) -> Result<(Option<&'d mut Value>, &Step), Refusal> {
        let (last, steps) = self.0.split_last().ok_or(Refusal::NoStep)?;
        let parent = steps.iter().try_fold(document, |value, step| match step {
            Step::Key(key) => value.as_object_mut()?.get_mut(key),
            Step::Index(index) => value.as_array_mut()?.get_mut(*index),
        });
        Ok((parent, last))
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The number as an integer, if it is whole and one holds it: 1.0 is 1.
fn whole(number: &Number) -> Option<i64> {
    /// 2^63, the first that is too large.
    const END: f64 = 9_223_372_036_854_775_808.0;
    number.as_i64().or_else(|| {
        number
            .as_f64()
            .filter(|float| number.is_f64() && float.fract() == 0.0)
            .filter(|float| (-END..END).contains(float))
            .map(|float| float as i64)
    })
}

/// What PostgreSQL's `@>` says (<https://www.postgresql.org/docs/current/datatype-json.html#JSON-CONTAINMENT>): an array
/// contains a scalar too, but only where both are the whole of their documents.
fn contains(document: &Value, part: &Value) -> bool {
    match (document, part) {
        (
            Value::Array(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_),
        ) => items.iter().any(|item| holds(item, part)),
        _ => holds(document, part),
    }
}

fn holds(value: &Value, part: &Value) -> bool {
    match (value, part) {
        (Value::Object(entries), Value::Object(parts)) => parts
            .iter()
            .all(|(key, part)| entries.get(key).is_some_and(|value| holds(value, part))),
        (Value::Array(items), Value::Array(parts)) => parts
            .iter()
            .all(|part| items.iter().any(|item| holds(item, part))),
        (Value::Number(a), Value::Number(b)) => same_number(a, b),
        _ => value == part,
    }
}

/// Whether the numbers as they are written are the same: PostgreSQL compares decimals.
fn same_number(a: &Number, b: &Number) -> bool {
    match (a.as_i128(), b.as_i128()) {
        (None, None) => a.as_f64() == b.as_f64(),
        (Some(a), Some(b)) => a == b,
        (Some(integer), None) => written(b) == Some(integer),
        (None, Some(integer)) => written(a) == Some(integer),
    }
}

/// The integer that a floating-point number is written as, before the point and zeros.
fn written(number: &Number) -> Option<i128> {
    let float = number.as_f64().filter(|float| float.fract() == 0.0)?;
    format!("{float}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::asked::{double, integer, refused, text};

    const DOCUMENT: &str =
        r#"'{"a": [1, {"b": null, "0": "zero"}, 2.5, true], "c": "crab", "": 1.0}'"#;

    fn get(path: &str) -> Option<String> {
        text(&format!("birgus_json_get({DOCUMENT}, '{path}')"))
    }

    #[test]
    fn a_path_leads_to_a_value() {
        assert_eq!(get(r#"["a", 0]"#).as_deref(), Some("1"));
        assert_eq!(get(r#"["a", 1, "0"]"#).as_deref(), Some(r#""zero""#));
        assert_eq!(
            get(r#"["a", 1]"#).as_deref(),
            Some(r#"{"0":"zero","b":null}"#)
        );
        assert_eq!(get(r#"["a", 1, "b"]"#).as_deref(), Some("null"));
        assert_eq!(get(r#"[""]"#).as_deref(), Some("1.0"));
        assert_eq!(
            get("[]").as_deref(),
            Some(r#"{"":1.0,"a":[1,{"0":"zero","b":null},2.5,true],"c":"crab"}"#)
        );
    }

    #[test]
    fn a_key_enters_objects_alone_and_an_index_arrays_alone() {
        for path in [
            r#"["a", "0"]"#,
            r#"["a", 1, 0]"#,
            r#"["c", 0]"#,
            r#"["c", "c"]"#,
            "[0]",
        ] {
            assert_eq!(get(path), None, "{path}");
        }
    }

    #[test]
    fn what_is_missing_is_null() {
        for path in [
            r#"["x"]"#,
            r#"["x", "y"]"#,
            r#"["a", 4]"#,
            r#"["a", 18446744073709551615]"#,
        ] {
            assert_eq!(get(path), None, "{path}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for path in [
            "",
            "a",
            "$.a",
            r#""a""#,
            "[-1]",
            "[1.0]",
            "[null]",
            "[[0]]",
            "[18446744073709551616]",
        ] {
            let error = refused(&format!("birgus_json_get('{{}}', '{path}')"));
            assert!(
                error.to_string().contains("not an array of keys"),
                "{path}: {error}"
            );
        }
    }

    #[test]
    fn what_is_no_document_is_refused() {
        for document in ["''", "'{'", "'nan'", "1", "'[1,]'"] {
            let error = refused(&format!("birgus_json_get({document}, '[]')"));
            assert!(
                error.to_string().contains("a JSON document"),
                "{document}: {error}"
            );
        }
    }

    #[test]
    fn a_value_is_read_as_its_own_type_alone() {
        let read = |kind: &str, value: &str| {
            text(&format!(
                "CAST(birgus_json_{kind}('[{value}]', '[0]') AS TEXT)"
            ))
        };
        assert_eq!(read("text", r#""a\"b""#).as_deref(), Some("a\"b"));
        assert_eq!(read("boolean", "true").as_deref(), Some("1"));
        assert_eq!(read("boolean", "false").as_deref(), Some("0"));
        for (kind, others) in [
            ("text", ["1", "true", "null", "[]", "{}"]),
            ("boolean", ["1", "0", "null", "[]", "\"true\""]),
            ("integer", ["\"1\"", "true", "null", "[]", "{}"]),
            ("double", ["\"1.0\"", "true", "null", "[]", "{}"]),
            ("length", ["\"1\"", "true", "null", "1", "{}"]),
        ] {
            for other in others {
                assert_eq!(read(kind, other), None, "{kind} {other}");
            }
        }
    }

    #[test]
    fn whole_numbers_are_integers() {
        let read = |number: &str| integer(&format!("birgus_json_integer('{number}', '[]')"));
        assert_eq!(read("1"), Some(1));
        assert_eq!(read("1.0"), Some(1));
        assert_eq!(read("1e3"), Some(1000));
        assert_eq!(read("-0.0"), Some(0));
        assert_eq!(read("9223372036854775807"), Some(i64::MAX));
        assert_eq!(read("-9223372036854775808"), Some(i64::MIN));
        assert_eq!(read("-9223372036854775808.0"), Some(i64::MIN));
        for number in [
            "1.5",
            "9223372036854775808",
            "9223372036854775808.0",
            "1e300",
            "-1e300",
        ] {
            assert_eq!(read(number), None, "{number}");
        }
    }

    #[test]
    fn any_number_is_a_double() {
        assert_eq!(double("birgus_json_double('1', '[]')"), Some(1.0));
        assert_eq!(double("birgus_json_double('-2.5e-3', '[]')"), Some(-0.0025));
        assert_eq!(
            double("birgus_json_double('18446744073709551615', '[]')"),
            Some(18_446_744_073_709_551_615.0)
        );
    }

    #[test]
    fn types_have_names() {
        for (value, name) in [
            ("{}", "object"),
            ("[]", "array"),
            ("\"\"", "string"),
            ("0", "number"),
            ("0.5", "number"),
            ("true", "boolean"),
            ("null", "null"),
        ] {
            assert_eq!(
                text(&format!("birgus_json_type('[{value}]', '[0]')")).as_deref(),
                Some(name)
            );
        }
        assert_eq!(text("birgus_json_type('[]', '[0]')"), None);
    }

    #[test]
    fn arrays_have_a_length() {
        assert_eq!(integer("birgus_json_length('[]', '[]')"), Some(0));
        assert_eq!(
            integer("birgus_json_length('{\"a\": [1, [2, 3]]}', '[\"a\"]')"),
            Some(2)
        );
    }

    /// Each line was answered so by PostgreSQL's `@>`.
    const CONTAINED: &[(&str, &str, bool)] = &[
        (r#"{"a":1,"b":2}"#, r#"{"a":1}"#, true),
        (r#"{"a":1}"#, r#"{"a":1,"b":2}"#, false),
        (r#"{"a":1}"#, r#"{"a":1.0}"#, true),
        (r#"{"a":1}"#, r#"{"a":"1"}"#, false),
        (r#"{"a":1}"#, "{}", true),
        ("{}", "{}", true),
        ("{}", "[]", false),
        ("[]", "{}", false),
        ("[]", "[]", true),
        ("[1]", "[]", true),
        ("[1,2,3]", "[3,1]", true),
        ("[1,2,3]", "[1,1,1]", true),
        ("[1,2,3]", "[4]", false),
        ("[1,2,3]", "3", true),
        ("[1,2,3]", "4", false),
        ("[1.0]", "1", true),
        ("[null]", "null", true),
        ("[[1]]", "1", false),
        ("[[1]]", "[1]", false),
        ("[[1,2]]", "[[1]]", true),
        ("[[1,2],[3]]", "[[1,3]]", false),
        ("[1,[2,{}]]", "[[{}]]", true),
        ("3", "3", true),
        ("3", "3.0", true),
        ("3", "[3]", false),
        ("3", "[]", false),
        ("3", "{}", false),
        ("null", "null", true),
        ("null", "false", false),
        (r#""a""#, r#""a""#, true),
        (r#""a""#, r#""A""#, false),
        (r#"["foo","bar"]"#, r#""bar""#, true),
        (r#""bar""#, r#"["bar"]"#, false),
        (r#"{"a":[1,2]}"#, r#"{"a":1}"#, false),
        (r#"{"a":[1,2]}"#, r#"{"a":[2]}"#, true),
        (r#"{"a":[1,2]}"#, r#"{"a":[]}"#, true),
        (r#"{"a":{"b":1,"c":2}}"#, r#"{"a":{"c":2}}"#, true),
        (r#"{"a":{"b":1,"c":2}}"#, r#"{"a":{}}"#, true),
        (r#"{"a":{"b":1}}"#, r#"{"b":1}"#, false),
        (r#"[{"a":1,"b":2},{"a":3}]"#, r#"[{"b":2}]"#, true),
        (r#"[{"a":1,"b":2},{"a":3}]"#, r#"[{"a":3,"b":2}]"#, false),
        (r#"[{"a":1}]"#, r#"{"a":1}"#, false),
        (r#"{"a":null}"#, r#"{"a":null}"#, true),
        ("{}", r#"{"a":null}"#, false),
        ("9007199254740993", "9007199254740992.0", false),
        ("9007199254740992", "9007199254740992.0", true),
        ("18446744073709551615", "18446744073709551615", true),
        ("0.1", "0.10", true),
        ("-0.0", "0", true),
    ];

    #[test]
    fn containment_is_postgresqls() {
        for (document, part, expected) in CONTAINED {
            let found = integer(&format!("birgus_json_contains('{document}', '{part}')"));
            assert_eq!(found, Some(i64::from(*expected)), "{document} @> {part}");
        }
    }

    fn set(document: &str, path: &str, value: &str) -> String {
        text(&format!(
            "birgus_json_set('{document}', '{path}', '{value}')"
        ))
        .unwrap()
    }

    #[test]
    fn a_value_is_set_where_its_parent_is() {
        assert_eq!(set(r#"{"a":1}"#, r#"["a"]"#, "[2]"), r#"{"a":[2]}"#);
        assert_eq!(set(r#"{"a":1}"#, r#"["b"]"#, "null"), r#"{"a":1,"b":null}"#);
        assert_eq!(
            set(r#"{"a":[1,{}]}"#, r#"["a",1,"b"]"#, "1e2"),
            r#"{"a":[1,{"b":100.0}]}"#
        );
        assert_eq!(set("[1,2]", "[1]", "3"), "[1,3]");
    }

    #[test]
    fn a_value_without_a_parent_is_not_set() {
        assert_eq!(set(r#"{"a":1}"#, r#"["b","c"]"#, "2"), r#"{"a":1}"#);
        assert_eq!(set(r#"{"a":1}"#, r#"["a","c"]"#, "2"), r#"{"a":1}"#);
        assert_eq!(set("[1, 2]", "[2]", "3"), "[1,2]");
        assert_eq!(set("[1]", r#"["0"]"#, "3"), "[1]");
        assert_eq!(set(r#"{"0":1}"#, "[0]", "3"), r#"{"0":1}"#);
        assert_eq!(set("1", r#"["a"]"#, "3"), "1");
    }

    #[test]
    fn a_value_is_removed_if_it_is_there() {
        let remove = |document: &str, path: &str| {
            text(&format!("birgus_json_remove('{document}', '{path}')")).unwrap()
        };
        assert_eq!(remove(r#"{"a":1,"b":2}"#, r#"["a"]"#), r#"{"b":2}"#);
        assert_eq!(remove("[1, 2, 3]", "[1]"), "[1,3]");
        assert_eq!(
            remove(r#"{"a":[{"b":1}]}"#, r#"["a",0,"b"]"#),
            r#"{"a":[{}]}"#
        );
        assert_eq!(remove("[1, 2]", "[2]"), "[1,2]");
        assert_eq!(remove(r#"{"a":1}"#, r#"["b"]"#), r#"{"a":1}"#);
        assert_eq!(remove(r#"{"a":1}"#, r#"["a","b"]"#), r#"{"a":1}"#);
    }

    #[test]
    fn the_whole_document_is_neither_set_nor_removed() {
        assert!(
            refused("birgus_json_set('{}', '[]', '1')")
                .to_string()
                .contains("path")
        );
        assert!(
            refused("birgus_json_remove('{}', '[]')")
                .to_string()
                .contains("path")
        );
    }
}
