//! An assertion about how many statements ran.

use std::fmt;

use super::Recorded;
use super::recorded::write_list;

/// How many statements a test expects.
#[derive(Clone, Copy, Debug)]
pub enum Expected {
    /// So many.
    Exactly(usize),
    /// So many or fewer.
    AtMost(usize),
}

/// What to tell about a number of statements that was not expected.
#[must_use]
pub fn complaint(expected: Expected, recorded: &Recorded) -> Option<String> {
    struct List<'a>(&'a Recorded);

    impl fmt::Display for List<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write_list(f, self.0.statements().into_iter())
        }
    }

    let number = recorded.statements().len();
    let wanted = match expected {
        Expected::Exactly(wanted) if number != wanted => wanted.to_string(),
        Expected::AtMost(most) if number > most => format!("at most {most}"),
        _ => return None,
    };
    let ran = match number {
        0 => return Some(format!("no statement ran, expected {wanted}")),
        1 => "1 statement".to_owned(),
        _ => format!("{number} statements"),
    };
    Some(format!("{ran} ran, expected {wanted}:\n{}", List(recorded)))
}

/// Asserts how many statements run on a database while an expression is evaluated, and gives its value. It takes the
/// database, the number, or `<=` and the most, and an expression or block:
///
/// ```no_run
/// # extern crate birgus_core as birgus;
/// use birgus::assert_statements;
/// use birgus::prelude::*;
/// # #[derive(Model)]
/// # pub struct User { #[key] pub id: i64, pub username: String }
/// # fn main() -> birgus::Result<()> {
/// # let db = Database::open()?;
///
/// let users = assert_statements!(db, 1, User::query().all(&db))?;
/// assert_statements!(db, <= 2, {
///     let mut session = db.session()?;
///     session.add(User::build().username("susan"));
///     session.add(User::build().username("david"));
///     session.commit()?;
/// });
/// # let _ = users;
/// # Ok(())
/// # }
/// ```
///
/// What counts is what [`Database::recorded`](crate::Database::recorded) tells; BEGIN, COMMIT, ROLLBACK and savepoints
/// are not counted. When the expression is left by `?` or `return`, nothing is asserted.
///
/// # Panics
///
/// When another number of statements ran; the message lists them.
#[macro_export]
macro_rules! assert_statements {
    ($db:expr, <= $most:expr, $work:expr $(,)?) => {
        $crate::assert_statements!(@ $db, AtMost($most), $work)
    };
    (@ $db:expr, $expected:ident($number:expr), $work:expr) => {{
        let recording = $crate::__private::Recording::start(&$db);
        match $work {
            value => {
                let recorded = recording.finish();
                let expected = $crate::__private::Expected::$expected($number);
                if let ::std::option::Option::Some(complaint) =
                    $crate::__private::complaint(expected, &recorded)
                {
                    ::std::panic!("{complaint}");
                }
                value
            }
        }
    }};
    ($db:expr, $exactly:expr, $work:expr $(,)?) => {
        $crate::assert_statements!(@ $db, Exactly($exactly), $work)
    };
}
