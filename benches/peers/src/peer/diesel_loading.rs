//! Diesel's associations, and its joins.

use std::collections::HashMap;

use anyhow::Result;
use diesel::connection::SimpleConnection as _;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

use crate::loading::{CommentNode, Graph, Loader, PostNode, comment, post, user};

diesel::table! {
    users {
        id -> BigInt,
        name -> Text,
        hair_color -> Nullable<Text>,
    }
}

diesel::table! {
    posts {
        id -> BigInt,
        user_id -> BigInt,
        title -> Text,
        body -> Nullable<Text>,
    }
}

diesel::table! {
    comments {
        id -> BigInt,
        post_id -> BigInt,
        text -> Text,
    }
}

diesel::joinable!(posts -> users (user_id));
diesel::joinable!(comments -> posts (post_id));
diesel::allow_tables_to_appear_in_same_query!(users, posts, comments);

#[derive(Queryable, Selectable, Identifiable)]
#[diesel(table_name = users)]
pub(crate) struct User {
    id: i64,
    name: String,
    hair_color: Option<String>,
}

#[derive(Queryable, Selectable, Identifiable, Associations)]
#[diesel(table_name = posts, belongs_to(User))]
pub(crate) struct Post {
    id: i64,
    user_id: i64,
    title: String,
    body: Option<String>,
}

#[derive(Queryable, Selectable, Identifiable, Associations)]
#[diesel(table_name = comments, belongs_to(Post))]
pub(crate) struct Comment {
    id: i64,
    post_id: i64,
    text: String,
}

/// How it is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `Post::belonging_to(&users)` and `grouped_by`, as Diesel's guide has it: `IN (?, …)`, on PostgreSQL `= ANY($1)`.
    BelongingTo,
    /// The same, but the children are asked for by the parents' query, `IN (SELECT …)`.
    Subquery,
    /// One LEFT JOIN, whose repetitions are left out.
    LeftJoin,
}

impl Form {
    pub(crate) const NAMED: [(&'static str, Self); 3] = [
        ("Diesel, `belonging_to`", Self::BelongingTo),
        ("Diesel, `IN (SELECT …)`", Self::Subquery),
        ("Diesel, LEFT JOIN", Self::LeftJoin),
    ];
}

/// Users with their posts.
pub(crate) struct Flat(Vec<Parent<User, Post>>);
/// Users with their posts, and those with their comments.
pub(crate) struct Tree(Vec<Parent<User, Parent<Post, Comment>>>);

pub(crate) struct DieselSqliteLoader(SqliteConnection, Form);
pub(crate) struct DieselPostgresLoader(PgConnection, Form);

/// A parent and its children.
type Parent<P, C> = (P, Vec<C>);

/// Where the parent of a row is in a list that has each parent once; it is added if this is its first row. Rows mostly
/// come parent by parent, though nobody asked for it.
fn place<P, C>(
    parents: &mut Vec<Parent<P, C>>,
    places: &mut HashMap<i64, usize>,
    parent: P,
    key: impl Fn(&P) -> i64,
) -> usize {
    match parents.last() {
        Some((last, _)) if key(last) == key(&parent) => parents.len() - 1,
        _ => *places.entry(key(&parent)).or_insert_with(|| {
            parents.push((parent, Vec::new()));
            parents.len() - 1
        }),
    }
}

fn flat_of_join(rows: Vec<(User, Option<Post>)>) -> Flat {
    let (mut users, mut places) = (Vec::new(), HashMap::new());
    for (user, post) in rows {
        let user = place(&mut users, &mut places, user, |user| user.id);
        users[user].1.extend(post);
    }
    Flat(users)
}

fn tree_of_join(rows: Vec<(User, Option<Post>, Option<Comment>)>) -> Tree {
    let (mut users, mut places) = (Vec::new(), HashMap::new());
    let mut places_of_posts = HashMap::new();
    for (user, post, comment) in rows {
        let user = place(&mut users, &mut places, user, |user| user.id);
        let Some(post) = post else { continue };
        let posts: &mut Vec<Parent<Post, Comment>> = &mut users[user].1;
        let post = place(posts, &mut places_of_posts, post, |post| post.id);
        posts[post].1.extend(comment);
    }
    Tree(users)
}

fn flat_of_lists(users: Vec<User>, posts: Vec<Post>) -> Flat {
    let posts = posts.grouped_by(&users);
    Flat(users.into_iter().zip(posts).collect())
}

fn tree_of_lists(users: Vec<User>, posts: Vec<Post>, comments: Vec<Comment>) -> Tree {
    let comments = comments.grouped_by(&posts);
    let posts: Vec<_> = posts.into_iter().zip(comments).collect();
    let posts = posts.grouped_by(&users);
    Tree(users.into_iter().zip(posts).collect())
}

macro_rules! diesel_loader {
    ($loader:ty, $connection:ty) => {
        impl $loader {
            pub(crate) fn open(url: &str, form: Form) -> Result<Self> {
                Ok(Self(<$connection>::establish(url)?, form))
            }

            fn users(&mut self) -> Result<Vec<User>> {
                Ok(users::table.select(User::as_select()).load(&mut self.0)?)
            }
        }

        impl Loader for $loader {
            type Flat = Flat;
            type Tree = Tree;

            fn batch(&mut self, sql: &str) -> Result<()> {
                Ok(self.0.batch_execute(sql)?)
            }

            fn flat(&mut self) -> Result<Flat> {
                match self.1 {
                    Form::BelongingTo => {
                        let users = self.users()?;
                        let posts = Post::belonging_to(&users)
                            .select(Post::as_select())
                            .load(&mut self.0)?;
                        Ok(flat_of_lists(users, posts))
                    }
                    Form::Subquery => {
                        let users = self.users()?;
                        let posts = posts::table
                            .filter(posts::user_id.eq_any(users::table.select(users::id)))
                            .select(Post::as_select())
                            .load(&mut self.0)?;
                        Ok(flat_of_lists(users, posts))
                    }
                    Form::LeftJoin => {
                        let rows = users::table
                            .left_join(posts::table)
                            .select((User::as_select(), Option::<Post>::as_select()))
                            .load(&mut self.0)?;
                        Ok(flat_of_join(rows))
                    }
                }
            }

            fn tree(&mut self) -> Result<Tree> {
                match self.1 {
                    Form::BelongingTo => {
                        let users = self.users()?;
                        let posts = Post::belonging_to(&users)
                            .select(Post::as_select())
                            .load(&mut self.0)?;
                        let comments = Comment::belonging_to(&posts)
                            .select(Comment::as_select())
                            .load(&mut self.0)?;
                        Ok(tree_of_lists(users, posts, comments))
                    }
                    Form::Subquery => {
                        let users = self.users()?;
                        let of_users = posts::user_id.eq_any(users::table.select(users::id));
                        let posts = posts::table
                            .filter(of_users)
                            .select(Post::as_select())
                            .load(&mut self.0)?;
                        let of_posts = comments::post_id
                            .eq_any(posts::table.filter(of_users).select(posts::id));
                        let comments = comments::table
                            .filter(of_posts)
                            .select(Comment::as_select())
                            .load(&mut self.0)?;
                        Ok(tree_of_lists(users, posts, comments))
                    }
                    Form::LeftJoin => {
                        // One after the other: SQLite makes a table of a join within brackets.
                        let of_post = comments::post_id.nullable().eq(posts::id.nullable());
                        let rows = users::table
                            .left_join(posts::table)
                            .left_join(comments::table.on(of_post))
                            .select((
                                User::as_select(),
                                Option::<Post>::as_select(),
                                Option::<Comment>::as_select(),
                            ))
                            .load(&mut self.0)?;
                        Ok(tree_of_join(rows))
                    }
                }
            }
        }
    };
}

diesel_loader!(DieselSqliteLoader, SqliteConnection);
diesel_loader!(DieselPostgresLoader, PgConnection);

fn comment_node(row: Comment) -> CommentNode {
    comment(row.id, row.post_id, row.text)
}

fn post_node(row: Post, comments: Vec<Comment>) -> PostNode {
    let comments = comments.into_iter().map(comment_node).collect();
    post(row.id, row.user_id, row.title, row.body, comments)
}

impl From<Flat> for Graph {
    fn from(Flat(users): Flat) -> Self {
        users
            .into_iter()
            .map(|(row, posts)| {
                let posts = posts.into_iter().map(|post| post_node(post, Vec::new()));
                user(row.id, row.name, row.hair_color, posts.collect())
            })
            .collect()
    }
}

impl From<Tree> for Graph {
    fn from(Tree(users): Tree) -> Self {
        users
            .into_iter()
            .map(|(row, posts)| {
                let posts = posts
                    .into_iter()
                    .map(|(post, comments)| post_node(post, comments));
                user(row.id, row.name, row.hair_color, posts.collect())
            })
            .collect()
    }
}
