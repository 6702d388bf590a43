//! Defaults that the database computes.

use birgus::prelude::*;
use birgus::query::{excluded, value};

use crate::Bed;
use crate::models::Mood;
use crate::watch::counted;

super::super::cases![
    the_database_gives_what_a_row_leaves_out,
    rows_that_say_different_things_go_in_runs,
    new_objects_have_their_defaults,
    upserts_leave_defaults_to_the_database,
    tables_with_defaults_are_read_back_the_same,
];

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct Account {
    #[key]
    id: i64,
    #[column(length = 40, unique)]
    owner: String,
    #[column(default_sql = value(10_i64) * 3)]
    credit: i32,
    #[column(length = 20, default_sql = "it's \\ new")]
    state: String,
    #[column(default_sql = value("a".to_owned()).concat("é"))]
    remark: String,
    #[column(precision = 10, scale = 2, default_sql = Decimal::new(105, 1))]
    limit: Decimal,
    #[column(default_sql = true)]
    open: bool,
    #[column(default_sql = Mood::SoSo)]
    mood: Mood,
    #[column(default_sql = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap_or_default())]
    since: NaiveDate,
    #[column(default_sql = 0.5)]
    share: f64,
    #[column(computed = Self::credit + 1)]
    next: i64,
}

fn database(bed: &Bed) -> Database {
    bed.database(&[Account::info()])
}

fn account(owner: &str) -> impl NewRow<Model = Account> {
    Account::build().owner(owner)
}

fn check(account: &Account) {
    assert_eq!((account.credit, account.next), (30, 31));
    assert_eq!(account.state, "it's \\ new");
    assert_eq!(account.remark, "aé");
    assert_eq!(account.limit, Decimal::new(1_050, 2));
    assert_eq!((account.open, account.mood), (true, Mood::SoSo));
    assert_eq!(account.since, NaiveDate::from_ymd_opt(2024, 2, 29).unwrap());
    assert!((account.share - 0.5).abs() < f64::EPSILON);
}

fn the_database_gives_what_a_row_leaves_out(bed: &Bed) {
    let db = database(bed);
    let id = Account::insert(account("susan")).execute(&db).unwrap();
    check(&Account::query().get(id, &db).unwrap().unwrap());
    // To other programs too.
    birgus::sql("INSERT INTO \"account\" (\"owner\") VALUES ('david')")
        .execute(&db)
        .unwrap();
    let david = Account::query().filter(Account::owner.eq("david"));
    check(&david.one(&db).unwrap());
    let given = Account::build().owner("anna").credit(0).state("old");
    let id = Account::insert(given).execute(&db).unwrap();
    let anna = Account::query().get(id, &db).unwrap().unwrap();
    assert_eq!(
        (anna.credit, anna.state.as_str(), anna.open),
        (0, "old", true)
    );
    // Of a whole model every value counts.
    let copy = Account {
        id: 0,
        owner: "copy".into(),
        remark: String::new(),
        ..anna
    };
    let id = Account::insert(copy).execute(&db).unwrap();
    let copy = Account::query().get(id, &db).unwrap().unwrap();
    assert_eq!((copy.remark.as_str(), copy.credit), ("", 0));
}

fn rows_that_say_different_things_go_in_runs(bed: &Bed) {
    let db = database(bed);
    let rows = (0..30).map(|number| {
        let row = Account::build().owner(format!("owner {number}"));
        match number % 3 {
            0 => row,
            1 => row.credit(number),
            _ => row.state("given").credit(number),
        }
    });
    let ids = Account::insert_many(rows).execute(&db).unwrap();
    let accounts = (Account::query().order_by(Account::id.asc()))
        .all(&db)
        .unwrap();
    assert_eq!(accounts.len(), 30);
    for (number, (account, id)) in (0..).zip(accounts.iter().zip(ids)) {
        assert_eq!(account.id, id);
        assert_eq!(account.owner, format!("owner {number}"));
        let credit = if number % 3 == 0 { 30 } else { number };
        assert_eq!(account.credit, credit);
        assert_eq!(account.state == "given", number % 3 == 2);
    }
}

fn new_objects_have_their_defaults(bed: &Bed) {
    let db = database(bed);
    let mut session = db.session().unwrap();
    let susan = session.add(account("susan"));
    let david = session.add(Account::build().owner("david").credit(7));
    let anna = session.add(account("anna"));
    session[anna].credit = 8;
    assert_eq!(
        session[susan].credit, 0,
        "the zero of its type, until the flush"
    );
    session.commit().unwrap();
    check(&session[susan]);
    assert_eq!((session[david].credit, session[david].next), (7, 8));
    assert_eq!((session[anna].credit, session[anna].next), (8, 9));
    for key in [susan, david, anna] {
        let stored = Account::query().get(session[key].id, &db).unwrap();
        assert_eq!(stored.unwrap(), session[key]);
    }
    let reads = counted(&["SELECT"], || {
        for number in 0..1_000 {
            session.add(Account::build().owner(format!("{number}")));
        }
        session.commit().unwrap();
    });
    assert!(reads <= 2, "{reads} reads for 1,000 new objects");
}

fn upserts_leave_defaults_to_the_database(bed: &Bed) {
    let db = database(bed);
    let upsert = |rows: Vec<(&str, Option<i32>)>| {
        let rows = rows.into_iter().map(|(owner, credit)| {
            let row = Account::build().owner(owner);
            match credit {
                Some(credit) => row.credit(credit),
                None => row,
            }
        });
        Account::insert_many(rows)
            .on_conflict(Account::owner)
            .update([Account::state.set("met")])
            .returning((Account::owner, Account::credit, Account::state))
            .execute(&db)
            .unwrap()
    };
    let first = upsert(vec![("a", None), ("b", Some(1)), ("c", None)]);
    let new = "it's \\ new".to_owned();
    assert_eq!(
        first,
        [
            ("a".to_owned(), 30, new.clone()),
            ("b".to_owned(), 1, new.clone()),
            ("c".to_owned(), 30, new.clone()),
        ]
    );
    let second = upsert(vec![("d", None), ("a", Some(5))]);
    assert_eq!(
        second,
        [
            ("d".to_owned(), 30, new),
            ("a".to_owned(), 30, "met".to_owned()),
        ]
    );
    let error = Account::insert(account("a"))
        .on_conflict(Account::owner)
        .update([Account::credit.set(excluded(Account::credit))])
        .execute(&db)
        .unwrap_err();
    assert!(error.is_invalid_query(), "{error:?}");
    assert!(error.to_string().contains("account.credit"), "{error}");
}

fn tables_with_defaults_are_read_back_the_same(bed: &Bed) {
    let db = database(bed);
    let found = db.introspect().unwrap();
    let differences = birgus_migrate::compare(db.tables(), &found);
    assert!(differences.is_empty(), "{differences:#?}");
    let table = &found[0];
    assert!(table.column("state").unwrap().default.is_some());
    assert!(table.column("owner").unwrap().default.is_none());
}
