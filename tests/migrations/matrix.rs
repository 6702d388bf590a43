//! Changes of every kind, with rows in every table, on every engine.
//!
//! Most of them change `person`, whose rows `note` references under ON DELETE CASCADE and `badge` under SET NULL: whatever an
//! engine does to change the parent, no child may be touched.

use birgus::migrate::state::{Action, TableDefinition};

use crate::case::Case;
use crate::rows::{Rows, rows};
use crate::schema::{With, table};

fn note() -> TableDefinition {
    table(
        "note",
        "id bigint identity; body varchar(40); person_id bigint",
    )
    .index("person_id")
    .references("person_id", "person", Action::Cascade)
}

fn badge() -> TableDefinition {
    table("badge", "id bigint identity; person_id bigint null")
        .index("person_id")
        .references("person_id", "person", Action::SetNull)
}

fn notes() -> Rows {
    rows(
        "note",
        "id body person_id",
        &["1|hello|1", "2|again|1", "3|you|2"],
    )
}

fn badges() -> Rows {
    rows("badge", "id person_id", &["1|1", "2|2", "3|NULL"])
}

fn person(columns: &str) -> TableDefinition {
    table("person", &format!("id bigint identity; {columns}"))
}

/// A change of `person`, which has children.
fn change(old: TableDefinition, new: TableDefinition) -> Case {
    Case::new(&[old, note(), badge()], &[new, note(), badge()])
}

/// A change of a column `x` of `person`, with its values before, after and back.
fn column(old: &str, new: &str, before: &[&str], after: &[&str], back: &[&str]) -> Case {
    let old = person(&format!("x {old}"));
    let new = person(&format!("x {new}"));
    let x = |values: &[&str]| {
        let values = values.iter().enumerate();
        let numbered: Vec<String> = values
            .map(|(at, value)| format!("{}|{value}", at + 1))
            .collect();
        let numbered: Vec<&str> = numbered.iter().map(String::as_str).collect();
        rows("person", "id x", &numbered)
    };
    change(old, new)
        .rows(x(before))
        .rows(notes())
        .rows(badges())
        .after(x(after))
        .after(notes())
        .after(badges())
        .back(x(back))
        .back(notes())
        .back(badges())
}

/// A change that leaves the rows of `person` as they are.
fn structure(old: TableDefinition, new: TableDefinition, people: Rows) -> Case {
    change(old, new).rows(people).rows(notes()).rows(badges())
}

fn people() -> Rows {
    rows("person", "id name age", &["1|ann|30", "2|bob|NULL"])
}

const NAME_AND_AGE: &str = "name varchar(20); age integer null";

#[test]
fn a_table_is_added_and_dropped() {
    let tag = || table("tag", "id bigint identity; word varchar(10)").unique("word");
    let old = [person(NAME_AND_AGE), note()];
    let new = [person(NAME_AND_AGE), note(), tag()];
    Case::new(&old, &new).rows(people()).rows(notes()).run();
    let gone = rows("tag", "id word", &["1|a", "2|b"]);
    Case::new(&new, &old)
        .rows(people())
        .rows(notes())
        .rows(gone)
        .after(people())
        .after(notes())
        .back(people())
        .back(notes())
        .back(rows("tag", "id word", &[]))
        .run();
}

#[test]
fn a_table_is_renamed_with_its_children() {
    let human = || {
        table(
            "human",
            "id bigint identity; name varchar(20); age integer null",
        )
        .index("age")
        .unique("name")
        .check("adult", "ge(age, 18:integer)")
    };
    let person = || {
        person(NAME_AND_AGE)
            .index("age")
            .unique("name")
            .check("adult", "ge(age, 18:integer)")
    };
    let note_of = |parent: &str| {
        let mut note = note();
        note.foreign_keys[0].references = parent.to_owned();
        note
    };
    Case::new(&[person(), note_of("person")], &[human(), note_of("human")])
        .renamed_table("person", "human")
        .rows(people())
        .rows(notes())
        .after(rows("human", "id name age", &["1|ann|30", "2|bob|NULL"]))
        .after(notes())
        .run();
}

#[test]
fn a_table_that_references_itself_is_renamed() {
    let tree = |name: &str| {
        table(name, "id bigint identity; up bigint null")
            .index("up")
            .references("up", name, Action::Cascade)
    };
    let nodes = |name| rows(name, "id up", &["1|NULL", "2|1", "3|2"]);
    Case::new(&[tree("node")], &[tree("leaf")])
        .renamed_table("node", "leaf")
        .rows(nodes("node"))
        .after(nodes("leaf"))
        .run();
}

#[test]
fn two_tables_are_swapped() {
    let make = |name: &str, column: &str| table(name, &format!("id bigint identity; {column}"));
    let old = [
        make("a", "x integer").index("x"),
        make("b", "y varchar(9)").index("y"),
    ];
    let new = [
        make("b", "x integer").index("x"),
        make("a", "y varchar(9)").index("y"),
    ];
    Case::new(&old, &new)
        .renamed_table("a", "b")
        .renamed_table("b", "a")
        .rows(rows("a", "id x", &["1|7"]))
        .rows(rows("b", "id y", &["1|seven"]))
        .after(rows("b", "id x", &["1|7"]))
        .after(rows("a", "id y", &["1|seven"]))
        .run();
}

#[test]
fn a_nullable_column_is_added_and_dropped() {
    let (old, new) = (person("name varchar(20)"), person(NAME_AND_AGE));
    let short = || rows("person", "id name", &["1|ann", "2|bob"]);
    structure(old.clone(), new.clone(), short())
        .after(rows("person", "id name age", &["1|ann|NULL", "2|bob|NULL"]))
        .after(notes())
        .after(badges())
        .run();
    structure(new, old, people())
        .after(short())
        .after(notes())
        .after(badges())
        .back(rows("person", "id name age", &["1|ann|NULL", "2|bob|NULL"]))
        .back(notes())
        .back(badges())
        .run();
}

#[test]
fn columns_of_every_type_are_added_and_dropped() {
    for kind in [
        "boolean",
        "smallint",
        "integer",
        "bigint",
        "double",
        "varchar(9)",
        "text",
        "binary",
        "decimal(10, 2)",
        "date",
        "time",
        "datetime",
        "timestamp",
        "uuid",
        "json",
        r#"enum("a", "b c")"#,
    ] {
        let short = || rows("person", "id name", &["1|ann", "2|bob"]);
        let new = person(&format!("name varchar(20); x {kind} null"));
        structure(person("name varchar(20)"), new, short())
            .after(rows("person", "id name x", &["1|ann|NULL", "2|bob|NULL"]))
            .run();
    }
}

#[test]
fn a_column_with_a_default_is_added_and_dropped() {
    let new = person("name varchar(20); age integer default=7:integer");
    structure(
        person("name varchar(20)"),
        new,
        rows("person", "id name", &["1|ann", "2|bob"]),
    )
    .after(rows("person", "id name age", &["1|ann|7", "2|bob|7"]))
    .run();
}

#[test]
fn a_column_that_is_filled_is_added_and_dropped() {
    let new = person("name varchar(20); code varchar(30)");
    structure(
        person("name varchar(20)"),
        new,
        rows("person", "id name", &["1|ann", "2|bob"]),
    )
    .backfill("person", "code", r#"concat:text(name, "-", cast:text(id))"#)
    .after(rows(
        "person",
        "id name code",
        &["1|ann|ann-1", "2|bob|bob-2"],
    ))
    .after(notes())
    .run();
}

#[test]
fn a_filled_column_is_dropped_and_comes_back_filled() {
    structure(
        person("name varchar(20); code varchar(30)"),
        person("name varchar(20)"),
        rows("person", "id name code", &["1|ann|x", "2|bob|y"]),
    )
    .backfill_back("person", "code", r#""none""#)
    .after(rows("person", "id name", &["1|ann", "2|bob"]))
    .back(rows(
        "person",
        "id name code",
        &["1|ann|none", "2|bob|none"],
    ))
    .run();
}

#[test]
fn a_column_is_renamed_with_all_that_looks_at_it() {
    let old = person("name varchar(20); age integer null")
        .unique("name")
        .index("age")
        .check("adult", "or(is_null(age), ge(age, 18:integer))");
    let new = person("full_name varchar(20); years integer null")
        .unique("full_name")
        .index("years")
        .check("adult", "or(is_null(years), ge(years, 18:integer))");
    structure(old, new, people())
        .renamed_column(("person", "person"), "name", "full_name")
        .renamed_column(("person", "person"), "age", "years")
        .after(rows(
            "person",
            "id full_name years",
            &["1|ann|30", "2|bob|NULL"],
        ))
        .after(notes())
        .after(badges())
        .run();
}

#[test]
fn a_key_that_others_reference_is_renamed() {
    let child = |key: &str| {
        table("child", "id bigint identity; parent varchar(9)")
            .index("parent")
            .references_columns("parent", "parent", key, Action::Cascade)
    };
    let parent = |key: &str| table("parent", &format!("{key} varchar(9); size integer"));
    Case::new(
        &[parent("code"), child("code")],
        &[parent("label"), child("label")],
    )
    .renamed_column(("parent", "parent"), "code", "label")
    .rows(rows("parent", "code size", &["a|1", "b|2"]))
    .rows(rows("child", "id parent", &["1|a", "2|b"]))
    .after(rows("parent", "label size", &["a|1", "b|2"]))
    .after(rows("child", "id parent", &["1|a", "2|b"]))
    .run();
}

#[test]
fn a_foreign_key_column_is_renamed() {
    let child = |column: &str| {
        table("child", &format!("id bigint identity; {column} bigint"))
            .index(column)
            .references(column, "person", Action::Cascade)
    };
    Case::new(
        &[person("name varchar(20)"), child("owner_id")],
        &[person("name varchar(20)"), child("person_id")],
    )
    .renamed_column(("child", "child"), "owner_id", "person_id")
    .rows(rows("person", "id name", &["1|ann"]))
    .rows(rows("child", "id owner_id", &["1|1", "2|1"]))
    .after(rows("child", "id person_id", &["1|1", "2|1"]))
    .run();
}

#[test]
fn two_columns_are_swapped() {
    let old = person("a varchar(20); b integer").index("a");
    let new = person("b varchar(20); a integer").index("b");
    structure(old, new, rows("person", "id a b", &["1|x|7", "2|y|8"]))
        .renamed_column(("person", "person"), "a", "b")
        .renamed_column(("person", "person"), "b", "a")
        .after(rows("person", "id b a", &["1|x|7", "2|y|8"]))
        .after(notes())
        .run();
}

#[test]
fn null_is_forbidden_and_allowed() {
    column(
        "integer null",
        "integer",
        &["1", "NULL"],
        &["1", "0"],
        &["1", "0"],
    )
    .backfill("person", "x", "0:integer")
    .run();
    column(
        "integer",
        "integer null",
        &["1", "2"],
        &["1", "2"],
        &["1", "2"],
    )
    .backfill_back("person", "x", "0:integer")
    .run();
    column(
        "varchar(9) null",
        "varchar(9)",
        &["a", "NULL"],
        &["a", "2"],
        &["a", "2"],
    )
    .backfill("person", "x", "cast:text(id)")
    .run();
}

#[test]
fn whole_numbers_change_their_width() {
    column(
        "integer",
        "bigint",
        &["1", "-7"],
        &["1", "-7"],
        &["1", "-7"],
    )
    .run();
    column(
        "bigint",
        "integer",
        &["1", "-7"],
        &["1", "-7"],
        &["1", "-7"],
    )
    .run();
    column(
        "smallint null",
        "bigint null",
        &["1", "NULL"],
        &["1", "NULL"],
        &["1", "NULL"],
    )
    .run();
}

#[test]
fn numbers_become_texts_and_back() {
    column(
        "integer",
        "varchar(20)",
        &["12", "-7"],
        &["12", "-7"],
        &["12", "-7"],
    )
    .run();
    column(
        "text",
        "integer",
        &["12", "-7"],
        &["12", "-7"],
        &["12", "-7"],
    )
    .run();
    column(
        "varchar(20) null",
        "bigint null",
        &["12", "NULL"],
        &["12", "NULL"],
        &["12", "NULL"],
    )
    .run();
    column(
        "decimal(10, 2)",
        "text",
        &["1.50", "-0.07"],
        &["1.50", "-0.07"],
        &["1.50", "-0.07"],
    )
    .run();
}

#[test]
fn texts_become_truth_values_and_back() {
    column(
        "varchar(9)",
        "boolean",
        &["yes", "F"],
        &["true", "false"],
        &["true", "false"],
    )
    .run();
    column(
        "boolean null",
        "text null",
        &["true", "NULL"],
        &["true", "NULL"],
        &["true", "NULL"],
    )
    .run();
    column(
        "integer",
        "boolean",
        &["1", "0"],
        &["true", "false"],
        &["1", "0"],
    )
    .run();
    column(
        "boolean",
        "integer",
        &["true", "false"],
        &["1", "0"],
        &["true", "false"],
    )
    .run();
}

#[test]
fn dates_become_moments_and_back() {
    let (day, moment) = ("2024-05-06", "2024-05-06T00:00:00");
    column(
        "date",
        "datetime",
        &[day, "0001-01-01"],
        &[moment, "0001-01-01T00:00:00"],
        &[day, "0001-01-01"],
    )
    .run();
    let zoned = "2024-05-06T00:00:00Z";
    column(
        "date",
        "timestamp",
        &[day, day],
        &[zoned, zoned],
        &[day, day],
    )
    .run();
    let (plain, utc) = ("2024-05-06T07:08:09.000001", "2024-05-06T07:08:09.000001Z");
    column(
        "datetime",
        "timestamp",
        &[plain, plain],
        &[utc, utc],
        &[plain, plain],
    )
    .run();
}

#[test]
fn numbers_change_their_kind() {
    column(
        "double",
        "decimal(10, 2)",
        &["1.5", "2.675"],
        &["1.50", "2.68"],
        &["1.5", "2.68"],
    )
    .run();
    column(
        "integer",
        "decimal(10, 2)",
        &["1", "-7"],
        &["1.00", "-7.00"],
        &["1", "-7"],
    )
    .using_back(
        "person",
        "x",
        "cast:integer(cast:text(round:decimal(0)(x)))",
    )
    .run();
    column(
        "integer",
        "double",
        &["1", "-7"],
        &["1", "-7"],
        &["1", "-7"],
    )
    .using_back("person", "x", "cast:integer(cast:text(cast:decimal(0)(x)))")
    .run();
}

#[test]
fn lengths_and_digits_grow_and_shrink() {
    column(
        "varchar(5)",
        "varchar(50)",
        &["abc", "éé é "],
        &["abc", "éé é "],
        &["abc", "éé é "],
    )
    .run();
    column(
        "varchar(50)",
        "varchar(5)",
        &["abc", "éé"],
        &["abc", "éé"],
        &["abc", "éé"],
    )
    .run();
    column(
        "varchar(50)",
        "text",
        &["abc", "é"],
        &["abc", "é"],
        &["abc", "é"],
    )
    .run();
    column(
        "decimal(6, 2)",
        "decimal(12, 4)",
        &["1.25", "-9.99"],
        &["1.2500", "-9.9900"],
        &["1.25", "-9.99"],
    )
    .run();
    column(
        "decimal(12, 4)",
        "decimal(6, 2)",
        &["1.2550", "-9.9949"],
        &["1.26", "-9.99"],
        &["1.2600", "-9.9900"],
    )
    .run();
}

#[test]
fn texts_become_enums_and_back() {
    column(
        "varchar(20)",
        r#"enum("open", "it's done")"#,
        &["open", "it's done"],
        &["open", "it's done"],
        &["open", "it's done"],
    )
    .run();
}

#[test]
fn enums_gain_and_lose_texts() {
    column(
        r#"enum("a", "b")"#,
        r#"enum("a", "b", "longer one")"#,
        &["a", "b"],
        &["a", "b"],
        &["a", "b"],
    )
    .run();
}

#[test]
fn a_default_comes_changes_and_goes() {
    let of = |default: &str| person(&format!("name varchar(20); age integer{default}"));
    let full = || rows("person", "id name age", &["1|ann|30", "2|bob|31"]);
    structure(of(""), of(" default=7:integer"), full()).run();
    structure(of(" default=7:integer"), of(""), full()).run();
    let text = |default: &str| person(&format!("name varchar(20) default={default}; age integer"));
    structure(text(r#""it's""#), of(" default=8:integer"), full()).run();
}

#[test]
fn indexes_come_change_and_go() {
    let plain = || person(NAME_AND_AGE);
    structure(plain(), plain().index("age"), people()).run();
    structure(plain().index("age"), plain().index("age, name"), people()).run();
    structure(plain().index("name"), plain().unique("name"), people()).run();
    structure(
        plain().unique("name"),
        plain().unique("name, age"),
        people(),
    )
    .run();
    let renamed = || {
        let mut table = plain().index("age");
        table.indexes[0].name = "by_age".to_owned();
        table
    };
    structure(plain().index("age"), renamed(), people()).run();
}

#[test]
fn checks_come_change_and_go() {
    let plain = || person(NAME_AND_AGE);
    let adult = |age: u8| {
        plain().check(
            "adult",
            &format!("or(is_null(age), ge(age, {age}:integer))"),
        )
    };
    structure(plain(), adult(18), people()).run();
    structure(adult(18), adult(21), people()).run();
    let named = plain().check("grown", "or(is_null(age), ge(age, 18:integer))");
    structure(adult(18), named, people()).run();
}

#[test]
fn foreign_keys_come_change_and_go() {
    let child = |key: Option<Action>| {
        let child = table("child", "id bigint identity; person_id bigint null").index("person_id");
        match key {
            Some(action) => child.references("person_id", "person", action),
            None => child,
        }
    };
    let children = || rows("child", "id person_id", &["1|1", "2|2", "3|NULL"]);
    let all = [
        None,
        Some(Action::Cascade),
        Some(Action::SetNull),
        Some(Action::NoAction),
    ];
    for old in all {
        for new in all.into_iter().filter(|new| *new != old) {
            Case::new(
                &[person(NAME_AND_AGE), child(old)],
                &[person(NAME_AND_AGE), child(new)],
            )
            .rows(people())
            .rows(children())
            .run();
        }
    }
}

#[test]
fn tables_that_reference_each_other_in_a_circle() {
    let team = |with: bool| {
        let team = table("team", "id bigint identity; lead_id bigint null").index("lead_id");
        if with {
            team.references("lead_id", "player", Action::SetNull)
        } else {
            team
        }
    };
    let player = table("player", "id bigint identity; team_id bigint null")
        .index("team_id")
        .references("team_id", "team", Action::SetNull);
    Case::new(
        &[team(false), player.clone()],
        &[team(true), player.clone()],
    )
    .rows(rows("team", "id lead_id", &["1|NULL", "2|NULL"]))
    .rows(rows("player", "id team_id", &["1|1", "2|NULL"]))
    .run();
    Case::new(&[], &[team(true), player]).run();
}

#[test]
fn a_self_reference_comes_and_goes() {
    let tree = |key: bool| {
        let tree = table("tree", "id bigint identity; up bigint null").index("up");
        if key {
            tree.references("up", "tree", Action::Cascade)
        } else {
            tree
        }
    };
    let nodes = rows("tree", "id up", &["1|NULL", "2|1", "3|2"]);
    Case::new(&[tree(false)], &[tree(true)]).rows(nodes).run();
}

#[test]
fn a_primary_key_gets_other_columns() {
    let country = |key: &str| {
        table(
            "country",
            "code varchar(2); name varchar(20); region integer",
        )
        .key(key)
    };
    let countries = || {
        rows(
            "country",
            "code name region",
            &["at|Austria|1", "ch|Schweiz|2"],
        )
    };
    Case::new(&[country("code")], &[country("code, region")])
        .rows(countries())
        .run();
    Case::new(&[country("code")], &[country("name")])
        .rows(countries())
        .run();
}

#[test]
fn a_primary_key_is_numbered_by_the_database() {
    let by_code = table("country", "code varchar(2); name varchar(20)");
    let mut by_id = table(
        "country",
        "id bigint identity; code varchar(2); name varchar(20)",
    );
    by_id = by_id.unique("code");
    Case::new(&[by_code], &[by_id])
        .rows(rows("country", "code name", &["at|Austria", "ch|Schweiz"]))
        .run();
    let plain = table("thing", "id bigint; size integer");
    let numbered = table("thing", "id bigint identity; size integer");
    Case::new(&[plain], &[numbered])
        .rows(rows("thing", "id size", &["7|1", "9|2"]))
        .run();
}

#[test]
fn a_key_and_what_references_it_change_their_type() {
    let parent = |kind: &str| table("parent", &format!("code {kind}; size integer"));
    let child = |kind: &str| {
        table("child", &format!("id bigint identity; parent {kind}"))
            .index("parent")
            .references_columns("parent", "parent", "code", Action::Cascade)
    };
    let both = |kind: &str| [parent(kind), child(kind)];
    for (old, new) in [("integer", "bigint"), ("integer", "varchar(20)")] {
        Case::new(&both(old), &both(new))
            .rows(rows("parent", "code size", &["1|1", "2|2"]))
            .rows(rows("child", "id parent", &["1|1", "2|1", "3|2"]))
            .run();
    }
}

#[test]
fn columns_that_the_database_computes() {
    let of = |kind: &str, computed: &str| {
        person(&format!(
            "name varchar(20); age {kind}; twice bigint computed={computed}"
        ))
    };
    let plain = || person("name varchar(20); age integer");
    let ages = || rows("person", "id name age", &["1|ann|30", "2|bob|31"]);
    let twice = "multiply:bigint(age, 2)";
    structure(plain(), of("integer", twice), ages())
        .after(rows("person", "id age twice", &["1|30|60", "2|31|62"]))
        .after(notes())
        .run();
    structure(
        of("integer", twice),
        of("integer", "add:bigint(age, 2)"),
        ages(),
    )
    .after(rows("person", "id age twice", &["1|30|32", "2|31|33"]))
    .run();
    structure(of("integer", twice), of("bigint", twice), ages())
        .after(rows("person", "id age twice", &["1|30|60", "2|31|62"]))
        .run();
    structure(
        of("integer", twice),
        person("name varchar(20); age integer; twice bigint"),
        ages(),
    )
    .after(rows("person", "id age twice", &["1|30|60", "2|31|62"]))
    .run();
}

#[test]
fn comments_come_change_and_go() {
    let of = |text: &str| {
        person(&format!(
            "name varchar(20); age integer null comment={text}"
        ))
        .comment(text)
    };
    let plain = || person(NAME_AND_AGE);
    structure(plain(), of("years, it's \"full\" */ ones"), people()).run();
    structure(of("one"), of("two"), people()).run();
    let timed = |text: &str| person(&format!("name varchar(20); at timestamp null{text}"));
    let times = rows(
        "person",
        "id name at",
        &["1|ann|NULL", "2|bob|2024-05-06T07:08:09Z"],
    );
    structure(timed(""), timed(" comment=when"), times).run();
}

#[test]
fn names_that_need_quotes() {
    let odd = |column: &str| {
        let mut table = table(
            "order",
            "id bigint identity; x varchar(20) null; group integer null",
        );
        table.columns[1].name = column.to_owned();
        table.index("group").check(
            "odd",
            &format!("ne(`{}`, \"'\")", column.replace('`', "``")),
        )
    };
    Case::new(&[odd("it's `odd`")], &[odd("sélect \"x\"")])
        .renamed_column(("order", "order"), "it's `odd`", "sélect \"x\"")
        .rows(rows("order", "id group", &["1|1", "2|NULL"]))
        .run();
}

#[test]
fn everything_at_once() {
    let old = [
        person("name varchar(20); age integer null; joined date; size varchar(9); old integer")
            .unique("name")
            .index("age")
            .check("adult", "or(is_null(age), ge(age, 18:integer))"),
        note(),
        badge(),
        table("gone", "id bigint identity; x integer"),
    ];
    let new = [
        table(
            "human",
            "id bigint identity; full_name varchar(50); age bigint default=7; joined datetime; \
             size enum(\"small\", \"large\"); extra decimal(10, 2)",
        )
        .unique("full_name")
        .index("joined")
        .check("adult", "ge(age, 10)")
        .check("extra", r#"ge(extra, "0":decimal(2))"#),
        table(
            "note",
            "id bigint identity; text text; human_id bigint; at timestamp null",
        )
        .index("human_id")
        .references("human_id", "human", Action::Cascade),
        table("badge", "id bigint identity; human_id bigint null")
            .index("human_id")
            .references("human_id", "human", Action::Cascade),
        table("label", "id bigint identity; note_id bigint")
            .index("note_id")
            .references("note_id", "note", Action::Cascade),
    ];
    Case::new(&old, &new)
        .renamed_table("person", "human")
        .dropped("gone")
        .dropped("label")
        .renamed_column(("person", "human"), "name", "full_name")
        .dropped("human.old")
        .dropped("person.extra")
        .renamed_column(("note", "note"), "body", "text")
        .renamed_column(("note", "note"), "person_id", "human_id")
        .renamed_column(("badge", "badge"), "person_id", "human_id")
        .dropped("note.at")
        .backfill("human", "age", "18")
        .backfill("human", "extra", r#""1.5":decimal(2)"#)
        .backfill_back("person", "old", "5:integer")
        .rows(rows(
            "person",
            "id name age joined size old",
            &[
                "1|ann|30|2024-05-06|small|1",
                "2|bob|NULL|2024-05-07|large|2",
            ],
        ))
        .rows(notes())
        .rows(badges())
        .rows(rows("gone", "id x", &["1|1"]))
        .after(rows(
            "human",
            "id full_name age joined size extra",
            &[
                "1|ann|30|2024-05-06T00:00:00|small|1.50",
                "2|bob|18|2024-05-07T00:00:00|large|1.50",
            ],
        ))
        .after(rows(
            "note",
            "id text human_id",
            &["1|hello|1", "2|again|1", "3|you|2"],
        ))
        .after(rows("badge", "id human_id", &["1|1", "2|2", "3|NULL"]))
        .back(rows(
            "person",
            "id name age joined size old",
            &["1|ann|30|2024-05-06|small|5", "2|bob|18|2024-05-07|large|5"],
        ))
        .back(notes())
        .back(badges())
        .back(rows("gone", "id x", &[]))
        .run();
}

#[test]
fn a_text_of_an_enum_is_renamed_in_its_rows_too() {
    let of = |texts: &str, default: &str| {
        person(&format!("x enum({texts}) default=\"{default}\""))
            .index("x")
            .check("x", "is_not_null(x)")
    };
    let x = |rows: &[&str]| crate::rows::rows("person", "id x", rows);
    change(
        of(r#""small", "large""#, "small"),
        of(r#""tiny", "large", "huge one""#, "tiny"),
    )
    .renamed_text("person", "x", "small", "tiny")
    .rows(x(&["1|small", "2|large"]))
    .rows(notes())
    .rows(badges())
    .after(x(&["1|tiny", "2|large"]))
    .after(notes())
    .after(badges())
    .run();
    change(of(r#""a", "b""#, "a"), of(r#""b", "a", "c""#, "a"))
        .renamed_text("person", "x", "a", "b")
        .renamed_text("person", "x", "b", "a")
        .rows(x(&["1|a", "2|b"]))
        .rows(notes())
        .rows(badges())
        .after(x(&["1|b", "2|a"]))
        .run();
}

#[test]
fn a_text_of_an_enum_that_no_row_has_is_dropped() {
    column(
        r#"enum("a", "b", "c")"#,
        r#"enum("a", "b")"#,
        &["a", "b"],
        &["a", "b"],
        &["a", "b"],
    )
    .run();
}
