//! What SQLite tells about a table only in the text that created it: the names of constraints, and checks.

/// A token of a CREATE TABLE. SQLite keeps the user's own text, so names may hold anything: quotes, parentheses, line
/// breaks, words that mean something outside of quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// A bare word or number.
    Word(String),
    /// `"x"`, `` `x` `` or `[x]`.
    Quoted(String),
    /// `'x'`; as a name it is taken for one.
    Text(String),
    Symbol(char),
    /// What Birgus wrote into a comment: what the database tells people.
    Told(String),
}

impl Token {
    fn is_word(&self, word: &str) -> bool {
        matches!(self, Self::Word(own) if own.eq_ignore_ascii_case(word))
    }

    fn name(&self) -> Option<&str> {
        match self {
            Self::Word(text) | Self::Quoted(text) | Self::Text(text) => Some(text),
            Self::Symbol(_) | Self::Told(_) => None,
        }
    }
}

/// How a comment begins that is told to people; a JSON string follows, whose slashes are escaped, so that none ends it early.
const TOLD: &str = " comment: ";

/// Appends a comment that is told to people.
pub(crate) fn write_comment(sql: &mut String, comment: &str) {
    let text = serde_json::Value::from(comment)
        .to_string()
        .replace('/', "\\/");
    sql.push_str(&format!("/*{TOLD}{text} */"));
}

fn told(comment: &str) -> Option<String> {
    serde_json::from_str(comment.strip_prefix(TOLD)?.trim_end()).ok()
}

/// The constraints of a table, in the order in which they are written.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Constraints {
    pub(crate) checks: Vec<CheckText>,
    /// The names of the foreign keys.
    pub(crate) foreign_keys: Vec<Option<String>>,
    pub(crate) uniques: Vec<Unique>,
    pub(crate) autoincrement: bool,
    /// What is told of the table.
    pub(crate) comment: Option<String>,
    /// What is told of columns, by their names.
    pub(crate) comments: Vec<(String, String)>,
}

/// A CHECK.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CheckText {
    pub(crate) name: Option<String>,
    /// The text literals in it, in order.
    pub(crate) literals: Vec<String>,
    /// What must hold, without what stands between its words.
    pub(crate) sql: String,
}

/// A UNIQUE constraint.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unique {
    pub(crate) name: Option<String>,
    pub(crate) columns: Vec<String>,
}

/// Reads the constraints out of a CREATE TABLE; what it does not understand, it passes over.
pub(crate) fn constraints(sql: &str) -> Constraints {
    let tokens = tokenize(sql);
    let Some(open) = tokens.iter().position(|token| *token == Token::Symbol('(')) else {
        // CREATE TABLE … AS SELECT has none.
        return Constraints::default();
    };
    let (body, _) = group(&tokens, open);
    let mut reader = Reader {
        found: Constraints::default(),
        name: None,
    };
    let mut start = 0;
    if let Some(Token::Told(comment)) = body.first() {
        reader.found.comment = Some(comment.clone());
        start = 1;
    }
    let mut depth = 0_usize;
    for (position, token) in body.iter().enumerate() {
        match token {
            Token::Symbol('(') => depth += 1,
            Token::Symbol(')') => depth = depth.saturating_sub(1),
            Token::Symbol(',') if depth == 0 => {
                reader.definition(body.get(start..position).unwrap_or_default());
                start = position + 1;
            }
            _ => {}
        }
    }
    reader.definition(body.get(start..).unwrap_or_default());
    reader.found
}

struct Reader {
    found: Constraints,
    /// What CONSTRAINT named, until the constraint itself comes.
    name: Option<String>,
}

impl Reader {
    /// Reads a column with its constraints, or a constraint of the table.
    fn definition(&mut self, tokens: &[Token]) {
        self.name = None;
        let Some(first) = tokens.first() else {
            return;
        };
        let of_table = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"]
            .iter()
            .any(|word| first.is_word(word));
        let column = if of_table { None } else { first.name() };
        let mut position = usize::from(!of_table);
        if let (Some(column), Some(Token::Told(comment))) = (column, tokens.get(position)) {
            self.found
                .comments
                .push((column.to_owned(), comment.clone()));
        }
        // A foreign key of the table says REFERENCES as well, and is still one.
        let mut in_foreign_key = false;
        while let Some(token) = tokens.get(position) {
            position += 1;
            match token {
                Token::Symbol('(') => position = group(tokens, position - 1).1,
                Token::Word(word) => match word.to_ascii_uppercase().as_str() {
                    "CONSTRAINT" => {
                        self.name = tokens
                            .get(position)
                            .and_then(Token::name)
                            .map(str::to_owned);
                        position += 1;
                    }
                    "CHECK" => {
                        let (condition, end) = group(tokens, position);
                        position = end;
                        self.check(condition);
                    }
                    "UNIQUE" => {
                        let (columns, end) = group(tokens, position);
                        position = end;
                        self.unique(column, columns);
                    }
                    "PRIMARY" => self.name = None,
                    "AUTOINCREMENT" => self.found.autoincrement = true,
                    "KEY" => {
                        // PRIMARY KEY (id AUTOINCREMENT), or the columns of a foreign key.
                        let (columns, end) = group(tokens, position);
                        position = end;
                        self.found.autoincrement |=
                            columns.iter().any(|token| token.is_word("AUTOINCREMENT"));
                    }
                    "FOREIGN" => {
                        in_foreign_key = true;
                        self.foreign_key();
                    }
                    "REFERENCES" => {
                        if !in_foreign_key {
                            self.foreign_key();
                        }
                        in_foreign_key = false;
                        // The table's name may read like a word that means something.
                        position += 1;
                    }
                    "DEFAULT" | "COLLATE" => {
                        self.name = None;
                        // The value; one in parentheses is passed over as a group.
                        if tokens.get(position) != Some(&Token::Symbol('(')) {
                            position += 1;
                        }
                    }
                    "NOT" | "GENERATED" | "AS" => self.name = None,
                    _ => {}
                },
                _ => {}
            }
        }
    }

    fn check(&mut self, condition: &[Token]) {
        let literals = condition
            .iter()
            .filter_map(|token| match token {
                Token::Text(text) => Some(text.clone()),
                _ => None,
            })
            .collect();
        let name = self.name.take();
        self.found.checks.push(CheckText {
            name,
            literals,
            sql: written(condition),
        });
    }

    fn unique(&mut self, column: Option<&str>, listed: &[Token]) {
        let columns = match column {
            Some(column) => vec![column.to_owned()],
            None => listed
                .split(|token| *token == Token::Symbol(','))
                .filter_map(|item| item.first()?.name().map(str::to_owned))
                .collect(),
        };
        let name = self.name.take();
        self.found.uniques.push(Unique { name, columns });
    }

    fn foreign_key(&mut self) {
        let name = self.name.take();
        self.found.foreign_keys.push(name);
    }
}

/// Tokens as text, with a space between two words and around operators.
fn written(tokens: &[Token]) -> String {
    let mut text = String::new();
    let mut before: Option<&Token> = None;
    for token in tokens {
        let is = |token: &Token, symbols: &str| matches!(token, Token::Symbol(symbol) if symbols.contains(*symbol));
        let joined = before.is_none_or(|before| {
            is(before, "(.")
                || is(token, "),.")
                || (is(token, "(") && matches!(before, Token::Word(word) if !is_keyword(word)))
                || (is(before, "<>=!|") && is(token, "<>=|"))
        });
        if !joined {
            text.push(' ');
        }
        match token {
            Token::Word(word) => text.push_str(word),
            Token::Quoted(name) => text.push_str(&format!("\"{}\"", name.replace('"', "\"\""))),
            Token::Text(content) => text.push_str(&format!("'{}'", content.replace('\'', "''"))),
            Token::Symbol(symbol) => text.push(*symbol),
            Token::Told(_) => {}
        }
        before = Some(token);
    }
    text
}

/// Words before which a parenthesis begins no arguments.
fn is_keyword(word: &str) -> bool {
    [
        "AND", "OR", "NOT", "IN", "IS", "LIKE", "BETWEEN", "WHEN", "THEN", "ELSE",
    ]
    .iter()
    .any(|keyword| word.eq_ignore_ascii_case(keyword))
}

/// What stands between a `(` at `open` and its `)`, and the position behind it; nothing when there is no `(`.
fn group(tokens: &[Token], open: usize) -> (&[Token], usize) {
    if tokens.get(open) != Some(&Token::Symbol('(')) {
        return (&[], open);
    }
    let mut depth = 0_usize;
    for (position, token) in tokens.iter().enumerate().skip(open) {
        match token {
            Token::Symbol('(') => depth += 1,
            Token::Symbol(')') => {
                depth -= 1;
                if depth == 0 {
                    let inner = tokens.get(open + 1..position).unwrap_or_default();
                    return (inner, position + 1);
                }
            }
            _ => {}
        }
    }
    (tokens.get(open + 1..).unwrap_or_default(), tokens.len())
}

fn tokenize(sql: &str) -> Vec<Token> {
    spans(sql).into_iter().map(|(token, _)| token).collect()
}

/// The tokens, each with where it ends.
fn spans(sql: &str) -> Vec<(Token, usize)> {
    let mut tokens = Vec::new();
    let mut letters = sql.chars().peekable();
    // How much is left tells how much was read.
    let rest = |letters: &std::iter::Peekable<std::str::Chars<'_>>| -> usize {
        letters.clone().map(char::len_utf8).sum()
    };
    while let Some(letter) = letters.next() {
        let token = match letter {
            letter if letter.is_whitespace() => None,
            '-' if letters.peek() == Some(&'-') => {
                letters.by_ref().find(|letter| *letter == '\n');
                None
            }
            '/' if letters.peek() == Some(&'*') => {
                letters.next();
                let mut comment = String::new();
                for letter in letters.by_ref() {
                    if comment.ends_with('*') && letter == '/' {
                        comment.pop();
                        break;
                    }
                    comment.push(letter);
                }
                told(&comment).map(Token::Told)
            }
            '"' | '`' => Some(Token::Quoted(quoted(&mut letters, letter))),
            '[' => Some(Token::Quoted(quoted(&mut letters, ']'))),
            '\'' => Some(Token::Text(quoted(&mut letters, letter))),
            letter if is_word(letter) => {
                let mut word = String::from(letter);
                while let Some(letter) = letters.next_if(|letter| is_word(*letter)) {
                    word.push(letter);
                }
                Some(Token::Word(word))
            }
            letter => Some(Token::Symbol(letter)),
        };
        if let Some(token) = token {
            let end = sql.len() - rest(&letters);
            tokens.push((token, end));
        }
    }
    tokens
}

/// The checks of a CREATE TABLE as they are written: the name, and what stands between the parentheses.
pub(crate) fn check_texts(sql: &str) -> Vec<(Option<String>, String)> {
    let (tokens, ends): (Vec<Token>, Vec<usize>) = spans(sql).into_iter().unzip();
    let mut found = Vec::new();
    for (position, token) in tokens.iter().enumerate() {
        if !token.is_word("CHECK") || tokens.get(position + 1) != Some(&Token::Symbol('(')) {
            continue;
        }
        let (_, end) = group(&tokens, position + 1);
        let text = (ends
            .get(position + 1)
            .zip(end.checked_sub(1).and_then(|at| ends.get(at))))
        .and_then(|(start, end)| sql.get(*start..end.checked_sub(1)?));
        let named = position.checked_sub(2).and_then(|at| tokens.get(at));
        let name = named.is_some_and(|token| token.is_word("CONSTRAINT"));
        let name = (name.then(|| tokens.get(position - 1)).flatten()).and_then(Token::name);
        if let Some(text) = text {
            found.push((name.map(str::to_owned), text.to_owned()));
        }
    }
    found
}

/// SQLite takes every character past ASCII for a letter.
fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '$') || !letter.is_ascii()
}

/// The rest of a quoted text; a doubled quote stands for itself, except for `]`, which can't.
fn quoted(letters: &mut std::iter::Peekable<std::str::Chars<'_>>, end: char) -> String {
    let mut text = String::new();
    while let Some(letter) = letters.next() {
        if letter == end && (end == ']' || letters.next_if_eq(&end).is_none()) {
            break;
        }
        text.push(letter);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(sql: &str) -> Vec<Option<String>> {
        constraints(sql)
            .checks
            .into_iter()
            .map(|check| check.name)
            .collect()
    }

    #[test]
    fn names_are_found_however_they_are_quoted() {
        let sql = r#"CREATE TABLE "t(" (
            "a)" INT CONSTRAINT "c""1" CHECK ("a)" > 0), -- CHECK (comment)
            b TEXT CONSTRAINT [c 2] CHECK (b <> ')' /* ) */) CONSTRAINT `c,3` CHECK (b <> ''''),
            CONSTRAINT 'c
4' CHECK ((1) = (1))
        )"#;
        let expected = ["c\"1", "c 2", "c,3", "c\n4"];
        let found = names(sql);
        assert_eq!(found, expected.map(|name| Some(name.to_owned())));
    }

    #[test]
    fn the_literals_of_a_check_are_read() {
        let found =
            constraints("CREATE TABLE t (\"it's\" TEXT CHECK (\"it's\" IN ('a', 'it''s', '')))");
        assert_eq!(found.checks[0].literals, ["a", "it's", ""]);
        assert_eq!(found.checks[0].name, None);
    }

    #[test]
    fn foreign_keys_are_counted_once_each() {
        let found = constraints(
            "CREATE TABLE t (a INT CONSTRAINT fk_a REFERENCES \"unique\" (x) ON DELETE SET NULL, b INT REFERENCES p,
             CONSTRAINT fk_b FOREIGN KEY (a, b) REFERENCES q (x, y), FOREIGN KEY (b) REFERENCES r)",
        );
        let expected = [Some("fk_a"), None, Some("fk_b"), None];
        assert_eq!(
            found.foreign_keys,
            expected.map(|name| name.map(str::to_owned))
        );
        assert!(found.uniques.is_empty());
    }

    #[test]
    fn a_name_belongs_to_the_next_constraint_alone() {
        let sql = "CREATE TABLE t (a INT CONSTRAINT nn NOT NULL CHECK (a > 0), b INT CONSTRAINT d DEFAULT (1) CHECK (b > 0))";
        assert_eq!(names(sql), [None, None]);
    }

    #[test]
    fn unique_constraints_have_columns() {
        let found = constraints(
            "CREATE TABLE t (a INT UNIQUE, b INT, CONSTRAINT uq UNIQUE (a COLLATE NOCASE, \"b\" DESC))",
        );
        assert_eq!(found.uniques[0].columns, ["a"]);
        assert_eq!(found.uniques[1].columns, ["a", "b"]);
        assert_eq!(found.uniques[1].name.as_deref(), Some("uq"));
    }

    #[test]
    fn autoincrement_is_a_word_and_not_a_name() {
        assert!(constraints("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT)").autoincrement);
        assert!(
            constraints("CREATE TABLE t (id INTEGER, PRIMARY KEY (id AUTOINCREMENT))")
                .autoincrement
        );
        assert!(
            !constraints("CREATE TABLE t (id INTEGER PRIMARY KEY, \"AUTOINCREMENT\" INT)")
                .autoincrement
        );
    }

    #[test]
    fn what_is_told_comes_back() {
        for text in ["plain", "it's */ \"all\"", "--\n/* ; ) (", ""] {
            let mut sql = String::from("CREATE TABLE t (");
            write_comment(&mut sql, text);
            sql.push_str("\n  \"a\" ");
            write_comment(&mut sql, text);
            sql.push_str(" INT CHECK (a > 0), b INT /* of no concern */)");
            let found = constraints(&sql);
            assert_eq!(found.comment.as_deref(), Some(text));
            assert_eq!(found.comments, [("a".to_owned(), text.to_owned())]);
            assert_eq!(found.checks.len(), 1);
        }
    }

    #[test]
    fn checks_are_read_as_they_are_written() {
        let sql = "CREATE TABLE t (a INT CHECK (a >= - 1), CONSTRAINT \"c d\" CHECK (a <> ')' AND (a) < 2))";
        let expected = [
            (None, "a >= - 1".to_owned()),
            (Some("c d".to_owned()), "a <> ')' AND (a) < 2".to_owned()),
        ];
        assert_eq!(check_texts(sql), expected);
    }

    #[test]
    fn unfinished_text_ends_quietly() {
        for sql in [
            "",
            "CREATE TABLE t",
            "CREATE TABLE t (",
            "CREATE TABLE t (a CHECK (",
            "CREATE TABLE t ('",
            "((",
        ] {
            let _ = (constraints(sql), check_texts(sql));
        }
    }
}
