//! Models with names that need quoting, through everything that writes a name into SQL.

use std::fmt::Debug;

use birgus::prelude::*;
use birgus::query::Column;
use birgus::{Error, FromRow, sql};

use crate::Bed;

crate::cases::cases![
    quotes,
    what_sql_gives_a_meaning,
    placeholders_and_patterns,
    other_scripts,
    spaces,
    digits_first,
    reserved_words,
    names_of_the_engines_own,
    sixty_three_bytes,
    names_that_differ_by_an_accent,
    names_that_read_alike_when_joined,
];

/// A model of three columns: a key that the database assigns, a unique text and a reference to its own table.
trait Named: Model<Key = i64> + NewRow<Model = Self> + FromRow + Debug + Clone + PartialEq {
    const ID: Column<Self, i64>;
    const VALUE: Column<Self, String>;
    const PARENT: Column<Self, Option<i64>>;
    fn row(id: i64, value: &str, parent: Option<i64>) -> Self;
    fn child(value: &str, parent: Key<Self>) -> impl NewRow<Model = Self>;
    fn value_mut(&mut self) -> &mut String;
}

/// Models whose table and key are called by the first text, and their other columns by the others.
macro_rules! named {
    ($($module:ident: $table:literal, $value:literal, $parent:literal;)*) => {$(
        mod $module {
            use super::Named;
            use birgus::prelude::*;
            use birgus::query::Column;

            #[derive(Model, Debug, Clone, PartialEq)]
            #[model(
                register = false,
                table = $table,
                index(value, parent),
                check(filled, Row::value.ne("").and(Row::value.not_like("%\\%'?:x\"%")))
            )]
            pub(super) struct Row {
                #[key]
                #[column(name = $table)]
                pub id: i64,
                #[column(name = $value, length = 20, unique)]
                pub value: String,
                #[column(name = $parent, references = Row::id, on_delete = cascade)]
                pub parent: Option<i64>,
            }

            impl Named for Row {
                const ID: Column<Self, i64> = Row::id;
                const VALUE: Column<Self, String> = Row::value;
                const PARENT: Column<Self, Option<i64>> = Row::parent;

                fn row(id: i64, value: &str, parent: Option<i64>) -> Self {
                    Self { id, value: value.to_owned(), parent }
                }

                fn child(value: &str, parent: Key<Self>) -> impl NewRow<Model = Self> {
                    Row::build().value(value).parent(parent)
                }

                fn value_mut(&mut self) -> &mut String {
                    &mut self.value
                }
            }
        }
    )*};
}

named! {
    double: "a \"double\" quote", "\"", "\"\"";
    single: "it's", "'", "''";
    backtick: "`back``tick`", "`", "``";
    mixed: "\"'`\\", "'\"", "\\'";
    statement: "x; DROP TABLE x", "; --", "a, b) --";
    comments: "-- a comment", "/* a", "b */ # c";
    brackets: "[a]", "a[1]", "(b) {c}";
    dots: "a.b.c", ".", "a, b.c";
    operators: "a=b <> c||d", "=", "*";
    placeholders: "what? ?1", "?", "$1";
    binds: ":name", "::text", "@at @@b";
    patterns: "100%s", "%d_%", "\\%\\";
    latin: "ünïcödé ß", "ÿ", "Ω";
    scripts: "日本語", "العربية", "한국어";
    marks: "e\u{301} ﬁ", "\u{200b}", "\u{feff}\u{202e}";
    symbols: "☃ ❤\u{fe0f}", "\u{fffd}", "\u{e000}";
    outer: " leading", "in  side", "\u{a0}\u{2003}";
    inner: "two\u{2028}lines", "x\u{3000}y", "\u{2003}z";
    digits: "0", "1e5", "-1";
    hexadecimal: "0xff", "1_000", "9lives";
    select: "select", "from", "where";
    order: "order", "group", "by";
    table: "table", "index", "values";
    user: "user", "rank", "key";
    rows: "rows", "limit", "offset";
    end: "default", "end", "check";
    null: "null", "true", "false";
    rowid: "rowid", "oid", "_rowid_";
    schemas: "main", "public", "temp";
    aliases: "excluded", "new", "old";
    introspected: "t", "name", "n";
    catalog: "information_schema", "tables", "sqlite";
    letters: "a23456789a123456789a123456789a123456789a123456789a123456789a123",
        "b23456789b123456789b123456789b123456789b123456789b123456789b123",
        "c23456789c123456789c123456789c123456789c123456789c123456789c123";
    bytes: "éééééééééééééééééééééééééééééééx", "日日日日日日日日日日日日日日日日日日日日日", "...............................................................";
}

fn quotes(bed: &Bed) {
    works::<double::Row>(bed);
    works::<single::Row>(bed);
    works::<backtick::Row>(bed);
    works::<mixed::Row>(bed);
}

fn what_sql_gives_a_meaning(bed: &Bed) {
    works::<statement::Row>(bed);
    works::<comments::Row>(bed);
    works::<brackets::Row>(bed);
    works::<dots::Row>(bed);
    works::<operators::Row>(bed);
}

fn placeholders_and_patterns(bed: &Bed) {
    works::<placeholders::Row>(bed);
    works::<binds::Row>(bed);
    works::<patterns::Row>(bed);
}

fn other_scripts(bed: &Bed) {
    works::<latin::Row>(bed);
    works::<scripts::Row>(bed);
    works::<marks::Row>(bed);
    works::<symbols::Row>(bed);
}

fn spaces(bed: &Bed) {
    works::<outer::Row>(bed);
    works::<inner::Row>(bed);
}

fn digits_first(bed: &Bed) {
    works::<digits::Row>(bed);
    works::<hexadecimal::Row>(bed);
}

fn reserved_words(bed: &Bed) {
    works::<select::Row>(bed);
    works::<order::Row>(bed);
    works::<table::Row>(bed);
    works::<user::Row>(bed);
    works::<rows::Row>(bed);
    works::<end::Row>(bed);
    works::<null::Row>(bed);
}

fn names_of_the_engines_own(bed: &Bed) {
    works::<rowid::Row>(bed);
    works::<schemas::Row>(bed);
    works::<aliases::Row>(bed);
    works::<introspected::Row>(bed);
    works::<catalog::Row>(bed);
}

fn sixty_three_bytes(bed: &Bed) {
    works::<letters::Row>(bed);
    works::<bytes::Row>(bed);
    let db = bed.open(&[letters::Row::info(), bytes::Row::info()]);
    for table in db.tables() {
        let indexes = table.indexes.iter().map(|index| &index.name);
        let keys = table.foreign_keys.iter().map(|key| &key.name);
        let checks = table.checks.iter().map(|check| &check.name);
        for name in indexes.chain(keys).chain(checks) {
            assert!(name.len() <= 63, "{name}");
        }
    }
    // The same names at any time, or a migration would find a difference.
    let names: Vec<&str> = (db.tables()[0].indexes.iter())
        .map(|index| index.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "ix_a23456789a123456789a123456789a123456789a123456789a1_295f0ad2",
            "ix_a23456789a123456789a123456789a123456789a123456789a1_46199ce4",
            "uq_a23456789a123456789a123456789a123456789a123456789a1_2c6dd6f6",
        ]
    );
}

/// Everything that writes a name, in a database of the model alone.
fn works<M: Named>(bed: &Bed) {
    let db = bed.database(&[M::info()]);
    db.create_all().unwrap();
    let found = db.introspect().unwrap();
    let differences = birgus_migrate::compare(db.tables(), &found);
    assert!(differences.is_empty(), "{differences:#?}");
    assert_eq!(found, db.tables());

    queries::<M>(&db);
    identities::<M>(&db);
    violations::<M>(&db);
    sessions::<M>(&db);

    let mut quoted = String::new();
    let dialect = birgus::backend::Connection::dialect(&db.connection().unwrap());
    dialect.quote_identifier(&mut quoted, M::info().table_name());
    let rows: Vec<M> = sql(format!("SELECT * FROM {quoted} WHERE 'x' = :x"))
        .bind("x", "x")
        .all(&db)
        .unwrap();
    assert_eq!(rows.len() as u64, M::query().count(&db).unwrap());

    db.drop_all().unwrap();
    assert!(db.introspect().unwrap().is_empty());
}

fn queries<M: Named>(db: &Database) {
    let parents = M::insert_many([M::row(0, "a", None), M::row(0, "b", None)])
        .execute(db)
        .unwrap();
    let (a, b) = (parents[0], parents[1]);
    let child = M::insert(M::row(0, "child", Some(a))).execute(db).unwrap();
    assert_eq!(
        M::query().get(child, db).unwrap(),
        Some(M::row(child, "child", Some(a)))
    );
    let all = M::query()
        .order_by(M::VALUE.desc())
        .order_by(M::PARENT.asc());
    assert_eq!(all.clone().pluck(M::ID, db).unwrap(), [child, b, a]);
    assert_eq!(
        all.clone().offset(1).first(db).unwrap(),
        Some(M::row(b, "b", None))
    );
    let filtered = M::query()
        .filter(M::VALUE.like("%h%").or(M::VALUE.in_(["x", "y"])))
        .filter(M::PARENT.is_not_null().and(M::PARENT.lt(M::ID)))
        .filter(M::ID.between(child, child));
    assert_eq!(filtered.clone().count(db).unwrap(), 1);
    assert!(filtered.clone().limit(1).exists(db).unwrap());
    assert_eq!(filtered.clone().limit(5).count(db).unwrap(), 1);
    let changed = filtered
        .update([M::VALUE.set("changed"), M::PARENT.set(b)], db)
        .unwrap();
    assert_eq!(changed, 1);
    assert_eq!(
        M::query().filter(M::PARENT.eq(b)).one(db).unwrap(),
        M::row(child, "changed", Some(b))
    );
    assert_eq!(M::query().by_key(b).delete(db).unwrap(), 1);
    assert_eq!(
        M::query().pluck(M::VALUE, db).unwrap(),
        ["a"],
        "ON DELETE CASCADE"
    );
}

fn identities<M: Named>(db: &Database) {
    let id = M::query().pluck(M::ID, db).unwrap()[0];
    M::insert(M::row(id + 100, "chosen", None))
        .execute(db)
        .unwrap();
    let next = M::insert(M::row(0, "next", None)).execute(db).unwrap();
    assert!(next > id + 100);
    M::query()
        .filter(M::VALUE.eq("next"))
        .update([M::ID.set(next + 100)], db)
        .unwrap();
    let next = M::insert(M::row(0, "another", None)).execute(db).unwrap();
    assert!(next > id + 200);
}

/// The same names on every engine, as far as an engine says what was violated.
fn violations<M: Named>(db: &Database) {
    let table = &db.tables()[0];
    let error = |row: M| M::insert(row).execute(db).unwrap_err();
    let names = |error: &Error| {
        (
            error.table().map(str::to_owned),
            error.constraint().map(str::to_owned),
            error.columns().to_vec(),
        )
    };
    let unique = error(M::row(0, "a", None));
    assert!(unique.is_unique_violation(), "{unique:?}");
    let index = table.indexes.iter().find(|index| index.unique).unwrap();
    assert_eq!(
        names(&unique),
        (
            Some(table.name.clone()),
            Some(index.name.clone()),
            index.columns.clone()
        )
    );
    let id = M::query()
        .filter(M::VALUE.eq("a"))
        .pluck(M::ID, db)
        .unwrap()[0];
    let primary = error(M::row(id, "z", None));
    assert!(primary.is_unique_violation(), "{primary:?}");
    assert_eq!(
        names(&primary),
        (
            Some(table.name.clone()),
            Some(table.primary_key_name()),
            table.primary_key.clone()
        )
    );
    for value in ["", "a%'?:x\"b"] {
        let check = error(M::row(0, value, None));
        assert!(check.is_check_violation(), "{check:?}");
        assert_eq!(
            names(&check),
            (
                Some(table.name.clone()),
                Some(table.checks[0].name.clone()),
                Vec::new()
            )
        );
    }
    let reference = error(M::row(0, "orphan", Some(-1)));
    assert!(reference.is_foreign_key_violation(), "{reference:?}");
    let key = &table.foreign_keys[0];
    assert!(
        [None, Some(key.name.as_str())].contains(&reference.constraint()),
        "{reference:?}"
    );
    assert!(
        [None, Some(table.name.as_str())].contains(&reference.table()),
        "{reference:?}"
    );
}

fn sessions<M: Named>(db: &Database) {
    let before = M::query().count(db).unwrap();
    let mut session = db.session().unwrap();
    let parent = session.add(M::row(0, "parent", None));
    let child = session.add(M::child("of it", parent));
    session.commit().unwrap();
    *session[child].value_mut() = "changed".into();
    session.commit().unwrap();
    let ids = M::query()
        .filter(M::VALUE.in_(["parent", "changed"]))
        .order_by(M::ID.asc())
        .pluck(M::ID, db)
        .unwrap();
    let mut other = db.session().unwrap();
    let read = other.get::<M>(ids[1]).unwrap().unwrap();
    assert_eq!(other[read], M::row(ids[1], "changed", Some(ids[0])));
    let loaded = other
        .load(M::query().filter(M::ID.in_(ids.iter().copied())))
        .unwrap();
    for key in loaded {
        other.delete(key).unwrap();
    }
    other.flush().unwrap();
    assert_eq!(M::query().count(&mut other).unwrap(), before);
    other.rollback().unwrap();
    other.delete(read).unwrap();
    other.commit().unwrap();
    assert_eq!(M::query().count(db).unwrap(), before + 1);
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false, table = "fold")]
struct Fold {
    #[key]
    id: i64,
    #[column(references = Fold::id)]
    e: Option<i64>,
    #[column(name = "é", references = Fold::id)]
    e_acute: Option<i64>,
    #[column(name = "è", references = Fold::id)]
    e_grave: Option<i64>,
    #[column(references = Fold::id)]
    s: Option<i64>,
    #[column(name = "ſ", references = Fold::id)]
    long_s: Option<i64>,
    #[column(name = "ß", references = Fold::id)]
    sharp_s: Option<i64>,
    #[column(name = "σ", references = Fold::id)]
    sigma: Option<i64>,
    #[column(name = "ς", references = Fold::id)]
    last_sigma: Option<i64>,
    #[column(name = "µ")]
    micro: bool,
    #[column(name = "μ")]
    mu: bool,
}

/// MySQL takes some of their foreign keys' names for one.
fn names_that_differ_by_an_accent(bed: &Bed) {
    let db = bed.database(&[Fold::info()]);
    assert_eq!(db.introspect().unwrap(), db.tables());
    let one = Fold {
        id: 1,
        e: Some(1),
        e_acute: Some(1),
        e_grave: None,
        s: Some(1),
        long_s: None,
        sharp_s: Some(1),
        sigma: None,
        last_sigma: Some(1),
        micro: true,
        mu: false,
    };
    Fold::insert(one.clone()).execute(&db).unwrap();
    assert_eq!(Fold::query().one(&db).unwrap(), one);
    let error = Fold::query()
        .update([Fold::e_grave.set(9)], &db)
        .unwrap_err();
    assert!(error.is_foreign_key_violation(), "{error:?}");
    db.drop_all().unwrap();
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct Member {
    #[key]
    id: i64,
    #[column(references = MemberGroup::id)]
    group_id: Option<i64>,
    #[column(length = 20)]
    group_name: String,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct MemberGroup {
    #[key]
    id: i64,
    #[column(length = 20)]
    name: String,
}

/// `member` + `group_name`, `member_group` + `name`.
fn names_that_read_alike_when_joined(bed: &Bed) {
    let db = bed.database(&[Member::info(), MemberGroup::info()]);
    let differences = birgus_migrate::compare(db.tables(), &db.introspect().unwrap());
    assert!(differences.is_empty(), "{differences:#?}");
    let group = MemberGroup::insert(MemberGroup::build().name("all"))
        .execute(&db)
        .unwrap();
    Member::insert(Member::build().group_id(group).group_name("all"))
        .execute(&db)
        .unwrap();
    db.drop_all().unwrap();
}
