//! Enough of PostgreSQL's wire protocol to log in and read the server's version.
//!
//! Source: the PostgreSQL manual, "Frontend/Backend Protocol", message formats.

use std::io::{Read, Write};

use anyhow::{Context, Result, anyhow, bail};
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{ChannelBinding, ScramSha256};

use crate::url::Address;

const PROTOCOL_3_0: i32 = 196_608;
/// `invalid_authorization_specification`: also the answer to a login without the TLS that is asked for.
const NOT_AUTHORIZED: &str = "28000";

/// Logs in and gives the version.
///
/// # Errors
///
/// The server's message when it turns us away; a protocol error when it is no PostgreSQL.
pub(crate) fn log_in(stream: &mut (impl Read + Write), address: &Address) -> Result<String> {
    match converse(stream, address)? {
        Answer::Version(version) => Ok(version),
        Answer::Refused { message, .. } => Err(anyhow!(message)),
    }
}

/// Like [`log_in`], but a server that may only want TLS is taken as it is, its version unread.
pub(crate) fn version_or_reason(
    stream: &mut (impl Read + Write),
    address: &Address,
) -> Result<String> {
    match converse(stream, address)? {
        Answer::Version(version) => Ok(version),
        Answer::Refused { code, message } if code == NOT_AUTHORIZED => {
            Ok(format!("(version not read: {message})"))
        }
        Answer::Refused { message, .. } => Err(anyhow!(message)),
    }
}

enum Answer {
    Version(String),
    Refused { code: String, message: String },
}

fn converse(stream: &mut (impl Read + Write), address: &Address) -> Result<Answer> {
    stream.write_all(&startup(&address.user, &address.database))?;
    let mut scram = None;
    let mut version = None;
    loop {
        let (kind, body) = receive(stream)?;
        match kind {
            b'R' => {
                let (request, data) = split_i32(&body)?;
                if let Some(reply) = authenticate(request, data, address, &mut scram)? {
                    send(stream, b'p', &reply)?;
                }
            }
            b'S' => {
                if let Some(value) = parameter(&body, "server_version") {
                    version = Some(value);
                }
            }
            b'E' => {
                let field = |name| error_field(&body, name).unwrap_or_default();
                return Ok(Answer::Refused {
                    code: field(b'C'),
                    message: field(b'M'),
                });
            }
            b'Z' => {
                send(stream, b'X', &[])?;
                let version = version.context("the server does not tell its version")?;
                return Ok(Answer::Version(short_version(&version).to_owned()));
            }
            // BackendKeyData, notices and whatever else may come before ReadyForQuery.
            b'K' | b'N' | b'v' => {}
            _ => bail!("does not speak PostgreSQL's protocol"),
        }
    }
}

/// The answer to an authentication request, or none when it asks for nothing.
fn authenticate(
    request: i32,
    data: &[u8],
    address: &Address,
    scram: &mut Option<ScramSha256>,
) -> Result<Option<Vec<u8>>> {
    let password = address.password.as_bytes();
    if password.is_empty() && matches!(request, 3 | 5 | 10) {
        bail!("the server asks for a password");
    }
    let with_nul = |mut text: Vec<u8>| {
        text.push(0);
        text
    };
    Ok(match request {
        0 => None,
        3 => Some(with_nul(password.to_vec())),
        5 => {
            let salt = data
                .get(..4)
                .and_then(|salt| salt.try_into().ok())
                .context("short salt")?;
            Some(with_nul(
                md5_hash(address.user.as_bytes(), password, salt).into_bytes(),
            ))
        }
        10 => {
            let client = scram.insert(ScramSha256::new(password, ChannelBinding::unsupported()));
            let first = client.message();
            let mut reply = b"SCRAM-SHA-256\0".to_vec();
            reply.extend(i32::try_from(first.len())?.to_be_bytes());
            reply.extend(first);
            Some(reply)
        }
        11 => {
            let client = scram.as_mut().context("unexpected SASL message")?;
            client.update(data)?;
            Some(client.message().to_vec())
        }
        12 => {
            scram
                .as_mut()
                .context("unexpected SASL message")?
                .finish(data)?;
            None
        }
        other => {
            bail!("the server asks for authentication method {other}, which is not known here")
        }
    })
}

fn startup(user: &str, database: &str) -> Vec<u8> {
    let mut body = PROTOCOL_3_0.to_be_bytes().to_vec();
    for text in ["user", user, "database", database] {
        // An empty value would end the list; without a database the server takes the user's name.
        if text.is_empty() {
            body.truncate(body.len() - "database\0".len());
            break;
        }
        body.extend(text.as_bytes());
        body.push(0);
    }
    body.push(0);
    let mut message = length(&body).to_vec();
    message.extend(body);
    message
}

fn send(stream: &mut impl Write, kind: u8, body: &[u8]) -> Result<()> {
    let mut message = vec![kind];
    message.extend(length(body));
    message.extend(body);
    Ok(stream.write_all(&message)?)
}

/// The length field, which counts itself.
fn length(body: &[u8]) -> [u8; 4] {
    (body.len() as u32 + 4).to_be_bytes()
}

fn receive(stream: &mut impl Read) -> Result<(u8, Vec<u8>)> {
    let mut head = [0; 5];
    stream
        .read_exact(&mut head)
        .context("does not speak PostgreSQL's protocol")?;
    let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
    // Other protocols give absurd lengths; nothing before ReadyForQuery is long.
    if !(4..=65_536).contains(&length) {
        bail!("does not speak PostgreSQL's protocol");
    }
    let mut body = vec![0; length - 4];
    stream.read_exact(&mut body).context("the server hung up")?;
    Ok((head[0], body))
}

fn split_i32(body: &[u8]) -> Result<(i32, &[u8])> {
    let (number, rest) = body
        .split_first_chunk()
        .context("short authentication message")?;
    Ok((i32::from_be_bytes(*number), rest))
}

/// The value in a ParameterStatus message, when it is the one asked for.
fn parameter(body: &[u8], name: &str) -> Option<String> {
    let mut texts = body.split(|&byte| byte == 0);
    (texts.next()? == name.as_bytes()).then(|| texts.next().map(lossy))?
}

/// A field of an ErrorResponse: `C` the SQLSTATE, `M` the message.
fn error_field(body: &[u8], name: u8) -> Option<String> {
    body.split(|&byte| byte == 0)
        .find_map(|field| field.split_first().filter(|(first, _)| **first == name))
        .map(|(_, text)| lossy(text))
}

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

/// `15.20` of `15.20 (Debian 15.20-0+deb12u1)`.
fn short_version(version: &str) -> &str {
    version.split(' ').next().unwrap_or(version)
}

#[cfg(test)]
mod tests {
    use std::io::{self, Cursor};

    use super::*;

    /// A server that says what it was told to, whatever it hears.
    struct Script(Cursor<Vec<u8>>, Vec<u8>);

    impl Script {
        fn new(messages: &[(u8, &[u8])]) -> Script {
            let mut bytes = Vec::new();
            for (kind, body) in messages {
                send(&mut bytes, *kind, body).unwrap();
            }
            Script(Cursor::new(bytes), Vec::new())
        }
    }

    impl Read for Script {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.read(buffer)
        }
    }

    impl Write for Script {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.1.write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn address(password: &str) -> Address {
        Address {
            host: "h".into(),
            port: 1,
            user: "ann".into(),
            password: password.into(),
            database: "app".into(),
        }
    }

    #[test]
    fn the_startup_message_names_user_and_database() {
        assert_eq!(
            startup("ann", "app"),
            b"\0\0\0\x1f\0\x03\0\0user\0ann\0database\0app\0\0"
        );
        assert_eq!(startup("ann", ""), b"\0\0\0\x12\0\x03\0\0user\0ann\0\0");
    }

    #[test]
    fn a_trusting_server_tells_its_version() {
        let mut server = Script::new(&[
            (b'R', &[0, 0, 0, 0]),
            (b'S', b"server_encoding\0UTF8\0"),
            (b'S', b"server_version\x0015.20 (Debian 15.20-0+deb12u1)\0"),
            (b'K', &[0; 8]),
            (b'Z', b"I"),
        ]);
        assert_eq!(log_in(&mut server, &address("")).unwrap(), "15.20");
        assert!(
            server.1.ends_with(b"X\0\0\0\x04"),
            "the session is ended politely"
        );
    }

    #[test]
    fn a_password_is_sent_only_when_it_is_asked_for() {
        let mut server = Script::new(&[(b'R', &[0, 0, 0, 3])]);
        let error = log_in(&mut server, &address("")).unwrap_err();
        assert_eq!(error.to_string(), "the server asks for a password");

        let mut server = Script::new(&[
            (b'R', &[0, 0, 0, 3]),
            (
                b'E',
                b"SFATAL\0C28P01\0Mpassword authentication failed for user \"ann\"\0\0",
            ),
        ]);
        let error = log_in(&mut server, &address("secret")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "password authentication failed for user \"ann\""
        );
        assert!(server.1.ends_with(b"p\0\0\0\x0bsecret\0"));
    }

    #[test]
    fn a_server_that_wants_tls_is_taken_when_it_was_named() {
        let refusal: &[(u8, &[u8])] = &[(b'E', b"C28000\0Mno pg_hba.conf entry\0\0")];
        let version = version_or_reason(&mut Script::new(refusal), &address("")).unwrap();
        assert_eq!(version, "(version not read: no pg_hba.conf entry)");
        assert!(log_in(&mut Script::new(refusal), &address("")).is_err());
    }

    #[test]
    fn another_protocol_is_recognised() {
        let mut server = Script(
            Cursor::new(b"HTTP/1.1 400 Bad Request\r\n".to_vec()),
            Vec::new(),
        );
        let error = log_in(&mut server, &address("")).unwrap_err();
        assert_eq!(error.to_string(), "does not speak PostgreSQL's protocol");
    }
}
