//! Loading users with what belongs to them: every project by its own best forms, all of them in turns.

mod beds;
mod child;
mod entrant;
mod graph;
mod report;

pub(crate) use beds::{Children, postgres, sqlite};
pub(crate) use entrant::{Entrant, Loader};
pub(crate) use graph::{CommentNode, Graph, PostNode, comment, post, user};
