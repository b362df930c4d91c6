//! Load files, good and bad.

use sha2::{Digest as _, Sha256};
use symbolon::simulator::{Card, GlobalPlatform};

use crate::desk::{ask, cyberflex, expect, modern, send};

/// The name of the package, as in the published helloworld.cap.
pub(crate) const PACKAGE: [u8; 7] = [0xD0, 0xD1, 0xD2, 0xD3, 0xD4, 0xD5, 0x01];
pub(crate) const APPLET: [u8; 8] = [0xD0, 0xD1, 0xD2, 0xD3, 0xD4, 0xD5, 0x01, 0x01];
const FRAMEWORK: [u8; 7] = [0xA0, 0, 0, 0, 0x62, 1, 1];

/// The parts of a load file that tests change.
pub(crate) struct Cap {
    pub(crate) magic: u8,
    pub(crate) cap_minor: u8,
    pub(crate) package: Vec<u8>,
    pub(crate) applet: Option<Vec<u8>>,
    /// Minor and major, and the name.
    pub(crate) imports: Vec<([u8; 2], Vec<u8>)>,
    /// Bytes of the method component.
    pub(crate) code: usize,
    /// What the directory is wrong by about the methods.
    pub(crate) lie: u16,
    /// Whether the classes come before the imports.
    pub(crate) disorder: bool,
}

impl Default for Cap {
    fn default() -> Self {
        Self {
            magic: 0xED,
            cap_minor: 1,
            package: PACKAGE.to_vec(),
            applet: Some(APPLET.to_vec()),
            imports: vec![([0, 1], FRAMEWORK.to_vec())],
            code: 0x3B,
            lie: 0,
            disorder: false,
        }
    }
}

fn counted(bytes: &[u8]) -> Vec<u8> {
    [&[u8::try_from(bytes.len()).unwrap()], bytes].concat()
}

impl Cap {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let flags = if self.applet.is_some() { 4 } else { 2 };
        let mut header = vec![0xDE, 0xCA, 0xFF, self.magic, self.cap_minor, 2, flags, 0, 1];
        header.extend(counted(&self.package));
        let mut import = vec![u8::try_from(self.imports.len()).unwrap()];
        for (version, name) in &self.imports {
            import.extend(version);
            import.extend(counted(name));
        }
        let mut applet = vec![1];
        applet.extend(counted(self.applet.as_deref().unwrap_or_default()));
        applet.extend([0, 0x0C]);
        let mut components = vec![(1, header), (2, Vec::new()), (4, import), (3, applet)];
        for (tag, len) in [(6, 0x0C), (7, self.code), (8, 0x19), (5, 0x26), (9, 0x0F)] {
            components.push((tag, vec![0; len]));
        }
        if self.applet.is_none() {
            components.retain(|(tag, _)| *tag != 3);
        }
        let width = if self.cap_minor < 2 { 11 } else { 12 };
        let mut directory = Vec::new();
        for tag in 1..=width {
            let found = components.iter().find(|(other, _)| *other == tag);
            let len = match tag {
                2 => usize::from(width) * 2 + 9,
                _ => found.map_or(0, |(_, info)| info.len()),
            };
            let lie = if tag == 7 { self.lie } else { 0 };
            directory.extend((u16::try_from(len).unwrap() + lie).to_be_bytes());
        }
        directory.extend([0, 2, 0, 1, 0, 0x0C]);
        directory.push(u8::try_from(self.imports.len()).unwrap());
        directory.extend([u8::from(self.applet.is_some()), 0]);
        components[1].1 = directory;
        if self.disorder {
            components.swap(2, 4);
        }
        components
            .iter()
            .flat_map(|(tag, info)| {
                let len = u16::try_from(info.len()).unwrap().to_be_bytes();
                [&[*tag], &len[..], info].concat()
            })
            .collect()
    }
}

/// The load file in its envelope.
fn envelope(file: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0xC4, 0x82];
    bytes.extend(u16::try_from(file.len()).unwrap().to_be_bytes());
    bytes.extend(file);
    bytes
}

/// INSTALL [for load] with these parameters and hash.
fn announce(card: &mut GlobalPlatform, package: &[u8], hash: &[u8], parameters: &[u8]) -> String {
    let mut data = counted(package);
    data.push(0);
    data.extend(counted(hash));
    data.extend(counted(parameters));
    data.push(0);
    send(card, "80E60200", &data)
}

/// Sends blocks; what the card says to the last, or to the first that it refuses.
fn blocks(card: &mut GlobalPlatform, bytes: &[u8]) -> String {
    let blocks: Vec<&[u8]> = bytes.chunks(250).collect();
    for (number, block) in blocks.iter().enumerate() {
        let last = number + 1 == blocks.len();
        let header = format!("80E8{}{number:02X}", if last { "80" } else { "00" });
        let answer = send(card, &header, block);
        if last || answer != "9000" {
            return answer;
        }
    }
    String::new()
}

fn load(card: &mut GlobalPlatform, cap: &Cap) -> String {
    let announced = announce(card, &cap.package, &[], &[]);
    assert_eq!(announced, "009000");
    blocks(card, &envelope(&cap.bytes()))
}

pub(crate) fn install(card: &mut GlobalPlatform, instance: &[u8], parameters: &[u8]) -> String {
    let mut data = counted(&PACKAGE);
    data.extend(counted(&APPLET));
    data.extend(counted(instance));
    data.extend([1, 0]);
    data.extend(counted(parameters));
    data.push(0);
    send(card, "80E60C00", &data)
}

/// A package with an applet, and an instance with the same name.
pub(crate) fn install_minimal(card: &mut GlobalPlatform) {
    assert_eq!(load(card, &Cap::default()), "009000");
    let answer = install(card, &APPLET, &[0xC9, 0]);
    assert!(
        answer.starts_with("00") && answer.ends_with("9000"),
        "{answer}"
    );
}

#[test]
fn a_package_is_loaded_an_applet_installed_and_both_are_deleted() {
    for (_, mut card) in [modern(), cyberflex()] {
        let before = card.image();
        let free = card.free_memory();
        let cap = Cap::default();
        assert_eq!(load(&mut card, &cap), "009000");
        assert_eq!(card.free_memory(), free - cap.bytes().len());
        let answer = install(&mut card, &APPLET, &[0xC9, 0, 0xEF, 4, 0xC8, 2, 0x10, 0]);
        assert!(
            ["009000", "00C7020000C80200069000"].contains(&answer.as_str()),
            "{answer}"
        );
        assert_eq!(card.free_memory(), free - cap.bytes().len() - 0x1000);
        // The names are taken now.
        assert_eq!(install(&mut card, &APPLET, &[0xC9, 0]), "6A80");
        assert_eq!(announce(&mut card, &PACKAGE, &[], &[]), "6A80");
        assert_eq!(announce(&mut card, &APPLET, &[], &[]), "6A80");
        expect(
            &mut card,
            &[
                ("80E40000 09 4F07D0D1D2D3D4D501 00", "6985"),
                ("80E40000 0A 4F08D0D1D2D3D4D50101 00", "00 9000"),
                ("80E40000 0A 4F08D0D1D2D3D4D50101 00", "6A88"),
                ("80E40000 09 4F07D0D1D2D3D4D501 00", "00 9000"),
                ("80E40000 09 4F07A0000000620101 00", "6985"),
            ],
        );
        assert_eq!(card.image(), before);
        assert_eq!(card.free_memory(), free);
    }
}

#[test]
fn a_package_goes_with_its_instances_but_not_from_under_another() {
    let (_, mut card) = modern();
    install_minimal(&mut card);
    let importer = Cap {
        package: vec![0xD0, 0xD1, 0xD2, 0xD3, 0xD4, 0xD6],
        applet: None,
        imports: vec![([0, 1], PACKAGE.to_vec())],
        ..Cap::default()
    };
    assert_eq!(load(&mut card, &importer), "009000");
    expect(
        &mut card,
        &[
            ("80E40080 09 4F07D0D1D2D3D4D501 00", "6985"),
            ("80E40000 08 4F06D0D1D2D3D4D6 00", "00 9000"),
            ("80E40080 09 4F07D0D1D2D3D4D501 00", "00 9000"),
            ("80F24000024F0000", "6A88"),
            ("80E40000 0A 4F08A000000151000000 00", "6985"),
            ("80E40001 09 4F07D0D1D2D3D4D501 00", "6A86"),
            ("80E40000 02 4F00 00", "6A80"),
        ],
    );
    // Open Platform deletes one thing at a time.
    let (_, mut old) = cyberflex();
    install_minimal(&mut old);
    assert_eq!(ask(&mut old, "80E40080 09 4F07D0D1D2D3D4D501 00"), "6A86");
}

#[test]
#[allow(clippy::too_many_lines, reason = "one table")]
fn bad_load_files_are_thrown_away() {
    let bad = [
        (
            Cap {
                magic: 0xEE,
                ..Cap::default()
            },
            "6A80",
        ),
        (
            Cap {
                cap_minor: 2,
                ..Cap::default()
            },
            "6A80",
        ),
        (
            Cap {
                lie: 1,
                ..Cap::default()
            },
            "6A80",
        ),
        (
            Cap {
                disorder: true,
                ..Cap::default()
            },
            "6A80",
        ),
        (
            Cap {
                applet: Some(vec![1; 8]),
                ..Cap::default()
            },
            "6A80",
        ),
        (
            Cap {
                applet: Some(APPLET[..4].to_vec()),
                ..Cap::default()
            },
            "6A80",
        ),
        (
            Cap {
                imports: vec![([1, 1], FRAMEWORK.to_vec())],
                ..Cap::default()
            },
            "6438",
        ),
        (
            Cap {
                imports: vec![([0, 2], FRAMEWORK.to_vec())],
                ..Cap::default()
            },
            "6438",
        ),
        (
            Cap {
                imports: vec![([0, 1], vec![9; 6])],
                ..Cap::default()
            },
            "6438",
        ),
        (
            Cap {
                code: 62_000,
                ..Cap::default()
            },
            "6A84",
        ),
    ];
    let (_, mut card) = cyberflex();
    let before = card.image();
    for (cap, answer) in bad {
        assert_eq!(load(&mut card, &cap), answer);
        assert_eq!(card.image(), before);
        assert_eq!(ask(&mut card, "80E88000 01 00 00"), "6985");
    }
    // Another name than was announced; and bytes that are no load file.
    announce(&mut card, &[0xD0, 0xD1, 0xD2, 0xD3, 0xD4], &[], &[]);
    assert_eq!(
        blocks(&mut card, &envelope(&Cap::default().bytes())),
        "6A80"
    );
    for cut in [0, 1, 30, 100] {
        let file = Cap::default().bytes();
        announce(&mut card, &PACKAGE, &[], &[]);
        assert_eq!(blocks(&mut card, &envelope(&file[..cut])), "6A80");
    }
    assert_eq!(card.image(), before);
    // What the old card cannot take, a new one can.
    let (_, mut card) = modern();
    let newer = Cap {
        cap_minor: 2,
        imports: vec![([6, 1], FRAMEWORK.to_vec())],
        ..Cap::default()
    };
    assert_eq!(load(&mut card, &newer), "009000");
}

#[test]
fn blocks_are_counted_and_a_torn_load_leaves_nothing() {
    let (case, mut card) = modern();
    let before = card.image();
    let file = envelope(
        &Cap {
            code: 900,
            ..Cap::default()
        }
        .bytes(),
    );
    let free = card.free_memory();
    for tear in 0..4 {
        announce(&mut card, &PACKAGE, &[], &[]);
        assert_eq!(send(&mut card, "80E80000", &file[..100]), "9000");
        match tear {
            0 => assert_eq!(send(&mut card, "80E80002", &file[100..200]), "6A86"),
            1 => {
                card.reset();
                case.open(&mut card);
            }
            2 => {
                ask(&mut card, "00A4040000");
                case.open(&mut card);
            }
            // Another command in between.
            _ => assert!(ask(&mut card, "80F28000024F0000").ends_with("9000")),
        }
        assert_eq!(
            send(&mut card, "80E80001", &file[100..200]),
            "6985",
            "{tear}"
        );
        assert_eq!((card.image(), card.free_memory()), (before.clone(), free));
    }
    announce(&mut card, &PACKAGE, &[], &[]);
    assert_eq!(blocks(&mut card, &file), "009000");
}

#[test]
fn the_cyberflex_wants_no_le_but_in_the_last_block() {
    let (_, mut card) = cyberflex();
    announce(&mut card, &PACKAGE, &[], &[]);
    assert_eq!(ask(&mut card, "80E80000 02 C482 00"), "6700");
    let (_, mut card) = modern();
    announce(&mut card, &PACKAGE, &[], &[]);
    assert_eq!(ask(&mut card, "80E80000 02 C482 00"), "9000");
}

#[test]
fn hashes_limits_and_signatures_of_load_files() {
    let (_, mut card) = modern();
    let file = Cap::default().bytes();
    let hash = Sha256::digest(&file);
    assert_eq!(announce(&mut card, &PACKAGE, &[0; 32], &[]), "009000");
    assert_eq!(blocks(&mut card, &envelope(&file)), "6A80");
    assert_eq!(announce(&mut card, &PACKAGE, &[0; 31], &[]), "6A80");
    let exact = u8::try_from(file.len() - 1).unwrap();
    announce(&mut card, &PACKAGE, &hash, &[0xEF, 4, 0xC6, 2, 0, exact]);
    assert_eq!(blocks(&mut card, &envelope(&file)), "6A84");
    announce(
        &mut card,
        &PACKAGE,
        &hash,
        &[0xEF, 4, 0xC6, 2, 0, exact + 1],
    );
    // A signature of which the card thinks nothing.
    let signed = [&[0xE2, 4, 0x4F, 0, 0xC3, 0][..], &envelope(&file)].concat();
    assert_eq!(blocks(&mut card, &signed), "009000");
}

#[test]
fn what_asks_for_more_than_there_is_gets_nothing() {
    let (_, mut card) = cyberflex();
    let most = u16::try_from(card.free_memory()).unwrap();
    let asking = |bytes: u16| {
        let [a, b] = bytes.to_be_bytes();
        [0xEF, 4, 0xC6, 2, a, b]
    };
    assert_eq!(
        announce(&mut card, &PACKAGE, &[], &asking(most + 1)),
        "6A84"
    );
    assert_eq!(announce(&mut card, &PACKAGE, &[], &asking(most)), "009000");
    install_minimal(&mut card);
    let mut other = APPLET;
    other[7] = 2;
    for (tag, bytes, answer) in [
        (0xC8, 62_000_u16, "6A84"),
        (0xC7, 1_501, "6A84"),
        (0xC7, 1_500, "00C7020000C80200069000"),
    ] {
        let [a, b] = bytes.to_be_bytes();
        assert_eq!(
            install(&mut card, &other, &[0xC9, 0, 0xEF, 4, tag, 2, a, b]),
            answer
        );
    }
}
