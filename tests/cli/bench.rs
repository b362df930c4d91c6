//! The bench in a real service: cards are put in and swapped in several readers, one is pulled in the
//! middle, and every name ends up with a token, a letter and a line in the results.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;

use symbolon::backend::practice::{Served, Stop};
use symbolon::simulator::{Brake, Card, CardOs, CardOsModel, vpcd};

use crate::program::{Ended, output, program};
use crate::support::pcscd::{PrivatePcscd, SOCKET_VARIABLE, Slot};
use crate::support::process::{Daemon, private_directory, wait_for};

const SYMBOLONCTL: &str = env!("CARGO_BIN_EXE_symbolonctl");

/// How long the service may take to notice a card, and the bench to get on.
const NOTICE_LIMIT: Duration = Duration::from_secs(60);

const PROFILE: &str = "name = 'Bench'\nlabel = 'VPN {name}'\n[so-pin]\n[[pin]]\nmin = 6\nlabel = '{department}'\n\
    [[key]]\nsize = 1024\n";

/// PUK and PIN of the security officer, in the order in which they are asked.
const SECRETS: &str = "24681357\n11335577\n";

/// A card that keeps what is on it when it is pulled, and can take its time to make a key.
#[derive(Clone)]
struct Kept {
    card: Arc<Mutex<CardOs>>,
    atr: Vec<u8>,
    brake: Option<Brake>,
}

impl Card for Kept {
    fn atr(&self) -> &[u8] {
        &self.atr
    }

    fn reset(&mut self) {
        self.card.lock().unwrap().reset();
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        if let Some(brake) = self
            .brake
            .as_ref()
            .filter(|_| command.starts_with(&[0, 0x46]))
        {
            brake.hold(NOTICE_LIMIT);
        }
        self.card.lock().unwrap().transmit(command)
    }

    fn brake(&self) -> Option<Brake> {
        self.brake.clone()
    }
}

fn blank(number: u8) -> Kept {
    let card = CardOs::blank(CardOsModel::m4_2b([0x27, 0x37, 0xC0, 0x09, 0x2B, number]));
    Kept {
        atr: card.atr().to_vec(),
        card: Arc::new(Mutex::new(card)),
        brake: None,
    }
}

/// A card in a slot of the service.
struct Inside {
    stop: Stop,
    served: JoinHandle<io::Result<Served>>,
}

impl Inside {
    fn put(mut card: Kept, slot: &Slot) -> Self {
        let stop = Stop::new();
        let (ends, port) = (stop.clone(), slot.port);
        let served = thread::spawn(move || vpcd::serve(&mut card, port, &ends));
        Self { stop, served }
    }

    /// Pulls the card. The service has to have noticed that before another one is put in: it looks
    /// every 400 ms, and hands are not as quick.
    fn pull(self, service: &PrivatePcscd, slot: usize) {
        let words = format!("Card Removed From {}", service.slot(slot).reader);
        let noticed = || service.log().matches(&words).count();
        let before = noticed();
        self.stop.stop();
        self.served.join().unwrap().unwrap();
        wait_for("an empty slot", NOTICE_LIMIT, || {
            (noticed() > before).then_some(())
        });
    }
}

/// Files of a bench.
struct Files(TempDir);

impl Files {
    fn new(names: &str) -> Self {
        let files = Self(private_directory("bench-"));
        files.write("profile.toml", PROFILE);
        files.write("names.csv", names);
        files.write("secrets", SECRETS);
        fs::set_permissions(files.path("secrets"), fs::Permissions::from_mode(0o600)).unwrap();
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn arguments(&self) -> Vec<String> {
        let path = |name| self.path(name).to_str().unwrap().to_owned();
        [
            "plan",
            "bench",
            &path("profile.toml"),
            "--names",
            &path("names.csv"),
        ]
        .into_iter()
        .chain(["--results", &path("results.csv"), "--letters"])
        .chain([path("letters.pdf").as_str(), "--pin-file", &path("secrets")])
        .map(str::to_owned)
        .collect()
    }

    /// What came of each name, by column.
    fn results(&self) -> Vec<BTreeMap<String, String>> {
        let bytes = fs::read(self.path("results.csv")).unwrap_or_default();
        let mut table = csv::ReaderBuilder::new()
            .delimiter(b';')
            .from_reader(bytes.as_slice());
        table.deserialize().map(Result::unwrap).collect()
    }

    fn states(&self) -> Vec<String> {
        let rows = self.results().into_iter();
        rows.map(|row| row["state"].clone()).collect()
    }

    fn letters(&self) -> String {
        let bytes = fs::read(self.path("letters.pdf")).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// The program at a bench of several readers.
struct Room {
    files: Files,
    service: PrivatePcscd,
    run: Daemon,
}

impl Drop for Room {
    fn drop(&mut self) {
        if thread::panicking() {
            let _ = writeln!(io::stderr(), "{}", self.said());
        }
    }
}

impl Room {
    fn new(names: &str, slots: usize) -> Self {
        let service = PrivatePcscd::start(slots);
        let files = Files::new(names);
        let mut command = Command::new(SYMBOLONCTL);
        command
            .args(files.arguments())
            .env("XDG_STATE_HOME", files.0.path())
            .env(SOCKET_VARIABLE, &service.slot(0).socket)
            .env("LC_ALL", "C.UTF-8")
            .env_remove("LANGUAGE");
        let run = Daemon::spawn(&mut command, &files.path("log"));
        Self {
            files,
            service,
            run,
        }
    }

    fn put(&self, card: Kept, slot: usize) -> Inside {
        Inside::put(card, self.service.slot(slot))
    }

    fn said(&self) -> String {
        fs::read_to_string(self.files.path("log")).unwrap_or_default()
    }

    #[track_caller]
    fn wait_for_words(&self, words: &str) {
        wait_for(words, NOTICE_LIMIT, || {
            self.said().contains(words).then_some(())
        });
    }

    fn wait_for_done(&self, count: usize) {
        wait_for("tokens", NOTICE_LIMIT, || {
            let states = self.files.states();
            let done = states.iter().filter(|state| *state == "done");
            (done.count() >= count).then_some(())
        });
    }

    fn ended(&mut self) -> i32 {
        let status = wait_for("the end", NOTICE_LIMIT, || self.run.ended());
        status.code().unwrap()
    }
}

#[test]
fn five_names_get_their_tokens_in_three_readers() {
    let names = "Name;department\nAnna Rossi;Sales\nJürgen Müller;Einkauf\n=1+1;IT\nD;IT\nE;IT\n";
    let mut room = Room::new(names, 4);
    let first: Vec<_> = (0..3)
        .map(|slot| room.put(blank(u8::try_from(slot).unwrap() + 1), slot))
        .collect();
    room.wait_for_done(3);
    for (slot, inside) in first.into_iter().enumerate() {
        inside.pull(&room.service, slot);
    }
    let rest = [room.put(blank(4), 0), room.put(blank(5), 2)];
    assert_eq!(room.ended(), 0, "{}", room.said());
    let results = room.files.results();
    let serials: BTreeSet<_> = results.iter().map(|row| row["serial"].clone()).collect();
    let prints: BTreeSet<_> = results.iter().map(|row| row["sha256"].clone()).collect();
    assert_eq!(serials.len(), 5);
    assert!(prints.iter().all(|print| print.len() == 64));
    for row in &results {
        assert_eq!(
            (row["state"].as_str(), row["keys"].as_str()),
            ("done", "45")
        );
        assert_eq!(row["journal"], format!("{}.journal", row["serial"]));
        let journal = room.files.path("symbolon/journals").join(&row["journal"]);
        assert!(journal.exists(), "{journal:?}");
        assert!(row["reason"].is_empty() && row["time"].ends_with('Z'));
    }
    let shown: Vec<_> = results.iter().map(|row| row["name"].as_str()).collect();
    assert_eq!(shown, ["Anna Rossi", "Jürgen Müller", "'=1+1", "D", "E"]);
    let said = room.said();
    for line in [
        "Anna Rossi: Begins, 3 steps\n",
        ": 2 of 3: Set Einkauf\n",
        "5 done · 0 failed · 0 to do\n",
        "Print them, then delete the file.",
    ] {
        assert!(said.contains(line), "no {line}: {said}");
    }
    let letters = room.files.letters();
    assert_eq!(letters.matches("/Type /Page\n").count(), 5);
    assert!(letters.contains("(Anna Rossi) Tj"));
    // “PIN “Sales”” has quotation marks that are not ASCII, so it stands there in hexadecimal.
    assert!(letters.contains("<50494E209353616C657394> Tj"));
    let mode = fs::metadata(room.files.path("letters.pdf"))
        .unwrap()
        .permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    // Nothing that is secret is said or written elsewhere.
    for secret in SECRETS.lines() {
        assert!(!said.contains(secret) && !letters.contains(secret));
    }
    for (slot, inside) in [0, 2].into_iter().zip(rest) {
        inside.pull(&room.service, slot);
    }
}

#[test]
fn a_token_that_is_pulled_in_the_middle_goes_on_in_another_reader() {
    let mut room = Room::new("name;department\nA;IT\nB;IT\n", 2);
    let mut slow = blank(1);
    slow.brake = Some(Brake::new());
    let inside = room.put(slow.clone(), 0);
    room.wait_for_words("A: 3 of 3: ");
    inside.pull(&room.service, 0);
    // What the service tells of it depends on the moment.
    room.wait_for_words("A: Failed: ");
    // Another card is not taken for it.
    let other = room.put(blank(2), 0);
    room.wait_for_words("This is not the token that was begun. Put that one back;");
    slow.brake = None;
    let again = room.put(slow, 1);
    room.wait_for_words("A: Goes on with step 3 of 3");
    // The lane that waited takes the next name with the card that is in it.
    assert_eq!(room.ended(), 0, "{}", room.said());
    let serials: Vec<_> = room
        .files
        .results()
        .into_iter()
        .map(|row| row["serial"].clone())
        .collect();
    assert_eq!(serials, ["2737C0092B01", "2737C0092B02"]);
    other.pull(&room.service, 0);
    again.pull(&room.service, 1);
}

#[test]
fn interrupted_it_ends_after_the_step_and_the_results_say_what_is_left() {
    let mut room = Room::new("name;department\nA;IT\nB;IT\n", 2);
    let mut slow = blank(1);
    let brake = Brake::new();
    slow.brake = Some(brake.clone());
    let inside = room.put(slow, 0);
    room.wait_for_words("A: 3 of 3: ");
    room.run.signal(Signal::INT);
    room.wait_for_words("It stops after these steps.");
    room.run.assert_runs();
    brake.release();
    assert_eq!(room.ended(), 8, "{}", room.said());
    let states = room.files.states();
    // The step was the last one: the token is done, and told as such.
    assert_eq!(states, ["done", "open"], "{}", room.said());
    assert_eq!(room.files.letters().matches("/Type /Page\n").count(), 1);
    inside.pull(&room.service, 0);
}

/// A run with practice cards, to its end.
fn practise(files: &Files, cards: &str, change: impl FnOnce(&mut Vec<String>)) -> Ended {
    let mut arguments = files.arguments();
    change(&mut arguments);
    let mut command = program();
    command
        .env("XDG_STATE_HOME", files.0.path())
        .arg(format!("--practice={cards}"))
        .args(arguments);
    Ended::new(output(&mut command, b""))
}

#[test]
fn a_token_that_is_set_up_is_refused_and_its_name_goes_on() {
    let files = Files::new("name;department\nA;IT\n");
    let ended = practise(&files, "cardos-used,unknown,cardos-blank", |_| {});
    assert_eq!(ended.code, 0, "{ended:?}");
    let refused = "Practice reader 2: This card cannot be set up.";
    assert!(ended.stdout.contains(refused), "{ended:?}");
    assert!(ended.stdout.contains("A: Done: 2737C0092B18"), "{ended:?}");
    let results = files.results();
    // What happens in a practice reader has no journal that could be found later.
    assert_eq!(
        (results[0]["state"].as_str(), results[0]["journal"].as_str()),
        ("done", "")
    );
}

#[test]
fn what_cannot_be_right_is_said_before_anything_is_touched() {
    let files = Files::new("name;department\nA;IT\n");
    let said = practise(&files, "cardos-blank", |arguments| {
        let at = arguments
            .iter()
            .position(|argument| argument == "--letters");
        arguments.drain(at.unwrap()..at.unwrap() + 2);
    });
    assert!(said.said(2).contains("Nobody would know the PINs"));
    files.write("names.csv", "name;mail\nA;a@example.com\n");
    let said = practise(&files, "cardos-blank", |_| {}).said(2);
    assert!(
        said.contains("a column “department”") && said.contains("Line 2"),
        "{said}"
    );
    files.write("names.csv", "name\nA\nKurz, Ben\n");
    let said = practise(&files, "cardos-blank", |_| {}).said(2);
    assert!(
        said.contains("another number of cells (2)") && said.contains("Line 3"),
        "{said}"
    );
    assert!(!files.path("results.csv").exists() && !files.path("letters.pdf").exists());
    // Results of before are all that is known of those tokens.
    files.write("names.csv", "name;department\nA;IT\n");
    files.write("results.csv", "old");
    let said = practise(&files, "cardos-blank", |_| {}).said(1);
    assert!(said.contains("results.csv cannot be written"), "{said}");
    assert_eq!(fs::read(files.path("results.csv")).unwrap(), b"old");
    // One private key for everybody is none.
    files.write(
        "profile.toml",
        &PROFILE.replace("size = 1024", "file = 'one.key'"),
    );
    let said = practise(&files, "cardos-blank", |_| {}).said(2);
    assert!(said.contains("the same key on every token"), "{said}");
}
