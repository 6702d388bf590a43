//! Models of the tables of a database that was there before them.
//!
//! Names of types and fields are a start: rename them as you like, the names of the tables and columns stand beside them.
//!
//! A model that says `existing` is of a table that other engines could not have, or that says more than a model can:
//! `create_all`, `drop_all` and migrations leave it alone. What the database alone knows stands in comments.

use birgus::prelude::*;

// The table `queue` has no model: it has no primary key, and a model needs one.

/// A row of the table `PostTag`.
#[derive(Model, Debug, Clone)]
#[model(table = "PostTag", existing)]
#[model(index(name = "tag_of_post", post_id))]
pub struct PostTag {
    #[key(order = 2)]
    #[column(references = Posts::post_id, foreign_key = "tag_of_post", on_delete = restrict, on_update = restrict)]
    pub post_id: i32,
    #[key(order = 1)]
    #[column(length = 30)]
    pub tag: String,
    #[belongs_to(post_id)]
    pub post: One<Posts>,
}

/// A row of the table `counters`.
#[derive(Model, Debug, Clone)]
#[model(existing)]
#[model(index(name = "n", n))]
pub struct Counters {
    #[key]
    pub shard: i32,
    #[key]
    #[column(default_sql)]
    pub n: i32,
}

/// A row of the table `places`.
// Left out: places.spot: MariaDB column of type point, which Birgus has no type for. New rows must have it, so this model adds none
#[derive(Model, Debug, Clone)]
#[model(existing)]
pub struct Places {
    #[key]
    pub id: i32,
}

/// A row of the table `plain`.
#[derive(Model, Debug, Clone)]
pub struct Plain {
    #[key]
    pub id: i64,
    #[column(default_sql = 5)]
    pub amount: i64,
}

/// A row of the table `posts`.
#[derive(Model, Debug, Clone)]
#[model(existing)]
#[model(index(name = "idx_fk", author_id))]
#[model(index(name = "posts_editor", editor_id))]
#[model(check(name = "posts_title", Self::title.ne("")))]
pub struct Posts {
    #[key(identity)]
    pub post_id: i32,
    #[column(references = Users::id, foreign_key = "posts_author", on_delete = cascade, on_update = cascade)]
    pub author_id: i64,
    #[column(references = Users::id, foreign_key = "posts_editor", on_delete = set_null, on_update = restrict)]
    pub editor_id: Option<i64>,
    #[column(length = 255)]
    pub title: String,
    pub body: Option<String>,
    /// Computed as `char_length("title")`.
    #[column(computed)]
    pub words: Option<i32>,
    #[has_many(PostTag, backref = post)]
    pub post_tags: Many<PostTag>,
    #[belongs_to(author_id)]
    pub author: One<Users>,
    #[belongs_to(editor_id)]
    pub editor: One<Option<Users>>,
}

/// A row of the table `users`.
// Left out: users.permissions: MariaDB column of type set('read','write'), which Birgus has no type for
#[derive(Model, Debug, Clone)]
#[model(existing)]
#[model(unique(name = "email", email))]
#[model(index(name = "idx_fk", role))]
pub struct Users {
    #[key]
    pub id: i64,
    #[column(length = 190)]
    pub email: String,
    #[column(default_sql = UsersRole::PowerUser)]
    pub role: UsersRole,
    #[column(default_sql = true)]
    pub is_active: bool,
    pub birth_year: Option<i16>,
    #[column(precision = 20, scale = 4, default_sql = Decimal::new(0, 0))]
    pub score: Decimal,
    #[column(length = 10, default_sql = "0")]
    pub zip: String,
    /// By default `current_timestamp()`.
    #[column(default_sql)]
    pub created_at: DateTime<Utc>,
    #[has_many(Posts, backref = author, by = author_id)]
    pub posts_by_author: Many<Posts>,
    #[has_many(Posts, backref = editor, by = editor_id)]
    pub posts_by_editor: Many<Posts>,
}

/// The texts of `users.role`.
#[derive(DbEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsersRole {
    Admin,
    #[db(name = "power user")]
    PowerUser,
    #[db(name = "3rd party")]
    Value3rdParty,
}
