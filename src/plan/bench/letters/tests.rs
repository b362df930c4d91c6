//! Pages are read again, as a viewer reads them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use super::{
    Letter, Letters, MARGIN, PAGE, PAGE_LEN, Page, Printed, advance, encode, pdf, room_of,
};
use crate::base::hex::Hex;
use crate::base::secret::Secret;
use crate::plan::bench::letters::Code;
use crate::token::Text;

/// A text on a page: font, size, space between letters, place.
#[derive(Debug, PartialEq)]
struct Shown {
    font: String,
    size: f32,
    apart: f32,
    at: (f32, f32),
    bytes: Vec<u8>,
}

impl Shown {
    /// As WinAnsiEncoding has it, for the letters of these tests.
    fn text(&self) -> String {
        let letter = |&byte: &u8| match byte {
            0x8A => 'Š',
            0x85 => '…',
            byte => char::from(byte),
        };
        self.bytes.iter().map(letter).collect()
    }
}

/// The content streams of a document, by its table of objects: every offset has to be right.
fn streams(bytes: &[u8]) -> Vec<String> {
    // All of it is ASCII but the mark in the second line.
    let ascii = |&byte: &u8| {
        if byte.is_ascii() {
            char::from(byte)
        } else {
            '?'
        }
    };
    let latin: String = bytes.iter().map(ascii).collect();
    assert!(latin.starts_with("%PDF-1."));
    let (_, start) = latin.rsplit_once("startxref\n").unwrap();
    let start: usize = start.split('\n').next().unwrap().parse().unwrap();
    let table = &latin[start..];
    assert!(table.starts_with("xref\n0 "));
    let mut found = Vec::new();
    for (number, entry) in table.split("\r\n").skip(1).enumerate() {
        let Some((offset, "00000 n")) = entry.split_once(' ') else {
            break;
        };
        let object = &latin[offset.parse::<usize>().unwrap()..];
        assert!(
            object.starts_with(&format!("{} 0 obj", number + 1)),
            "{entry}"
        );
        let object = object.split("endobj").next().unwrap();
        if let Some((head, body)) = object.split_once("stream\n") {
            let len = head.split("/Length ").nth(1).unwrap();
            let len: usize = len.split(['\n', ' ', '>']).next().unwrap().parse().unwrap();
            assert!(body[len..].trim_start().starts_with("endstream"));
            found.push(body[..len].to_owned());
        }
    }
    found
}

/// The texts of a content stream.
fn shown(stream: &str) -> Vec<Shown> {
    let mut texts = Vec::new();
    for block in stream.split("BT\n").skip(1) {
        let block = block.split("\nET").next().unwrap();
        let mut lines = block.lines();
        let mut operands = |operator: &str| -> Vec<String> {
            let line = lines.next().unwrap();
            let line = line
                .strip_suffix(operator)
                .unwrap_or_else(|| panic!("{line}"));
            line.split_whitespace().map(str::to_owned).collect()
        };
        let font = operands("Tf");
        let apart = operands("Tc");
        let place = operands("Td");
        let number = |text: &String| text.parse::<f32>().unwrap();
        let string = block.lines().nth(3).unwrap();
        let string = string
            .strip_suffix(" Tj")
            .unwrap_or_else(|| panic!("{string}"));
        texts.push(Shown {
            font: font[0].clone(),
            size: number(&font[1]),
            apart: number(&apart[0]),
            at: (number(&place[0]), number(&place[1])),
            bytes: string_of(string),
        });
    }
    texts
}

/// A string object (ISO 32000-1:2008, 7.3.4).
fn string_of(text: &str) -> Vec<u8> {
    if let Some(hex) = text.strip_prefix('<') {
        return crate::base::hex::decode(hex.strip_suffix('>').unwrap()).unwrap();
    }
    let inner = text.strip_prefix('(').unwrap().strip_suffix(')').unwrap();
    let mut bytes = Vec::new();
    let mut escaped = false;
    for byte in inner.bytes() {
        if byte == b'\\' && !escaped {
            escaped = true;
        } else {
            assert!(!escaped || b"()\\".contains(&byte), "{text}");
            bytes.push(byte);
            escaped = false;
        }
    }
    bytes
}

fn page<'a>(name: &str, codes: &'a [Secret]) -> Page<'a> {
    Page {
        title: "Your token".into(),
        name: name.to_owned(),
        about: vec!["VPN (new) · 2737C0092B18".into()],
        codes: codes
            .iter()
            .map(|value| Printed {
                caption: "PIN".into(),
                value,
                about: "You type it for every use of the keys.".into(),
            })
            .collect(),
        notes: vec!["Keep this letter apart from the token.".into()],
        unprintable: "? is a letter that cannot be printed.".into(),
    }
}

fn texts(page: Page<'_>) -> Vec<Shown> {
    let document = pdf(&[page]);
    let streams = streams(document.expose());
    assert_eq!(streams.len(), 1);
    shown(&streams[0])
}

#[test]
fn what_is_on_a_page_is_found_again_where_it_is() {
    let codes = [Secret::new(b"184620"), Secret::new(b"90817263")];
    let texts = texts(page("Jürgen Müller-Šimić", &codes));
    let words: Vec<_> = texts.iter().map(Shown::text).collect();
    assert_eq!(
        words,
        [
            "Your token",
            "Jürgen Müller-Šimi?",
            "VPN (new) · 2737C0092B18",
            "PIN",
            "184620",
            "You type it for every use of the keys.",
            "PIN",
            "90817263",
            "You type it for every use of the keys.",
            "Keep this letter apart from the token.",
            "? is a letter that cannot be printed.",
        ]
    );
    let pin = &texts[4];
    assert_eq!((pin.font.as_str(), pin.size), ("/F3", 36.0));
    assert!(pin.apart > 0.0 && texts[3].apart == 0.0);
    assert_sound(&texts);
}

/// From the top to the bottom, nothing beyond the margins.
fn assert_sound(texts: &[Shown]) {
    for pair in texts.windows(2) {
        assert!(pair[0].at.1 - pair[1].at.1 >= pair[1].size, "{pair:?}");
    }
    for text in texts {
        assert!(text.at.0 == MARGIN && text.at.1 >= MARGIN / 2.0, "{text:?}");
        assert!(text.at.1 <= PAGE.1 - MARGIN, "{text:?}");
        let wide: f32 = match text.font.as_str() {
            "/F3" => text.bytes.iter().map(|_| 600.0).sum(),
            _ => text.bytes.iter().map(|&byte| advance(byte)).sum(),
        };
        let apart = text.apart * f32::from(u16::try_from(text.bytes.len()).unwrap());
        assert!(
            wide * text.size / 1000.0 + apart <= PAGE.0 - 2.0 * MARGIN + 0.5,
            "{text:?}"
        );
    }
}

#[test]
fn long_names_are_broken_and_cut_and_everything_stays_on_the_page() {
    let codes = [Secret::new(b"184620"), Secret::new(b"90817263")];
    let name = "Maximiliane Prinzessin von und zu Hohenlohe-Waldenburg-Schillingsfürst";
    let broken = texts(page(name, &codes));
    assert_eq!(broken[1].text(), "Maximiliane Prinzessin von und zu");
    assert_eq!(broken[2].text(), "Hohenlohe-Waldenburg-Schillingsfürst");
    assert_sound(&broken);
    let cut = texts(page(&"W".repeat(500), &codes));
    assert!(cut[3].text().ends_with("W…"), "{:?}", cut[3]);
    assert_eq!(cut[4].text(), "VPN (new) · 2737C0092B18");
    assert_sound(&cut);
    let many: Vec<_> = (0..14).map(|_| Secret::new(b"90817263")).collect();
    let mut full = page(&"W".repeat(500), &many);
    full.notes = vec!["Note ".repeat(100); 2];
    let full = texts(full);
    assert_eq!(
        full.iter().filter(|text| text.text() == "90817263").count(),
        14
    );
    assert_sound(&full);
}

#[test]
fn hostile_names_write_no_commands_and_turn_nothing_around() {
    let codes = [Secret::new(b"184620")];
    for (name, expected) in [
        (") Tj ET\nBT (evil", ") Tj ET BT (evil"),
        ("a\u{202E}b\u{0}c\u{1b}[31m", "a?b?c?[31m"),
        ("back\\slash (one", "back\\slash (one"),
        ("日本 Ω", "?? ?"),
    ] {
        let texts = texts(page(name, &codes));
        assert_eq!(texts[1].text(), expected);
        assert_sound(&texts);
    }
    assert_eq!(encode("€„“–Ÿ"), (vec![0x80, 0x84, 0x93, 0x96, 0x9F], false));
    assert_eq!(encode("\0\u{81}"), (b"??".to_vec(), true));
}

#[test]
fn letters_are_handed_out_once_and_leave_no_buffer_behind() {
    let letter = |name: &str| Letter {
        name: Text::from(name),
        label: Text::from("VPN"),
        serial: Hex(vec![1, 2]),
        made: 0,
        codes: vec![Code {
            puk: false,
            label: Text::from("User PIN"),
            value: Secret::new(b"184620"),
        }],
    };
    fn words(letter: &Letter) -> Page<'_> {
        let value = &letter.codes[0].value;
        Page {
            name: letter.name.to_string(),
            codes: vec![Printed {
                caption: "PIN".into(),
                value,
                about: String::new(),
            }],
            ..Page::default()
        }
    }
    let mut letters = Letters::default();
    letters.add(letter("Anna"));
    letters.add(letter("Ben"));
    assert_eq!(letters.len(), 2);
    let (printed, mark) = (letters.to_pdf(words), letters.mark());
    letters.add(letter("Carla"));
    // Told twice, it takes no more than was printed.
    for _ in 0..2 {
        letters.wipe(mark);
        let rest = letters.to_pdf(words);
        assert_eq!((letters.len(), streams(rest.expose()).len()), (1, 1));
    }
    let mut later = Letters::after(&letters);
    later.add(letter("Dora"));
    later.wipe(letters.mark());
    assert_eq!(later.len(), 1);
    letters.wipe(letters.mark());
    assert!(letters.is_empty());
    let pages = streams(printed.expose());
    assert_eq!(shown(&pages[0])[0].text(), "Anna");
    assert_eq!(shown(&pages[1])[0].text(), "Ben");
    let dump = format!("{:?}", letter("Anna"));
    assert!(
        !dump.contains("184620") && !dump.contains("49, 56"),
        "{dump}"
    );
    // A buffer that was large enough from the start was never moved.
    let codes: Vec<_> = (0..14).map(|_| Secret::new(b"90817263")).collect();
    for name in ["ü".repeat(600), "W".repeat(600)] {
        let mut long = page(&name, &codes);
        long.notes = vec!["ü ".repeat(300); 5];
        let room = room_of(&long);
        assert!(super::draw(&long).capacity() == room);
        assert!(pdf(&[long]).len() < PAGE_LEN + room);
    }
}
