//! What goes over the wire: answers without end, and commands byte by byte.

use symbolon::base::secret::Secret;
use symbolon::iso7816::{Command, Form, Le, Response, StatusWord};
use symbolon::simulator::faults::{Counted, Fault, Scripted, Trigger};
use symbolon::simulator::{Chip, Piv, SimulatedReader};
use symbolon::token::ReaderId;
use symbolon::transport::channel::{Cancel, Channel};
use symbolon::transport::link::{LinkError, Reader};
use symbolon::transport::pinpad::Controls;
use symbolon::transport::trace::Tracer;

use crate::corpus;

/// T=1, nothing else.
const ATR: [u8; 4] = [0x3B, 0x80, 0x01, 0x81];

/// What a card that answers with `answers`, again and again, makes of a command; and how many
/// commands that took.
fn exchange(answers: &[Vec<u8>], command: &Command) -> (Result<Response, LinkError>, usize) {
    let lie = Fault::answers(answers.iter().cloned());
    let card = Scripted::new(Chip::new(ATR).with(Piv::generic())).with(Trigger::From(1), lie);
    let (card, tally) = Counted::new(card);
    let mut reader = SimulatedReader::new("wire");
    reader.insert(Box::new(card));
    let mut link = reader.connect().unwrap();
    let tracer = Tracer::silent(ReaderId(1));
    let answer = Channel::new(link.as_mut(), &tracer, Cancel::default()).transmit(command);
    (answer, tally.commands())
}

#[test]
fn an_answer_without_end_ends_with_a_stated_error() {
    let plain = || Command::new([0x00, 0xCA, 0x00, 0x6E]).expecting(Le::ALL);
    // How many commands it may cost: twice those that are needed for what came, and 16 more.
    let bound = |bytes: usize| 2 * bytes.div_ceil(256) + 16 + 1;
    for (item, most) in [
        ("apdu/more-waits-for-ever", bound(0)),
        ("apdu/flood", bound(65_536)),
        ("apdu/more-than-announced", bound(255)),
        ("apdu/silence", 1),
        ("apdu/one-byte", 1),
        ("apdu/too-long", 1),
        ("apdu/more-than-wanted", 1),
        ("apdu/byte-by-byte", bound(20)),
    ] {
        let (answer, commands) = exchange(&corpus::item(item).lines, &plain());
        assert!(
            matches!(answer, Err(LinkError::Protocol(_))),
            "{item}: {answer:?}"
        );
        assert!(
            commands <= most,
            "{item}: {commands} commands where {most} are enough"
        );
    }
    // These have an end, and say which.
    let lengths = corpus::item("apdu/wrong-lengths-in-turn").lines;
    let (answer, commands) = exchange(&lengths, &plain());
    assert_eq!(
        (answer, commands),
        (Ok(Response::status(StatusWord(0x6C20))), 2)
    );
    let with_data = Command::new([0x00, 0xCB, 0x3F, 0xFF])
        .data([0x5C])
        .expecting(Le::ALL);
    let (answer, commands) = exchange(&corpus::item("apdu/wrong-length-to-data").lines, &with_data);
    assert_eq!(
        (answer, commands),
        (Ok(Response::status(StatusWord(0x6C10))), 1)
    );
}

#[test]
fn small_pieces_are_no_attack() {
    for piece in [128_usize, 200, 255, 256] {
        let whole: Vec<u8> = (0..4000).map(|at: usize| at.to_le_bytes()[0]).collect();
        let mut answers: Vec<Vec<u8>> = whole.chunks(piece).map(<[u8]>::to_vec).collect();
        let last = answers.len() - 1;
        for (at, answer) in answers.iter_mut().enumerate() {
            answer.extend(if at == last {
                [0x90, 0x00]
            } else {
                [0x61, 0x00]
            });
        }
        let command = Command::new([0x00, 0xCA, 0x00, 0x6E]).expecting(Le::ALL);
        let (answer, commands) = exchange(&answers, &command);
        assert_eq!(answer.unwrap().data, whole, "in pieces of {piece}");
        assert_eq!(commands, answers.len());
    }
}

/// A command APDU as ISO/IEC 7816-4:2020, 5.2, table 1 to 3 has it, written a second time.
fn encoded(header: [u8; 4], data: &[u8], le: Option<u32>, extended: bool) -> Vec<u8> {
    let mut bytes = header.to_vec();
    if extended {
        // One byte 00 before the first length field, and two bytes in each.
        if !data.is_empty() || le.is_some() {
            bytes.push(0x00);
        }
        if !data.is_empty() {
            bytes.push((data.len() / 256) as u8);
            bytes.push((data.len() % 256) as u8);
        }
        bytes.extend_from_slice(data);
        if let Some(le) = le {
            // 65,536 is written as zero.
            bytes.push((le % 65_536 / 256) as u8);
            bytes.push((le % 256) as u8);
        }
    } else {
        if !data.is_empty() {
            bytes.push(data.len() as u8);
        }
        bytes.extend_from_slice(data);
        // 256 is written as zero.
        bytes.extend(le.map(|le| (le % 256) as u8));
    }
    bytes
}

#[test]
fn what_is_sent_is_exact_at_every_length() {
    let header = [0x10, 0xDB, 0x3F, 0xFF];
    let mut compared = 0;
    let mut compare = |len: usize, le: Option<u16>, form: Form| {
        let data: Vec<u8> = (0..len).map(|at| (at % 251) as u8).collect();
        let all = if form == Form::Short { 256 } else { 65_536 };
        let wanted = le.map(|le| if le == 0 { all } else { u32::from(le) });
        let expected = encoded(header, &data, wanted, form == Form::Extended);
        for secret in [false, true] {
            let mut command = if secret {
                Command::new(header).secret(Secret::new(&data))
            } else {
                Command::new(header).data(data.clone())
            };
            if let Some(le) = le {
                command = command.expecting(Le::bytes(le));
            }
            let sent = command.to_bytes(form, false);
            assert_eq!(sent.expose(), expected, "Lc {len}, Le {le:?}, {form:?}");
            // T=0 has no Le behind data (ISO/IEC 7816-3:2006, 12.2.5).
            let without = command.to_bytes(form, true);
            let expected = match le {
                Some(_) if len > 0 => encoded(header, &data, None, form == Form::Extended),
                _ => expected.clone(),
            };
            assert_eq!(
                without.expose(),
                expected,
                "T=0, Lc {len}, Le {le:?}, {form:?}"
            );
            compared += 2;
        }
    };
    for len in 0..=255 {
        for le in [None, Some(0), Some(1), Some(0x80), Some(255)] {
            compare(len, le, Form::Short);
            compare(len, le, Form::Extended);
        }
    }
    for len in [256, 257, 65_535] {
        for le in [None, Some(0), Some(1), Some(256), Some(65_535)] {
            compare(len, le, Form::Extended);
        }
    }
    println!("hostile cards: {compared} commands as an encoder of the tests writes them");
}

#[test]
fn a_list_of_features_that_is_cut_gives_what_stands_before() {
    let verify = [0x06, 4, 0x42, 0x33, 0x00, 0x06];
    let found = Controls::parse(&verify);
    assert_eq!((found.verify, found.modify), (Some(0x4233_0006), None));
    // Seven bytes; an item of length three, before and behind; a property that is cut.
    for tail in [&[0x07][..], &[0x07, 3, 1, 2, 3], &[0x0A, 0x04]] {
        assert_eq!(
            Controls::parse(&[&verify, tail].concat()),
            found,
            "{tail:02X?}"
        );
        assert_eq!(Controls::parse(tail), Controls::default(), "{tail:02X?}");
        assert_eq!(
            Controls::parse(&[tail, &verify].concat()).modify,
            None,
            "{tail:02X?}"
        );
    }
    for item in corpus::of("tlv") {
        let _ = Controls::parse(&item.bytes());
    }
}
