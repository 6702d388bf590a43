//! The graph of revisions: which follows which, where the ends are, and the way from here to there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use birgus_core::{Error, Result};

use super::target::{Place, Target, listed};
use super::{Revision, replaced};
use crate::state::State;

/// Revisions by what they follow.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// In an order in which parents come before their children; those that are free in the order of their files' names.
    revisions: Vec<Revision>,
}

impl Graph {
    /// The graph of revisions.
    ///
    /// # Errors
    ///
    /// `is_configuration()` for two of one id or label, a parent that is not there, and revisions that follow each other in
    /// a circle.
    pub fn new(mut revisions: Vec<Revision>) -> Result<Self> {
        revisions.sort_by_cached_key(Revision::file_name);
        replaced::follow(&mut revisions);
        let mut names = BTreeMap::new();
        for revision in &revisions {
            let own = std::iter::once(&revision.id).chain(&revision.labels);
            for name in own.chain(revision.stands_for()) {
                if let Some(other) = names.insert(name.clone(), revision.file_name()) {
                    return Err(Error::configuration(format!(
                        "two revisions are called {name}: {other} and {}",
                        revision.file_name()
                    )));
                }
            }
        }
        let mut sorted: Vec<Revision> = Vec::with_capacity(revisions.len());
        let mut known: BTreeSet<String> = BTreeSet::new();
        while !revisions.is_empty() {
            let free = |revision: &Revision| before(revision).all(|id| known.contains(id));
            let Some(next) = revisions.iter().position(free) else {
                return Err(stuck(&revisions, &known));
            };
            let revision = revisions.remove(next);
            known.insert(revision.id.clone());
            sorted.push(revision);
        }
        Ok(Self { revisions: sorted })
    }

    /// The graph of the revision files in a folder: those whose names end in `.toml`. A folder that is not there has none.
    ///
    /// # Errors
    ///
    /// `is_configuration()` for a file that can't be read, saying where in it, and as [`Graph::new`].
    pub fn read_folder(folder: &Path) -> Result<Self> {
        let unreadable = |path: &Path, error: std::io::Error| {
            Error::configuration(format!("{}: {error}", path.display())).with_source(error)
        };
        let mut revisions = Vec::new();
        let files = match std::fs::read_dir(folder) {
            Ok(files) => files,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Self::new(revisions);
            }
            Err(error) => return Err(unreadable(folder, error)),
        };
        for file in files {
            let path = file.map_err(|error| unreadable(folder, error))?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "toml")
            {
                let text =
                    std::fs::read_to_string(&path).map_err(|error| unreadable(&path, error))?;
                revisions.push(Revision::read(&text, &path.display().to_string())?);
            }
        }
        Self::new(revisions)
    }

    /// The graph of revisions that are built into the program: the name and the text of each file, as `birgus::migrations!`
    /// gives them. Those of other databases than the main one are left out.
    ///
    /// # Errors
    ///
    /// As [`Graph::read_folder`].
    pub fn embedded(files: &[(&str, &str)]) -> Result<Self> {
        Self::embedded_of(files, None)
    }

    /// The graph of the revisions in a folder of their own: those of the database that is bound to that name.
    ///
    /// # Errors
    ///
    /// As [`Graph::read_folder`].
    pub fn embedded_of(files: &[(&str, &str)], bind: Option<&str>) -> Result<Self> {
        let folder = |name: &str| name.rsplit_once('/').map(|(folder, _)| folder.to_owned());
        let own = files
            .iter()
            .filter(|(name, _)| folder(name).as_deref() == bind);
        let revisions = own.map(|(name, text)| Revision::read(text, name));
        Self::new(revisions.collect::<Result<_>>()?)
    }

    /// The revisions, parents before their children.
    pub fn revisions(&self) -> &[Revision] {
        &self.revisions
    }

    /// The revisions that none follows.
    pub fn heads(&self) -> Vec<&Revision> {
        let followed: BTreeSet<&String> = (self.revisions.iter())
            .flat_map(|revision| &revision.parents)
            .collect();
        (self.revisions.iter())
            .filter(|revision| !followed.contains(&revision.id))
            .collect()
    }

    /// The revisions that follow none.
    pub fn bases(&self) -> Vec<&Revision> {
        let bases = self.revisions.iter();
        bases
            .filter(|revision| revision.parents.is_empty())
            .collect()
    }

    /// The revisions that several follow.
    pub fn branch_points(&self) -> Vec<&Revision> {
        let followers = |id: &String| {
            let all = self.revisions.iter();
            all.filter(|revision| revision.parents.contains(id)).count()
        };
        let points = self.revisions.iter();
        points
            .filter(|revision| followers(&revision.id) > 1)
            .collect()
    }

    /// The revision of that id, label, or of the only id that begins so; also the one that has taken the place of that id.
    ///
    /// # Errors
    ///
    /// `is_configuration()` when there is none, or several.
    pub fn find(&self, name: &str) -> Result<&Revision> {
        self.find_among(name, None)
    }

    /// The same among some of them, where a beginning is enough that is theirs alone.
    pub(super) fn find_among(
        &self,
        name: &str,
        among: Option<&BTreeSet<String>>,
    ) -> Result<&Revision> {
        let named = |revision: &&Revision| {
            let own = std::iter::once(&revision.id).chain(&revision.labels);
            own.chain(revision.stands_for()).any(|own| own == name)
        };
        if let Some(revision) = self.revisions.iter().find(named) {
            return Ok(revision);
        }
        let begins = |revision: &&Revision| {
            !name.is_empty()
                && revision.id.starts_with(name)
                && among.is_none_or(|members| members.contains(&revision.id))
        };
        let found: Vec<&Revision> = self.revisions.iter().filter(begins).collect();
        match found[..] {
            [only] => Ok(only),
            [] if self.revisions.is_empty() => Err(Error::configuration(format!(
                "there is no revision {name}: there are none at all"
            ))),
            [] => Err(Error::configuration(format!("there is no revision {name}"))),
            ref several => {
                let ids: Vec<&str> = several.iter().map(|one| one.id.as_str()).collect();
                Err(Error::configuration(format!(
                    "{name} is the beginning of several revisions: {}",
                    ids.join(", ")
                )))
            }
        }
    }

    /// The revisions to apply, in order, so that the target is there, where these are applied.
    ///
    /// # Errors
    ///
    /// `is_configuration()` for a target that is not there, several heads where one is asked for, and an applied revision
    /// without a file.
    pub fn upgrade(&self, applied: &BTreeSet<String>, target: &Target) -> Result<Vec<&Revision>> {
        self.refuse_unknown(applied)?;
        let open = |revision: &&Revision| !applied.contains(&revision.id);
        match target {
            Target::Base => Ok(Vec::new()),
            Target::Heads => Ok(self.revisions.iter().filter(open).collect()),
            Target::Head => {
                let head = self.head()?;
                Ok(self.up_to(&[&head.id]).into_iter().filter(open).collect())
            }
            Target::Relative(number) => {
                let all = self.revisions.iter().filter(open).collect();
                on(all, *number)
            }
            Target::Revision(text) => match self.place(text)? {
                Place::Base | Place::BaseOf(_) => Ok(Vec::new()),
                Place::At(found) => {
                    let ids: Vec<&str> = found.iter().map(|one| one.id.as_str()).collect();
                    Ok(self.up_to(&ids).into_iter().filter(open).collect())
                }
                Place::Steps(members, number) => {
                    let ids: Vec<&str> = members.iter().map(String::as_str).collect();
                    on(self.up_to(&ids).into_iter().filter(open).collect(), number)
                }
            },
        }
    }

    /// The revisions to take back, in order, so that nothing behind the target is left of what is applied.
    ///
    /// # Errors
    ///
    /// As [`Graph::upgrade`].
    pub fn downgrade(&self, applied: &BTreeSet<String>, target: &Target) -> Result<Vec<&Revision>> {
        self.refuse_unknown(applied)?;
        let there: Vec<&Revision> = (self.revisions.iter().rev())
            .filter(|revision| applied.contains(&revision.id))
            .collect();
        match target {
            Target::Base => Ok(there),
            Target::Head | Target::Heads => Ok(Vec::new()),
            Target::Relative(number) => back(there, *number),
            Target::Revision(text) => {
                let within = |members: &BTreeSet<String>| -> Vec<&Revision> {
                    let there = there.iter().copied();
                    there.filter(|one| members.contains(&one.id)).collect()
                };
                match self.place(text)? {
                    Place::Base => Ok(there),
                    Place::BaseOf(members) => Ok(within(&members)),
                    Place::Steps(members, number) => back(within(&members), number),
                    Place::At(found) => {
                        let mut behind = BTreeSet::new();
                        for revision in found {
                            if !applied.contains(&revision.id) {
                                return Err(Error::configuration(format!(
                                    "downgrade {text}: it is not applied"
                                )));
                            }
                            behind.extend(self.behind(&revision.id));
                        }
                        Ok(within(&behind))
                    }
                }
            }
        }
    }

    /// The state that the revisions up to some make, without any database.
    ///
    /// # Errors
    ///
    /// `is_configuration()` for an operation that does not fit, naming the revision.
    pub fn state(&self, ids: &[&str]) -> Result<State> {
        let mut state = State::default();
        for revision in self.up_to(ids) {
            for (position, operation) in revision.upgrade.iter().enumerate() {
                state.apply(operation).map_err(|error| {
                    error.context(format!(
                        "{}: operation {} of its upgrade",
                        revision.file_name(),
                        position + 1
                    ))
                })?;
            }
        }
        Ok(state)
    }

    /// The only end.
    ///
    /// # Errors
    ///
    /// `is_configuration()` when there is none, or several.
    pub fn head(&self) -> Result<&Revision> {
        match self.heads()[..] {
            [head] => Ok(head),
            [] => Err(Error::configuration("there are no revisions")),
            ref several => Err(Error::configuration(format!(
                "there are several heads: {}; merge them, or name one, or say heads",
                listed(several)
            ))),
        }
    }

    fn refuse_unknown(&self, applied: &BTreeSet<String>) -> Result<()> {
        let known = |id: &&String| !self.revisions.iter().any(|revision| revision.id == **id);
        match applied.iter().find(known) {
            None => Ok(()),
            Some(id) => Err(Error::configuration(format!(
                "the revision {id} is applied, and there is no file of it: the database is ahead of this program, or the file was lost"
            ))),
        }
    }

    /// The revisions and everything before them, in order.
    pub(super) fn up_to(&self, ids: &[&str]) -> Vec<&Revision> {
        let mut wanted: BTreeSet<&str> = ids.iter().copied().collect();
        for revision in self.revisions.iter().rev() {
            if wanted.contains(revision.id.as_str()) {
                wanted.extend(before(revision).map(String::as_str));
            }
        }
        (self.revisions.iter())
            .filter(|revision| wanted.contains(revision.id.as_str()))
            .collect()
    }

    /// What follows a revision, directly or not.
    pub(super) fn behind(&self, id: &str) -> BTreeSet<String> {
        let mut behind = BTreeSet::new();
        for revision in &self.revisions {
            if before(revision).any(|before| before == id || behind.contains(before)) {
                behind.insert(revision.id.clone());
            }
        }
        behind
    }
}

/// The first so many of the revisions that may come.
fn on(open: Vec<&Revision>, number: i32) -> Result<Vec<&Revision>> {
    let Ok(number) = usize::try_from(number) else {
        return Err(Error::configuration(format!(
            "upgrade {number}: a downgrade goes back"
        )));
    };
    if open.len() < number {
        return Err(Error::configuration(format!(
            "upgrade +{number}: there are only {} revisions to apply",
            open.len()
        )));
    }
    Ok(open.into_iter().take(number).collect())
}

/// The last so many of the revisions that are there.
fn back(there: Vec<&Revision>, number: i32) -> Result<Vec<&Revision>> {
    if number > 0 {
        return Err(Error::configuration(format!(
            "downgrade +{number}: an upgrade goes on"
        )));
    }
    let number = usize::try_from(number.unsigned_abs()).unwrap_or(usize::MAX);
    if there.len() < number {
        return Err(Error::configuration(format!(
            "downgrade -{number}: only {} revisions are applied",
            there.len()
        )));
    }
    Ok(there.into_iter().take(number).collect())
}

/// The revisions that must be there before one.
fn before(revision: &Revision) -> impl Iterator<Item = &String> {
    revision.parents.iter().chain(&revision.depends_on)
}

/// Why none of the revisions can come next.
fn stuck(revisions: &[Revision], known: &BTreeSet<String>) -> Error {
    for revision in revisions {
        let missing =
            |id: &&String| !known.contains(*id) && !revisions.iter().any(|other| other.id == **id);
        if let Some(id) = before(revision).find(missing) {
            return Error::configuration(format!(
                "{} follows the revision {id}, of which there is no file",
                revision.file_name()
            ));
        }
    }
    let ids: Vec<&str> = revisions
        .iter()
        .map(|revision| revision.id.as_str())
        .collect();
    Error::configuration(format!(
        "revisions follow each other in a circle: {}",
        ids.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use birgus_core::chrono::{DateTime, Utc};

    use super::*;
    use crate::apply::checksum;

    /// `b<-a,c` means that b follows a and c.
    fn graph(text: &str) -> Result<Graph> {
        let revisions = text.split_whitespace().enumerate().map(|(number, one)| {
            let (id, parents) = one.split_once("<-").unwrap_or((one, ""));
            let parents = parents.split(',').filter(|id| !id.is_empty());
            let created = DateTime::<Utc>::from_timestamp(i64::try_from(number).unwrap_or(0), 0);
            Revision::new(
                id,
                parents.map(str::to_owned).collect(),
                "",
                created.unwrap_or_default(),
            )
        });
        Graph::new(revisions.collect())
    }

    fn ids(revisions: &[&Revision]) -> String {
        let ids: Vec<&str> = revisions
            .iter()
            .map(|revision| revision.id.as_str())
            .collect();
        ids.join(" ")
    }

    fn applied(ids: &str) -> BTreeSet<String> {
        ids.split_whitespace().map(str::to_owned).collect()
    }

    fn up(graph: &Graph, there: &str, target: &str) -> String {
        let target = Target::read(target)
            .and_then(|target| Ok(ids(&graph.upgrade(&applied(there), &target)?)));
        target.unwrap_or_else(|error| error.to_string())
    }

    fn down(graph: &Graph, there: &str, target: &str) -> String {
        let target = Target::read(target)
            .and_then(|target| Ok(ids(&graph.downgrade(&applied(there), &target)?)));
        target.unwrap_or_else(|error| error.to_string())
    }

    #[test]
    fn a_line() -> Result<()> {
        let graph = graph("a1 b2<-a1 c3<-b2 b4<-c3")?;
        assert_eq!(ids(&graph.heads()), "b4");
        assert_eq!(ids(&graph.bases()), "a1");
        assert_eq!(up(&graph, "", "head"), "a1 b2 c3 b4");
        assert_eq!(up(&graph, "a1", "+2"), "b2 c3");
        assert_eq!(up(&graph, "a1", "c"), "b2 c3");
        assert_eq!(up(&graph, "a1 b2 c3 b4", "head"), "");
        assert_eq!(
            up(&graph, "a1 b2 c3", "+2"),
            "upgrade +2: there are only 1 revisions to apply"
        );
        assert_eq!(
            up(&graph, "", "b"),
            "b is the beginning of several revisions: b2, b4"
        );
        assert_eq!(up(&graph, "", "x"), "there is no revision x");
        assert_eq!(down(&graph, "a1 b2 c3", "-1"), "c3");
        assert_eq!(down(&graph, "a1 b2 c3", "a1"), "c3 b2");
        assert_eq!(down(&graph, "a1 b2 c3", "base"), "c3 b2 a1");
        assert_eq!(down(&graph, "a1", "c3"), "downgrade c3: it is not applied");
        assert!(
            up(&graph, "a1 z9", "head")
                .starts_with("the revision z9 is applied, and there is no file")
        );
        Ok(())
    }

    #[test]
    fn branches_and_a_merge() -> Result<()> {
        let two = graph("a b<-a c<-a")?;
        assert_eq!(ids(&two.heads()), "b c");
        assert_eq!(ids(&two.branch_points()), "a");
        assert_eq!(
            up(&two, "", "head"),
            "there are several heads: b, c; merge them, or name one, or say heads"
        );
        assert_eq!(up(&two, "", "heads"), "a b c");
        assert_eq!(up(&two, "", "c"), "a c");
        let merged = graph("a b<-a c<-a d<-b,c")?;
        assert_eq!(up(&merged, "a c", "head"), "b d");
        assert_eq!(down(&merged, "a b c d", "b"), "d", "the other branch stays");
        assert_eq!(down(&merged, "a b c d", "a"), "d c b");
        Ok(())
    }

    #[test]
    fn steps_from_a_revision_and_targets_on_a_branch() -> Result<()> {
        let line = graph("a1 b2<-a1 c3<-b2 d-4<-c3")?;
        assert_eq!(up(&line, "", "a1+2"), "a1 b2 c3");
        assert_eq!(up(&line, "", "head-1"), "a1 b2 c3");
        assert_eq!(up(&line, "", "base+1"), "a1");
        assert_eq!(
            up(&line, "", "d-4"),
            "a1 b2 c3 d-4",
            "an id may look like steps"
        );
        assert_eq!(up(&line, "", "c+9"), "c+9: there are not so many revisions");
        assert_eq!(down(&line, "a1 b2 c3", "c3-1"), "c3");
        assert_eq!(down(&line, "a1 b2 c3", "c3-3"), "c3 b2 a1");

        let mut branches = graph("a b<-a c<-b x<-a y<-x")?.revisions;
        branches[1].labels = vec!["shop".to_owned()];
        let branches = Graph::new(branches)?;
        assert_eq!(up(&branches, "", "shop@head"), "a b c");
        assert_eq!(up(&branches, "a", "shop@+1"), "b");
        assert_eq!(up(&branches, "a", "x@+2"), "x y");
        assert_eq!(
            up(&branches, "", "shop@y"),
            "the revision y is not on the branch shop"
        );
        assert_eq!(down(&branches, "a b c x", "shop@-1"), "c");
        assert_eq!(down(&branches, "a b c x", "shop@base"), "c b");
        assert_eq!(
            up(&branches, "", "a+1"),
            "a+1: there are several ways: b, x; name one"
        );
        assert_eq!(
            up(&branches, "", "a@head"),
            "the branch a has several heads: c, y; name one, or say a@heads"
        );
        Ok(())
    }

    #[test]
    fn a_range_of_the_history_has_both_ends() -> Result<()> {
        let graph = graph("a b<-a c<-b x<-a")?;
        assert_eq!(ids(&graph.history(None, None)?), "x c b a");
        assert_eq!(ids(&graph.history(Some("b"), Some("c"))?), "c b");
        assert_eq!(ids(&graph.history(None, Some("b"))?), "b a");
        assert_eq!(ids(&graph.history(Some("x"), None)?), "x c b");
        Ok(())
    }

    #[test]
    fn a_revision_takes_the_place_of_others() -> Result<()> {
        let mut revisions = graph("s c d<-c")?.revisions;
        let before = checksum(&revisions[2])?;
        revisions.remove(1);
        revisions[0].replaces = vec!["a".to_owned(), "b".to_owned(), "c".to_owned()];
        let graph = Graph::new(revisions)?;
        assert_eq!(up(&graph, "", "head"), "s d");
        assert_eq!(up(&graph, "", "c"), "s");
        assert_eq!(
            checksum(&graph.revisions[1])?,
            before,
            "its file is the same"
        );
        Ok(())
    }

    #[test]
    fn what_is_no_graph_is_refused() {
        let problem = |text: &str| graph(text).err().map(|error| error.to_string());
        assert!(
            problem("a a").is_some_and(|text| text.starts_with("two revisions are called a: "))
        );
        assert!(problem("b<-a").is_some_and(|text| text.ends_with("of which there is no file")));
        assert_eq!(
            problem("a<-b b<-a").as_deref(),
            Some("revisions follow each other in a circle: a, b")
        );
    }
}
