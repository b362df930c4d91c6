//! A card that takes exactly the commands of a script, and what is needed to talk to it.

use symbolon::base::hex;
use symbolon::globalplatform::attempts::{Attempts, PassingAttempts};
use symbolon::globalplatform::channel::{NoRandomness, Randomness};
use symbolon::globalplatform::{CardId, ChannelError, KeyFamily, Keys, Level, SecureChannel, Wish};
use symbolon::iso7816::{Command, Le, Response};
use symbolon::token::{ReaderId, SecureChannelProtocol};
use symbolon::transport::channel::{Cancel, Channel};
use symbolon::transport::link::{After, Link, LinkError, Protocol};
use symbolon::transport::trace::Tracer;

/// The key of developers' cards.
pub(crate) const TEST_KEY: &str = "404142434445464748494A4B4C4D4E4F";

/// Bytes from hexadecimal text with gaps.
pub(crate) fn bytes(text: &str) -> Vec<u8> {
    let text: String = text.split_whitespace().collect();
    hex::decode(&text).unwrap_or_else(|| panic!("{text} is no hexadecimal text"))
}

/// A card that takes the commands of its script in their order, each to the last bit.
pub(crate) struct Script {
    steps: Vec<(Vec<u8>, Vec<u8>)>,
    /// What was sent.
    pub(crate) sent: Vec<Vec<u8>>,
    pub(crate) protocol: Protocol,
    pub(crate) atr: Vec<u8>,
}

impl Script {
    /// Of commands and answers, status words included.
    pub(crate) fn new(steps: &[(&str, &str)]) -> Self {
        let steps = steps
            .iter()
            .map(|(command, answer)| (bytes(command), bytes(answer)));
        Self {
            steps: steps.collect(),
            sent: Vec::new(),
            protocol: Protocol::T1,
            atr: vec![0x3B, 0x00],
        }
    }

    /// Whether everything of the script was sent.
    pub(crate) fn is_through(&self) -> bool {
        self.sent.len() == self.steps.len()
    }

    /// The instructions that were sent.
    pub(crate) fn instructions(&self) -> Vec<u8> {
        self.sent.iter().map(|command| command[1]).collect()
    }
}

impl Link for Script {
    fn exchange(&mut self, command: &[u8]) -> Result<Vec<u8>, LinkError> {
        let at = self.sent.len();
        self.sent.push(command.to_vec());
        let Some((expected, answer)) = self.steps.get(at) else {
            panic!("{} is not in the script", hex::encode(command));
        };
        assert_eq!(hex::encode(command), hex::encode(expected), "command {at}");
        Ok(answer.clone())
    }

    fn atr(&self) -> &[u8] {
        &self.atr
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

/// Has `talk` talk over a link.
pub(crate) fn over<T>(link: &mut dyn Link, talk: impl FnOnce(&mut Channel<'_>) -> T) -> T {
    let tracer = Tracer::silent(ReaderId(1));
    talk(&mut Channel::new(link, &tracer, Cancel::default()))
}

/// A random number that was drawn before.
pub(crate) struct Drawn(pub(crate) Vec<u8>);

impl Randomness for Drawn {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        assert_eq!(bytes.len(), self.0.len(), "length of the challenge");
        bytes.copy_from_slice(&self.0);
        Ok(())
    }
}

/// Three times the same key.
pub(crate) fn keys(family: KeyFamily, key: &str) -> Keys {
    Keys::one(family, hex::decode_secret(key).unwrap()).unwrap()
}

/// Three keys.
pub(crate) fn three(family: KeyFamily, all: [&str; 3]) -> Keys {
    let [enc, mac, dek] = all.map(|key| hex::decode_secret(key).unwrap());
    Keys::three(family, enc, mac, dek).unwrap()
}

/// A wish for a card of which nothing else is known.
pub(crate) fn wish(level: u8) -> Wish {
    let mut wish = Wish::of_card(CardId::of_chip(&[1, 2, 3]));
    wish.level = Level::from_byte(level).unwrap();
    wish
}

/// The same, for a card that announced a protocol.
pub(crate) fn announced(level: u8, scp: u8, i: u16) -> Wish {
    let mut wish = wish(level);
    wish.announced = vec![SecureChannelProtocol { scp, i }];
    wish
}

/// Opens a channel with a challenge that was drawn before.
pub(crate) fn open_with(
    link: &mut dyn Link,
    keys: &Keys,
    wish: &Wish,
    host: &str,
    attempts: &mut dyn Attempts,
) -> Result<SecureChannel, ChannelError> {
    let mut random = Drawn(bytes(host));
    over(link, |channel| {
        SecureChannel::open_with(channel, keys, wish, attempts, &mut random)
    })
}

/// As [`open_with`], on a card that was never seen.
pub(crate) fn open(
    link: &mut dyn Link,
    keys: &Keys,
    wish: &Wish,
    host: &str,
) -> Result<SecureChannel, ChannelError> {
    open_with(link, keys, wish, host, &mut PassingAttempts::default())
}

/// A command from its bytes before any protection. Le is 00 if `le` says so.
pub(crate) fn command(header: &str, data: &str, le: bool) -> Command {
    let header: [u8; 4] = bytes(header).try_into().unwrap();
    let command = Command::new(header).data(bytes(data));
    if le {
        command.expecting(Le::ALL)
    } else {
        command
    }
}

/// Sends a command through a secure channel.
pub(crate) fn send(
    secure: &mut SecureChannel,
    link: &mut dyn Link,
    command: &Command,
) -> Result<Response, ChannelError> {
    over(link, |channel| secure.transmit(channel, command))
}

/// A command before protection (header, data, whether Le is there), its bytes on the wire, and the answer.
pub(crate) struct Step(
    pub(crate) &'static str,
    pub(crate) &'static str,
    pub(crate) bool,
    pub(crate) &'static str,
    pub(crate) &'static str,
);

/// Goes through a session: INITIALIZE UPDATE, EXTERNAL AUTHENTICATE, and what is sent then. The answers as they came out of
/// the channel.
pub(crate) fn session(
    keys: &Keys,
    wish: &Wish,
    opening: [(&str, &str); 2],
    steps: &[Step],
) -> (SecureChannel, Vec<Response>) {
    let wire = steps.iter().map(|step| (step.3, step.4));
    let script: Vec<_> = opening.into_iter().chain(wire).collect();
    let mut card = Script::new(&script);
    let update = bytes(opening[0].0);
    let host = hex::encode(&update[5..5 + usize::from(update[4])]);
    let mut secure = open(&mut card, keys, wish, &host).unwrap();
    let answers = steps
        .iter()
        .map(|step| send(&mut secure, &mut card, &command(step.0, step.1, step.2)).unwrap())
        .collect();
    assert!(card.is_through());
    (secure, answers)
}
