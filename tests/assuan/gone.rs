//! The agent goes while a question is open: the question goes with it, at once.

use std::io::{Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use symbolon::pinentry::desk::{ToWindow, desk};

use super::model::NoKeyring;
use super::screen::Screen;
use super::support::process::{find, wait_for};
use super::talk::Talk;

/// Long before a prompt would go by itself, which is after a minute; on a machine with nothing else to do it takes
/// milliseconds, as the tests print.
const AT_ONCE: Duration = Duration::from_secs(20);

#[test]
fn the_window_is_taken_away_when_the_agent_is_gone() {
    let (shown, window) = mpsc::channel();
    let (desk, bell) = desk(move |to_window| shown.send(to_window).unwrap()).unwrap();
    let mut talk = Talk::start(desk, NoKeyring);
    talk.turn();
    talk.say("GETPIN");
    let first = window.recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(matches!(first, ToWindow::Show(_)), "{first:?}");
    let start = Instant::now();
    drop(talk.vanish());
    let last = window.recv_timeout(AT_ONCE).unwrap();
    assert!(matches!(last, ToWindow::Dismiss), "{last:?}");
    assert!(start.elapsed() < AT_ONCE);
    drop(bell);
}

/// A pinentry with a question for a PIN.
fn asking(mut command: Command) -> Child {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let to = child.stdin.as_mut().unwrap();
    to.write_all(b"SETDESC Please unlock the card\nSETPROMPT PIN\nGETPIN\n")
        .unwrap();
    child
}

/// How long it takes to end.
fn end(child: &mut Child, start: Instant) -> Duration {
    wait_for("the end of a pinentry", Duration::from_secs(20), || {
        child.try_wait().unwrap().map(|_| start.elapsed())
    })
}

fn opened(screen: &Screen) -> Child {
    open(
        screen,
        screen.command(env!("CARGO_BIN_EXE_pinentry-symbolon")),
    )
}

fn open(screen: &Screen, command: Command) -> Child {
    let child = asking(command);
    let pid = child.id().to_string();
    wait_for("the window", Duration::from_secs(60), || {
        let mut search = screen.command(find("xdotool", "xdotool").to_str().unwrap());
        let found = search
            .args(["search", "--onlyvisible", "--pid", &pid])
            .output();
        found.unwrap().stdout.first().map(|_| ())
    });
    child
}

#[test]
fn a_window_without_an_agent_is_gone_at_once() {
    let screen = Screen::start();
    let mut child = opened(&screen);
    let start = Instant::now();
    drop((child.stdin.take(), child.stdout.take()));
    let time = end(&mut child, start);
    println!("The window was gone {time:?} after the agent");
    assert!(time < AT_ONCE, "{time:?}");
}

#[test]
fn a_window_is_gone_at_once_when_the_agent_says_so() {
    let screen = Screen::start();
    let mut child = opened(&screen);
    let start = Instant::now();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let time = end(&mut child, start);
    println!("The window was gone {time:?} after SIGINT");
    assert!(time < AT_ONCE, "{time:?}");
}

/// An agent that was started in the background of a script ignores SIGINT, and so do its children.
#[test]
fn a_window_that_was_told_to_ignore_signals_is_gone_at_once_too() {
    let screen = Screen::start();
    let mut command = screen.command(find("sh", "dash").to_str().unwrap());
    let program = env!("CARGO_BIN_EXE_pinentry-symbolon");
    command.args(["-c", "trap '' INT; exec \"$0\"", program]);
    let mut child = open(&screen, command);
    let start = Instant::now();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let time = end(&mut child, start);
    assert!(time < AT_ONCE, "{time:?}");
}

#[test]
fn without_any_place_to_ask_there_is_an_answer_and_an_end() {
    // Neither a display nor a terminal.
    for program in [
        env!("CARGO_BIN_EXE_pinentry-symbolon-tty"),
        env!("CARGO_BIN_EXE_pinentry-symbolon"),
    ] {
        let mut command = Command::new(find("setsid", "util-linux"));
        command.arg(program);
        for name in ["DISPLAY", "WAYLAND_DISPLAY", "GPG_TTY"] {
            command.env_remove(name);
        }
        let start = Instant::now();
        let mut child = asking(command);
        drop(child.stdin.take());
        let mut said = String::new();
        child
            .stdout
            .as_mut()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        assert_eq!(said.lines().count(), 4, "{said}");
        assert!(
            said.lines().last().unwrap().starts_with("ERR 838"),
            "{said}"
        );
        let time = end(&mut child, start);
        println!("{time:?} with neither display nor terminal");
        assert!(child.wait().unwrap().signal().is_none());
    }
}
