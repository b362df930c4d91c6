//! A package and its applet put on a card that is pulled at every command.

use std::collections::BTreeSet;

use symbolon::base::hex;
use symbolon::simulator::faults::{Fault, Scripted, Trigger};
use symbolon::simulator::{Card, Protocol};

use crate::desk::{case, text};
use crate::load::{APPLET, Cap, PACKAGE};

/// INSTALL, LOAD for every block, INSTALL.
fn script() -> Vec<Vec<u8>> {
    let mut script = vec![hex::decode("80E602000C07D0D1D2D3D4D5010000000000").unwrap()];
    let file = Cap::default().bytes();
    let len = u16::try_from(file.len()).unwrap().to_be_bytes();
    let bytes = [&[0xC4, 0x82], &len[..], &file].concat();
    let count = bytes.chunks(40).count();
    for (number, block) in bytes.chunks(40).enumerate() {
        let p1 = if number + 1 == count { 0x80 } else { 0x00 };
        let number = u8::try_from(number).unwrap();
        let head = [0x80, 0xE8, p1, number, u8::try_from(block.len()).unwrap()];
        script.push([&head[..], block].concat());
    }
    let mut install = vec![0x80, 0xE6, 0x0C, 0x00, 32, 7];
    install.extend(PACKAGE);
    for _ in 0..2 {
        install.push(8);
        install.extend(APPLET);
    }
    install.extend([1, 0, 2, 0xC9, 0, 0]);
    script.push(install);
    script
}

/// The last answer.
fn run(card: &mut dyn Card, commands: &[Vec<u8>]) -> Vec<u8> {
    let mut answer = Vec::new();
    for command in commands {
        answer = card.transmit(command);
        if !card.is_present() {
            break;
        }
    }
    answer
}

#[test]
fn every_cut_leaves_all_or_nothing_and_can_be_gone_on_from() {
    let case = case(Protocol::Scp03 { i: 0x00 }, 16, 0x00);
    let opening: Vec<Vec<u8>> = case.exchanges[..2]
        .iter()
        .map(|(command, _)| hex::decode(command).unwrap())
        .collect();
    let script = script();
    let whole = [&opening[..], &script].concat();
    let list = vec![hex::decode("80F26000034F01D000").unwrap()];
    let package = "07D0D1D2D3D4D501";
    let both = format!("08D0D1D2D3D4D501010700{package}01009000");
    let mut seen = BTreeSet::new();
    for number in 1..=whole.len() {
        for carried_out in [false, true] {
            let cut = Fault::Cut { carried_out };
            let mut card = Scripted::new(case.card()).with(Trigger::Number(number), cut);
            run(&mut card, &whole);
            assert!(!card.is_present());
            card.reset();
            let found = text(&run(&mut card, &[&opening[..], &list].concat()));
            let rest = if found == "6A88" {
                &script[..]
            } else if found.starts_with(package) {
                &script[script.len() - 1..]
            } else {
                &[]
            };
            seen.insert(rest.len());
            run(&mut card, rest);
            let found = text(&run(&mut card, &list));
            assert_eq!(found, both, "{number} {carried_out}");
        }
    }
    // Nothing, the package, and the package with its instance: each was left once at least.
    assert_eq!(seen.len(), 3);
}
