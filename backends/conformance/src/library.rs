//! Models that are related to each other in every way. They register nowhere, as the others.

use birgus::Model;
use birgus::model::ModelInfo;
use birgus::prelude::*;

/// Every model of this file.
pub fn models() -> Vec<&'static ModelInfo> {
    vec![
        Writer::info(),
        Badge::info(),
        Following::info(),
        Essay::info(),
        Topic::info(),
        EssayTopic::info(),
        Review::info(),
        Branch::info(),
        Shelf::info(),
        Volume::info(),
        Land::info(),
        Town::info(),
    ]
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub struct Writer {
    #[key]
    pub id: i64,
    #[column(length = 40)]
    pub name: String,
    #[has_many(Essay, backref = writer)]
    pub essays: Many<Essay>,
    /// A second way to the same model.
    #[has_many(Essay, backref = editor)]
    pub edited: Many<Essay>,
    #[has_one(Badge, backref = writer)]
    pub badge: One<Option<Badge>>,
    #[many_to_many(Writer, through = Following, from = follower_id, to = followed_id, backref = followers)]
    pub following: Many<Writer>,
    #[many_to_many(Writer, through = Following, from = followed_id, to = follower_id, backref = following)]
    pub followers: Many<Writer>,
    /// By a model with columns of its own.
    #[many_to_many(Essay, through = Review)]
    pub reviewed: Many<Essay>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub struct Badge {
    #[key]
    pub id: i64,
    #[column(length = 40)]
    pub text: String,
    #[column(references = Writer::id, unique, cascade = delete_orphan)]
    pub writer_id: Option<i64>,
    #[belongs_to(writer_id, backref = badge)]
    pub writer: One<Option<Writer>>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub struct Following {
    #[key]
    #[column(references = Writer::id)]
    pub follower_id: i64,
    #[key]
    #[column(references = Writer::id)]
    pub followed_id: i64,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub struct Essay {
    #[key]
    pub id: i64,
    #[column(length = 40)]
    pub title: String,
    #[column(default = 0)]
    pub likes: i32,
    #[column(references = Writer::id)]
    pub writer_id: i64,
    #[column(references = Writer::id)]
    pub editor_id: Option<i64>,
    #[belongs_to(writer_id, backref = essays)]
    pub writer: One<Writer>,
    #[belongs_to(editor_id, backref = edited)]
    pub editor: One<Option<Writer>>,
    #[many_to_many(Topic, through = EssayTopic, backref = essays, order_by = Topic::name.asc())]
    pub topics: Many<Topic>,
    #[has_many(Review)]
    pub reviews: Many<Review>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub struct Topic {
    #[key]
    pub id: i64,
    #[column(length = 40)]
    pub name: String,
    #[many_to_many(Essay, through = EssayTopic, backref = topics)]
    pub essays: Many<Essay>,
}

/// Nothing but the pairs.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub struct EssayTopic {
    #[key]
    #[column(references = Essay::id)]
    pub essay_id: i64,
    #[key]
    #[column(references = Topic::id)]
    pub topic_id: i64,
}

/// Pairs with columns of their own; the same pair may come several times.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub struct Review {
    #[key]
    pub id: i64,
    #[column(references = Essay::id)]
    pub essay_id: i64,
    #[column(references = Writer::id)]
    pub writer_id: i64,
    #[column(default = 3)]
    pub stars: i32,
    #[belongs_to(writer_id)]
    pub writer: One<Writer>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub struct Branch {
    #[key]
    pub id: i64,
    #[column(length = 40)]
    pub name: String,
    #[column(references = Branch::id)]
    pub parent_id: Option<i64>,
    #[belongs_to(parent_id)]
    pub parent: One<Option<Branch>>,
    #[has_many(Branch, backref = parent)]
    pub children: Many<Branch>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub struct Shelf {
    #[key]
    pub room: i32,
    #[key]
    pub number: i32,
    #[has_many(Volume, backref = shelf)]
    pub volumes: Many<Volume>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(
    register = false,
    foreign_key(columns(room, number), references(Shelf::room, Shelf::number))
)]
pub struct Volume {
    #[key]
    pub id: i64,
    pub room: Option<i32>,
    pub number: Option<i32>,
    #[belongs_to(room, number)]
    pub shelf: One<Option<Shelf>>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub struct Land {
    #[key]
    #[column(length = 2)]
    pub code: String,
    #[has_many(Town)]
    pub towns: Many<Town>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub struct Town {
    #[key]
    pub id: i64,
    #[column(length = 40)]
    pub name: String,
    #[column(references = Land::code, length = 2)]
    pub land_code: String,
    #[belongs_to(land_code)]
    pub land: One<Land>,
}
