//! The answer to reset (ISO/IEC 7816-3:2006, 8.2) in words.

use super::{facts, list};
use crate::base::hex;
use crate::base::i18n::{gettext, gettext_f, pgettext};
use crate::iso7816::atr::Atr;
use crate::token::{CardProtocol, FactName};

/// Clock rate conversion integers of FI, as factor F (ISO/IEC 7816-3:2006, table 7); 0 is
/// reserved.
const F: [u32; 16] = [
    372, 372, 558, 744, 1116, 1488, 1860, 0, 0, 512, 768, 1024, 1536, 2048, 0, 0,
];

/// Baud rate adjustment integers of DI (ISO/IEC 7816-3:2006, table 8); 0 is reserved.
const D: [u32; 16] = [0, 1, 2, 4, 8, 16, 32, 64, 12, 20, 0, 0, 0, 0, 0, 0];

/// What an answer to reset says, as names and values for a table.
#[must_use]
pub fn words(bytes: &[u8]) -> Vec<(String, String)> {
    let mut rows = vec![(facts::name(FactName::Atr), hex::grouped(bytes, 1))];
    let mut add = |name: FactName, value: String| rows.push((facts::name(name), value));
    let Some(atr) = Atr::parse(bytes) else {
        rows.push((
            gettext("In words"),
            gettext("It is cut short and says nothing for certain."),
        ));
        return rows;
    };
    if Atr::is_contactless(bytes) {
        add(
            FactName::Contactless,
            gettext("Yes: the reader made up this answer to reset"),
        );
    }
    add(FactName::Convention, convention(atr.inverse));
    add(FactName::Protocols, protocols(&atr.protocols));
    if let Some(words) = atr.speed.and_then(|(fi, di)| speed(fi, di)) {
        add(FactName::SpeedFactor, words);
    }
    if let Some(right) = atr.checksum {
        add(
            FactName::Checksum,
            facts::value(&crate::token::FactValue::Flag(right)),
        );
    }
    if !atr.historical.is_empty() {
        add(FactName::HistoricalBytes, hex::grouped(atr.historical, 1));
    }
    if let Some(text) = atr.text() {
        add(FactName::HistoricalText, text.to_owned());
    }
    rows
}

/// In which order and sense the bits are sent.
#[must_use]
pub fn convention(inverse: bool) -> String {
    if inverse {
        // TRANSLATORS: The order of bits in the answer to reset.
        pgettext("convention", "Inverse")
    } else {
        // TRANSLATORS: The order of bits in the answer to reset.
        pgettext("convention", "Direct")
    }
}

/// "T=0 and T=1".
#[must_use]
pub fn protocols(offered: &[u8]) -> String {
    let names: Vec<String> = offered.iter().map(|number| format!("T={number}")).collect();
    list(&names)
}

/// A protocol in use: "T=1, in blocks".
#[must_use]
pub fn protocol(protocol: CardProtocol) -> String {
    match protocol {
        CardProtocol::T0 => gettext("T=0, byte by byte"),
        CardProtocol::T1 => gettext("T=1, in blocks"),
    }
}

/// The highest speed offered, at the usual clock of 4 MHz: "43,010 bits per second" is 4 MHz
/// times D / F. Nothing for values that are reserved.
fn speed(fi: u8, di: u8) -> Option<String> {
    let factor = *F.get(usize::from(fi))?;
    let adjustment = *D.get(usize::from(di))?;
    let rate = (adjustment * 4_000_000).checked_div(factor)?;
    (rate > 0).then(|| {
        gettext_f(
            "{rate} bits per second at 4 MHz",
            &[("rate", &rate.to_string())],
        )
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn value(rows: &[(String, String)], name: FactName) -> Option<&str> {
        let name = facts::name(name);
        let (_, value) = rows.iter().find(|(known, _)| *known == name)?;
        Some(value)
    }

    #[test]
    fn a_yubikey_in_words() {
        let bytes = hex::decode("3BFD1300008131FE15 8073C021C05759756269 4B657940").unwrap();
        let rows = words(&bytes);
        assert_eq!(value(&rows, FactName::Convention), Some("Direct"));
        assert_eq!(value(&rows, FactName::Protocols), Some("T=1"));
        assert_eq!(
            value(&rows, FactName::SpeedFactor),
            Some("43010 bits per second at 4 MHz")
        );
        assert_eq!(value(&rows, FactName::Checksum), Some("Yes"));
        assert_eq!(value(&rows, FactName::HistoricalText), Some("YubiKey"));
        assert_eq!(value(&rows, FactName::Contactless), None);
    }

    #[test]
    fn two_protocols_and_none() {
        assert_eq!(protocols(&[0, 1]), "T=0 and T=1");
        assert_eq!(speed(7, 1), None);
        assert_eq!(speed(1, 0), None);
        assert_eq!(
            speed(1, 1).as_deref(),
            Some("10752 bits per second at 4 MHz")
        );
        assert_eq!(words(&[0x3B]).len(), 2);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_have_words(bytes: Vec<u8>) {
            for (name, value) in words(&bytes).iter().skip(1) {
                proptest::prop_assert!(!name.is_empty() && !value.is_empty());
            }
        }
    }
}
