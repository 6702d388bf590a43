//! The macros of Birgus: the derives `Model`, `DbEnum` and `FromRow`, and `migrations!`.
//!
//! Programs use them through the crate `birgus`, whose paths the derived code names. A crate that depends on
//! `birgus-core` alone writes `extern crate birgus_core as birgus;` or `#[model(crate = birgus_core)]`.
#![forbid(unsafe_code)]

mod attribute;
mod db_enum;
mod from_row;
mod migrations;
mod model;
mod types;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct a row of a table.
///
/// Every field is a column, or a relationship with another model. The derive writes a static description, typed column constants (`User::username`), a
/// builder (`User::build()`), and the glue by which rows become structs; it is small, whatever the model.
///
/// ```
/// # extern crate birgus_core as birgus;
/// use birgus::prelude::*;
///
/// #[derive(Model, Debug)]
/// pub struct User {
///     #[key]
///     pub id: i64,
///     #[column(length = 64, unique)]
///     pub username: String,
///     pub age: Option<i32>,
///     #[column(default = Utc::now)]
///     pub joined: DateTime<Utc>,
/// }
///
/// # fn main() {
/// let adults = User::query().filter(User::age.ge(18)).order_by(User::username.asc());
/// let susan = User::build().username("susan").age(30); // `age` and `joined` may be left out
/// # let _ = (adults, susan.id(1));
/// # }
/// ```
///
/// The builder takes columns in any order; what is set twice has its later value. A column is required unless it is
/// an `Option`, has a default, or is a key that the database assigns; a row without one does not compile:
///
/// ```compile_fail
/// # extern crate birgus_core as birgus;
/// # use birgus::prelude::*;
/// # #[derive(Model)]
/// # pub struct User { #[key] pub id: i64, pub username: String }
/// User::insert(User::build()); // the required column `username` of `User` is not set
/// ```
///
/// # Keys
///
/// | attribute | key |
/// |---|---|
/// | `#[key]` on the only key, an `i64` | assigned by the database, never given twice |
/// | `#[key(natural)]` | given by the program |
/// | `#[key]` on another type, or with `references` | given by the program |
/// | `#[key]` on two to four fields | composite, given by the program; `#[key(order = 2)]` tells a place other than that in the struct |
///
/// [`Model::Key`] is the field's type, or a tuple of them in the order of the key.
///
/// ```
/// # extern crate birgus_core as birgus;
/// # use birgus::prelude::*;
/// #[derive(Model)]
/// pub struct Country {
///     #[key]
///     #[column(length = 2)]
///     pub code: String,
/// }
///
/// #[derive(Model)]
/// pub struct Seat {
///     #[key]
///     pub room: i32,
///     #[key]
///     pub number: i32,
/// }
///
/// # fn main() {
/// let key: (i32, i32) = Seat { room: 1, number: 12 }.key();
/// # let _ = key;
/// # }
/// ```
///
/// # `#[column(…)]`
///
/// | attribute | meaning |
/// |---|---|
/// | `name = "group"` | the column's name; the field's otherwise |
/// | `was = "name"` | the column's name before: a migration renames it instead of asking |
/// | `length = 64` | at most so many characters; a `String` without it holds any text, and can't be indexed |
/// | `precision = 10, scale = 2` | the digits of a `Decimal`, and how many of them stand behind the point: 18 and 6 when neither is given, 18 when there is only a scale, whole numbers when there is only a precision |
/// | `unique`, `index` | an index over the column, unique or not |
/// | `default = …` | what a new row gets when nothing is said |
/// | `default_sql = …` | what the database gives a new row when nothing is said: a value, or an expression without columns |
/// | `on_update = …` | what a changed row gets when nothing is said, on a field without `references` |
/// | `computed = …` | the database computes the column from the others of its row; nobody gives it a value |
/// | `deferred` | on a `Deferred<…>`: queries leave the column out unless they say `undefer` |
/// | `comment = "…"` | what the database tells people about the column |
/// | `references = User::id` | a foreign key; the field has the type of that column, or is an `Option` of it |
/// | `foreign_key = "post_author"`, `index = false` | with `references`: the key's name, where it does not follow from the column; no index for it |
/// | `on_delete = …`, `on_update = …` | what a foreign key does when the referenced row goes or its key changes: `cascade`, `restrict`, `set_null`, `no_action` |
///
/// A value of `default` and `on_update` is read in one of four ways:
///
/// ```
/// # extern crate birgus_core as birgus;
/// # use birgus::prelude::*;
/// fn colour() -> &'static str { "grey" }
///
/// #[derive(Model)]
/// pub struct Crab {
///     #[key]
///     #[column(default = Uuid::new_v4)]         // named like a function: called for each row
///     pub id: Uuid,
///     #[column(default = colour)]
///     pub colour: String,
///     #[column(default = || 2 * 5)]             // a closure: called for each row
///     pub legs: i32,
///     #[column(default = true)]                 // any other expression: a value
///     pub hungry: bool,
///     #[column(default = Utc::now, on_update = Utc::now)] // the clock: one reading for a whole flush
///     pub seen: DateTime<Utc>,
/// }
/// # fn main() { let _ = Crab::build().hungry(false); }
/// ```
///
/// # Columns that the database gives
///
/// A `computed` column is a stored generated column: an expression over the row's own columns, of the field's type. It is
/// filtered, ordered and indexed like others. The builder has no setter for it; what a whole model holds there is not
/// looked at when it is inserted; `set`, `insert_into` and a session's change of it are refused (`is_invalid_query()`).
///
/// A `default_sql` is a DEFAULT of the table, which also rows of raw SQL and of other programs get. A builder that says
/// nothing leaves it to the database; a whole model gives all its values. The field is no `Option`, and no key. For times
/// take `default = Utc::now`: it is one clock for a whole flush, and the same on every engine.
///
/// ```
/// # extern crate birgus_core as birgus;
/// # use birgus::prelude::*;
/// #[derive(Model)]
/// pub struct Line {
///     #[key]
///     pub id: i64,
///     #[column(default_sql = 1)]
///     pub quantity: i32,
///     #[column(precision = 10, scale = 2)]
///     pub price: Decimal,
///     #[column(precision = 18, scale = 2, index, computed = Self::price * Self::quantity.to_decimal(0))]
///     pub total: Decimal,
/// }
///
/// # fn main() {
/// let line = Line::build().price(Decimal::new(250, 2));
/// let large = Line::query().filter(Line::total.gt(Decimal::from(1_000)));
/// # let _ = (line, large);
/// # }
/// ```
///
/// A session's objects have both kinds of values right after the flush that sent them, read back for all rows of an INSERT
/// or UPDATE together. Until then a new object holds NULL where the field is an `Option`, and the zero of the type
/// otherwise: `0`, `false`, `""`, no bytes, 1970-01-01, midnight, the nil UUID, an enum's first variant. As with an id, a
/// new object whose `default_sql` field is set to that very value says nothing.
///
/// What not every engine computes alike is refused when the model is opened (`is_invalid_model()`). There are numbers,
/// comparisons, `case`, `coalesce`, `greatest` and `least`; texts, but for `lower`, `upper` and patterns (`like`,
/// and `contains`, `starts_with` and `ends_with` of a value: of another column they work); and the parts of dates and of moments without a time zone, and
/// differences of them. There are no queries, aggregates, documents, other tables, other computed columns, keys that the
/// database assigns, nor columns whose foreign key cascades or sets NULL. On SQLite, expressions may use functions that
/// Birgus registers: another program can read such a table, and write it only with those.
///
/// A setter of a foreign key takes a value, or the key of an object that a session tracks:
///
/// ```
/// # extern crate birgus_core as birgus;
/// # use birgus::prelude::*;
/// # #[derive(Model)]
/// # pub struct User { #[key] pub id: i64 }
/// #[derive(Model)]
/// pub struct Post {
///     #[key]
///     pub id: i64,
///     #[column(references = User::id, on_delete = cascade)]
///     pub author_id: i64,
///     #[column(references = Self::id, on_delete = set_null)]
///     pub answers: Option<i64>,
/// }
///
/// # fn main() {}
/// fn posts(session: &mut Session, susan: Key<User>) {
///     let first = session.add(Post::build().author_id(susan));
///     session.add(Post::build().author_id(7).answers(first));
/// }
/// ```
///
/// # Columns that a query may leave out
///
/// A field of the type `Deferred<T>` is an ordinary column of type `T`, an `Option` inside of it included: the constant, the
/// builder and the table know nothing of it. Queries for whole models may leave it out, by `defer` and `load_only`; with
/// `#[column(deferred)]` they do so unless they say `undefer`. Keys, versions, foreign keys and computed columns are always
/// read.
///
/// ```
/// # extern crate birgus_core as birgus;
/// # use birgus::prelude::*;
/// #[derive(Model)]
/// pub struct Book {
///     #[key]
///     pub id: i64,
///     pub title: String,
///     pub summary: Deferred<Option<String>>, // read, unless a query defers it
///     #[column(deferred)]
///     pub text: Deferred<String>, // left out, unless a query undefers it
/// }
///
/// # fn main() {
/// let book = Book::build().title("Crabs").text("It was low tide.");
/// let shelf = Book::query().filter(Book::text.contains("tide")).defer(Book::summary);
/// let one = Book::query().undefer(Book::text).by_key(7);
/// # let _ = (book, shelf, one);
/// # }
/// ```
///
/// # Relationships
///
/// A field of the type `Many` or `One` is no column: it is what the row is related to, loaded when a query or a call says so.
/// An attribute says of which kind it is, and by which foreign key it goes. The derive makes a constant of it, as of a column:
/// `User::posts`.
///
/// | attribute | field | the related rows |
/// |---|---|---|
/// | `#[has_many(Post)]` | `Many<Post>` | those that reference this one |
/// | `#[has_one(Profile)]` | `One<Option<Profile>>`, or `One<Profile>` | the only one that references this one: its foreign key is unique |
/// | `#[belongs_to(author_id)]` | `One<User>`, or `One<Option<User>>` when the foreign key is an `Option` | the one that this one references, by its field with `references` (or its fields, of a `foreign_key` over several) |
/// | `#[many_to_many(Tag, through = PostTag)]` | `Many<Tag>` | those that rows of a third model pair with this one; that model references both, and may have columns of its own |
///
/// ```
/// # extern crate birgus_core as birgus;
/// use birgus::prelude::*;
///
/// #[derive(Model, Debug)]
/// pub struct User {
///     #[key]
///     pub id: i64,
///     #[has_many(Post, backref = author, order_by = Post::id.desc())]
///     pub posts: Many<Post>,
///     #[has_one(Profile)]
///     pub profile: One<Option<Profile>>,
///     #[many_to_many(User, through = Follow, from = follower_id, to = followed_id, backref = followers)]
///     pub following: Many<User>,
///     #[many_to_many(User, through = Follow, from = followed_id, to = follower_id, backref = following)]
///     pub followers: Many<User>,
/// }
///
/// #[derive(Model, Debug)]
/// pub struct Profile {
///     #[key]
///     pub id: i64,
///     #[column(references = User::id, unique)]
///     pub user_id: i64,
/// }
///
/// #[derive(Model, Debug)]
/// pub struct Post {
///     #[key]
///     pub id: i64,
///     #[column(references = User::id)]
///     pub author_id: i64,
///     #[belongs_to(author_id, backref = posts)]
///     pub author: One<User>,
///     #[many_to_many(Tag, through = PostTag, lazy = selectin)]
///     pub tags: Many<Tag>,
/// }
///
/// #[derive(Model, Debug)]
/// pub struct Tag {
///     #[key]
///     pub id: i64,
/// }
///
/// #[derive(Model, Debug)]
/// pub struct PostTag {
///     #[key]
///     #[column(references = Post::id)]
///     pub post_id: i64,
///     #[key]
///     #[column(references = Tag::id)]
///     pub tag_id: i64,
/// }
///
/// #[derive(Model, Debug)]
/// pub struct Follow {
///     #[key]
///     #[column(references = User::id)]
///     pub follower_id: i64,
///     #[key]
///     #[column(references = User::id)]
///     pub followed_id: i64,
/// }
///
/// # fn main() {}
/// fn write(session: &mut Session, susan: Key<User>) -> birgus::Result<Vec<User>> {
///     session.add(Post::build().author(susan)); // sets author_id, as .author_id(susan) does
///     User::query().with(User::posts.joined()).all(&mut *session)
/// }
/// ```
///
/// | setting | on | meaning |
/// |---|---|---|
/// | `backref = author` | all | the relationship of the other model that leads back by the same foreign key; naming it on one side is enough, and so is declaring one side only |
/// | `lazy = selectin` | all | how it is loaded when a query says nothing: `select` (the default), `joined`, `subquery`, `selectin`, `dynamic`, `raise` |
/// | `by = author_id` | `has_many`, `has_one` | the column of the other model that references this one, where there are several; `by(room, number)` of a foreign key over several |
/// | `key = code`, `key(room, number)` | all but `belongs_to` | the own columns that are referenced, where they are not the primary key |
/// | `order_by = Post::id.desc()`, `order_by(…, …)` | `has_many`, `many_to_many` | the order of the rows; by primary key otherwise |
/// | `through = PostTag` | `many_to_many` | the model between; `secondary` is the same |
/// | `from = follower_id`, `to = followed_id` | `many_to_many` | its columns that reference this model and the other one, where there are several of them |
///
/// The compiler refuses a relationship without a foreign key, with several and no word which, by a column of another type than
/// the key or without `references`; a field of another model, or optional when its foreign key is not; and a `backref` that is
/// not there, leads elsewhere, is not the other kind, or names another field back. Opening the database refuses
/// (`is_invalid_model()`) what only all models together show: a `has_one` whose foreign key is not unique, a `backref` that goes
/// by another foreign key, a `key` that is not referenced, a model that is missing, or one that lives in another database.
///
/// ```compile_fail
/// # extern crate birgus_core as birgus;
/// # use birgus::prelude::*;
/// #[derive(Model)]
/// pub struct User {
///     #[key]
///     pub id: i64,
///     #[has_many(Post, backref = author)]
///     // User.posts says backref = author, and Post has no relationship `author` that can be seen here; declare it, …
///     pub posts: Many<Post>,
/// }
///
/// #[derive(Model)]
/// pub struct Post {
///     #[key]
///     pub id: i64,
///     #[column(references = User::id)]
///     pub author_id: i64,
/// }
/// # fn main() {}
/// ```
///
/// # `#[model(…)]`
///
/// | attribute | meaning |
/// |---|---|
/// | `table = "people"` | the table's name; that of the struct in snake case otherwise |
/// | `was = "persons"` | the table's name before: a migration renames it instead of asking |
/// | `bind = "reports"` | the named database that the model lives in |
/// | `comment = "…"` | what the database tells people about the table |
/// | `register = false` | leaves the model out of `create_all` and migrations |
/// | `unique(a, b)`, `index(a, b)` | an index over fields, in that order; `unique(name = "…", a, b)` names it |
/// | `foreign_key(columns(a, b), references(Other::x, Other::y), on_delete = …, on_update = …)` | a foreign key over several fields; `name = "…"` and `index = false` as for one |
/// | `check(name, expression)` | a condition that every row must meet; `check(name = "…", expression)` gives the name in the database |
/// | `existing` | the table was made elsewhere: see below |
/// | `crate = path` | where `birgus` is; `::birgus` otherwise |
///
/// ```
/// # extern crate birgus_core as birgus;
/// # use birgus::prelude::*;
/// #[derive(Model)]
/// #[model(table = "people", unique(family, given), index(name = "ix_by_age", age), check(adult, Self::age.ge(18)))]
/// pub struct Person {
///     #[key]
///     pub id: i64,
///     #[column(length = 80)]
///     pub family: String,
///     #[column(length = 80)]
///     pub given: String,
///     pub age: i32,
/// }
/// # fn main() { assert_eq!(Person::info().table_name(), "people"); }
/// ```
///
/// `was` is a hint for the migration that is generated next, and means nothing else. It counts where the tables that the
/// migrations know have the old name and not the new one; afterwards it may stay or go.
///
/// A comment has at most 900 characters, all of them up to U+FFFF (no emoji), which is what every engine can hold.
///
/// # Tables that were made elsewhere
///
/// `#[model(existing)]` is a model of a table that somebody else makes: `create_all`, `drop_all` and migrations leave it alone, and it
/// may be as only its own engine can have it (names, lengths of indexes, types of keys). `birgus_migrate::inspect` writes such
/// models. They may say, beside what others do:
///
/// | attribute | meaning |
/// |---|---|
/// | `#[key(identity)]` on an `i32` or `i16` | the database assigns this key too |
/// | `#[column(default_sql)]` | the database has a default that it alone knows. A builder that says nothing gets it; so does a new object whose field is `None`. Of a key it only says that it is there: the program gives the key |
/// | `#[column(computed)]` | the database computes the column, of what it alone knows |
/// | `check(name = "…")` | the database checks something that it alone knows |
///
/// ```
/// # extern crate birgus_core as birgus;
/// # use birgus::prelude::*;
/// #[derive(Model)]
/// #[model(table = "Invoice", existing, check(name = "CK_Total"))]
/// pub struct Invoice {
///     #[key(identity)]
///     #[column(name = "InvoiceId")]
///     pub invoice_id: i32,
///     #[column(name = "CreatedAt", default_sql)]
///     pub created_at: NaiveDateTime,
/// }
/// # fn main() { let _ = Invoice::insert(Invoice::build()); }
/// ```
///
/// # Limits
///
/// * A model is a struct with named fields and without parameters.
/// * A field can't be called `build`, `insert`, `insert_many` or `query`, and the struct can't have an associated
///   function with the name of a field: the column constants have those names. Name the column by `name = "…"`.
/// * Whether a field is optional, and whether a key is an `i64`, is told from how its type is written: an alias of
///   `Option` makes a required column that takes `None`.
/// * On a field with `references`, `on_update` is the foreign key's: such a column has no value of its own on change.
///
/// [`Model::Key`]: https://docs.rs/birgus-core/latest/birgus_core/trait.Model.html#associatedtype.Key
#[proc_macro_derive(
    Model,
    attributes(
        model,
        key,
        version,
        column,
        has_many,
        has_one,
        belongs_to,
        many_to_many
    )
)]
pub fn derive_model(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    output(model::expand(&input))
}

/// Makes an enum without data a column of texts.
///
/// A variant is stored as its name in snake case, or as `#[db(name = "…")]` says; `as_str` gives the text. The column
/// takes no other text, and one that is read all the same is an error that lists the known ones. `#[db(key)]` on the
/// enum lets it be the whole primary key of a model (it must be `Clone`); in a composite key it needs no attribute.
/// `#[db(was = "…")]` on a variant is the text that was stored before: a migration renames it, in the rows too.
///
/// ```
/// # extern crate birgus_core as birgus;
/// use birgus::prelude::*;
///
/// #[derive(DbEnum, Clone, Copy, Debug, PartialEq)]
/// pub enum Role {
///     Admin,
///     #[db(name = "member")]
///     OrdinaryMember,
/// }
///
/// #[derive(Model)]
/// pub struct User {
///     #[key]
///     pub id: i64,
///     #[column(default = Role::OrdinaryMember)]
///     pub role: Role,
/// }
///
/// # fn main() {
/// assert_eq!(Role::OrdinaryMember.as_str(), "member");
/// let admins = User::query().filter(User::role.eq(Role::Admin));
/// # let _ = admins;
/// # }
/// ```
#[proc_macro_derive(DbEnum, attributes(db))]
pub fn derive_db_enum(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    output(db_enum::expand(&input))
}

/// Reads rows of raw SQL into a struct, by the names of their columns.
///
/// A column has the name of its field, or the one that `#[column(name = "…")]` gives; columns that no field asks for
/// are left alone. A `Decimal` needs `#[column(scale = …)]`, since the SQL of a query does not tell how many digits
/// stand behind the point. Models need no such derive: they are read by name already.
///
/// ```
/// # extern crate birgus_core as birgus;
/// use birgus::prelude::*;
///
/// #[derive(FromRow, Debug)]
/// pub struct Sales {
///     pub day: NaiveDate,
///     #[column(name = "how_many")]
///     pub number: i64,
///     #[column(scale = 2)]
///     pub total: Option<Decimal>,
/// }
///
/// # fn main() {}
/// fn sales(db: &Database) -> birgus::Result<Vec<Sales>> {
///     birgus::sql("SELECT day, COUNT(*) AS how_many, SUM(price) AS total FROM sale GROUP BY day").all(db)
/// }
/// ```
#[proc_macro_derive(FromRow, attributes(column, from_row))]
pub fn derive_from_row(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    output(from_row::expand(&input))
}

fn output(result: syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    result
        .unwrap_or_else(|error| error.into_compile_error())
        .into()
}

/// The revision files of a folder, built into the program: a server deploys without them.
///
/// The folder is that of the crate's `Cargo.toml`, `migrations` where nothing is said: `birgus::migrations!("db/revisions")`. The
/// value is a list of each file's name and text, `&'static [(&'static str, &'static str)]`, which `Manager::migrations` and
/// `Graph::embedded` take; folders below it are those of bound databases. An edited file builds the program anew. A new one
/// can't be seen by the compiler: where nothing else changes with it, as models do, say so in a `build.rs`:
///
/// ```
/// println!("cargo:rerun-if-changed=migrations");
/// ```
///
/// A folder that can't be read does not compile:
///
/// ```compile_fail
/// # extern crate birgus_core as birgus;
/// static REVISIONS: &[(&str, &str)] = birgus::migrations!("no/such/folder");
/// # fn main() {}
/// ```
#[proc_macro]
pub fn migrations(input: TokenStream) -> TokenStream {
    let folder = if input.is_empty() {
        None
    } else {
        Some(parse_macro_input!(input as syn::LitStr))
    };
    migrations::expand(folder.as_ref())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
