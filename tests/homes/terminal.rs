//! A PIN that is changed at a terminal, in every home.

use std::fs;
use std::io::{Read as _, Write as _};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::conditions::{CONDITIONS, Condition, Differs, Streams};
use crate::desk::Desk;
use crate::support::process::find;

/// What is typed, in the order in which it is asked.
const TYPED: [&str; 3] = ["654321", "271828", "271828"];

/// What stands on the screen at the end, and how it ended.
fn change_a_pin(desk: &Desk, condition: &Condition) -> (Option<i32>, String) {
    let home = desk.home(condition);
    let mut command = desk.start(condition, &home);
    let line = format!(
        "{} --practice=piv-used pin change",
        desk.program().display()
    );
    command
        .arg(find("script", "bsdutils"))
        .args(["--quiet", "--return", "--flush", "--command", &line])
        .arg("/dev/null");
    let mut child = command.spawn().unwrap();
    let mut keyboard = child.stdin.take().unwrap();
    let mut screen = child.stdout.take().unwrap();
    let mut seen = Vec::new();
    for pin in TYPED {
        let from = seen.len();
        let mut some = [0; 4096];
        while !asks(&seen[from..]) {
            match screen.read(&mut some).unwrap() {
                0 => break,
                count => seen.extend(&some[..count]),
            }
        }
        // A program that has ended takes nothing; its code says why.
        let _ = keyboard.write_all(format!("{pin}\r").as_bytes());
    }
    let _ = screen.read_to_end(&mut seen);
    let code = child.wait().unwrap().code();
    desk.clear(&home);
    // What a full home held is told beside it.
    let _ = fs::remove_file(home.with_extension("left"));
    (code, String::from_utf8_lossy(&seen).into_owned())
}

/// Whether the last line is a question: it ends with a colon, and waits. The shell of a folder that is
/// gone says so before the program begins, and that may come in pieces.
fn asks(seen: &[u8]) -> bool {
    let last = seen.rsplit(|&byte| byte == b'\n').next().unwrap_or(seen);
    last.ends_with(b": ") && !last.starts_with(b"sh: ")
}

#[test]
fn a_pin_is_changed_at_a_terminal_in_every_home() {
    let desk = Desk::new();
    let conditions: Vec<_> = CONDITIONS
        .iter()
        // What is typed goes through the terminal, not through the streams.
        .filter(|condition| condition.streams == Streams::Usual)
        .collect();
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(condition) = conditions.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (code, screen) = change_a_pin(&desk, condition);
                    let english = condition.differs != Differs::Words;
                    let told = !english || screen.contains("The PIN is changed.\r\n");
                    let hidden = TYPED.iter().all(|pin| !screen.contains(pin));
                    if code != Some(0) || !told || !hidden {
                        let words = format!("{}: {code:?}\n{screen}", condition.name);
                        failures.lock().unwrap().push(words);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    println!(
        "odd homes: {} conditions x a PIN changed at a terminal, failures {}",
        conditions.len(),
        failures.len()
    );
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}
