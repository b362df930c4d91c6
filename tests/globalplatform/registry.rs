//! What is on a card: lists in both forms, in pieces, and without an end.

use crate::script::{TEST_KEY, bytes, keys, over, wish};
use symbolon::base::hex;
use symbolon::globalplatform::attempts::PassingAttempts;
use symbolon::globalplatform::registry::{self, RegistryError};
use symbolon::globalplatform::{Edition, KeyFamily, SecureChannel};
use symbolon::iso7816::StatusWord;
use symbolon::token::{Cost, LifeCycle, PackageVersion, Privilege, Registry, RegistryKind};
use symbolon::transport::link::{After, Link, LinkError, Protocol};

use crate::script::Drawn;

/// A card with a channel of level 00, so that lists can be written down as they are: INITIALIZE UPDATE and EXTERNAL
/// AUTHENTICATE of the sheet, then GET STATUS by P1 and P2.
struct Lists<F> {
    get_status: F,
    asked: Vec<[u8; 2]>,
    protocol: Protocol,
    waiting: Vec<u8>,
}

impl<F: FnMut(u8, u8) -> Vec<u8>> Lists<F> {
    fn answer(&mut self, command: &[u8]) -> Vec<u8> {
        match command[1] {
            0x50 => {
                bytes("00010203040506070809 00 03 70 A5874C57119B976B F94879E36F29E039 000001 9000")
            }
            0x82 => {
                assert_eq!(
                    hex::encode(command),
                    "8482000010A75F1CD48F3B93DFEFE77F8F72044B77"
                );
                bytes("9000")
            }
            0xF2 => {
                assert_eq!(&command[4..7], [2, 0x4F, 0]);
                self.asked.push([command[2], command[3]]);
                (self.get_status)(command[2], command[3])
            }
            other => panic!("{other:02X} was not expected"),
        }
    }
}

impl<F: FnMut(u8, u8) -> Vec<u8> + Send> Link for Lists<F> {
    fn exchange(&mut self, command: &[u8]) -> Result<Vec<u8>, LinkError> {
        if command[1] == 0xC0 {
            return Ok(std::mem::take(&mut self.waiting));
        }
        let answer = self.answer(command);
        if self.protocol == Protocol::T1 || answer.len() == 2 {
            return Ok(answer);
        }
        let len = u8::try_from(answer.len() - 2).unwrap_or(0);
        self.waiting = answer;
        Ok(vec![0x61, len])
    }

    fn atr(&self) -> &[u8] {
        &[]
    }

    fn protocol(&self) -> Protocol {
        self.protocol
    }

    fn exclusively(
        &mut self,
        work: &mut dyn FnMut(&mut dyn Link) -> After,
    ) -> Result<(), LinkError> {
        work(self);
        Ok(())
    }
}

struct Outcome {
    registry: Result<Registry, RegistryError>,
    asked: Vec<[u8; 2]>,
    cost: Cost,
}

fn read(protocol: Protocol, get_status: impl FnMut(u8, u8) -> Vec<u8> + Send) -> Outcome {
    let mut card = Lists {
        get_status,
        asked: Vec::new(),
        protocol,
        waiting: Vec::new(),
    };
    let keys = keys(KeyFamily::Aes, TEST_KEY);
    let (registry, cost) = over(&mut card, |channel| {
        let mut attempts = PassingAttempts::default();
        let mut random = Drawn(bytes("2C8130E574247B1B"));
        let wish = wish(0x00);
        let mut secure =
            SecureChannel::open_with(channel, &keys, &wish, &mut attempts, &mut random).unwrap();
        (registry::read(&mut secure, channel), channel.cost())
    });
    Outcome {
        registry,
        asked: card.asked,
        cost,
    }
}

const CARD: &str = "E3134F08A0000001510000009F700107C5039EFE80";

fn applet(number: u8) -> String {
    format!("E310 4F07 D27600012401{number:02X} 9F700107 C50100")
}

#[test]
fn lists_with_tags() {
    let outcome = read(Protocol::T1, |p1, _| match p1 {
        0x80 => bytes(&format!("{CARD} 9000")),
        0x40 => bytes(
            "E31C 4F05A000000001 9F700187 C50102 C405A000000002 CC05A000000003 E311 4F05A000000004 9F70020F00 C503800000 9000",
        ),
        0x10 => bytes(
            "E324 4F05A000000002 9F700101 CE020103 CC05A000000003 8405A000000001 8405A000000005 9000",
        ),
        _ => bytes("6A86"),
    });
    let registry = outcome.registry.unwrap();
    assert_eq!(outcome.asked, [[0x80, 2], [0x40, 2], [0x10, 2]]);
    assert!(!registry.cut_short);
    let kinds: Vec<_> = registry
        .entries
        .iter()
        .map(|entry| (entry.kind, entry.life_cycle))
        .collect();
    assert_eq!(
        kinds[0],
        (RegistryKind::IssuerSecurityDomain, LifeCycle::Initialized)
    );
    assert_eq!(kinds[1], (RegistryKind::Application, LifeCycle::Locked));
    assert_eq!(
        kinds[2],
        (RegistryKind::SecurityDomain, LifeCycle::Personalized)
    );
    let applet = &registry.entries[1];
    assert_eq!(applet.privileges, [Privilege::CvmManagement]);
    assert_eq!(applet.package, Some(bytes("A000000002")));
    assert_eq!(applet.security_domain, Some(bytes("A000000003")));
    let package = registry.entries.last().unwrap();
    assert_eq!(package.kind, RegistryKind::Package);
    assert_eq!(package.version, Some(PackageVersion { major: 1, minor: 3 }));
    assert_eq!(package.modules, [bytes("A000000001"), bytes("A000000005")]);
    assert_eq!(package.life_cycle, LifeCycle::Loaded);
}

#[test]
fn a_card_without_modules_and_without_tags() {
    let outcome = read(Protocol::T1, |p1, p2| match (p1, p2) {
        (_, 2) | (0x10, _) => bytes("6A86"),
        (0x80, 0) => bytes("08A000000003000000079E 9000"),
        (0x40, 0) => bytes("08D0D1D2D3D4D501010702 9000"),
        (0x20, 0) => bytes("07A00000006200010100 07D0D1D2D3D4D5010100 9000"),
        _ => bytes("6A86"),
    });
    let registry = outcome.registry.unwrap();
    assert_eq!(registry.entries.len(), 4);
    assert!(!registry.cut_short);
    assert_eq!(registry.entries[1].privileges, [Privilege::CvmManagement]);
    // The form is asked for once; then it is known.
    assert_eq!(
        outcome.asked,
        [[0x80, 2], [0x80, 0], [0x40, 0], [0x10, 0], [0x20, 0]]
    );
}

#[test]
fn an_empty_list_is_none() {
    let outcome = read(Protocol::T1, |p1, _| match p1 {
        0x80 => bytes(&format!("{CARD} 9000")),
        _ => bytes("6A88"),
    });
    assert_eq!(outcome.registry.unwrap().entries.len(), 1);
    let outcome = read(Protocol::T1, |_, _| bytes("6982"));
    let expected = RegistryError::Refused {
        sw: StatusWord::SECURITY,
    };
    assert_eq!(outcome.registry, Err(expected));
}

#[test]
fn ten_applets_take_few_commands() {
    for (protocol, most) in [(Protocol::T1, 8), (Protocol::T0, 16)] {
        let applets: Vec<String> = (0..10).map(applet).collect();
        let outcome = read(protocol, |p1, p2| match (p1, p2) {
            (0x80, _) => bytes(&format!("{CARD} 9000")),
            (0x40, 2) => bytes(&format!("{} 6310", applets[..6].concat())),
            (0x40, 3) => bytes(&format!("{} 9000", applets[6..].concat())),
            (0x10, 2) => bytes(&format!("{} 6310", applets[..6].concat())),
            (0x10, 3) => bytes(&format!("{} 9000", applets[6..].concat())),
            _ => bytes("6A86"),
        });
        let registry = outcome.registry.unwrap();
        assert_eq!(registry.entries.len(), 21);
        assert!(!registry.cut_short);
        assert!(
            outcome.cost.commands <= most,
            "{} commands",
            outcome.cost.commands
        );
    }
}

#[test]
fn lists_without_end_are_cut() {
    // H-09: the same again, something new each time, and nothing.
    let mut number = 0_u8;
    let outcome = read(Protocol::T1, |p1, _| match p1 {
        0x40 => bytes(&format!("{} 6310", applet(1))),
        0x10 => {
            number = number.wrapping_add(1);
            bytes(&format!("{} 6310", applet(number)))
        }
        _ => bytes("6310"),
    });
    let registry = outcome.registry.unwrap();
    assert!(registry.cut_short);
    assert!(outcome.asked.len() < 80, "{} commands", outcome.asked.len());
    // A list that breaks off keeps what there was.
    let outcome = read(Protocol::T1, |p1, p2| match (p1, p2) {
        (0x80, 2) => bytes(&format!("{CARD} 6310")),
        (0x80, 3) => bytes("6F00"),
        _ => bytes("6A88"),
    });
    let registry = outcome.registry.unwrap();
    assert_eq!((registry.entries.len(), registry.cut_short), (1, true));
}

#[test]
fn what_cannot_be_read_is_told() {
    for bad in [
        "E303 4F01A0",
        "E3",
        "08A00000",
        "00",
        "E305 4F00 9F7001",
        "FF",
    ] {
        let outcome = read(Protocol::T1, |p1, _| match p1 {
            0x40 => bytes(&format!("{bad} 9000")),
            _ => bytes("6A88"),
        });
        let registry = outcome.registry.unwrap();
        assert!(registry.entries.is_empty() && registry.cut_short, "{bad}");
    }
}

#[test]
fn the_states_of_open_platform_are_its_own() {
    use crate::script::{Script, open};
    // The MACs behind the first are of the reference implementation that made `scp03.txt`.
    let mut card = Script::new(&[
        (
            "8050000008 10DBADDE5E94FCE1 00",
            "0000302300000055FF00 01 01 F5571FE5ED3971F5 D2FFBE28469E141D 9000",
        ),
        ("8482010010 10674A7E0BAE4B33 8A9E421D068947FE", "9000"),
        (
            "84F280000A4F000200DA51529C77B900",
            "07A00000000300000700 9000",
        ),
        (
            "84F240000A4F006E99C95B64F4698200",
            "08D0D1D2D3D4D501017F02 05A0000000010F00 9000",
        ),
        (
            "84F220000A4F0027C883BB4181645600",
            "07D0D1D2D3D4D5010100 9000",
        ),
    ]);
    let mut wish = wish(0x01);
    wish.edition = Edition::OpenPlatform201;
    let keys = keys(KeyFamily::TripleDes, TEST_KEY);
    let mut secure = open(&mut card, &keys, &wish, "10DBADDE5E94FCE1").unwrap();
    let registry = over(&mut card, |channel| registry::read(&mut secure, channel)).unwrap();
    assert!(card.is_through());
    let states: Vec<_> = registry
        .entries
        .iter()
        .map(|entry| entry.life_cycle)
        .collect();
    let expected = [
        LifeCycle::Initialized,
        LifeCycle::Blocked,
        LifeCycle::Personalized,
        LifeCycle::Loaded,
    ];
    assert_eq!(states, expected);
}
