//! The winning form, written by hand over Diesel's connections: statements of SQL whose prepared forms Diesel keeps, and
//! rows that are read column by column. What is slower than this is not so because of the client.

use anyhow::{Context as _, Result};
use birgus_peers_limit::{Comment, Groups, Post, User, tree};
use diesel::backend::Backend;
use diesel::connection::{
    Connection as _, DefaultLoadingMode, LoadConnection, SimpleConnection as _,
};
use diesel::deserialize::FromSql;
use diesel::expression::expression_types::Untyped;
use diesel::pg::{Pg, PgConnection};
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::row::{Field as _, Row};
use diesel::sql_types::{Array, BigInt, Text};
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel::{QueryResult, RunQueryDsl};

use super::limit_loading::{Flat, Trees};
use crate::loading::Loader;

const USERS: &str = "SELECT id, name, hair_color FROM users";

/// How the children of many parents are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChildrenBy {
    /// The parents' query is repeated.
    Subquery,
    /// A JSON text of the parents' keys.
    JsonEach,
    /// An array of the parents' keys.
    Array,
}

impl ChildrenBy {
    /// Up to the bind, if there is one.
    fn posts(self) -> &'static str {
        match self {
            Self::Subquery => {
                "SELECT id, user_id, title, body FROM posts WHERE user_id IN (SELECT id FROM users)"
            }
            Self::JsonEach => {
                "SELECT id, user_id, title, body FROM posts \
                 WHERE user_id IN (SELECT value FROM json_each("
            }
            Self::Array => "SELECT id, user_id, title, body FROM posts WHERE user_id = ANY(",
        }
    }

    /// Likewise.
    fn comments(self) -> &'static str {
        match self {
            Self::Subquery => {
                "SELECT id, post_id, text FROM comments WHERE post_id IN \
                 (SELECT id FROM posts WHERE user_id IN (SELECT id FROM users))"
            }
            Self::JsonEach => {
                "SELECT id, post_id, text FROM comments \
                 WHERE post_id IN (SELECT value FROM json_each("
            }
            Self::Array => "SELECT id, post_id, text FROM comments WHERE post_id = ANY(",
        }
    }

    /// The keys, as the statement takes them.
    fn bind(self, keys: impl Iterator<Item = i64>) -> Bind {
        match self {
            Self::Subquery => Bind::Nothing,
            Self::JsonEach => Bind::Json(json(keys)),
            Self::Array => Bind::Array(keys.collect()),
        }
    }
}

/// `[1,2,3]`
fn json(keys: impl Iterator<Item = i64>) -> String {
    let mut text = String::from("[");
    for key in keys {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&key.to_string());
    }
    text.push(']');
    text
}

enum Bind {
    Nothing,
    Json(String),
    Array(Vec<i64>),
}

/// A statement and its only bind, with which it ends.
struct Statement {
    sql: &'static str,
    bind: Bind,
}

impl QueryId for Statement {
    type QueryId = ();

    // Diesel finds the prepared form by its text.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Statement {
    type SqlType = Untyped;
}

impl QueryFragment<Sqlite> for Statement {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        pass.push_sql(self.sql);
        if let Bind::Json(text) = &self.bind {
            pass.push_bind_param::<Text, _>(text)?;
            pass.push_sql("))");
        }
        Ok(())
    }
}

impl QueryFragment<Pg> for Statement {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.push_sql(self.sql);
        if let Bind::Array(keys) = &self.bind {
            pass.push_bind_param::<Array<BigInt>, _>(keys)?;
            pass.push_sql(")");
        }
        Ok(())
    }
}

impl<Conn> RunQueryDsl<Conn> for Statement {}

/// A column of a row, by its place.
fn column<'r, T, Type, DB, R>(row: &R, index: usize) -> Result<T>
where
    DB: Backend,
    R: Row<'r, DB>,
    T: FromSql<Type, DB>,
{
    let field = row.get(index).context("no such column")?;
    T::from_nullable_sql(field.value()).map_err(|error| anyhow::anyhow!(error))
}

macro_rules! own_loader {
    ($loader:ident, $connection:ty, $backend:ty) => {
        pub(crate) struct $loader($connection, ChildrenBy);

        impl $loader {
            pub(crate) fn open(url: &str, children_by: ChildrenBy) -> Result<Self> {
                Ok(Self(<$connection>::establish(url)?, children_by))
            }

            fn users(&mut self) -> Result<Vec<User>> {
                let statement = Statement {
                    sql: USERS,
                    bind: Bind::Nothing,
                };
                let mut users = Vec::new();
                for row in LoadConnection::<DefaultLoadingMode>::load(&mut self.0, statement)? {
                    let row = row?;
                    users.push(User {
                        id: column::<i64, BigInt, $backend, _>(&row, 0)?,
                        name: column::<String, Text, $backend, _>(&row, 1)?,
                        hair_color: optional::<String, Text, $backend, _>(&row, 2)?,
                    });
                }
                Ok(users)
            }

            fn posts(&mut self, users: &[User], mut each: impl FnMut(Post)) -> Result<()> {
                let statement = Statement {
                    sql: self.1.posts(),
                    bind: self.1.bind(users.iter().map(|user| user.id)),
                };
                for row in LoadConnection::<DefaultLoadingMode>::load(&mut self.0, statement)? {
                    let row = row?;
                    each(Post {
                        id: column::<i64, BigInt, $backend, _>(&row, 0)?,
                        user_id: column::<i64, BigInt, $backend, _>(&row, 1)?,
                        title: column::<String, Text, $backend, _>(&row, 2)?,
                        body: optional::<String, Text, $backend, _>(&row, 3)?,
                    });
                }
                Ok(())
            }

            fn comments(&mut self, posts: &[Post]) -> Result<Groups<Comment>> {
                let statement = Statement {
                    sql: self.1.comments(),
                    bind: self.1.bind(posts.iter().map(|post| post.id)),
                };
                let mut comments = Groups::new(posts.iter().map(|post| post.id));
                for row in LoadConnection::<DefaultLoadingMode>::load(&mut self.0, statement)? {
                    let row = row?;
                    let comment = Comment {
                        id: column::<i64, BigInt, $backend, _>(&row, 0)?,
                        post_id: column::<i64, BigInt, $backend, _>(&row, 1)?,
                        text: column::<String, Text, $backend, _>(&row, 2)?,
                    };
                    comments.put(comment.post_id, comment);
                }
                Ok(comments)
            }
        }

        impl Loader for $loader {
            type Flat = Flat;
            type Tree = Trees;

            fn batch(&mut self, sql: &str) -> Result<()> {
                Ok(self.0.batch_execute(sql)?)
            }

            fn flat(&mut self) -> Result<Flat> {
                let users = self.users()?;
                let mut posts = Groups::new(users.iter().map(|user| user.id));
                self.posts(&users, |post| posts.put(post.user_id, post))?;
                Ok(Flat(users.into_iter().zip(posts.into_lists()).collect()))
            }

            fn tree(&mut self) -> Result<Trees> {
                let users = self.users()?;
                let mut posts = Vec::new();
                self.posts(&users, |post| posts.push(post))?;
                let comments = self.comments(&posts)?;
                Ok(Trees(tree(users, posts, comments)))
            }
        }
    };
}

/// As [`column`], of a column that may be NULL.
fn optional<'r, T, Type, DB, R>(row: &R, index: usize) -> Result<Option<T>>
where
    DB: Backend,
    R: Row<'r, DB>,
    T: FromSql<Type, DB>,
{
    let field = row.get(index).context("no such column")?;
    let value = field.value().map(T::from_sql).transpose();
    value.map_err(|error| anyhow::anyhow!(error))
}

own_loader!(OwnSqliteLoader, SqliteConnection, Sqlite);
own_loader!(OwnPostgresLoader, PgConnection, Pg);
