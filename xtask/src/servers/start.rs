//! Servers started from local binaries, in a temporary folder and on a free port.

use std::env;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::guard::{Folder, Guard, last_lines};
use crate::pairs::Server;
use crate::url::ServerUrl;

/// Begins to start a server; it is not ready yet.
pub(crate) fn start(server: Server) -> Result<(Guard, ServerUrl)> {
    match server {
        Server::Postgres => postgres(),
        Server::MariaDb => mariadb(),
        Server::MySql => mysql(),
    }
}

fn postgres() -> Result<(Guard, ServerUrl)> {
    let initdb =
        program(&["initdb"], |_| true).context("no initdb in PATH or /usr/lib/postgresql")?;
    // Both must be of one version: look beside initdb, behind any symbolic link.
    let initdb = fs::canonicalize(&initdb).unwrap_or(initdb);
    let postgres = initdb.with_file_name("postgres");
    announce(Server::Postgres, &postgres);
    let folder = Folder::new("postgres")?;
    let user = if is_root()? {
        Some(unprivileged_user(folder.path())?)
    } else {
        None
    };
    let data = folder.path().join("data");

    let mut init = command_as(user, &initdb);
    init.arg("-D")
        .arg(&data)
        .args(["-U", "postgres", "-A", "trust"]);
    init.args(["-E", "UTF8", "--locale=C", "--no-sync"]);
    complete(&mut init, folder.path())?;

    let port = free_port()?;
    let mut run = command_as(user, &postgres);
    run.arg("-D").arg(&data).arg("-p").arg(port.to_string());
    run.args([
        "-c",
        "listen_addresses=127.0.0.1",
        "-c",
        "unix_socket_directories=",
    ]);
    // The data needn't survive a crash.
    run.args([
        "-c",
        "fsync=off",
        "-c",
        "full_page_writes=off",
        "-c",
        "max_connections=200",
        "-c",
        "max_prepared_transactions=20",
    ]);
    let url = ServerUrl::new(format!("postgresql://postgres@127.0.0.1:{port}/postgres"));
    // SIGINT ends connected clients; SIGTERM would wait for them.
    Ok((Guard::spawn(folder, "INT", &run)?, url))
}

fn mariadb() -> Result<(Guard, ServerUrl)> {
    let is_mariadb = |path: &Path| version_of(path).contains("MariaDB");
    let server = program(&["mariadbd", "mysqld"], is_mariadb).context("no mariadbd in PATH")?;
    let install = program(&["mariadb-install-db", "mysql_install_db"], |_| true)
        .context("no mariadb-install-db in PATH")?;
    announce(Server::MariaDb, &server);
    let folder = Folder::new("mariadb")?;
    let data = folder.path().join("data");

    let mut init = Command::new(install);
    init.arg("--no-defaults")
        .arg(option("datadir", &data))
        .arg(user_option()?);
    init.args(["--auth-root-authentication-method=normal", "--skip-test-db"]);
    complete(&mut init, folder.path())?;

    let mut run = Command::new(server);
    let url = serve(&mut run, Server::MariaDb, folder.path(), &data)?;
    Ok((Guard::spawn(folder, "TERM", &run)?, url))
}

fn mysql() -> Result<(Guard, ServerUrl)> {
    let is_mysql = |path: &Path| {
        let version = version_of(path);
        !version.is_empty() && !version.contains("MariaDB")
    };
    let server = program(&["mysqld"], is_mysql).context("no mysqld of MySQL in PATH")?;
    announce(Server::MySql, &server);
    let folder = Folder::new("mysql")?;
    let data = folder.path().join("data");

    let mut init = Command::new(&server);
    init.args(["--no-defaults", "--initialize-insecure"]);
    init.arg(option("datadir", &data)).arg(user_option()?);
    complete(&mut init, folder.path())?;

    let mut run = Command::new(server);
    let url = serve(&mut run, Server::MySql, folder.path(), &data)?;
    run.arg("--mysqlx=OFF");
    Ok((Guard::spawn(folder, "TERM", &run)?, url))
}

/// The options that MariaDB and MySQL share.
fn serve(run: &mut Command, server: Server, folder: &Path, data: &Path) -> Result<ServerUrl> {
    let port = free_port()?;
    run.arg("--no-defaults")
        .arg(option("datadir", data))
        .arg(user_option()?);
    run.arg(format!("--port={port}"))
        .arg("--bind-address=127.0.0.1");
    run.arg(option("socket", &folder.join("sock")))
        .arg(option("pid-file", &folder.join("pid")));
    // The data needn't survive a crash.
    run.args([
        "--innodb-flush-log-at-trx-commit=0",
        "--sync-binlog=0",
        "--skip-log-bin",
    ]);
    run.arg("--performance-schema=OFF");
    Ok(ServerUrl::new(format!(
        "{}://root@127.0.0.1:{port}/test",
        server.scheme()
    )))
}

fn announce(server: Server, program: &Path) {
    eprintln!("starting {server} from {}", program.display());
}

fn option(name: &str, path: &Path) -> std::ffi::OsString {
    let mut option = std::ffi::OsString::from(format!("--{name}="));
    option.push(path);
    option
}

/// The servers refuse to run as root unless told that it is meant.
fn user_option() -> Result<String> {
    Ok(format!("--user={}", id("-un")?))
}

/// Runs a preparing step to its end.
fn complete(command: &mut Command, folder: &Path) -> Result<()> {
    // The folder is one that the server's user may enter, unlike perhaps the current one.
    let output = command
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .with_context(|| command.get_program().display().to_string())?;
    if !output.status.success() {
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push('\n');
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        bail!("{}: {}", command.get_program().display(), last_lines(&text));
    }
    Ok(())
}

/// A command, run by another user when one is given.
fn command_as(user: Option<&str>, program: &Path) -> Command {
    let Some(user) = user else {
        return Command::new(program);
    };
    // setpriv replaces itself by the program, so a signal reaches the server and not a go-between.
    let mut command = Command::new("setpriv");
    command.arg(format!("--reuid={user}")).arg("--init-groups");
    command
        .arg(format!("--regid={}", group_of(user)))
        .arg(program);
    command
}

/// PostgreSQL does not run as root: gives the folder to a system user and names that user.
fn unprivileged_user(folder: &Path) -> Result<&'static str> {
    for user in ["postgres", "nobody"] {
        let group = group_of(user);
        if !group.is_empty() {
            complete(
                Command::new("chown")
                    .arg(format!("{user}:{group}"))
                    .arg(folder),
                folder,
            )?;
            return Ok(user);
        }
    }
    bail!("PostgreSQL does not run as root, and there is no user postgres or nobody")
}

fn group_of(user: &str) -> String {
    let output = Command::new("id")
        .args(["-gn", user])
        .stderr(Stdio::null())
        .output();
    output
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .unwrap_or_default()
}

fn is_root() -> Result<bool> {
    Ok(id("-u")? == "0")
}

fn id(option: &str) -> Result<String> {
    let output = Command::new("id").arg(option).output().context("id")?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn version_of(program: &Path) -> String {
    let output = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .output();
    output
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default()
}

/// Another program may take the port before the server does; the server then ends and says so.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// The first program of one of the names that suits.
fn program(names: &[&str], suits: impl Fn(&Path) -> bool) -> Option<PathBuf> {
    let folders = folders();
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|path| is_executable(path) && suits(path))
}

fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

/// PATH, then where distributions and installers put servers that users don't call themselves.
fn folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = env::var_os("PATH")
        .map(|path| env::split_paths(&path).collect())
        .unwrap_or_default();
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            Some((
                entry.file_name().to_str()?.parse().ok()?,
                entry.path().join("bin"),
            ))
        })
        .collect();
    versions.sort_by(|a, b| b.cmp(a));
    folders.extend(versions.into_iter().map(|(_, path)| path));
    folders.extend(["/usr/sbin", "/usr/local/sbin", "/usr/local/mysql/bin"].map(PathBuf::from));
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_in_path_and_only_when_it_suits() {
        let shell = program(&["no-such-program", "sh"], |_| true).unwrap();
        assert_eq!(shell.file_name().unwrap(), "sh");
        assert_eq!(program(&["sh"], |_| false), None);
    }

    #[test]
    fn a_step_that_fails_is_reported_with_its_output() {
        let mut step = Command::new("sh");
        step.args(["-c", "echo cannot; exit 1"]);
        let error = complete(&mut step, Path::new("/")).unwrap_err();
        assert_eq!(error.to_string(), "sh: cannot");
    }
}
