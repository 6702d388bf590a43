//! What a program does.

use proptest::collection::vec;
use proptest::strategy::{Just, Strategy, Union};

/// The models with a parent, by the first letter of their tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Item,
    Part,
    Lid,
    Seal,
    Node,
}

pub(crate) const KINDS: [Kind; 5] = [Kind::Item, Kind::Part, Kind::Lid, Kind::Seal, Kind::Node];

impl Kind {
    pub(crate) fn letter(self) -> char {
        match self {
            Self::Item => 'i',
            Self::Part => 'p',
            Self::Lid => 'l',
            Self::Seal => 's',
            Self::Node => 'n',
        }
    }

    pub(crate) fn of(tag: &str) -> Option<Self> {
        KINDS
            .into_iter()
            .find(|kind| tag.starts_with(kind.letter()))
    }

    pub(crate) fn parent(self) -> char {
        if self == Self::Node { 'n' } else { 'c' }
    }

    pub(crate) fn is_one(self) -> bool {
        matches!(self, Self::Lid | Self::Seal)
    }

    pub(crate) fn is_required(self) -> bool {
        matches!(self, Self::Part | Self::Seal)
    }

    pub(crate) fn is_orphan(self) -> bool {
        !matches!(self, Self::Item | Self::Node)
    }
}

/// What a program does. The numbers choose among what is there.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    AddParent(bool),
    Add(Kind, Option<u8>),
    Link(Kind, u8, u8, bool),
    Unlink(Kind, u8, bool),
    SetUp(Kind, u8, Option<u8>),
    SetDown(Kind, u8, u8),
    Assign(Kind, u8, Option<u8>),
    Delete(u8),
    LinkDeleted(Kind, u8, u8),
    Pair(u8, u8, bool),
    Unpair(u8, u8, bool),
    SetPairs(u8, u8, bool),
    PairByHand(u8, u8),
    UnpairByHand(u8),
    Look(u8),
    LookAtAll,
    Load(Kind, u8, u8),
    LoadPairs(u8, bool),
    Refresh(u8),
    Flush,
    Commit,
    Rollback,
    Begin,
    End(bool),
    Clear,
}

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let any = || 0..=u8::MAX;
    let maybe = || proptest::option::of(0..=u8::MAX);
    let kind = || (0..KINDS.len()).prop_map(|at| KINDS[at]);
    let either = || proptest::bool::ANY;
    let choices = vec![
        (6, either().prop_map(Step::AddParent).boxed()),
        (
            10,
            (kind(), maybe())
                .prop_map(|(kind, at)| Step::Add(kind, at))
                .boxed(),
        ),
        (
            14,
            (kind(), any(), any(), either())
                .prop_map(|(kind, at, to, up)| Step::Link(kind, at, to, up))
                .boxed(),
        ),
        (
            5,
            (kind(), any(), either())
                .prop_map(|(kind, at, up)| Step::Unlink(kind, at, up))
                .boxed(),
        ),
        (
            3,
            (kind(), any(), maybe())
                .prop_map(|(kind, at, to)| Step::SetUp(kind, at, to))
                .boxed(),
        ),
        (
            4,
            (kind(), any(), any())
                .prop_map(|(kind, at, to)| Step::SetDown(kind, at, to))
                .boxed(),
        ),
        (
            3,
            (kind(), any(), maybe())
                .prop_map(|(kind, at, to)| Step::Assign(kind, at, to))
                .boxed(),
        ),
        (5, any().prop_map(Step::Delete).boxed()),
        (
            1,
            (kind(), any(), any())
                .prop_map(|(kind, at, to)| Step::LinkDeleted(kind, at, to))
                .boxed(),
        ),
        (
            8,
            (any(), any(), either())
                .prop_map(|(at, to, up)| Step::Pair(at, to, up))
                .boxed(),
        ),
        (
            4,
            (any(), any(), either())
                .prop_map(|(at, to, up)| Step::Unpair(at, to, up))
                .boxed(),
        ),
        (
            2,
            (any(), any(), either())
                .prop_map(|(at, to, up)| Step::SetPairs(at, to, up))
                .boxed(),
        ),
        (
            2,
            (any(), any())
                .prop_map(|(at, to)| Step::PairByHand(at, to))
                .boxed(),
        ),
        (2, any().prop_map(Step::UnpairByHand).boxed()),
        (8, any().prop_map(Step::Look).boxed()),
        (4, Just(Step::LookAtAll).boxed()),
        (
            4,
            (kind(), any(), any())
                .prop_map(|(kind, how, at)| Step::Load(kind, how, at))
                .boxed(),
        ),
        (
            2,
            (any(), either())
                .prop_map(|(how, up)| Step::LoadPairs(how, up))
                .boxed(),
        ),
        (3, any().prop_map(Step::Refresh).boxed()),
        (6, Just(Step::Flush).boxed()),
        (3, Just(Step::Commit).boxed()),
        (2, Just(Step::Rollback).boxed()),
        (2, Just(Step::Begin).boxed()),
        (3, either().prop_map(Step::End).boxed()),
        (1, Just(Step::Clear).boxed()),
    ];
    vec(Union::new_weighted(choices), 1..60)
}

/// Calls a method for the model of a kind.
macro_rules! of_kind {
    ($kind:expr, $world:ident . $method:ident ( $($argument:expr),* )) => {
        match $kind {
            Kind::Item => $world.$method::<Item>($($argument),*),
            Kind::Part => $world.$method::<Part>($($argument),*),
            Kind::Lid => $world.$method::<Lid>($($argument),*),
            Kind::Seal => $world.$method::<Seal>($($argument),*),
            Kind::Node => $world.$method::<Node>($($argument),*),
        }
    };
}
