//! PIN pads on paper (PC/SC Workgroup specification, part 10, version 2.02.09).

use super::link::{PinEntry, PinPadFeatures};

/// Control code that asks for the features of a reader (2.3): `SCARD_CTL_CODE(3400)`.
pub const GET_FEATURES: u32 = 3400;

/// FEATURE_VERIFY_PIN_DIRECT (2.3.1).
const VERIFY_PIN_DIRECT: u8 = 0x06;

/// FEATURE_MODIFY_PIN_DIRECT (2.3.1).
const MODIFY_PIN_DIRECT: u8 = 0x07;

/// The control codes by which a reader takes PIN entries.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Controls {
    /// For VERIFY.
    pub verify: Option<u32>,
    /// For CHANGE.
    pub modify: Option<u32>,
}

impl Controls {
    /// Reads the feature list: tag, length 4, control code in big endian (2.2).
    #[must_use]
    pub fn parse(list: &[u8]) -> Self {
        let mut controls = Self::default();
        for feature in list.chunks_exact(6) {
            let [tag, 4, a, b, c, d] = *feature else {
                break;
            };
            let code = u32::from_be_bytes([a, b, c, d]);
            match tag {
                VERIFY_PIN_DIRECT => controls.verify = Some(code),
                MODIFY_PIN_DIRECT => controls.modify = Some(code),
                _ => {}
            }
        }
        controls
    }

    /// The same for people.
    #[must_use]
    pub fn features(self) -> PinPadFeatures {
        PinPadFeatures {
            verify: self.verify.is_some(),
            modify: self.modify.is_some(),
        }
    }
}

/// PIN_VERIFY_STRUCTURE (2.5.2): how the reader is to build VERIFY.
#[must_use]
pub fn verify_structure(entry: &PinEntry) -> Vec<u8> {
    let seconds = seconds(entry);
    let mut bytes = vec![seconds, seconds];
    bytes.extend(format(entry));
    // The reader takes the maximum first.
    bytes.extend([entry.max, entry.min]);
    // The entry ends with the OK key; one message, in English, the first one.
    bytes.extend([0x02, 0x01, 0x09, 0x04, 0x00]);
    // Protocol bytes of T=1, left to the reader.
    bytes.extend([0, 0, 0]);
    push_command(&mut bytes, entry, 1);
    bytes
}

/// PIN_MODIFY_STRUCTURE (2.5.3): how the reader is to build CHANGE REFERENCE DATA.
#[must_use]
pub fn modify_structure(entry: &PinEntry) -> Vec<u8> {
    let seconds = seconds(entry);
    let block = entry.block.unwrap_or(0);
    let mut bytes = vec![seconds, seconds];
    bytes.extend(format(entry));
    // Where the old and the new PIN begin in the data field.
    bytes.extend([0, if entry.current { block } else { 0 }]);
    bytes.extend([entry.max, entry.min]);
    // Bit 0: the new PIN is typed twice; bit 1: the current one is asked.
    let confirm = if entry.current { 0x03 } else { 0x01 };
    let messages = if entry.current { 0x03 } else { 0x02 };
    bytes.extend([confirm, 0x02, messages, 0x09, 0x04, 0x00, 0x01, 0x02]);
    bytes.extend([0, 0, 0]);
    push_command(&mut bytes, entry, if entry.current { 2 } else { 1 });
    bytes
}

/// At least one second, at most what a byte holds.
fn seconds(entry: &PinEntry) -> u8 {
    u8::try_from(entry.timeout.as_secs())
        .unwrap_or(u8::MAX)
        .max(1)
}

/// bmFormatString, bmPINBlockString, bmPINLengthFormat: ASCII, left justified, no length
/// inside the block (2.5.5).
fn format(entry: &PinEntry) -> [u8; 3] {
    [0x82, entry.block.unwrap_or(0), 0x00]
}

/// ulDataLength and the command with its PIN blocks filled with FF.
fn push_command(bytes: &mut Vec<u8>, entry: &PinEntry, blocks: u8) {
    let data = usize::from(entry.block.unwrap_or(0)) * usize::from(blocks);
    let mut command = entry.header.to_vec();
    // Two blocks of at most 127 bytes each fit.
    command.push(u8::try_from(data).unwrap_or(0));
    command.resize(command.len() + data, 0xFF);
    bytes.extend(u32::try_from(command.len()).unwrap_or(0).to_le_bytes());
    bytes.extend(command);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Controls, modify_structure, verify_structure};
    use crate::base::hex;
    use crate::transport::link::PinEntry;

    fn piv() -> PinEntry {
        PinEntry {
            header: [0x00, 0x20, 0x00, 0x80],
            min: 6,
            max: 8,
            block: Some(8),
            current: true,
            timeout: Duration::from_secs(30),
        }
    }

    #[test]
    fn features_are_found_in_the_list() {
        let list = [
            0x06, 4, 0x42, 0x33, 0, 6, 0x07, 4, 0x42, 0x33, 0, 7, 0x12, 4, 1, 2,
        ];
        let controls = Controls::parse(&list);
        assert_eq!(controls.verify, Some(0x4233_0006));
        assert_eq!(controls.modify, Some(0x4233_0007));
        assert_eq!(Controls::parse(&[6, 3, 1, 2, 3]), Controls::default());
    }

    #[test]
    fn the_reader_gets_a_command_to_fill_in() {
        assert_eq!(
            hex::encode(&verify_structure(&piv())),
            "1E1E8208000806020109040000000\
             00D0000000020008008FFFFFFFFFFFFFFFF"
        );
        let change = PinEntry {
            header: [0x00, 0x24, 0x00, 0x80],
            ..piv()
        };
        assert_eq!(
            hex::encode(&modify_structure(&change)),
            "1E1E820800000808060302030904000102000000\
             150000000024008010FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
        );
    }
}
