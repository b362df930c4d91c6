//! A program that dies with a PIN in hand, and one that a neighbour wants to look into.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::driver::{Look, Program};
use crate::home::Home;
use crate::needles::Needles;
use crate::process::search_memory;
use crate::support::cards::IndependentCard;
use crate::support::pcscd::{PrivatePcscd, SOCKET_VARIABLE};
use crate::support::process::{find, finish, private_directory, wait_for};
use crate::tally::Tally;

/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(60);

const PIN: &str = "z5~Rk;W8q)Dm";

/// Lets the kernel write cores of this process and of all that it starts, unless they see to it themselves.
fn allow_cores() {
    let mut prlimit = Command::new(find("prlimit", "util-linux"));
    let us = std::process::id().to_string();
    prlimit.args(["--core=unlimited:unlimited", "--pid", &us]);
    finish(&mut prlimit, "").succeeded();
}

/// What the kernel says of the size of a core: soft and hard limit.
fn core_limit(pid: u32) -> Vec<String> {
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let mut lines = limits.lines();
    let line = lines.find_map(|line| line.strip_prefix("Max core file size"));
    let words = line.unwrap().split_whitespace().take(2);
    words.map(str::to_owned).collect()
}

fn signal(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

/// Waits until the PIN is in the memory of a process: a search that does not find it there finds it nowhere.
#[track_caller]
fn wait_until_held(pid: u32) {
    let needles = Needles::new([("PIN", PIN.as_bytes())]);
    wait_for("the PIN in the memory", LIMIT, || {
        let held = search_memory(pid, &needles).hits;
        held.iter()
            .any(|(_, form, _)| *form == "text")
            .then_some(())
    });
}

/// Files in a folder that may be cores.
fn cores(folder: &Path) -> usize {
    let names = fs::read_dir(folder).unwrap().flatten();
    names
        .filter(|entry| entry.file_name().to_string_lossy().contains("core"))
        .count()
}

#[track_caller]
fn assert_no_core(what: &str, status: ExitStatus, signal: Signal, folder: &Path) {
    assert_eq!(status.signal(), Some(signal.as_raw()), "{what}: {status}");
    assert!(!status.core_dumped(), "{what}: {status}");
    assert_eq!(cores(folder), 0, "{what}");
}

fn sleeper(folder: &Path) -> Child {
    let mut command = Command::new("sleep");
    command.arg("600").current_dir(folder).spawn().unwrap()
}

#[test]
fn a_crash_with_a_pin_in_hand_leaves_no_core() {
    let service = PrivatePcscd::start(1);
    let slot = service.slot(0);
    let _card = IndependentCard::openpgp(slot);
    let home = Home::new();

    // The control: a program that does not care leaves one.
    let elsewhere = private_directory("sleep-");
    allow_cores();
    let mut careless = sleeper(elsewhere.path());
    signal(careless.id(), Signal::ABORT);
    let status = careless.wait().unwrap();
    assert!(
        status.core_dumped(),
        "no program leaves a core here ({status}), so nothing can be told of ours; see /proc/sys/kernel/core_pattern"
    );

    // What they say at their end, in every form; the control is said before.
    let mut tally = Tally::new(
        "a crash",
        Needles::new([("PIN", PIN.as_bytes())]),
        &[
            ("words of symbolonctl", "said by the test itself"),
            ("words of symbolon", "PinDialog"),
            ("files", "[window]"),
        ],
    );
    // Not SIGSEGV: the first one from outside goes to Rust's own handler, which looks for stack overflows.
    for kind in [Signal::ABORT, Signal::ILL] {
        let mut command = home.command(slot);
        command.args(["pin", "change", "--pin-fd", "0"]);
        let words = home.given().join("words");
        let mut both = File::create(&words).unwrap();
        both.write_all(b"said by the test itself\n").unwrap();
        command
            .stdin(Stdio::piped())
            .stderr(both.try_clone().unwrap());
        command.stdout(both);
        let mut child = command.spawn().unwrap();
        // The second line does not come: it waits with the first one in hand.
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(format!("{PIN}\n").as_bytes()).unwrap();
        wait_until_held(child.id());
        assert_eq!(core_limit(child.id()), ["0", "0"]);
        signal(child.id(), kind);
        let status = child.wait().unwrap();
        assert_no_core("symbolonctl", status, kind, home.path());
        let words = fs::read(&words).unwrap();
        tally.search("words of symbolonctl", "all", &words);
        tally.search_files("files", home.path());
    }

    let socket = slot.socket.as_os_str();
    let environment = [
        (SOCKET_VARIABLE, socket),
        ("SYMBOLON_LOG", "trace".as_ref()),
        ("RUST_BACKTRACE", "full".as_ref()),
    ];
    let mut window = Program::start(&[], Look::WIDE, &environment);
    window.tree.find_part("list item", "…0042");
    window.press(&["ctrl+shift+p"]);
    window.tree.find("window", "Change PIN");
    window.typed(PIN);
    wait_until_held(window.pid());
    assert_eq!(core_limit(window.pid()), ["0", "0"]);
    signal(window.pid(), Signal::ABORT);
    let status = window.end();
    // Where it was started is where a core would go.
    let here = std::env::current_dir().unwrap();
    assert_no_core("symbolon", status, Signal::ABORT, &here);
    tally.search("words of symbolon", "all", window.log().as_bytes());
    tally.search_files("files", window.home());
    tally.close();
    eprintln!("leaks: 3 crashes with a PIN in hand: 0 cores; control: 1 core");
}

/// Opens the secrets of two processes of its own, as far as the kernel lets it: its own children, so that Yama's
/// restrictions (`ptrace_scope` 1) play no part. The program is the rest of the line; the file `ready` says that it runs.
const NEIGHBOUR: &str = r#"
    "$@" > first & ours=$!
    sleep 600 & other=$!
    until [ -s first ] || [ -e ready ]; do sleep 0.1; done
    for file in mem maps environ auxv io; do
        for pid in $ours $other; do
            [ $pid = $ours ] && name=ours || name=other
            if { true; } 3< /proc/$pid/$file; then echo "$name $file open"; else echo "$name $file refused"; fi
        done
    done > said 2> /dev/null
    kill $ours $other
    wait
"#;

/// A user who owns nothing.
const NOBODY: [&str; 5] = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];

/// A place where everybody may write, with a copy of a program that everybody may read: else the kernel itself would hide
/// the process.
fn place_for_nobody(program: &str) -> (TempDir, PathBuf) {
    let folder = private_directory("nobody-");
    let everybody = fs::Permissions::from_mode(0o777);
    fs::set_permissions(folder.path(), everybody.clone()).unwrap();
    let ours = folder.path().join("program");
    fs::copy(program, &ours).unwrap();
    fs::set_permissions(&ours, everybody).unwrap();
    (folder, ours)
}

/// Of what the neighbour tried, nothing went with ours, and all of it with the other.
#[track_caller]
fn assert_closed(folder: &Path) {
    let said = fs::read_to_string(folder.join("said")).unwrap();
    for file in ["mem", "maps", "environ", "auxv", "io"] {
        assert!(
            said.contains(&format!("other {file} open")),
            "the control is not there:\n{said}"
        );
        assert!(said.contains(&format!("ours {file} refused")), "{said}");
    }
}

#[test]
fn another_program_of_the_same_user_cannot_look_into_ours() {
    let (folder, ours) = place_for_nobody(env!("CARGO_BIN_EXE_symbolonctl"));
    let mut command = Command::new(find("setpriv", "util-linux"));
    command
        .args(NOBODY)
        .args(["sh", "-c", NEIGHBOUR, "sh"])
        .arg(&ours)
        .args(["--practice=piv-used", "readers", "--watch"])
        .current_dir(&folder)
        .env("HOME", folder.path())
        .env("LC_ALL", "C.UTF-8")
        .env(SOCKET_VARIABLE, "/nonexistent/pcscd.comm");
    finish(&mut command, "").succeeded();
    assert_closed(folder.path());

    // The window of the same user, whom the bus of the desktop does not let in.
    let (folder, ours) = place_for_nobody(env!("CARGO_BIN_EXE_symbolon"));
    let place = folder.path();
    let script = format!("cd {} || exit 1; shift; {NEIGHBOUR}", place.display());
    let setpriv = find("setpriv", "util-linux");
    let start = [&[setpriv.to_str().unwrap()], &NOBODY[..]].concat();
    let name = ours.to_str().unwrap();
    let around = [&start[..], &["sh", "-c", &script, "sh"]].concat();
    // In the place of the program that is where nobody may go, its copy: `shift` drops the former.
    let arguments = ["--no-readers", "--practice=piv-used"];
    let line = [&[name][..], &arguments].concat();
    let mut window = Program::unheard(&line, Look::WIDE, &around, |_, command| {
        command.env_remove("DBUS_SESSION_BUS_ADDRESS");
        for variable in ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"] {
            command.env(variable, place);
        }
        command.env_remove("XDG_RUNTIME_DIR");
    });
    window.appears("Symbolon");
    fs::write(place.join("ready"), "").unwrap();
    window.end();
    assert_closed(place);
    eprintln!(
        "leaks: 5 files of symbolonctl and 5 of the window refused to the same user; controls found 10 of 10"
    );
}
