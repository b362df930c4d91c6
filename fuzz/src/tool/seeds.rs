//! The first inputs, those that nobody has to find: honest cards as they are, each sort of lie
//! once, what a person usually does, and the certificates and keys of the practice cards.

use std::path::Path;

use symbolon_fuzz::script::{HONEST, joined};

use super::cap::Made;
use super::write;

/// Writes them into `folder`, with a folder for each target in there.
pub(super) fn run(folder: &Path) {
    drivers(folder);
    actions(folder);
    practice(folder);
    small(folder);
    agents(folder);
    packages(folder);
    scripts(folder);
}

/// Packages, packed and not. They are small: the engine would make all its inputs as long.
fn packages(folder: &Path) {
    let mut muscle = Made::muscle();
    for (_, len) in &mut muscle.filled {
        *len = (*len).min(64);
    }
    for (name, made) in [("muscle", muscle), ("hello-world", Made::hello_world())] {
        write(folder, "cap", &format!("{name}.cap"), &made.archive());
        write(folder, "cap", &format!("{name}.ijc"), &made.loaded());
    }
}

/// Commands with each sort of option, each way to go on, and what is wrong in each way.
fn scripts(folder: &Path) {
    for (name, text) in [
        (
            "upload",
            "enable_trace\nestablish_context\ncard_connect -reader \"a b\"\nselect -AID a000000003000000\n\
             open_sc -security 1 -keyind 0 -keyver 0 \\\n  -mac_key 404142434445464748494a4b4c4d4e4f\n\
             delete -AID a00000000101 // old\ninstall_for_load -pkgAID a000000001 -nvCodeLimit 16000\n\
             load -file a.ijc\ninstall_for_install -instParam 00 -priv 02 -AID a00000000101\n\
             -pkgAID a000000001 -instAID a00000000101 -nvDataLimit 32000\nrelease_context\n",
        ),
        (
            "read",
            "mode_211\ncard_connect -readerNumber 1\nopen_sc -scp 2 -scpimpl 0x15 -keyDerivation visa2\n\
             get_status -element e0 -format 2\nget_data -identifier 9F7F\nget_key_information_templates\n\
             send_apdu -sc 0 -APDU 80CA9F7F00\nsend_apdu_nostop -APDU 002000800131\n",
        ),
        (
            "write",
            "put_sc_key -keyver 1 -newkeyver 2 -key 505152535455565758595a5b5c5d5e5f\n\
             install -file \"my applet.cap\" -sdAID A000000003000000 -vDataLimit 1\n",
        ),
        ("wrong", "# x\n  -AID 00\n"),
        ("variable", "select -AID ${AID}"),
    ] {
        write(folder, "gpshell", name, text.as_bytes());
    }
}

/// What agents were heard to say, with every sort of answer to their questions.
fn agents(folder: &Path) {
    let heard = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/assuan/transcripts");
    for entry in std::fs::read_dir(heard).expect("the transcripts").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(entry.path()).expect("a file");
        // Each process alone: it begins with its greeting.
        let processes = text.split("S: OK Pleased").skip(1).enumerate();
        for (at, process) in processes {
            let sent: String = process
                .lines()
                .filter_map(|line| line.strip_prefix("C: "))
                .flat_map(|line| [line, "\n"])
                .collect();
            let asked: String = process
                .lines()
                .filter_map(|line| line.strip_prefix("S: INQUIRE "))
                .map(|line| match line.as_bytes().first() {
                    Some(b'Q') => 'q',
                    Some(b'C') => 'c',
                    _ => 'g',
                })
                .collect();
            for end in ["p", "e", "m", "l", "y", "n", "x", "t", "w", "a", "-"] {
                let input = format!("{asked}{end}\n{sent}");
                let name = format!("{name}-{at}-{end}");
                write(folder, "assuan", &name, input.as_bytes());
            }
        }
    }
}

/// Every honest card alone, and with each deed somewhere in the middle.
fn drivers(folder: &Path) {
    for card in 1..=HONEST.len() as u8 {
        write(folder, "driver", &format!("honest-{card}"), &[card]);
        write(
            folder,
            "driver",
            &format!("in-parts-{card}"),
            &[0x80 | card],
        );
        for (at, deed) in (0..8_u8).enumerate() {
            let lie = |skip: u8, rest: &[u8]| [&[deed << 5 | skip], rest].concat();
            let rest = [0x00, 0x03, 0x53, 0x82, 0xFF, 0xFF];
            for skip in [2, 5 + 2 * at as u8] {
                let parts = [vec![card], lie(skip, &rest), lie(9, &[0x01, 0x6A, 0x88])];
                write(
                    folder,
                    "driver",
                    &format!("deed-{card}-{deed}-{skip}"),
                    &joined(&parts),
                );
            }
        }
    }
    lists(folder);
    sheets(folder);
    // No card but a list of answers; and one answer for ever.
    let select =
        b"\x40\x61\x11\x4F\x06\x00\x00\x10\x00\x01\x00\x79\x07\x4F\x05\xA0\x00\x00\x03\x08";
    let atr = b"\x00\x3B\x95\x18\x81\x31\xFE\x45\x80\x73\x40\x01\xC0\x15";
    write(
        folder,
        "driver",
        "answers",
        &joined(&[atr.to_vec(), select.to_vec(), vec![0x40, 5, 4, 3]]),
    );
    for (name, answer) in [
        ("silence", &[0x40][..]),
        ("flood", &[0x00, 0xFF, 0x61, 0x00]),
        ("length", &[0x00, 0x6C, 0x20]),
        ("nothing", &[0x00]),
        ("byte-by-byte", &[0x40, 0x30]),
        ("refusal", &[0x00, 0x69, 0x82]),
    ] {
        write(
            folder,
            "driver",
            name,
            &joined(&[vec![0x20], answer.to_vec()]),
        );
    }
}

/// Files of the PKCS #15 card, each with a lie in it: what SELECT tells, and what is read.
fn lists(folder: &Path) {
    let card = 1 + HONEST
        .iter()
        .position(|name| *name == "cardos-used")
        .expect("the card") as u8;
    // Three SELECTs come before the first file.
    for skip in 3..24_u8 {
        for (name, lie) in [
            ("length", &b"\x40\x6F\x04\x80\x02\xFF\xFF"[..]),
            (
                "itself",
                b"\x40\xA0\x0A\x30\x08\x04\x06\x3F\x00\x50\x15\x50\x31",
            ),
            ("number", b"\x80\x00\x20\x02\x09\xFF"),
            ("hole", b"\x80\x00\x04\x00\x00\x00\x00"),
            ("cut", b"\xA0\x20"),
        ] {
            let lie = [&[lie[0] | skip], &lie[1..]].concat();
            let name = format!("list-{name}-{skip}");
            write(folder, "driver", &name, &joined(&[vec![card], lie]));
        }
    }
}

/// What a blank CardOS card tells of itself, each answer with a lie in it: damaged lists of packages
/// with a good one behind, too little, nothing, a status word.
fn sheets(folder: &Path) {
    let card = 1 + HONEST
        .iter()
        .position(|name| *name == "cardos-blank")
        .expect("the card") as u8;
    // Four SELECTs come before the first question, three questions before the sheet.
    for skip in 4..20_u8 {
        for (name, lie) in [
            (
                "long",
                &b"\x40\xE1\x7F\x01\x7F\xE1\x09\x01\x04\x07\x01\xC8\x08\x8F\x01\x01"[..],
            ),
            (
                "bad",
                b"\x40\xE1\x06\x01\xFF\x00\x00\x00\x00\xE1\x00\xE1\x81",
            ),
            ("one", b"\x40\xFF"),
            ("status", b"\x00\x6A\x88"),
        ] {
            let lie = [&[lie[0] | skip], &lie[1..]].concat();
            let name = format!("sheet-{name}-{skip}");
            write(folder, "driver", &name, &joined(&[vec![card], lie]));
        }
    }
}

/// Each action alone after the card was read, on each card, right and wrong; and another card
/// after it.
fn actions(folder: &Path) {
    for card in [1, 3, 4, 5, 7, 8, 9, 10, 11, 12_u8] {
        for deed in 0..=12_u8 {
            for value in [0x00, 0x11, 0x55, 0x64] {
                let actions = vec![
                    12, 0, 0, deed, 0x10, value, 11, 0, 1, 12, 0, 0, deed, 0x11, value,
                ];
                let name = format!("{card}-{deed}-{value:02x}");
                write(folder, "actions", &name, &joined(&[vec![card], actions]));
            }
        }
        let impatient = vec![
            12, 0, 0, 0x41, 0, 1, 0x81, 0x10, 0, 0xC3, 0, 0x11, 10, 0, 0, 1, 0x08, 0,
        ];
        write(
            folder,
            "actions",
            &format!("{card}-impatient"),
            &joined(&[vec![card], impatient]),
        );
        let many = vec![
            12, 0, 0, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0x10, 1, 5, 0x10, 0x44,
        ];
        write(
            folder,
            "actions",
            &format!("{card}-blocked"),
            &joined(&[vec![card], many.clone()]),
        );
        let pulled = vec![0xC0 | 0x1F];
        write(
            folder,
            "actions",
            &format!("{card}-pulled"),
            &joined(&[vec![card], many, pulled]),
        );
    }
}

/// What is on the practice cards.
fn practice(folder: &Path) {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/practice");
    for entry in std::fs::read_dir(data)
        .expect("the practice cards")
        .flatten()
    {
        let name = entry.file_name().to_string_lossy().into_owned();
        let bytes = std::fs::read(entry.path()).expect("a file");
        if !name.ends_with(".crt") {
            continue;
        }
        let parsed = symbolon::pki::certificate::Certificate::parse(&bytes);
        let parsed = parsed.expect("a certificate of a practice card");
        write(folder, "certificate", &name, &bytes);
        write(folder, "public_key", &name, &parsed.public_key.spki);
        write(folder, "pem", &name, parsed.to_pem().as_bytes());
        write(
            folder,
            "text",
            &name,
            parsed.subject_line().as_str().as_bytes(),
        );
    }
}

/// Small things, written out.
fn small(folder: &Path) {
    write(
        folder,
        "ber",
        "nested",
        b"\x6E\x0A\x73\x08\xC5\x02\x01\x02\x5F\x50\x01\x41",
    );
    write(
        folder,
        "ber",
        "long",
        &[&b"\x7F\x21\x82\x01\x2C"[..], &[7; 300]].concat(),
    );
    write(folder, "ber", "historical", b"\x73\x40\x01\xC0\x31\xF5");
    write(
        folder,
        "atr",
        "yubikey",
        b"\x3B\xFD\x13\x00\x00\x81\x31\xFE\x15\x80\x73\xC0\x21\xC0WYubiKey@",
    );
    write(folder, "atr", "text", b"\x3B\x68\x00\x00\x80\x55HELLO");
    write(
        folder,
        "atr",
        "contactless",
        b"\x3B\x8C\x80\x01\x80\x4F\x0C\xA0\x00\x00\x03\x06\x03\x00\x01\x00\x00",
    );
    write(folder, "apdu", "case-1", b"\x00\xA4\x04\x00");
    write(folder, "apdu", "case-2", b"\x00\xCA\x00\x6E\x00\x00\x00");
    write(
        folder,
        "apdu",
        "case-4",
        b"\x00\xCB\x3F\xFF\x05\x5C\x03\x5F\xC1\x02\x00",
    );
    write(
        folder,
        "apdu",
        "verify",
        b"\x00\x20\x00\x80\x08123456\xFF\xFF",
    );
    write(
        folder,
        "reader",
        "features",
        b"\x06\x04\x42\x33\x00\x06\x07\x04\x42\x33\x00\x07\x12\x04\x01\x02",
    );
    write(
        folder,
        "reader",
        "name",
        "Reader \u{202E}(1) 00 00".as_bytes(),
    );
    write(
        folder,
        "files",
        "settings",
        b"[practice]\non_start = true\n[window]\nwidth = 5\nmaximized = false\n",
    );
    write(folder, "files", "hex", b"00 A4 04 00");
    write(
        folder,
        "text",
        "marks",
        "e\u{301}\u{301}\u{301}\u{301}\u{202E}a\u{0}\r\n\u{2028}".as_bytes(),
    );
    write(
        folder,
        "public_key",
        "rsa",
        &[&[11, 3, 1, 0, 1][..], &[0xC5; 128]].concat(),
    );
    write(
        folder,
        "public_key",
        "ed25519",
        &[&[7][..], &[9; 32]].concat(),
    );
}
