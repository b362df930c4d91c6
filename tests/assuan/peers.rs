//! The same lines to Debian's pinentries and to ours: every difference has a reason.
//!
//! The table that is printed has a row for each line: what it is, what others say, and what ours do if that differs, with
//! the number of the reason.

use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::screen::Screen;
use super::script;
use super::support::process::find;

/// How long a reply may take, in seconds.
const LIMIT: i64 = 20;

/// A pinentry that runs.
struct Pinentry {
    child: Child,
    to: Option<ChildStdin>,
    from: ChildStdout,
}

impl Pinentry {
    fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (to, from) = (child.stdin.take(), child.stdout.take().unwrap());
        let mut pinentry = Self { child, to, from };
        let greeting = pinentry.hear().expect("a greeting");
        assert_eq!(greeting, "OK Pleased to meet you");
        pinentry
    }

    /// The next line; nothing if it has ended.
    fn hear(&mut self) -> Option<String> {
        let mut line = Vec::new();
        loop {
            let limit = Timespec {
                tv_sec: LIMIT,
                tv_nsec: 0,
            };
            let mut ends = [PollFd::new(&self.from, PollFlags::IN)];
            let ready = poll(&mut ends, Some(&limit)).unwrap();
            assert!(ready > 0, "no reply in {LIMIT} s");
            let mut byte = [0];
            match self.from.read(&mut byte).unwrap() {
                0 => return None,
                _ if byte == *b"\n" => return Some(String::from_utf8_lossy(&line).into_owned()),
                _ => line.extend(byte),
            }
        }
    }

    /// What comes for `line`, up to the reply to a question whose answer nothing else has. Nothing if it ends.
    fn ask(&mut self, line: &str) -> Option<String> {
        let to = self.to.as_mut().unwrap();
        // It may have ended; then nothing comes back.
        let _ = to.write_all(format!("{line}\nGETINFO pid\n").as_bytes());
        let pid = format!("D {}", self.child.id());
        let words: Vec<String> = line.split(' ').map(str::to_ascii_lowercase).collect();
        let asked_for = words.iter().filter(|word| !word.is_empty());
        let asked_for = asked_for.eq(["getinfo", "pid"]);
        let mut replies = Vec::new();
        loop {
            let reply = self.hear()?;
            if reply == pid {
                assert_eq!(self.hear().as_deref(), Some("OK"));
                // The answer to the line itself comes first.
                if !asked_for || !replies.is_empty() {
                    return Some(replies.join(", "));
                }
                replies.push("PID".to_owned());
                replies.push("OK".to_owned());
                continue;
            }
            replies.push(plain(line, &reply));
        }
    }
}

impl Drop for Pinentry {
    fn drop(&mut self) {
        // Both have nothing to do if it ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A reply without what no two pinentries have in common: names, and of errors the source and the words, of which
/// agents read neither.
fn plain(line: &str, reply: &str) -> String {
    let what = line.to_ascii_lowercase();
    match reply.split_once(' ') {
        Some(("ERR", rest)) => {
            let number: u32 = rest.split(' ').next().unwrap().parse().unwrap();
            format!("ERR {}", number & 0xFFFF)
        }
        Some(("D", _)) if what.contains("version") => "VERSION".to_owned(),
        Some(("D", _)) if what.contains("flavor") => "FLAVOUR".to_owned(),
        _ => reply.to_owned(),
    }
}

/// What answers, and what it is called.
const OTHERS: [(&str, &str); 4] = [
    ("pinentry-gtk-2", "pinentry-gtk2"),
    ("pinentry-gnome3", "pinentry-gnome3"),
    ("pinentry-qt", "pinentry-qt"),
    ("pinentry-curses", "pinentry-curses"),
];
const OURS: [(&str, &str); 2] = [
    ("pinentry-symbolon", env!("CARGO_BIN_EXE_pinentry-symbolon")),
    (
        "pinentry-symbolon-tty",
        env!("CARGO_BIN_EXE_pinentry-symbolon-tty"),
    ),
];

/// Says every line to one program. A program that ends is begun anew.
fn answers(program: &str, screen: &Screen, lines: &[String]) -> Vec<String> {
    let start = || Pinentry::start(screen.command(program));
    let mut pinentry = start();
    let answer = |line: &String| match pinentry.ask(line) {
        Some(answer) if answer.is_empty() => "-".to_owned(),
        Some(answer) => answer,
        None => {
            pinentry = start();
            "it ends".to_owned()
        }
    };
    lines.iter().map(answer).collect()
}

/// Why ours answers otherwise. Each has to be needed.
const REASONS: [&str; 10] = [
    "what is left of an inquiry is no command: answered, it would be the reply to the next one",
    "HELP names SETREPEATOK, which came with pinentry 1.3",
    "SETREPEATOK came with pinentry 1.3",
    "HELP has no more to tell of a command, and names all of them",
    "only who says so is sent the facts of a card with their separators",
    "an empty value takes a value away",
    "agents end the whole request where an option is refused: one that is known is taken with a value too",
    "agents send it, and it needs no answer but that it was heard",
    "a line that is too long costs itself, and not the conversation",
    "a passphrase without a name is an error of another number",
];

/// The reason why `ours` may be the answer where that of others is `theirs`.
fn reason(line: &str, theirs: &str, ours: &str) -> Option<usize> {
    let what = line.to_ascii_lowercase();
    let mut words = what.split([' ', '=']).filter(|word| !word.is_empty());
    let (command, name) = (words.next(), words.next().unwrap_or_default());
    let name = name.trim_start_matches("--");
    let refused = theirs.starts_with("ERR ");
    match command? {
        "end" | "can" | "d" if refused && ours == "-" => Some(0),
        "help" if name.is_empty() => {
            (ours.replace("# SETREPEATOK, ", "") == theirs && ours != theirs).then_some(1)
        }
        "setrepeatok" if theirs == "ERR 275" && ours == "OK" => Some(2),
        "help" if refused && ours.starts_with("# NOP, ") => Some(3),
        "getinfo" if ours == format!("S FEATURES tabbing, {theirs}") => Some(4),
        "option" if line.ends_with('=') && theirs == "ERR 276" && ours == "OK" => Some(5),
        "option" if theirs != "ERR 174" || ours != "OK" => None,
        "option" => match name {
            "allow-external-password-cache"
            | "allow-emacs-prompt"
            | "formatted-passphrase"
            | "constraints-enforce" => Some(6),
            "default-yes" | "default-no" | "pinentry-user-data" => Some(7),
            _ => None,
        },
        "setdesc" if line.len() > 1000 && ours == "ERR 263" => Some(8),
        "clearpassphrase" if line == "CLEARPASSPHRASE" && refused => Some(9),
        _ => None,
    }
}

/// What several programs say, once where they agree.
fn together(answers: &[(&str, Vec<String>)], at: usize) -> String {
    let mut all: Vec<&str> = answers.iter().map(|(_, said)| said[at].as_str()).collect();
    all.dedup();
    all.join(" / ")
}

/// As much of a text as a table has room for.
fn short(text: &str) -> String {
    let text = format!("{text:?}");
    match text.char_indices().nth(46) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}

#[test]
fn ours_answers_as_others_do() {
    let screen = Screen::start();
    let lines = script::lines();
    let others = OTHERS.map(|(name, package)| {
        let program = find(name, package);
        (name, answers(program.to_str().unwrap(), &screen, &lines))
    });
    let ours = OURS.map(|(name, program)| (name, answers(program, &screen, &lines)));
    println!("{:<48}{:<48}{:<48}", "line", "others", "ours");
    let (mut unexplained, mut used) = (Vec::new(), [0; REASONS.len()]);
    for (at, line) in lines.iter().enumerate() {
        let (theirs, own) = (together(&others, at), together(&ours, at));
        let (mut mark, mut differs) = (String::new(), false);
        for (_, theirs) in &others {
            for (_, ours) in &ours {
                let (theirs, ours) = (&theirs[at], &ours[at]);
                if theirs == ours {
                    continue;
                }
                differs = true;
                match reason(line, theirs, ours) {
                    Some(number) => {
                        used[number] += 1;
                        mark = format!("  ({number})");
                    }
                    None => unexplained.push(format!("{line:?}: {theirs}, ours {ours}")),
                }
            }
        }
        let own = if differs {
            short(&own)
        } else {
            "the same".to_owned()
        };
        println!("{:<48}{:<48}{own}{mark}", short(line), short(&theirs));
    }
    for (number, reason) in REASONS.iter().enumerate() {
        println!("({number}) {:>4} times: {reason}", used[number]);
    }
    let programs = others.len() + ours.len();
    println!("{} lines to {programs} programs", lines.len());
    assert!(unexplained.is_empty(), "without a reason: {unexplained:#?}");
    assert!(!used.contains(&0), "a reason that is none: {used:?}");
    assert!(lines.len() >= 200);
}
