//! Where to go in a graph, as people write it: `head`, `+1`, `shop@head`, `ae10-2`.

use std::collections::BTreeSet;

use birgus_core::{Error, Result};

use super::{Graph, Revision};

/// Where to go.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// The only end; an error when there are several.
    Head,
    /// Every end.
    Heads,
    /// Before the first revision.
    Base,
    /// So many revisions on, or back.
    Relative(i32),
    /// A revision: its id or the beginning of it, or a label; so many revisions from one (`ae10+2`, `head-1`); and on one branch
    /// of several, which a label or any of its revisions names: `shop@head`, `shop@base`, `shop@+1`, `shop@ae10`.
    Revision(String),
}

impl Target {
    /// Reads a target: `head`, `heads`, `base`, `+2`, `-1`, an id or the beginning of one, a label, `ae10+2`, `shop@head`.
    ///
    /// # Errors
    ///
    /// `is_configuration()` for a number that is none.
    pub fn read(text: &str) -> Result<Self> {
        Ok(match text {
            "head" => Self::Head,
            "heads" => Self::Heads,
            "base" => Self::Base,
            _ if text.starts_with(['+', '-']) => Self::Relative(steps(text)?),
            _ => Self::Revision(text.to_owned()),
        })
    }
}

fn steps(text: &str) -> Result<i32> {
    text.parse().map_err(|_| {
        Error::configuration(format!("{text:?}: write +n or -n for so many revisions"))
    })
}

/// What a text names in a graph.
#[derive(Debug)]
pub(super) enum Place<'a> {
    /// Before the first revision.
    Base,
    /// These revisions.
    At(Vec<&'a Revision>),
    /// Before the first revision of a branch: those that it has.
    BaseOf(BTreeSet<String>),
    /// So many revisions on, or back, on a branch.
    Steps(BTreeSet<String>, i32),
}

impl Graph {
    /// What a text names.
    pub(super) fn place(&self, text: &str) -> Result<Place<'_>> {
        let Some((branch, rest)) = text.split_once('@') else {
            return self.revision_or_base(text, None);
        };
        let root = self.find(branch)?;
        let mut members = self.behind(&root.id);
        members.insert(root.id.clone());
        let ends = || {
            let heads = self.heads().into_iter();
            heads
                .filter(|head| members.contains(&head.id))
                .collect::<Vec<_>>()
        };
        match rest {
            "head" => match ends()[..] {
                [head] => Ok(Place::At(vec![head])),
                ref several => Err(Error::configuration(format!(
                    "the branch {branch} has several heads: {}; name one, or say {branch}@heads",
                    listed(several)
                ))),
            },
            "heads" => Ok(Place::At(ends())),
            "base" => Ok(Place::BaseOf(members)),
            _ if rest.starts_with(['+', '-']) => Ok(Place::Steps(members, steps(rest)?)),
            _ => {
                members.extend(self.up_to(&[&root.id]).iter().map(|one| one.id.clone()));
                let place = self.revision_or_base(rest, Some(&members))?;
                match &place {
                    Place::At(found) if found.iter().any(|one| !members.contains(&one.id)) => {
                        Err(Error::configuration(format!(
                            "the revision {rest} is not on the branch {branch}"
                        )))
                    }
                    _ => Ok(place),
                }
            }
        }
    }

    /// A revision, or one that is so many steps from it.
    fn revision_or_base(&self, text: &str, among: Option<&BTreeSet<String>>) -> Result<Place<'_>> {
        match text {
            "head" => return Ok(Place::At(vec![self.head()?])),
            "heads" => return Ok(Place::At(self.heads())),
            "base" => return Ok(Place::Base),
            _ => {}
        }
        // An id may hold a `-` itself.
        let unknown = match self.find_among(text, among) {
            Ok(revision) => return Ok(Place::At(vec![revision])),
            Err(unknown) => unknown,
        };
        let number = |at: &usize| {
            let digits = &text[at + 1..];
            !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
        };
        let sign = text.rfind(['+', '-']).filter(|at| *at > 0).filter(number);
        let Some(at) = sign else {
            return Err(unknown);
        };
        let (from, number) = (&text[..at], steps(&text[at..])?);
        let from = self.revision_or_base(from, among)?;
        self.walk(text, from, number, among)
    }

    fn walk<'a>(
        &'a self,
        text: &str,
        from: Place<'a>,
        number: i32,
        among: Option<&BTreeSet<String>>,
    ) -> Result<Place<'a>> {
        let mut at = match from {
            Place::At(found) => match found[..] {
                [one] => Some(one),
                _ => {
                    return Err(Error::configuration(format!(
                        "{text}: steps are counted from one revision; there are {}",
                        listed(&found)
                    )));
                }
            },
            _ => None,
        };
        for _ in 0..number.unsigned_abs() {
            let next: Vec<&Revision> = if number > 0 {
                self.followers(at.map(|one| one.id.as_str()))
            } else {
                let ids = at.map(|one| one.parents.as_slice()).unwrap_or_default();
                ids.iter().filter_map(|id| self.find(id).ok()).collect()
            };
            let inside = |one: &&Revision| among.is_none_or(|members| members.contains(&one.id));
            let next: Vec<&Revision> = next.into_iter().filter(inside).collect();
            at = match (&next[..], at) {
                ([one], _) => Some(one),
                ([], Some(one)) if number < 0 && one.parents.is_empty() => None,
                ([], _) => {
                    return Err(Error::configuration(format!(
                        "{text}: there are not so many revisions"
                    )));
                }
                (several, _) => {
                    return Err(Error::configuration(format!(
                        "{text}: there are several ways: {}; name one",
                        listed(several)
                    )));
                }
            };
        }
        Ok(at.map_or(Place::Base, |one| Place::At(vec![one])))
    }

    /// The revisions that follow one; those that follow none.
    fn followers(&self, id: Option<&str>) -> Vec<&Revision> {
        let all = self.revisions().iter();
        all.filter(|revision| match id {
            Some(id) => revision.parents.iter().any(|parent| parent == id),
            None => revision.parents.is_empty(),
        })
        .collect()
    }

    /// The revisions from one to another, both among them, newest first. Without a beginning from the first revision, without an
    /// end to every head.
    ///
    /// # Errors
    ///
    /// `is_configuration()` for a revision that is not there.
    pub fn history(&self, from: Option<&str>, to: Option<&str>) -> Result<Vec<&Revision>> {
        let ids = |place: Place<'_>| match place {
            Place::At(found) => found.iter().map(|one| one.id.clone()).collect(),
            _ => Vec::new(),
        };
        let ends = ids(self.place(to.unwrap_or("heads"))?);
        let starts = match from {
            Some(from) => ids(self.place(from)?),
            None => Vec::new(),
        };
        let before = |starts: &[String]| -> BTreeSet<&str> {
            let names: Vec<&str> = starts.iter().map(String::as_str).collect();
            let all = self.up_to(&names).into_iter();
            all.map(|one| one.id.as_str())
                .filter(|id| !names.contains(id))
                .collect()
        };
        let left_out = before(&starts);
        let ends: Vec<&str> = ends.iter().map(String::as_str).collect();
        let found = self.up_to(&ends).into_iter().rev();
        Ok(found
            .filter(|one| !left_out.contains(one.id.as_str()))
            .collect())
    }
}

pub(super) fn listed(revisions: &[&Revision]) -> String {
    let titles: Vec<String> = revisions.iter().map(|one| one.title()).collect();
    titles.join(", ")
}
