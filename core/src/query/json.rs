//! Expressions of JSON documents.

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Document;

use super::expression::parts;
use super::{Expr, Expression, Node, Typing};
use crate::backend::{BindType, Function, JsonStep};
use crate::json::{canonical_text, depth};
use crate::model::{ColumnValue, Json, Kind};
use crate::value::Value;

/// Documents: `Json<T>` and `Option<Json<T>>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a JSON document",
    label = "not a Json<T>"
)]
pub trait JsonValue: ColumnValue {}
impl<T: Serialize + DeserializeOwned> JsonValue for Json<T> {}
impl<T: Serialize + DeserializeOwned> JsonValue for Option<Json<T>> {}

/// The levels of arrays and objects that every engine holds (`JSON_DEPTH_LIMIT` of MariaDB).
const MOST_LEVELS: usize = 31;

/// The first of the whole numbers that a double does not hold without a gap.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// What can be done with a JSON document: enter it.
///
/// ```
/// # extern crate birgus_core as birgus;
/// use birgus::prelude::*;
/// # #[derive(Model)]
/// # pub struct Page { #[key] pub id: i64, pub meta: Json<serde_json::Value> }
///
/// # fn main() {
/// let query = Page::query()
///     .filter(Page::meta.key("author").key("name").as_text().eq("susan"))
///     .filter(Page::meta.key("tags").contains(["rust", "sql"]))
///     .filter(Page::meta.key("tags").index(0).exists())
///     .order_by(Page::meta.key("stars").as_i64().desc());
///
/// let assignment = Page::meta.set(Page::meta.key("stars").set(5));
/// # let _ = (query, assignment);
/// # }
/// ```
pub trait JsonExpression: Expression {
    /// The document as a path that has no steps yet.
    fn root(self) -> JsonPath<Self::Value>
    where
        Self::Value: JsonValue,
    {
        let (document, typing) = parts(self);
        JsonPath {
            document,
            subject: typing.subject(),
            steps: Vec::new(),
            marker: PhantomData,
        }
    }

    /// The value of a key of the object that the document is.
    fn key(self, key: impl Into<String>) -> JsonPath<Self::Value>
    where
        Self::Value: JsonValue,
    {
        self.root().key(key)
    }

    /// An element of the array that the document is, counted from 0.
    fn index(self, index: u32) -> JsonPath<Self::Value>
    where
        Self::Value: JsonValue,
    {
        self.root().index(index)
    }

    /// Whether the document contains the part: see [`JsonPath::contains`].
    fn json_contains(self, part: impl Serialize) -> Expr<bool>
    where
        Self::Value: JsonValue,
    {
        self.root().contains(part)
    }
}

impl<E: Expression> JsonExpression for E {}

/// A place in a JSON document of type `D`: keys of objects and indexes of arrays, one after the other.
///
/// A key leads into objects alone, an index into arrays alone; where a step leads nowhere there is nothing. What is there
/// is read by its kind: a value of another kind, a JSON null and nothing at all are `None`, and never an error.
///
/// Refused, since not every engine follows them: keys that begin with `-` or hold NUL, indexes above 2,147,483,647, and
/// more than 31 steps.
#[derive(Debug)]
#[must_use = "a path does nothing until something is read from it"]
pub struct JsonPath<D> {
    document: Node,
    subject: String,
    steps: Vec<JsonStep>,
    marker: PhantomData<fn() -> D>,
}

impl<D> Clone for JsonPath<D> {
    fn clone(&self) -> Self {
        Self {
            document: self.document.clone(),
            subject: self.subject.clone(),
            steps: self.steps.clone(),
            marker: PhantomData,
        }
    }
}

impl<D: JsonValue> JsonPath<D> {
    /// The value of a key of the object that is here.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.steps.push(JsonStep::Key(key.into()));
        self
    }

    /// An element of the array that is here, counted from 0.
    pub fn index(mut self, index: u32) -> Self {
        self.steps.push(JsonStep::Index(index));
        self
    }

    /// The text that is here.
    pub fn as_text(self) -> Expr<Option<String>> {
        self.get(BindType::Text)
    }

    /// The whole number that is here, if an `i64` holds it; 1.0 is 1.
    pub fn as_i64(self) -> Expr<Option<i64>> {
        self.get(BindType::BigInt)
    }

    /// The number that is here, or the nearest to it that is an `f64`.
    pub fn as_f64(self) -> Expr<Option<f64>> {
        self.get(BindType::Double)
    }

    /// The truth value that is here.
    pub fn as_bool(self) -> Expr<Option<bool>> {
        self.get(BindType::Boolean)
    }

    /// What is here as a document of its own, unless it is a JSON null.
    pub fn as_json<T: Serialize + DeserializeOwned>(self) -> Expr<Option<Json<T>>> {
        self.get(BindType::Json)
    }

    /// The kind of what is here: `object`, `array`, `string`, `number`, `boolean` or `null`.
    pub fn json_type(self) -> Expr<Option<String>> {
        self.read(Function::JsonType, BindType::Text)
    }

    /// The number of elements of the array that is here.
    pub fn array_length(self) -> Expr<Option<i64>> {
        self.read(Function::JsonLength, BindType::BigInt)
    }

    /// Whether there is something here, be it a JSON null.
    pub fn exists(self) -> Expr<bool> {
        self.json_type().is_not_null()
    }

    /// Whether what is here contains the part, which is an array or an object: an object contains one whose keys it has
    /// with values that contain theirs, an array one each of whose elements is contained in one of its own, and any other
    /// value what is equal to it (1 and 1.0 are). Unknown where nothing is here, or a JSON null.
    ///
    /// A single value is compared by [`JsonPath::as_text`] and the like. Whole numbers in the part lie below 2^53.
    pub fn contains(self, part: impl Serialize) -> Expr<bool> {
        let part = match document(&self.subject, part).and_then(|part| {
            comparable(&part)
                .map_err(|problem| format!("{}: contains takes {problem}", self.subject))?;
            Ok(part)
        }) {
            Ok(part) => bound(&part),
            Err(problem) => return Expr::invalid(problem),
        };
        let whole = if self.steps.is_empty() {
            match self.problem() {
                Some(problem) => return Expr::invalid(problem),
                None => self.document,
            }
        } else {
            self.as_json::<Document>().into_node()
        };
        Expr::from_node(Node::call(
            Function::JsonContains,
            [whole, part],
            BindType::Boolean,
        ))
    }

    /// The document with the value here: in place of what is here, or added to the object that the last step leads into.
    /// It stays as it is where there is no such element or object.
    pub fn set(self, value: impl Serialize) -> Expr<D> {
        let value = document(&self.subject, value);
        if let Some(problem) = self.problem_of_change() {
            return Expr::invalid(problem);
        }
        let value = match value {
            Ok(value) if depth(&value) + self.steps.len() > MOST_LEVELS => {
                return Expr::invalid(format!(
                    "{}: a value that makes a document of more than {MOST_LEVELS} levels, the most on every engine",
                    self.subject
                ));
            }
            Ok(value) => bound(&value),
            Err(problem) => return Expr::invalid(problem),
        };
        Expr::from_node(Node::call(
            Function::JsonSet(self.steps),
            [self.document, value],
            BindType::Json,
        ))
    }

    /// The document without what is here; elements behind it move up.
    pub fn remove(self) -> Expr<D> {
        if let Some(problem) = self.problem_of_change() {
            return Expr::invalid(problem);
        }
        Expr::from_node(Node::call(
            Function::JsonRemove(self.steps),
            [self.document],
            BindType::Json,
        ))
    }

    fn get<T>(self, result: BindType) -> Expr<T> {
        self.read(Function::JsonGet, result)
    }

    fn read<T>(self, function: fn(Vec<JsonStep>) -> Function, result: BindType) -> Expr<T> {
        if let Some(problem) = self.problem() {
            return Expr::invalid(problem);
        }
        Expr::from_node(Node::call(function(self.steps), [self.document], result))
    }

    /// Why no engine, or not every one, follows the path.
    fn problem(&self) -> Option<String> {
        let subject = &self.subject;
        if self.steps.len() > MOST_LEVELS {
            return Some(format!(
                "{subject}: a path of {} steps, at most {MOST_LEVELS} on every engine",
                self.steps.len()
            ));
        }
        self.steps.iter().find_map(|step| match step {
            JsonStep::Key(key) => unfit(key).map(|problem| format!("{subject}: {problem}")),
            JsonStep::Index(index) if i32::try_from(*index).is_err() => Some(format!(
                "{subject}: an index above {}, the largest on every engine",
                i32::MAX
            )),
            _ => None,
        })
    }

    fn problem_of_change(&self) -> Option<String> {
        if self.steps.is_empty() {
            return Some(format!(
                "{}: the whole document is neither set nor removed by a path; assign the column",
                self.subject
            ));
        }
        self.problem()
    }
}

/// Why not every engine finds a key, if so: MariaDB finds none that begins with a minus sign.
fn unfit(key: &str) -> Option<&'static str> {
    if key.starts_with('-') {
        Some("a key that begins with a minus sign, which not every engine can find")
    } else if key.contains('\0') {
        Some("a key with NUL (U+0000), which not every engine can hold")
    } else {
        None
    }
}

/// A value as a document, if every engine can hold it.
fn document(subject: &str, value: impl Serialize) -> Result<Document, String> {
    let document = serde_json::to_value(value)
        .map_err(|_| format!("{subject}: a value that can't be written as JSON"))?;
    if holds_nul(&document) {
        return Err(format!(
            "{subject}: a text with NUL (U+0000), which not every engine can hold"
        ));
    }
    Ok(document)
}

fn holds_nul(document: &Document) -> bool {
    match document {
        Document::String(text) => text.contains('\0'),
        Document::Array(items) => items.iter().any(holds_nul),
        Document::Object(entries) => entries
            .iter()
            .any(|(key, value)| key.contains('\0') || holds_nul(value)),
        _ => false,
    }
}

fn bound(document: &Document) -> Node {
    Typing::plain(Kind::Json, 0).operand(Ok(Value::Json(canonical_text(document))))
}

/// Why engines answer differently whether something contains the part, if they do.
fn comparable(part: &Document) -> Result<(), String> {
    if !part.is_array() && !part.is_object() {
        return Err(
            "an array or an object; a single value is compared by as_text(), as_i64(), as_f64() or as_bool()"
                .to_owned(),
        );
    }
    if depth(part) > MOST_LEVELS {
        return Err(format!(
            "at most {MOST_LEVELS} levels of arrays and objects"
        ));
    }
    if holds_huge(part) {
        return Err("whole numbers below 2^53; compare others by as_i64()".to_owned());
    }
    unfit_key(part).map_or(Ok(()), |problem| Err(format!("no part with {problem}")))
}

fn unfit_key(part: &Document) -> Option<&'static str> {
    match part {
        Document::Array(items) => items.iter().find_map(unfit_key),
        Document::Object(entries) => entries
            .iter()
            .find_map(|(key, value)| unfit(key).or_else(|| unfit_key(value))),
        _ => None,
    }
}

fn holds_huge(part: &Document) -> bool {
    match part {
        Document::Number(number) => number
            .as_f64()
            .is_none_or(|number| number.fract() == 0.0 && number.abs() >= EXACT),
        Document::Array(items) => items.iter().any(holds_huge),
        Document::Object(entries) => entries.values().any(holds_huge),
        _ => false,
    }
}
