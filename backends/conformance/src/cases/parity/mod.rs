//! The rows of `parity.txt`: a case's number is its row's. Each asserts the one rule, on every pair.

mod changes;
mod conditions;
mod connecting;
mod dates;
mod documents;
mod keys;
mod names;
mod numbers;
mod order;
mod queries;
mod raw;
mod schema;
mod statements;
mod text;
mod transactions;

use birgus::Error;

use super::cases;
use crate::Case;

/// Whether a type implements a trait: what must not compile, asked by a case that runs.
macro_rules! implements {
    ($type:ty: $($bound:tt)+) => {{
        #[allow(dead_code, reason = "hidden by the inherent constant where the type implements the trait")]
        trait Otherwise {
            const ANSWER: bool = false;
        }
        impl<T> Otherwise for T {}
        #[allow(dead_code, reason = "only its constant is asked for")]
        struct Asked<T>(std::marker::PhantomData<T>);
        #[allow(dead_code, reason = "left out where the type does not implement the trait")]
        impl<T: $($bound)+> Asked<T> {
            const ANSWER: bool = true;
        }
        std::hint::black_box(<Asked<$type>>::ANSWER)
    }};
}
use implements;

pub(super) fn cases() -> Vec<Case> {
    [
        numbers::cases(),
        text::cases(),
        order::cases(),
        queries::cases(),
        changes::cases(),
        dates::cases(),
        documents::cases(),
        conditions::cases(),
        raw::cases(),
        keys::cases(),
        transactions::cases(),
        schema::cases(),
        names::cases(),
        statements::cases(),
        connecting::cases(),
    ]
    .concat()
}

/// What raw SQL smuggles past Rust is refused by the column's type, or by the CHECK of an engine whose type is wider.
#[track_caller]
fn refused_by_the_database(what: &str, error: &Error) {
    assert!(
        error.is_invalid_value() || error.is_check_violation(),
        "{what}: {error:?}"
    );
}
