//! Users with what belongs to them: a statement a table.

use super::{Handle, Prepared, Running};
use crate::{Comment, Groups, Post, Result, Tree, User, UserWithPosts, tree};

/// How a statement says whose children it wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildrenBy {
    /// `IN (SELECT id FROM users)`: the query for the parents again.
    Subquery,
    /// `IN (SELECT value FROM json_each(?))`: the parents' keys as one JSON text.
    JsonEach,
}

/// A connection to SQLite, with the prepared statements that load users and what belongs to them.
pub struct SqliteLoader {
    // Statements are finalized before the connection closes: fields drop in this order.
    prepared: Option<Statements>,
    by: ChildrenBy,
    connection: Handle,
}

struct Statements {
    users: Prepared,
    posts: Prepared,
    comments: Prepared,
}

impl Statements {
    fn prepare(connection: &Handle, by: ChildrenBy) -> Result<Self> {
        let (users, posts) = match by {
            ChildrenBy::Subquery => (
                "SELECT id FROM users",
                "SELECT id FROM posts WHERE user_id IN (SELECT id FROM users)",
            ),
            ChildrenBy::JsonEach => {
                let keys = "SELECT value FROM json_each(?)";
                (keys, keys)
            }
        };
        Ok(Self {
            users: connection.prepare("SELECT id, name, hair_color FROM users")?,
            posts: connection.prepare(&format!(
                "SELECT id, user_id, title, body FROM posts WHERE user_id IN ({users})"
            ))?,
            comments: connection.prepare(&format!(
                "SELECT id, post_id, text FROM comments WHERE post_id IN ({posts})"
            ))?,
        })
    }
}

/// Keys as a JSON array.
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

impl Running<'_> {
    fn post(&self) -> Result<Post> {
        Ok(Post {
            id: self.integer(0),
            user_id: self.integer(1),
            title: self.text(2)?.unwrap_or_default(),
            body: self.text(3)?,
        })
    }

    fn comment(&self) -> Result<Comment> {
        Ok(Comment {
            id: self.integer(0),
            post_id: self.integer(1),
            text: self.text(2)?.unwrap_or_default(),
        })
    }
}

impl SqliteLoader {
    /// Opens a database, as [`SqliteClient::open`](crate::SqliteClient::open) does.
    ///
    /// # Errors
    ///
    /// What SQLite says.
    pub fn open(uri: &str, by: ChildrenBy) -> Result<Self> {
        Ok(Self {
            prepared: None,
            by,
            connection: Handle::open(uri)?,
        })
    }

    /// Runs statements that give no rows.
    ///
    /// # Errors
    ///
    /// What SQLite says.
    pub fn batch(&mut self, sql: &str) -> Result<()> {
        self.connection.batch(sql)
    }

    /// Prepares, once the tables are there.
    fn prepared(&mut self) -> Result<(&Statements, &Handle, ChildrenBy)> {
        let statements = match &mut self.prepared {
            Some(statements) => statements,
            empty => empty.insert(Statements::prepare(&self.connection, self.by)?),
        };
        Ok((statements, &self.connection, self.by))
    }

    fn users(statement: &Prepared, connection: &Handle) -> Result<Vec<User>> {
        let running = Running(statement);
        let mut users = Vec::new();
        while running.step(connection)? {
            users.push(running.user()?);
        }
        Ok(users)
    }

    /// Every user with their posts.
    ///
    /// # Errors
    ///
    /// What SQLite says.
    pub fn users_with_posts(&mut self) -> Result<Vec<UserWithPosts>> {
        let (statements, connection, by) = self.prepared()?;
        let users = Self::users(&statements.users, connection)?;
        let mut posts = Groups::new(users.iter().map(|user| user.id));
        let keys = (by == ChildrenBy::JsonEach).then(|| json(users.iter().map(|user| user.id)));
        let running = Running(&statements.posts);
        if let Some(keys) = &keys {
            running.bind_text(1, Some(keys));
        }
        while running.step(connection)? {
            let post = running.post()?;
            posts.put(post.user_id, post);
        }
        Ok(users.into_iter().zip(posts.into_lists()).collect())
    }

    /// Every user with their posts, and those with their comments.
    ///
    /// # Errors
    ///
    /// What SQLite says.
    pub fn trees(&mut self) -> Result<Vec<Tree>> {
        let (statements, connection, by) = self.prepared()?;
        let users = Self::users(&statements.users, connection)?;
        let keys = (by == ChildrenBy::JsonEach).then(|| json(users.iter().map(|user| user.id)));
        let running = Running(&statements.posts);
        if let Some(keys) = &keys {
            running.bind_text(1, Some(keys));
        }
        let mut posts = Vec::new();
        while running.step(connection)? {
            posts.push(running.post()?);
        }
        let mut comments = Groups::new(posts.iter().map(|post| post.id));
        let keys = (by == ChildrenBy::JsonEach).then(|| json(posts.iter().map(|post| post.id)));
        let running = Running(&statements.comments);
        if let Some(keys) = &keys {
            running.bind_text(1, Some(keys));
        }
        while running.step(connection)? {
            let comment = running.comment()?;
            comments.put(comment.post_id, comment);
        }
        Ok(tree(users, posts, comments))
    }
}
