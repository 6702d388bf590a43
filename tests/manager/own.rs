//! The application's own commands, and its own command line.

use birgus::Manager;
use birgus::prelude::*;
use clap::Command;

use crate::schema::{User, users};
use crate::workshop::Workshop;

#[test]
fn an_own_command_has_the_database_and_prints() {
    let shop = Workshop::new("own");
    let manager =
        shop.manager(users())
            .command(Command::new("seed").about("Add a user"), |context| {
                let database = context.database()?;
                User::insert(User::build().username("susan")).execute(&database)?;
                context.output.line(User::query().count(&database)?);
                Ok(())
            });
    manager.captured(["app", "create-all"]);
    let ran = manager.captured(["app", "seed"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "1\n"));
    let again = manager.captured(["app", "seed"]);
    assert_eq!(again.code, 1);
    assert!(again.messages.contains("uq_user_username"), "{again:?}");
}

#[test]
fn functions_of_code_steps_are_called() {
    let shop = Workshop::new("code");
    shop.db(users(), &["migrate", "-m", "users", "--rev-id", "a1"]);
    shop.db(users(), &["revision", "-m", "fill", "--rev-id", "b2"]);
    let path = shop.folder().join(&shop.files()[1]);
    let text = std::fs::read_to_string(&path).unwrap();
    let filled = text.replace(
        "upgrade = []",
        "upgrade = [{ operation = \"code\", function = \"fill\" }]",
    );
    assert_ne!(text, filled, "{text}");
    std::fs::write(&path, filled).unwrap();
    let unknown = shop.run(users(), &["upgrade"]);
    assert!(
        unknown
            .messages
            .contains("which this program has not registered"),
        "{unknown:?}"
    );
    let manager = shop.manager(users()).code("fill", |context| {
        let row = User::build().username("first");
        User::insert(row)
            .execute(&mut *context.connection)
            .map(drop)
    });
    assert_eq!(
        manager.captured(["app", "db", "upgrade"]).out,
        "applied b2 fill\n"
    );
}

#[test]
fn an_own_command_line_takes_the_commands_in() {
    let manager = Manager::new().group("migrations");
    let cli = Command::new("shop")
        .subcommand(Command::new("serve"))
        .subcommands(manager.commands());
    let matches = |arguments: &[&str]| cli.clone().try_get_matches_from(arguments).unwrap();
    assert!(manager.execute(&matches(&["shop", "serve"])).is_none());
    assert!(
        manager
            .execute(&matches(&["shop", "migrations", "heads", "-d", "/tmp"]))
            .is_some()
    );
}
