//! A way to the smart card service on which it is seen how long somebody keeps a card.
//!
//! Clients find the service by its socket; this one listens on another and hands everything on.
//! pcsc-lite's protocol (`winscard_msg.h`): a request is a header of eight bytes, which is sent by
//! itself (the length of what follows, then the command), and what follows; the answer to "begin a
//! transaction" is the handle and the result, four bytes each.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::process::private_directory;

const CONNECT: u32 = 0x04;
const DISCONNECT: u32 = 0x06;
const BEGIN: u32 = 0x07;
const END: u32 = 0x08;
const TRANSMIT: u32 = 0x09;

/// What was seen of all clients so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// How long each transaction was.
    pub(crate) holds: Vec<Duration>,
    /// How many connections to cards were asked for.
    pub(crate) connects: usize,
    /// How many commands were sent to cards.
    pub(crate) commands: usize,
}

/// The way.
pub(crate) struct Proxy {
    folder: TempDir,
    seen: Arc<Mutex<Seen>>,
}

impl Proxy {
    /// Opens a way to the service at `socket`.
    pub(crate) fn to(socket: &Path) -> Self {
        let folder = private_directory("proxy-");
        let listener = UnixListener::bind(folder.path().join("comm")).unwrap();
        let seen = Arc::<Mutex<Seen>>::default();
        let (socket, note) = (socket.to_owned(), Arc::clone(&seen));
        // Ends with the process; a client that comes after the folder is gone finds no socket.
        thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(client) = client else { return };
                let Ok(service) = UnixStream::connect(&socket) else {
                    continue;
                };
                serve(client, service, &note);
            }
        });
        Self { folder, seen }
    }

    /// Where clients find it.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("comm")
    }

    /// What was seen since this was asked before.
    pub(crate) fn take(&self) -> Seen {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }
}

/// A client's conversation.
#[derive(Default)]
struct Conversation {
    /// The request that is not answered yet; nothing before a request.
    asked: Option<u32>,
    /// Since when the card is its own.
    since: Option<Instant>,
}

fn serve(client: UnixStream, service: UnixStream, seen: &Arc<Mutex<Seen>>) {
    let conversation = Arc::<Mutex<Conversation>>::default();
    let (from, to) = (client.try_clone().unwrap(), service.try_clone().unwrap());
    let (asking, counting) = (Arc::clone(&conversation), Arc::clone(seen));
    thread::spawn(move || {
        pass(from, to, |bytes| requested(&asking, &counting, bytes));
        // Whoever goes lets go.
        end(&asking, &counting);
    });
    let seen = Arc::clone(seen);
    thread::spawn(move || {
        pass(service, client, |bytes| {
            answered(&conversation, &seen, bytes)
        })
    });
}

/// Hands bytes on, each piece shown to `look` before.
fn pass(mut from: UnixStream, mut to: UnixStream, look: impl Fn(&[u8])) {
    let mut piece = [0; 70_000];
    loop {
        match from.read(&mut piece) {
            Ok(0) | Err(_) => break,
            Ok(count) => {
                look(&piece[..count]);
                if to.write_all(&piece[..count]).is_err() {
                    break;
                }
            }
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}

fn requested(conversation: &Mutex<Conversation>, seen: &Mutex<Seen>, bytes: &[u8]) {
    let mut now = conversation.lock().unwrap();
    if now.asked.is_some() {
        // What belongs to the header before.
        return;
    }
    let command = u32::from_ne_bytes(bytes[4..8].try_into().unwrap());
    now.asked = Some(command);
    match command {
        CONNECT => seen.lock().unwrap().connects += 1,
        TRANSMIT => seen.lock().unwrap().commands += 1,
        _ => {}
    }
}

fn answered(conversation: &Mutex<Conversation>, seen: &Mutex<Seen>, bytes: &[u8]) {
    let mut now = conversation.lock().unwrap();
    match now.asked.take() {
        Some(BEGIN) if bytes[4..8] == [0; 4] => now.since = Some(Instant::now()),
        Some(END | DISCONNECT) => {
            drop(now);
            end(conversation, seen);
        }
        _ => {}
    }
}

fn end(conversation: &Mutex<Conversation>, seen: &Mutex<Seen>) {
    if let Some(since) = conversation.lock().unwrap().since.take() {
        seen.lock().unwrap().holds.push(since.elapsed());
    }
}
