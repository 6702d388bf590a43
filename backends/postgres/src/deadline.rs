//! Connecting within a limit.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// Runs `connect` on a thread of its own and waits so long for it.
///
/// The clients' own timeouts are not enough: the `postgres` crate's ends with TCP's handshake, so that a server which
/// accepts and then says nothing holds the program forever; libpq's counts in seconds, for each address anew; and
/// neither covers the look-up of a name. After the limit the thread goes on until its client gives up.
///
/// # Errors
///
/// What to tell the user, when there was no answer.
pub(crate) fn within<T: Send + 'static>(
    limit: Duration,
    connect: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::Builder::new()
        .name("birgus-connect".to_owned())
        .spawn(move || {
            // Nobody listens after the limit; the connection is closed then.
            let _ = sender.send(connect());
        })
        .map_err(|error| format!("no thread to connect on: {error}"))?;
    receiver.recv_timeout(limit).map_err(|error| match error {
        RecvTimeoutError::Timeout => format!("no answer within {limit:?}"),
        RecvTimeoutError::Disconnected => "the client gave up without a reason".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_too_long_is_not_waited_for() {
        let answer = within(Duration::from_millis(20), || {
            thread::sleep(Duration::from_secs(5));
        });
        assert_eq!(answer, Err("no answer within 20ms".to_owned()));
        assert_eq!(within(Duration::from_secs(5), || 7), Ok(7));
    }
}
