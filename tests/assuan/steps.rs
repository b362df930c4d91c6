//! Random lines: whatever is sent, what has to be answered is answered once and in order, inside of inquiries and
//! outside, and the conversation goes on behind it.

use std::cell::RefCell;
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::thread;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use symbolon::pinentry::lines::{Lines, Replies};
use symbolon::pinentry::server::{COMMANDS, Server, Setup};

use super::clean;
use super::model::{NoKeyring, Scripted, Shape, expected, shapes};

/// Conversations that are made up.
const CASES: u32 = 4000;

/// The letters of a plan: dialogs ask much and end in every way but one, an agent that is gone.
const ACTS: &[u8] = b"qqqccccggpemlynxtw-";

/// Any bytes, broken escapes and over-long ones among them.
fn argument() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => vec(any::<u8>(), 0..20),
        2 => Just(b"%".to_vec()),
        2 => Just(b"%4".to_vec()),
        2 => Just(b"%zz%00%0A%0D".to_vec()),
        1 => Just(b"\0\0".to_vec()),
        1 => Just("\u{202E}\u{301}\u{200D}".as_bytes().to_vec()),
        1 => (1..1200_usize).prop_map(|length| vec![b'x'; length]),
    ];
    vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// A line of an agent, or nearly one. Its end is part of it.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let inside = [
        "END", "CAN", "D ", "D", "D 10", "end", " END", "# x", "", "d x",
    ];
    let dialogs = ["GETPIN", "getpin", "CONFIRM", "MESSAGE", "GETPIN\t"];
    let more = [
        "OPTION ttyname=",
        "OPTION owner=",
        "OPTION --",
        "GETINFO ttyinfo",
    ];
    let command = prop_oneof![
        3 => select(COMMANDS.to_vec()),
        3 => select(inside.to_vec()),
        3 => select(dialogs.to_vec()),
        1 => select(more.to_vec()),
    ];
    let end = select(vec!["\n", "\n", "\n", "\r\n", "\n\n"]);
    let whole = (command, proptest::option::of(argument()), end);
    let whole = whole.prop_map(|(command, argument, end)| {
        let argument = argument.unwrap_or_default();
        [command.as_bytes(), b" ", &argument, end.as_bytes()].concat()
    });
    let bare = select(vec![
        "END\n", "CAN\n", "D 5\n", "NOP\n", "GETPIN\n", "GETPIN\n",
    ]);
    let long = |length| [&vec![b'D'; length][..], b"\n"].concat();
    prop_oneof![
        12 => whole,
        3 => argument().prop_map(|bytes| [&bytes[..], b"\n"].concat()),
        16 => bare.prop_map(|line| line.as_bytes().to_vec()),
        1 => (995..1005_usize).prop_map(long),
        1 => (1005..100_000_usize).prop_map(long),
    ]
}

/// Everything that comes back for what is sent, when it is sent in one go.
fn converse(sent: &[u8], plan: &[u8]) -> Vec<u8> {
    let (input, mut to) = io::pipe().unwrap();
    let (mut from, output) = io::pipe().unwrap();
    thread::scope(|scope| {
        // After BYE nobody reads.
        scope.spawn(move || to.write_all(sent).is_ok());
        scope.spawn(move || {
            let mut front = Scripted::new(plan, look);
            let lines = Lines::new(OwnedFd::from(input));
            let replies = Replies::new(OwnedFd::from(output));
            Server::new(lines, replies, &mut front, &mut NoKeyring, Setup::default()).run()
        });
        let mut replies = Vec::new();
        from.read_to_end(&mut replies).unwrap();
        replies
    })
}

fn look(text: &str) {
    assert_eq!(clean::fault(text), None, "{text:?}");
}

/// What is sent last, and its replies.
const MARKER: &[u8] = b"\nNOP\nGETINFO pid\n";

/// Sends everything and the marker. Returns how many lines were to be answered, and whether the agent said good-bye
/// before the marker.
///
/// # Panics
///
/// Anything is answered twice, never, or out of order.
fn check(sent: &[u8], plan: &[u8]) -> (usize, bool) {
    let sent = [sent, MARKER].concat();
    let replies = converse(&sent, plan);
    let said = expected(&sent, plan);
    assert_eq!(
        shapes(&replies),
        said,
        "{}",
        String::from_utf8_lossy(&replies)
    );
    let over = replies.ends_with(b"\nOK closing connection\n");
    let marked = format!("\nD {}\nOK\n", std::process::id());
    assert!(over || replies.ends_with(marked.as_bytes()));
    let answers = said.iter().filter(|shape| **shape == Shape::Reply);
    (answers.count(), over)
}

#[test]
fn nothing_is_answered_twice_or_never() {
    let plan = vec(select(ACTS.to_vec()), 0..12);
    let strategy = (vec(line(), 0..24), plan);
    let config = Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    };
    let totals = RefCell::new((0, 0));
    TestRunner::new(config)
        .run(&strategy, |(lines, plan)| {
            let sent = lines.concat();
            let (count, bye) = check(&sent, &plan);
            let mut totals = totals.borrow_mut();
            totals.0 += count;
            totals.1 += usize::from(bye);
            Ok(())
        })
        .unwrap();
    let (answers, over) = totals.into_inner();
    println!("{CASES} conversations, {answers} replies, {over} ended by BYE");
    assert!(answers > CASES as usize * 5 && over > 10);
}

/// Every line of this list at every point of a conversation with inquiries in it.
#[test]
fn every_point_of_a_conversation_takes_every_line() {
    let conversation: [&[u8]; 13] = [
        b"OPTION grab\n",
        b"SETREPEAT Repeat:\n",
        b"GETPIN\n",
        b"D 20\n",
        b"END\n",
        b"END\n",
        b"END\n",
        b"D made\n",
        b"END\n",
        b"GETPIN\n",
        b"D no%0A\n",
        b"END\n",
        b"BYE\n",
    ];
    let long = vec![b'x'; 100_000];
    let lines: [&[u8]; 22] = [
        b"END",
        b"END\nEND",
        b"CAN",
        b"D",
        b"D ",
        b"D x",
        b"D %",
        b"#",
        b"",
        b" ",
        b"\0",
        b"\xff\xfe",
        b"%",
        b"GETPIN",
        b"CONFIRM",
        b"RESET",
        b"NOP",
        b"BYE",
        b"bogus",
        b"\r",
        b" END",
        &long,
    ];
    let mut count = 0;
    for at in 0..=conversation.len() {
        for line in lines {
            for plan in [&b"qcgpcp"[..], b"qqccggppp", b"-", b"cccccc"] {
                let (before, after) = conversation.split_at(at);
                let sent = [&before.concat(), line, b"\n", &after.concat()].concat();
                check(&sent, plan);
                count += 1;
            }
        }
    }
    println!("{count} conversations with a line too many");
}
