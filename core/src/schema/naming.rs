//! Deterministic names: the same model gives the same names on every engine, on every machine, at any time.

/// The longest identifier, in bytes: PostgreSQL cuts off what is longer without a word
/// (<https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS>).
pub const IDENTIFIER_LIMIT: usize = 63;

/// The table name of a model, by Flask-SQLAlchemy's documented rule: an underscore before a capital that follows a
/// lower-case letter or digit, and before a capital that is followed by a lower-case letter. The rule knows ASCII only.
///
/// ```
/// use birgus_core::schema::table_name;
/// assert_eq!(table_name("AddressAndPhone"), "address_and_phone");
/// assert_eq!(table_name("HTMLLayout"), "html_layout");
/// assert_eq!(table_name("UserST4"), "user_st4");
/// assert_eq!(table_name("XMLHTTPRequest"), "xmlhttp_request");
/// ```
pub fn table_name(model: &str) -> String {
    let letters: Vec<char> = model.chars().collect();
    let mut name = String::with_capacity(model.len() + 4);
    for (position, letter) in letters.iter().enumerate() {
        if letter.is_ascii_uppercase() {
            let after_word = position > 0 && {
                let before = letters[position - 1];
                before.is_ascii_lowercase() || before.is_ascii_digit()
            };
            let starts_word = position > 0
                && letters
                    .get(position + 1)
                    .is_some_and(char::is_ascii_lowercase);
            if after_word || starts_word {
                name.push('_');
            }
        }
        name.extend(letter.to_lowercase());
    }
    name.trim_start_matches('_').to_owned()
}

/// `pk_user`
pub fn primary_key_name(table: &str) -> String {
    shorten(format!("pk_{table}"))
}

/// `ix_post_author_id`
pub fn index_name<S: AsRef<str>>(table: &str, columns: &[S]) -> String {
    with_columns("ix", table, columns)
}

/// `uq_user_username`
pub fn unique_name<S: AsRef<str>>(table: &str, columns: &[S]) -> String {
    with_columns("uq", table, columns)
}

/// `fk_post_author_id`; one with other letters than ASCII's ends in a hash, since MySQL takes `fk_a` and `fk_ä` for one
/// name (seen on 9.7).
pub fn foreign_key_name<S: AsRef<str>>(table: &str, columns: &[S]) -> String {
    let name = joined("fk", table, columns);
    if name.is_ascii() {
        shorten(name)
    } else {
        hashed(&name)
    }
}

/// `ck_user_adult`
pub fn check_name(table: &str, name: &str) -> String {
    shorten(format!("ck_{table}_{name}"))
}

/// `ck_user_role_enum`: the check that holds the texts of an enum column, on every engine.
pub fn enum_check_name(table: &str, column: &str) -> String {
    shorten(format!("ck_{table}_{column}_enum"))
}

/// `ck_user_active_type`: a check that an engine adds because its own type is wider than the column's.
pub fn type_check_name(table: &str, column: &str) -> String {
    shorten(format!("ck_{table}_{column}_type"))
}

fn with_columns<S: AsRef<str>>(prefix: &str, table: &str, columns: &[S]) -> String {
    shorten(joined(prefix, table, columns))
}

fn joined<S: AsRef<str>>(prefix: &str, table: &str, columns: &[S]) -> String {
    let mut name = format!("{prefix}_{table}");
    for column in columns {
        name.push('_');
        name.push_str(column.as_ref());
    }
    name
}

/// Cuts a name that is too long and marks it with a hash of the whole, so that two long names stay two.
fn shorten(name: String) -> String {
    if name.len() <= IDENTIFIER_LIMIT {
        return name;
    }
    hashed(&name)
}

/// As much of a name as there is room for, and a hash of the whole.
fn hashed(name: &str) -> String {
    // FNV-1a: fixed for all time, unlike the standard library's hashers.
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let suffix = format!("_{:08x}", hash as u32);
    let mut end = (IDENTIFIER_LIMIT - suffix.len()).min(name.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{suffix}", &name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_names_follow_the_documented_rule() {
        // https://flask-sqlalchemy.palletsprojects.com: the table of names in its tests.
        for (model, table) in [
            ("User", "user"),
            ("AddressAndPhone", "address_and_phone"),
            ("HTMLLayout", "html_layout"),
            ("LayoutHTML", "layout_html"),
            ("HTTP2Request", "http2_request"),
            ("PreABCPost", "pre_abc_post"),
            ("UserST4", "user_st4"),
            ("ABC", "abc"),
            ("OAuth2Token", "o_auth2_token"),
            ("IPv4Address", "i_pv4_address"),
            ("URLs", "ur_ls"),
            ("User2FA", "user2_fa"),
            ("XMLHTTPRequest", "xmlhttp_request"),
            ("Foo_Bar", "foo__bar"),
            ("Snake_case", "snake_case"),
            ("_Private", "private"),
            ("Ünicode", "ünicode"),
            ("FooÉclair", "fooéclair"),
        ] {
            assert_eq!(table_name(model), table, "{model}");
        }
    }

    #[test]
    fn long_names_are_cut_and_stay_apart() {
        let long = "a".repeat(60);
        let first = index_name(&long, &["first"]);
        let second = index_name(&long, &["second"]);
        assert_eq!(first.len(), IDENTIFIER_LIMIT);
        assert_ne!(first, second);
        assert_eq!(first, index_name(&long, &["first"]));
    }

    #[test]
    fn foreign_keys_that_differ_by_an_accent_differ_by_their_hash() {
        assert_eq!(foreign_key_name("a", &["b"]), "fk_a_b");
        let (one, other) = (foreign_key_name("a", &["é"]), foreign_key_name("a", &["è"]));
        assert_eq!(one, "fk_a_é_76a93efb");
        assert_ne!(one[one.len() - 8..], other[other.len() - 8..]);
        assert_eq!(
            foreign_key_name("é", &["b".repeat(80)]).len(),
            IDENTIFIER_LIMIT
        );
    }

    #[test]
    fn a_cut_falls_between_characters() {
        let name = index_name(&"é".repeat(40), &["x"]);
        assert!(name.len() <= IDENTIFIER_LIMIT);
    }
}
