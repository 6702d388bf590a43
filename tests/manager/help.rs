//! What the help says, as it is documented: `TRYBUILD=overwrite cargo test --test manager` writes it anew.

use birgus::Manager;
use clap::Command;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/manager/help.txt");

fn write(command: &Command, path: &str, text: &mut String) {
    let mut own = command.clone().bin_name(path.to_owned());
    own.build();
    text.push_str(&format!("$ {path} --help\n{}\n", own.render_long_help()));
    for inner in own
        .get_subcommands()
        .filter(|inner| inner.get_name() != "help")
    {
        write(inner, &format!("{path} {}", inner.get_name()), text);
    }
}

#[test]
fn the_help_of_every_command_is_as_written_down() {
    let mut text = String::new();
    write(&Manager::new().cli(), "app", &mut text);
    let text: String = text
        .lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect();
    if std::env::var("TRYBUILD").is_ok_and(|word| word == "overwrite") {
        std::fs::write(GOLDEN, &text).unwrap();
    }
    let golden = std::fs::read_to_string(GOLDEN).unwrap_or_default();
    assert_eq!(text, golden, "see the first line of this file");
}
