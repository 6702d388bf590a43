//! Finding a server: a variable, a standard port, local binaries, or Docker, in this order.

mod compose;
mod guard;
mod mysql;
mod postgres;
mod start;

use std::env;
use std::fmt;
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};

use crate::pairs::Server;
use crate::url::{Address, ServerUrl};
use guard::Guard;

/// Where a server came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Variable,
    Port,
    Started,
    Compose,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Origin::Variable => "environment",
            Origin::Port => "standard port",
            Origin::Started => "started here",
            Origin::Compose => "docker compose",
        })
    }
}

/// A server that tests can use.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) url: ServerUrl,
    /// The engine's version, or in parentheses why it can't be told.
    pub(crate) version: String,
    pub(crate) origin: Origin,
}

/// The ways to a server. Each error says in a few words why this way leads nowhere.
pub(crate) trait Ways {
    /// The server of the variable; `None` when the variable is not set.
    fn variable(&mut self, server: Server) -> Option<Result<Found>>;
    /// A server that listens on one of the standard ports and lets us in.
    fn port(&mut self, server: Server) -> Result<Found>;
    /// A server started from local binaries, stopped when `self` is dropped.
    fn start(&mut self, server: Server) -> Result<Found>;
    /// A service of `docker-compose.yml`, left running.
    fn compose(&mut self, server: Server) -> Result<Found>;
}

/// The first way that leads to the server, or why each of them failed.
///
/// A variable that is set decides alone: tests that silently ran against another server than the one
/// asked for would prove nothing. A server that is not `needed` is used when it is there, but never started.
pub(crate) fn find(
    server: Server,
    needed: bool,
    fresh: bool,
    ways: &mut dyn Ways,
) -> Result<Found, Vec<String>> {
    if let Some(found) = ways.variable(server) {
        return found.map_err(|error| vec![format!("{}: {error:#}", server.variable())]);
    }
    let mut reasons = Vec::new();
    if !fresh {
        match ways.port(server) {
            Ok(found) => return Ok(found),
            Err(error) => reasons.push(format!("{error:#}")),
        }
    }
    if !needed {
        reasons.push("not started, because no required pair needs it".to_owned());
        return Err(reasons);
    }
    match ways.start(server) {
        Ok(found) => return Ok(found),
        Err(error) => reasons.push(format!("{error:#}")),
    }
    match ways.compose(server) {
        Ok(found) => return Ok(found),
        Err(error) => reasons.push(format!("{error:#}")),
    }
    Err(reasons)
}

/// The ways on this machine. Servers that were started stop when it is dropped.
#[derive(Default)]
pub(crate) struct Machine {
    started: Vec<Guard>,
}

impl Ways for Machine {
    fn variable(&mut self, server: Server) -> Option<Result<Found>> {
        match env::var(server.variable()) {
            Ok(url) if url.trim().is_empty() => None,
            Ok(url) => Some(given(server, ServerUrl::new(url))),
            Err(env::VarError::NotPresent) => None,
            Err(env::VarError::NotUnicode(_)) => Some(Err(anyhow!("is not UTF-8"))),
        }
    }

    fn port(&mut self, server: Server) -> Result<Found> {
        let mut reasons = Vec::new();
        for url in standard_urls(server) {
            match enter(server, &url) {
                Ok(version) => {
                    return Ok(Found {
                        url,
                        version,
                        origin: Origin::Port,
                    });
                }
                Err(error) => reasons.push(format!("{url}: {error:#}")),
            }
        }
        bail!("{}", reasons.join("; "))
    }

    fn start(&mut self, server: Server) -> Result<Found> {
        let (guard, url) = start::start(server)?;
        let (guard, version) = guard.wait_until(|| enter(server, &url))?;
        self.started.push(guard);
        Ok(Found {
            url,
            version,
            origin: Origin::Started,
        })
    }

    fn compose(&mut self, server: Server) -> Result<Found> {
        compose::up(server)?;
        let url = ServerUrl::new(compose::url(server));
        let version = enter(server, &url).with_context(|| url.to_string())?;
        Ok(Found {
            url,
            version,
            origin: Origin::Compose,
        })
    }
}

/// What may listen on this machine without anybody having said so: a server that trusts local logins, the
/// services of `docker-compose.yml`, and a second MySQL beside a MariaDB.
fn standard_urls(server: Server) -> Vec<ServerUrl> {
    let mut urls: Vec<String> = match server {
        Server::Postgres => vec!["postgresql://postgres@127.0.0.1:5432/postgres".into()],
        Server::MariaDb | Server::MySql => [3306, 3307, 13306]
            .map(|port| format!("{}://root@127.0.0.1:{port}/test", server.scheme()))
            .into(),
    };
    let compose = compose::url(server);
    if !urls.iter().any(|url| url == compose) {
        urls.push(compose.to_owned());
    }
    urls.into_iter().map(ServerUrl::new).collect()
}

/// A server that a variable names: it must answer and be the right engine. Whether its TLS or its way to
/// log in suits this program does not matter.
fn given(server: Server, url: ServerUrl) -> Result<Found> {
    let address = url
        .address(server.default_port())
        .with_context(|| format!("the URL {url}"))?;
    let version = if address.host.is_empty() || address.host.starts_with('/') {
        "(version not read through a Unix socket)".to_owned()
    } else {
        let mut stream = connect(&address).with_context(|| url.to_string())?;
        let version = match server {
            Server::Postgres => postgres::version_or_reason(&mut stream, &address),
            Server::MariaDb | Server::MySql => mysql::version(&mut stream, server),
        };
        version.with_context(|| url.to_string())?
    };
    Ok(Found {
        url,
        version,
        origin: Origin::Variable,
    })
}

/// Logs in, as a test would, and makes sure that the URL's database is there. Gives the version.
fn enter(server: Server, url: &ServerUrl) -> Result<String> {
    let address = url.address(server.default_port())?;
    let mut stream = connect(&address)?;
    match server {
        Server::Postgres => postgres::log_in(&mut stream, &address),
        Server::MariaDb | Server::MySql => mysql::log_in(&mut stream, server, &address),
    }
}

fn connect(address: &Address) -> Result<TcpStream> {
    let mut last = None;
    for socket in (address.host.as_str(), address.port)
        .to_socket_addrs()
        .context("the host has no address")?
    {
        match TcpStream::connect_timeout(&socket, Duration::from_secs(3)) {
            Ok(stream) => {
                // A server of another protocol may wait for us as we wait for it.
                stream.set_read_timeout(Some(Duration::from_secs(5)))?;
                stream.set_write_timeout(Some(Duration::from_secs(5)))?;
                return Ok(stream);
            }
            Err(error) => last = Some(error),
        }
    }
    match last {
        Some(error) => Err(error).context("no server answers"),
        None => bail!("the host has no address"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers on the ways that are listed, and writes down which were tried.
    struct Fake {
        leads: Vec<Origin>,
        variable_set: bool,
        tried: Vec<Origin>,
    }

    impl Fake {
        fn new(leads: &[Origin]) -> Fake {
            Fake {
                leads: leads.to_vec(),
                variable_set: false,
                tried: Vec::new(),
            }
        }

        fn go(&mut self, origin: Origin) -> Result<Found> {
            self.tried.push(origin);
            if !self.leads.contains(&origin) {
                bail!("nothing by {origin}");
            }
            Ok(Found {
                url: ServerUrl::new("x://h"),
                version: "1".into(),
                origin,
            })
        }
    }

    impl Ways for Fake {
        fn variable(&mut self, _: Server) -> Option<Result<Found>> {
            self.variable_set.then(|| self.go(Origin::Variable))
        }
        fn port(&mut self, _: Server) -> Result<Found> {
            self.go(Origin::Port)
        }
        fn start(&mut self, _: Server) -> Result<Found> {
            self.go(Origin::Started)
        }
        fn compose(&mut self, _: Server) -> Result<Found> {
            self.go(Origin::Compose)
        }
    }

    const ALL: [Origin; 4] = [
        Origin::Variable,
        Origin::Port,
        Origin::Started,
        Origin::Compose,
    ];

    fn origin(fake: &mut Fake, needed: bool, fresh: bool) -> Option<Origin> {
        find(Server::MySql, needed, fresh, fake)
            .ok()
            .map(|found| found.origin)
    }

    #[test]
    fn the_ways_are_tried_in_order_and_the_first_wins() {
        let mut with_variable = Fake {
            variable_set: true,
            ..Fake::new(&ALL)
        };
        assert_eq!(
            origin(&mut with_variable, true, false),
            Some(Origin::Variable)
        );
        assert_eq!(with_variable.tried, [Origin::Variable]);
        for first in 1..4 {
            let mut fake = Fake::new(&ALL[first..]);
            assert_eq!(origin(&mut fake, true, false), Some(ALL[first]));
            assert_eq!(fake.tried, ALL[1..=first]);
        }
    }

    #[test]
    fn a_variable_that_leads_nowhere_is_not_replaced_by_another_server() {
        let mut fake = Fake {
            variable_set: true,
            ..Fake::new(&ALL[1..])
        };
        let reasons = find(Server::MySql, true, false, &mut fake).unwrap_err();
        assert_eq!(reasons, ["BIRGUS_TEST_MYSQL_URL: nothing by environment"]);
        assert_eq!(fake.tried, [Origin::Variable]);
    }

    #[test]
    fn a_server_that_is_not_needed_is_used_but_not_started() {
        assert_eq!(
            origin(&mut Fake::new(&ALL), false, false),
            Some(Origin::Port)
        );
        let mut fake = Fake::new(&[Origin::Started, Origin::Compose]);
        let reasons = find(Server::MySql, false, false, &mut fake).unwrap_err();
        assert_eq!(fake.tried, [Origin::Port]);
        assert_eq!(
            reasons,
            [
                "nothing by standard port",
                "not started, because no required pair needs it"
            ]
        );
    }

    #[test]
    fn a_server_that_may_not_be_looked_for_is_never_taken_as_found() {
        let reasons = find(Server::MySql, false, true, &mut Fake::new(&ALL)).unwrap_err();
        assert_eq!(reasons, ["not started, because no required pair needs it"]);
    }

    #[test]
    fn fresh_servers_pass_over_the_ports() {
        let mut fake = Fake::new(&ALL);
        assert_eq!(origin(&mut fake, true, true), Some(Origin::Started));
        assert_eq!(fake.tried, [Origin::Started]);
    }

    #[test]
    fn a_missing_server_gives_the_reason_of_every_way() {
        let reasons = find(Server::MySql, true, false, &mut Fake::new(&[])).unwrap_err();
        assert_eq!(
            reasons,
            [
                "nothing by standard port",
                "nothing by started here",
                "nothing by docker compose"
            ]
        );
    }
}
