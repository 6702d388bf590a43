//! Relationships of a model with itself, followed further.

use birgus::prelude::*;

use super::rows;
use super::stock::{TREE, branches, library};
use crate::Bed;
use crate::library::{Branch, Writer};
use crate::watch::statements;

super::super::cases![
    so_deep,
    a_whole_tree,
    a_whole_tree_in_a_session,
    up_to_the_root,
    a_row_that_is_its_own_parent,
    a_circle,
    many_to_many,
    with_something_at_each_level,
];

/// The tree below some branches; `?` where it was not loaded.
fn tree(branches: &[Branch]) -> String {
    let each = |branch: &Branch| {
        let below = match branch.children.loaded() {
            Ok([]) => String::new(),
            Ok(children) => tree(children),
            Err(_) => "?".to_owned(),
        };
        format!("{}{below}", branch.name)
    };
    let all: Vec<String> = branches.iter().map(each).collect();
    format!("({})", all.join(" "))
}

/// The same of objects of a session, whose relationships are asked for only when no statement is needed.
fn tracked(session: &mut Session, keys: &[birgus::session::Key<Branch>], depth: u32) -> String {
    let mut all = Vec::new();
    for key in keys {
        let name = session[*key].name.clone();
        let children = session.related(*key, Branch::children).unwrap();
        let below = match (children.len(), depth) {
            (0, _) => String::new(),
            (_, 0) => "…".to_owned(),
            _ => tracked(session, &children, depth - 1),
        };
        all.push(format!("{name}{below}"));
    }
    format!("({})", all.join(" "))
}

fn roots() -> Query<Branch> {
    Branch::query()
        .filter(Branch::parent_id.is_null())
        .order_by(Branch::id)
}

fn so_deep(bed: &Bed) {
    let db = branches(bed, &TREE);
    for (depth, expected) in [
        (1, "(root(left? right?) lone)"),
        (2, "(root(left(one? two?) right) lone)"),
        (3, "(root(left(one(leaf?) two) right) lone)"),
        (4, "(root(left(one(leaf) two) right) lone)"),
        (9, "(root(left(one(leaf) two) right) lone)"),
    ] {
        let below = depth.min(4) as usize;
        for (count, related) in [
            (1 + below, Branch::children.selectin()),
            (1 + below, Branch::children.subquery()),
            // The first is joined, and of collections in collections the second goes by selectin.
            (below, Branch::children.joined()),
        ] {
            let found = rows(count, &roots().with(related.clone().depth(depth)), &db);
            assert_eq!(tree(&found), expected, "{depth} {related:?}");
        }
    }
}

fn a_whole_tree(bed: &Bed) {
    let db = branches(bed, &TREE);
    for related in [
        Branch::children.selectin(),
        Branch::children.subquery(),
        Branch::children.joined(),
    ] {
        let found = rows(5, &roots().with(related.clone().recursive()), &db);
        assert_eq!(
            tree(&found),
            "(root(left(one(leaf) two) right) lone)",
            "{related:?}"
        );
        let limited = roots().limit(1).with(related.recursive());
        assert_eq!(
            tree(&rows(5, &limited, &db)),
            "(root(left(one(leaf) two) right))"
        );
    }
    let ordered = Branch::children.order_by(Branch::name.desc()).recursive();
    let found = rows(5, &roots().with(ordered), &db);
    assert_eq!(tree(&found), "(root(right left(two one(leaf))) lone)");
    let one = Branch::children
        .order_by(Branch::name.desc())
        .limit(1)
        .recursive();
    let found = rows(3, &roots().with(one), &db);
    assert_eq!(tree(&found), "(root(right) lone)");
}

fn a_whole_tree_in_a_session(bed: &Bed) {
    let db = branches(bed, &TREE);
    let mut session = db.session().unwrap();
    let sent = statements(|| {
        let keys = session
            .load(roots().with(Branch::children.recursive()))
            .unwrap();
        assert_eq!(
            tracked(&mut session, &keys, 9),
            "(root(left(one(leaf) two) right) lone)"
        );
        // The way back is at hand.
        let children = session.related(keys[0], Branch::children).unwrap();
        let parent = session.related(children[1], Branch::parent).unwrap();
        assert_eq!(parent, Some(keys[0]));
    });
    assert_eq!(sent.len(), 5, "{sent:#?}");
    // Of all rows at once nothing is met that is new.
    let mut session = db.session().unwrap();
    let sent = statements(|| {
        let all = Branch::query().order_by(Branch::id);
        let keys = session
            .load(all.with(Branch::children.recursive()))
            .unwrap();
        assert_eq!(
            tracked(&mut session, &keys[..1], 9),
            "(root(left(one(leaf) two) right))"
        );
    });
    assert_eq!(sent.len(), 2, "{sent:#?}");
}

fn up_to_the_root(bed: &Bed) {
    let db = branches(bed, &TREE);
    let leaf = Branch::query().filter(Branch::name.eq("leaf"));
    for (count, related) in [
        (4, Branch::parent.selectin().recursive()),
        (4, Branch::parent.subquery().recursive()),
        (4, Branch::parent.joined().recursive()),
        (1, Branch::parent.joined().depth(4)),
        (4, Branch::parent.selectin().depth(3)),
    ] {
        let found = rows(count, &leaf.clone().with(related.clone()), &db);
        let mut names = Vec::new();
        let mut at = Some(&found[0]);
        while let Some(branch) = at {
            names.push(&*branch.name);
            at = branch.parent.loaded().unwrap_or(None);
        }
        assert_eq!(names, ["leaf", "one", "left", "root"], "{related:?}");
    }
}

fn a_row_that_is_its_own_parent(bed: &Bed) {
    let db = branches(bed, &[("self", Some(0)), ("child", Some(0))]);
    let found = Branch::query().filter(Branch::name.eq("self"));
    for (count, related, expected) in [
        (2, Branch::children.selectin(), "(self(self? child?))"),
        (1, Branch::children.joined(), "(self(self? child?))"),
        (2, Branch::children.subquery(), "(self(self? child?))"),
        (
            3,
            Branch::children.depth(2),
            "(self(self(self? child?) child))",
        ),
        (
            2,
            Branch::children.joined().depth(2),
            "(self(self(self? child?) child))",
        ),
        // The row that is met again has it not loaded.
        (3, Branch::children.recursive(), "(self(self? child))"),
        (
            3,
            Branch::children.joined().recursive(),
            "(self(self? child))",
        ),
    ] {
        let found = rows(count, &found.clone().with(related.clone()), &db);
        assert_eq!(tree(&found), expected, "{related:?}");
    }
    let query = found.clone().with(Branch::parent.joined().depth(2));
    let row = &rows(1, &query, &db)[0];
    let parent = row.parent.loaded().unwrap().unwrap();
    assert_eq!(parent.parent.loaded().unwrap().unwrap().name, "self");
    let query = found.clone().with(Branch::parent.recursive());
    let row = &rows(2, &query, &db)[0];
    assert!(row.parent.loaded().unwrap().unwrap().parent.is_unloaded());
    let mut session = db.session().unwrap();
    let sent = statements(|| {
        let keys = session
            .load(found.with(Branch::children.recursive()))
            .unwrap();
        let children = session.related(keys[0], Branch::children).unwrap();
        assert_eq!(children[0], keys[0]);
        assert_eq!(
            session.related(keys[0], Branch::parent).unwrap(),
            Some(keys[0])
        );
        assert_eq!(session.related(children[1], Branch::children).unwrap(), []);
    });
    assert_eq!(sent.len(), 3, "{sent:#?}");
}

fn a_circle(bed: &Bed) {
    let db = branches(bed, &[("a", Some(2)), ("b", Some(0)), ("c", Some(1))]);
    let a = Branch::query().filter(Branch::name.eq("a"));
    let found = rows(4, &a.clone().with(Branch::children.recursive()), &db);
    assert_eq!(tree(&found), "(a(b(c(a?))))");
    let found = rows(6, &a.clone().with(Branch::children.depth(5)), &db);
    assert_eq!(tree(&found), "(a(b(c(a(b(c?))))))");
    let mut session = db.session().unwrap();
    let keys = session.load(a.with(Branch::children.recursive())).unwrap();
    let sent = statements(|| assert_eq!(tracked(&mut session, &keys, 3), "(a(b(c(a…))))"));
    assert_eq!(sent, [""; 0]);
}

fn many_to_many(bed: &Bed) {
    let db = library(bed);
    let bob = Writer::query().filter(Writer::name.eq("bob"));
    // bob → ann → bob, cid → cid
    for related in [
        Writer::following.selectin().recursive(),
        Writer::following.subquery().recursive(),
        Writer::following.joined().recursive(),
    ] {
        let found = rows(4, &bob.clone().with(related), &db);
        let ann = &found[0].following.loaded().unwrap()[0];
        let [again, cid] = ann.following.loaded().unwrap() else {
            panic!("{ann:?}");
        };
        assert_eq!((&*again.name, again.following.is_loaded()), ("bob", false));
        let own = cid.following.loaded().unwrap();
        assert_eq!(
            (&*own[0].name, own[0].following.is_loaded()),
            ("cid", false)
        );
    }
    let found = rows(3, &bob.with(Writer::following.depth(2)), &db);
    let ann = &found[0].following.loaded().unwrap()[0];
    assert_eq!(ann.following.loaded().unwrap().len(), 2);
}

fn with_something_at_each_level(bed: &Bed) {
    let db = branches(bed, &TREE);
    let related = Branch::children.with(Branch::parent.joined()).recursive();
    let found = rows(5, &roots().with(related), &db);
    let left = &found[0].children.loaded().unwrap()[0];
    assert_eq!(left.parent.loaded().unwrap().unwrap().name, "root");
    let one = &left.children.loaded().unwrap()[0];
    assert_eq!(one.parent.loaded().unwrap().unwrap().name, "left");
}
