//! Hooks and checks of models, and listeners of a database.

use std::cell::RefCell;
use std::sync::{Arc, Mutex};

use birgus::model::{Hooks, Problems};
use birgus::prelude::*;
use birgus::session::{Change, SessionListener};
use birgus::{Error, Result};

use crate::Bed;
use crate::watch::statements;

super::super::cases![
    each_moment_has_its_hook,
    what_a_hook_changes_is_sent,
    problems_are_told_for_all_objects_before_anything_is_sent,
    an_error_before_a_statement_leaves_the_unit,
    an_error_after_a_statement_fails_the_unit,
    unchanged_objects_have_no_hooks,
    listeners_hear_of_commits_and_rollbacks,
    a_listener_can_stop_a_commit,
    a_listener_can_add_objects,
];

/// A member whose hooks are written down.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false, hooks)]
struct Member {
    #[key]
    id: i64,
    #[column(length = 80)]
    email: String,
    #[column(length = 80, default = "")]
    slug: String,
}

thread_local! {
    static HEARD: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn heard() -> Vec<String> {
    HEARD.with(|heard| std::mem::take(&mut *heard.borrow_mut()))
}

impl Member {
    fn hear(&self, moment: &str) -> Result<()> {
        HEARD.with(|heard| heard.borrow_mut().push(format!("{moment} {}", self.id)));
        if self.email == format!("fail@{moment}") {
            return Err(Error::session(format!("no {moment}")));
        }
        Ok(())
    }
}

impl Hooks for Member {
    fn validate(&self, problems: &mut Problems) {
        if !self.email.contains('@') {
            problems.add(Member::email, "is not an address");
        }
        if self.slug == "admin" {
            problems.add(Member::slug, "is taken");
            problems.add_whole("can't be an administrator");
        }
    }

    fn before_insert(&mut self) -> Result<()> {
        self.slug = self.email.split('@').next().unwrap_or_default().to_owned();
        self.hear("before_insert")
    }

    fn after_insert(&mut self) -> Result<()> {
        self.hear("after_insert")
    }

    fn before_update(&mut self) -> Result<()> {
        self.slug = self.email.split('@').next().unwrap_or_default().to_owned();
        self.hear("before_update")
    }

    fn after_update(&mut self) -> Result<()> {
        self.hear("after_update")
    }

    fn before_delete(&mut self) -> Result<()> {
        self.hear("before_delete")
    }

    fn after_delete(&mut self) -> Result<()> {
        self.hear("after_delete")
    }

    fn after_load(&mut self) -> Result<()> {
        self.hear("after_load")
    }
}

fn member(email: &str) -> impl NewRow<Model = Member> + use<> {
    Member::build().email(email)
}

fn each_moment_has_its_hook(bed: &Bed) {
    let db = bed.database(&[Member::info()]);
    heard();
    let mut session = db.session().unwrap();
    let key = session.add(member("susan@example.com"));
    session.commit().unwrap();
    let id = session[key].id;
    assert_eq!(
        heard(),
        ["before_insert 0".to_owned(), format!("after_insert {id}")]
    );
    session[key].email = "sue@example.com".into();
    session.commit().unwrap();
    assert_eq!(
        heard(),
        [format!("before_update {id}"), format!("after_update {id}")]
    );
    session.refresh(key).unwrap();
    assert_eq!(heard(), [format!("after_load {id}")]);
    let mut other = db.session().unwrap();
    other.load(Member::query()).unwrap();
    assert_eq!(heard(), [format!("after_load {id}")]);
    session.delete(key).unwrap();
    session.commit().unwrap();
    assert_eq!(
        heard(),
        [format!("before_delete {id}"), format!("after_delete {id}")]
    );
}

fn what_a_hook_changes_is_sent(bed: &Bed) {
    let db = bed.database(&[Member::info()]);
    let mut session = db.session().unwrap();
    let key = session.add(member("susan@example.com"));
    session.commit().unwrap();
    assert_eq!(session[key].slug, "susan");
    session[key].email = "sue@example.com".into();
    session.commit().unwrap();
    let read = Member::query().one(&db).unwrap();
    assert_eq!((read.slug.as_str(), &read), ("sue", &session[key]));
}

fn problems_are_told_for_all_objects_before_anything_is_sent(bed: &Bed) {
    let db = bed.database(&[Member::info()]);
    let mut session = db.session().unwrap();
    session.add(member("good@example.com"));
    let bad = session.add(member("bad"));
    let admin = session.add(member("admin@example.com"));
    let mut error = None;
    let sent = statements(|| error = session.commit().err());
    assert!(sent.is_empty(), "{sent:?}");
    let error = error.unwrap();
    assert!(error.is_validation(), "{error:?}");
    let problems: Vec<_> = (error.problems().iter())
        .map(|problem| (problem.model(), problem.field(), problem.message()))
        .collect();
    assert_eq!(
        problems,
        [
            ("Member", "email", "is not an address"),
            ("Member", "slug", "is taken"),
            ("Member", "", "can't be an administrator"),
        ]
    );
    assert_eq!(
        error.to_string(),
        "Member.email: is not an address; Member.slug: is taken; Member: can't be an administrator"
    );
    // Nothing was sent, so nothing needs a rollback.
    session[bad].email = "bad@example.com".into();
    session.delete(admin).unwrap();
    session.commit().unwrap();
    assert_eq!(Member::query().count(&db).unwrap(), 2);
    session[bad].email = "bad again".into();
    assert!(session.commit().unwrap_err().is_validation());
}

fn an_error_before_a_statement_leaves_the_unit(bed: &Bed) {
    let db = bed.database(&[Member::info()]);
    let mut session = db.session().unwrap();
    let key = session.add(member("fail@before_insert"));
    assert_eq!(
        session.commit().unwrap_err().to_string(),
        "no before_insert"
    );
    session[key].email = "fail@before_delete".into();
    session.commit().unwrap();
    session.delete(key).unwrap();
    assert_eq!(
        session.commit().unwrap_err().to_string(),
        "no before_delete"
    );
    session.rollback().unwrap();
    assert_eq!(Member::query().count(&db).unwrap(), 1);
}

fn an_error_after_a_statement_fails_the_unit(bed: &Bed) {
    let db = bed.database(&[Member::info()]);
    let mut session = db.session().unwrap();
    session.add(member("fail@after_insert"));
    assert_eq!(session.commit().unwrap_err().to_string(), "no after_insert");
    assert!(session.commit().unwrap_err().is_session());
    session.rollback().unwrap();
    assert_eq!(Member::query().count(&db).unwrap(), 0);
}

fn unchanged_objects_have_no_hooks(bed: &Bed) {
    let db = bed.database(&[Member::info()]);
    let mut session = db.session().unwrap();
    let key = session.add(member("susan@example.com"));
    session.commit().unwrap();
    heard();
    let same = session[key].email.clone();
    session[key].email = same;
    session.commit().unwrap();
    assert!(heard().is_empty());
}

#[derive(Clone, Default)]
struct Audit(Arc<Mutex<Vec<String>>>);

impl Audit {
    fn heard(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    fn hear(&self, text: String) {
        self.0.lock().unwrap().push(text);
    }
}

impl SessionListener for Audit {
    fn before_commit(&self, session: &mut Session) -> Result<()> {
        for change in session.changes()? {
            let stop = |value: &birgus::Value| *value == birgus::Value::Text("stop@x".into());
            if change
                .fields()
                .iter()
                .any(|field| field.after().is_some_and(stop))
            {
                return Err(Error::session("stopped"));
            }
        }
        Ok(())
    }

    fn after_commit(&self, changes: &[Change]) {
        for change in changes {
            let fields: Vec<&str> = change.fields().iter().map(|field| field.name()).collect();
            self.hear(format!("{change}: {}", fields.join(",")));
        }
    }

    fn after_rollback(&self) {
        self.hear("rollback".into());
    }
}

fn listeners_hear_of_commits_and_rollbacks(bed: &Bed) {
    let db = bed.database(&[Member::info()]);
    let audit = Audit::default();
    db.listen(audit.clone());
    let mut session = db.session().unwrap();
    let key = session.add(member("susan@example.com"));
    session.flush().unwrap();
    session[key].email = "sue@example.com".into();
    assert!(audit.heard().is_empty(), "nothing is committed yet");
    session.commit().unwrap();
    let id = session[key].id;
    assert_eq!(
        audit.heard(),
        [
            format!("insert of Member {id}: id,email,slug"),
            format!("update of Member {id}: email,slug"),
        ]
    );
    session[key].email = "x@example.com".into();
    session.flush().unwrap();
    session.rollback().unwrap();
    assert_eq!(audit.heard(), ["rollback"]);
    let part = session.nested(|session| -> Result<()> {
        session[key].email = "y@example.com".into();
        session.flush()?;
        Err(Error::session("given up"))
    });
    assert!(part.is_err());
    session.delete(key).unwrap();
    session.commit().unwrap();
    assert_eq!(
        audit.heard(),
        [format!("delete of Member {id}: id,email,slug")],
        "what a part gave up is not told"
    );
}

fn a_listener_can_stop_a_commit(bed: &Bed) {
    let db = bed.database(&[Member::info()]);
    db.listen(Audit::default());
    let mut session = db.session().unwrap();
    let key = session.add(member("stop@x"));
    assert_eq!(session.commit().unwrap_err().to_string(), "stopped");
    assert_eq!(Member::query().count(&db).unwrap(), 0);
    session[key].email = "go@x".into();
    session.commit().unwrap();
    assert_eq!(Member::query().count(&db).unwrap(), 1);
}

struct Adder;

impl SessionListener for Adder {
    fn before_flush(&self, session: &mut Session) -> Result<()> {
        let first = session.changes()?.len() == 1;
        if first && !Member::query().exists(&mut *session)? {
            session.add(member("adder@example.com"));
        }
        Ok(())
    }
}

fn a_listener_can_add_objects(bed: &Bed) {
    let db = bed.database(&[Member::info()]);
    db.listen(Adder);
    let mut session = db.session().unwrap();
    session.add(member("susan@example.com"));
    session.commit().unwrap();
    assert_eq!(Member::query().count(&db).unwrap(), 2);
}
