//! Configuration comes from defaults, a file and the environment, and mistakes say where they are.
#![forbid(unsafe_code)]
#![allow(
    clippy::result_large_err,
    reason = "figment's Jail returns its own error"
)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

use std::time::Duration;

use birgus_core::Config;
use birgus_core::backend::TlsMode;
use figment::Jail;

fn refused(file: &str, variables: &[(&str, &str)]) -> String {
    let mut message = String::new();
    Jail::expect_with(|jail| {
        jail.clear_env();
        jail.create_file("birgus.toml", file)?;
        for (name, value) in variables {
            jail.set_env(name, value);
        }
        let error = Config::load().expect_err("the configuration is refused");
        assert!(error.is_configuration());
        message = format!("{error} | {error:?}");
        Ok(())
    });
    message
}

#[test]
fn a_profile_that_the_file_does_not_have_is_refused() {
    let file = "[default]\nurl = \"sqlite:a.db\"\n[production]\nurl = \"sqlite:b.db\"\n";
    let message = refused(file, &[("BIRGUS_PROFILE", "prodution")]);
    assert!(
        message.starts_with(
            "BIRGUS_PROFILE: no profile `prodution` in the configuration file; known are default, production |"
        ),
        "{message}"
    );
    Jail::expect_with(|jail| {
        jail.clear_env();
        jail.create_file("birgus.toml", file)?;
        jail.set_env("BIRGUS_PROFILE", "Production");
        assert_eq!(Config::load().unwrap().url.to_string(), "sqlite:b.db");
        Ok(())
    });
    Jail::expect_with(|jail| {
        jail.clear_env();
        jail.set_env("BIRGUS_PROFILE", "production");
        jail.set_env("DATABASE_URL", "sqlite:c.db");
        assert_eq!(Config::load().unwrap().url.to_string(), "sqlite:c.db");
        Ok(())
    });
}

#[test]
fn a_key_outside_of_a_profile_is_told_where_it_belongs() {
    let message = refused("url = \"postgresql://susan:s3cret@db.example/app\"\n", &[]);
    assert!(
        message.starts_with(
            "birgus.toml: line 1, column 7: a key outside of a table; keys stand in a profile, such as [default] |"
        ),
        "{message}"
    );
    assert!(!message.contains("s3cret"), "{message}");
}

#[test]
fn a_file_that_is_no_toml_is_told_without_quoting_it() {
    let message = refused(
        "[default]\nurl = \"postgresql://susan:s3cret@db.example/app\n",
        &[],
    );
    assert!(
        message.starts_with("birgus.toml: line 2, column 48: invalid basic string |"),
        "{message}"
    );
    assert!(!message.contains("s3cret"), "{message}");
    let message = refused("[default]\nurl = postgresql://susan:s3|cret@db\n", &[]);
    assert!(message.starts_with("birgus.toml: line 2, "), "{message}");
    assert!(!message.contains("s3"), "{message}");
    assert!(!message.contains("cret"), "{message}");
}

#[test]
fn without_any_configuration_there_is_a_file_beside_the_program() {
    Jail::expect_with(|jail| {
        jail.clear_env();
        let config = Config::load().unwrap();
        assert_eq!(config.url.to_string(), "sqlite:app.db");
        assert_eq!(
            (config.pool.size, config.echo, config.statement_timeout),
            (10, false, None)
        );
        Ok(())
    });
}

#[test]
fn later_sources_win_over_earlier_ones() {
    Jail::expect_with(|jail| {
        jail.clear_env();
        jail.create_file(
            "birgus.toml",
            r#"
            [default]
            url = "sqlite:file.db"
            slow_query = "200ms"
            pragmas = { cache_size = -20000, synchronous = "full" }
            [default.pool]
            size = 3
            checkout_timeout = "1m 30s"
            idle_timeout = "none"
            [production]
            url = "postgresql://app@db.example/app"
            tls = { mode = "verify-full", ca_file = "ca.pem" }
            [production.binds.reports]
            url = "mysql://reports@replica.example/reports"
            "#,
        )?;
        let config = Config::load().unwrap();
        assert_eq!(config.url.to_string(), "sqlite:file.db");
        assert_eq!(config.slow_query, Some(Duration::from_millis(200)));
        assert_eq!(config.pool.checkout_timeout, Duration::from_secs(90));
        assert_eq!(config.pool.idle_timeout, None);
        assert_eq!(config.pragmas["cache_size"], "-20000");

        jail.set_env("BIRGUS_PROFILE", "production");
        let config = Config::load().unwrap();
        assert_eq!(config.url.to_string(), "postgresql://app@db.example/app");
        assert_eq!(config.pool.size, 3, "the default profile fills in");
        assert_eq!(config.tls.mode, TlsMode::VerifyFull);
        assert_eq!(config.binds["reports"].url.scheme(), "mysql");

        jail.set_env("BIRGUS_URL", "sqlite:variable.db");
        jail.set_env("BIRGUS_POOL__SIZE", "7");
        jail.set_env("BIRGUS_ECHO", "true");
        let config = Config::load().unwrap();
        assert_eq!(
            (
                config.url.to_string().as_str(),
                config.pool.size,
                config.echo
            ),
            ("sqlite:variable.db", 7, true)
        );

        jail.set_env("DATABASE_URL", "sqlite::memory:");
        assert_eq!(Config::load().unwrap().url.path(), ":memory:");
        Ok(())
    });
}

#[test]
fn the_limit_of_loads_row_by_row_is_a_number_or_none() {
    Jail::expect_with(|jail| {
        jail.clear_env();
        let limits = |config: &Config| (config.n_plus_one.limit, config.n_plus_one.error);
        assert_eq!(limits(&Config::load().unwrap()), (Some(10), false));
        jail.create_file("birgus.toml", "[default.n_plus_one]\nlimit = \"none\"")?;
        assert_eq!(limits(&Config::load().unwrap()), (None, false));
        jail.set_env("BIRGUS_N_PLUS_ONE__LIMIT", "0");
        jail.set_env("BIRGUS_N_PLUS_ONE__ERROR", "true");
        assert_eq!(limits(&Config::load().unwrap()), (Some(0), true));
        jail.set_env("BIRGUS_N_PLUS_ONE__LIMIT", "none");
        assert_eq!(limits(&Config::load().unwrap()), (None, true));
        Ok(())
    });
    for wrong in ["-1", "\"few\"", "false", "1.5", "4294967296"] {
        let message = refused(&format!("[default]\nn_plus_one.limit = {wrong}"), &[]);
        for part in ["key `n_plus_one.limit`", "a number such as 10", "\"none\""] {
            assert!(message.contains(part), "{part}: {message}");
        }
    }
    let message = refused("[default.n_plus_one]\nlimits = 3", &[]);
    assert!(
        message.contains("key `n_plus_one.limits`: unknown key; known are limit, error"),
        "{message}"
    );
}

#[test]
fn variables_of_the_test_servers_are_no_keys() {
    Jail::expect_with(|jail| {
        jail.clear_env();
        jail.set_env("BIRGUS_TEST_POSTGRES_URL", "postgresql://localhost/test");
        Config::load().unwrap();
        Ok(())
    });
}

#[test]
fn an_unknown_key_names_file_profile_and_key() {
    let message = refused("[default.pool]\nsise = 3", &[]);
    assert!(message.contains("birgus.toml"), "{message}");
    assert!(message.contains("profile `default`"), "{message}");
    assert!(message.contains("key `pool.sise`"), "{message}");
    assert!(message.contains("unknown key; known are size"), "{message}");
}

#[test]
fn a_wrong_value_names_file_profile_and_key() {
    let message = refused(
        "[production.pool]\nsize = \"many\"",
        &[("BIRGUS_PROFILE", "production")],
    );
    for part in [
        "birgus.toml",
        "profile `production`",
        "key `pool.size`",
        "many",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
    let message = refused("[default]\nconnect_timeout = 30", &[]);
    assert!(
        message.contains("key `connect_timeout`") && message.contains("\"30s\""),
        "{message}"
    );
    let message = refused("[default.tls]\nmode = \"sometimes\"", &[]);
    assert!(
        message.contains("key `tls.mode`") && message.contains("verify-full"),
        "{message}"
    );
}

#[test]
fn an_unknown_variable_is_named() {
    let message = refused("", &[("BIRGUS_POOL__SISE", "3")]);
    assert!(
        message.contains("BIRGUS_") && message.contains("pool.sise"),
        "{message}"
    );
}

#[test]
fn a_wrong_url_is_told_without_its_password() {
    for message in [
        refused(
            "[default]\nurl = \"mysql://root:hunter2@host:port/app\"",
            &[],
        ),
        refused(
            "",
            &[("DATABASE_URL", "mysql://root:hunter2@host:port/app")],
        ),
        refused(
            "[default.binds.other]\nurl = \"mysql://root:hunter2@[host/app\"",
            &[],
        ),
    ] {
        assert!(!message.contains("hunter2"), "{message}");
        assert!(message.contains("url"), "{message}");
    }
}

#[test]
fn debug_shows_no_password() {
    Jail::expect_with(|jail| {
        jail.clear_env();
        jail.set_env("DATABASE_URL", "mysql://root:hunter2@localhost/app");
        let text = format!("{:?}", Config::load().unwrap());
        assert!(text.contains("root") && !text.contains("hunter2"), "{text}");
        Ok(())
    });
}

#[test]
fn another_file_must_exist() {
    Jail::expect_with(|jail| {
        jail.clear_env();
        assert!(
            Config::load_file("missing.toml")
                .unwrap_err()
                .is_configuration()
        );
        jail.create_file("other.toml", "[default]\nurl = \"sqlite:other.db\"")?;
        assert_eq!(
            Config::load_file("other.toml").unwrap().url.path(),
            "other.db"
        );
        Ok(())
    });
}
