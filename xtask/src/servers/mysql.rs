//! Enough of the MySQL wire protocol to tell MariaDB from MySQL and to log in without a password.
//!
//! Source: the MySQL Internals manual, "Connection Phase"; MariaDB's knowledge base, "Connecting".

use std::io::{Read, Write};

use anyhow::{Context, Result, bail};

use crate::pairs::Server;
use crate::url::Address;

const LONG_PASSWORD: u32 = 1;
const PROTOCOL_41: u32 = 1 << 9;
const SECURE_CONNECTION: u32 = 1 << 15;
const PLUGIN_AUTH: u32 = 1 << 19;
const UTF8MB4_GENERAL_CI: u8 = 45;
const QUIT: u8 = 1;
const QUERY: u8 = 3;

/// What a server says before anybody has logged in.
#[derive(Debug, PartialEq, Eq)]
struct Greeting {
    server: Server,
    version: String,
}

/// Reads the version from the greeting; the server must be the one that is asked for.
pub(crate) fn version(stream: &mut impl Read, server: Server) -> Result<String> {
    let (_, payload) = receive(stream)?;
    let greeting = greeting(&payload)?;
    if greeting.server != server {
        bail!("is {} {}, not {server}", greeting.server, greeting.version);
    }
    Ok(greeting.version)
}

/// Logs in with an empty password, makes sure that the database is there, and gives the version.
///
/// # Errors
///
/// The server's message when it turns us away, and when the address has a password: the servers that
/// are looked for on standard ports have none.
pub(crate) fn log_in(
    stream: &mut (impl Read + Write),
    server: Server,
    address: &Address,
) -> Result<String> {
    let version = version(stream, server)?;
    if !address.password.is_empty() {
        bail!("can only log in without a password here");
    }
    send(stream, 1, &handshake_response(&address.user))?;
    let (sequence, payload) = receive(stream)?;
    match payload.first() {
        // AuthSwitchRequest: an empty password is an empty answer for every plugin that takes one.
        Some(0xfe) => {
            send(stream, sequence.wrapping_add(1), &[])?;
            expect_ok(&receive(stream)?.1)?;
        }
        _ => expect_ok(&payload)?,
    }
    let name = address.database.replace('`', "``");
    let mut query = vec![QUERY];
    query.extend(format!("CREATE DATABASE IF NOT EXISTS `{name}`").as_bytes());
    send(stream, 0, &query)?;
    expect_ok(&receive(stream)?.1)?;
    send(stream, 0, &[QUIT])?;
    Ok(version)
}

fn greeting(payload: &[u8]) -> Result<Greeting> {
    let text = match payload.split_first() {
        Some((10, text)) => text,
        Some((0xff, _)) => bail!("{}", error_message(payload)),
        _ => bail!("does not speak MySQL's protocol"),
    };
    let end = text
        .iter()
        .position(|&byte| byte == 0)
        .context("does not speak MySQL's protocol")?;
    let text = String::from_utf8_lossy(&text[..end]);
    let server = if text.contains("MariaDB") {
        Server::MariaDb
    } else {
        Server::MySql
    };
    // MariaDB 10 pretends to be 5.5.5 so that old replicas accept it.
    let number = match server {
        Server::MariaDb => text.strip_prefix("5.5.5-").unwrap_or(&text),
        _ => &text,
    };
    let version = number.split('-').next().unwrap_or(number).to_owned();
    Ok(Greeting { server, version })
}

fn handshake_response(user: &str) -> Vec<u8> {
    let mut body = Vec::new();
    let capabilities = LONG_PASSWORD | PROTOCOL_41 | SECURE_CONNECTION | PLUGIN_AUTH;
    body.extend(capabilities.to_le_bytes());
    body.extend((1u32 << 24).to_le_bytes()); // the longest packet
    body.push(UTF8MB4_GENERAL_CI);
    body.extend([0; 23]);
    body.extend(user.as_bytes());
    body.push(0);
    body.push(0); // the length of the answer to the challenge: no password
    body.extend(b"mysql_native_password\0");
    body
}

fn expect_ok(payload: &[u8]) -> Result<()> {
    match payload.first() {
        Some(0) => Ok(()),
        Some(0xff) => bail!("{}", error_message(payload)),
        _ => bail!("the server asks for a password"),
    }
}

/// The text of an ERR packet: 0xff, a code, and from protocol 4.1 on `#` with a SQLSTATE.
fn error_message(payload: &[u8]) -> String {
    let text = payload.get(3..).unwrap_or_default();
    let text = match text.first() {
        Some(b'#') => text.get(6..).unwrap_or_default(),
        _ => text,
    };
    String::from_utf8_lossy(text).into_owned()
}

fn send(stream: &mut impl Write, sequence: u8, payload: &[u8]) -> Result<()> {
    let [a, b, c, _] = (payload.len() as u32).to_le_bytes();
    let mut packet = vec![a, b, c, sequence];
    packet.extend(payload);
    Ok(stream.write_all(&packet)?)
}

/// A packet's sequence number and payload.
fn receive(stream: &mut impl Read) -> Result<(u8, Vec<u8>)> {
    let mut head = [0; 4];
    stream
        .read_exact(&mut head)
        .context("does not speak MySQL's protocol")?;
    let length = u32::from_le_bytes([head[0], head[1], head[2], 0]) as usize;
    // Other protocols give absurd lengths; nothing that is read here is long.
    if length > 65_536 {
        bail!("does not speak MySQL's protocol");
    }
    let mut payload = vec![0; length];
    stream
        .read_exact(&mut payload)
        .context("does not speak MySQL's protocol")?;
    Ok((head[3], payload))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(version: &str) -> Greeting {
        let mut payload = vec![10];
        payload.extend(version.as_bytes());
        payload.extend([0, 7, 0, 0, 0]);
        greeting(&payload).unwrap()
    }

    #[test]
    fn the_greeting_tells_mariadb_from_mysql() {
        for (text, server, version) in [
            (
                "5.5.5-10.11.19-MariaDB-0+deb12u1",
                Server::MariaDb,
                "10.11.19",
            ),
            ("11.4.2-MariaDB-ubu2404", Server::MariaDb, "11.4.2"),
            ("8.4.3", Server::MySql, "8.4.3"),
            ("9.1.0-debian", Server::MySql, "9.1.0"),
        ] {
            assert_eq!(
                parse(text),
                Greeting {
                    server,
                    version: version.into()
                }
            );
        }
    }

    #[test]
    fn a_refusal_in_place_of_the_greeting_is_passed_on() {
        let error = greeting(b"\xff\x69\x04Host '10.0.0.1' is blocked").unwrap_err();
        assert_eq!(error.to_string(), "Host '10.0.0.1' is blocked");
    }

    #[test]
    fn another_protocol_is_recognised() {
        assert!(greeting(b"SSH-2.0").is_err());
        assert!(greeting(&[]).is_err());
        assert!(greeting(b"\x0a8.4").is_err());
        assert!(version(&mut b"HTTP/1.1 400".as_slice(), Server::MySql).is_err());
    }

    #[test]
    fn the_wrong_engine_is_an_error_that_names_both() {
        let mut packet = Vec::new();
        send(&mut packet, 0, b"\x0a8.4.3\0").unwrap();
        let error = version(&mut packet.as_slice(), Server::MariaDb).unwrap_err();
        assert_eq!(error.to_string(), "is MySQL 8.4.3, not MariaDB");
    }

    #[test]
    fn an_error_packet_gives_its_message_without_the_sqlstate() {
        let error = expect_ok(b"\xff\x15\x04#28000Access denied for user 'root'").unwrap_err();
        assert_eq!(error.to_string(), "Access denied for user 'root'");
        assert_eq!(error_message(b"\xff"), "");
    }
}
