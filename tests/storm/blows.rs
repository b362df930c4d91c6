//! The blows, and the service that takes them.

use std::fs;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use rustix::process::Signal;
use symbolon::simulator::{vpcd, wardrobe};

use crate::desk::Desk;
use crate::support::pcsc_wire;
use crate::support::pcscd::PrivatePcscd;
use crate::support::process::wait_for;

/// Against hanging only.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a blow lasts before the service is mended: long enough that the program does something
/// about it, short enough for a hundred of them.
const LULL: [u64; 4] = [0, 30, 150, 400];

/// What happens to the service.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Blow {
    /// SIGKILL; the socket file stays behind.
    Kill,
    /// SIGTERM; the socket file goes.
    Stop,
    /// Ended and started with as many slots, the first two of this letter.
    OtherReaders(usize, char),
    /// SIGSTOP, then SIGCONT.
    Freeze,
    /// SIGSTOP, then SIGKILL.
    FreezeAndKill,
    /// The socket file is moved away while the service runs, then back.
    SocketMoved,
    /// The socket file is removed while the service runs; then it is killed.
    SocketRemoved,
    /// Something else listens where the service did and accepts nobody.
    Deaf,
    /// Something else listens there and hangs up at once.
    Slammed,
}

impl Blow {
    /// The readers with which everything began.
    pub(crate) const fn first_readers() -> Self {
        Self::OtherReaders(2, 'A')
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Stop => "stop",
            Self::OtherReaders(..) => "other readers",
            Self::Freeze => "freeze",
            Self::FreezeAndKill => "freeze, kill",
            Self::SocketMoved => "socket moved",
            Self::SocketRemoved => "socket removed",
            Self::Deaf => "deaf",
            Self::Slammed => "slammed",
        }
    }
}

/// The service and a card in its first reader, which is put in again whenever it falls out.
pub(crate) struct Weather {
    service: PrivatePcscd,
    random: u64,
    order: Vec<&'static str>,
    card: Card,
}

impl Weather {
    pub(crate) fn new(seed: u64) -> Self {
        let service = PrivatePcscd::start(2);
        let card = Card::insert(service.slot(0).port);
        Self {
            service,
            random: seed,
            order: Vec::new(),
            card,
        }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.service.socket()
    }

    /// The names of its readers, in order.
    pub(crate) fn readers(&self) -> Vec<String> {
        let slots = self.service.slots().iter();
        slots.map(|slot| slot.reader.clone()).collect()
    }

    pub(crate) fn order(&self) -> String {
        self.order.join(", ")
    }

    /// The next number of the sequence (splitmix64).
    fn random(&mut self, below: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % below
    }

    pub(crate) fn choose(&mut self) -> Blow {
        let blow = match self.random(9) {
            0 => Blow::Kill,
            1 => Blow::Stop,
            2 => {
                let slots = [2, 4, 8, 16][usize::try_from(self.random(4)).unwrap()];
                Blow::OtherReaders(
                    slots,
                    ['A', 'B', 'K'][usize::try_from(self.random(3)).unwrap()],
                )
            }
            3 => Blow::Freeze,
            4 => Blow::FreezeAndKill,
            5 => Blow::SocketMoved,
            6 => Blow::SocketRemoved,
            7 => Blow::Deaf,
            _ => Blow::Slammed,
        };
        self.order.push(blow.name());
        blow
    }

    /// Strikes, has the desk ask for things meanwhile, and mends. Tells since when the service really
    /// answers with all its readers.
    #[track_caller]
    pub(crate) fn strike(&mut self, blow: &Blow, desk: &mut Desk) -> Instant {
        let lull = LULL[usize::try_from(self.random(LULL.len() as u64)).unwrap()];
        let mut lull = || {
            desk.ask_every_reader();
            // Not to wait for something: how long the blow lasts is part of it.
            thread::sleep(Duration::from_millis(lull));
            desk.catch_up();
            desk.ask_every_reader();
        };
        let socket = self.socket();
        match *blow {
            Blow::Kill => {
                self.service.kill();
                lull();
                self.service.launch();
            }
            Blow::Stop => {
                self.service.stop();
                lull();
                self.service.launch();
            }
            Blow::OtherReaders(slots, first) => {
                self.service.kill();
                self.service.configure(slots, first);
                self.card.move_to(self.service.slot(0).port);
                lull();
                self.service.launch();
            }
            Blow::Freeze => {
                self.service.signal(Signal::STOP);
                lull();
                self.service.signal(Signal::CONT);
            }
            Blow::FreezeAndKill => {
                self.service.signal(Signal::STOP);
                lull();
                self.service.kill();
                self.service.launch();
            }
            Blow::SocketMoved => {
                let away = socket.with_extension("away");
                fs::rename(&socket, &away).unwrap();
                lull();
                fs::rename(&away, &socket).unwrap();
            }
            Blow::SocketRemoved => {
                fs::remove_file(&socket).unwrap();
                lull();
                self.service.kill();
                self.service.launch();
            }
            Blow::Deaf => {
                self.service.kill();
                fs::remove_file(&socket).unwrap();
                let (family, kind) = (AddressFamily::UNIX, SocketType::STREAM);
                let deaf =
                    rustix::net::socket_with(family, kind, SocketFlags::CLOEXEC, None).unwrap();
                rustix::net::bind(&deaf, &SocketAddrUnix::new(&socket).unwrap()).unwrap();
                // Room for one who waits; the next one hangs in connect(2).
                rustix::net::listen(&deaf, 0).unwrap();
                lull();
                drop(deaf);
                self.service.launch();
            }
            Blow::Slammed => {
                self.service.kill();
                fs::remove_file(&socket).unwrap();
                let door = Door::open(&socket);
                lull();
                door.close();
                self.service.launch();
            }
        }
        self.until_it_answers()
    }

    #[track_caller]
    fn until_it_answers(&self) -> Instant {
        let wanted = self.readers();
        wait_for("the service with its readers", PATIENCE, || {
            let readers = pcsc_wire::ask(&self.socket(), PATIENCE).ok()?;
            let mut names: Vec<String> = readers.into_iter().map(|(name, _)| name).collect();
            names.sort_unstable();
            (names == wanted).then(Instant::now)
        })
    }
}

/// Something that accepts and hangs up.
struct Door {
    socket: PathBuf,
    closing: Arc<AtomicBool>,
    porter: JoinHandle<()>,
}

impl Door {
    fn open(socket: &std::path::Path) -> Self {
        let listener = UnixListener::bind(socket).unwrap();
        let closing = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&closing);
        let porter = thread::spawn(move || {
            while !end.load(Ordering::Acquire) {
                drop(listener.accept());
            }
        });
        Self {
            socket: socket.to_owned(),
            closing,
            porter,
        }
    }

    fn close(self) {
        self.closing.store(true, Ordering::Release);
        let _ = std::os::unix::net::UnixStream::connect(&self.socket);
        self.porter.join().unwrap();
    }
}

/// A hand that puts the same card in again and again.
struct Card {
    port: Arc<AtomicU16>,
    stop: Arc<Mutex<vpcd::Stop>>,
}

impl Card {
    fn insert(port: u16) -> Self {
        let card = Self {
            port: Arc::new(AtomicU16::new(port)),
            stop: Arc::default(),
        };
        let (port, stop) = (Arc::clone(&card.port), Arc::clone(&card.stop));
        thread::spawn(move || {
            let mut made = wardrobe::make("piv-used").unwrap();
            loop {
                let pulled = stop.lock().unwrap().clone();
                // An error is a service that does not listen now; that is what this is about.
                let _ = vpcd::serve(made.as_mut(), port.load(Ordering::Acquire), &pulled);
                thread::sleep(Duration::from_millis(10));
            }
        });
        card
    }

    /// Holds it at another reader from now on.
    fn move_to(&self, port: u16) {
        self.port.store(port, Ordering::Release);
        let pulled = std::mem::take(&mut *self.stop.lock().unwrap());
        pulled.stop();
    }
}
