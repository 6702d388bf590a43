//! The same program on every engine: `DATABASE_URL=… cargo run --example quickstart`.
//!
//! Whatever the database, and however often it is run, it prints the same to the letter.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "the models speak for themselves")]

use birgus::prelude::*;

#[derive(Model, Debug)]
pub struct User {
    #[key]
    pub id: i64,
    #[column(length = 64, unique)]
    pub username: String,
    #[column(length = 120, unique)]
    pub email: String,
    #[column(default = Utc::now)]
    pub joined: DateTime<Utc>,
    #[has_many(Post, backref = author, lazy = dynamic)]
    pub posts: Many<Post>,
}

#[derive(Model, Debug)]
pub struct Post {
    #[key]
    pub id: i64,
    #[column(length = 140)]
    pub body: String,
    #[column(index, default = Utc::now)]
    pub timestamp: DateTime<Utc>,
    #[column(references = User::id, on_delete = cascade)]
    pub author_id: i64,
    #[belongs_to(author_id)]
    pub author: One<User>,
}

fn main() -> birgus::Result<()> {
    let db = Database::open()?;
    db.create_all()?;
    println!(
        "tables: {}",
        db.tables()
            .iter()
            .map(|table| table.name.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    );

    // What an earlier run left behind, on a database that outlives the program.
    let earlier = User::query().filter(User::username.in_(["susan", "david"]));
    earlier.delete(&db)?;

    let mut session = db.session()?;
    let susan = session.add(User::build().username("susan").email("susan@example.com"));
    let david = session.add(User::build().username("david").email("david@example.com"));
    session.add(
        Post::build()
            .body("Beautiful day in Portland!")
            .author(susan),
    );
    let movie = session.add(Post::build().body("The movie was so cool 🎬").author(susan));
    session.commit()?;
    println!(
        "added {} and {}",
        session[susan].username, session[david].username
    );
    let author = session.related(movie, Post::author)?;
    println!("{:?} is by susan: {}", session[movie].body, author == susan);

    session[susan].email = "susan@birgus.example".into();
    session.commit()?;

    let users = User::query()
        .filter(User::username.like("s%"))
        .order_by(User::username.asc())
        .with(User::posts.selectin())
        .all(&mut session)?;
    for user in &users {
        println!(
            "{} <{}> has {} posts",
            user.username,
            user.email,
            user.posts.loaded()?.len()
        );
        // The field is a query too, to be refined.
        let posts = user.posts.query().order_by(Post::body.desc());
        for post in posts.all(&mut session)? {
            println!("  {} ({} characters)", post.body, post.body.chars().count());
        }
    }

    let about_movies = session[susan]
        .posts
        .query()
        .filter(Post::body.like("%movie%"));
    let changed = about_movies.update(Post::body.set("The movie was all right"), &mut session)?;
    println!("changed {changed} post");
    let writers = User::query().filter(User::posts.any(Post::body.contains("all right")));
    println!(
        "writers: {:?}",
        writers.pluck(User::username, &mut session)?
    );

    // A name that is taken is refused, the same way everywhere; after a rollback the session goes on.
    session.add(User::build().username("susan").email("another@example.com"));
    match session.commit() {
        Err(error) if error.is_unique_violation() => {
            println!(
                "refused: {} of {} is taken",
                error.column().unwrap_or("?"),
                error.table().unwrap_or("?")
            );
        }
        other => other?,
    }
    session.rollback()?;

    session.delete(susan)?;
    session.commit()?;
    println!(
        "posts left: {}",
        Post::query()
            .filter(Post::body.like("%movie%"))
            .count(&db)?
    );
    println!(
        "users left: {:?}",
        User::query()
            .order_by(User::username.asc())
            .pluck(User::username, &db)?
    );

    User::query()
        .filter(User::username.eq("david"))
        .delete(&db)?;
    Ok(())
}
