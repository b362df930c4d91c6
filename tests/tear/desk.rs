//! A card in a real service that stops in the middle of a command, and what happens then.

use std::fs;
use std::io::Write as _;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use symbolon::simulator::vpcd::{self, Stop};
use symbolon::simulator::{Card, CardOs, CardOsModel};
use tempfile::TempDir;

use crate::support::pcscd::{PrivatePcscd, SOCKET_VARIABLE};
use crate::support::process::{private_directory, wait_for};

/// How long pcscd may take to notice that a card came or went; it looks every 0.4 s.
const NOTICE_LIMIT: Duration = Duration::from_secs(20);

/// How long the card may wait for its turn.
const PATIENCE: Duration = Duration::from_secs(60);

const SERIAL: [u8; 6] = [0x27, 0x37, 0xC0, 0x09, 0x2B, 0x18];

const NOTE: &str = "locker 17";

/// What happens in the middle of a command.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Blow {
    /// The card is pulled.
    Pull,
    /// The program is killed.
    Kill,
    /// The service is killed.
    Crash,
}

/// The card waits at a command.
struct Trip {
    at: usize,
    carried_out: bool,
    reached: Sender<()>,
    go: Receiver<()>,
}

/// What the card and the test share.
struct Shared {
    card: CardOs,
    commands: usize,
    trip: Option<Trip>,
}

struct InService {
    shared: Arc<Mutex<Shared>>,
    atr: Vec<u8>,
}

impl Card for InService {
    fn atr(&self) -> &[u8] {
        &self.atr
    }

    fn reset(&mut self) {
        self.shared.lock().unwrap().card.reset();
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        let tripped = {
            let mut shared = self.shared.lock().unwrap();
            let here = shared.commands;
            shared.commands += 1;
            match &shared.trip {
                Some(trip) if trip.at == here => shared.trip.take(),
                _ => None,
            }
        };
        let Some(trip) = tripped else {
            return self.shared.lock().unwrap().card.transmit(command);
        };
        let answer = if trip.carried_out {
            self.shared.lock().unwrap().card.transmit(command)
        } else {
            vec![0x6F, 0x00]
        };
        trip.reached.send(()).unwrap();
        // Nobody hears the answer.
        let _ = trip.go.recv_timeout(PATIENCE);
        answer
    }
}

/// A service, a card, and the program.
pub(crate) struct Desk {
    service: PrivatePcscd,
    shared: Arc<Mutex<Shared>>,
    inserted: Option<(Stop, JoinHandle<()>)>,
    folder: TempDir,
    /// What happened last, to be said of a failure.
    last: String,
}

impl Desk {
    pub(crate) fn new(profile: &str) -> Self {
        let folder = private_directory("tear-");
        fs::write(folder.path().join("profile.toml"), profile).unwrap();
        fs::write(folder.path().join("note.txt"), NOTE).unwrap();
        let shared = Shared {
            card: blank(),
            commands: 0,
            trip: None,
        };
        Self {
            service: PrivatePcscd::start(1),
            shared: Arc::new(Mutex::new(shared)),
            inserted: None,
            folder,
            last: String::new(),
        }
    }

    /// A plan to its end: the card then, and the commands that it got.
    pub(crate) fn undisturbed(&mut self) -> (String, usize) {
        self.begin_anew();
        let child = self.start(&["run", &self.profile()], NEW);
        self.succeeds(child);
        let commands = self.shared.lock().unwrap().commands;
        (self.image(), commands)
    }

    /// A plan that is broken off at a command and gone on with.
    pub(crate) fn torn(&mut self, blow: Blow, at: usize, carried_out: bool) {
        self.last = format!("{blow:?} at {at}, carried out: {carried_out}");
        self.begin_anew();
        let (reached, arrived) = mpsc::channel();
        let (let_go, go) = mpsc::channel();
        self.shared.lock().unwrap().trip = Some(Trip {
            at,
            carried_out,
            reached,
            go,
        });
        let mut child = self.start(&["run", &self.profile()], NEW);
        arrived
            .recv_timeout(PATIENCE)
            .expect("the card was not asked so often");
        let removals = self.removals();
        match blow {
            Blow::Pull => {
                let (stop, thread) = self.inserted.take().unwrap();
                stop.stop();
                let_go.send(()).unwrap();
                thread.join().unwrap();
            }
            Blow::Kill => {
                child.kill().unwrap();
                child.wait().unwrap();
                let_go.send(()).unwrap();
            }
            Blow::Crash => {
                self.service.kill();
                let_go.send(()).unwrap();
                let (_, thread) = self.inserted.take().unwrap();
                thread.join().unwrap();
            }
        }
        if blow != Blow::Kill {
            let ended = child.wait_with_output().unwrap();
            assert!(!ended.status.success(), "{ended:?}");
        }
        match blow {
            Blow::Pull => self.wait_for_removal(removals),
            Blow::Kill => {}
            Blow::Crash => self.service.restart(),
        }
        if self.inserted.is_none() {
            self.insert();
        }
        self.go_on();
    }

    /// Goes on with what the journal says; if the plan was not begun, it is begun now.
    fn go_on(&self) {
        let asked = self
            .start(&["resume", &self.profile()], "")
            .wait_with_output()
            .unwrap();
        if asked.status.success() {
            // What was left needs nothing that is typed.
            return;
        }
        // The plan stands where the questions are.
        let page = String::from_utf8(asked.stderr.clone()).unwrap();
        let Some((_, wanted)) = page.split_once("What will be asked for\n") else {
            let words = String::from_utf8_lossy(&asked.stderr).into_owned();
            assert!(words.contains("nothing to go on with"), "{asked:?}");
            // It was not begun, or its end was written down already.
            let told = self
                .program(&["journal"], false, "")
                .wait_with_output()
                .unwrap();
            if !String::from_utf8_lossy(&told.stdout).contains("Finished") {
                let child = self.start(&["run", &self.profile()], NEW);
                self.succeeds(child);
            }
            return;
        };
        let mut secrets = String::new();
        for line in wanted.lines().filter(|line| line.starts_with("  ")) {
            let known = SECRETS
                .iter()
                .find(|(name, _)| line.trim_start().starts_with(name));
            secrets.push_str(known.unwrap_or_else(|| panic!("{line}")).1);
            secrets.push('\n');
        }
        let child = self.start(&["resume", &self.profile()], &secrets);
        self.succeeds(child);
    }

    /// What the card keeps, but for the time that is written on it.
    pub(crate) fn image(&self) -> String {
        without_time(&self.shared.lock().unwrap().card.image())
    }

    fn profile(&self) -> String {
        let path = self.folder.path().join("profile.toml");
        path.to_str().unwrap().to_owned()
    }

    /// How often the service has noticed that a card is gone. A client whose reset fails has the
    /// reader shown as empty before that, and a card that is put in then is never noticed.
    fn removals(&self) -> usize {
        self.service.log().matches("Card Removed From").count()
    }

    fn wait_for_removal(&self, before: usize) {
        wait_for("the reader to miss its card", NOTICE_LIMIT, || {
            (self.removals() > before).then_some(())
        });
    }

    /// Another blank card in the reader, and no journal of it.
    fn begin_anew(&mut self) {
        if let Some((stop, thread)) = self.inserted.take() {
            let removals = self.removals();
            stop.stop();
            thread.join().unwrap();
            self.wait_for_removal(removals);
        }
        let _ = fs::remove_dir_all(self.folder.path().join("state"));
        {
            let mut shared = self.shared.lock().unwrap();
            shared.card = blank();
            shared.trip = None;
        }
        self.insert();
        self.shared.lock().unwrap().commands = 0;
    }

    fn insert(&mut self) {
        let stop = Stop::new();
        let slot = self.service.slot(0).clone();
        let atr = self.shared.lock().unwrap().card.atr().to_vec();
        let mut card = InService {
            shared: Arc::clone(&self.shared),
            atr,
        };
        let (port, plug) = (slot.port, stop.clone());
        let thread = thread::spawn(move || {
            // A service that is killed in the middle of a message is part of the test.
            let _ = vpcd::serve(&mut card, port, &plug);
        });
        wait_for("the reader to notice its card", NOTICE_LIMIT, || {
            slot.holds_card().then_some(())
        });
        self.inserted = Some((stop, thread));
    }

    fn start(&self, arguments: &[&str], secrets: &str) -> Child {
        self.program(arguments, true, secrets)
    }

    fn program(&self, arguments: &[&str], asks: bool, secrets: &str) -> Child {
        // Without a time limit around it: what is killed is the program itself.
        let mut command = Command::new(env!("CARGO_BIN_EXE_symbolonctl"));
        let mut child = command
            .env(SOCKET_VARIABLE, &self.service.slot(0).socket)
            .env_remove("LANGUAGE")
            .env("LC_ALL", "C.UTF-8")
            .env("XDG_STATE_HOME", self.folder.path().join("state"))
            .arg("plan")
            .args(arguments)
            .args(asks.then_some(["--pin-fd", "0"]).into_iter().flatten())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Few bytes: they fit into the pipe. A program that has ended takes none.
        let _ = child.stdin.take().unwrap().write_all(secrets.as_bytes());
        child
    }

    #[track_caller]
    fn succeeds(&self, child: Child) {
        let Output {
            status,
            stdout,
            stderr,
        } = child.wait_with_output().unwrap();
        assert!(
            status.success(),
            "{}: {status}\n{}\n{}",
            self.last,
            String::from_utf8_lossy(&stdout),
            String::from_utf8_lossy(&stderr)
        );
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.inserted.take() {
            stop.stop();
            // The test has failed already if this has.
            let _ = thread.join();
        }
    }
}

fn blank() -> CardOs {
    CardOs::blank(CardOsModel::m4_2b(SERIAL))
}

/// What is asked for, by how it begins, and the answer.
const SECRETS: [(&str, &str); 6] = [
    ("New PUK of “Security officer PIN”", "87654312"),
    ("New SO-PIN", "24681357"),
    ("New PUK of “User PIN”", "97531864"),
    ("New PIN “User PIN”", "271828"),
    ("Current SO-PIN", "24681357"),
    ("Current PIN", "271828"),
];

/// All of them for a blank card, in the order in which they are asked for.
const NEW: &str = "24681357\n87654312\n271828\n97531864\n";

/// The image with every moment (a GeneralizedTime: 24, 15, fifteen bytes up to "Z") left out.
fn without_time(image: &str) -> String {
    let lines: Vec<&str> = image.lines().collect();
    let is = |at: usize, text: &str| lines.get(at).is_some_and(|line| line.trim() == text);
    let mut kept = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if is(at, "24,") && is(at + 1, "15,") && is(at + 16, "90,") {
            kept.push("a moment");
            at += 17;
        } else {
            kept.push(lines[at]);
            at += 1;
        }
    }
    kept.join("\n")
}

pub(crate) fn difference(expected: &str, found: &str) -> String {
    let mut lines = expected.lines().zip(found.lines()).enumerate();
    let differs = lines.find(|(_, (one, other))| one != other);
    format!(
        "{differs:?}, {} and {} lines",
        expected.lines().count(),
        found.lines().count()
    )
}
