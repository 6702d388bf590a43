//! What the cases load.

use birgus::prelude::*;

use crate::Bed;
use crate::library::{
    Badge, Branch, Essay, EssayTopic, Following, Land, Review, Shelf, Topic, Town, Volume, Writer,
    models,
};

/// Three writers; the first has two essays, the second one, the third none.
pub(super) fn library(bed: &Bed) -> Database {
    let db = bed.database(&models());
    let writer = |name: &str| Writer::build().name(name);
    let ids = Writer::insert_many(["ann", "bob", "cid"].map(writer))
        .execute(&db)
        .unwrap();
    let essay = |title: &str, writer: usize| Essay::build().title(title).writer_id(ids[writer]);
    let essays = [
        essay("a", 0).likes(1),
        essay("b", 0).editor_id(ids[1]).likes(5),
        essay("c", 1).editor_id(ids[0]).likes(3),
    ];
    let essays = Essay::insert_many(essays).execute(&db).unwrap();
    Badge::insert(Badge::build().text("gold").writer_id(ids[0]))
        .execute(&db)
        .unwrap();
    let topics = Topic::insert_many(["sea", "crabs", "sand"].map(|name| Topic::build().name(name)));
    let topics = topics.execute(&db).unwrap();
    let pairs = [(0, 0), (0, 1), (1, 1)];
    let pairs = pairs.map(|(essay, topic)| {
        EssayTopic::build()
            .essay_id(essays[essay])
            .topic_id(topics[topic])
    });
    EssayTopic::insert_many(pairs).execute(&db).unwrap();
    let follows = [(0, 1), (0, 2), (1, 0), (2, 2)];
    let follows = follows.map(|(one, other)| {
        Following::build()
            .follower_id(ids[one])
            .followed_id(ids[other])
    });
    Following::insert_many(follows).execute(&db).unwrap();
    // The first writer reviewed the third essay twice.
    let reviews = [(2, 0, 5), (2, 0, 2), (0, 1, 4), (2, 1, 1), (1, 0, 3)];
    let reviews = reviews.map(|(essay, writer, stars)| {
        Review::build()
            .essay_id(essays[essay])
            .writer_id(ids[writer])
            .stars(stars)
    });
    Review::insert_many(reviews).execute(&db).unwrap();
    db
}

/// Shelves and volumes, one of which stands nowhere; lands and towns.
pub(super) fn places(bed: &Bed) -> Database {
    let db = bed.database(&models());
    for (room, number) in [(1, 1), (1, 2), (2, 1)] {
        Shelf::insert(Shelf::build().room(room).number(number))
            .execute(&db)
            .unwrap();
    }
    let places = [Some((1, 2)), None, Some((1, 1)), Some((1, 2))];
    for place in places {
        let volume = Volume::build()
            .room(place.map(|place| place.0))
            .number(place.map(|place| place.1));
        Volume::insert(volume).execute(&db).unwrap();
    }
    // Texts that an engine with a kinder collation would take for one.
    for code in ["a", "A", "a "] {
        Land::insert(Land::build().code(code)).execute(&db).unwrap();
    }
    for (name, land) in [("x", "A"), ("y", "a"), ("z", "a "), ("w", "a")] {
        Town::insert(Town::build().name(name).land_code(land))
            .execute(&db)
            .unwrap();
    }
    db
}

/// Branches with these names, in order; the second of each pair is the position of its parent.
pub(super) fn branches(bed: &Bed, rows: &[(&str, Option<usize>)]) -> Database {
    let db = bed.database(&models());
    let mut ids: Vec<i64> = Vec::new();
    for (name, _) in rows {
        let id = Branch::insert(Branch::build().name(*name)).execute(&db);
        ids.push(id.unwrap());
    }
    for (position, (_, parent)) in rows.iter().enumerate() {
        if let Some(parent) = parent {
            let branch = Branch::query().by_key(ids[position]);
            branch
                .update(Branch::parent_id.set(Some(ids[*parent])), &db)
                .unwrap();
        }
    }
    db
}

/// A root with two children, the first of which has two; the first of those one; and another root.
pub(super) const TREE: [(&str, Option<usize>); 7] = [
    ("root", None),
    ("left", Some(0)),
    ("right", Some(0)),
    ("one", Some(1)),
    ("two", Some(1)),
    ("leaf", Some(3)),
    ("lone", None),
];
