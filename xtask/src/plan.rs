//! What a run tests: each pair with the server that was found for it, or why there is none.

use anyhow::{Result, bail};

use crate::client::ClientLibrary;
use crate::pairs::{Pair, Server};
use crate::servers::{self, Found, Ways};

/// The result of looking for one server.
pub(crate) type Search = std::result::Result<Found, Vec<String>>;

/// One pair of the plan.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) pair: Pair,
    pub(crate) required: bool,
    /// Why the pair can't be tested; empty when it can.
    pub(crate) missing: Vec<String>,
}

/// The five pairs and the servers behind them.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) entries: Vec<Entry>,
    searches: Vec<(Server, Search)>,
}

impl Plan {
    /// Looks for every server. `has_library` says whether a driver's C library can be linked.
    pub(crate) fn make(
        required: &[Pair],
        fresh: bool,
        ways: &mut dyn Ways,
        has_library: impl Fn(ClientLibrary) -> bool,
    ) -> Plan {
        let needs = |server| required.iter().any(|pair| pair.server() == Some(server));
        let searches: Vec<(Server, Search)> = Server::ALL
            .into_iter()
            .map(|server| (server, servers::find(server, needs(server), fresh, ways)))
            .collect();
        let entries = Pair::ALL
            .into_iter()
            .map(|pair| {
                let mut missing = Vec::new();
                if let Some(Err(reasons)) = search(&searches, pair) {
                    missing.extend(reasons.iter().cloned());
                }
                if let Some(library) = pair
                    .client_library()
                    .filter(|library| !has_library(*library))
                {
                    missing.push(library.hint().to_owned());
                }
                Entry {
                    pair,
                    required: required.contains(&pair),
                    missing,
                }
            })
            .collect();
        Plan { entries, searches }
    }

    /// The server of a pair, when it needs one and it was found.
    pub(crate) fn found(&self, pair: Pair) -> Option<&Found> {
        search(&self.searches, pair).and_then(|search| search.as_ref().ok())
    }

    /// The server that was found, with the variable that passes its URL on.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&'static str, Option<&Found>)> {
        self.searches
            .iter()
            .map(|(server, search)| (server.variable(), search.as_ref().ok()))
    }

    /// The pairs that the suite must run.
    pub(crate) fn tested(&self) -> Vec<Pair> {
        let can_run = self.entries.iter().filter(|entry| entry.missing.is_empty());
        can_run.map(|entry| entry.pair).collect()
    }

    /// Fails when a required pair is missing, and says how to get it.
    pub(crate) fn check(&self) -> Result<()> {
        let mut text = String::new();
        for entry in self.entries.iter().filter(|entry| entry.required) {
            if entry.missing.is_empty() {
                continue;
            }
            text.push_str(&format!(
                "\n\n{} is required and missing:",
                entry.pair.name()
            ));
            for reason in &entry.missing {
                text.push_str(&format!("\n  - {reason}"));
            }
            if let (Some(server), None) = (entry.pair.server(), self.found(entry.pair)) {
                let variable = server.variable();
                let was_set = entry
                    .missing
                    .iter()
                    .any(|reason| reason.starts_with(variable));
                let first = if was_set {
                    "correct the variable, or unset it and"
                } else {
                    "to get a server,"
                };
                text.push_str(&format!(
                    "\n  {first} do one of these:\n  \
                     * export {variable}={}://user:password@host:port/database\n  \
                     * docker compose up -d --wait {}\n  * {}",
                    server.scheme(),
                    server.service(),
                    server.programs_hint(),
                ));
            }
        }
        if text.is_empty() {
            return Ok(());
        }
        bail!(
            "not every required pair can be tested, so no test was run{text}\n\n\
             `cargo xtask test --require LIST` requires fewer; the others are then listed as not tested"
        )
    }
}

fn search(searches: &[(Server, Search)], pair: Pair) -> Option<&Search> {
    searches
        .iter()
        .find(|(server, _)| Some(*server) == pair.server())
        .map(|(_, search)| search)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::servers::Origin;
    use crate::url::ServerUrl;

    /// A machine with a PostgreSQL on its port and nothing else.
    pub(crate) struct OnlyPostgres;

    impl Ways for OnlyPostgres {
        fn variable(&mut self, _: Server) -> Option<Result<Found>> {
            None
        }
        fn port(&mut self, server: Server) -> Result<Found> {
            if server != Server::Postgres {
                bail!("no server answers");
            }
            let url = ServerUrl::new("postgresql://ann:secret@127.0.0.1:5432/app");
            Ok(Found {
                url,
                version: "17.2".into(),
                origin: Origin::Port,
            })
        }
        fn start(&mut self, _: Server) -> Result<Found> {
            bail!("no programs")
        }
        fn compose(&mut self, _: Server) -> Result<Found> {
            bail!("no engine")
        }
    }

    #[test]
    fn a_missing_required_pair_fails_and_says_how_to_get_it() {
        let plan = Plan::make(&Pair::ALL, false, &mut OnlyPostgres, |_| true);
        let error = plan.check().unwrap_err().to_string();
        for expected in [
            "mysql is required and missing:\n  - no server answers\n  - no programs\n  - no engine\n",
            "export BIRGUS_TEST_MYSQL_URL=mysql://",
            "docker compose up -d --wait mysql",
            "apt install mariadb-server",
        ] {
            assert!(error.contains(expected), "{error}");
        }
        assert!(!error.contains("postgres is required"), "{error}");
    }

    #[test]
    fn a_pair_that_is_not_required_may_be_missing_and_is_not_expected() {
        let plan = Plan::make(&[Pair::Sqlite], false, &mut OnlyPostgres, |_| true);
        plan.check().unwrap();
        assert_eq!(
            plan.tested(),
            [Pair::Sqlite, Pair::Postgres, Pair::PostgresLibpq]
        );
    }

    #[test]
    fn a_pair_whose_client_library_is_missing_says_so_before_the_build() {
        let required = [Pair::Postgres, Pair::PostgresLibpq];
        let plan = Plan::make(&required, false, &mut OnlyPostgres, |_| false);
        assert_eq!(plan.tested(), [Pair::Sqlite, Pair::Postgres]);
        let error = plan.check().unwrap_err().to_string();
        assert!(
            error.contains("postgres+libpq is required and missing:\n  - libpq is missing"),
            "{error}"
        );
        assert!(!error.contains("to get a server"), "{error}");
    }
}
