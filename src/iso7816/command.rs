//! Command APDUs (ISO/IEC 7816-4:2020, 5.2).

use std::fmt;

use crate::base::secret::Secret;

/// A command: header, data, and how much is expected back.
///
/// The data may be a [`Secret`]; then the serialised command is one too, and neither
/// `Debug` nor the trace shows it.
pub struct Command {
    header: [u8; 4],
    data: Data,
    le: Option<Le>,
}

enum Data {
    Plain(Vec<u8>),
    Secret(Secret),
}

/// How many bytes are expected back: 1 to 65536.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Le(u32);

impl Le {
    /// Whatever there is, up to 256 bytes in the short form and 65536 in the extended one.
    pub const ALL: Self = Self(0);

    /// So many bytes; 0 means all.
    #[must_use]
    pub fn bytes(count: u16) -> Self {
        Self(u32::from(count))
    }

    /// The most bytes that may come back in a form.
    #[must_use]
    pub fn most(self, form: Form) -> usize {
        let all = match form {
            Form::Short => 256,
            Form::Extended => 65_536,
        };
        match usize::try_from(self.0) {
            Ok(count @ 1..) => count.min(all),
            _ => all,
        }
    }

    /// Whether the short form cannot ask for so much, or might not bring all.
    #[must_use]
    pub fn exceeds_short(self) -> bool {
        self.0 == 0 || self.0 > 256
    }
}

/// The two lengths of length fields (ISO/IEC 7816-4:2020, 5.2, table 2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    /// One byte: up to 255 bytes of data, 256 back.
    Short,
    /// Two bytes: up to 65535 bytes of data, 65536 back.
    Extended,
}

impl Form {
    /// The form in which `command` takes `len` bytes on the wire.
    #[must_use]
    pub fn of_len(len: usize, command: &Command) -> Self {
        if len > command.payload().len() + 6 {
            Self::Extended
        } else {
            Self::Short
        }
    }
}

impl Command {
    /// The most data in the short form, in bytes.
    pub const MAX_SHORT: usize = 255;

    /// A command without data that expects nothing back (case 1).
    #[must_use]
    pub fn new(header: [u8; 4]) -> Self {
        Self {
            header,
            data: Data::Plain(Vec::new()),
            le: None,
        }
    }

    /// With `data` to be sent.
    #[must_use]
    pub fn data(mut self, data: impl Into<Vec<u8>>) -> Self {
        self.data = Data::Plain(data.into());
        self
    }

    /// With data that nobody may see.
    #[must_use]
    pub fn secret(mut self, data: Secret) -> Self {
        self.data = Data::Secret(data);
        self
    }

    /// Expecting `le` bytes back.
    #[must_use]
    pub fn expecting(mut self, le: Le) -> Self {
        self.le = Some(le);
        self
    }

    /// CLA, INS, P1, P2.
    #[must_use]
    pub fn header(&self) -> [u8; 4] {
        self.header
    }

    /// The instruction byte.
    #[must_use]
    pub fn ins(&self) -> u8 {
        self.header[1]
    }

    /// What is expected back.
    #[must_use]
    pub fn le(&self) -> Option<Le> {
        self.le
    }

    /// Whether the data must not be seen.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        matches!(self.data, Data::Secret(_))
    }

    /// The data. For the wire only; ask [`Command::is_secret`] before doing else with it.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        match &self.data {
            Data::Plain(data) => data,
            Data::Secret(data) => data.expose(),
        }
    }

    /// The bytes for the wire.
    ///
    /// More data than the form can carry is not cut: the length field would be wrong, so
    /// `transport` splits it first. `without_le` leaves Le away, as T=0 wants it for
    /// commands with data (ISO/IEC 7816-3:2006, 12.2.5).
    #[must_use]
    pub fn to_bytes(&self, form: Form, without_le: bool) -> Secret {
        let data = self.payload();
        let le = self.le.filter(|_| !without_le || data.is_empty());
        let mut bytes = Secret::with_capacity(data.len() + 9);
        bytes.extend(&self.header);
        match form {
            Form::Short => {
                if let Ok(lc @ 1..) = u8::try_from(data.len()) {
                    bytes.extend(&[lc]);
                    bytes.extend(data);
                }
                if let Some(Le(count)) = le {
                    // 256 and above are asked for as 00.
                    bytes.extend(&[u8::try_from(count).unwrap_or(0)]);
                }
            }
            Form::Extended => {
                if let Ok(lc @ 1..) = u16::try_from(data.len()) {
                    bytes.extend(&[0]);
                    bytes.extend(&lc.to_be_bytes());
                    bytes.extend(data);
                } else if le.is_some() {
                    bytes.extend(&[0]);
                }
                if let Some(Le(count)) = le {
                    bytes.extend(&u16::try_from(count).unwrap_or(0).to_be_bytes());
                }
            }
        }
        bytes
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [cla, ins, p1, p2] = self.header;
        write!(f, "{cla:02X} {ins:02X} {p1:02X} {p2:02X}")?;
        match &self.data {
            Data::Plain(data) if data.is_empty() => Ok(()),
            Data::Plain(data) => write!(f, " [{}]", crate::base::hex::encode(data)),
            Data::Secret(data) => write!(f, " [hidden, {} bytes]", data.len()),
        }
    }
}

/// A command as a card sees it: read from bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Parsed<'a> {
    /// CLA, INS, P1, P2.
    pub header: [u8; 4],
    /// The data; empty if there is none.
    pub data: &'a [u8],
    /// The most bytes wanted back, 1 to 65536; nothing if Le is absent.
    pub le: Option<usize>,
    /// Whether the length fields were extended.
    pub extended: bool,
}

impl<'a> Parsed<'a> {
    /// Reads a command in either form; nothing if the lengths do not add up.
    #[must_use]
    pub fn from_bytes(bytes: &'a [u8]) -> Option<Self> {
        let (header, body) = bytes.split_first_chunk::<4>()?;
        let parsed = |data, le, extended| {
            Some(Self {
                header: *header,
                data,
                le,
                extended,
            })
        };
        let short_le = |le: u8| if le == 0 { 256 } else { usize::from(le) };
        let long_le = |le: [u8; 2]| match u16::from_be_bytes(le) {
            0 => 65_536,
            le => usize::from(le),
        };
        match body {
            [] => parsed(&[], None, false),
            [le] => parsed(&[], Some(short_le(*le)), false),
            [0, a, b] => parsed(&[], Some(long_le([*a, *b])), true),
            [0, a, b, rest @ ..] => {
                let lc = usize::from(u16::from_be_bytes([*a, *b]));
                let (data, tail) = rest.split_at_checked(lc).filter(|_| lc > 0)?;
                match tail {
                    [] => parsed(data, None, true),
                    [a, b] => parsed(data, Some(long_le([*a, *b])), true),
                    _ => None,
                }
            }
            [lc, rest @ ..] => {
                let (data, tail) = rest
                    .split_at_checked(usize::from(*lc))
                    .filter(|_| *lc > 0)?;
                match tail {
                    [] => parsed(data, None, false),
                    [le] => parsed(data, Some(short_le(*le)), false),
                    _ => None,
                }
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{Command, Form, Le, Parsed};
    use crate::base::secret::Secret;

    fn bytes(command: &Command, form: Form) -> Vec<u8> {
        command.to_bytes(form, false).expose().to_vec()
    }

    #[test]
    fn the_four_cases_in_both_forms() {
        let header = [0x00, 0xCA, 0x00, 0x6E];
        let case1 = Command::new(header);
        let case2 = Command::new(header).expecting(Le::ALL);
        let case3 = Command::new(header).data([1, 2]);
        let case4 = Command::new(header).data([1, 2]).expecting(Le::bytes(5));
        for (command, short, long) in [
            (&case1, &[][..], &[][..]),
            (&case2, &[0], &[0, 0, 0]),
            (&case3, &[2, 1, 2], &[0, 0, 2, 1, 2]),
            (&case4, &[2, 1, 2, 5], &[0, 0, 2, 1, 2, 0, 5]),
        ] {
            assert_eq!(bytes(command, Form::Short), [&header, short].concat());
            assert_eq!(bytes(command, Form::Extended), [&header, long].concat());
        }
        assert_eq!(case4.to_bytes(Form::Short, true).len(), 7);
        assert_eq!(case2.to_bytes(Form::Short, true).len(), 5);
    }

    #[test]
    fn a_card_reads_what_was_sent() {
        for len in [0, 1, 255, 256, 700] {
            for le in [None, Some(Le::ALL), Some(Le::bytes(9))] {
                let mut command = Command::new([0, 1, 2, 3]).data(vec![7; len]);
                command.le = le;
                let form = if len > 255 {
                    Form::Extended
                } else {
                    Form::Short
                };
                let sent = bytes(&command, form);
                let read = Parsed::from_bytes(&sent).unwrap();
                assert_eq!((read.header, read.data.len()), ([0, 1, 2, 3], len));
                assert_eq!(read.le.is_some(), le.is_some());
            }
        }
    }

    #[test]
    fn a_secret_is_not_in_the_dump() {
        let command = Command::new([0, 0x20, 0, 0x80]).secret(Secret::new(b"123456"));
        assert_eq!(format!("{command:?}"), "00 20 00 80 [hidden, 6 bytes]");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_a_command_or_none(bytes: Vec<u8>) {
            let _ = Parsed::from_bytes(&bytes);
        }
    }
}
