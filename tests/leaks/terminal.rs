//! `symbolonctl` on a terminal: a PIN that is typed.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use rustix::pipe::fcntl_setpipe_size;

use crate::home::Home;
use crate::needles::Needles;
use crate::process::{self, Family};
use crate::support::cards::IndependentCard;
use crate::support::pcscd::{PrivatePcscd, Slot};
use crate::support::process::{find, finish, wait_for};
use crate::tally::Tally;

/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(60);

/// A pipe for what the program says, both ends of it, and how many bytes fill it.
fn pipe(home: &Home) -> (PathBuf, File, usize) {
    let pipe = home.given().join("pipe");
    finish(Command::new("mkfifo").arg(&pipe), "").succeeded();
    let mut both = OpenOptions::new();
    let both = both.read(true).write(true).open(&pipe).unwrap();
    let filled = fcntl_setpipe_size(&both, 4096).unwrap();
    (pipe, both, filled)
}

/// Our program on a terminal of its own, with what stands behind its name on the command line of a shell.
fn on_terminal(home: &Home, slot: &Slot, rest: &str) -> Command {
    let ours = home.command(slot);
    let program = ours.get_program().display();
    let line = format!("exec {program} --reader '{}' {rest}", slot.reader);
    let mut command = Command::new(find("script", "bsdutils"));
    command.args(["--quiet", "--return", "--flush", "--command", &line]);
    command.arg("/dev/null").current_dir(home.path());
    for (name, value) in ours.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

#[test]
fn a_pin_typed_on_a_terminal_is_gone_a_second_after_its_use() {
    const FIRST: &str = "X2rq)Tz7~mLe";
    const SECOND: &str = "N8_hv;Kc4^Yp";
    let service = PrivatePcscd::start(1);
    let slot = service.slot(0);
    let _card = IndependentCard::openpgp(slot);
    let home = Home::new();
    home.prepare(slot, "pin change", "123456", FIRST);

    // What it says goes into a pipe that is full; what it asks, to the terminal.
    let (pipe, mut both, filled) = pipe(&home);
    both.write_all(&vec![b'.'; filled]).unwrap();

    let words = format!("pin change > {}", pipe.display());
    let child = on_terminal(&home, slot, &words).spawn();
    let mut child = child.unwrap();
    let (mut keyboard, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut seen = Vec::new();
    let mut answer = |question: &str, secret: &str| {
        wait_for_text(&mut screen, &mut seen, question);
        keyboard.write_all(secret.as_bytes()).unwrap();
        keyboard.write_all(b"\r").unwrap();
        keyboard.flush().unwrap();
    };
    answer("Current PIN: ", FIRST);
    answer("New PIN: ", SECOND);
    answer("Repeat new PIN: ", SECOND);

    let pid = wait_for("symbolonctl behind script", LIMIT, || {
        process::child_named(child.id(), "symbolonctl")
    });
    let family = Family::watch(pid);
    wait_for("a program to say what it did", LIMIT, || {
        process::waits_to_write(pid, 1).then_some(())
    });
    thread::sleep(Duration::from_secs(1));

    let all = [FIRST, SECOND];
    let mut tally = Tally::new(
        "symbolonctl, typed on a terminal",
        Needles::new(all.iter().map(|&secret| (secret, secret.as_bytes()))),
        &[
            ("memory", slot.reader.as_str()),
            ("terminal", "Current PIN: "),
            ("stdout", "The PIN is changed"),
            ("argv", slot.reader.as_str()),
            ("environ", "SYMBOLON_LOG=trace"),
        ],
    );
    tally.search_memory("memory", "after pin change", pid);
    // Room for what it wants to say, and for no end of the pipe: this program holds one.
    let mut said = vec![0; filled];
    both.read_exact(&mut said).unwrap();
    screen.read_to_end(&mut seen).unwrap();
    assert!(child.wait().unwrap().success());
    let said = rest(both);
    tally.search("stdout", "the pipe", &said);
    tally.search("terminal", "the screen", &seen);
    let family = family.seen();
    for arguments in &family.arguments {
        tally.search("argv", "symbolonctl", arguments);
    }
    for environment in &family.environments {
        tally.search("environ", "symbolonctl", environment);
    }
    tally.close();
}

/// Cancelled with a PIN in hand: it has to say so before it ends, cannot, and is searched meanwhile.
#[test]
fn a_pin_typed_on_a_terminal_is_gone_when_it_is_cancelled() {
    const PIN: &str = "R6v^ng2Jc5|w";
    let service = PrivatePcscd::start(1);
    let slot = service.slot(0);
    let _card = IndependentCard::openpgp(slot);
    let home = Home::new();
    let (pipe, mut both, filled) = pipe(&home);

    let trace = home.path().join("trace");
    let words = format!(
        "--trace-file {} pin verify 2> {}",
        trace.display(),
        pipe.display()
    );
    let mut command = on_terminal(&home, slot, &words);
    // Its log would wait to be heard before it asks.
    command.env("SYMBOLON_LOG", "off").env("RUST_LOG", "off");
    let child = command.spawn();
    let mut child = child.unwrap();
    let (mut keyboard, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut seen = Vec::new();
    wait_for_text(&mut screen, &mut seen, "PIN: ");
    // From now on it can say nothing more.
    let before = usize::try_from(rustix::io::ioctl_fionread(&both).unwrap()).unwrap();
    both.write_all(&vec![b'.'; filled - before]).unwrap();
    let pid = wait_for("symbolonctl behind script", LIMIT, || {
        process::child_named(child.id(), "symbolonctl")
    });
    let family = Family::watch(pid);
    keyboard.write_all(PIN.as_bytes()).unwrap();
    keyboard.flush().unwrap();
    let needles = Needles::new([("PIN", PIN.as_bytes())]);
    wait_for("the PIN in the memory", LIMIT, || {
        (!process::search_memory(pid, &needles).hits.is_empty()).then_some(())
    });
    // Ctrl+C.
    keyboard.write_all(&[0x03]).unwrap();
    keyboard.flush().unwrap();
    wait_for("a program to say what it did", LIMIT, || {
        process::waits_to_write(pid, 2).then_some(())
    });
    thread::sleep(Duration::from_secs(1));
    let mut tally = Tally::new(
        "symbolonctl, cancelled while a PIN is typed",
        needles,
        &[
            ("memory", slot.reader.as_str()),
            ("terminal", "PIN: "),
            ("stderr", "ancelled"),
            ("trace", "SELECT"),
            ("argv", slot.reader.as_str()),
            ("environ", "SYMBOLON_LOG=off"),
            ("files", "SELECT"),
        ],
    );
    tally.search_memory("memory", "after Ctrl+C", pid);
    let mut said = vec![0; filled];
    both.read_exact(&mut said).unwrap();
    screen.read_to_end(&mut seen).unwrap();
    // As the manual page has it: cancelled.
    assert_eq!(child.wait().unwrap().code(), Some(8));
    tally.search("stderr", "before", &said);
    tally.search("stderr", "the pipe", &rest(both));
    tally.search("terminal", "the screen", &seen);
    let trace = fs::read(&trace).unwrap();
    tally.search("trace", "all", &trace);
    let sent = String::from_utf8_lossy(&trace).into_owned();
    assert!(!sent.contains("bytes hidden]"), "a PIN was sent:\n{sent}");
    let family = family.seen();
    for arguments in &family.arguments {
        tally.search("argv", "symbolonctl", arguments);
    }
    for environment in &family.environments {
        tally.search("environ", "symbolonctl", environment);
    }
    tally.search_files("files", home.path());
    tally.close();
}

/// All that is in a pipe whose writers are gone but this one.
fn rest(mut both: File) -> Vec<u8> {
    both.write_all(b"\0").unwrap();
    let mut all = Vec::new();
    let mut byte = [0];
    loop {
        both.read_exact(&mut byte).unwrap();
        if byte == [0] {
            return all;
        }
        all.push(byte[0]);
    }
}

/// Reads until `text` appears after what was read before.
#[track_caller]
fn wait_for_text(screen: &mut impl Read, seen: &mut Vec<u8>, text: &str) {
    let from = seen.len();
    let mut byte = [0];
    while !seen[from..].ends_with(text.as_bytes()) {
        let count = screen.read(&mut byte).unwrap();
        let so_far = String::from_utf8_lossy(seen);
        assert_ne!(count, 0, "no “{text}” in:\n{so_far}");
        seen.push(byte[0]);
    }
}
