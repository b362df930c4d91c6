//! What `gpg --card-status --with-colons` says.
//!
//! GnuPG's `doc/DETAILS` does not describe it; the fields are those of `g10/card-util.c`.

/// An OpenPGP card, as gpg sees it. Triples are in the order signature, decryption, authentication.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct CardStatus {
    pub(crate) reader: String,
    /// The application's full name, 16 bytes in hexadecimal digits.
    pub(crate) aid: String,
    /// Four BCD digits: "0304".
    pub(crate) version: String,
    /// Number and name of the manufacturer: ("0000", "test card").
    pub(crate) vendor: (String, String),
    pub(crate) serial: String,
    /// Given and last name.
    pub(crate) name: (String, String),
    pub(crate) language: String,
    /// "m", "f" or "u".
    pub(crate) sex: String,
    pub(crate) url: String,
    pub(crate) login: String,
    /// Each signature wants the PIN anew.
    pub(crate) pin_for_each_signature: bool,
    pub(crate) keys: [CardKey; 3],
    /// Longest PW1, resetting code and PW3, in bytes.
    pub(crate) longest_pins: [u8; 3],
    /// Tries left of PW1, resetting code and PW3.
    pub(crate) tries_left: [u8; 3],
    pub(crate) signature_counter: u32,
    pub(crate) kdf: bool,
}

/// One of the three keys.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct CardKey {
    /// The number of the algorithm in OpenPGP (RFC 4880, 9.1): 1 RSA, 18 ECDH, 19 ECDSA, 22 EdDSA.
    pub(crate) algorithm: u8,
    /// Bits of an RSA key, or the name of a curve.
    pub(crate) size_or_curve: String,
    /// 40 hexadecimal digits; empty if there is no key.
    pub(crate) fingerprint: String,
    /// Seconds since 1970, if the card knows.
    pub(crate) created: Option<u64>,
    /// The keygrip, 40 hexadecimal digits.
    pub(crate) grip: String,
}

impl CardStatus {
    #[track_caller]
    pub(crate) fn parse(text: &str) -> Self {
        let mut status = Self::default();
        for line in text.lines() {
            let fields: Vec<String> = line.split(':').map(unescaped).collect();
            let field = |n: usize| fields.get(n).cloned().unwrap_or_default();
            let number = |n: usize| field(n).parse::<u8>().unwrap();
            match field(0).as_str() {
                "Reader" => (status.reader, status.aid) = (field(1), field(3)),
                "version" => status.version = field(1),
                "vendor" => status.vendor = (field(1), field(2)),
                "serial" => status.serial = field(1),
                "name" => status.name = (field(1), field(2)),
                "lang" => status.language = field(1),
                "sex" => status.sex = field(1),
                "url" => status.url = field(1),
                "login" => status.login = field(1),
                "forcepin" => status.pin_for_each_signature = field(1) == "1",
                "keyattr" => {
                    let key = &mut status.keys[usize::from(number(1)) - 1];
                    (key.algorithm, key.size_or_curve) = (number(2), field(3));
                }
                "maxpinlen" => status.longest_pins = [number(1), number(2), number(3)],
                "pinretry" => status.tries_left = [number(1), number(2), number(3)],
                "sigcount" => status.signature_counter = field(1).parse().unwrap(),
                "kdf" => status.kdf = field(1) == "on",
                "fpr" => status.each_key(|key, n| key.fingerprint = field(n)),
                "fprtime" => status.each_key(|key, n| {
                    // 0 stands for "no key".
                    key.created = field(n).parse().ok().filter(|&seconds| seconds != 0);
                }),
                "grp" => status.each_key(|key, n| key.grip = field(n)),
                _ => {}
            }
        }
        assert!(!status.aid.is_empty(), "no card status:\n{text}");
        status
    }

    fn each_key(&mut self, mut set: impl FnMut(&mut CardKey, usize)) {
        for (key, field) in self.keys.iter_mut().zip(1..) {
            set(key, field);
        }
    }
}

/// A field without its escapes: a colon in a URL is `\x3a`.
fn unescaped(field: &str) -> String {
    let mut pieces = field.split("\\x");
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (code, rest) = piece.split_at(2);
        bytes.push(u8::from_str_radix(code, 16).unwrap());
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).unwrap()
}
