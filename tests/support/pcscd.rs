//! A real `pcscd` that only this test knows, with empty vpcd readers.

use std::ffi::OsStr;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;

use super::process::{Daemon, find, finish, limited, private_directory, tool, wait_for};

/// The reader driver of vsmartcard.
const VPCD_LIBRARY: &str = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";

/// How many readers pcsc-lite knows at most.
const MOST_SLOTS: usize = 16;

/// How long the service may take to start.
const START_LIMIT: Duration = Duration::from_secs(20);

/// Where a client of PC/SC reads the path of the socket.
pub(crate) const SOCKET_VARIABLE: &str = "PCSCLITE_CSOCK_NAME";

/// A private PC/SC service.
///
/// The path of its socket is built into `pcscd`, so it runs in a mount namespace of its own (as root,
/// or in a user namespace), where `/run/pcscd` is a directory of this test. Clients need no
/// namespace: [`Slot::command`] tells them where the socket is.
#[derive(Debug)]
pub(crate) struct PrivatePcscd {
    daemon: Option<Daemon>,
    slots: Vec<Slot>,
    directory: TempDir,
}

/// A reader of a [`PrivatePcscd`], into which one card fits.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    /// The reader's name in PC/SC.
    pub(crate) reader: String,
    /// Where vpcd waits for the card.
    pub(crate) port: u16,
    /// The socket of the service.
    pub(crate) socket: PathBuf,
}

/// A command and its response, as the service's log has them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Exchange {
    /// The command, in hexadecimal digits.
    pub(crate) command: String,
    /// The response with its status word, in hexadecimal digits.
    pub(crate) response: String,
}

impl PrivatePcscd {
    /// Starts a service with `slots` empty readers, rounded up to an even number.
    ///
    /// # Panics
    ///
    /// A program is missing, more than 16 slots are wanted, or there can be no namespace here.
    #[track_caller]
    pub(crate) fn start(slots: usize) -> Self {
        assert!(
            (1..=MOST_SLOTS).contains(&slots),
            "pcscd has 1 to {MOST_SLOTS} readers"
        );
        assert!(
            Path::new(VPCD_LIBRARY).exists(),
            "{VPCD_LIBRARY} is missing: install it with `apt-get install vsmartcard-vpcd`"
        );
        // Between finding a port free and the driver's taking it, somebody else may: then its
        // reader is not there, and other ports are tried.
        for _ in 0..5 {
            let mut service = Self::configured(slots);
            service.launch();
            if service.has_all_readers() {
                return service;
            }
        }
        panic!("no free ports for {slots} readers");
    }

    /// The service's directory, written but not started.
    fn configured(slots: usize) -> Self {
        let mut service = Self {
            daemon: None,
            slots: Vec::new(),
            directory: private_directory("pcscd-"),
        };
        service.configure(slots, 'A');
        service
    }

    /// Writes down which readers the next start brings: as many slots, the first two of this letter.
    #[track_caller]
    pub(crate) fn configure(&mut self, slots: usize, first: char) {
        assert!(self.daemon.is_none(), "the service runs");
        assert!((1..=MOST_SLOTS).contains(&slots));
        let directory = &self.directory;
        let socket = self.socket();
        let conf = directory.path().join("conf");
        let _ = fs::remove_dir_all(&conf);
        fs::create_dir(&conf).unwrap();
        let mut all = Vec::new();
        for (entry, letter) in (first..).take(slots.div_ceil(2)).enumerate() {
            let port = free_pair_of_ports();
            // The driver keeps its two slots in a static array, and pcscd loads a library once:
            // each entry needs a copy.
            let library = format!("libifdvpcd-{entry}.so");
            if !directory.path().join(&library).exists() {
                fs::copy(VPCD_LIBRARY, directory.path().join(&library)).unwrap();
            }
            let text = format!(
                "FRIENDLYNAME \"Virtual reader {letter}\"\n\
                 DEVICENAME /dev/null:{port:#06X}\n\
                 LIBPATH /run/pcscd/{library}\n\
                 CHANNELID {port:#06X}\n"
            )
            .replace("0X", "0x");
            fs::write(directory.path().join(format!("conf/{letter}")), text).unwrap();
            all.extend((0..2).map(|slot| Slot {
                reader: format!("Virtual reader {letter} 00 {slot:02}"),
                port: port + slot,
                socket: socket.clone(),
            }));
        }
        self.slots = all;
    }

    /// Starts the service; returns as soon as its socket takes somebody, which may be before it has
    /// readers.
    #[track_caller]
    pub(crate) fn launch(&mut self) {
        const IN_NAMESPACE: &str = "mount -t tmpfs none /run && mkdir /run/pcscd \
             && mount --bind . /run/pcscd && exec \"$@\"";
        // As long as a `pcscd.pid` of a killed service is there, the next one may take it for alive.
        for file in ["pcscd.comm", "pcscd.pid"] {
            let _ = fs::remove_file(self.directory.path().join(file));
        }
        let pcscd = find("pcscd", "pcscd");
        let root = rustix::process::getuid().is_root();
        let mut command = Command::new(find("unshare", "util-linux"));
        command
            .current_dir(&self.directory)
            .arg(if root { "-m" } else { "-rm" })
            .args(["sh", "-c", IN_NAMESPACE, "sh"])
            .arg(&pcscd)
            .args(["--foreground", "--debug", "--apdu"])
            .args(["--config", "/run/pcscd/conf"]);
        if has_polkit(&pcscd) {
            command.arg("--disable-polkit");
        }
        let daemon = self.daemon.insert(Daemon::spawn(
            &mut command,
            &self.directory.path().join("log"),
        ));
        let socket = self.directory.path().join("pcscd.comm");
        wait_for("the socket of pcscd", START_LIMIT, || {
            daemon.assert_runs();
            UnixStream::connect(&socket).ok()
        });
    }

    fn has_all_readers(&self) -> bool {
        let there = self.slot(0).readers();
        self.slots
            .iter()
            .all(|slot| there.contains(&(slot.reader.clone(), false)))
    }

    /// Where it listens.
    pub(crate) fn socket(&self) -> PathBuf {
        self.directory.path().join("pcscd.comm")
    }

    /// Sends the service a signal.
    #[track_caller]
    pub(crate) fn signal(&self, signal: Signal) {
        let daemon = self.daemon.as_ref().expect("the service runs");
        daemon.signal(signal);
    }

    /// The reader with this number, from 0.
    #[track_caller]
    pub(crate) fn slot(&self, number: usize) -> &Slot {
        &self.slots[number]
    }

    /// All readers, in the order of their names.
    pub(crate) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Ends the service at once, as a crash does: its socket stays behind, and nobody answers there.
    /// All cards fall out.
    #[track_caller]
    pub(crate) fn kill(&mut self) {
        self.daemon.take().expect("the service runs").kill();
    }

    /// Ends the service in good order: its socket goes. All cards fall out.
    #[track_caller]
    pub(crate) fn stop(&mut self) {
        self.daemon.take().expect("the service runs").stop();
    }

    /// Starts the service again after [`Self::kill`] or [`Self::stop`], with the same readers, empty.
    #[track_caller]
    pub(crate) fn restart(&mut self) {
        assert!(self.daemon.is_none(), "the service runs");
        self.launch();
        assert!(
            self.has_all_readers(),
            "readers are missing after the restart"
        );
    }

    /// All that the service wrote since its first start.
    pub(crate) fn log(&self) -> String {
        let log = fs::read(self.directory.path().join("log")).unwrap();
        String::from_utf8_lossy(&log).into_owned()
    }

    /// Every command that went to any card since the first start, with its response.
    ///
    /// Two lines of the log each, after a time and a place: `… APDU: 00 A4 …`, `… SW: 61 11 …`. A command
    /// that was never answered is left out. Ask when no card is busy in another reader: the log does
    /// not say which reader it was.
    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        let mut all = Vec::new();
        let mut waiting = None;
        for line in self.log().lines() {
            let digits = |text: &str| text.split_whitespace().collect::<String>();
            if let Some((_, apdu)) = line.split_once(" APDU: ") {
                waiting = Some(digits(apdu));
            } else if let Some((_, answer)) = line.split_once(" SW: ") {
                all.extend(waiting.take().map(|command| Exchange {
                    command,
                    response: digits(answer),
                }));
            }
        }
        all
    }
}

impl Slot {
    /// A client of the service, with a time limit: a program of ours.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = limited(program);
        command.env(SOCKET_VARIABLE, &self.socket);
        command
    }

    /// A client of the service out of a Debian package, with a time limit.
    pub(crate) fn tool(&self, program: &str, package: &str) -> Command {
        let mut command = tool(program, package);
        command.env(SOCKET_VARIABLE, &self.socket);
        command
    }

    /// Each reader of the service and whether it holds a card, as OpenSC sees it.
    ///
    /// The card is not touched. Empty if the service does not answer.
    pub(crate) fn readers(&self) -> Vec<(String, bool)> {
        // "0    Yes             Virtual reader A 00 00"
        let listed = finish(self.tool("opensc-tool", "opensc").arg("--list-readers"), "");
        let lines = listed.stdout.lines().filter_map(|line| {
            let name = line.find("Virtual reader")?;
            let card = line.split_whitespace().nth(1)? == "Yes";
            Some((line[name..].trim_end().to_owned(), card))
        });
        lines.collect()
    }

    /// Whether the reader is there and has noticed a card.
    pub(crate) fn holds_card(&self) -> bool {
        self.readers().contains(&(self.reader.clone(), true))
    }
}

/// Two ports in a row, the first even, that nobody listens on. vpcd takes both for one entry.
fn free_pair_of_ports() -> u16 {
    // Below the kernel's own choices (32768 and up). The process id spreads parallel test programs.
    const FIRST: u16 = 20_000;
    const PAIRS: u16 = 6_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);

    let spread = u16::try_from(std::process::id() * 37 % u32::from(PAIRS)).unwrap();
    // vpcd listens on all addresses, so a port must be free on all of them.
    let free = |port| TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok();
    (0..PAIRS)
        .map(|_| FIRST + 2 * ((spread + NEXT.fetch_add(1, Ordering::Relaxed)) % PAIRS))
        .find(|&port| free(port) && free(port + 1))
        .expect("a free port")
}

/// Whether this pcscd (2.0 and later) asks polkit who may use it; in a private one, everybody may.
fn has_polkit(pcscd: &Path) -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    *ANSWER.get_or_init(|| {
        let help = finish(Command::new(pcscd).arg("--help"), "");
        (help.stdout + &help.stderr).contains("--disable-polkit")
    })
}
