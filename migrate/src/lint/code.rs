//! The codes of findings, each with what it is, why it matters, and what to do.

use std::fmt;

use serde::{Serialize, Serializer};

use super::Severity;

/// What a code stands for. `docs/lint.md` has a row for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct About {
    pub(crate) code: &'static str,
    pub(crate) severity: Severity,
    pub(crate) why: &'static str,
    pub(crate) remedy: &'static str,
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $name:ident = $code:literal, $severity:ident, $why:literal, $remedy:literal;)*) => {
        /// What a finding is about: `D102`. The letter is its group.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $doc])* $name,)*
        }

        impl Code {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            pub(crate) fn about(self) -> About {
                match self {
                    $(Self::$name => About {
                        code: $code,
                        severity: Severity::$severity,
                        why: $why,
                        remedy: $remedy,
                    },)*
                }
            }
        }
    };
}

codes! {
    /// A table is dropped.
    DropTable = "D101", Warning,
        "The rows go with the table, and a downgrade brings back an empty one.",
        "copy what is still wanted first; drop the table in a release after the one that stops using it";
    /// A column is dropped.
    DropColumn = "D102", Warning,
        "The values go with the column, and a downgrade brings back an empty one.",
        "copy what is still wanted first; a column that only has a new name is renamed (rename_column)";
    /// A text of an enum is dropped.
    DropEnumValue = "D103", Warning,
        "Rows that hold the text have no place in the new type.",
        "give these rows another text before (backfill), or rename the text (rename_enum_value)";
    /// Digits are lost.
    LosesDigits = "D104", Warning,
        "Digits behind the point are rounded away, and a downgrade does not bring them back.",
        "keep the old column beside the new one until the digits are known to be of no use";
    /// A part of a point in time is lost.
    LosesTime = "D105", Warning,
        "The time of day is cut off, and a downgrade does not bring it back.",
        "keep the old column beside the new one until the time is known to be of no use";
    /// Values are replaced.
    ReplacesValues = "D106", Warning,
        "The expression of the new values does not look at the old ones, which are lost.",
        "use the column in the expression, or drop it and add another";

    /// A column that can't be NULL is added, and nothing fills it.
    AddWithoutValue = "V201", Warning,
        "Rows that are there have no value for the column: the change fails if there is any.",
        "say what they get (backfill), give the column a default, or allow NULL";
    /// A column may no longer be NULL.
    SetNotNull = "V202", Warning,
        "The change fails if there is a row with NULL.",
        "say what takes the place of NULL (backfill)";
    /// A unique index over rows that are there.
    UniqueOverRows = "V203", Warning,
        "The change fails if two rows agree in the columns.",
        "find such rows and mend or merge them in a revision before this one";
    /// A foreign key over rows that are there.
    ForeignKeyOverRows = "V204", Warning,
        "The change fails if a row references one that is not there.",
        "set such columns to NULL, or delete such rows, in a revision before this one";
    /// A check over rows that are there.
    CheckOverRows = "V205", Warning,
        "The change fails if a row does not meet the check.",
        "mend such rows in a revision before this one (backfill)";
    /// A narrower type.
    Narrower = "V206", Warning,
        "The change fails if a value does not fit into the new type.",
        "shorten or move such values in a revision before this one (backfill)";
    /// Text becomes something else.
    TextConverted = "V207", Warning,
        "The change fails if a text can't be read as the new type.",
        "mend such texts in a revision before this one (backfill)";
    /// The primary key changes.
    KeyOverRows = "V208", Warning,
        "The change fails if two rows agree in the new key, or one has NULL in it.",
        "mend such rows in a revision before this one";

    /// An index is built while writers wait.
    IndexLocks = "L301", Warning,
        "Nobody writes to the table until the index is built, which takes long where there are many rows.",
        "build it while writers go on, where the engine can (concurrently = true)";
    /// The table is written anew.
    Rewrites = "L302", Warning,
        "Every row is written anew under a lock, which takes long where there are many.",
        "add a column beside the old one, fill it in parts (backfill), change the program, and drop the old one later";
    /// Every row is read under a lock.
    Scans = "L303", Warning,
        "Every row is checked under a lock, which takes long where there are many.",
        "apply it when the table is little used, with a lock timeout, so that it fails rather than stop everybody";
    /// All rows are set at once.
    SetsAllRows = "L304", Warning,
        "One statement sets all rows, and holds their locks until the end.",
        "add the column with NULL allowed, fill it in parts (backfill), and forbid NULL after that";

    /// A table that the running program uses is gone.
    TableGone = "B401", Warning,
        "The version of the program that runs meanwhile fails at every use of the table.",
        "release a version first that does not use it; leave a view of the old name in place of a renamed one";
    /// A column that the running program reads is gone.
    ColumnGone = "B402", Warning,
        "The version of the program that runs meanwhile names the column in every SELECT, and fails.",
        "release a version first that does not use it; instead of renaming, add the new column and fill it";
    /// A column that can't be NULL, without a default.
    NeedsValue = "B403", Warning,
        "The version of the program that runs meanwhile inserts rows without the column, and fails.",
        "give the column a default in the database, or allow NULL until all programs are new";
    /// NULL is forbidden.
    ForbidsNull = "B404", Warning,
        "The version of the program that runs meanwhile may write NULL, and fails.",
        "release a version first that writes no NULL";
    /// NULL is allowed.
    AllowsNull = "B405", Note,
        "The version of the program that runs meanwhile can't read a NULL that a new one writes.",
        "let the new version write NULL only once all programs are new";
    /// Another type.
    OtherType = "B406", Warning,
        "The version of the program that runs meanwhile reads and writes values of the old type.",
        "add a column of the new type beside the old one, and drop the old one later";
    /// Texts of an enum that are gone.
    EnumValueGone = "B407", Warning,
        "The version of the program that runs meanwhile may write the text, and fails.",
        "release a version first that does not write it";
    /// Texts of an enum that are new.
    EnumValueNew = "B408", Note,
        "The version of the program that runs meanwhile can't read the new text.",
        "let the new version write it only once all programs are new";
    /// A new rule for rows.
    NewRule = "B409", Note,
        "The version of the program that runs meanwhile does not know the rule, and may fail at it.",
        "release a version first that keeps the rule";
    /// A default is gone.
    DefaultGone = "B410", Warning,
        "The version of the program that runs meanwhile may leave the column to its default, and fails.",
        "keep the default until all programs are new";

    /// Nothing takes it back.
    NoDowngrade = "R501", Warning,
        "The revision can't be taken back: there is nothing to run, and the tables stay as they are.",
        "write how it is taken back, or be sure that nobody needs to";
    /// The downgrade leads elsewhere.
    LeadsElsewhere = "R502", Warning,
        "After the downgrade the tables are not what they were before the upgrade.",
        "mend the downgrade until the two agree";
    /// The downgrade does not fit.
    DowngradeFails = "R503", Error,
        "The downgrade does not fit the tables that the upgrade leaves.",
        "mend the operation that is named";

    /// A foreign key without an index.
    NoIndex = "S601", Warning,
        "Every delete in the referenced table reads the whole table, and may lock it.",
        "create an index that begins with the columns of the key";
    /// Statements that nothing takes back.
    SqlStays = "S602", Warning,
        "The upgrade runs statements, and the downgrade runs none: what they did stays.",
        "write statements that take it back, or an empty list that says there is nothing to do";
    /// Statements that may not run twice.
    NotRepeatable = "S603", Warning,
        "DDL commits by itself: if the program is stopped meanwhile, nobody can tell whether they ran.",
        "write them so that they may run twice, and say so (repeatable = true)";
    /// No statements for the engine.
    NoStatements = "S604", Warning,
        "An engine without statements is refused when the revision is applied.",
        "write them for the engine, or an empty list, or any";
    /// A function that nobody has registered.
    NoFunction = "S605", Error,
        "The program does not know the function that the step calls, and refuses the revision.",
        "register it by its name before revisions are applied";
    /// Several heads.
    SeveralHeads = "S606", Warning,
        "Nobody can tell which revision is the last, and `upgrade head` is refused.",
        "merge them (db merge)";
    /// A revision that does nothing.
    Empty = "S607", Note,
        "The revision does nothing: it may have been forgotten.",
        "write its operations, or delete the file";
    /// A code that there is none of.
    UnknownCode = "S608", Warning,
        "What is silenced is no code, so that nothing is silenced by it.",
        "look the code up in the guide";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.about().code)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.about().code)
    }
}
