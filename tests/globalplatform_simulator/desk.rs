//! What the tests have in common: bytes as text, recorded cases, a card with an open channel.

use symbolon::base::hex;
use symbolon::simulator::{Card, GlobalPlatform, GlobalPlatformModel as Model, Protocol, Random};

/// The exchanges of a third party.
const CHANNELS: &str = include_str!("channels.txt");

pub(crate) const SERIAL: [u8; 4] = [1, 2, 3, 4];

/// A channel and what is said in it.
pub(crate) struct Case {
    pub(crate) protocol: Protocol,
    pub(crate) key_len: usize,
    pub(crate) level: u8,
    /// Commands and answers.
    pub(crate) exchanges: Vec<(String, String)>,
}

impl Case {
    pub(crate) fn name(&self) -> String {
        format!(
            "{:?}, keys of {}, level {:02X}",
            self.protocol, self.key_len, self.level
        )
    }

    /// The card of the case, fresh.
    pub(crate) fn card(&self) -> GlobalPlatform {
        card(self.model(), self.key_len)
    }

    pub(crate) fn model(&self) -> Model {
        let model = match self.protocol {
            Protocol::Scp01 { .. } => Model::cyberflex(SERIAL),
            Protocol::Scp02 { .. } => Model::gp211(SERIAL),
            Protocol::Scp03 { .. } => Model::modern(SERIAL),
        };
        model.with_protocol(self.protocol)
    }

    /// INITIALIZE UPDATE and EXTERNAL AUTHENTICATE, which have to go well.
    pub(crate) fn open(&self, card: &mut GlobalPlatform) {
        for (command, answer) in &self.exchanges[..2] {
            assert_eq!(ask(card, command), *answer, "{command}");
        }
    }
}

/// The card that the cases are about.
pub(crate) fn card(model: Model, key_len: usize) -> GlobalPlatform {
    let keys = [0x40, 0x60, 0x90].map(|first| (first..).take(key_len).collect::<Vec<u8>>());
    let mut random = Random::default();
    for _ in 0..50 {
        random.script(&(0xA1..=0xB0).collect::<Vec<u8>>());
    }
    GlobalPlatform::new(model)
        .with_diversification_data([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
        .with_keys(keys.each_ref().map(Vec::as_slice))
        .with_sequence_counter(7)
        .with_random(random)
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in CHANNELS.lines() {
        if let Some(case) = line.strip_prefix("case ") {
            let words: Vec<&str> = case.split(' ').collect();
            let i = u8::from_str_radix(words[1], 16).unwrap();
            cases.push(Case {
                protocol: match words[0] {
                    "1" => Protocol::Scp01 { i },
                    "2" => Protocol::Scp02 { i },
                    _ => Protocol::Scp03 { i },
                },
                key_len: words[2].parse().unwrap(),
                level: u8::from_str_radix(words[3], 16).unwrap(),
                exchanges: Vec::new(),
            });
        } else if let Some(command) = line.strip_prefix("> ") {
            let exchanges = &mut cases.last_mut().unwrap().exchanges;
            exchanges.push((command.to_owned(), String::new()));
        } else if let Some(answer) = line.strip_prefix("< ") {
            let exchanges = &mut cases.last_mut().unwrap().exchanges;
            exchanges.last_mut().unwrap().1 = answer.to_owned();
        }
    }
    cases
}

pub(crate) fn case(protocol: Protocol, key_len: usize, level: u8) -> Case {
    cases()
        .into_iter()
        .find(|case| (case.protocol, case.key_len, case.level) == (protocol, key_len, level))
        .unwrap()
}

/// An open channel without protection of commands, on a card of today.
pub(crate) fn modern() -> (Case, GlobalPlatform) {
    opened(case(Protocol::Scp03 { i: 0x00 }, 16, 0x00))
}

/// The same on the old card.
pub(crate) fn cyberflex() -> (Case, GlobalPlatform) {
    opened(case(Protocol::Scp01 { i: 0x05 }, 16, 0x00))
}

fn opened(case: Case) -> (Case, GlobalPlatform) {
    let mut card = case.card();
    case.open(&mut card);
    (case, card)
}

pub(crate) fn text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// What a card says in the end: what waits is fetched.
pub(crate) fn ask(card: &mut GlobalPlatform, command: &str) -> String {
    let mut answer = card.transmit(&hex::decode(&command.replace(' ', "")).unwrap());
    let mut data = Vec::new();
    while let [fetched @ .., 0x61, len] = answer.as_slice() {
        data.extend_from_slice(fetched);
        let fetch = [0x00, 0xC0, 0x00, 0x00, *len];
        answer = card.transmit(&fetch);
    }
    text(&[data, answer].concat())
}

/// Asks with data of any length up to 255 bytes; header without Lc.
pub(crate) fn send(card: &mut GlobalPlatform, header: &str, data: &[u8]) -> String {
    ask(card, &format!("{header} {:02X} {}", data.len(), text(data)))
}

pub(crate) fn expect(card: &mut GlobalPlatform, exchanges: &[(&str, &str)]) {
    for (command, answer) in exchanges {
        assert_eq!(ask(card, command), answer.replace(' ', ""), "{command}");
    }
}
