//! What was written is used: rows are added, changed and loaded in tables that somebody else made.

use birgus::prelude::*;

use super::found::{MYSQL, POSTGRES, SQLITE, make, on};
use super::{mariadb, mysql, postgres, sqlite};

#[test]
fn rows_of_a_postgres_database_are_worked_with() {
    use postgres::{Account, AccountSettings, Transfer};

    on(&["postgres", "postgres+libpq"], |bed| {
        make(bed, POSTGRES);
        let db = bed.open(&[
            Account::info(),
            <AccountSettings as Model>::info(),
            Transfer::info(),
        ]);
        let mut session = db.session().unwrap();
        let susan = session.add(Account::build().login("susan").code("s"));
        session.add(Transfer::build().from(susan).amount(Decimal::new(150, 2)));
        session.commit().unwrap();
        let account = &session[susan];
        assert_eq!((account.id, account.level), (1, -1));
        assert_eq!(account.double_level, Some(-2));
        assert_eq!(account.note.as_deref(), Some("none"));
        assert!(!account.token.is_nil());
        let accounts = Account::query()
            .with(Account::transfers_by_from.selectin())
            .all(&db)
            .unwrap();
        assert_eq!(accounts[0].transfers_by_from.loaded().unwrap().len(), 1);
        session[susan].level = 4;
        session.commit().unwrap();
        assert_eq!(session[susan].double_level, Some(8));
    });
}

#[test]
fn rows_of_a_sqlite_database_are_worked_with() {
    use sqlite::{OrderLine, StaffMember, Zone};

    on(&["sqlite"], |bed| {
        make(bed, SQLITE);
        let db = bed.open(&[
            OrderLine::info(),
            StaffMember::info(),
            Zone::info(),
            sqlite::Shipment::info(),
        ]);
        let mut session = db.session().unwrap();
        let boss = session.add(StaffMember::build().full_name("Ada"));
        session.add(StaffMember::build().full_name("Bob").reports_to(boss));
        let zone = session.add(Zone::build().code("N"));
        session.commit().unwrap();
        assert_eq!(session[zone].r#type, "it's inside");
        let staff = StaffMember::query()
            .filter(StaffMember::reports_to.is_null())
            .with(StaffMember::staff_members_by_reports_to_staff_member.selectin())
            .one(&db)
            .unwrap();
        let reports = staff.staff_members_by_reports_to_staff_member;
        assert_eq!(reports.loaded().unwrap()[0].full_name, "Bob");
    });
}

#[test]
fn keys_of_a_small_type_are_assigned() {
    on(&["mysql"], |bed| {
        use mysql::{Posts, Users, UsersRole};

        make(bed, MYSQL);
        let db = bed.open(&[Users::info(), Posts::info(), mysql::PostTag::info()]);
        let mut session = db.session().unwrap();
        let user = session.add(Users::build().email("susan@example.com"));
        let post = session.add(Posts::build().author(user).title("tide"));
        session.commit().unwrap();
        assert_eq!(session[user].role, UsersRole::PowerUser);
        assert_eq!((session[post].post_id, session[post].words), (1, Some(4)));
    });
    on(&["mariadb"], |bed| {
        use mariadb::{Posts, Users};

        make(bed, MYSQL);
        let db = bed.open(&[Users::info(), Posts::info(), mariadb::PostTag::info()]);
        let user = Users::insert(Users::build().email("susan@example.com"))
            .execute(&db)
            .unwrap();
        let post: i32 = Posts::insert(Posts::build().author_id(user).title("tide"))
            .execute(&db)
            .unwrap();
        assert_eq!(post, 1);
    });
}

#[test]
fn create_all_and_drop_all_leave_what_somebody_else_made_alone() {
    on(&["sqlite"], |bed| {
        make(bed, SQLITE);
        let db = bed.open(&[sqlite::SessionRow::info(), sqlite::Label::info()]);
        let names = || -> Vec<String> {
            let found = db.inspect().unwrap();
            found.tables.into_iter().map(|table| table.name).collect()
        };
        db.drop_all().unwrap();
        let left = names();
        assert!(left.contains(&"session".to_owned()) && !left.contains(&"label".to_owned()));
        db.create_all().unwrap();
        assert!(names().contains(&"label".to_owned()));
    });
}
