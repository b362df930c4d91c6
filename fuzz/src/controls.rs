//! Planted faults: everything that a target looks for, once, to see that it is noticed.

use std::panic::{UnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use symbolon::backend::{CardError, Failure, RequestId};
use symbolon::token::{Application, ApplicationKind, Fact, FactName, PinRole, Token, TriesLeft};

use crate::actions::Request;
use crate::world::{self, Entry, World};
use crate::{assuan, memory, oracle, verdict};

/// SELECT of PIV, and VERIFY with the PIN 111111.
const SELECT: &[u8] = b"\x00\xA4\x04\x00\x05\xA0\x00\x00\x03\x08\x00";
const VERIFY: &[u8] = b"\x00\x20\x00\x80\x08111111\xFF\xFF";
/// GET SERIAL.
const SERIAL: &[u8] = b"\x00\xF8\x00\x00\x00";

/// How many faults were planted, and how many of them were noticed. Before them, what is not
/// a fault is let through.
///
/// # Panics
///
/// If something is called a fault that is none.
#[must_use]
pub fn run() -> (usize, usize) {
    let honest = [
        (SELECT, &b""[..]),
        (SERIAL, b"\x00\x00\x00\x07"),
        (VERIFY, b""),
    ];
    judge(&honest, &[request(1, 0)], 0);
    assuan::judge(b"OK\nINQUIRE GENPIN\nD x\nOK\n", b"GETPIN\nEND\n", b"gp");
    // One try is left, and that it may be used was said.
    let last = [
        honest[0],
        honest[1],
        (b"\x00\xF7\x00\x80\x00", b"\x06\x02\x03\x01"),
        honest[2],
    ];
    let word = |use_last_try| Request {
        use_last_try,
        ..request(1, 0)
    };
    judge(&last, &[word(true)], 0);
    let again = [honest[0], honest[1], honest[2], honest[2]];
    let silent = [honest[0], honest[2]];
    let another = [honest[0], (SERIAL, b"\x00\x00\x00\x08"), honest[2]];
    let put = [(SELECT, &b""[..]), (b"\x00\xDB\x3F\xFF\x02\x5C\x00", b"")];
    let role = PinRole::User;
    let left = TriesLeft::Known(2);
    let wrong = CardError::WrongPin { role, left };
    let faults = [
        noticed(|| oracle::clean("a\u{202E}b")),
        noticed(|| oracle::clean("a\nb")),
        noticed(|| oracle::clean("e\u{301}\u{301}\u{301}\u{301}\u{301}")),
        noticed(|| oracle::clean_value(&serde_json::json!({ "a": ["\u{1B}[2J"] }))),
        noticed(|| oracle::sentence("a\u{7}")),
        noticed(|| memory::bounded(|| drop(std::hint::black_box(vec![1_u8; memory::MOST + 1])))),
        // A command whose lengths do not add up.
        noticed(|| {
            oracle::effect(b"\x00\xA4\x04\x00\x05\xA0");
        }),
        // A PIN sent twice; sent without being typed; to a card that does not say who it is,
        // or says that it is another; to a card that came later.
        noticed(|| judge(&again, &[request(1, 0), request(2, 0)], 0)),
        noticed(|| judge(&honest, &[], 0)),
        noticed(|| judge(&silent, &[request(1, 0)], 0)),
        noticed(|| judge(&another, &[request(1, 0)], 0)),
        noticed(|| judge(&honest, &[request(1, 0)], 1)),
        // The same PIN was typed for another card as well; the request was over; the last try.
        noticed(|| judge(&again, &[request(1, 0), request(1, 1)], 0)),
        noticed(|| {
            let over = Request {
                lines: 0..2,
                ..request(1, 0)
            };
            judge(&honest, &[over], 0);
        }),
        noticed(|| judge(&last, &[word(false)], 0)),
        // Something that this program has no command for.
        noticed(|| judge(&put, &[], 0)),
        // "Wrong PIN" where none was sent, and where it was right; "blocked" where nobody says so.
        noticed(|| judge(&honest[..2], &[ended(wrong.clone())], 0)),
        noticed(|| judge(&honest, &[ended(wrong.clone())], 0)),
        noticed(|| judge(&honest[..1], &[ended(CardError::Blocked { role })], 0)),
        // An agent that is not answered, is answered twice, or before it has answered itself; no
        // line of the protocol.
        noticed(|| assuan::judge(b"OK\n", b"NOP\n", b"")),
        noticed(|| assuan::judge(b"OK\nOK\nOK\n", b"END\nNOP\n", b"")),
        noticed(|| assuan::judge(b"OK\nOK\nINQUIRE GENPIN\n", b"GETPIN\n", b"gp")),
        noticed(|| assuan::judge(b"OK\nwhat?\nOK\n", b"NOP\n", b"")),
    ];
    (
        faults.len(),
        faults.iter().filter(|&&noticed| noticed).count(),
    )
}

/// Whether `fault` ends in a panic. What that says is not printed.
fn noticed(fault: impl FnOnce() + UnwindSafe) -> bool {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let ended = catch_unwind(fault);
    std::panic::set_hook(hook);
    ended.is_err()
}

/// A request for which 111111, or a PIN with its own number, was typed.
fn request(number: u64, stay: usize) -> Request {
    let typed = if number == 1 {
        "111111".to_owned()
    } else {
        format!("22222{number}")
    };
    Request {
        id: RequestId(number),
        typed: vec![typed.into_bytes()],
        stay: Some(stay),
        raw: false,
        use_last_try: false,
        lines: 0..usize::MAX,
        outcome: None,
    }
}

/// The first request, which ended so.
fn ended(error: CardError) -> Request {
    Request {
        outcome: Some(Err(Failure::Card(error))),
        ..request(1, 0)
    }
}

/// The verdict on a card with the serial number 7 that was sent `exchanges` in its stay with
/// that number.
fn judge(exchanges: &[(&[u8], &[u8])], requests: &[Request], stay: usize) {
    let world: Arc<Mutex<World>> = World::new(0, &[]);
    let mut world = world::lock(&world);
    world.book = exchanges
        .iter()
        .map(|(command, data)| Entry {
            stay,
            power: 1,
            command: command.to_vec(),
            answer: [data, &b"\x90\x00"[..]].concat(),
        })
        .collect();
    let mut piv = Application::new(ApplicationKind::Piv, &[0xA0, 0, 0, 3, 8]);
    piv.facts.push(Fact::text(FactName::Serial, "7".into()));
    let token = Token {
        applications: vec![piv],
        ..Token::default()
    };
    verdict::check(requests, Some(&[(stay, Arc::new(token))]), &world);
}
