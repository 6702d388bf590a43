//! The `postgres` crate, with prepared statements that are held.

use anyhow::Result;
use birgus_peers_limit::{Comment, Groups, Post, User, tree};
use postgres::{Client, NoTls, Row, Statement};

use super::limit_loading::{Flat, Trees};
use crate::loading::Loader;

pub(crate) struct PostgresCrateLoader {
    client: Client,
    prepared: Option<Prepared>,
}

struct Prepared {
    users: Statement,
    posts: Statement,
    comments: Statement,
}

impl PostgresCrateLoader {
    pub(crate) fn connect(url: &str) -> Result<Self> {
        Ok(Self {
            client: Client::connect(url, NoTls)?,
            prepared: None,
        })
    }

    /// Prepares, once the tables are there.
    fn prepared(&mut self) -> Result<(&Prepared, &mut Client)> {
        let client = &mut self.client;
        let prepared = match &mut self.prepared {
            Some(prepared) => prepared,
            empty => empty.insert(Prepared {
                users: client.prepare("SELECT id, name, hair_color FROM users")?,
                posts: client.prepare(
                    "SELECT id, user_id, title, body FROM posts WHERE user_id = ANY($1)",
                )?,
                comments: client
                    .prepare("SELECT id, post_id, text FROM comments WHERE post_id = ANY($1)")?,
            }),
        };
        Ok((prepared, client))
    }
}

fn users(prepared: &Prepared, client: &mut Client) -> Result<Vec<User>> {
    let rows = client.query(&prepared.users, &[])?;
    rows.iter()
        .map(|row| {
            Ok(User {
                id: row.try_get(0)?,
                name: row.try_get(1)?,
                hair_color: row.try_get(2)?,
            })
        })
        .collect()
}

fn post(row: &Row) -> Result<Post> {
    Ok(Post {
        id: row.try_get(0)?,
        user_id: row.try_get(1)?,
        title: row.try_get(2)?,
        body: row.try_get(3)?,
    })
}

fn comment(row: &Row) -> Result<Comment> {
    Ok(Comment {
        id: row.try_get(0)?,
        post_id: row.try_get(1)?,
        text: row.try_get(2)?,
    })
}

impl Loader for PostgresCrateLoader {
    type Flat = Flat;
    type Tree = Trees;

    fn batch(&mut self, sql: &str) -> Result<()> {
        Ok(self.client.batch_execute(sql)?)
    }

    fn flat(&mut self) -> Result<Flat> {
        let (prepared, client) = self.prepared()?;
        let users = users(prepared, client)?;
        let keys: Vec<i64> = users.iter().map(|user| user.id).collect();
        let mut posts = Groups::new(keys.iter().copied());
        for row in client.query(&prepared.posts, &[&keys])? {
            let post = post(&row)?;
            posts.put(post.user_id, post);
        }
        Ok(Flat(users.into_iter().zip(posts.into_lists()).collect()))
    }

    fn tree(&mut self) -> Result<Trees> {
        let (prepared, client) = self.prepared()?;
        let users = users(prepared, client)?;
        let keys: Vec<i64> = users.iter().map(|user| user.id).collect();
        let rows = client.query(&prepared.posts, &[&keys])?;
        let posts: Vec<_> = rows.iter().map(post).collect::<Result<_>>()?;
        let keys: Vec<i64> = posts.iter().map(|post| post.id).collect();
        let mut comments = Groups::new(keys.iter().copied());
        for row in client.query(&prepared.comments, &[&keys])? {
            let comment = comment(&row)?;
            comments.put(comment.post_id, comment);
        }
        Ok(Trees(tree(users, posts, comments)))
    }
}
