//! From a URL to a connection in Birgus' mode.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::time::{Duration, Instant};

use birgus_core::backend::{ConnectOptions, Driver, TlsMode};
use birgus_mysql::MysqlDriver;
use support::{Server, TestDatabase, connect, integers, refused, rows, texts};

/// The URL of a server with other credentials.
fn with_user(server: Server, user: &str, password: &str, database: &str) -> ConnectOptions {
    let url: birgus_core::url::DatabaseUrl = server.url().parse().unwrap();
    let port = url.port().unwrap_or(3306);
    let host = url.host().unwrap_or("127.0.0.1").to_owned();
    ConnectOptions::new(
        format!("mysql://{user}:{password}@{host}:{port}/{database}")
            .parse()
            .unwrap(),
    )
}

on_both! {
    fn the_mode_is_set(db) {
        let mut connection = db.connect();
        let connection = connection.as_mut();
        let mariadb = db.server == Server::MariaDb;
        let one = |connection: &mut dyn birgus_core::backend::Connection, sql: &str| texts(connection, sql).remove(0);
        let mode = one(connection, "SELECT @@sql_mode");
        for part in ["STRICT_ALL_TABLES", "ANSI_QUOTES", "PIPES_AS_CONCAT", "NO_BACKSLASH_ESCAPES", "ONLY_FULL_GROUP_BY", "NO_ZERO_DATE", "NO_ZERO_IN_DATE"] {
            assert!(mode.split(',').any(|found| found == part), "{part} in {mode}");
        }
        let isolation = if mariadb { "SELECT @@tx_isolation" } else { "SELECT @@transaction_isolation" };
        assert_eq!(one(connection, isolation), "READ-COMMITTED");
        assert_eq!(one(connection, "SELECT @@time_zone"), "+00:00");
        assert_eq!(one(connection, "SELECT @@collation_connection"), if mariadb { "utf8mb4_nopad_bin" } else { "utf8mb4_0900_bin" });
        assert_eq!(integers(connection, "SELECT @@foreign_key_checks"), [1]);
        assert_eq!(one(connection, "SELECT 'a' || 'b'"), "ab");
        assert_eq!(one(connection, r"SELECT 'a\b'"), r"a\b");
        assert_eq!(integers(connection, "SELECT 'a' = 'A'"), [0]);
        assert_eq!(integers(connection, "SELECT 'a' = 'a '"), [0]);
        assert_eq!(integers(connection, "SELECT 'a' LIKE 'A'"), [0]);
        assert_eq!(connection.dialect().name(), if mariadb { "MariaDB" } else { "MySQL" });
        let version = one(connection, "SELECT VERSION()");
        assert_eq!(connection.server_version(), version);
        let step = integers(connection, "SELECT @@auto_increment_increment")[0];
        assert_eq!(connection.insert_id_step(), step);
    }
}

on_both! {
    fn a_statement_timeout_is_set_in_the_servers_unit(db) {
        let mut options = db.options();
        options.statement_timeout = Some(Duration::from_millis(1500));
        let mut connection = connect(options).unwrap();
        let sql = match db.server {
            Server::Mysql => "SELECT CONCAT(@@max_execution_time, '')",
            Server::MariaDb => "SELECT CONCAT(@@max_statement_time * 1000, '')",
        };
        let found: f64 = texts(connection.as_mut(), sql)[0].parse().unwrap();
        assert!((found - 1500.0).abs() < 0.5);
    }
}

#[test]
fn both_schemes_reach_both_servers() {
    assert_eq!(MysqlDriver.schemes(), ["mysql", "mariadb"]);
    for server in [Server::Mysql, Server::MariaDb] {
        for scheme in ["mysql", "mariadb"] {
            let mut options = server.options("information_schema");
            options.url = options.url.with_scheme(scheme);
            connect(options).unwrap();
        }
    }
}

on_both! {
    fn an_unknown_database_is_told_apart(db) {
        for name in ["birgus_nope", "birgus nope's"] {
            let error = refused(db.server.options(name));
            assert!(error.is_unknown_database(), "{error:?}");
            assert!(error.to_string().contains(name), "{error}");
        }
    }
}

#[test]
fn a_database_may_have_any_name() {
    for server in [Server::Mysql, Server::MariaDb] {
        let name = format!("birgus tést $ % {} {server:?}", std::process::id());
        let db = TestDatabase::named(server, name.clone());
        assert_eq!(texts(db.connect().as_mut(), "SELECT DATABASE()"), [name]);
    }
}

on_both! {
    fn a_wrong_password_is_told_apart_and_never_shown(db) {
        let user = format!("{}_user", &db.name[7..]);
        let mut admin = db.connect();
        admin.batch(&format!(r#"CREATE USER '{user}'@'%' IDENTIFIED BY 'p@ss/w:rd?#é'; GRANT ALL ON "{}".* TO '{user}'@'%'"#, db.name)).unwrap();
        let result = std::panic::catch_unwind(|| {
            let encoded = "p%40ss%2Fw%3Ard%3F%23%C3%A9";
            let mut connection = connect(with_user(db.server, &user, encoded, &db.name)).unwrap();
            assert!(texts(connection.as_mut(), "SELECT CURRENT_USER()")[0].starts_with(&user));
            let error = connection.batch("CREATE DATABASE birgus_not_allowed").unwrap_err();
            assert_eq!(error.database_kind(), Some(birgus_core::DatabaseErrorKind::PermissionDenied), "{error}");

            let error = refused(with_user(db.server, &user, "hunter2", &db.name));
            assert!(error.is_authentication_failed(), "{error:?}");
            assert!(!format!("{error} {error:?}").contains("hunter2"));
            assert!(error.to_string().contains(&user), "{error}");

            // A user who may not see a database is not told whether it exists.
            for database in ["mysql", "birgus nope"] {
                let error = refused(with_user(db.server, &user, encoded, database));
                assert!(error.is_authentication_failed(), "{error:?}");
                assert_eq!(error.code(), Some("1044"));
            }
        });
        admin.batch(&format!("DROP USER '{user}'@'%'")).unwrap();
        result.unwrap();
    }
}

#[test]
fn a_port_without_a_server_fails_at_once() {
    // Nobody listens on a port that was just given back.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let started = Instant::now();
    let error = refused(ConnectOptions::new(
        format!("mysql://root:hunter2@127.0.0.1:{port}/app")
            .parse()
            .unwrap(),
    ));
    assert!(error.is_connection_failed(), "{error:?}");
    assert!(
        error.to_string().contains(&format!("127.0.0.1:{port}/app")),
        "{error}"
    );
    assert!(!format!("{error:?}").contains("hunter2"));
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[test]
fn a_server_that_says_nothing_fails_after_the_timeout() {
    // It accepts, and never greets.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut options = ConnectOptions::new(
        format!("mysql://root@127.0.0.1:{port}/app")
            .parse()
            .unwrap(),
    );
    options.connect_timeout = Duration::from_millis(300);
    let started = Instant::now();
    let error = refused(options);
    assert!(error.is_connection_failed(), "{error:?}");
    assert!(
        error.to_string().contains("no answer within 300 ms"),
        "{error}"
    );
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[test]
fn an_unknown_host_fails() {
    let error = refused(ConnectOptions::new(
        "mysql://root@nowhere.invalid/app".parse().unwrap(),
    ));
    assert!(error.is_connection_failed(), "{error:?}");
}

#[test]
fn a_timeout_of_nothing_is_refused() {
    let mut options = Server::Mysql.options("app");
    options.statement_timeout = Some(Duration::ZERO);
    assert!(refused(options).is_configuration());
}

#[test]
fn localhost_is_reached_by_tcp() {
    for server in [Server::Mysql, Server::MariaDb] {
        let options = server.options("information_schema");
        if options.url.host() == Some("127.0.0.1") {
            let url = options.url.expose().replace("127.0.0.1", "localhost");
            connect(ConnectOptions::new(url.parse().unwrap())).unwrap();
        }
    }
}

#[test]
fn a_socket_is_reached() {
    let mut connection = connect(Server::MariaDb.options("information_schema")).unwrap();
    let socket = texts(connection.as_mut(), "SELECT @@socket").remove(0);
    if !std::path::Path::new(&socket).exists() {
        // The server runs elsewhere, in a container say.
        return;
    }
    let user = Server::MariaDb
        .options("x")
        .url
        .user()
        .unwrap_or("root")
        .to_owned();
    let url = format!("mariadb://{user}@localhost/information_schema?unix_socket={socket}");
    connect(ConnectOptions::new(url.parse().unwrap())).unwrap();
}

#[test]
fn encryption_that_is_demanded_is_verified() {
    for server in [Server::Mysql, Server::MariaDb] {
        let mut connection = connect(server.options("information_schema")).unwrap();
        let sql = "SELECT CONCAT(@@ssl_ca, '')";
        let ca = texts(connection.as_mut(), sql).remove(0);
        let data = texts(connection.as_mut(), "SELECT @@datadir").remove(0);
        let ca = std::path::Path::new(&data).join(ca);
        let mut options = server.options("information_schema");
        options.tls.mode = TlsMode::Require;
        if ca.is_file() {
            options.tls.ca_file = Some(ca);
            let mut connection = connect(options).unwrap();
            let cipher = rows(
                connection.as_mut(),
                "SHOW SESSION STATUS LIKE 'Ssl_cipher'",
                |row| Ok(row.text(1)?.unwrap().into_owned()),
            );
            assert!(!cipher.unwrap()[0].is_empty());
        } else {
            // The server offers none: the connection must not be made in the clear.
            options.tls.ca_file = Some("/etc/ssl/certs/ca-certificates.crt".into());
            let error = refused(options);
            assert!(
                error.is_configuration() || error.is_connection_failed(),
                "{error:?}"
            );
        }
    }
}
