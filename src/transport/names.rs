//! Commands by their names, and which of them carry secrets.

use crate::base::hex;
use crate::base::secret::Secret;
use crate::iso7816::tlv::ber;
use crate::iso7816::{Command, Parsed};

/// Applications that a SELECT may be for, by the beginning of their identifier.
pub const APPLICATIONS: [(&[u8], &str); 14] = [
    (&[0xA0, 0, 0, 3, 8], "PIV"),
    (&[0xD2, 0x76, 0, 1, 0x24, 1], "OpenPGP"),
    (
        &[
            0xA0, 0, 0, 0, 0x63, 0x50, 0x4B, 0x43, 0x53, 0x2D, 0x31, 0x35,
        ],
        "PKCS#15",
    ),
    (&[0xA0, 0, 0, 5, 0x27, 0x20, 1], "YubiKey OTP"),
    (&[0xA0, 0, 0, 5, 0x27, 0x21, 1], "OATH"),
    (
        &[0xA0, 0, 0, 5, 0x27, 0x47, 0x11, 0x17],
        "YubiKey management",
    ),
    (&[0xA0, 0, 0, 6, 0x47, 0x2F, 0, 1], "FIDO"),
    (&[0xA0, 0, 0, 0, 3, 0, 0, 0], "card manager"),
    (&[0xA0, 0, 0, 1, 0x51, 0, 0], "card manager"),
    (&[0xA0, 0, 0, 0, 1, 1], "MUSCLE"),
    (&[0x31, 0x50, 0x41, 0x59], "contact payment"),
    (&[0x32, 0x50, 0x41, 0x59], "contactless payment"),
    (&[0xA0, 0, 0, 0, 0x87], "USIM"),
    (&[0xE8, 0x28, 0xBD, 8, 0x0F], "PKCS#15 (ISO)"),
];

/// The name of a command; GET RESPONSE and parts of a chain name what they belong to.
#[must_use]
pub fn name(command: &Command, whole: &Command) -> String {
    if command.ins() == 0xC0 && whole.ins() != 0xC0 {
        return format!("GET RESPONSE of {}", name(whole, whole));
    }
    if let Some(name) = muscle(whole) {
        return name;
    }
    match card_manager(command.header()) {
        Some(name) => name.into(),
        None => name_of_other(command, whole),
    }
}

/// The name of a command that is not for a card manager alone.
fn name_of_other(command: &Command, whole: &Command) -> String {
    let [cla, ins, p1, p2] = command.header();
    match (ins, p1, p2) {
        (0xA4, 0x04, _) => {
            let aid = whole.payload();
            let known = APPLICATIONS
                .iter()
                .find(|(known, _)| aid.starts_with(known));
            match known {
                Some((_, name)) => format!("SELECT {name}"),
                None => format!("SELECT application {}", hex::encode(aid)),
            }
        }
        (0xA4, 0x08, _) => format!("SELECT FILE {}", hex::encode(whole.payload())),
        (0xA4, 0x00, _) if whole.payload() == [0x3F, 0x00] => "SELECT root".into(),
        (0xA4, ..) => "SELECT FILE".into(),
        (0xA5, ..) => "SELECT DATA".into(),
        (0x20, _, _) if whole.payload().is_empty() && whole.le().is_none() => {
            format!("VERIFY {} (asks for tries left)", reference(p2))
        }
        (0x20, 0xFF, _) => format!("VERIFY {} (takes back)", reference(p2)),
        (0x20, ..) => format!("VERIFY {}", reference(p2)),
        (0x24, ..) => format!("CHANGE REFERENCE DATA {}", reference(p2)),
        (0x2C, ..) => format!("RESET RETRY COUNTER {}", reference(p2)),
        (0xCB | 0xDB, 0x3F, 0xFF) => {
            let verb = if ins == 0xCB { "GET DATA" } else { "PUT DATA" };
            match ber::find(whole.payload(), &[0x5C]) {
                Some(tag) => format!("{verb} {}", piv_object(tag)),
                None if ins == 0xDB => "IMPORT KEY".into(),
                None => verb.into(),
            }
        }
        (0xCA, 0x01, 0x80..=0x8D | 0x96) => format!("GET DATA {}", cardos_object(p2)),
        (0xCA, ..) => format!("GET DATA {}", openpgp_object(p1, p2)),
        (0xCC, ..) => format!("GET NEXT DATA {}", openpgp_object(p1, p2)),
        (0xDA, 0x01, 0x6D..=0x6F) => cardos_put_data(p2, whole.payload()),
        (0xE0, 0, 0) => match new_file(whole.payload()) {
            Some(file) => format!("CREATE FILE {file}"),
            None => "CREATE FILE".into(),
        },
        (0xE4, 0, 0) if whole.payload().len() == 2 => {
            format!("DELETE FILE {}", hex::encode(whole.payload()))
        }
        (0x46, 0, 0) => match whole.payload() {
            [_, number, ..] => format!("GENERATE KEY {number}"),
            _ => "GENERATE KEY".into(),
        },
        (0x10, 0, 0) if cla == 0x80 => "PHASE CONTROL".into(),
        (0x06, 0, 0) if cla == 0x84 => "ERASE FILES".into(),
        (0x40, 0, 1) if cla == 0x84 => "FORMAT".into(),
        (0xDA, ..) => format!("PUT DATA {}", openpgp_object(p1, p2)),
        (0x47, 0x81, _) => format!("READ PUBLIC KEY {}", openpgp_key(whole.payload())),
        (0x47, 0x80, _) => format!("GENERATE KEY {}", openpgp_key(whole.payload())),
        (0x47, ..) => format!("GENERATE KEY {p2:02X}"),
        (0x2A, 0x9E, 0x9A) => "COMPUTE SIGNATURE".into(),
        (0x2A, 0x80, 0x86) => "DECIPHER".into(),
        (0x2A, ..) => "PERFORM SECURITY OPERATION".into(),
        (0x22, ..) => "MANAGE SECURITY ENVIRONMENT".into(),
        (0x82, ..) => "EXTERNAL AUTHENTICATE".into(),
        (0x84, ..) => "GET CHALLENGE".into(),
        (0x87, ..) => format!("GENERAL AUTHENTICATE {p2:02X}"),
        (0x88, ..) => "INTERNAL AUTHENTICATE".into(),
        (0xB0, ..) => "READ BINARY".into(),
        (0xB2, ..) => "READ RECORD".into(),
        (0xD6, ..) => "UPDATE BINARY".into(),
        (0xC0, ..) => "GET RESPONSE".into(),
        (0x16, ..) if cla == 0x80 => "DIRECTORY".into(),
        (0xE6, ..) => "TERMINATE".into(),
        (0x44, ..) => "ACTIVATE".into(),
        (0xF2, ..) if cla & 0x80 != 0 => "GET STATUS".into(),
        (0xF7, _, slot) if slot == 0x80 || slot == 0x81 || slot >= 0x82 => {
            format!("GET METADATA {slot:02X}")
        }
        (0xF8, 0, 0) => "GET SERIAL".into(),
        (0xF9, ..) => format!("ATTEST {p1:02X}"),
        (0xFD, 0, 0) => "GET VERSION".into(),
        _ => format!("command {}", hex::encode(&command.header())),
    }
}

/// The class of the MUSCLE applet (sheet "muscle", 2).
const MUSCLE: u8 = 0xB0;

/// Commands of the MUSCLE applet by the names of its definition.
fn muscle(command: &Command) -> Option<String> {
    let [MUSCLE, ins, p1, p2] = command.header() else {
        return None;
    };
    let object = |name: &str| match command.payload().first_chunk::<4>() {
        Some(id) => format!("{name} {}", hex::encode(id)),
        None => name.to_owned(),
    };
    let listed = |name: &str| {
        let next = if p1 == 0x00 { "" } else { " (next)" };
        format!("{name}{next}")
    };
    Some(match ins {
        0x2A => "Setup".into(),
        0x30 => format!("GenerateKeyPair {p1} {p2}"),
        0x32 => format!("ImportKey {p1}"),
        0x34 => format!("ExportKey {p1}"),
        0x36 => match p2 {
            0x01 => format!("ComputeCrypt {p1} (init)"),
            0x02 => format!("ComputeCrypt {p1} (process)"),
            _ => format!("ComputeCrypt {p1} (final)"),
        },
        0x38 => format!("ExternalAuthenticate {p1}"),
        0x3A => listed("ListKeys"),
        0x3C => "GetStatus".into(),
        0x40 => format!("CreatePIN {p1}"),
        0x42 => format!("VerifyPIN {p1}"),
        0x44 => format!("ChangePIN {p1}"),
        0x46 => format!("UnblockPIN {p1}"),
        0x48 => "ListPINs".into(),
        0x52 => object("DeleteObject"),
        0x54 => object("WriteObject"),
        0x56 => object("ReadObject"),
        0x58 => listed("ListObjects"),
        0x5A => object("CreateObject"),
        0x60 | 0x70 => "LogoutAll".into(),
        0x62 | 0x72 => "GetChallenge".into(),
        _ => return None,
    })
}

/// Commands to a card manager (sheet "globalplatform", 2 and 4). Other cards have others with the same
/// bytes: GET STATUS has its name below.
fn card_manager(header: [u8; 4]) -> Option<&'static str> {
    let [0x80 | 0x84, ins, p1, _] = header else {
        return None;
    };
    Some(match (ins, p1) {
        (0x50, _) => "INITIALIZE UPDATE",
        (0xD8, _) => "PUT KEY",
        (0xE2, _) => "STORE DATA",
        (0xE4, _) => "DELETE",
        (0xE6, 0x02) => "INSTALL [for load]",
        (0xE6, 0x04 | 0x08 | 0x0C) => "INSTALL [for install]",
        (0xE6, 0x10) => "INSTALL [for extradition]",
        (0xE6, 0x20) => "INSTALL [for personalization]",
        (0xE8, _) => "LOAD",
        (0xF0, _) => "SET STATUS",
        _ => return None,
    })
}

/// Whether a command of the MUSCLE applet has nothing in it that may be a secret: it is exactly what
/// it seems to be, and an object that is written is one of the lists or a certificate.
fn is_public_muscle(command: &Command) -> bool {
    let [_, ins, _, p2] = command.header();
    let data = command.payload();
    match (ins, data) {
        (0x30, data) => data.len() == 16,
        (0x32, data) => data.len() == 6,
        (0x34, data) => data.len() == 1,
        (0x52, data) => data.len() == 4,
        (0x56, data) => data.len() == 9,
        (0x5A, data) => data.len() == 14,
        // The start of a computation, and one that takes its data from an object.
        (0x36, [_, _, _, 0x00, 0x00]) => p2 == 0x01,
        (0x36, [0x02]) | (0x54, [0x50, 0x15, ..] | [0x3F, 0x00, ..]) => true,
        _ => false,
    }
}

/// Whether what goes to a card manager is public: challenges, names and lists of what is there. What
/// is installed and stored is not: PINs of applets are among it.
fn is_public_to_card_manager(header: [u8; 4]) -> bool {
    let [0x80 | 0x84, ins, p1, _] = header else {
        return false;
    };
    matches!((ins, p1), (0x50 | 0xE4 | 0xF0 | 0xF2, _) | (0xE6, 0x02))
}

/// Which file is made: its identifier (ISO/IEC 7816-4:2020, 7.4.3).
fn new_file(description: &[u8]) -> Option<String> {
    let inner = ber::find(description, &[0x62]).or_else(|| ber::find(description, &[0x6F]))?;
    Some(hex::encode(ber::find(inner, &[0x83])?))
}

/// PUT DATA of CardOS (sheet "cardos", 6 and 14): objects begin with their class and number.
fn cardos_put_data(p2: u8, data: &[u8]) -> String {
    match (p2, data) {
        (0x6D, _) => "PUT DATA security environment".into(),
        (0x6F, _) => "PUT DATA access conditions".into(),
        (_, [0x83, 0x02, 0x00, number, ..]) => format!("PUT DATA PIN {number}"),
        (_, [0x83, 0x02, class, number, ..]) => {
            format!("PUT DATA key {number}, part {}", class & 0x0F)
        }
        _ => "PUT DATA object".into(),
    }
}

/// Whether the data of a command with this header is a PIN or a code as people type it: VERIFY, CHANGE REFERENCE DATA,
/// RESET RETRY COUNTER and their neighbours (ISO/IEC 7816-4:2020, 11.5), and PUT DATA of the resetting code (OpenPGP
/// card 3.4, 4.3.4).
#[must_use]
pub fn carries_pin(header: [u8; 4]) -> bool {
    let [cla, ins, p1, p2] = header;
    match ins {
        // Setup, CreatePIN, VerifyPIN, ChangePIN, UnblockPIN of the MUSCLE applet.
        0x2A | 0x40 | 0x42 | 0x44 | 0x46 if cla == MUSCLE => true,
        0x20 | 0x21 | 0x24 | 0x25 | 0x2C | 0x2D => true,
        0xDA => (p1, p2) == (0x00, 0xD3),
        _ => false,
    }
}

/// Whether a command hands over a PIN. A header with nothing but Le behind it only asks for the tries left.
#[must_use]
pub fn hands_over_pin(command: &[u8]) -> bool {
    command.len() > 5 && command.first_chunk().copied().is_some_and(carries_pin)
}

/// Whether a command has data that may be a secret. One whose lengths do not add up is taken for all data.
#[must_use]
pub fn hands_over_secret(command: &[u8]) -> bool {
    let Some((&header, rest)) = command.split_first_chunk::<4>() else {
        return false;
    };
    let data = Parsed::from_bytes(command).map_or(rest, |parsed| parsed.data);
    !data.is_empty() && carries_secret(&Command::new(header).secret(Secret::new(data)))
}

/// Whether the data of a command may be a PIN, a key or plain text for a key.
#[must_use]
pub fn carries_secret(command: &Command) -> bool {
    let [cla, ins, p1, p2] = command.header();
    match ins {
        _ if carries_pin(command.header()) => true,
        _ if cla == MUSCLE => !command.payload().is_empty() && !is_public_muscle(command),
        // EXTERNAL and GENERAL AUTHENTICATE, PUT KEY and the vendors' ways to set keys.
        0x82 | 0x87 | 0xD8 | 0xFE | 0xFF => true,
        // PUT DATA: the resetting code, AES and secure messaging keys, private use objects.
        // CardOS: environments and access conditions are no secrets, objects are.
        0xDA => !is_public_openpgp(p1, p2) && !matches!((p1, p2), (0x01, 0x6D | 0x6F)),
        // PUT DATA with a tag list: keys to be imported, and objects that may hold some.
        0xDB => match ber::find(command.payload(), &[0x5C]) {
            Some(tag) => is_private_piv(tag),
            None => true,
        },
        // Plain text on its way to be enciphered.
        0x2A => (p1, p2) == (0x86, 0x80),
        // What other vendors put into their own commands is not known.
        _ if is_public_to_card_manager(command.header()) => false,
        _ => cla & 0x80 != 0 && cla != 0xFF && !command.payload().is_empty(),
    }
}

/// Whether the answer to a command may be a secret.
#[must_use]
pub fn answers_secret(command: &Command) -> bool {
    let [cla, ins, p1, p2] = command.header();
    match ins {
        // MUSCLE: what was deciphered, and keys that were exported.
        0x36 if cla == MUSCLE => true,
        0x56 if cla == MUSCLE => command.payload().starts_with(&[0xFF, 0xFF, 0xFF]),
        // What was deciphered or agreed on.
        0x2A => (p1, p2) == (0x80, 0x86),
        0x87 => true,
        // Private use objects behind a PIN.
        0xCA => matches!((p1, p2), (0x01, 0x03 | 0x04)),
        0xCB => ber::find(command.payload(), &[0x5C]).is_some_and(is_private_piv),
        _ => false,
    }
}

/// Printed information may hold the management key (YubiKey's protected mode); fingerprints
/// and pictures are nobody's business.
fn is_private_piv(tag: &[u8]) -> bool {
    matches!(tag, [0x5F, 0xC1, 0x03 | 0x08 | 0x09 | 0x21 | 0x23])
}

fn is_public_openpgp(p1: u8, p2: u8) -> bool {
    matches!(
        (p1, p2),
        (0x00, 0x5B | 0x5E | 0xC1..=0xD0 | 0xD6..=0xD9 | 0xDB..=0xDE) | (0x5F, _) | (0x7F, 0x21)
    )
}

fn reference(p2: u8) -> &'static str {
    match p2 {
        0x00 => "global PIN",
        0x80 => "PIN",
        0x81 => "PIN (PW1, signing) or PUK",
        0x82 => "PIN (PW1)",
        0x83 => "admin PIN (PW3)",
        _ => "reference",
    }
}

fn piv_object(tag: &[u8]) -> String {
    let name = match tag {
        [0x7E] => "discovery object",
        [0x5F, 0xC1, 0x02] => "card holder identifier",
        [0x5F, 0xC1, 0x07] => "card capabilities",
        [0x5F, 0xC1, 0x0C] => "key history",
        [0x5F, 0xC1, 0x05] => "certificate 9A",
        [0x5F, 0xC1, 0x0A] => "certificate 9C",
        [0x5F, 0xC1, 0x0B] => "certificate 9D",
        [0x5F, 0xC1, 0x01] => "certificate 9E",
        [0x5F, 0xFF, 0x01] => "certificate F9",
        [0x5F, 0xC1, number @ 0x0D..=0x20] => {
            return format!("certificate {:02X}", number - 0x0D + 0x82);
        }
        _ => return format!("object {}", hex::encode(tag)),
    };
    name.into()
}

fn openpgp_object(p1: u8, p2: u8) -> String {
    let name = match (p1, p2) {
        (0x00, 0x4F) => "application identifier",
        (0x00, 0x5B) => "name",
        (0x00, 0x5E) => "login data",
        (0x5F, 0x50) => "public key address",
        (0x5F, 0x52) => "historical bytes",
        (0x5F, 0x2D) => "languages",
        (0x5F, 0x35) => "salutation",
        (0x00, 0x65) => "cardholder",
        (0x00, 0x6E) => "application related data",
        (0x00, 0x7A) => "signature counter",
        (0x7F, 0x21) => "certificate",
        (0x00, 0xC4) => "PW status",
        (0x00, 0xD3) => "resetting code",
        (0x00, 0xF9) => "key derivation",
        (0x00, 0xFA) => "algorithms",
        (0x01, number) => return format!("private object {number}"),
        _ => return format!("object {p1:02X}{p2:02X}"),
    };
    name.into()
}

/// What a CardOS card tells of itself (sheet "cardos", 2).
fn cardos_object(number: u8) -> String {
    let name = match number {
        0x80 => "operating system",
        0x81 => "chip",
        0x82 => "version",
        0x83 => "life cycle",
        0x84 => "security status",
        0x85 => "free memory",
        0x86 => "ATR status",
        0x87 => "path",
        0x88 => "packages",
        0x89 => "memory and processor",
        0x8A => "free EEPROM",
        0x8D => "longest data",
        0x96 => "system keys",
        _ => return format!("object 01{number:02X}"),
    };
    name.into()
}

fn openpgp_key(template: &[u8]) -> &'static str {
    match template {
        [0xB6, ..] => "signature",
        [0xB8, ..] => "decryption",
        [0xA4, ..] => "authentication",
        _ => "",
    }
}
