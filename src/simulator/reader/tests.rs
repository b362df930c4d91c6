use std::sync::mpsc;
use std::time::Duration;

use super::{Occupancy, SimulatedReader};
use crate::simulator::faults::{Counted, Fault, Scripted, Trigger};
use crate::simulator::{Card, Chip, Piv, Typed};
use crate::transport::link::{After, LinkError, PinEntry, PinPadFeatures, Protocol, Reader};

const ATR: [u8; 4] = [0x3B, 0x80, 0x01, 0x81];
/// SELECT of the PIV application.
const SELECT: [u8; 10] = [0x00, 0xA4, 0x04, 0x00, 0x05, 0xA0, 0x00, 0x00, 0x03, 0x08];
/// The empty VERIFY.
const TRIES: [u8; 4] = [0x00, 0x20, 0x00, 0x80];

fn piv() -> Chip {
    Chip::new(ATR).with(Piv::generic())
}

fn with(card: impl Card + 'static) -> SimulatedReader {
    let reader = SimulatedReader::new("Practice reader");
    reader.insert(Box::new(card));
    reader
}

#[test]
fn subscribers_hear_of_every_change_in_its_order() {
    let reader = SimulatedReader::new("Practice reader");
    let (tell, heard) = mpsc::channel();
    reader.subscribe(Box::new(move |now| tell.send(now).unwrap()));
    reader.insert(Box::new(piv()));
    reader.set_held(true);
    reader.set_held(false);
    reader.set_mute(true);
    reader.set_mute(true);
    let card = reader.remove().unwrap();
    reader.set_mute(false);
    reader.insert(card);
    reader.unplug();
    let there = Occupancy::Present(ATR.to_vec());
    assert_eq!(
        heard.try_iter().collect::<Vec<_>>(),
        [
            Occupancy::Empty,
            there.clone(),
            Occupancy::Held(ATR.to_vec()),
            there.clone(),
            Occupancy::Mute,
            Occupancy::Empty,
            there,
            Occupancy::Gone,
        ]
    );
}

#[test]
fn what_keeps_a_link_from_coming_about() {
    let mut reader = with(piv());
    reader.set_held(true);
    assert_eq!(reader.connect().err(), Some(LinkError::Held));
    reader.set_held(false);
    reader.set_mute(true);
    assert_eq!(reader.connect().err(), Some(LinkError::Mute));
    reader.set_mute(false);
    assert_eq!(reader.connect().unwrap().protocol(), Protocol::T1);
    reader.remove();
    assert_eq!(reader.connect().err(), Some(LinkError::Removed));
    reader.unplug();
    assert_eq!(reader.connect().err(), Some(LinkError::NoReader));
}

#[test]
fn a_link_never_reaches_the_card_that_came_after() {
    let mut reader = with(piv());
    let mut link = reader.connect().unwrap();
    assert_eq!(link.exchange(&SELECT).unwrap()[0], 0x61);
    let (counted, tally) = Counted::new(piv());
    reader.insert(Box::new(counted));
    assert_eq!(link.exchange(&TRIES), Err(LinkError::Removed));
    assert_eq!(
        link.exclusively(&mut |_| After::Leave),
        Err(LinkError::Removed)
    );
    assert_eq!(tally.commands(), 0);
}

#[test]
fn a_card_that_pulls_itself_out_is_gone_for_everybody() {
    let mut reader =
        with(Scripted::new(piv()).with(Trigger::Number(2), Fault::Cut { carried_out: false }));
    let mut link = reader.connect().unwrap();
    link.exchange(&SELECT).unwrap();
    assert_eq!(link.exchange(&TRIES), Err(LinkError::Removed));
    assert_eq!(reader.occupancy(), Occupancy::Empty);
}

#[test]
fn pulling_a_card_lets_its_slow_command_go() {
    let mut reader =
        with(Scripted::new(piv()).with(Trigger::Number(2), Fault::Stall(Duration::from_secs(600))));
    let mut link = reader.connect().unwrap();
    link.exchange(&SELECT).unwrap();
    let waiting = std::thread::spawn(move || link.exchange(&TRIES));
    assert!(reader.remove().is_some());
    assert_eq!(waiting.join().unwrap(), Err(LinkError::Removed));
}

#[test]
fn exclusive_work_keeps_others_out_and_a_reset_is_told() {
    let mut reader = with(piv());
    let mut ours = reader.connect().unwrap();
    let mut theirs = reader.connect().unwrap();
    let (started, go) = mpsc::channel();
    let (done, order) = mpsc::channel();
    let also_done = done.clone();
    let other = std::thread::spawn(move || {
        go.recv().unwrap();
        // A single command is refused at once; exclusive work waits for its turn.
        let refused = theirs.exchange(&SELECT);
        also_done.send("refused").unwrap();
        let turn = theirs.exclusively(&mut |_| After::Leave);
        also_done.send("theirs").unwrap();
        (theirs, refused, turn)
    });
    let mut seen = Vec::new();
    ours.exclusively(&mut |link| {
        started.send(()).unwrap();
        link.exchange(&SELECT).unwrap();
        seen.push(order.recv().unwrap());
        link.exchange(&TRIES).unwrap();
        done.send("ours").unwrap();
        After::Reset
    })
    .unwrap();
    let (mut theirs, refused, turn) = other.join().unwrap();
    seen.extend(order.try_iter());
    assert_eq!(seen, ["refused", "ours", "theirs"]);
    assert_eq!(refused, Err(LinkError::Held));
    // The card was reset under it: it hears of it once and can go on.
    assert_eq!(turn, Err(LinkError::Reset));
    assert_eq!(theirs.exchange(&TRIES).unwrap(), [0x6D, 0x00]);
}

#[test]
fn a_handle_can_be_shared_between_threads() {
    fn shared<T: Clone + Send + Sync>(_: &T) {}
    shared(&SimulatedReader::new("Practice reader"));
}

/// The PIN of a PIV card on a PIN pad.
fn entry(ins: u8, current: bool) -> PinEntry {
    PinEntry {
        header: [0x00, ins, 0x00, 0x80],
        min: 6,
        max: 8,
        block: Some(8),
        current,
        timeout: Duration::from_millis(20),
    }
}

#[test]
fn a_pin_pad_types_what_somebody_types() {
    let features = PinPadFeatures {
        verify: true,
        modify: true,
    };
    let mut reader = SimulatedReader::with_pinpad("Practice reader", features);
    reader.insert(Box::new(piv()));
    let mut link = reader.connect().unwrap();
    link.exchange(&SELECT).unwrap();
    let pad = link.pinpad().unwrap();
    assert_eq!(pad.features(), features);

    reader.keys().enter(&["123456"]);
    assert_eq!(pad.verify(&entry(0x20, true)).unwrap(), [0x90, 0x00]);
    reader.keys().enter(&["123456", "654321", "654322"]);
    let refused = pad.modify(&entry(0x24, true));
    assert_eq!(refused, Err(LinkError::PinPadMismatch));
    reader.keys().enter(&["123456", "654321", "654321"]);
    assert_eq!(pad.modify(&entry(0x24, true)).unwrap(), [0x90, 0x00]);
    reader.keys().enter(&["123456"]);
    assert_eq!(pad.verify(&entry(0x20, true)).unwrap(), [0x63, 0xC2]);
    reader.keys().press(Typed::Cancel);
    let refused = pad.verify(&entry(0x20, true));
    assert_eq!(refused, Err(LinkError::PinPadCancelled));
    let refused = pad.verify(&entry(0x20, true));
    assert_eq!(refused, Err(LinkError::PinPadTimeout));
    reader.keys().enter(&["1"]);
    let refused = pad.verify(&entry(0x20, true));
    assert_eq!(refused, Err(LinkError::PinPadTimeout));
}

#[test]
fn a_card_pulled_while_the_pin_pad_waits_is_gone() {
    let features = PinPadFeatures {
        verify: true,
        modify: false,
    };
    let mut reader = SimulatedReader::with_pinpad("Practice reader", features);
    reader.insert(Box::new(piv()));
    let mut link = reader.connect().unwrap();
    let hands = reader.clone();
    let pull = std::thread::spawn(move || hands.remove().is_some());
    let entry = PinEntry {
        timeout: Duration::from_secs(600),
        ..entry(0x20, true)
    };
    // Whether the hand was faster than the entry or not.
    if pull.join().unwrap() {
        let refused = link.pinpad().unwrap().verify(&entry);
        assert_eq!(refused, Err(LinkError::Removed));
    }
}
