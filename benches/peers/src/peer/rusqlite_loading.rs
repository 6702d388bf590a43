//! rusqlite, with its cache of prepared statements.

use anyhow::Result;
use birgus_peers_limit::{Comment, Groups, Post, User, tree};
use rusqlite::{Connection, Row};

use super::limit_loading::{Flat, Trees};
use crate::loading::Loader;

pub(crate) struct RusqliteLoader(Connection);

const USERS: &str = "SELECT id, name, hair_color FROM users";
const POSTS: &str =
    "SELECT id, user_id, title, body FROM posts WHERE user_id IN (SELECT id FROM users)";
const COMMENTS: &str = "SELECT id, post_id, text FROM comments WHERE post_id IN \
     (SELECT id FROM posts WHERE user_id IN (SELECT id FROM users))";

impl RusqliteLoader {
    pub(crate) fn open(uri: &str) -> Result<Self> {
        Ok(Self(Connection::open(uri)?))
    }

    fn users(&self) -> Result<Vec<User>> {
        let mut statement = self.0.prepare_cached(USERS)?;
        let users = statement.query_map([], |row| {
            Ok(User {
                id: row.get(0)?,
                name: row.get(1)?,
                hair_color: row.get(2)?,
            })
        })?;
        Ok(users.collect::<rusqlite::Result<_>>()?)
    }
}

fn post(row: &Row<'_>) -> rusqlite::Result<Post> {
    Ok(Post {
        id: row.get(0)?,
        user_id: row.get(1)?,
        title: row.get(2)?,
        body: row.get(3)?,
    })
}

fn comment(row: &Row<'_>) -> rusqlite::Result<Comment> {
    Ok(Comment {
        id: row.get(0)?,
        post_id: row.get(1)?,
        text: row.get(2)?,
    })
}

impl Loader for RusqliteLoader {
    type Flat = Flat;
    type Tree = Trees;

    fn batch(&mut self, sql: &str) -> Result<()> {
        Ok(self.0.execute_batch(sql)?)
    }

    fn flat(&mut self) -> Result<Flat> {
        let users = self.users()?;
        let mut posts = Groups::new(users.iter().map(|user| user.id));
        let mut statement = self.0.prepare_cached(POSTS)?;
        for found in statement.query_map([], post)? {
            let found = found?;
            posts.put(found.user_id, found);
        }
        Ok(Flat(users.into_iter().zip(posts.into_lists()).collect()))
    }

    fn tree(&mut self) -> Result<Trees> {
        let users = self.users()?;
        let mut statement = self.0.prepare_cached(POSTS)?;
        let posts: Vec<_> = statement
            .query_map([], post)?
            .collect::<rusqlite::Result<_>>()?;
        let mut comments = Groups::new(posts.iter().map(|post| post.id));
        let mut statement = self.0.prepare_cached(COMMENTS)?;
        for found in statement.query_map([], comment)? {
            let found = found?;
            comments.put(found.post_id, found);
        }
        Ok(Trees(tree(users, posts, comments)))
    }
}
