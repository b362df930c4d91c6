//! What a service can say that is not so, and what the program makes of it.

use std::collections::VecDeque;

use crate::support::fake_service::{Door, Manner, Spoil, Transmit, with_card};
use crate::support::pcsc_wire::{self as wire, ABSENT, PRESENT, ReaderEntry, SWALLOWED};

/// Every lie.
pub(crate) fn all() -> Vec<Case> {
    // The last are told first: those about silence take longest.
    [
        lists(),
        names(),
        states(),
        verdicts(),
        answers(),
        ends(),
        nonsense(),
        silences(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A service that lies, and what the program makes of it.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) manner: Manner,
    /// How `readers` ends.
    pub(crate) readers: (i32, &'static str),
    /// How `show` ends.
    pub(crate) show: (i32, &'static str),
}

fn case(
    name: impl Into<String>,
    readers: (i32, &'static str),
    show: (i32, &'static str),
    manner: Manner,
) -> Case {
    Case {
        name: name.into(),
        manner,
        readers,
        show,
    }
}

/// A good service with one good reader, changed.
fn but(change: impl FnOnce(&mut Manner)) -> Manner {
    let mut manner = Manner::good(vec![with_card(b"Liar 00 00")]);
    change(&mut manner);
    manner
}

/// A good service with these readers, all empty.
fn empty(names: &[&[u8]]) -> Manner {
    Manner::good(names.iter().map(|name| ReaderEntry::empty(name)).collect())
}

const NO_ANSWER: &str = "does not answer";
const NO_READER: &str = "No reader";
const NO_CARD: &str = "no card";

/// How many readers there are.
fn lists() -> Vec<Case> {
    let numbered: Vec<Vec<u8>> = (0..17)
        .map(|n| format!("Liar {n:02} 00").into_bytes())
        .collect();
    let seventeen: Vec<&[u8]> = numbered.iter().map(Vec::as_slice).collect();
    let sixteen = &seventeen[..16];
    let grows = but(|manner| {
        let readers = |n: usize| {
            sixteen[..n]
                .iter()
                .map(|name| ReaderEntry::empty(name))
                .collect()
        };
        manner.lists = (1..=16).map(readers).collect::<VecDeque<Vec<_>>>();
        manner.readers = readers(16);
    });
    let shrinks = but(|manner| {
        let readers = |n: usize| {
            sixteen[..n]
                .iter()
                .map(|name| ReaderEntry::empty(name))
                .collect()
        };
        manner.lists = (1..=16).rev().map(readers).collect::<VecDeque<Vec<_>>>();
        manner.readers = readers(1);
    });
    let flickers = but(|manner| {
        let one = vec![ReaderEntry::empty(b"Liar A 00 00")];
        let two = vec![ReaderEntry::empty(b"Liar B 00 00")];
        manner.lists = (0..40)
            .map(|n| if n % 2 == 0 { one.clone() } else { two.clone() })
            .collect();
        manner.readers = two;
    });
    vec![
        case("no reader", (3, NO_READER), (3, NO_READER), empty(&[])),
        case(
            "sixteen readers",
            (0, "Liar 15 00"),
            (3, NO_CARD),
            empty(sixteen),
        ),
        // pcsc-lite has room for sixteen: its library takes the last one for the answer to the next
        // question, and all that follows for nonsense.
        case("seventeen readers", (0, ""), (3, ""), empty(&seventeen)),
        case(
            "a reader more at each question",
            (0, "Liar 00 00"),
            (3, NO_CARD),
            grows,
        ),
        case(
            "a reader less at each question",
            (0, "Liar 00 00"),
            (3, NO_CARD),
            shrinks,
        ),
        case(
            "a reader that is another one each time",
            (0, "Liar B 00 00"),
            (3, NO_CARD),
            flickers,
        ),
    ]
}

/// Names of readers.
fn names() -> Vec<Case> {
    let long = [b'x'; 127];
    let no_end = [b'y'; 128];
    let all_no_end: [&[u8]; 16] = [&no_end; 16];
    vec![
        case(
            "a name of no bytes",
            (3, NO_READER),
            (3, NO_READER),
            empty(&[b""]),
        ),
        case(
            "a name of 127 bytes",
            (0, "xxxxxxxxxxxxxxxx"),
            (3, NO_CARD),
            empty(&[&long]),
        ),
        case(
            "a name of 128 bytes without an end",
            (0, "yyyyyyyyyyyyyyyy"),
            (3, NO_CARD),
            empty(&[&no_end]),
        ),
        case(
            "sixteen names without an end",
            (0, "yyyyyyyyyyyyyyyy"),
            (3, NO_CARD),
            empty(&all_no_end),
        ),
        case(
            "a name that is not UTF-8",
            (0, "Li\u{FFFD}r"),
            (3, NO_CARD),
            empty(&[b"Li\xFFr 00 00"]),
        ),
        case(
            "a name that moves the cursor",
            (0, "Liar"),
            (3, NO_CARD),
            empty(&["Liar\u{1B}[2J\r\n\u{7}\u{202E}00".as_bytes()]),
        ),
        case(
            "two readers of a name",
            (0, "Liar 00 00"),
            (3, NO_CARD),
            empty(&[b"Liar 00 00", b"Liar 00 00"]),
        ),
        case(
            "the name of the entry for news",
            (3, NO_READER),
            (3, NO_READER),
            empty(&[b"\\\\?PnP?\\Notification"]),
        ),
    ]
}

/// States of readers.
fn states() -> Vec<Case> {
    let with = |change: fn(&mut ReaderEntry)| but(|manner| change(&mut manner.readers[0]));
    let no_atr = with(|reader| {
        reader.atr.clear();
        reader.atr_len = 0;
    });
    let long_atr = with(|reader| {
        reader.atr = vec![0xFF; 33];
        reader.atr_len = 33;
    });
    // An answer to reset that is said to be longer than its 33 bytes is not here: pcsc-lite's library
    // copies as many as are said into the 33 bytes of the caller (SCardGetStatusChange, 1.9.9 and
    // 2.x), before any program could look at it.
    vec![
        case(
            "a card without an answer to reset",
            (0, "Card present"),
            (0, "Thomas Mustermann"),
            no_atr,
        ),
        case(
            "an answer to reset of nonsense",
            (0, "Card present"),
            (0, "Thomas Mustermann"),
            long_atr,
        ),
        case(
            "neither empty nor full",
            (0, "Liar"),
            (3, NO_CARD),
            with(|reader| reader.state = 0),
        ),
        case(
            "empty and full",
            (0, "Empty"),
            (3, NO_CARD),
            with(|reader| reader.state = ABSENT | PRESENT),
        ),
        case(
            "mute",
            (0, "No answer"),
            (3, "does not answer"),
            with(|reader| reader.state = PRESENT | SWALLOWED),
        ),
        case(
            "held by another",
            (0, "In use"),
            (3, "In use"),
            with(|reader| reader.sharing = -1),
        ),
        case(
            "a state of all bits",
            (0, "Liar"),
            (3, ""),
            with(|reader| reader.state = u32::MAX),
        ),
        case(
            "more insertions than are counted",
            (0, "Card present"),
            (0, "Thomas Mustermann"),
            with(|reader| reader.events = 0x0001_0001),
        ),
    ]
}

/// What a service says instead of an answer.
fn verdicts() -> Vec<Case> {
    const UNKNOWN_CODE: u32 = 0x8010_00FF;
    const COMM_ERROR: u32 = 0x8010_0013;
    const SECURITY_VIOLATION: u32 = 0x8010_006A;
    let connect = |verdict, protocol| but(|manner| manner.connect = [verdict, protocol]);
    vec![
        case(
            "another version",
            (4, NO_ANSWER),
            (4, NO_ANSWER),
            but(|manner| manner.version = [3, 0, 0x8010_001E]),
        ),
        case(
            "an unknown verdict on the version",
            (4, NO_ANSWER),
            (4, NO_ANSWER),
            but(|manner| manner.version[2] = 77),
        ),
        case(
            "a refusal",
            (4, "not allowed"),
            (4, "not allowed"),
            but(|manner| manner.establish = SECURITY_VIOLATION),
        ),
        case(
            "an unknown verdict on a context",
            (4, NO_ANSWER),
            (4, NO_ANSWER),
            but(|manner| manner.establish = UNKNOWN_CODE),
        ),
        case(
            "an unknown verdict on a connection",
            SEEN,
            (1, ""),
            connect(UNKNOWN_CODE, 2),
        ),
        case(
            "a protocol that there is not",
            SEEN,
            (1, ""),
            connect(0, 0x40),
        ),
        case("no protocol", SEEN, (1, ""), connect(0, 0)),
        case("no connection", SEEN, (4, ""), connect(COMM_ERROR, 0)),
    ]
}

/// What a service answers for a card.
fn answers() -> Vec<Case> {
    const UNKNOWN_CODE: u32 = 0x8010_00FF;
    let transmit = |transmit| but(|manner| manner.transmit = transmit);
    vec![
        case(
            "an answer of no bytes",
            SEEN,
            (0, "no status word"),
            transmit(Transmit::Answer(Vec::new(), 0)),
        ),
        case(
            "an answer of one byte",
            SEEN,
            (0, "no status word"),
            transmit(Transmit::Answer(vec![0x90], 1)),
        ),
        case(
            "an answer of 65,538 bytes",
            SEEN,
            (0, ""),
            transmit(Transmit::Answer(vec![0x90; 65_538], 65_538)),
        ),
        case(
            "an answer longer than any buffer",
            SEEN,
            (1, ""),
            transmit(Transmit::Answer(Vec::new(), 70_000)),
        ),
        case(
            "an answer of 4 GiB",
            SEEN,
            (1, ""),
            transmit(Transmit::Answer(Vec::new(), u32::MAX)),
        ),
        case(
            "an unknown verdict on a command",
            SEEN,
            (1, ""),
            transmit(Transmit::Error(UNKNOWN_CODE)),
        ),
        case(
            "a card pulled at the first command",
            SEEN,
            (3, ""),
            transmit(Transmit::Error(0x8010_0016)),
        ),
        case(
            "an unknown verdict on everything",
            SEEN,
            (1, ""),
            but(|manner| manner.verdict = UNKNOWN_CODE),
        ),
    ]
}

const SEEN: (i32, &str) = (0, "Liar 00 00");

const NO_SERVICE: (i32, &str) = (4, "");

/// Connections that end in the middle of an answer.
fn ends() -> Vec<Case> {
    let table = [
        ("a version", NO_SERVICE, wire::VERSION, 6),
        ("a context", NO_SERVICE, wire::ESTABLISH, 5),
        ("a list", NO_SERVICE, wire::READERS, 1000),
        ("the news", NO_SERVICE, wire::WAIT, 1000),
        ("a connection", SEEN, wire::CONNECT, 80),
        ("a status", SEEN, wire::STATUS, 3),
        ("a transaction", SEEN, wire::BEGIN, 3),
        ("an answer", SEEN, wire::TRANSMIT, 33),
    ];
    let cases = table.into_iter().map(|(what, readers, command, at)| {
        let manner = but(|manner| manner.spoil = Some((command, Spoil::Cut(at))));
        let name = format!("the end in the middle of {what}");
        case(name, readers, NO_SERVICE, manner)
    });
    cases.collect()
}

/// Answers without sense. One in place of a list of readers is not here: each reader of it would have
/// an answer to reset of some 10^9 bytes, see above.
fn nonsense() -> Vec<Case> {
    let table = [
        ("a version", NO_SERVICE, 4, wire::VERSION),
        ("a context", NO_SERVICE, 4, wire::ESTABLISH),
        ("a connection", SEEN, 1, wire::CONNECT),
        ("a transaction", SEEN, 1, wire::BEGIN),
        ("an answer", SEEN, 1, wire::TRANSMIT),
        ("the end of a transaction", SEEN, 0, wire::END),
        ("the end of a connection", SEEN, 0, wire::DISCONNECT),
    ];
    let cases = table.into_iter().map(|(what, readers, show, command)| {
        let manner = but(|manner| manner.spoil = Some((command, Spoil::Garbage)));
        case(format!("nonsense for {what}"), readers, (show, ""), manner)
    });
    cases.collect()
}

/// Services that say nothing, or let nobody in.
fn silences() -> Vec<Case> {
    let table = [
        ("silence about the version", wire::VERSION),
        ("silence about a context", wire::ESTABLISH),
        ("silence about the readers", wire::READERS),
        ("silence about news", wire::WAIT),
    ];
    let silent = (4, NO_ANSWER);
    let cases = table.into_iter().map(|(name, command)| {
        let manner = but(|manner| manner.spoil = Some((command, Spoil::Silence)));
        case(name, silent, silent, manner)
    });
    let deaf = but(|manner| manner.door = Door::Deaf);
    let slammed = but(|manner| manner.door = Door::Slammed);
    cases
        .chain([
            case("a door that stays shut", silent, silent, deaf),
            case("a door that is slammed", (4, ""), (4, ""), slammed),
        ])
        .collect()
}
