//! Lists of a PKCS #15 card that are damaged, have no end, or lead back to where they are named.

use symbolon::base::hex;
use symbolon::iso7816::Parsed;
use symbolon::iso7816::tlv::ber;
use symbolon::simulator::Card;
use symbolon::simulator::faults::{Fault, Trigger};

use crate::corpus;
use crate::desk::{Desk, Outcome};
use crate::lists::{Picture, picture};
use crate::oracle::{Allowed, Good};
use crate::parts::{application, desk, mark};

/// A file by its name in the standard and its path from below the root.
#[derive(Clone, Copy)]
struct File(&'static str, [u8; 4]);

const ODF: File = File("ODF", [0x50, 0x15, 0x50, 0x31]);
const AODF: File = File("AODF", [0x50, 0x15, 0x44, 0x01]);
const PRKDF: File = File("PrKDF", [0x50, 0x15, 0x44, 0x02]);
const CDF: File = File("CDF", [0x50, 0x15, 0x44, 0x04]);

/// Those in which something is that is seen.
const LISTS: [File; 4] = [ODF, AODF, PRKDF, CDF];

/// The identifier that certificate and key have, and the number of the user PIN.
const ID: [u8; 3] = [0x04, 0x01, 0x45];
const NUMBER: [u8; 3] = [0x80, 0x01, 0x03];

/// An entry of a list.
type Entry = (u32, Vec<u8>);

/// A card on which one file holds something else.
struct Rewritten {
    card: Box<dyn Card>,
    path: [u8; 4],
    content: Vec<u8>,
    selected: bool,
}

impl Rewritten {
    /// The answer about the file; nothing if it is about another one.
    fn answer(&mut self, command: &Parsed<'_>) -> Option<Vec<u8>> {
        let [_, ins, p1, p2] = command.header;
        if ins == 0xA4 {
            self.selected = p1 == 0x08 && command.data == self.path;
        }
        if !self.selected {
            return None;
        }
        let (data, sw) = match ins {
            0xA4 => {
                let len = u16::try_from(self.content.len()).unwrap_or(u16::MAX);
                let len = ber::encode(0x80, &len.to_be_bytes());
                (ber::encode(0x6F, &len), [0x90, 0x00])
            }
            0xB0 => {
                let offset = usize::from(u16::from_be_bytes([p1, p2]));
                let rest = self.content.get(offset..).unwrap_or_default();
                let count = command.le.unwrap_or(256).min(rest.len());
                let sw = if rest.is_empty() {
                    [0x6B, 0x00]
                } else {
                    [0x90, 0x00]
                };
                (rest[..count].to_vec(), sw)
            }
            _ => return None,
        };
        Some([&data[..], &sw].concat())
    }
}

impl Card for Rewritten {
    fn atr(&self) -> &[u8] {
        self.card.atr()
    }

    fn reset(&mut self) {
        self.selected = false;
        self.card.reset();
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        let own = Parsed::from_bytes(command).and_then(|parsed| self.answer(&parsed));
        own.unwrap_or_else(|| self.card.transmit(command))
    }
}

/// Reads the card with this in that file.
fn read(desk: &Desk, file: File, content: &[u8]) -> Outcome {
    let card = Rewritten {
        card: desk.family.card(),
        path: file.1,
        content: content.to_vec(),
        selected: false,
    };
    let swap = Fault::Swap(Box::new(card));
    desk.read(|card| card.with(Trigger::Number(1), swap), None)
}

/// What is seen then, and what is said to be wrong, each thing apart.
fn seen(desk: &Desk, file: File, content: &[u8]) -> (Picture, Vec<String>) {
    let found = application(desk, &read(desk, file, content));
    let marks = mark(&found).into_iter().flat_map(|mark| mark.split("; "));
    let marks = marks.map(str::to_owned).collect();
    (picture(&found), marks)
}

/// The entries of a file as it is; all of them are in its first 256 bytes.
fn entries(desk: &Desk, file: File) -> Vec<Entry> {
    let mut card = desk.family.card();
    let select = [&[0x00, 0xA4, 0x08, 0x0C, 4][..], &file.1].concat();
    assert_eq!(card.transmit(&select), [0x90, 0x00], "{}", file.0);
    let content = card.transmit(&[0x00, 0xB0, 0x00, 0x00, 0x00]);
    let content = content.strip_suffix(&[0x90, 0x00]).unwrap();
    ber::objects(content)
        .map(|entry| (entry.tag.0, entry.value.to_vec()))
        .collect()
}

/// The same with others behind them, so that there are three at least.
fn three(desk: &Desk, file: File) -> Vec<Entry> {
    let mut all = entries(desk, file);
    let (tag, last) = all.last().unwrap().clone();
    match file.0 {
        "AODF" => all.push((tag, with(&last, NUMBER, 0x05))),
        "PrKDF" | "CDF" => all.extend([0x46, 0x47].map(|id| (tag, with(&last, ID, id)))),
        _ => {}
    }
    assert!(all.len() >= 3, "{}: {}", file.0, all.len());
    all
}

/// The entry with another number in the place of that of `old`.
fn with(entry: &[u8], old: [u8; 3], number: u8) -> Vec<u8> {
    let at = entry.windows(3).position(|part| part == old).unwrap();
    let mut entry = entry.to_vec();
    entry[at + 2] = number;
    entry
}

fn list(entries: &[Entry]) -> Vec<u8> {
    let encoded = entries.iter().map(|(tag, value)| ber::encode(*tag, value));
    encoded.flatten().collect()
}

#[test]
fn a_damaged_entry_of_a_list_hides_no_other() {
    let desk = desk("cardos-used");
    let mut tried = 0;
    for file in LISTS {
        let good = three(&desk, file);
        let (whole, marks) = seen(&desk, file, &list(&good));
        assert!(marks.is_empty(), "{}, the control: {marks:?}", file.0);
        for (index, (tag, value)) in good.iter().enumerate() {
            let mut rest = good.clone();
            rest.remove(index);
            let (without, marks) = seen(&desk, file, &list(&rest));
            assert!(marks.is_empty(), "{}, the control: {marks:?}", file.0);
            // Public keys are in their certificates, too.
            let unseen = *tag == 0xA1;
            assert_eq!(without == whole, unseen, "{}, {}", file.0, index + 1);
            for (how, damaged) in [
                ("empty", Vec::new()),
                ("zeros", vec![0x00; value.len()]),
                ("erased", vec![0xFF; value.len()]),
                ("text", vec![b'x'; value.len()]),
                ("cut", ber::encode(0x30, &value[..value.len() / 2])),
            ] {
                let what = format!("{}, entry {} {how}", file.0, index + 1);
                let mut entries = good.clone();
                entries[index].1 = damaged;
                let (now, marks) = seen(&desk, file, &list(&entries));
                assert_eq!(now, without, "{what}");
                let name = format!("{}: entry {} ", file.0, index + 1);
                let named = marks.iter().any(|mark| mark.starts_with(&name));
                assert!(named && marks.len() == 1, "{what}: {marks:?}");
                tried += 1;
            }
        }
    }
    println!(
        "hostile cards: {tried} damaged entries of PKCS#15 lists, each hid itself alone and was named"
    );
}

#[test]
fn a_list_of_ten_thousand_is_cut_short_and_said_so() {
    const MANY: usize = 10_000;
    let desk = desk("cardos-used");
    let good = Good::of(&desk);
    let directory = corpus::item("tlv/pkcs15-directory-10000").bytes();
    assert_eq!(ber::objects(&directory).count(), MANY);
    for file in LISTS {
        let entry = list(&entries(&desk, file)[..1]);
        let same = if file.0 == "ODF" {
            directory.clone()
        } else {
            entry.repeat(MANY)
        };
        let outcome = read(&desk, file, &same);
        let wrong = good.judge(&desk, &outcome, &Allowed::default());
        assert!(wrong.is_empty(), "{}: {wrong:?}", file.0);
        let found = application(&desk, &outcome);
        let said = mark(&found).unwrap_or_default();
        let name = format!("{}: ", file.0);
        let named = |mark: &str| mark.starts_with(&name) && mark.contains("cut short");
        assert!(said.split("; ").any(named), "{}: {said:?}", file.0);
        let sent = outcome.sent.iter().filter(|sent| sent.to_target).count();
        println!(
            "hostile cards: {} with {MANY} same entries is cut short after {sent} commands",
            file.0
        );
    }
}

#[test]
fn a_list_that_leads_back_is_read_once() {
    let desk = desk("cardos-used");
    let good = Good::of(&desk);
    let whole = picture(good.token.application(desk.family.kind).unwrap());
    // The directory names itself, by each of the lists that it can name.
    let itself = corpus::item("tlv/directory-of-itself").bytes();
    for tag in [0xA0, 0xA1, 0xA4, 0xA7, 0xA8] {
        let mut directory = itself.clone();
        directory[0] = tag;
        let outcome = read(&desk, ODF, &directory);
        let wrong = good.judge(&desk, &outcome, &Allowed::default());
        assert!(wrong.is_empty(), "{tag:02X}: {wrong:?}");
        let said = application(&desk, &outcome);
        let said = mark(&said).unwrap_or_default();
        assert!(said.starts_with("ODF: entry 1 "), "{tag:02X}: {said:?}");
        let sent = outcome.sent.iter().filter(|sent| sent.to_target).count();
        assert!(sent < good.commands, "{tag:02X}: {sent} commands");
    }
    // A list that is the directory once more, as another file.
    let directory = list(&entries(&desk, ODF));
    for file in &LISTS[1..] {
        let outcome = read(&desk, *file, &directory);
        let wrong = good.judge(&desk, &outcome, &Allowed::default());
        assert!(wrong.is_empty(), "{}: {wrong:?}", file.0);
    }
    // One list by two ways: from the root, and from the directory of the application.
    let below = hex::decode("A806300404024401").unwrap();
    let (twice, marks) = seen(&desk, ODF, &[directory, below].concat());
    assert_eq!((twice, marks), (whole, Vec::new()));
}
