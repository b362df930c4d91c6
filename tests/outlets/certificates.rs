//! Broken certificates, alone and on cards: each is read within bounds, or says why it cannot be, hides no other and can
//! be taken from the card as it is.

use std::io::Write as _;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use symbolon::explain::certificates as words;
use symbolon::iso7816::tlv::ber::encode;
use symbolon::pki::certificate::{self, Certificate};
use symbolon::pki::chain::{End, MAX_LINKS, chain};
use symbolon::pki::export::{self, Format};
use symbolon::pki::{pem, public_key, ssh_key};
use symbolon::simulator::{Chip, KeyRef as OpenPgpKey, Model, OpenPgp, Piv};
use symbolon::token::{
    ApplicationKind, ApplicationState, Certificate as Stored, Flaw, KeyRef, Token,
};

use crate::card::read;
use crate::clean::fault;
use crate::corpus::{self, Item};
use crate::frame::{COMMON_NAME, Frame, UTF8, name};
use crate::memory::most_of;

/// So much may one certificate need, in bytes beyond twenty times its own.
const MEMORY: usize = 2 << 20;

/// So many commands may reading a card with few objects need.
const COMMANDS: u32 = 600;

/// So long may everything take that is done with one certificate. It takes milliseconds; this is for the one that does not
/// come to an end (CVE-2022-0778), or whose work grows with the square of its length.
const LIMIT: Duration = Duration::from_secs(10);

/// Does `work` on a thread of its own, which is left behind when it does not come to an end.
fn in_time<T: Send + 'static>(what: &str, work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, result) = mpsc::channel();
    let worker = thread::spawn(move || done.send(work()).is_ok());
    match result.recv_timeout(LIMIT) {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout) => panic!("{what}: no end after {LIMIT:?}"),
        Err(RecvTimeoutError::Disconnected) => {
            panic!(
                "{what}: {:?}",
                worker.join().unwrap_err().downcast_ref::<String>()
            )
        }
    }
}

#[test]
#[should_panic(expected = "for ever: no end after")]
fn what_has_no_end_is_found() {
    let (_kept, never) = mpsc::channel::<()>();
    in_time("for ever", move || while never.recv().is_ok() {});
}

fn der(item: &Item) -> Vec<u8> {
    match item.said("part") {
        "whole" => item.bytes(),
        part => Frame::sound().with(part, item.bytes()).der(),
    }
}

/// A flaw as the corpus names it.
fn named(flaw: Option<Flaw>) -> String {
    let value = serde_json::to_value(flaw).unwrap();
    value.as_str().unwrap_or("none").to_owned()
}

#[test]
fn every_broken_certificate_is_read_within_bounds_or_says_why_not() {
    let mut faults = Vec::new();
    let (mut most, mut unreadable, mut longest) = (0, 0, Duration::ZERO);
    let items = corpus::of("pki");
    for item in &items {
        let der = der(item);
        let start = Instant::now();
        let bytes = der.clone();
        let (stored, needed) = in_time(&item.name, || {
            most_of(|| certificate::stored(KeyRef(0x9A), bytes))
        });
        most = most.max(needed);
        if needed > 20 * der.len() + MEMORY {
            faults.push(format!("{}: {needed} bytes for {}", item.name, der.len()));
        }
        if named(stored.flaw) != item.said("flaw") {
            faults.push(format!("{}: flaw {}", item.name, named(stored.flaw)));
        }
        if stored.der != der || stored.summary.is_some() != stored.flaw.is_none() {
            faults.push(format!("{}: not as it came", item.name));
        }
        let file = export::contents(&stored.der, Format::Pem);
        if pem::certificates(&file) != [der] {
            faults.push(format!("{}: lost on its way to a file", item.name));
        }
        let bytes = stored.der;
        let used = in_time(&item.name, move || {
            Certificate::parse(&bytes).map(|parsed| uses(&parsed))
        });
        match used {
            Ok(found) => faults.extend(found.map(|fault| format!("{}: {fault}", item.name))),
            Err(flaw) => {
                unreadable += 1;
                assert_eq!(fault(&words::flaw(flaw)), None);
            }
        }
        longest = longest.max(start.elapsed());
    }
    println!(
        "{} broken certificates, {unreadable} unreadable with a reason, {most} bytes and {longest:?} at most, {} not as due",
        items.len(),
        faults.len()
    );
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// What is wrong when everything is done with a certificate that can be done.
fn uses(parsed: &Certificate) -> Option<String> {
    let summary = parsed.summary();
    let mut texts = vec![summary.subject.to_string(), summary.issuer.to_string()];
    texts.extend(parsed.subject.iter().map(|one| one.value.to_string()));
    texts.extend(
        parsed
            .alternative_names
            .iter()
            .map(words::alternative_name_value),
    );
    texts.extend(parsed.extensions.iter().map(words::extension));
    let now = 1_800_000_000;
    let standing = parsed.standing(now);
    let (from, to) = (parsed.not_before, parsed.not_after);
    texts.push(words::standing_sentence(standing, from, to));
    texts.push(words::validity(standing, from, to));
    texts.push(words::standing_distance(standing, from, to));
    texts.push(symbolon::explain::dates::moment(from));
    texts.push(symbolon::explain::dates::moment(to));
    texts.push(parsed.public_key.algorithm.name());
    texts.extend(ssh_key::line(&parsed.public_key, "x"));
    let _ = public_key::is_short(&parsed.public_key);
    let own = chain(parsed, std::slice::from_ref(parsed));
    texts.push(words::chain(&own));
    texts.iter().find_map(|text| fault(text))
}

/// A card with a certificate in 9A, and sound ones in 9C and for OpenPGP.
fn two_faced(der: &[u8]) -> Chip {
    let sound = Frame::sound().der();
    let piv = Piv::generic()
        .with_certificate(0x9A, der)
        .with_certificate(0x9C, &sound);
    let openpgp = OpenPgp::new(Model::version_3(0x1234_5678))
        .with_certificate(OpenPgpKey::Authentication, der);
    Chip::new([0x3B, 0x80, 0x01, 0x81]).with(piv).with(openpgp)
}

fn in_slot(token: &Token, kind: ApplicationKind, slot: u8) -> Option<&Stored> {
    let mut all = token.application(kind)?.certificates.iter();
    all.find(|stored| stored.slot == KeyRef(slot))
}

#[test]
fn a_broken_certificate_hides_nothing_else_on_the_card() {
    let mut faults = Vec::new();
    let items = corpus::of("pki");
    let mut read_count = 0;
    for item in &items {
        let der = der(item);
        // What no card has room for is the matter of the test above.
        if der.is_empty() || der.len() > 60_000 {
            continue;
        }
        read_count += 1;
        let bytes = der.clone();
        let ((token, _), needed) = in_time(&item.name, move || most_of(|| read(two_faced(&bytes))));
        let mut expect = |what: &str, so: bool| {
            if !so {
                faults.push(format!("{}: {what}", item.name));
            }
        };
        let of = |kind, slot| in_slot(&token, kind, slot);
        for (kind, slot) in [(ApplicationKind::Piv, 0x9A), (ApplicationKind::OpenPgp, 3)] {
            let stored = of(kind, slot);
            expect("there", stored.is_some_and(|stored| stored.der == der));
            let flaw = stored.map(|stored| named(stored.flaw));
            expect("its flaw", flaw.as_deref() == Some(item.said("flaw")));
            let state = token
                .application(kind)
                .map(|application| &application.state);
            expect(
                "a whole application",
                state == Some(&ApplicationState::Readable),
            );
        }
        let other = of(ApplicationKind::Piv, 0x9C);
        expect(
            "the other",
            other.is_some_and(|stored| stored.summary.is_some()),
        );
        expect("few commands", token.cost.commands < COMMANDS);
        expect("little memory", needed < 40 * der.len() + 4 * MEMORY);
    }
    println!(
        "{read_count} broken certificates x 2 applications, {} not as due",
        faults.len()
    );
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn a_bomb_is_defused_at_64_kib_and_kept_as_it_is() {
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..64 {
        bomb.write_all(&[0; 1 << 20]).unwrap();
    }
    let bomb = bomb.finish().unwrap();
    assert!((65_000..65_500).contains(&bomb.len()), "{}", bomb.len());
    let mut cut = bomb[..400].to_vec();
    cut[0] = 0x1F;
    let nested = {
        let mut outer = GzEncoder::new(Vec::new(), Compression::best());
        outer.write_all(&bomb).unwrap();
        outer.finish().unwrap()
    };
    for (packed, flaw) in [
        (bomb, Flaw::Compression),
        (cut, Flaw::Compression),
        (nested, Flaw::Structure),
    ] {
        let object = [
            encode(0x70, &packed),
            encode(0x71, &[0x01]),
            encode(0xFE, &[]),
        ]
        .concat();
        let piv = Piv::generic()
            .with_object(0x5F_C105, &object)
            .with_certificate(0x9C, &Frame::sound().der());
        let chip = Chip::new([0x3B, 0x80, 0x01, 0x81]).with(piv);
        let ((token, _), needed) = most_of(|| read(chip));
        println!("{} bytes compressed: {needed} bytes at most", packed.len());
        assert!(needed < 2 << 20, "{needed}");
        let stored = in_slot(&token, ApplicationKind::Piv, 0x9A).unwrap();
        assert_eq!(stored.flaw, Some(flaw));
        if flaw == Flaw::Compression {
            assert_eq!(stored.der, packed);
        }
        assert!(
            in_slot(&token, ApplicationKind::Piv, 0x9C)
                .unwrap()
                .summary
                .is_some()
        );
    }
}

/// All slots that may hold a certificate.
fn slots() -> Vec<u8> {
    [0x9A, 0x9C, 0x9D, 0x9E]
        .into_iter()
        .chain(0x82..=0x95)
        .collect()
}

#[test]
fn of_many_certificates_the_broken_one_is_named_and_all_others_are_there() {
    let sound = |slot: u8| {
        let mut frame = Frame::sound();
        let holder = format!("Anna in {slot:02X}");
        frame.subject = name(&[(COMMON_NAME, UTF8, holder.as_bytes())]);
        frame.der()
    };
    let slots = slots();
    let mut pairs = 0;
    for &broken in &slots {
        let whole = sound(broken);
        let spoilt = [
            (whole[..whole.len() - 1].to_vec(), Flaw::Structure),
            (vec![0xFF; 100], Flaw::Structure),
            (
                Frame::sound().with("key", vec![0x30, 0x00]).der(),
                Flaw::Key,
            ),
        ];
        for (bytes, flaw) in spoilt {
            let card =
                slots
                    .iter()
                    .fold(Piv::generic().with_key_history(20, 0, ""), |card, &slot| {
                        let der = if slot == broken {
                            bytes.clone()
                        } else {
                            sound(slot)
                        };
                        card.with_certificate(slot, &der)
                    });
            let (token, _) = read(Chip::new([0x3B, 0x80, 0x01, 0x81]).with(card));
            let all = &token
                .application(ApplicationKind::Piv)
                .unwrap()
                .certificates;
            assert_eq!(all.len(), slots.len());
            for stored in all {
                let named = stored
                    .summary
                    .as_ref()
                    .and_then(|summary| summary.name.clone());
                if stored.slot == KeyRef(broken) {
                    assert_eq!((stored.flaw, named), (Some(flaw), None));
                    assert_eq!(stored.der, bytes);
                } else {
                    let due = format!("Anna in {:02X}", stored.slot.0);
                    assert_eq!(named.unwrap().as_str(), due);
                }
                pairs += 1;
            }
        }
    }
    println!(
        "{} slots, each broken in 3 ways: {pairs} certificates as due",
        slots.len()
    );
}

#[test]
fn of_a_file_of_many_the_broken_one_alone_is_left_out() {
    let blocks: Vec<String> = (0..20_u8)
        .map(|number| pem::encode("CERTIFICATE", &[0x30, 0x01, number]))
        .collect();
    for broken in 0..blocks.len() {
        let ways = [
            blocks[broken].replace("MA", "*A"),
            blocks[broken].replace("-----END", "----END"),
            "-----BEGIN CERTIFICATE-----\n".to_owned(),
        ];
        for (way, spoilt) in ways.into_iter().enumerate() {
            let mut file = blocks.clone();
            file[broken] = spoilt;
            let found = pem::certificates(file.concat().as_bytes());
            let lost = blocks.len() - found.len();
            // A block without an end takes the next one with it, and no more.
            assert!(
                lost == 1 || way > 0 && lost == 2,
                "{broken}, {way}: {lost} lost"
            );
            for der in found {
                assert_ne!(usize::from(der[2]), broken);
            }
        }
    }
}

#[test]
fn issuers_in_a_circle_come_to_an_end() {
    let of = |subject: &str, issuer: &str| {
        let mut frame = Frame::sound();
        frame.subject = name(&[(COMMON_NAME, UTF8, subject.as_bytes())]);
        frame.issuer = name(&[(COMMON_NAME, UTF8, issuer.as_bytes())]);
        // It may issue certificates.
        let constraints = [
            encode(0x06, &[0x55, 0x1D, 0x13]),
            encode(0x04, &[0x30, 0x03, 0x01, 0x01, 0xFF]),
        ];
        frame.extensions = Some(encode(0x30, &encode(0x30, &constraints.concat())));
        Certificate::parse(&frame.der()).unwrap()
    };
    let pair = [of("Anna", "Bruno"), of("Bruno", "Anna")];
    let found = chain(&pair[0], &pair);
    assert_eq!(found.links.len(), 2);
    assert_eq!(found.end, End::IssuerMissing);
    let three = [of("A", "B"), of("B", "C"), of("C", "A")];
    assert_eq!(chain(&three[0], &three).links.len(), 3);
    let names: Vec<String> = (0..100).map(|number| format!("CA {number}")).collect();
    let long: Vec<Certificate> = names
        .windows(2)
        .map(|pair| of(&pair[0], &pair[1]))
        .collect();
    let found = chain(&long[0], &long);
    assert_eq!((found.links.len(), found.end), (MAX_LINKS, End::TooLong));
    // As many of one name as there may be: a few of them are tried.
    let crowd: Vec<Certificate> = (0..2000).map(|_| of("A", "A")).collect();
    let _ = chain(&of("Leaf", "A"), &crowd);
}
