//! The sheet of a CardOS card: `cardos-tool --info` of OpenSC and `symbolonctl card info` say the
//! same of it through the same service, line by line. A line of theirs that no field of ours
//! explains is a failure.

use std::iter::Peekable;
use std::str::Lines;

use serde_json::Value;
use symbolon::simulator::{Card, CardOs, CardOsModel, wardrobe};

use crate::pkcs15::Desk;
use crate::program::{Symbolonctl, fact};
use crate::served::ServedCard;
use crate::support::pcscd::PrivatePcscd;
use crate::support::process::finish;

const SERIAL: [u8; 6] = [0x27, 0x37, 0xC0, 0x09, 0x2B, 0x18];

/// What both say of a card, and how many lines were compared.
#[track_caller]
fn agree(card: impl Card + 'static) -> (Value, usize) {
    let service = PrivatePcscd::start(1);
    let slot = service.slot(0);
    let _card = ServedCard::new(card, slot);
    let mut theirs = slot.tool("cardos-tool", "opensc");
    let theirs = finish(theirs.args(["--info", "--reader", &slot.reader]), "").succeeded();
    let ours = Symbolonctl::new(slot);
    let document = ours.run(&["card", "info", "--json"]).succeeded();
    let document: Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["schema"], "symbolon.card/1");
    let token = ours.token();
    let sheet = &document["cardos"];
    let mut lines = theirs.lines().peekable();
    let mut count = 0;
    while let Some(line) = lines.next() {
        compare(line, &mut lines, sheet, &token);
        count += 1;
    }
    assert_eq!(sheet["not_told"], Value::Array(Vec::new()), "{theirs}");
    (document["cardos"].clone(), count)
}

/// One line, with the dump behind it if it has one, against our field.
#[track_caller]
fn compare(line: &str, rest: &mut Peekable<Lines<'_>>, sheet: &Value, token: &Value) {
    let value = |name: &str| &sheet[name]["value"];
    let (title, said) = line.split_once(':').unwrap_or((line, ""));
    let said = said.trim();
    match title.trim() {
        "" => assert_eq!(said, ""),
        "Info" => assert_eq!(*value("info"), said),
        "Chip type" => assert_eq!(value("chip")["kind"].to_string(), said),
        "Serial number" => assert_eq!(value("chip")["serial"], joined(said)),
        "Full prom dump" => assert_eq!(sheet["chip"]["raw"], dump(rest)),
        "OS Version" => {
            let version = value("version");
            let name = version["name"].as_str().unwrap();
            let ours = format!("{}.{} (that's {name})", version["major"], version["minor"]);
            assert_eq!(ours, said);
        }
        "Current life cycle" => {
            let life = value("life_cycle");
            let phase = life["phase"].as_str().unwrap().replace('_', " ");
            assert_eq!(format!("{} ({phase})", life["number"]), said);
        }
        "Security Status of current DF" => assert_eq!(sheet["security_status"], dump(rest)),
        "Free memory" => assert_eq!(value("free_memory").to_string(), said),
        "ATR Status" => {
            // The number is decimal behind its 0x.
            let (number, source) = said.split_once(' ').unwrap();
            let number: u8 = number.strip_prefix("0x").unwrap().parse().unwrap();
            assert_eq!(sheet["atr_status"]["raw"], format!("{number:02X}"));
            let ours = value("atr_status").as_str().unwrap().to_uppercase();
            assert_eq!(format!("{ours}-ATR"), source);
        }
        "Packages installed" => assert_eq!(sheet["packages"]["raw"], dump(rest)),
        "Ram size" => {
            let hardware = value("hardware");
            let cpu = hardware["cpu"].as_u64().unwrap();
            // The processor is hexadecimal, the configuration is not.
            let ours = format!(
                "Ram size: {}, Eeprom size: {}, cpu type: {cpu:x}, chip config: {}",
                hardware["ram"], hardware["eeprom"], hardware["configuration"]
            );
            assert_eq!(ours, line);
        }
        "Free eeprom memory" => assert_eq!(value("free_eeprom").to_string(), said),
        "Current Maximum Data Field Length" => {
            assert_eq!(value("longest_data").to_string(), said);
        }
        "System keys" => {
            let (name, _) = said.split_once(' ').unwrap();
            let key = match name {
                "PackageLoadKey" => &value("keys")["package_load"],
                "StartKey" => &value("keys")["start"],
                other => panic!("no field for {other}"),
            };
            let version = key["version"].as_u64().unwrap();
            let ours = format!("{name} (version 0x{version:02x}, retries {})", key["tries"]);
            assert_eq!(ours, said);
        }
        "Path to current DF" => {
            assert_eq!(dump(rest), "", "they look at the root");
            // We have read the application before, if there is one.
            let applications = token["applications"].as_array().unwrap();
            let path = if applications.is_empty() { "" } else { "5015" };
            assert_eq!(sheet["path"], path);
        }
        // The answer to reset, in front of everything.
        _ if joined(&line.replace(':', " ")) == token["card"]["atr"] => {}
        _ => panic!("no field for the line {line:?}"),
    }
}

/// Bytes with blanks between as we write them.
fn joined(bytes: &str) -> String {
    bytes.replace(' ', "").to_uppercase()
}

/// The lines of a dump: up to sixteen bytes, and the same as text.
fn dump(lines: &mut Peekable<Lines<'_>>) -> String {
    let is_byte = |word: &&str| word.len() == 2 && word.chars().all(|c| c.is_ascii_hexdigit());
    let mut all = String::new();
    let of_dump = |line: &&str| line.split(' ').next().as_ref().is_some_and(is_byte);
    while let Some(line) = lines.next_if(of_dump) {
        all.extend(line.split(' ').take(16).take_while(is_byte));
    }
    all
}

#[test]
fn blank_and_used_cards_say_the_same_to_both() {
    for name in ["cardos-blank", "cardos-used", "cardos-weak"] {
        let (sheet, lines) = agree(wardrobe::make(name).unwrap());
        assert!(lines >= 17, "{name}: {lines}");
        assert_eq!(sheet["longest_data"]["value"], 300, "{name}");
    }
}

#[test]
fn so_do_cards_with_packages_and_in_other_phases() {
    let (sheet, _) = agree(CardOs::blank(CardOsModel::m4_3b(SERIAL)));
    assert_eq!(sheet["version"]["value"]["name"], "CardOS M4.3B");
    let packages = &sheet["packages"]["value"];
    assert_eq!(packages["damaged"], false);
    assert_eq!(packages["list"][0]["known"], "tries_left");
    let (sheet, _) = agree(CardOs::raw(CardOsModel::m4_2b(SERIAL)));
    assert_eq!(sheet["life_cycle"]["value"]["phase"], "manufacturing");
    let (sheet, _) = agree(CardOs::blank(CardOsModel::m4_2b(SERIAL)).operational());
    assert_eq!(sheet["life_cycle"]["value"]["phase"], "operational");
}

#[test]
fn what_opensc_leaves_open_wants_attention() {
    for (officer, open) in [
        ("--no-so-pin", true),
        ("--so-pin 12345678 --so-puk 87654321", false),
    ] {
        let desk = Desk::new("cardos-blank");
        desk.opensc(&format!(
            "pkcs15-init --create-pkcs15 {officer} --label Token"
        ));
        let ours = Symbolonctl::new(&desk.slot);
        let application = ours.application("pkcs15");
        assert_eq!(fact(&application, "unguarded"), open, "{officer}");
        let page = ours.run(&["show"]).succeeded();
        let said = page.contains("Everybody can replace the PKCS#15 PINs");
        assert_eq!(said, open, "{officer}: {page}");
    }
}
