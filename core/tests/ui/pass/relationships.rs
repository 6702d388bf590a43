//! Relationships wherever a model can be: under another name of the crate, in other modules, behind private fields, with
//! names that are keywords, made by a macro. A strict crate minds nothing of it.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub, unused_qualifications)]

extern crate birgus_core as db;

/// Models that know each other by paths, and import nothing.
pub mod people {
    /// A user.
    #[derive(db::Model, Debug)]
    #[model(crate = db)]
    pub struct User {
        #[key]
        pub(crate) id: i64,
        #[has_many(super::writing::Post, backref = author)]
        pub(crate) posts: db::Many<super::writing::Post>,
        /// By the column, since there are two.
        #[has_many(crate::writing::Post, by = editor_id, order_by(crate::writing::Post::id.desc()))]
        pub(crate) edited: db::Many<crate::writing::Post>,
        #[many_to_many(Self, through = Follow, from = follower_id, to = followed_id, backref = followers)]
        following: db::Many<Self>,
        #[many_to_many(User, secondary = Follow, from = followed_id, to = follower_id, backref = following)]
        followers: db::Many<User>,
        #[has_one(Follow, by = follower_id, lazy = raise)]
        r#final: db::One<Option<Follow>>,
    }

    /// Who follows whom.
    #[derive(db::Model, Debug)]
    #[model(crate = db)]
    pub struct Follow {
        #[key]
        #[column(references = User::id)]
        follower_id: i64,
        #[key]
        #[column(references = User::id)]
        followed_id: i64,
    }

    /// What is private here, is used here.
    pub fn use_private() {
        let _ = User::posts.info();
        let _ = (User::following, User::followers, User::r#final);
        let _ = User::build().id(1);
    }
}

// The same model by another name.
use people::User as Person;

/// The other side.
pub mod writing {
    use db::{Many, One};

    use db::relation::Relationship as _;

    use super::people;

    /// A post.
    #[derive(db::Model, Debug)]
    #[model(crate = db)]
    pub struct Post {
        /// Its number.
        #[key]
        pub id: i64,
        #[column(references = people::User::id)]
        r#type: i64,
        #[column(references = super::Person::id)]
        pub(crate) editor_id: Option<i64>,
        /// Who wrote it.
        #[belongs_to(r#type, backref = posts)]
        pub author: One<people::User>,
        #[belongs_to(editor_id)]
        r#move: One<Option<people::User>>,
        #[column(references = Self::id)]
        answers: Option<i64>,
        #[belongs_to(answers, backref = answered)]
        answered_one: One<Option<Self>>,
        #[has_many(Self, by = answers, backref = answered_one, lazy = selectin)]
        answered: Many<Self>,
    }

    /// What is private here, is used here.
    pub fn use_private(user: &people::User) {
        let _ = Post::build().r#move(user);
        let _ = (Post::answered.recursive(), Post::answered_one, Post::answers);
    }
}

macro_rules! tree {
    ($(#[$attribute:meta])* $name:ident, $key:ident: $key_type:ty, $parent:ident, $children:ident) => {
        $(#[$attribute])*
        #[derive(db::Model, Debug)]
        #[model(crate = db)]
        pub struct $name {
            #[key]
            $key: i64,
            #[column(references = $name::$key)]
            parent_id: $key_type,
            #[belongs_to(parent_id, backref = $children)]
            $parent: db::One<Option<$name>>,
            #[has_many($name, backref = $parent)]
            $children: db::Many<$name>,
        }
    };
}

tree!(
    /// A branch.
    Branch, id: Option<i64>, parent, children
);

fn main() {
    use db::relation::Relationship as _;

    fn inside() {
        // Two models may relate to each other anywhere.
        #[derive(db::Model, Debug)]
        #[model(crate = db)]
        struct Town {
            #[key]
            id: i64,
            #[has_one(Mayor, backref = town)]
            mayor: db::One<Option<Mayor>>,
        }

        #[derive(db::Model, Debug)]
        #[model(crate = db)]
        struct Mayor {
            #[key]
            id: i64,
            #[column(references = Town::id, unique)]
            town_id: i64,
            #[belongs_to(town_id, backref = mayor)]
            town: db::One<Town>,
        }
        let _ = (Town::mayor.joined(), Mayor::town.joined());
        assert_eq!(Mayor::town.info().subject(), "Mayor.town");
    }
    inside();
    let _ = (Branch::children.recursive(), Branch::parent, Branch::id, Branch::parent_id);
    let _ = people::User::edited.limit(3);
    // Both sides go by the same columns.
    let author = (writing::Post::author.info().route)();
    let posts = (writing::Post::author.info().backref.map(|back| (back.relation)().route))
        .map(|route| route());
    assert_eq!(posts, Some(author.reversed()));
    let _ = (people::use_private, writing::use_private);
}
