//! The plain C clients, and the graph of what every plain client gives.

use anyhow::Result;
use birgus_peers_limit::{Comment, LibpqLoader, Post, SqliteLoader, Tree, UserWithPosts};

use crate::loading::{CommentNode, Graph, Loader, PostNode, comment, post, user};

/// Users with their posts.
pub(crate) struct Flat(pub(crate) Vec<UserWithPosts>);
/// Users with their posts, and those with their comments.
pub(crate) struct Trees(pub(crate) Vec<Tree>);

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

impl From<Trees> for Graph {
    fn from(Trees(users): Trees) -> Self {
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

macro_rules! limit {
    ($client:ty) => {
        impl Loader for $client {
            type Flat = Flat;
            type Tree = Trees;

            fn batch(&mut self, sql: &str) -> Result<()> {
                Ok(self.batch(sql)?)
            }

            fn flat(&mut self) -> Result<Flat> {
                Ok(Flat(self.users_with_posts()?))
            }

            fn tree(&mut self) -> Result<Trees> {
                Ok(Trees(self.trees()?))
            }
        }
    };
}

limit!(SqliteLoader);
limit!(LibpqLoader);
