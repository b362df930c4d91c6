//! The simulated MUSCLE applet against recordings of the real one: every command is played to it,
//! and its answers are compared byte by byte, without any left out. Only what hangs on keys and random numbers is not the
//! recorded one: that is computed from the keys that the card made.

use std::collections::BTreeMap;
use std::path::Path;

use rsa::{BoxedUint, RsaPublicKey, hazmat};
use symbolon::simulator::{Card, Chip, Muscle, MuscleBuild};

/// A T=1 card.
const ATR: [u8; 18] = [
    0x3B, 0xF8, 0x13, 0x00, 0x00, 0x81, 0x31, 0xFE, 0x45, 0x4A, 0x43, 0x4F, 0x50, 0x76, 0x32, 0x34,
    0x31, 0xB7,
];

const OUTPUT: [u8; 4] = [0xFF, 0xFF, 0xFF, 0xFF];
const OK: [u8; 2] = [0x90, 0x00];

/// Answers that the real applet gave only because its stub of the Java Card did not take PKCS #1
/// padding off: slot 0 has a cipher with padding, and the block that it "decrypts" has none inside.
/// A Java Card throws there, nothing is put out, and there is nothing to delete.
const UNPADDED: [(&str, usize, [u8; 2]); 4] = [
    ("onepin-9c03.txt", 1352, [0x6F, 0x00]),
    ("onepin-9c03.txt", 1354, [0x9C, 0x0F]),
    ("onepin-9c03.txt", 1356, [0x9C, 0x0F]),
    ("onepin-9c03.txt", 1360, [0x9C, 0x07]),
];

/// How many answers were compared, and how.
#[derive(Debug, Default, Eq, PartialEq)]
struct Tally {
    /// Byte by byte with the recording.
    exact: usize,
    /// Byte by byte with what the card's own keys make of it.
    computed: usize,
    /// Signatures that are good.
    signatures: usize,
    /// Lengths of random numbers.
    random: usize,
    /// States in which two bytes of memory less are free in the recording.
    hole: usize,
    /// Where the recording is the stub's.
    stub: usize,
}

struct Replay {
    card: Chip,
    /// The public slot of each private one.
    pairs: BTreeMap<u8, u8>,
    /// The public key that ExportKey left in the output object.
    exported: Option<Vec<u8>>,
    tally: Tally,
}

fn bytes(text: &str) -> Vec<u8> {
    text.split_whitespace()
        .map(|byte| u8::from_str_radix(byte, 16).unwrap())
        .collect()
}

impl Replay {
    fn new() -> Self {
        Self {
            card: Chip::new(ATR).with(Muscle::blank(MuscleBuild::jcop())),
            pairs: BTreeMap::new(),
            exported: None,
            tally: Tally::default(),
        }
    }

    /// Plays a whole recording.
    fn play(name: &str) -> Tally {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/muscle/exchanges");
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        let mut replay = Self::new();
        let mut said = None;
        for (number, line) in (1..).zip(text.lines()) {
            match line.split_at_checked(2) {
                Some(("> ", command)) => {
                    let command = bytes(command);
                    assert_eq!(said, None, "{name}:{number}");
                    said = Some((replay.card.transmit(&command), command));
                }
                Some(("< ", recorded)) => {
                    let (said, command) = said.take().unwrap();
                    let at = format!("{name}:{number}");
                    let known = UNPADDED
                        .iter()
                        .find(|known| (known.0, known.1) == (name, number));
                    if let Some((_, _, answer)) = known {
                        assert_eq!(said, answer, "{at}");
                        replay.tally.stub += 1;
                        continue;
                    }
                    replay.compare(&command, &said, &bytes(recorded), &at);
                    replay.note(&command, &said);
                }
                _ if line.starts_with("---") => replay.card.reset(),
                _ => assert!(line.starts_with("==="), "{name}:{number}: {line}"),
            }
        }
        assert_eq!(said, None, "{name}: the last command has no answer");
        replay.tally
    }

    /// Compares an answer with what it has to be.
    fn compare(&mut self, command: &[u8], said: &[u8], recorded: &[u8], at: &str) {
        let reads_output = command.get(1) == Some(&0x56) && command.get(5..9) == Some(&OUTPUT);
        if !recorded.ends_with(&OK) || recorded.len() == 2 {
            assert_eq!(said, recorded, "{at}: {said:02X?}");
            self.tally.exact += 1;
            return;
        }
        match (command[1], &self.exported) {
            // ComputeCrypt in the command.
            (0x36, _) => {
                assert_eq!(said.len(), recorded.len(), "{at}");
                assert_eq!(said[..2], recorded[..2], "{at}");
                let extended = command[4] == 0;
                let start = if extended { 7 } else { 5 } + 3;
                let len = said.len() - 4;
                let block = &command[start..start + len];
                self.verify(command[2], &said[2..2 + len], block, at);
            }
            // GetStatus: the allocator behind the recording keeps two bytes of a hole between objects.
            (0x3C, _) => {
                let free = |answer: &[u8]| u32::from_be_bytes(answer[8..12].try_into().unwrap());
                let less = free(said).checked_sub(free(recorded));
                assert!(matches!(less, Some(0 | 2)), "{at}: {said:02X?}");
                assert_eq!(said[..8], recorded[..8], "{at}");
                assert_eq!(said[12..], recorded[12..], "{at}: {said:02X?}");
                if less == Some(0) {
                    self.tally.exact += 1;
                } else {
                    self.tally.hole += 1;
                }
            }
            // GetChallenge in the answer.
            (0x62, _) => {
                assert_eq!(said.len(), recorded.len(), "{at}");
                assert_eq!(said[..2], recorded[..2], "{at}");
                assert!(said.ends_with(&OK), "{at}");
                self.tally.random += 1;
            }
            (_, Some(blob)) if reads_output => {
                let start = usize::from(u16::from_be_bytes([command[11], command[12]]));
                let len = usize::from(command[13]);
                let wanted = [&blob[start..start + len], &OK].concat();
                assert_eq!(said, wanted, "{at}");
                assert_eq!(said.len(), recorded.len(), "{at}");
                self.tally.computed += 1;
            }
            _ => {
                assert_eq!(said, recorded, "{at}: {said:02X?}");
                self.tally.exact += 1;
            }
        }
    }

    /// A result of a private key is good: the public half that the card exported gives the block
    /// back.
    fn verify(&mut self, slot: u8, signature: &[u8], block: &[u8], at: &str) {
        let (modulus, exponent) = self.export(self.pairs[&slot]);
        let number = BoxedUint::from_be_slice_vartime;
        let key = RsaPublicKey::new(number(&modulus), number(&exponent)).unwrap();
        let bits = u32::try_from(8 * modulus.len()).unwrap();
        let signature = BoxedUint::from_be_slice(signature, bits).unwrap();
        let opened = hazmat::rsa_encrypt(&key, &signature).unwrap();
        assert_eq!(*opened.to_be_bytes(), *block, "{at}: the signature");
        self.tally.signatures += 1;
    }

    /// Remembers what later answers hang on.
    fn note(&mut self, command: &[u8], said: &[u8]) {
        if !said.ends_with(&OK) || command[0] != 0xB0 {
            return;
        }
        match command[1] {
            0x30 => {
                self.pairs.insert(command[2], command[3]);
            }
            0x34 => {
                let public = self.pairs.values().any(|public| *public == command[2]);
                self.exported = public.then(|| blob(&self.read_key()));
            }
            _ => {}
        }
    }

    /// Answers a question between those of the recording.
    #[track_caller]
    fn ask(&mut self, head: &[u8], data: &[&[u8]]) -> Vec<u8> {
        let data = data.concat();
        let mut command = head.to_vec();
        command.push(u8::try_from(data.len()).unwrap());
        command.extend(data);
        let mut said = self.card.transmit(&command);
        assert!(said.ends_with(&OK), "{command:02X?}: {said:02X?}");
        said.truncate(said.len() - 2);
        said
    }

    /// The public key in a slot; nothing is left behind.
    fn export(&mut self, slot: u8) -> (Vec<u8>, Vec<u8>) {
        self.ask(&[0xB0, 0x34, slot, 0x00], &[&[0x00]]);
        let key = self.read_key();
        self.ask(&[0xB0, 0x52, 0x00, 0x00], &[&OUTPUT]);
        key
    }

    /// Modulus and exponent of the public key in the output object.
    fn read_key(&mut self) -> (Vec<u8>, Vec<u8>) {
        let modulus = self.read_field(4);
        let exponent = self.read_field(6 + u16::try_from(modulus.len()).unwrap());
        (modulus, exponent)
    }

    /// Bytes of the output object that have their length in front.
    fn read_field(&mut self, start: u16) -> Vec<u8> {
        let len = self.read(start, 2);
        let len = u16::from_be_bytes([len[0], len[1]]);
        let mut field = Vec::new();
        for done in (0..len).step_by(128) {
            let next = u8::try_from((len - done).min(128)).unwrap();
            field.extend(self.read(start + 2 + done, next));
        }
        field
    }

    fn read(&mut self, start: u16, len: u8) -> Vec<u8> {
        let place = [[0x00, 0x00], start.to_be_bytes()].concat();
        self.ask(&[0xB0, 0x56, 0x00, 0x00], &[&OUTPUT, &place, &[len]])
    }
}

/// A public key as ExportKey writes it.
fn blob((modulus, exponent): &(Vec<u8>, Vec<u8>)) -> Vec<u8> {
    let len = |bytes: &[u8]| u16::try_from(bytes.len()).unwrap().to_be_bytes();
    let bits = u16::try_from(8 * modulus.len()).unwrap().to_be_bytes();
    let mut blob = vec![0x00, 0x01];
    blob.extend(bits);
    blob.extend(len(modulus));
    blob.extend(modulus);
    blob.extend(len(exponent));
    blob.extend(exponent);
    blob
}

#[test]
fn the_probes_by_hand_are_answered_as_by_the_real_applet() {
    let tally = Replay::play("extra-checks.txt");
    let wanted = Tally {
        exact: 47,
        computed: 0,
        signatures: 2,
        random: 0,
        hole: 0,
        stub: 0,
    };
    assert_eq!(tally, wanted);
}

#[test]
fn opensc_gets_the_answers_of_the_real_applet_up_to_9c03() {
    let tally = Replay::play("onepin-9c03.txt");
    let wanted = Tally {
        exact: 757,
        computed: 9,
        signatures: 0,
        random: 2,
        hole: 0,
        stub: 4,
    };
    assert_eq!(tally, wanted);
}

#[test]
fn opensc_gets_the_answers_of_the_real_applet_with_its_default_profile() {
    let tally = Replay::play("setup-default-profile.txt");
    let wanted = Tally {
        exact: 654,
        computed: 10,
        signatures: 0,
        random: 0,
        hole: 12,
        stub: 0,
    };
    assert_eq!(tally, wanted);
}
