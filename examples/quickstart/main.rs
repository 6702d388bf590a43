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
            .author_id(susan),
    );
    let movie = session.add(
        Post::build()
            .body("The movie was so cool 🎬")
            .author_id(susan),
    );
    session.commit()?;
    println!(
        "added {} and {}",
        session[susan].username, session[david].username
    );
    println!(
        "{:?} is by susan: {}",
        session[movie].body,
        session[movie].author_id == session[susan].id
    );

    session[susan].email = "susan@birgus.example".into();
    session.commit()?;

    let users = User::query()
        .filter(User::username.like("s%"))
        .order_by(User::username.asc())
        .all(&mut session)?;
    for user in &users {
        let posts = Post::query().filter(Post::author_id.eq(user.id));
        println!(
            "{} <{}> has {} posts",
            user.username,
            user.email,
            posts.clone().count(&mut session)?
        );
        for post in posts.order_by(Post::body.desc()).all(&mut session)? {
            println!("  {} ({} characters)", post.body, post.body.chars().count());
        }
    }

    let changed = Post::query()
        .filter(
            Post::body
                .like("%movie%")
                .and(Post::author_id.eq(session[susan].id)),
        )
        .update([Post::body.set("The movie was all right")], &mut session)?;
    println!("changed {changed} post");

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
