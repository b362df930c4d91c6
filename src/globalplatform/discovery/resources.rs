//! The memory of a card (sheet "globalplatform", 1.4).

use crate::iso7816::tlv::ber;
use crate::token::CardResources;

/// Reads the data object FF21.
#[must_use]
pub fn parse(bytes: &[u8]) -> Option<CardResources> {
    // FF is a filling byte between data objects, and is passed over: what is left is the tag 21.
    let inner = ber::find(bytes, &[0x21])?;
    let number = |tag| ber::find(inner, &[tag]).and_then(number);
    Some(CardResources {
        applications: number(0x81),
        free_memory: number(0x82),
        free_ram: number(0x83),
    })
}

/// At most four bytes.
fn number(bytes: &[u8]) -> Option<u32> {
    let fits = (1..=4).contains(&bytes.len());
    fits.then(|| {
        bytes
            .iter()
            .fold(0, |all, &byte| all << 8 | u32::from(byte))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{CardResources, parse};
    use crate::base::hex;

    #[test]
    fn the_vector_of_the_sheet() {
        let bytes = hex::decode("FF211081020002820400016DB483040000086A").unwrap();
        let expected = CardResources {
            applications: Some(2),
            free_memory: Some(93_620),
            free_ram: Some(2154),
        };
        assert_eq!(parse(&bytes), Some(expected));
        assert_eq!(parse(&[]), None);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_not(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }
    }
}
