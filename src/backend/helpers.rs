//! Requests that other programs carry out. Each runs in a thread of its own, since it may
//! wait for a person.

use std::sync::mpsc::Sender;

use super::handle::Letter;
use super::{Done, Failure, RequestId};
use crate::base::process;

/// Starts the service by systemd, which asks for the right through polkit.
pub(super) fn start_service(id: RequestId, letters: Sender<Letter>) {
    const PROGRAM: &str = "systemctl";
    spawn(id, letters, PROGRAM, || {
        // The socket starts the service at the first call, and stays after it has ended.
        process::run(PROGRAM, &["start", "pcscd.socket"])
            .map(|started| started.then_some(Done::ServiceAsked))
    });
}

/// Asks the holder of a card to let go. GnuPG 2.2.40 frees the reader on `SCD KILLSCD` only
/// (after `SCD RESET` it was still kept, `SCD DISCONNECT` is not supported): the agent ends its
/// daemon, which forgets its verified PINs, and starts it again when it is needed. Other
/// programs have no such question.
pub(super) fn ask_to_let_go(id: RequestId, holder: Option<&str>, letters: Sender<Letter>) {
    const PROGRAM: &str = "gpg-connect-agent";
    let known = holder == Some("scdaemon");
    spawn(id, letters, PROGRAM, move || {
        if !known {
            return Ok(None);
        }
        process::run(PROGRAM, &["--no-autostart", "SCD KILLSCD", "/bye"])
            .map(|asked| asked.then_some(Done::HolderAsked))
    });
}

fn spawn(
    id: RequestId,
    letters: Sender<Letter>,
    program: &'static str,
    work: impl FnOnce() -> std::io::Result<Option<Done>> + Send + 'static,
) {
    let again = letters.clone();
    let started = std::thread::Builder::new()
        .name("helper".into())
        .spawn(move || {
            let done = work().ok().flatten();
            let ended = done.ok_or(Failure::Program { program });
            let _ = letters.send(Letter::Helped(id, ended));
        });
    if started.is_err() {
        let _ = again.send(Letter::Helped(id, Err(Failure::Program { program })));
    }
}
