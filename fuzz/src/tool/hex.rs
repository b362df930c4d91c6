//! What broke others, as inputs: `tests/hostile/corpus` tells of the form of its files.
//!
//! Items that are longer than [`MOST`] stay with the tests that they were made for: the engine
//! would make all its inputs as long.

use std::path::Path;

use symbolon::iso7816::tlv::ber;
use symbolon_fuzz::script::joined;

use super::{files, write};

/// The longest item in bytes.
const MOST: usize = 8192;

/// Converts the files of `corpus` into `folder`.
///
/// # Panics
///
/// If a file is not of that form, or if there is none.
pub(super) fn run(folder: &Path, corpus: &Path) {
    let mut count = 0;
    for class in files(corpus).iter().filter(|path| path.is_dir()) {
        let class_name = class
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        for path in files(class) {
            let text = std::fs::read_to_string(&path).expect("a file in hexadecimal");
            let lines: Vec<Vec<u8>> = text.lines().filter_map(line).collect();
            let name = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let said = |what: &str| {
                let mut comments = text.lines().filter_map(|line| line.strip_prefix("# "));
                comments.find_map(|line| line.strip_prefix(what)?.strip_prefix(": "))
            };
            let part = said("part").unwrap_or("whole");
            if lines.iter().map(Vec::len).sum::<usize>() <= MOST {
                convert(
                    folder,
                    &class_name,
                    part,
                    &format!("hostile-{name}"),
                    &lines,
                );
                count += 1;
            }
        }
    }
    assert!(count > 0, "no file in {}", corpus.display());
    println!("{count} items of {}", corpus.display());
}

/// Each class goes where its bytes are read.
fn convert(folder: &Path, class: &str, part_of: &str, name: &str, lines: &[Vec<u8>]) {
    let bytes = lines.concat();
    let part = |control: u8, rest: &[u8]| [&[control], rest].concat();
    match class {
        "tlv" => {
            write(folder, "ber", name, &bytes);
            // As the data of every answer, and of the fourth and the ninth of honest cards.
            write(
                folder,
                "driver",
                name,
                &joined(&[vec![0x20], part(0x40, &bytes)]),
            );
            for card in [1, 3] {
                let parts = [vec![card], part(0x43, &bytes), part(0x44, &bytes)];
                write(folder, "driver", &format!("{name}-{card}"), &joined(&parts));
            }
        }
        "apdu" => {
            let answers = lines.iter().map(|answer| part(0x00, answer));
            let parts: Vec<_> = std::iter::once(vec![0x20]).chain(answers).collect();
            write(folder, "driver", name, &joined(&parts));
        }
        "atr" => {
            write(folder, "atr", name, &bytes);
            write(folder, "driver", name, &part(0x41, &bytes));
        }
        "text" => {
            for (number, line) in lines.iter().enumerate() {
                write(folder, "text", &format!("{name}-{number}"), line);
            }
        }
        "pki" => {
            let whole = certificate(part_of, &bytes);
            write(folder, "certificate", name, &whole);
            let pem = symbolon::pki::pem::encode("CERTIFICATE", &whole);
            write(folder, "pem", name, pem.as_bytes());
            if part_of == "key" {
                write(folder, "public_key", name, &bytes);
            }
        }
        "script" => write(folder, "driver", name, &joined(lines)),
        "actions" => write(folder, "actions", name, &joined(lines)),
        _ => write(folder, "files", name, &bytes),
    }
}

/// A certificate (RFC 5280, 4.1) of which one part is given, and the rest is as usual.
fn certificate(part: &str, bytes: &[u8]) -> Vec<u8> {
    // rsaEncryption would do as well: the signature is not right anyway.
    const ALGORITHM: &[u8] = b"\x30\x0A\x06\x08\x2A\x86\x48\xCE\x3D\x04\x03\x02";
    const NAME: &[u8] = b"\x30\x0C\x31\x0A\x30\x08\x06\x03\x55\x04\x03\x0C\x01A";
    const VALIDITY: &[u8] = b"\x30\x1E\x17\x0D260101000000Z\x17\x0D360101000000Z";
    const KEY: &[u8] =
        b"\x30\x2A\x30\x05\x06\x03\x2B\x65\x70\x03\x21\x00ABCDEFGHABCDEFGHABCDEFGHABCDEFGH";
    let given = |name: &str, usual: &[u8]| if part == name { bytes } else { usual }.to_vec();
    if part == "whole" {
        return bytes.to_vec();
    }
    let mut body = vec![0xA0, 3, 2, 1, 2];
    for part in [
        given("serial", &[2, 1, 7]),
        ALGORITHM.to_vec(),
        given("name", NAME),
        given("validity", VALIDITY),
        given("name", NAME),
        given("key", KEY),
    ] {
        body.extend(part);
    }
    if part == "extensions" {
        ber::push(&mut body, 0xA3, bytes);
    }
    let signature = [3, 9, 0, 0x30, 6, 2, 1, 1, 2, 1, 1];
    ber::encode(
        0x30,
        &[
            ber::encode(0x30, &body),
            ALGORITHM.to_vec(),
            signature.to_vec(),
        ]
        .concat(),
    )
}

/// The bytes of a line; nothing for one that has none.
fn line(line: &str) -> Option<Vec<u8>> {
    let words: Vec<&str> = line.split('#').next()?.split_whitespace().collect();
    if words.is_empty() {
        return None;
    }
    let bytes = words.iter().filter(|&&word| word != "-").map(|word| {
        let (digits, times) = word.split_once('*').unwrap_or((word, "1"));
        let times = times.parse().expect("a number of times");
        symbolon::base::hex::decode(digits)
            .expect("hexadecimal digits")
            .repeat(times)
    });
    Some(bytes.collect::<Vec<_>>().concat())
}
