//! Attributes, as rustfmt writes them.

/// What an attribute's list may hold before its items get a line each: rustfmt's `attr_fn_like_width`.
const WIDTH: usize = 70;

/// An item of an attribute's list.
#[derive(Clone, Debug)]
pub(super) enum Item {
    /// A word, or a literal after a word.
    Plain(String),
    /// A word and an expression, or the name of one: attributes with it are left as they are by rustfmt.
    Expression(String),
    /// A word and a list.
    List(&'static str, Vec<Item>),
}

impl Item {
    pub(super) fn word(text: impl Into<String>) -> Self {
        Self::Plain(text.into())
    }

    /// `name = "text"`
    pub(super) fn text(name: &str, text: &str) -> Self {
        Self::Plain(format!("{name} = {text:?}"))
    }

    fn has_expression(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Expression(_) => true,
            Self::List(_, items) => items.iter().any(Self::has_expression),
        }
    }

    fn line(&self) -> String {
        match self {
            Self::Plain(text) | Self::Expression(text) => text.clone(),
            Self::List(name, items) => format!("{name}({})", line(items)),
        }
    }

    fn write(&self, out: &mut String, indent: usize) {
        match self {
            Self::List(name, items) if line(items).len() > WIDTH => {
                out.push_str(name);
                vertical(out, items, indent);
            }
            other => out.push_str(&other.line()),
        }
    }
}

fn line(items: &[Item]) -> String {
    let items: Vec<String> = items.iter().map(Item::line).collect();
    items.join(", ")
}

fn vertical(out: &mut String, items: &[Item], indent: usize) {
    // A list alone in a list begins on its line.
    if let [list @ Item::List(..)] = items {
        out.push('(');
        list.write(out, indent);
        out.push(')');
        return;
    }
    out.push_str("(\n");
    for (position, item) in items.iter().enumerate() {
        out.push_str(&" ".repeat(indent + 4));
        item.write(out, indent + 4);
        out.push_str(if position + 1 < items.len() {
            ",\n"
        } else {
            "\n"
        });
    }
    out.push_str(&" ".repeat(indent));
    out.push(')');
}

/// Writes `#[name(items)]` and a line's end; `#[name]` without items.
pub(super) fn write(out: &mut String, indent: usize, name: &str, items: &[Item]) {
    out.push_str(&" ".repeat(indent));
    out.push_str(&format!("#[{name}"));
    let one_line = line(items);
    if !items.is_empty() {
        if one_line.len() > WIDTH && !items.iter().any(Item::has_expression) {
            vertical(out, items, indent);
        } else {
            out.push_str(&format!("({one_line})"));
        }
    }
    out.push_str("]\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_get_a_line_for_each_item() {
        let index = Item::List(
            "unique",
            vec![Item::text("name", "U"), Item::word("a"), Item::word("b")],
        );
        let mut out = String::new();
        write(
            &mut out,
            0,
            "model",
            &[Item::text("table", "T"), index.clone()],
        );
        assert_eq!(out, "#[model(table = \"T\", unique(name = \"U\", a, b))]\n");
        out.clear();
        write(
            &mut out,
            0,
            "model",
            &[Item::text("table", &"T".repeat(50)), index],
        );
        assert!(
            out.ends_with("TT\",\n    unique(name = \"U\", a, b)\n)]\n"),
            "{out}"
        );
        out.clear();
        write(&mut out, 4, "key", &[]);
        assert_eq!(out, "    #[key]\n");
    }
}
