//! What the exit code of a command says.

use std::process::ExitCode;

use birgus_core::Error;

/// What every help says of them.
pub(super) const HELP: &str = "Exit codes:\n  0  done\n  1  refused, or something was found that has to be done\n  2  the arguments are wrong\n  3  the database can't be reached";

/// What came of a command, in the order of how bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// It was done.
    Done,
    /// It was refused, failed, or found something that has to be done.
    Refused,
    /// The arguments are wrong.
    Usage,
    /// The database can't be reached.
    Unreachable,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Refused => 1,
            Self::Usage => 2,
            Self::Unreachable => 3,
        }
    }

    pub(super) fn of(error: &Error) -> Self {
        let unreachable = error.is_connection_failed()
            || error.is_connection_lost()
            || error.is_authentication_failed()
            || error.is_unknown_database();
        if unreachable {
            Self::Unreachable
        } else {
            Self::Refused
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
