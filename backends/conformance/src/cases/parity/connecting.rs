//! URLs.

use birgus::prelude::*;
use birgus::{Error, sql};

use crate::Bed;

super::cases![parity_83_both_spellings_of_a_scheme_are_taken];

/// Schemes that mean the same.
const SPELLINGS: &[&[&str]] = &[
    &["postgresql", "postgres"],
    &["postgresql+libpq", "postgres+libpq"],
    &["mysql", "mariadb"],
];

fn parity_83_both_spellings_of_a_scheme_are_taken(bed: &Bed) {
    let open = |scheme: &str| -> Result<Database, Error> {
        let mut config = bed.config();
        config.url = bed.url().clone().with_scheme(scheme);
        Database::with_models(config, [])
    };
    let scheme = bed.url().scheme().to_owned();
    let only = [scheme.as_str()];
    let spellings = (SPELLINGS.iter())
        .find(|spellings| spellings.contains(&scheme.as_str()))
        .map_or(&only[..], |spellings| *spellings);
    for scheme in spellings {
        let db = open(scheme).unwrap();
        assert_eq!(
            sql("SELECT 1").all::<(i64,)>(&db).unwrap(),
            [(1,)],
            "{scheme}"
        );
    }
    let error = open("no-such-engine").unwrap_err();
    assert!(error.is_unknown_scheme(), "{error:?}");
    assert!(error.to_string().contains("`no-such-engine:`"), "{error}");
}
