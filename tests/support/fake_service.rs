//! A smart card service that says whatever it is told to say, over pcsc-lite's own socket protocol.
//!
//! What a hostile reader or card could make the real one say, and what a broken one says by itself.

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use symbolon::simulator::{Card, wardrobe};
use tempfile::TempDir;

use super::pcsc_wire::{self as wire, ReaderEntry, word, words};

/// How a service behaves.
#[derive(Clone, Debug)]
pub(crate) struct Manner {
    /// What it does with those who connect.
    pub(crate) door: Door,
    /// Version and verdict that it answers with.
    pub(crate) version: [u32; 3],
    /// What it says to who wants a context.
    pub(crate) establish: u32,
    pub(crate) readers: Vec<ReaderEntry>,
    /// Other readers for the questions to come, one list each; then `readers`.
    pub(crate) lists: VecDeque<Vec<ReaderEntry>>,
    /// What it says to who connects to a card, and the protocol that it names.
    pub(crate) connect: [u32; 2],
    /// The verdict on everything that has no field of its own.
    pub(crate) verdict: u32,
    pub(crate) transmit: Transmit,
    /// One command whose answer is spoilt.
    pub(crate) spoil: Option<(u32, Spoil)>,
    /// Tells of a change right after each question for one, a thousand times a second.
    pub(crate) restless: bool,
}

/// What happens to those who connect.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Door {
    /// They are served.
    Open,
    /// They are let in and thrown out.
    Slammed,
    /// Nobody is let in; one fits into the queue.
    Deaf,
}

/// What comes back for a command APDU.
#[derive(Clone, Debug)]
pub(crate) enum Transmit {
    /// What the card says.
    Card,
    /// These bytes, said to be so many.
    Answer(Vec<u8>, u32),
    /// An error of the service.
    Error(u32),
}

/// How an answer is spoilt.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Spoil {
    /// So many bytes of it, then the connection is closed.
    Cut(usize),
    /// Bytes without sense, as many as there should be.
    Garbage,
    /// Nothing, for ever.
    Silence,
}

impl Manner {
    /// A good service with these readers.
    pub(crate) fn good(readers: Vec<ReaderEntry>) -> Self {
        Self {
            door: Door::Open,
            version: [4, 4, 0],
            establish: 0,
            readers,
            lists: VecDeque::new(),
            connect: [0, 2],
            verdict: 0,
            transmit: Transmit::Card,
            spoil: None,
            restless: false,
        }
    }
}

/// A reader with the card of a [`FakeService`] in it.
pub(crate) fn with_card(name: &[u8]) -> ReaderEntry {
    let card = wardrobe::make("piv-used").unwrap();
    ReaderEntry::with_card(name, card.atr())
}

/// A service that runs in this process until it is dropped.
pub(crate) struct FakeService {
    directory: TempDir,
    shared: Arc<Shared>,
    porter: Option<Porter>,
}

struct Shared {
    manner: Mutex<Manner>,
    card: Mutex<Box<dyn Card>>,
    /// Ways to end every connection.
    connections: Mutex<Vec<UnixStream>>,
    /// Connections that wait for news, by their contexts.
    waiting: Mutex<Vec<(u32, UnixStream)>>,
    /// The last number given to a context or a card.
    numbers: AtomicU32,
}

impl FakeService {
    pub(crate) fn start(manner: Manner) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let shared = Shared {
            manner: Mutex::new(manner),
            card: Mutex::new(wardrobe::make("piv-used").unwrap()),
            connections: Mutex::default(),
            waiting: Mutex::default(),
            numbers: AtomicU32::new(0x1000),
        };
        let mut service = Self {
            directory,
            shared: Arc::new(shared),
            porter: None,
        };
        service.open();
        service
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.directory.path().join("pcscd.comm")
    }

    /// Other readers from now on; those who wait are told.
    pub(crate) fn change(&self, readers: Vec<ReaderEntry>) {
        self.shared.manner.lock().unwrap().readers = readers;
        for (_, mut waiting) in self.shared.waiting.lock().unwrap().drain(..) {
            // Who left meanwhile need not know.
            let _ = waiting.write_all(&words(&[0, 0]));
        }
    }

    /// Ends, and is started again with another manner.
    pub(crate) fn restart(&mut self, manner: Manner) {
        self.close();
        *self.shared.manner.lock().unwrap() = manner;
        self.open();
    }

    /// Behaves otherwise without being started again: the socket stays, connections are closed.
    pub(crate) fn turn(&self, manner: Manner) {
        *self.shared.manner.lock().unwrap() = manner;
        self.shared.hang_up();
    }

    fn open(&mut self) {
        let door = self.shared.manner.lock().unwrap().door;
        self.porter = Some(Porter::start(
            &self.socket(),
            door,
            Arc::clone(&self.shared),
        ));
    }

    fn close(&mut self) {
        if let Some(porter) = self.porter.take() {
            porter.end(&self.socket());
        }
        self.shared.hang_up();
    }
}

impl Drop for FakeService {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    fn next_number(&self) -> u32 {
        self.numbers.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Ends the wait of a context.
    fn cancel(&self, context: u32) {
        const CANCELLED: u32 = 0x8010_0002;
        self.waiting.lock().unwrap().retain_mut(|(waits, stream)| {
            if *waits == context {
                let _ = stream.write_all(&words(&[0, CANCELLED]));
            }
            *waits != context
        });
    }

    fn hang_up(&self) {
        self.waiting.lock().unwrap().clear();
        for connection in self.connections.lock().unwrap().drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}

/// Lets people in, or not.
enum Porter {
    /// The socket, and the thread that lets people in.
    Awake(Arc<AtomicBool>, JoinHandle<()>),
    /// The socket on which nobody is let in.
    Deaf(OwnedFd),
}

impl Porter {
    fn start(socket: &Path, door: Door, shared: Arc<Shared>) -> Self {
        if door == Door::Deaf {
            let (family, kind) = (AddressFamily::UNIX, SocketType::STREAM);
            let deaf = rustix::net::socket_with(family, kind, SocketFlags::CLOEXEC, None).unwrap();
            rustix::net::bind(&deaf, &SocketAddrUnix::new(socket).unwrap()).unwrap();
            rustix::net::listen(&deaf, 0).unwrap();
            return Self::Deaf(deaf);
        }
        let listener = UnixListener::bind(socket).unwrap();
        let ending = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&ending);
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if end.load(Ordering::Acquire) {
                    return;
                }
                let stream = stream.unwrap();
                if shared.manner.lock().unwrap().door == Door::Slammed {
                    continue;
                }
                let way_out = stream.try_clone().unwrap();
                shared.connections.lock().unwrap().push(way_out);
                let shared = Arc::clone(&shared);
                // Ends with its connection.
                thread::spawn(move || {
                    let conversation = Conversation {
                        context: 0,
                        stream,
                        shared,
                    };
                    // Ends with an error when the other side leaves.
                    let _ = conversation.serve();
                });
            }
        });
        Self::Awake(ending, thread)
    }

    fn end(self, socket: &Path) {
        if let Self::Awake(ending, thread) = self {
            ending.store(true, Ordering::Release);
            let _ = UnixStream::connect(socket);
            thread.join().unwrap();
        }
        std::fs::remove_file(socket).unwrap();
    }
}

struct Conversation {
    context: u32,
    stream: UnixStream,
    shared: Arc<Shared>,
}

impl Conversation {
    fn serve(mut self) -> std::io::Result<()> {
        loop {
            let mut header = [0; 8];
            self.stream.read_exact(&mut header)?;
            let (size, command) = (word(&header, 0), word(&header, 1));
            let mut body = vec![0; usize::try_from(size).unwrap()];
            self.stream.read_exact(&mut body)?;
            let manner = self.manner();
            let mut answer = self.answer(command, &body, &manner)?;
            match manner.spoil {
                Some((spoilt, Spoil::Cut(at))) if spoilt == command => {
                    answer.truncate(at);
                    self.stream.write_all(&answer)?;
                    return self.stream.shutdown(Shutdown::Both);
                }
                Some((spoilt, Spoil::Garbage)) if spoilt == command => {
                    for (index, byte) in answer.iter_mut().enumerate() {
                        *byte = u8::try_from((index * 167 + 129) % 251).unwrap();
                    }
                }
                Some((spoilt, Spoil::Silence)) if spoilt == command => continue,
                _ => {}
            }
            self.stream.write_all(&answer)?;
            if command == wire::WAIT {
                self.wait(&manner)?;
            }
        }
    }

    /// How to behave now; a list that was prepared for this question is used up by it.
    fn manner(&self) -> Manner {
        self.shared.manner.lock().unwrap().clone()
    }

    /// Remembers that this connection waits for news, or has them at once.
    fn wait(&mut self, manner: &Manner) -> std::io::Result<()> {
        if manner.restless {
            thread::sleep(Duration::from_millis(1));
            return self.stream.write_all(&words(&[0, 0]));
        }
        let stream = self.stream.try_clone()?;
        let mut waiting = self.shared.waiting.lock().unwrap();
        waiting.push((self.context, stream));
        Ok(())
    }

    /// The answer to who does not want to wait any more. Who has news on the way takes them for it.
    fn stop_waiting(&self) -> Vec<u8> {
        let mut waiting = self.shared.waiting.lock().unwrap();
        let before = waiting.len();
        waiting.retain(|(context, _)| *context != self.context);
        if waiting.len() < before {
            words(&[0, 0])
        } else {
            Vec::new()
        }
    }

    fn list(&self) -> Vec<u8> {
        let mut manner = self.shared.manner.lock().unwrap();
        let next = manner.lists.pop_front();
        if manner.restless {
            for reader in &mut manner.readers {
                reader.events = reader.events.wrapping_add(1);
            }
        }
        wire::list(&next.unwrap_or_else(|| manner.readers.clone()))
    }

    fn answer(&mut self, command: u32, body: &[u8], manner: &Manner) -> std::io::Result<Vec<u8>> {
        let verdict = manner.verdict;
        Ok(match command {
            wire::VERSION => words(&manner.version),
            wire::ESTABLISH => {
                self.context = self.shared.next_number();
                words(&[word(body, 0), self.context, manner.establish])
            }
            wire::READERS | wire::WAIT => self.list(),
            wire::STOP_WAITING => self.stop_waiting(),
            wire::CANCEL => {
                self.shared.cancel(word(body, 0));
                words(&[word(body, 0), verdict])
            }
            wire::CONNECT => {
                let [verdict, protocol] = manner.connect;
                let card = self.shared.next_number();
                let mut answer = body[..132].to_vec();
                answer.extend(words(&[
                    word(body, 33),
                    word(body, 34),
                    card,
                    protocol,
                    verdict,
                ]));
                answer
            }
            wire::TRANSMIT => self.transmit(body, &manner.transmit)?,
            wire::CONTROL => {
                let mut sent = vec![0; usize::try_from(word(body, 2)).unwrap()];
                self.stream.read_exact(&mut sent)?;
                // No feature of PC/SC part 10.
                let mut answer = body[..16].to_vec();
                answer.extend(words(&[0, verdict]));
                answer
            }
            wire::RECONNECT => {
                let mut answer = body[..16].to_vec();
                answer.extend(words(&[manner.connect[1], manner.connect[0]]));
                answer
            }
            // All others end with the verdict.
            _ => {
                let mut answer = body[..body.len() - 4].to_vec();
                answer.extend(words(&[verdict]));
                answer
            }
        })
    }

    fn transmit(&mut self, body: &[u8], transmit: &Transmit) -> std::io::Result<Vec<u8>> {
        let mut command = vec![0; usize::try_from(word(body, 3)).unwrap()];
        self.stream.read_exact(&mut command)?;
        let (bytes, announced, verdict) = match transmit {
            Transmit::Card => {
                let answer = self.shared.card.lock().unwrap().transmit(&command);
                let announced = u32::try_from(answer.len()).unwrap();
                (answer, announced, 0)
            }
            Transmit::Answer(bytes, announced) => (bytes.clone(), *announced, 0),
            Transmit::Error(verdict) => (Vec::new(), 0, *verdict),
        };
        let mut answer = body[..24].to_vec();
        answer.extend(words(&[announced, verdict]));
        answer.extend(bytes);
        Ok(answer)
    }
}
