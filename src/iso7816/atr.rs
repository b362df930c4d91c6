//! Answer to reset (ISO/IEC 7816-3:2006, 8.2).

use super::tlv::compact;

/// What a card said when it was powered up.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Atr<'a> {
    /// Whether bits are sent inverted, most significant first (TS = 3F).
    pub inverse: bool,
    /// Clock rate conversion and baud rate adjustment integers FI and DI of TA1 (table 7, 8).
    pub speed: Option<(u8, u8)>,
    /// Protocols offered, in the order of their bytes: 0, 1, 14, 15.
    pub protocols: Vec<u8>,
    /// Historical bytes, at most 15.
    pub historical: &'a [u8],
    /// Whether the checksum TCK is right; nothing if there is none.
    pub checksum: Option<bool>,
}

impl<'a> Atr<'a> {
    /// The longest there is, in bytes.
    pub const MAX_LEN: usize = 33;

    /// Reads it; nothing if it is cut short.
    #[must_use]
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (&ts, mut rest) = bytes.split_first()?;
        let mut next = || {
            let (&byte, tail) = rest.split_first()?;
            rest = tail;
            Some(byte)
        };
        let t0 = next()?;
        let mut speed = None;
        let mut protocols = Vec::new();
        let mut present = t0 >> 4;
        let mut first = true;
        while present != 0 {
            if present & 1 != 0 {
                let ta = next()?;
                if first {
                    speed = Some((ta >> 4, ta & 0x0F));
                }
            }
            if present & 2 != 0 {
                next()?;
            }
            if present & 4 != 0 {
                next()?;
            }
            first = false;
            if present & 8 == 0 {
                break;
            }
            let td = next()?;
            if !protocols.contains(&(td & 0x0F)) {
                protocols.push(td & 0x0F);
            }
            present = td >> 4;
        }
        if protocols.is_empty() {
            protocols.push(0);
        }
        let (historical, tail) = rest.split_at_checked(usize::from(t0 & 0x0F))?;
        let body = bytes.get(1..bytes.len() - tail.len())?;
        let checksum = tail
            .first()
            .map(|tck| body.iter().fold(*tck, |x, byte| x ^ byte) == 0);
        Some(Self {
            inverse: ts == 0x3F,
            speed,
            protocols,
            historical,
            checksum,
        })
    }

    /// The text in the historical bytes: the card issuer's data (tag 5) where they are in
    /// COMPACT-TLV, else the longest run of at least four printable characters.
    #[must_use]
    pub fn text(&self) -> Option<&'a str> {
        let issuer = match self.historical {
            [0x80, objects @ ..] => compact::objects(objects).find(|(tag, _)| *tag == 5),
            _ => None,
        };
        let printable = |byte: &u8| (0x20..0x7F).contains(byte);
        let run = match issuer {
            Some((_, value)) if value.iter().all(printable) => value,
            _ => self
                .historical
                .split(|byte| !printable(byte))
                .max_by_key(|run| run.len())?,
        };
        let text = std::str::from_utf8(run).ok()?.trim();
        (text.len() >= 4).then_some(text)
    }

    /// Whether a contactless reader made it up (PC/SC part 3, 3.1.3.2.3): `3B 8n 80 01` and no
    /// conductors behind it.
    #[must_use]
    pub fn is_contactless(bytes: &[u8]) -> bool {
        matches!(bytes, [0x3B, t0, 0x80, 0x01, ..] if t0 & 0xF0 == 0x80)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::Atr;

    #[test]
    fn a_yubikey_in_words() {
        let bytes = crate::base::hex::decode("3BFD1300008131FE15 8073C021C05759756269 4B657940");
        let bytes = bytes.unwrap();
        let atr = Atr::parse(&bytes).unwrap();
        assert_eq!(atr.protocols, [1]);
        assert_eq!(atr.checksum, Some(true));
        assert_eq!(atr.speed, Some((1, 3)));
        assert_eq!(atr.text(), Some("YubiKey"));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_an_answer_or_none(bytes: Vec<u8>) {
            if let Some(atr) = Atr::parse(&bytes) {
                let _ = atr.text();
                proptest::prop_assert!(atr.historical.len() <= 15);
            }
        }
    }
}
