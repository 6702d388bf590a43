//! Users with what belongs to them: a statement a table, which is given the parents' keys as one array.

use std::ffi::CStr;

use super::{Answer, Handle};
use crate::{Comment, Groups, Post, Result, Tree, User, UserWithPosts, tree};

/// `pg_type.oid` of bigint[], and of bigint within it.
const BIGINT_ARRAY: pq_sys::Oid = 1016;
const BIGINT: i32 = 20;

const USERS: (&CStr, &CStr) = (c"users", c"SELECT id, name, hair_color FROM users");
const POSTS: (&CStr, &CStr) = (
    c"posts",
    c"SELECT id, user_id, title, body FROM posts WHERE user_id = ANY($1)",
);
const COMMENTS: (&CStr, &CStr) = (
    c"comments",
    c"SELECT id, post_id, text FROM comments WHERE post_id = ANY($1)",
);

/// A connection to PostgreSQL, with the prepared statements that load users and what belongs to them.
pub struct LibpqLoader {
    connection: Handle,
    prepared: bool,
}

/// Keys as PostgreSQL takes an array: dimensions, whether there are NULLs, the type, then each key with its length.
fn array(keys: impl ExactSizeIterator<Item = i64>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(20 + 12 * keys.len());
    for header in [1, 0, BIGINT, keys.len() as i32, 1] {
        bytes.extend_from_slice(&header.to_be_bytes());
    }
    for key in keys {
        bytes.extend_from_slice(&8_i32.to_be_bytes());
        bytes.extend_from_slice(&key.to_be_bytes());
    }
    bytes
}

impl Answer {
    fn post(&self, row: i32) -> Result<Post> {
        Ok(Post {
            id: self.integer(row, 0)?,
            user_id: self.integer(row, 1)?,
            title: self.text(row, 2)?.unwrap_or_default(),
            body: self.text(row, 3)?,
        })
    }

    fn comment(&self, row: i32) -> Result<Comment> {
        Ok(Comment {
            id: self.integer(row, 0)?,
            post_id: self.integer(row, 1)?,
            text: self.text(row, 2)?.unwrap_or_default(),
        })
    }
}

impl LibpqLoader {
    /// Connects.
    ///
    /// # Errors
    ///
    /// What libpq says.
    pub fn connect(url: &str) -> Result<Self> {
        Ok(Self {
            connection: Handle::connect(url)?,
            prepared: false,
        })
    }

    /// Runs statements that give no rows.
    ///
    /// # Errors
    ///
    /// What libpq says.
    pub fn batch(&mut self, sql: &str) -> Result<()> {
        self.connection.batch(sql)
    }

    /// Prepares, once the tables are there.
    fn prepared(&mut self) -> Result<&Handle> {
        if !self.prepared {
            self.connection.prepare(USERS, &[])?;
            self.connection.prepare(POSTS, &[BIGINT_ARRAY])?;
            self.connection.prepare(COMMENTS, &[BIGINT_ARRAY])?;
            self.prepared = true;
        }
        Ok(&self.connection)
    }

    fn users(connection: &Handle) -> Result<Vec<User>> {
        let answer = connection.run(USERS.0, [])?;
        (0..answer.rows()).map(|row| answer.user(row)).collect()
    }

    /// Every user with their posts.
    ///
    /// # Errors
    ///
    /// What libpq says.
    pub fn users_with_posts(&mut self) -> Result<Vec<UserWithPosts>> {
        let connection = self.prepared()?;
        let users = Self::users(connection)?;
        let answer = connection.run(POSTS.0, [&array(users.iter().map(|user| user.id))])?;
        let mut posts = Groups::new(users.iter().map(|user| user.id));
        for row in 0..answer.rows() {
            let post = answer.post(row)?;
            posts.put(post.user_id, post);
        }
        Ok(users.into_iter().zip(posts.into_lists()).collect())
    }

    /// Every user with their posts, and those with their comments.
    ///
    /// # Errors
    ///
    /// What libpq says.
    pub fn trees(&mut self) -> Result<Vec<Tree>> {
        let connection = self.prepared()?;
        let users = Self::users(connection)?;
        let answer = connection.run(POSTS.0, [&array(users.iter().map(|user| user.id))])?;
        let posts: Vec<_> = (0..answer.rows())
            .map(|row| answer.post(row))
            .collect::<Result<_>>()?;
        let answer = connection.run(COMMENTS.0, [&array(posts.iter().map(|post| post.id))])?;
        let mut comments = Groups::new(posts.iter().map(|post| post.id));
        for row in 0..answer.rows() {
            let comment = answer.comment(row)?;
            comments.put(comment.post_id, comment);
        }
        Ok(tree(users, posts, comments))
    }
}
