//! Connecting, the connection's mode, its cache of statements, and its end.

#![cfg(any(feature = "native", feature = "libpq"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::net::TcpListener;
use std::time::{Duration, Instant};

use birgus_core::backend::{
    BindType, ConnectOptions, Connection, Statement, TlsMode, TransactionMode,
};
use birgus_core::{DatabaseErrorKind, Value};
use support::{Database, build, connect, integer, on_both_drivers, rows, statement, text};

on_both_drivers!(
    the_mode_is_set,
    a_replica_role_is_refused,
    prepared_statements_are_limited,
    no_statements_are_kept_without_a_cache,
    a_statement_survives_ddl,
    a_statement_survives_deallocation,
    types_are_part_of_a_prepared_statement,
    a_killed_connection_is_lost,
    a_statement_may_take_so_long,
    an_unknown_database_is_named,
    an_unknown_user_is_refused,
    a_port_without_a_server_fails_quickly,
    a_server_that_says_nothing_is_not_waited_for,
    an_unknown_parameter_is_refused,
    encryption_is_as_demanded,
    counts_are_of_matched_rows,
    an_empty_text_does_nothing,
    several_statements_make_a_batch,
);

fn setting(connection: &mut dyn Connection, name: &str) -> String {
    text(connection, &format!("SELECT current_setting('{name}')")).unwrap()
}

fn the_mode_is_set(database: &Database) {
    let url = database
        .url()
        .with_parameter(
            "options",
            "-c TimeZone=Asia/Tokyo -c default_transaction_isolation=serializable \
             -c standard_conforming_strings=off -c transform_null_equals=on",
        )
        .with_parameter("application_name", "crab's \\ shell");
    let mut connection = connect(database.driver, ConnectOptions::new(url)).unwrap();
    for (name, wanted) in [
        ("TimeZone", "UTC"),
        ("default_transaction_isolation", "read committed"),
        ("transaction_isolation", "read committed"),
        ("standard_conforming_strings", "on"),
        ("client_encoding", "UTF8"),
        ("transform_null_equals", "off"),
        ("statement_timeout", "0"),
        ("application_name", "crab's \\ shell"),
    ] {
        assert_eq!(setting(&mut *connection, name), wanted, "{name}");
    }
    assert!(
        connection
            .server_version()
            .starts_with(|first: char| first.is_ascii_digit())
    );
    assert!(!connection.server_version().contains(' '));
    connection.ping().unwrap();
    assert!(!connection.is_broken());
    assert!(connection.last_insert_id().unwrap_err().is_unsupported());
    assert_eq!(connection.dialect().name(), "PostgreSQL");
}

fn a_replica_role_is_refused(database: &Database) {
    let url = database
        .url()
        .with_parameter("options", "-c session_replication_role=replica");
    let error = connect(database.driver, ConnectOptions::new(url))
        .err()
        .unwrap();
    assert!(error.is_configuration(), "{error:?}");
    assert!(
        error.to_string().contains("session_replication_role"),
        "{error}"
    );
}

fn prepared(connection: &mut dyn Connection) -> i64 {
    integer(connection, "SELECT count(*) FROM pg_prepared_statements")
}

fn prepared_statements_are_limited(database: &Database) {
    let mut options = ConnectOptions::new(database.url());
    options.statement_cache = 5;
    let mut connection = database.connect_with(options);
    for round in 0..3 {
        for n in 0..20 {
            let query = statement(
                &*connection,
                &format!("SELECT ?::bigint + {n}"),
                vec![(Value::Integer(round), BindType::BigInt)],
            );
            let found = rows(&mut *connection, &query, |row| row.integer(0)).unwrap();
            assert_eq!(found, [Some(round + n)]);
            assert!(prepared(&mut *connection) <= 5);
        }
    }
    assert!(prepared(&mut *connection) > 0);
    for n in 0..20 {
        let binds = vec![(Value::Integer(n), BindType::BigInt)];
        let query = build(
            &*connection,
            &format!("SELECT ?::bigint * {n}"),
            binds,
            false,
        );
        assert_eq!(
            rows(&mut *connection, &query, |row| row.integer(0)).unwrap(),
            [Some(n * n)]
        );
    }
    assert!(prepared(&mut *connection) <= 5);
    // In a failed transaction nothing can be closed; later all of it is.
    connection.begin(TransactionMode::Write, None).unwrap();
    connection.batch("SELEKT").unwrap_err();
    for n in 0..20 {
        let query = statement(&*connection, &format!("SELECT {n} - 1"), vec![]);
        rows(&mut *connection, &query, |_| Ok(())).unwrap_err();
    }
    connection.rollback().unwrap();
    for n in 0..20 {
        let query = statement(&*connection, &format!("SELECT {n} - 1"), vec![]);
        rows(&mut *connection, &query, |_| Ok(())).unwrap();
    }
    assert!(prepared(&mut *connection) <= 5);
}

fn no_statements_are_kept_without_a_cache(database: &Database) {
    let mut options = ConnectOptions::new(database.url());
    options.statement_cache = 0;
    let mut connection = database.connect_with(options);
    for n in 0..3 {
        let query = statement(
            &*connection,
            "SELECT ?",
            vec![(Value::Integer(n), BindType::BigInt)],
        );
        assert_eq!(
            rows(&mut *connection, &query, |row| row.integer(0)).unwrap(),
            [Some(n)]
        );
    }
    assert_eq!(prepared(&mut *connection), 0);
}

fn a_statement_survives_ddl(database: &Database) {
    let mut connection = database.connect();
    connection
        .batch("CREATE TABLE one (id int); INSERT INTO one VALUES (1)")
        .unwrap();
    let query = statement(&*connection, "SELECT * FROM one", vec![]);
    let columns =
        |connection: &mut dyn Connection| rows(connection, &query, |row| Ok(row.column_count()));
    assert_eq!(columns(&mut *connection).unwrap(), [1]);
    connection
        .batch("ALTER TABLE one ADD COLUMN name text")
        .unwrap();
    assert_eq!(columns(&mut *connection).unwrap(), [2]);

    // In a transaction the refusal stands, and the next unit succeeds.
    connection
        .batch("ALTER TABLE one ADD COLUMN more text")
        .unwrap();
    connection.begin(TransactionMode::Read, None).unwrap();
    let error = columns(&mut *connection).unwrap_err();
    assert_eq!(error.code(), Some("0A000"), "{error:?}");
    connection.rollback().unwrap();
    assert_eq!(columns(&mut *connection).unwrap(), [3]);

    // A transaction that the driver did not see begin.
    connection
        .batch("ALTER TABLE one ADD COLUMN most text")
        .unwrap();
    connection.batch("BEGIN").unwrap();
    let error = columns(&mut *connection).unwrap_err();
    assert_eq!(error.code(), Some("0A000"), "{error:?}");
    connection.batch("ROLLBACK").unwrap();
    assert_eq!(columns(&mut *connection).unwrap(), [4]);
}

fn a_statement_survives_deallocation(database: &Database) {
    let mut connection = database.connect();
    let query = statement(
        &*connection,
        "SELECT ?",
        vec![(Value::Integer(3), BindType::BigInt)],
    );
    for _ in 0..3 {
        assert_eq!(
            rows(&mut *connection, &query, |row| row.integer(0)).unwrap(),
            [Some(3)]
        );
        connection.batch("DEALLOCATE ALL").unwrap();
    }
}

fn types_are_part_of_a_prepared_statement(database: &Database) {
    let mut connection = database.connect();
    for (value, bind_type, named) in [
        (Value::Integer(1), BindType::BigInt, "bigint"),
        (Value::Integer(1), BindType::Integer, "integer"),
        (Value::Null, BindType::Uuid, "uuid"),
        (Value::Null, BindType::BigInt, "bigint"),
        (Value::Array(vec![]), BindType::BigInt, "bigint[]"),
    ] {
        let query = statement(
            &*connection,
            "SELECT pg_typeof(?)::text",
            vec![(value, bind_type)],
        );
        let found = rows(&mut *connection, &query, |row| {
            Ok(row.text(0)?.map(String::from))
        });
        assert_eq!(found.unwrap(), [Some(named.to_owned())]);
    }
}

fn a_killed_connection_is_lost(database: &Database) {
    let mut killer = database.connect();
    type Use = fn(&mut dyn Connection) -> birgus_core::Result<()>;
    let uses: [Use; 4] = [
        |connection| connection.execute(&Statement::once("SELECT 1")).map(drop),
        |connection| {
            let query = statement(connection, "SELECT 1", vec![]);
            rows(connection, &query, |_| Ok(())).map(drop)
        },
        |connection| connection.ping(),
        |connection| connection.begin(TransactionMode::Write, None),
    ];
    for used in uses {
        let mut victim = database.connect();
        let pid = integer(&mut *victim, "SELECT pg_backend_pid()");
        assert!(!victim.is_broken());
        let kill = Statement::once(format!("SELECT pg_terminate_backend({pid}, 5000)"));
        killer.execute(&kill).unwrap();
        let error = used(&mut *victim).unwrap_err();
        assert!(error.is_connection_lost(), "{error:?}");
        assert!(victim.is_broken());
        // And once more, now that it is known.
        assert!(used(&mut *victim).unwrap_err().is_connection_lost());
    }

    // In the middle of a statement.
    let mut victim = database.connect();
    let pid = integer(&mut *victim, "SELECT pg_backend_pid()");
    let killing = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        let kill = Statement::once(format!("SELECT pg_terminate_backend({pid}, 5000)"));
        killer.execute(&kill).unwrap();
    });
    let error = victim
        .execute(&Statement::once("SELECT pg_sleep(20)"))
        .unwrap_err();
    killing.join().unwrap();
    assert!(
        error.is_connection_lost() && victim.is_broken(),
        "{error:?}"
    );
}

fn a_statement_may_take_so_long(database: &Database) {
    let mut options = ConnectOptions::new(database.url());
    options.statement_timeout = Some(Duration::from_millis(50));
    let mut connection = database.connect_with(options);
    assert_eq!(setting(&mut *connection, "statement_timeout"), "50ms");
    let error = connection
        .execute(&Statement::once("SELECT pg_sleep(20)"))
        .unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
    assert_eq!(error.code(), Some("57014"));
    assert!(!connection.is_broken());
    assert_eq!(integer(&mut *connection, "SELECT 1"), 1);

    let mut options = ConnectOptions::new(database.url());
    options.statement_timeout = Some(Duration::from_secs(1 << 30));
    let error = connect(database.driver, options).err().unwrap();
    assert!(error.is_configuration());
}

/// The error of connecting, which never shows the password.
fn refused(database: &Database, options: ConnectOptions) -> birgus_core::Error {
    let error = connect(database.driver, options)
        .err()
        .expect("it is refused");
    assert!(
        !format!("{error} {error:?}").contains("hunter2"),
        "{error:?}"
    );
    error
}

fn an_unknown_database_is_named(database: &Database) {
    let url = database
        .url()
        .with_database("no such")
        .with_parameter("password", "hunter2");
    let error = refused(database, ConnectOptions::new(url));
    assert!(error.is_unknown_database(), "{error:?}");
    assert_eq!(error.code(), Some("3D000"));
    assert!(error.to_string().contains("/no such: "), "{error}");
}

fn an_unknown_user_is_refused(database: &Database) {
    let url = database
        .url()
        .with_parameter("user", "no \"such' user")
        .with_parameter("password", "hunter2");
    let error = refused(database, ConnectOptions::new(url));
    assert!(error.is_authentication_failed(), "{error:?}");
}

fn a_port_without_a_server_fails_quickly(database: &Database) {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let scheme = database.driver.schemes()[0];
    let url = format!("{scheme}://a:hunter2@127.0.0.1:{port}/app")
        .parse()
        .unwrap();
    let started = Instant::now();
    let error = refused(database, ConnectOptions::new(url));
    assert!(error.is_connection_failed(), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(2));
    assert!(
        error
            .to_string()
            .contains(&format!("127.0.0.1:{port}/app: ")),
        "{error}"
    );

    let url = format!("{scheme}://a:hunter2@no-such-host.invalid/app")
        .parse()
        .unwrap();
    let mut options = ConnectOptions::new(url);
    options.connect_timeout = Duration::from_secs(3);
    assert!(refused(database, options).is_connection_failed());

    let url = format!("{scheme}:///app?host=/no/such/directory&user=a&password=hunter2");
    let error = refused(database, ConnectOptions::new(url.parse().unwrap()));
    assert!(error.is_connection_failed(), "{error:?}");
}

fn a_server_that_says_nothing_is_not_waited_for(database: &Database) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let scheme = database.driver.schemes()[0];
    let url = format!("{scheme}://a:hunter2@127.0.0.1:{port}/app")
        .parse()
        .unwrap();
    let mut options = ConnectOptions::new(url);
    options.connect_timeout = Duration::from_millis(200);
    let started = Instant::now();
    let error = refused(database, options);
    assert!(error.is_connection_failed(), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(2));
}

fn an_unknown_parameter_is_refused(database: &Database) {
    let url = database
        .url()
        .with_parameter("schema", "app")
        .with_parameter("password", "hunter2");
    let error = refused(database, ConnectOptions::new(url));
    assert!(
        error.is_configuration() && error.to_string().contains("`schema`"),
        "{error}"
    );
}

/// The local server has a certificate that no authority signed.
fn encryption_is_as_demanded(database: &Database) {
    let mut connection = database.connect();
    let offered = setting(&mut *connection, "ssl") == "on";
    let encrypted = |mode: TlsMode| {
        let mut options = ConnectOptions::new(database.url());
        options.tls.mode = mode;
        connect(database.driver, options).map(|mut connection| {
            let sql = "SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
            text(&mut *connection, sql).as_deref() == Some("true")
        })
    };
    assert!(!encrypted(TlsMode::Disable).unwrap());
    assert_eq!(encrypted(TlsMode::Prefer).unwrap(), offered);
    assert_eq!(encrypted(TlsMode::Require).ok(), offered.then_some(true));
    // Whichever authorities the system trusts, the certificate does not name an address.
    let error = encrypted(TlsMode::VerifyFull).unwrap_err();
    assert!(
        error.is_connection_failed() || error.is_configuration(),
        "{error:?}"
    );
    for mode in [TlsMode::VerifyCa, TlsMode::VerifyFull] {
        let mut options = ConnectOptions::new(database.url());
        options.tls.mode = mode;
        options.tls.ca_file = Some(
            concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/support/other-authority.pem"
            )
            .into(),
        );
        let error = connect(database.driver, options).err().unwrap();
        assert!(error.is_connection_failed(), "{error:?}");
    }

    let mut options = ConnectOptions::new(database.url().with_parameter("sslmode", "verify-ca"));
    options.tls.ca_file = Some("/no/such/file.pem".into());
    let error = connect(database.driver, options).err().unwrap();
    assert!(error.is_configuration(), "{error:?}");
    assert!(error.to_string().contains("/no/such/file.pem"), "{error}");

    // The certificate is its own authority where the test may read it, and names no address.
    let own = std::path::Path::new("/etc/ssl/certs/ssl-cert-snakeoil.pem");
    if offered
        && own.exists()
        && setting(&mut *connection, "ssl_cert_file") == own.to_str().unwrap()
    {
        let with_own = |mode| {
            let mut options = ConnectOptions::new(database.url());
            options.tls.mode = mode;
            options.tls.ca_file = Some(own.into());
            connect(database.driver, options)
        };
        with_own(TlsMode::VerifyCa).map(drop).unwrap();
        assert!(
            with_own(TlsMode::VerifyFull)
                .err()
                .unwrap()
                .is_connection_failed()
        );
    }
}

fn counts_are_of_matched_rows(database: &Database) {
    let mut connection = database.connect();
    connection
        .batch("CREATE TABLE one (id int); INSERT INTO one VALUES (1), (2), (3)")
        .unwrap();
    for cacheable in [true, false] {
        let mut count = |sql: &str| {
            let statement = build(&*connection, sql, vec![], cacheable);
            connection.execute(&statement).unwrap()
        };
        assert_eq!(count("UPDATE one SET id = id"), 3);
        assert_eq!(count("UPDATE one SET id = id WHERE id > 9"), 0);
        assert_eq!(count("INSERT INTO one VALUES (7), (8) RETURNING id"), 2);
        assert_eq!(count("DELETE FROM one WHERE id > 3"), 2);
        assert_eq!(count("SET application_name = 'x'"), 0);
    }
}

fn an_empty_text_does_nothing(database: &Database) {
    let mut connection = database.connect();
    for sql in ["", " ", "-- nothing", ";"] {
        connection.batch(sql).unwrap();
        assert_eq!(
            connection.execute(&Statement::once(sql)).unwrap(),
            0,
            "{sql}"
        );
        assert!(
            rows(&mut *connection, &Statement::once(sql), |_| Ok(()))
                .unwrap()
                .is_empty()
        );
    }
}

fn several_statements_make_a_batch(database: &Database) {
    let mut connection = database.connect();
    connection
        .batch("CREATE TABLE one (name text); INSERT INTO one VALUES ('a;b\\'); SELECT 1; ")
        .unwrap();
    assert_eq!(
        text(&mut *connection, "SELECT name FROM one").as_deref(),
        Some("a;b\\")
    );
    // One transaction for all of it, as PostgreSQL has it.
    let error = connection.batch("DELETE FROM one; SELEKT").unwrap_err();
    assert_eq!(error.database_kind(), Some(DatabaseErrorKind::Syntax));
    assert_eq!(integer(&mut *connection, "SELECT count(*) FROM one"), 1);
}
