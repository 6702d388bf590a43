//! Revisions that are written from models: what is detected, asked and refused, and the way back.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking"
)]

use birgus_core::schema::{Column, ColumnType, Index, Table};
use birgus_core::{Error, Result};
use birgus_migrate::generate::{
    Answer, Answers, Asker, GenerateOptions, Generated, Hint, Nobody, Placement, generate, merge,
    revision, squash, write,
};
use birgus_migrate::history::{Graph, Revision};
use birgus_migrate::state::{Operation, Question};

fn table(name: &str, columns: &[(&str, ColumnType)]) -> Table {
    let mut table = Table::new(name);
    table
        .columns
        .push(Column::new("id", ColumnType::BigInt).identity());
    table.primary_key = vec!["id".into()];
    for (name, column_type) in columns {
        table.columns.push(Column::new(*name, column_type.clone()));
    }
    table
}

const TEXT: ColumnType = ColumnType::Text;

fn users() -> Table {
    table("user", &[("name", TEXT), ("age", TEXT)])
}

/// The graph of one revision that makes these tables.
fn graph(tables: &[Table]) -> Graph {
    let options = GenerateOptions {
        message: "first".into(),
        placement: Placement {
            rev_id: Some("a1".into()),
            ..Placement::default()
        },
        ..GenerateOptions::default()
    };
    match generate(&Graph::default(), tables, &options, &mut Nobody).unwrap() {
        Generated::Revision(revision) => Graph::new(vec![*revision]).unwrap(),
        Generated::Nothing => Graph::default(),
    }
}

fn with(answers: Answers) -> GenerateOptions {
    GenerateOptions {
        message: "change".into(),
        answers,
        ..GenerateOptions::default()
    }
}

fn generated(graph: &Graph, tables: &[Table], options: &GenerateOptions) -> Revision {
    match generate(graph, tables, options, &mut Nobody).unwrap() {
        Generated::Revision(revision) => *revision,
        Generated::Nothing => panic!("there is a change"),
    }
}

fn refused(graph: &Graph, tables: &[Table], options: &GenerateOptions) -> String {
    generate(graph, tables, options, &mut Nobody)
        .unwrap_err()
        .to_string()
}

fn titles(operations: &[Operation]) -> Vec<String> {
    operations.iter().map(Operation::title).collect()
}

fn pair(left: &str, right: &str) -> (String, String) {
    (left.to_owned(), right.to_owned())
}

#[test]
fn what_is_open_is_refused_with_every_flag_that_decides_it() {
    let graph = graph(&[users()]);
    let now = table("user", &[("full_name", TEXT), ("age", ColumnType::Uuid)]);
    let error = refused(&graph, &[now], &with(Answers::default()));
    for part in [
        "3 questions are open; a flag answers each:",
        "--rename user.name=user.full_name",
        "--drop user.name",
        "--backfill user.full_name='EXPRESSION'   (unless it is a rename)",
        "--using user.age='EXPRESSION'",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[test]
fn a_rename_goes_there_and_back() {
    let graph = graph(&[users()]);
    let now = table("account", &[("full_name", TEXT), ("age", TEXT)]);
    let answers = Answers {
        renames: vec![pair("user", "account"), pair("user.name", "user.full_name")],
        ..Answers::default()
    };
    let revision = generated(&graph, &[now], &with(answers));
    assert_eq!(
        titles(&revision.upgrade),
        ["rename_table user", "rename_column account.name"]
    );
    assert_eq!(
        titles(&revision.downgrade),
        ["rename_table account", "rename_column user.full_name"]
    );
    assert_eq!(revision.parents, ["a1"]);
    assert_eq!(revision.id.len(), 12);
}

#[test]
fn a_hint_of_a_model_is_an_answer_until_it_is_old() {
    let first = graph(&[users()]);
    let now = table("user", &[("full_name", TEXT), ("age", TEXT)]);
    let mut options = with(Answers::default());
    options.hints = vec![Hint::Column {
        table: "user".into(),
        old: "name".into(),
        new: "full_name".into(),
    }];
    let revision = generated(&first, std::slice::from_ref(&now), &options);
    assert_eq!(titles(&revision.upgrade), ["rename_column user.name"]);
    let mut all = first.revisions().to_vec();
    all.push(revision);
    let second = Graph::new(all).unwrap();
    assert_eq!(
        generate(&second, &[now], &options, &mut Nobody).unwrap(),
        Generated::Nothing
    );
}

#[test]
fn answers_that_fit_nothing_are_refused() {
    let graph = graph(&[users()]);
    let now = table(
        "user",
        &[("name", TEXT), ("age", TEXT), ("rank", ColumnType::Integer)],
    );
    let error = |answers: Answers| refused(&graph, std::slice::from_ref(&now), &with(answers));
    let rename = |from: &str, to: &str| Answers {
        renames: vec![pair(from, to)],
        ..Answers::default()
    };
    assert_eq!(
        error(rename("user.nmae", "user.rank")),
        "--rename user.nmae=user.rank: the revisions make no column nmae there"
    );
    assert_eq!(
        error(rename("user.name", "user.rank")),
        "--rename user.name=user.rank: the model still has name"
    );
    assert_eq!(
        error(Answers {
            drops: vec!["user.name".into()],
            ..Answers::default()
        }),
        "--drop user.name: the model still has it"
    );
    let backfill = |text: &str| Answers {
        backfills: vec![pair("user.rank", text)],
        ..Answers::default()
    };
    assert_eq!(
        error(backfill("\"first\"")),
        "user.rank is integer, and \"first\" is text; write a value such as 0"
    );
    assert!(error(backfill("nonsense")).contains("user.rank: write a value such as 0"));
    assert!(error(backfill("9999999999")).contains("user.rank is integer"));
}

#[test]
fn a_literal_gets_the_type_of_its_column() {
    let graph = graph(&[users()]);
    let decimal = ColumnType::Decimal {
        precision: 10,
        scale: 2,
    };
    let now = table(
        "user",
        &[
            ("name", TEXT),
            ("age", TEXT),
            ("born", ColumnType::Date),
            ("price", decimal),
            ("rank", ColumnType::Integer),
        ],
    );
    let answers = Answers {
        backfills: vec![
            pair("user.born", "\"2024-05-06\""),
            pair("user.price", "1.50"),
            pair("user.rank", "7"),
        ],
        ..Answers::default()
    };
    let revision = generated(&graph, &[now], &with(answers));
    let fills: Vec<_> = (revision.upgrade.iter())
        .map(|operation| match operation {
            Operation::AddColumn { backfill, .. } => backfill.clone().unwrap_or_default(),
            other => other.title(),
        })
        .collect();
    assert_eq!(
        fills,
        ["\"2024-05-06\":date", "\"1.50\":decimal(2)", "7:integer"]
    );
}

#[test]
fn what_is_there_again_gets_its_zero_or_what_is_unique() {
    let mut old = table(
        "user",
        &[
            ("name", TEXT),
            ("email", ColumnType::Varchar { length: 80 }),
            (
                "price",
                ColumnType::Decimal {
                    precision: 8,
                    scale: 2,
                },
            ),
        ],
    );
    old.indexes.push(Index {
        name: "uq_user_email".into(),
        columns: vec!["email".into()],
        unique: true,
    });
    let graph = graph(&[old]);
    let revision = generated(&graph, &[table("user", &[])], &with(Answers::default()));
    let fills: Vec<_> = (revision.downgrade.iter())
        .filter_map(|operation| match operation {
            Operation::AddColumn { backfill, .. } => backfill.clone(),
            _ => None,
        })
        .collect();
    assert_eq!(fills, ["\"\"", "cast:text(id)", "\"0\":decimal(2)"]);
}

#[test]
fn values_without_a_way_back_stop_the_downgrade() {
    let graph = graph(&[users()]);
    let now = table("user", &[("name", TEXT), ("age", ColumnType::Double)]);
    let answers = Answers {
        usings: vec![pair("user.age", "0.5")],
        ..Answers::default()
    };
    let revision = generated(&graph, &[now], &with(answers));
    let [Operation::Irreversible { reason }, rest @ ..] = &revision.downgrade[..] else {
        panic!("{:?}", revision.downgrade);
    };
    assert!(
        reason.starts_with("user.age was text and is double: engines write"),
        "{reason}"
    );
    assert_eq!(titles(rest), ["alter_column user.age"]);
    let text = revision.write().unwrap();
    assert_eq!(Revision::read(&text, "x.toml").unwrap(), revision);
}

/// Gives these answers, in order.
struct Script(Vec<Answer>, Vec<String>);

impl Asker for Script {
    fn is_there(&self) -> bool {
        true
    }

    fn ask(&mut self, question: &Question, check: &dyn Fn(&str) -> Result<()>) -> Result<Answer> {
        self.1.push(question.to_string());
        let answer = self.0.remove(0);
        if let Answer::Expression(text) = &answer {
            check(text)?;
        }
        Ok(answer)
    }
}

#[test]
fn answers_of_somebody_settle_questions_one_by_one() {
    let graph = graph(&[users()]);
    let columns = [
        ("full_name", TEXT),
        ("age", ColumnType::Uuid),
        ("rank", ColumnType::BigInt),
    ];
    let now = table("user", &columns);
    let nil = "\"00000000-0000-0000-0000-000000000000\"";
    let answers = vec![
        Answer::Renamed("full_name".into()),
        Answer::Expression(nil.into()),
        Answer::Expression("1".into()),
    ];
    let mut script = Script(answers, Vec::new());
    let options = with(Answers::default());
    let done = generate(&graph, &[now], &options, &mut script).unwrap();
    let Generated::Revision(revision) = done else {
        panic!("there is a change")
    };
    assert_eq!(
        script.1.len(),
        3,
        "the rename settles what rows get in it: {:?}",
        script.1
    );
    assert_eq!(
        titles(&revision.upgrade),
        [
            "rename_column user.name",
            "alter_column user.age",
            "add_column user.rank"
        ]
    );
}

#[test]
fn several_heads_are_refused_until_one_is_said_or_they_are_merged() {
    let first = graph(&[users()]);
    let place = |head: &str, id: &str| Placement {
        head: Some(head.into()),
        splice: true,
        rev_id: Some(id.into()),
        ..Placement::default()
    };
    let mut all = first.revisions().to_vec();
    all.push(revision(&first, "left", &place("a1", "b2")).unwrap());
    all.push(revision(&first, "right", &place("a1", "c3")).unwrap());
    let graph = Graph::new(all).unwrap();
    let text = |result: Result<Revision>| {
        result.map_or_else(|error: Error| error.to_string(), |one| one.id)
    };
    assert_eq!(
        text(revision(&graph, "next", &Placement::default())),
        "there are several heads: b2 (left), c3 (right); say which one the revision follows (--head b2), or join them first \
         (db merge)"
    );
    let mut at = place("a1", "d4");
    at.splice = false;
    assert_eq!(
        text(revision(&graph, "next", &at)),
        "a1 (first) is no head, others follow it; say --splice to begin a branch there"
    );
    at.head = Some("c".into());
    assert_eq!(revision(&graph, "next", &at).unwrap().parents, ["c3"]);
    let merged = merge(&graph, &[], "merge", &Placement::default()).unwrap();
    assert_eq!(merged.parents, ["b2", "c3"]);
    assert!(
        text(merge(&first, &[], "merge", &Placement::default())).starts_with("a merge takes two")
    );
}

#[test]
fn a_file_never_takes_the_place_of_another() {
    let folder = std::env::temp_dir().join(format!("birgus-files-{}", std::process::id()));
    let graph = graph(&[users()]);
    let revision = &graph.revisions()[0];
    let path = write(&folder, revision).unwrap();
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        revision.write().unwrap()
    );
    assert!(
        write(&folder, revision)
            .unwrap_err()
            .to_string()
            .ends_with("there is such a file already")
    );
    assert_eq!(
        std::fs::read_dir(&folder).unwrap().count(),
        1,
        "nothing is left aside"
    );
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_line_is_squashed_into_what_it_leads_to() {
    let first = graph(&[users()]);
    let mut all = first.revisions().to_vec();
    let now = table("user", &[("name", TEXT)]);
    all.push(generated(
        &first,
        std::slice::from_ref(&now),
        &with(Answers::default()),
    ));
    let graph = Graph::new(all).unwrap();
    let done = squash(&graph, None, None, "all", &Placement::default()).unwrap();
    assert!(done.planned);
    assert_eq!(titles(&done.revision.upgrade), ["create_table user"]);
    assert_eq!(titles(&done.revision.downgrade), ["drop_table user"]);
    assert_eq!(done.revision.replaces.len(), 2);
    let graph = Graph::new(vec![done.revision]).unwrap();
    assert_eq!(
        generate(&graph, &[now], &with(Answers::default()), &mut Nobody).unwrap(),
        Generated::Nothing
    );
}

#[test]
fn a_line_that_sets_rows_is_put_end_to_end() {
    let first = graph(&[users()]);
    let mut all = first.revisions().to_vec();
    let mut sql = revision(&first, "fill", &Placement::default()).unwrap();
    sql.upgrade.push(Operation::Code {
        function: "fill".into(),
    });
    all.push(sql);
    let graph = Graph::new(all).unwrap();
    let done = squash(&graph, None, None, "all", &Placement::default()).unwrap();
    assert!(!done.planned);
    assert_eq!(
        titles(&done.revision.upgrade),
        ["create_table user", "code fill"]
    );
}
