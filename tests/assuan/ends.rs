//! Inquiries and their ends: agents end one twice, late, without an answer, or not at all; and limits of what is set.

use std::thread;
use std::time::{Duration, Instant};

use symbolon::base::secret::Secret;
use symbolon::pinentry::prompt::{Agent, Answer, Check, Front, Kind, Prompt};

use super::model::{NoKeyring, Scripted};
use super::talk::Talk;

/// What a dialog asks the agent before it gives a PIN.
#[derive(Clone, Copy, Debug)]
enum Errand {
    Quality,
    Check,
    Make,
    /// Nothing is asked for so long.
    Wait(Duration),
}

/// A dialog that notes what the agent says.
struct Asking {
    errands: Vec<Errand>,
    heard: Vec<String>,
    prompts: Vec<Prompt>,
}

impl Asking {
    fn new(errands: &[Errand]) -> Self {
        Self {
            errands: errands.to_vec(),
            heard: Vec::new(),
            prompts: Vec::new(),
        }
    }
}

impl Front for Asking {
    fn ask(&mut self, prompt: Prompt, agent: &mut dyn Agent) -> Answer {
        self.prompts.push(prompt);
        for errand in std::mem::take(&mut self.errands) {
            let heard = match errand {
                Errand::Quality => format!("{:?}", agent.quality(&Secret::new(b"x"))),
                Errand::Check => match agent.check(&Secret::new(b"x")) {
                    Check::Refused(why) => why.iter().map(|line| line.as_str()).collect(),
                    other => format!("{other:?}"),
                },
                Errand::Make => agent.generate().map_or("nothing".to_owned(), |made| {
                    String::from_utf8_lossy(made.expose()).into_owned()
                }),
                Errand::Wait(time) => {
                    thread::sleep(time);
                    continue;
                }
            };
            self.heard.push(heard);
        }
        Answer::Given {
            passphrase: Secret::new(b"1234"),
            keep: false,
        }
    }

    fn flavour(&self) -> &'static str {
        "asking"
    }
}

/// A moment, after which the agent's line was surely read if anybody reads.
const MOMENT: Duration = Duration::from_millis(50);

/// GETPIN with these errands. For each inquiry, what the agent sends, in parts with a moment between them. Returns what
/// the dialog heard; whoever is out of step fails here.
fn asked(errands: &[Errand], answers: &[&[&str]]) -> Vec<String> {
    let mut talk = Talk::start(Asking::new(errands), NoKeyring);
    talk.turn();
    let mut turn = talk.ask("GETPIN");
    for answer in answers {
        assert!(turn[0].starts_with("INQUIRE "), "{turn:?}");
        for (at, part) in answer.iter().enumerate() {
            if at > 0 {
                thread::sleep(MOMENT);
            }
            talk.send(part.as_bytes());
        }
        turn = talk.turn();
    }
    assert_eq!(turn, ["D 1234", "OK"]);
    in_step(&mut talk);
    let (rest, front) = talk.end();
    assert!(rest.is_empty());
    front.heard
}

fn in_step<F: Front + Send + 'static>(talk: &mut Talk<F>) {
    let pid = format!("D {}", std::process::id());
    assert_eq!(talk.ask("GETINFO pid"), [&pid, "OK"]);
}

#[test]
fn an_inquiry_that_is_ended_twice_costs_nothing() {
    use Errand::{Check, Make, Quality, Wait};

    // At once, and as the last line of the dialog.
    assert_eq!(asked(&[Check], &[&["END\nEND\n"]]), ["Passed"]);
    // Pending before the next inquiry, whatever that is for.
    let pause = Wait(MOMENT);
    for (errand, answer, heard) in [
        (Make, "D abcdef\nEND\n", "abcdef"),
        (Quality, "D -20\nEND\n", "Some(-20)"),
        (Check, "D too short\nEND\n", "too short"),
        (Check, "END\nEND\n", "Passed"),
    ] {
        let waiting = asked(&[Check, pause, errand], &[&["END\nEND\n"], &[answer]]);
        assert_eq!(waiting, ["Passed", heard]);
        // Behind the next inquiry, with the answer, and before it.
        let late = asked(
            &[Check, errand],
            &[&["END\n"], &[&format!("END\n{answer}")]],
        );
        assert_eq!(late, ["Passed", heard]);
        let later = asked(&[Check, errand], &[&["END\n"], &["END\n", answer]]);
        assert_eq!(later, ["Passed", heard]);
        // Later agents end it once.
        let once = asked(&[Check, errand], &[&["END\n"], &[answer]]);
        assert_eq!(once, ["Passed", heard]);
    }
    // What came late is not the answer of the inquiry after that either.
    let three = asked(
        &[Check, Make, Check, Quality],
        &[
            &["END\n"],
            &["END\nD abc\nEND\n"],
            &["D no\nEND\n"],
            &["D 5\nEND\n"],
        ],
    );
    assert_eq!(three, ["Passed", "abc", "no", "Some(5)"]);
}

#[test]
fn one_end_is_enough_for_whoever_ends_once() {
    use Errand::Check;

    let start = Instant::now();
    let heard = asked(
        &[Check, Check, Check],
        &[&["END\n"], &["END\n"], &["END\n"]],
    );
    assert_eq!(heard, ["Passed", "Passed", "Passed"]);
    // Nobody waits for a second one for long.
    assert!(start.elapsed() < Duration::from_secs(20), "{start:?}");
}

#[test]
fn an_inquiry_that_is_not_answered_is_over() {
    use Errand::{Check, Make, Quality};

    for (errand, nothing) in [(Check, "Unanswered"), (Make, "nothing"), (Quality, "None")] {
        assert_eq!(asked(&[errand], &[&["CAN\n"]]), [nothing]);
        assert_eq!(asked(&[errand], &[&["# x\n\nD\nD \ncan x\n"]]), [nothing]);
        // A part of the answer is missing: it is not known what it would have said.
        let long = format!("D {}\nEND\n", "x".repeat(1001));
        assert_eq!(asked(&[errand], &[&[&long]]), [nothing]);
        let many = format!("D {}\n", "x".repeat(990)).repeat(5) + "END\n";
        assert_eq!(asked(&[errand], &[&[&many]]), [nothing]);
    }
    assert_eq!(asked(&[Quality], &[&["D many\nEND\n"]]), ["None"]);
    assert_eq!(asked(&[Quality], &[&["D 1\nD 0\nEND x\n"]]), ["Some(10)"]);
    assert_eq!(asked(&[Quality], &[&["D 99999\nEND\n"]]), ["Some(100)"]);
    assert_eq!(asked(&[Make], &[&["D a%25b%0A\nEND\n"]]), ["a%b\n"]);
}

#[test]
fn a_command_in_place_of_an_answer_is_answered_after_the_dialog() {
    let errands = [Errand::Quality, Errand::Check, Errand::Make];
    let mut talk = Talk::start(Asking::new(&errands), NoKeyring);
    talk.turn();
    assert_eq!(talk.ask("GETPIN"), ["INQUIRE QUALITY x"]);
    // The others are inquired, and nobody waits for an answer.
    let after = talk.ask("GETINFO flavor");
    assert_eq!(after, ["INQUIRE CHECKPIN x"]);
    assert_eq!(talk.turn(), ["INQUIRE GENPIN"]);
    assert_eq!(talk.turn(), ["D 1234", "OK"]);
    assert_eq!(talk.turn(), ["S FEATURES tabbing", "D asking", "OK"]);
    in_step(&mut talk);
    let (_, front) = talk.end();
    assert_eq!(front.heard, ["None", "Unanswered", "nothing"]);
}

#[test]
fn an_agent_that_goes_in_an_inquiry_ends_the_conversation() {
    for before in ["", "D 5", "D 5\n", "# x\n"] {
        let mut talk = Talk::start(Asking::new(&[Errand::Quality; 3]), NoKeyring);
        talk.turn();
        talk.ask("GETPIN");
        talk.send(before.as_bytes());
        let start = Instant::now();
        let (_, front) = talk.end();
        assert!(start.elapsed() < Duration::from_secs(20));
        assert_eq!(front.heard, ["None", "None", "None"]);
    }
}

/// The prompt of a GETPIN after these lines, each of which is taken.
fn prompt(lines: &[&str]) -> Prompt {
    let mut talk = Talk::start(Asking::new(&[]), NoKeyring);
    talk.turn();
    for line in lines {
        assert_eq!(talk.ask(line), ["OK"], "{line}");
    }
    let last = talk.ask("GETPIN");
    assert_eq!(last.last().unwrap(), "OK");
    let (_, mut front) = talk.end();
    front.prompts.remove(0)
}

#[test]
fn any_timeout_is_for_ever_or_a_day_at_most() {
    let timeout = |argument: &str| prompt(&[&format!("SETTIMEOUT {argument}")]).timeout;
    let day = Duration::from_secs(24 * 60 * 60);
    for for_ever in ["-1", "0", "", "x", "-1000000000000", "%00", "1e3", "١٢"] {
        assert_eq!(timeout(for_ever), None, "{for_ever}");
    }
    for long in ["1000000000000", "86401", "18446744073709551616"] {
        assert_eq!(timeout(long), Some(day), "{long}");
    }
    assert_eq!(timeout("25"), Some(Duration::from_secs(25)));
    assert_eq!(prompt(&["NOP"]).timeout, Some(Duration::from_secs(60)));
}

#[test]
fn the_longest_description_is_shown_and_a_longer_one_refused() {
    let room = 1000 - "SETDESC ".len();
    let mut talk = Talk::start(Asking::new(&[]), NoKeyring);
    talk.turn();
    for (length, taken) in [(room, true), (room + 1, false), (100_000, false)] {
        let reply = talk.ask(&format!("SETDESC {}", "x".repeat(length)));
        let expected = if taken {
            "OK"
        } else {
            "ERR 83886343 IPC line too long <Pinentry>"
        };
        assert_eq!(reply, [expected], "{length}");
    }
    // As many lines as there can be, and nothing but escapes.
    for unit in [
        "%0A",
        "a%0A",
        "%1F",
        "a%1F:b%0A",
        "%F0%9F%91%BE",
        "%E2%80%AE",
    ] {
        let text = unit.repeat((room - 1) / unit.len());
        assert_eq!(talk.ask(&format!("SETDESC {text}")), ["OK"]);
        assert_eq!(talk.ask(&format!("SETERROR {text}")), ["OK"]);
        assert_eq!(talk.ask("GETPIN"), ["D 1234", "OK"]);
    }
    in_step(&mut talk);
    let (_, front) = talk.end();
    for prompt in &front.prompts {
        let fits = prompt.description.parts.len().max(prompt.error.len()) <= room / 2;
        assert!(fits, "{prompt:?}");
    }
}

#[test]
fn a_repetition_set_a_thousand_times_is_one() {
    let mut talk = Talk::start(Asking::new(&[]), NoKeyring);
    talk.turn();
    for number in 0..1000 {
        assert_eq!(talk.ask(&format!("SETREPEAT Repeat {number}:")), ["OK"]);
    }
    assert_eq!(talk.ask("GETPIN"), ["S PIN_REPEATED", "D 1234", "OK"]);
    // It was for that question.
    assert_eq!(talk.ask("GETPIN"), ["D 1234", "OK"]);
    let (_, front) = talk.end();
    let Kind::Pin(pin) = &front.prompts[0].kind else {
        panic!("no question for a PIN");
    };
    let name = pin.repeat.as_ref().unwrap().prompt.as_ref().unwrap();
    assert_eq!(name.as_str(), "Repeat 999:");
}

#[test]
fn each_answer_has_its_code() {
    for (plan, command, reply) in [
        (b"p", "GETPIN", "D correct horse 77%2599\u{e4}+%0D%0A\"\nOK"),
        (b"e", "GETPIN", "OK"),
        (b"y", "GETPIN", "OK"),
        (b"l", "GETPIN", "ERR 83886337 General IPC error <Pinentry>"),
        (
            b"-",
            "GETPIN",
            "ERR 83886179 Operation cancelled <Pinentry>",
        ),
        (
            b"x",
            "GETPIN",
            "S BUTTON_INFO close\nERR 83886179 Operation cancelled <Pinentry>",
        ),
        (b"t", "GETPIN", "ERR 83886142 Timeout <Pinentry>"),
        (b"w", "GETPIN", "ERR 83886165 No pinentry <Pinentry>"),
        (b"y", "CONFIRM", "OK"),
        (b"n", "confirm", "ERR 83886194 Not confirmed <Pinentry>"),
        (b"n", "CONFIRM --one-button", "OK"),
        (b"-", "CONFIRM --one-button", "OK"),
        (b"-", "MESSAGE", "OK"),
        (
            b"-",
            "CONFIRM",
            "ERR 83886179 Operation cancelled <Pinentry>",
        ),
    ] {
        let mut talk = Talk::start(Scripted::new(plan, |_| {}), NoKeyring);
        talk.turn();
        assert_eq!(talk.ask(command).join("\n"), reply, "{command}");
        in_step(&mut talk);
        assert_eq!(talk.end().1.shown, 1);
    }
}
