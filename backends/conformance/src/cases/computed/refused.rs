//! What not every engine computes is refused when the model is opened, on every engine.

use birgus::model::ModelInfo;
use birgus::prelude::*;
use birgus::query::{DateUnit, count_rows, over, value};

use crate::Bed;
use crate::models::{Country, Node};

super::super::cases![
    what_some_engine_does_not_compute_is_refused,
    defaults_that_look_at_the_row_are_refused,
];

#[derive(Model)]
#[model(register = false)]
struct OfId {
    #[key]
    id: i64,
    #[column(computed = Self::id + 1)]
    x: i64,
}

#[derive(Model)]
#[model(register = false)]
struct OfComputed {
    #[key]
    id: i64,

    a: i32,
    #[column(computed = Self::a + 1)]
    b: i64,
    #[column(computed = Self::b + 1)]
    x: i64,
}

#[derive(Model)]
#[model(register = false)]
struct OfItself {
    #[key]
    id: i64,
    #[column(computed = Self::x + 1)]
    x: i64,
}

#[derive(Model)]
#[model(register = false)]
struct OfAnother {
    #[key]
    id: i64,
    #[column(length = 9, computed = Country::name)]
    x: String,
}

#[derive(Model)]
#[model(register = false)]
struct OfQuery {
    #[key]
    id: i64,
    #[column(computed = Node::query().select(count_rows()).as_value().coalesce(0))]
    x: i64,
}

#[derive(Model)]
#[model(register = false)]
struct OfCascade {
    #[key]
    id: i64,

    #[column(references = Country::code, on_delete = cascade, length = 2)]
    country: String,
    #[column(length = 9, computed = Self::country.concat("!"))]
    x: String,
}

#[derive(Model)]
#[model(register = false)]
struct OfNullified {
    #[key]
    id: i64,

    #[column(references = Country::code, on_delete = set_null, length = 2)]
    country: Option<String>,
    #[column(length = 9, computed = Self::country.concat("!"))]
    x: Option<String>,
}

#[derive(Model)]
#[model(register = false)]
struct OfZone {
    #[key]
    id: i64,
    at: DateTime<Utc>,
    #[column(computed = Self::at.year())]
    x: i64,
}

#[derive(Model)]
#[model(register = false)]
struct OfLetters {
    #[key]
    id: i64,
    a: String,
    #[column(computed = Self::a.lower())]
    x: String,
}

#[derive(Model)]
#[model(register = false)]
struct OfTruncated {
    #[key]
    id: i64,
    at: NaiveDateTime,
    #[column(computed = Self::at.truncate(DateUnit::Month))]
    x: NaiveDateTime,
}

#[derive(Model)]
#[model(register = false)]
struct OfPattern {
    #[key]
    id: i64,
    a: String,
    #[column(computed = Self::a.contains("x"))]
    x: bool,
}

#[derive(Model)]
#[model(register = false)]
struct OfDigits {
    #[key]
    id: i64,

    #[column(precision = 10, scale = 2)]
    a: Decimal,
    #[column(precision = 10, scale = 1, computed = Self::a)]
    x: Decimal,
}

#[derive(Model)]
#[model(register = false)]
struct OfDocument {
    #[key]
    id: i64,
    a: Json<serde_json::Value>,
    #[column(computed = Self::a)]
    x: Json<serde_json::Value>,
}

#[derive(Model)]
#[model(register = false)]
struct OfSum {
    #[key]
    id: i64,
    a: i64,
    #[column(computed = Self::a.sum().over(over()).coalesce(0))]
    x: i64,
}

#[derive(Model)]
#[model(register = false)]
struct DefaultOfColumn {
    #[key]
    id: i64,
    a: i64,
    #[column(default_sql = Self::a + 1)]
    x: i64,
}

#[derive(Model)]
#[model(register = false)]
struct DefaultOfQuery {
    #[key]
    id: i64,
    #[column(default_sql = Node::query().select(count_rows()).as_value().coalesce(0))]
    x: i64,
}

#[derive(Model)]
#[model(register = false)]
struct DefaultOfDigits {
    #[key]
    id: i64,
    #[column(precision = 4, scale = 2, default_sql = value(Decimal::new(1, 3)))]
    x: Decimal,
}

#[derive(Model)]
#[model(register = false)]
struct DefaultTooLong {
    #[key]
    id: i64,
    #[column(length = 2, default_sql = "abc")]
    x: String,
}

#[derive(Model)]
#[model(register = false)]
struct Referenced {
    #[key]
    id: i64,
    #[column(unique, computed = value(1))]
    x: i64,
}

#[derive(Model)]
#[model(register = false)]
struct References {
    #[key]
    id: i64,
    #[column(references = Referenced::x)]
    x: i64,
}

fn refused(bed: &Bed, models: &[&'static ModelInfo], field: &str, part: &str) {
    let config = bed.config();
    let error = Database::with_models(config, models.iter().copied()).unwrap_err();
    assert!(error.is_invalid_model(), "{error:?}");
    let text = error.to_string();
    assert!(text.contains(field) && text.contains(part), "{text}");
}

fn what_some_engine_does_not_compute_is_refused(bed: &Bed) {
    let country = Country::info();
    refused(bed, &[OfId::info()], "of_id.x", "the database assigns");
    refused(bed, &[OfComputed::info()], "of_computed.x", "computed too");
    refused(bed, &[OfItself::info()], "of_itself.x", "itself");
    refused(bed, &[OfAnother::info()], "of_another.x", "another table's");
    refused(bed, &[OfQuery::info()], "of_query.x", "queries");
    refused(
        bed,
        &[OfCascade::info(), country],
        "of_cascade.x",
        "cascades",
    );
    refused(
        bed,
        &[OfNullified::info(), country],
        "of_nullified.x",
        "sets NULL",
    );
    refused(bed, &[OfZone::info()], "of_zone.x", "not every engine");
    refused(
        bed,
        &[OfLetters::info()],
        "of_letters.x",
        "not every engine",
    );
    refused(
        bed,
        &[OfTruncated::info()],
        "of_truncated.x",
        "not every engine",
    );
    refused(bed, &[OfPattern::info()], "of_pattern.x", "pattern");
    refused(bed, &[OfDigits::info()], "of_digits.x", "scale");
    refused(bed, &[OfDocument::info()], "of_document.x", "a document");
    refused(bed, &[OfSum::info()], "of_sum.x", "window functions");
    let both = [Referenced::info(), References::info()];
    refused(bed, &both, "references.x", "which the database gives");
}

fn defaults_that_look_at_the_row_are_refused(bed: &Bed) {
    refused(
        bed,
        &[DefaultOfColumn::info()],
        "default_of_column.x",
        "columns",
    );
    refused(
        bed,
        &[DefaultOfQuery::info()],
        "default_of_query.x",
        "queries",
    );
    refused(
        bed,
        &[DefaultOfDigits::info()],
        "default_of_digits.x",
        "scale",
    );
    refused(
        bed,
        &[DefaultTooLong::info()],
        "default_too_long.x",
        "at most 2",
    );
}
