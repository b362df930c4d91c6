//! The PINs of an OpenPGP card that this project did not write, behind the real scdaemon.

use std::fs;

use crate::room::{Errand, Room};
use crate::support::cards::IndependentCard;
use crate::support::pcscd::{PrivatePcscd, SOCKET_VARIABLE};

#[test]
fn a_card_tells_its_facts_and_its_tries() {
    let service = PrivatePcscd::start(1);
    let slot = service.slot(0);
    let _card = IndependentCard::openpgp(slot);
    // With a keyring allowed: a PIN has no place in it.
    let room = Room::with("");
    assert!(
        fs::exists("/usr/lib/gnupg/scdaemon").unwrap(),
        "scdaemon is missing: install it with `apt-get install scdaemon`"
    );
    let conf = format!("disable-ccid\npcsc-shared\nreader-port {}\n", slot.reader);
    fs::write(room.file("scdaemon.conf"), conf).unwrap();
    let agent = |line: &str| -> Errand {
        let mut command = room.command("gpg-connect-agent");
        command.env(SOCKET_VARIABLE, service.socket());
        command.args([line, "/bye"]);
        room.run(command)
    };
    let learned = agent("SCD SERIALNO").succeeds();
    let number = learned.strip_prefix("S SERIALNO ").unwrap();
    let number = number.lines().next().unwrap();

    // A name in the card is for the one who has the admin PIN.
    let name = agent("SCD SETATTR DISP-NAME Lovelace<<Ada");
    let admin = room.dialog("Unlock Card");
    admin.says("Please enter the Admin PIN");
    admin.picture("pinentry-admin-pin");
    admin.fill("Admin PIN", "12345678").click("OK").gone();
    assert!(name.succeeds().ends_with("OK\n"));
    agent("SCD RESET").succeeds();
    agent("SCD SERIALNO").succeeds();

    let check = format!("SCD CHECKPIN {number}");
    let wrong = agent(&check);
    let first = room.dialog("Unlock Card");
    first.says("Please unlock the card");
    for fact in [
        "Number: 0000 00000042",
        "Holder: Ada Lovelace",
        "Counter: 0",
    ] {
        first.window.find("label", fact);
    }
    assert!(!first.words().contains("left"), "all are left");
    assert!(!first.words().contains("Save in"), "no place for a PIN");
    assert!(
        !first.button("OK").is_sensitive(),
        "no card takes an empty PIN"
    );
    first.picture("pinentry-card");
    first.fill("PIN", "654321").click("OK").gone();
    assert!(wrong.ends().output.contains("Bad PIN"));

    let right = agent(&check);
    let second = room.dialog("Unlock Card");
    second.says("2 of 3 tries left");
    second.picture("pinentry-card-wrong");
    second.fill("PIN", "123456").click("OK").gone();
    let said = right.succeeds();
    assert!(said.ends_with("OK\n"), "{said}");
}
