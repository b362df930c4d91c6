//! The cards, and everything that can be done to their PINs.

use sha2::{Digest, Sha256};
use symbolon::backend::PinAction;
use symbolon::base::secret::Secret;
use symbolon::simulator::{Card, Chip, Model, OpenPgp, Piv};
use symbolon::token::{ApplicationKind, PinReference, Token, TriesLeft};

use ApplicationKind::{OpenPgp as OPENPGP, Piv as PIV, Pkcs15 as PKCS15};

use crate::silent;

/// Answer to reset of a YubiKey 5 NFC: T=1, extended length.
const ATR: [u8; 23] = [
    0x3B, 0xFD, 0x13, 0x00, 0x00, 0x81, 0x31, 0xFE, 0x15, 0x80, 0x73, 0xC0, 0x21, 0xC0, 0x57, 0x59,
    0x75, 0x62, 0x69, 0x4B, 0x65, 0x79, 0x40,
];

/// T=0, nothing announced.
const T0: [u8; 2] = [0x3B, 0x00];

/// A kind of card: made with this serial number.
pub(crate) struct Family {
    pub(crate) name: &'static str,
    pub(crate) application: ApplicationKind,
    pub(crate) make: fn(u8) -> Box<dyn Card>,
    pub(crate) operations: fn() -> Vec<Operation>,
}

/// Something to be done to a PIN.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    pub(crate) pin: PinReference,
    /// Which reference pays if the first thing typed is wrong.
    pub(crate) payer: PinReference,
    pub(crate) kind: Kind,
    /// What is typed: the right PIN or code first, the new one after it.
    pub(crate) typed: Vec<&'static str>,
    /// What is typed instead of the right one where it shall be wrong.
    pub(crate) wrong: &'static str,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Verify,
    Change,
    Unblock,
    Set,
    VerifyOnReader,
    ChangeOnReader,
}

impl Operation {
    fn new(name: &'static str, pin: u8, payer: u8, kind: Kind, typed: &[&'static str]) -> Self {
        let wrong = if typed[0].len() == 6 {
            "999999"
        } else {
            "99999999"
        };
        Self {
            name,
            pin: PinReference(pin),
            payer: PinReference(payer),
            kind,
            typed: typed.to_vec(),
            wrong,
        }
    }

    /// What is typed this time.
    pub(crate) fn typing(&self, right: bool) -> Vec<&'static str> {
        let mut typed = self.typed.clone();
        if !right {
            typed[0] = self.wrong;
        }
        typed
    }

    /// Whether it is typed on the reader.
    pub(crate) fn on_reader(&self) -> bool {
        matches!(self.kind, Kind::VerifyOnReader | Kind::ChangeOnReader)
    }

    /// What is typed on the keys of the reader: the new PIN twice.
    pub(crate) fn keys(&self, right: bool) -> Vec<&'static str> {
        let typed = self.typing(right);
        match typed[..] {
            [current, new] => vec![current, new, new],
            _ => typed,
        }
    }

    pub(crate) fn action(&self, right: bool) -> PinAction {
        let secret = |text: &str| Secret::new(text.as_bytes());
        let typed = self.typing(right);
        let code = secret(typed[0]);
        let new = || secret(typed[1]);
        let with = self.payer;
        match self.kind {
            Kind::Verify => PinAction::Verify { pin: code },
            Kind::Change => PinAction::Change {
                current: code,
                new: new(),
            },
            Kind::Unblock => PinAction::Unblock {
                with,
                code,
                new: new(),
            },
            Kind::Set => PinAction::Set {
                with,
                code,
                new: new(),
            },
            Kind::VerifyOnReader => PinAction::VerifyOnReader,
            Kind::ChangeOnReader => PinAction::ChangeOnReader,
        }
    }
}

pub(crate) const FAMILIES: [Family; 10] = [
    Family {
        name: "PIV, YubiKey 5.7",
        application: PIV,
        make: |number| {
            Box::new(Chip::new(ATR).with(Piv::yubikey([5, 7, 1], 14_725_000 + u32::from(number))))
        },
        operations: piv,
    },
    Family {
        name: "PIV, YubiKey 5.2, which has no metadata",
        application: PIV,
        make: |number| {
            Box::new(Chip::new(ATR).with(Piv::yubikey([5, 2, 7], 14_725_000 + u32::from(number))))
        },
        operations: piv,
    },
    Family {
        name: "PIV by the standard, with a global PIN",
        application: PIV,
        make: |number| Box::new(Chip::new(ATR).with(generic(number).with_global_pin("123456"))),
        operations: piv_with_global,
    },
    Family {
        name: "PIV by the standard, which takes nothing back",
        application: PIV,
        make: |number| {
            let piv = generic(number).with_global_pin("123456");
            Box::new(Chip::new(ATR).with(piv.without_logout()))
        },
        operations: piv_with_global,
    },
    Family {
        name: "PIV by the standard, T=0",
        application: PIV,
        make: |number| Box::new(Chip::new(T0).short_only().with(generic(number))),
        operations: piv,
    },
    Family {
        name: "OpenPGP 3.4",
        application: OPENPGP,
        make: |number| openpgp(Model::version_3(0x1000 + u32::from(number))),
        operations: openpgp_operations,
    },
    Family {
        name: "OpenPGP 3.4, derived PINs",
        application: OPENPGP,
        make: derived,
        operations: openpgp_typed,
    },
    Family {
        name: "OpenPGP of a YubiKey",
        application: OPENPGP,
        make: |number| openpgp(Model::yubikey([5, 7, 1], 0x1000 + u32::from(number))),
        operations: openpgp_operations,
    },
    Family {
        name: "OpenPGP 2.1, which does not count aloud",
        application: OPENPGP,
        make: |number| openpgp(Model::version_2(0x1000 + u32::from(number))),
        operations: openpgp_operations,
    },
    Family {
        name: "PKCS#15 on CardOS M4, which counts in silence",
        application: PKCS15,
        make: silent::card,
        operations: pkcs15,
    },
];

/// A PIV card that has nothing to tell it from others: no serial number, no CHUID.
pub(crate) fn nameless() -> Box<dyn Card> {
    Box::new(Chip::new(ATR).with(Piv::generic()))
}

/// One that has nothing but a certificate.
pub(crate) fn with_certificate_alone(der: &[u8]) -> Box<dyn Card> {
    Box::new(Chip::new(ATR).with(Piv::generic().with_certificate(0x9A, der)))
}

fn generic(number: u8) -> Piv {
    let mut guid = *b"\x9C\x1F\x36\x58\x74\xE4\x4B\x0A\x8B\x57\x14\x72\x58\x36\x20\x24";
    guid[15] = number;
    Piv::generic().with_holder(guid)
}

fn openpgp(model: Model) -> Box<dyn Card> {
    Box::new(Chip::new(ATR).with(OpenPgp::new(model).with_resetting_code("helpdesk")))
}

fn piv() -> Vec<Operation> {
    use Kind::{Change, ChangeOnReader, Unblock, Verify, VerifyOnReader};
    let new = Operation::new;
    vec![
        new("verify PIN", 0x80, 0x80, Verify, &["123456"]),
        new("change PIN", 0x80, 0x80, Change, &["123456", "246813"]),
        new(
            "unblock with PUK",
            0x80,
            0x81,
            Unblock,
            &["12345678", "246813"],
        ),
        new("change PUK", 0x81, 0x81, Change, &["12345678", "24681357"]),
        new(
            "verify PIN on the reader",
            0x80,
            0x80,
            VerifyOnReader,
            &["123456"],
        ),
        new(
            "change PIN on the reader",
            0x80,
            0x80,
            ChangeOnReader,
            &["123456", "246813"],
        ),
    ]
}

fn piv_with_global() -> Vec<Operation> {
    use Kind::{Change, Verify};
    let mut all = piv();
    all.push(Operation::new(
        "verify global PIN",
        0x00,
        0x00,
        Verify,
        &["123456"],
    ));
    let typed = ["123456", "246813"];
    all.push(Operation::new(
        "change global PIN",
        0x00,
        0x00,
        Change,
        &typed,
    ));
    all
}

fn openpgp_typed() -> Vec<Operation> {
    use Kind::{Change, Set, Unblock, Verify};
    let new = Operation::new;
    vec![
        new("verify PW1", 0x81, 0x81, Verify, &["123456"]),
        new("verify PW3", 0x83, 0x83, Verify, &["12345678"]),
        new("change PW1", 0x81, 0x81, Change, &["123456", "246813"]),
        new("change PW3", 0x83, 0x83, Change, &["12345678", "24681357"]),
        new(
            "unblock with resetting code",
            0x81,
            0xD3,
            Unblock,
            &["helpdesk", "246813"],
        ),
        new(
            "unblock with PW3",
            0x81,
            0x83,
            Unblock,
            &["12345678", "246813"],
        ),
        new(
            "set resetting code",
            0xD3,
            0x83,
            Set,
            &["12345678", "87651234"],
        ),
    ]
}

fn openpgp_operations() -> Vec<Operation> {
    use Kind::{ChangeOnReader, VerifyOnReader};
    let new = Operation::new;
    let mut all = openpgp_typed();
    all.extend([
        new(
            "verify PW1 on the reader",
            0x81,
            0x81,
            VerifyOnReader,
            &["123456"],
        ),
        new(
            "verify PW3 on the reader",
            0x83,
            0x83,
            VerifyOnReader,
            &["12345678"],
        ),
        new(
            "change PW1 on the reader",
            0x81,
            0x81,
            ChangeOnReader,
            &["123456", "246813"],
        ),
        new(
            "change PW3 on the reader",
            0x83,
            0x83,
            ChangeOnReader,
            &["12345678", "24681357"],
        ),
    ]);
    all
}

fn pkcs15() -> Vec<Operation> {
    use Kind::{Change, Unblock, Verify};
    let new = Operation::new;
    vec![
        new("verify user PIN", 0x83, 0x83, Verify, &["654321"]),
        new("change user PIN", 0x83, 0x83, Change, &["654321", "246813"]),
        new(
            "unblock user PIN",
            0x83,
            0x84,
            Unblock,
            &["87654321", "246813"],
        ),
        new("verify SO-PIN", 0x81, 0x81, Verify, &["12345678"]),
        new(
            "change SO-PIN",
            0x81,
            0x81,
            Change,
            &["12345678", "24681357"],
        ),
        new(
            "unblock SO-PIN",
            0x81,
            0x82,
            Unblock,
            &["11223344", "24681357"],
        ),
    ]
}

impl Family {
    /// SELECT, and what follows it, past everything.
    fn send(&self, card: &mut dyn Card, commands: &[([u8; 4], Vec<u8>)]) -> Vec<Vec<u8>> {
        let aid: &[u8] = match self.application {
            OPENPGP => &[0xD2, 0x76, 0x00, 0x01, 0x24, 0x01],
            PKCS15 => b"\xA0\x00\x00\x00\x63PKCS-15",
            PIV => &[0xA0, 0x00, 0x00, 0x03, 0x08],
            ApplicationKind::Muscle | ApplicationKind::FurtherPkcs15(_) => {
                panic!("none of the families")
            }
        };
        let select = ([0x00, 0xA4, 0x04, 0x00], aid.to_vec());
        let send = |(header, data): &([u8; 4], Vec<u8>)| {
            let mut command = header.to_vec();
            command.push(u8::try_from(data.len()).unwrap());
            command.extend(data);
            card.transmit(&command)
        };
        let all = [&[select][..], commands].concat();
        all.iter().map(send).skip(1).collect()
    }

    /// Uses up all tries but one, as another program would: mostly two of three.
    pub(crate) fn use_up(&self, card: &mut dyn Card, payer: PinReference) {
        let derived = self.name.contains("derived");
        let typed = |pin: &str| {
            if derived {
                digests(pin)[0].clone()
            } else {
                pin.as_bytes().to_vec()
            }
        };
        let (header, data) = match (self.application, payer.0) {
            (OPENPGP, 0xD3) => {
                let both = [typed("99999999"), typed("246813")].concat();
                ([0x00, 0x2C, 0x00, 0x81], both)
            }
            (OPENPGP, 0x83) => ([0x00, 0x20, 0x00, 0x83], typed("99999999")),
            (OPENPGP, _) => ([0x00, 0x20, 0x00, 0x82], typed("999999")),
            (PKCS15, puk @ (0x82 | 0x84)) => {
                let both = b"9999999924681357".to_vec();
                ([0x00, 0x2C, 0x00, puk - 1], both)
            }
            (PKCS15, p2) => ([0x00, 0x20, 0x00, p2], b"999999\0\0".to_vec()),
            (_, 0x81) => ([0x00, 0x2C, 0x00, 0x80], b"99999999246813\xFF\xFF".to_vec()),
            (_, p2) => ([0x00, 0x20, 0x00, p2], b"999999\xFF\xFF".to_vec()),
        };
        let times = match (self.application, payer.0) {
            (PKCS15, 0x81) => 1,
            (PKCS15, 0x82 | 0x84) => 9,
            _ => 2,
        };
        for answer in self.send(card, &vec![(header, data); times]) {
            let refused = matches!(answer[..], [0x63, _] | [0x69, 0x82]);
            assert!(refused, "{}: {answer:02X?}", self.name);
        }
        card.reset();
    }

    /// Verifies the PIN of a PIV card, as another program would, and leaves it so.
    pub(crate) fn unlock(&self, card: &mut dyn Card, pin: PinReference) {
        let verify = [0x00, 0x20, 0x00, pin.0];
        let answers = self.send(card, &[(verify, b"123456\xFF\xFF".to_vec())]);
        assert_eq!(answers, [[0x90, 0x00]], "{}", self.name);
    }

    /// Whether the card counts and never tells, and takes an empty VERIFY for a wrong PIN.
    pub(crate) fn is_silent(&self) -> bool {
        self.application == PKCS15
    }

    /// Whether the card never tells the counter of what has to be typed.
    pub(crate) fn never_tells(&self, token: &Token, operation: &Operation) -> bool {
        let payer = token.pin(self.application, operation.payer).unwrap();
        payer.tries.left == TriesLeft::Unknown
    }
}

/// How many bytes are hashed for a PIN.
const COUNT: usize = 1000;
/// Salts of PW1, resetting code and PW3.
const SALTS: [&[u8; 8]; 3] = [b"01234567", b"11234567", b"ABCDEFGH"];

/// What a card gets for a PIN that is typed (OpenPGP 3.4, 4.3.2).
pub(crate) fn digest(salt: &[u8], pin: &str) -> Vec<u8> {
    let all = salt.iter().copied().chain(pin.bytes());
    let bytes: Vec<u8> = all.cycle().take(COUNT).collect();
    Sha256::digest(bytes).to_vec()
}

/// What a card gets for a PIN as PW1, as resetting code and as PW3.
pub(crate) fn digests(pin: &str) -> [Vec<u8>; 3] {
    SALTS.map(|salt| digest(salt, pin))
}

/// Everything that a card may get for a PIN that is typed.
pub(crate) fn forms(pin: &str) -> Vec<Vec<u8>> {
    let plain = pin.as_bytes().to_vec();
    [vec![plain], digests(pin).to_vec()].concat()
}

/// A card whose PINs are derived, set up as GnuPG does it: by commands.
fn derived(number: u8) -> Box<dyn Card> {
    let mut card = Chip::new(ATR).with(OpenPgp::new(Model::version_3(0x1000 + u32::from(number))));
    let [user, code, admin] = SALTS;
    let mut kdf = vec![0x81, 1, 3, 0x82, 1, 8, 0x83, 4];
    kdf.extend(u32::try_from(COUNT).unwrap().to_be_bytes());
    let parts = [
        (0x84, user.to_vec()),
        (0x85, code.to_vec()),
        (0x86, admin.to_vec()),
        (0x87, digest(user, "123456")),
        (0x88, digest(admin, "12345678")),
    ];
    for (tag, value) in parts {
        kdf.push(tag);
        kdf.push(u8::try_from(value.len()).unwrap());
        kdf.extend(value);
    }
    let mut send = |header: [u8; 4], data: &[u8]| {
        let mut command = header.to_vec();
        command.push(u8::try_from(data.len()).unwrap());
        command.extend(data);
        assert_eq!(card.transmit(&command), [0x90, 0x00], "{header:02X?}");
    };
    send(
        [0x00, 0xA4, 0x04, 0x00],
        &[0xD2, 0x76, 0x00, 0x01, 0x24, 0x01],
    );
    send([0x00, 0x20, 0x00, 0x83], b"12345678");
    send([0x00, 0xDA, 0x00, 0xF9], &kdf);
    send([0x00, 0x20, 0x00, 0x83], &digest(admin, "12345678"));
    send([0x00, 0xDA, 0x00, 0xD3], &digest(code, "helpdesk"));
    card.reset();
    Box::new(card)
}
