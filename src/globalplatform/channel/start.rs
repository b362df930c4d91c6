//! The answer to INITIALIZE UPDATE: which protocol, and whether to go on with it.

use super::wish::{Edition, Wish, family_of};
use super::{ChannelError, KeyFamily, scp03};
use crate::token::SecureChannelProtocol;

/// What the card answered to INITIALIZE UPDATE (sheet "globalplatform", 2).
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Start {
    /// By which standard it was read.
    pub(super) edition: Edition,
    /// Key diversification data.
    pub(super) diversification_data: [u8; 10],
    /// The version of the key set.
    pub(super) version: u8,
    /// The protocol, with the parameter "i" as it was announced or is usual where it is not in the
    /// answer.
    pub(super) protocol: SecureChannelProtocol,
    /// The sequence counter, where the protocol has one.
    pub(super) counter: Option<u32>,
    /// The challenge of the card.
    pub(super) challenge: Vec<u8>,
    /// The proof that the card has the keys.
    pub(super) cryptogram: Vec<u8>,
}

impl Start {
    /// Reads the answer. Where nobody said that the card is one of Open Platform, its byte 11 may be
    /// the number of a protocol as well as the index of a key set: then it is read in both ways, and
    /// what the card proves tells which is right. Nothing is sent for that, so nothing is counted.
    pub(super) fn readings(
        answer: &[u8],
        wish: &Wish,
        long: bool,
    ) -> Result<(Self, Option<Self>), ChannelError> {
        let by = |edition| Self::parse(answer, edition, wish, long);
        let byte = answer.get(11).copied();
        let is_guess = wish.edition_guessed && wish.edition == Edition::OpenPlatform201;
        if !is_guess || !matches!(byte, Some(2 | 3)) {
            return Ok((by(wish.edition)?, None));
        }
        match (by(Edition::GlobalPlatform), by(Edition::OpenPlatform201)) {
            (Ok(protocol), Ok(index)) if byte == Some(wish.key_index) => {
                Ok((index, Some(protocol)))
            }
            (Ok(protocol), Ok(index)) => Ok((protocol, Some(index))),
            (Ok(only), Err(_)) | (Err(_), Ok(only)) => Ok((only, None)),
            (Err(error), Err(_)) => Err(error),
        }
    }

    /// Reads the answer by a standard.
    pub(super) fn parse(
        answer: &[u8],
        edition: Edition,
        wish: &Wish,
        long: bool,
    ) -> Result<Self, ChannelError> {
        let bad = || ChannelError::AnswerLength { len: answer.len() };
        let (&data, rest) = answer.split_first_chunk::<10>().ok_or_else(bad)?;
        let (&[version, scp], rest) = rest.split_first_chunk::<2>().ok_or_else(bad)?;
        let usual = |scp, usual| {
            let announced = wish.known_protocols().find(|known| known.scp == scp);
            announced.unwrap_or(SecureChannelProtocol { scp, i: usual })
        };
        let mut start = Self {
            edition,
            diversification_data: data,
            version,
            protocol: SecureChannelProtocol { scp: 1, i: 0x05 },
            counter: None,
            challenge: Vec::new(),
            cryptogram: Vec::new(),
        };
        let rest = match (edition, scp) {
            (Edition::OpenPlatform201, _) => rest,
            (Edition::GlobalPlatform, 1) => {
                start.protocol = usual(1, 0x05);
                rest
            }
            (Edition::GlobalPlatform, 2) => {
                start.protocol = usual(2, 0x15);
                let (&counter, rest) = rest.split_first_chunk::<2>().ok_or_else(bad)?;
                start.counter = Some(u16::from_be_bytes(counter).into());
                start.take(rest, 6, 8).ok_or_else(bad)?;
                return Ok(start);
            }
            (Edition::GlobalPlatform, 3) => {
                start.scp03(rest, long).ok_or_else(bad)?;
                return Ok(start);
            }
            (Edition::GlobalPlatform, scp) => {
                let unknown = SecureChannelProtocol { scp, i: 0 };
                return Err(ChannelError::ProtocolNotSupported(unknown));
            }
        };
        start.take(rest, 8, 8).ok_or_else(bad)?;
        Ok(start)
    }

    fn scp03(&mut self, rest: &[u8], long: bool) -> Option<()> {
        let (&i, mut rest) = rest.split_first()?;
        self.protocol = SecureChannelProtocol {
            scp: 3,
            i: i.into(),
        };
        if i & scp03::PSEUDO_RANDOM != 0 {
            let (before, &[high, middle, low]) = rest.split_last_chunk::<3>()?;
            self.counter = Some(u32::from_be_bytes([0, high, middle, low]));
            rest = before;
        }
        let len = if long { 16 } else { 8 };
        self.take(rest, len, len)
    }

    fn take(&mut self, rest: &[u8], challenge: usize, cryptogram: usize) -> Option<()> {
        let (before, after) = rest.split_at_checked(challenge)?;
        self.challenge = before.to_vec();
        self.cryptogram = after.to_vec();
        (after.len() == cryptogram).then_some(())
    }

    /// Whether to go on: with this protocol, for these keys, after this challenge of ours.
    pub(super) fn check(
        &self,
        wish: &Wish,
        family: KeyFamily,
        host: &[u8],
    ) -> Result<(), ChannelError> {
        let found = self.protocol;
        if family_of(found) != Some(family) {
            return Err(ChannelError::OtherFamily { found, family });
        }
        if is_weaker(found, wish) {
            return Err(ChannelError::Weaker(found));
        }
        let zero = self.challenge.iter().all(|&byte| byte == 0);
        // In SCP02 the counter is part of the challenge, and an echo is cut to what is left.
        let echo = host.starts_with(&self.challenge) || host.ends_with(&self.challenge);
        if zero || echo {
            return Err(ChannelError::ChallengeNotRandom);
        }
        let level = wish.level;
        if found.scp == 3 {
            let has = |bit: u8| found.i & u16::from(bit) != 0;
            let lacks_mac = level.has_r_mac() && !has(scp03::R_MAC);
            let lacks_encryption = level.has_r_encryption() && !has(scp03::R_ENC);
            if lacks_mac || lacks_encryption {
                return Err(ChannelError::LevelNotSupported { level });
            }
        }
        Ok(())
    }
}

/// Whether the card announced something better: later protocols only, or more protection in all
/// variants of this one.
fn is_weaker(found: SecureChannelProtocol, wish: &Wish) -> bool {
    let mut of_same = wish
        .known_protocols()
        .filter(|known| known.scp == found.scp)
        .peekable();
    if of_same.peek().is_some() {
        let strength = u16::from(scp03::LONG | scp03::R_MAC | scp03::R_ENC);
        return found.scp == 3 && of_same.all(|known| known.i & !found.i & strength != 0);
    }
    let mut others = wish.known_protocols().peekable();
    others.peek().is_some() && others.all(|known| known.scp > found.scp)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{ChannelError, Start, Wish};
    use crate::globalplatform::attempts::CardId;

    proptest::proptest! {
        #[test]
        fn any_answer_is_read_or_refused(bytes: Vec<u8>, long: bool) {
            let wish = Wish::of_card(CardId::of_chip(&[]));
            let _ = Start::readings(&bytes, &wish, long);
        }
    }

    #[test]
    fn each_protocol_has_its_length() {
        let wish = Wish::of_card(CardId::of_chip(&[]));
        let lengths = |head: &[u8], long| -> Vec<usize> {
            let of = |len| [&[0; 10], head, &vec![9; len]].concat();
            let read = |len: &usize| Start::readings(&of(*len), &wish, long).is_ok();
            let found = (0..60).filter(read);
            found.map(|len| 10 + head.len() + len).collect()
        };
        assert_eq!(lengths(&[1, 1], false), [28]);
        assert_eq!(lengths(&[1, 2], false), [28]);
        assert_eq!(lengths(&[1, 3, 0x00], false), [29]);
        assert_eq!(lengths(&[1, 3, 0x70], false), [32]);
        assert_eq!(lengths(&[1, 3, 0x01], true), [45]);
        assert_eq!(lengths(&[1, 3, 0x71], true), [48]);
        assert!(lengths(&[1, 4], false).is_empty());
        let refused = Start::readings(&[], &wish, false).unwrap_err();
        assert_eq!(refused, ChannelError::AnswerLength { len: 0 });
    }
}
