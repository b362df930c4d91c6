//! The oracle's control: readings that are bad on purpose, each of which it has to find.

use symbolon::base::secret::Secret;
use symbolon::card;
use symbolon::iso7816::Command;
use symbolon::token::{Application, Fact, FactName, Text, Token};
use symbolon::transport::channel::Channel;
use symbolon::transport::link::{LinkError, Protocol};

use crate::desk::{CEILING, Desk, Reading};
use crate::families::{FAMILIES, Family, neighbour};
use crate::oracle::{Allowed, Good, MEMORY, judge_texts};

/// What the oracle says of `reading`.
fn verdict(reading: Reading<'_>) -> String {
    verdict_on(&FAMILIES[1], reading)
}

/// The same on a card of this family.
fn verdict_on(family: &'static Family, reading: Reading<'_>) -> String {
    let desk = Desk::new(family, neighbour(family));
    let good = Good::of(&desk);
    let outcome = desk.read_with(reading, |card| card, None);
    good.judge(&desk, &outcome, &Allowed::default()).join("; ")
}

type Report<'a> = &'a mut dyn FnMut(&Token);

/// A reading as it should be, and then `spoil`.
fn spoiled(
    channel: &mut Channel<'_>,
    protocol: Protocol,
    report: Report<'_>,
    spoil: impl FnOnce(&mut Token),
) -> Result<Token, LinkError> {
    let mut token = card::read(channel, protocol, report)?;
    spoil(&mut token);
    Ok(token)
}

/// A reading that sends one command too many.
fn sending(command: impl Fn() -> Command) -> String {
    verdict(&|channel, protocol, report| {
        let token = card::read(channel, protocol, report)?;
        channel.transmit(&command())?;
        Ok(token)
    })
}

#[test]
fn what_is_well_is_called_so() {
    assert_eq!(
        verdict(&|channel, protocol, report| card::read(channel, protocol, report)),
        ""
    );
}

/// What is to be found, and what the oracle said.
fn planted() -> Vec<(&'static str, String)> {
    let spoil = |spoil: fn(&mut Token)| {
        verdict(&|channel, protocol, report| spoiled(channel, protocol, report, spoil))
    };
    vec![
        ("panic: planted", verdict(&|_, _, _| panic!("planted"))),
        ("commands where", verdict(&endless)),
        (
            "VERIFY with data",
            sending(|| Command::new([0x00, 0x20, 0x00, 0x81]).secret(Secret::new(b"123456"))),
        ),
        (
            "empty VERIFYs",
            verdict(&|channel, protocol, report| {
                for _ in 0..8 {
                    channel.transmit(&Command::new([0x00, 0x20, 0x00, 0x80]))?;
                }
                card::read(channel, protocol, report)
            }),
        ),
        (
            "changes the card",
            sending(|| Command::new([0x00, 0xDA, 0x00, 0x5E]).data(*b"x")),
        ),
        (
            "changes the card",
            sending(|| Command::new([0x00, 0x47, 0x80, 0x00]).data([0xB6, 0x00])),
        ),
        // Where an empty VERIFY costs a try, one is too many.
        ("[00, 20, 00, 83] changes the card", one_too_many()),
        (
            "bytes of memory",
            verdict(&|channel, protocol, report| {
                drop(std::hint::black_box(vec![1_u8; 2 * MEMORY]));
                card::read(channel, protocol, report)
            }),
        ),
        (
            "no token",
            verdict(&|_, _, _| Err(LinkError::Protocol("planted"))),
        ),
        ("more is coming", spoil(|token| token.complete = false)),
        (
            "words: keys.works.example is of another card",
            spoil(|token| token.label = Some(Text::from("https://keys.works.example/"))),
        ),
        // Contents are in the document alone, in digits.
        (
            "JSON: keys.works.example is of another card",
            spoil(|token| {
                let content = b"https://keys.works.example/".to_vec();
                token.applications[0].data[0].content = Some(content);
            }),
        ),
        (
            "is missing",
            spoil(|token| drop(token.applications.remove(0))),
        ),
        (
            "is not as it was",
            spoil(|token| token.applications[1].facts.clear()),
        ),
        (
            "an application twice",
            spoil(|token| token.applications.push(token.applications[0].clone())),
        ),
        (
            "which nobody said",
            spoil(|token| {
                let fact = Fact::number(FactName::SignatureCounter, 4711);
                token.applications[0].facts.push(fact);
            }),
        ),
        (
            "no word of it",
            spoil(|token| drop(token.applications[0].certificates.pop())),
        ),
    ]
}

/// What is said of one empty VERIFY to a card on which it costs a try.
fn one_too_many() -> String {
    verdict_on(FAMILIES.last().unwrap(), &|channel, protocol, report| {
        let token = card::read(channel, protocol, report)?;
        channel.transmit(&Command::new([0x00, 0x20, 0x00, 0x83]))?;
        Ok(token)
    })
}

/// The first entry of a list of the hostile application is shown once more.
fn planted_twice() -> Vec<(&'static str, String)> {
    let spoil = |spoil: fn(&mut Application)| {
        verdict(&|channel, protocol, report| {
            spoiled(channel, protocol, report, |token| {
                spoil(&mut token.applications[0]);
            })
        })
    };
    vec![
        (
            "PIN PinReference(128) twice",
            spoil(|found| found.pins.push(found.pins[0].clone())),
        ),
        (
            "key KeyRef(154) twice",
            spoil(|found| found.keys.push(found.keys[0].clone())),
        ),
        (
            "certificate KeyRef(154) twice",
            spoil(|found| found.certificates.push(found.certificates[0].clone())),
        ),
        (
            "data Discovery twice",
            spoil(|found| found.data.push(found.data[0].clone())),
        ),
    ]
}

/// What no outlet lets through, each in one of them.
fn planted_texts() -> Vec<(&'static str, String)> {
    let desk = Desk::new(&FAMILIES[1], neighbour(&FAMILIES[1]));
    let texts = |json: &str, words: &str| {
        let mut wrong = Vec::new();
        judge_texts(&desk, json, words, &mut wrong);
        wrong.join("; ")
    };
    let good = Good::of(&desk);
    let mut outcome = desk.read(|card| card, None);
    outcome.trace[0].name.push('\u{1B}');
    let trace = good.judge(&desk, &outcome, &Allowed::default()).join("; ");
    let clean = texts("{}", "Thomas Mustermann\nPIV");
    assert_eq!(clean, "", "the control of the control");
    vec![
        ("words has U+202E", texts("{}", "PIV\u{202E}")),
        ("words has U+001B", texts("{}", "\u{1B}[2J")),
        ("JSON has U+009B", texts(r#"{"label":"\u009B31m"}"#, "")),
        ("JSON has U+202E", texts("{\"label\":[\"\u{202E}\"]}", "")),
        ("not one object", texts("{\n}", "")),
        ("JSON: ", texts("{\"label\":\"\\x\"}", "")),
        ("trace has U+001B", trace),
    ]
}

#[test]
fn every_planted_fault_is_found() {
    let told = [planted(), planted_twice(), planted_texts()].concat();
    for (wanted, told) in &told {
        assert!(
            told.contains(wanted),
            "{wanted:?} was not found, but: {told}"
        );
    }
    println!("hostile cards: {} planted faults, all found", told.len());
}

/// A driver that asks for the next one as long as there is a card.
fn endless(channel: &mut Channel<'_>, _: Protocol, _: Report<'_>) -> Result<Token, LinkError> {
    for _ in 0.. {
        channel.transmit(&Command::new([0x00, 0xCB, 0x3F, 0xFF]))?;
        assert!(
            channel.cost().commands as usize <= CEILING + 1,
            "the ceiling is missing"
        );
    }
    Ok(Token::default())
}
