//! SeaORM's three ways to load users with what belongs to them.

use sea_orm::entity::prelude::*;
use sea_orm::{DatabaseConnection, DbErr, LoaderTrait};

use crate::entities::{comment, post, user};

pub(crate) type Users = Vec<(user::Model, Vec<post::Model>)>;
pub(crate) type Trees = Vec<(user::Model, Vec<(post::Model, Vec<comment::Model>)>)>;

/// What a form gives: tuples, or models that hold their children themselves.
pub(crate) enum Loaded {
    Users(Users),
    Trees(Trees),
    Models(Vec<user::ModelEx>),
}

/// A way to load.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    /// `users.load_many(Post, db)`: a statement a table, with a list of keys
    LoadMany,
    /// `User::load().with(Post).all(db)`: the same, into one struct
    With,
    /// `User::find().find_with_related(Post).all(db)`: one LEFT JOIN
    FindWithRelated,
}

/// How deep.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Work {
    /// Users and their posts
    Flat,
    /// Users, their posts, and the posts' comments
    Tree,
}

impl Form {
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "load_many" => Some(Self::LoadMany),
            "with" => Some(Self::With),
            "find_with_related" => Some(Self::FindWithRelated),
            _ => None,
        }
    }

    pub(crate) async fn load(self, work: Work, db: &DatabaseConnection) -> Result<Loaded, DbErr> {
        Ok(match (self, work) {
            (Self::LoadMany, Work::Flat) => {
                let users = user::Entity::find().all(db).await?;
                let posts = users.load_many(post::Entity, db).await?;
                Loaded::Users(users.into_iter().zip(posts).collect())
            }
            (Self::LoadMany, Work::Tree) => {
                let users = user::Entity::find().all(db).await?;
                let posts = users.load_many(post::Entity, db).await?;
                // The loader takes one flat list; its answer is in the list's order.
                let sizes: Vec<_> = posts.iter().map(Vec::len).collect();
                let posts: Vec<_> = posts.into_iter().flatten().collect();
                let comments = posts.load_many(comment::Entity, db).await?;
                let mut posts = posts.into_iter().zip(comments);
                let posts = sizes
                    .into_iter()
                    .map(|size| posts.by_ref().take(size).collect());
                Loaded::Trees(users.into_iter().zip(posts).collect())
            }
            (Self::With, Work::Flat) => {
                Loaded::Models(user::Entity::load().with(post::Entity).all(db).await?)
            }
            (Self::With, Work::Tree) => Loaded::Models(
                user::Entity::load()
                    .with((post::Entity, comment::Entity))
                    .all(db)
                    .await?,
            ),
            (Self::FindWithRelated, Work::Flat) => Loaded::Users(
                user::Entity::find()
                    .find_with_related(post::Entity)
                    .all(db)
                    .await?,
            ),
            (Self::FindWithRelated, Work::Tree) => Loaded::Trees(
                user::Entity::find()
                    .find_also_related(post::Entity)
                    .and_also_related(comment::Entity)
                    .consolidate()
                    .all(db)
                    .await?,
            ),
        })
    }
}
