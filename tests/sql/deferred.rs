//! Columns that are left out.

use super::golden::check;
use birgus::prelude::*;

#[derive(Model)]
#[model(register = false)]
struct Book {
    #[key]
    id: i64,
    title: String,
    summary: Deferred<Option<String>>,
    #[column(deferred)]
    text: Deferred<String>,
}

#[derive(Model)]
#[model(register = false)]
struct Chapter {
    #[key]
    id: i64,
    #[column(deferred)]
    notes: Deferred<String>,
    #[column(references = Book::id)]
    book_id: i64,
    #[belongs_to(book_id)]
    book: One<Book>,
}

fn books() -> Query<Book> {
    Book::query()
}

#[test]
fn deferred() {
    check(
        "deferred",
        &[
            ("by default", &|dialect| books().to_sql(dialect)),
            ("more", &|dialect| {
                books().defer(Book::summary).to_sql(dialect)
            }),
            ("less", &|dialect| {
                books().undefer(Book::text).to_sql(dialect)
            }),
            ("one alone", &|dialect| {
                books().load_only((Book::title, Book::text)).to_sql(dialect)
            }),
            ("of what can't be left out", &|dialect| {
                books().defer((Book::text, Book::title)).to_sql(dialect)
            }),
            ("of a union", &|dialect| {
                books().union(books()).to_sql(dialect)
            }),
            ("of distinct rows", &|dialect| {
                books().distinct().to_sql(dialect)
            }),
            ("of distinct rows, in their order", &|dialect| {
                books().distinct().order_by(Book::text).to_sql(dialect)
            }),
            ("of a common table expression", &|dialect| {
                books().cte("books").query().to_sql(dialect)
            }),
            ("of locked rows", &|dialect| {
                books().for_update().to_sql(dialect)
            }),
            ("of a joined row", &|dialect| {
                Chapter::query()
                    .with(Chapter::book.joined())
                    .to_sql(dialect)
            }),
            ("of a joined row, by choice", &|dialect| {
                let book = Chapter::book.load_only(Book::title).joined();
                let chapters = Chapter::query().undefer(Chapter::notes);
                chapters.with(book).to_sql(dialect)
            }),
        ],
    );
}
