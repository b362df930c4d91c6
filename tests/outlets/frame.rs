//! Certificates made of parts, each of which may be anything (RFC 5280, 4.1).

use symbolon::base::hex;
use symbolon::iso7816::tlv::ber::encode;

const SEQUENCE: u32 = 0x30;

/// The parts of a certificate, each a whole element in DER.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) serial: Vec<u8>,
    pub(crate) issuer: Vec<u8>,
    pub(crate) validity: Vec<u8>,
    pub(crate) subject: Vec<u8>,
    pub(crate) key: Vec<u8>,
    /// A SEQUENCE of extensions.
    pub(crate) extensions: Option<Vec<u8>>,
}

impl Frame {
    /// A sound certificate of Anna Rossi.
    pub(crate) fn sound() -> Self {
        Self {
            serial: vec![0x02, 0x01, 0x2A],
            issuer: name(&[(COMMON_NAME, UTF8, b"Helpdesk CA")]),
            validity: encode(
                SEQUENCE,
                &[encode(0x17, b"240101000000Z"), encode(0x17, b"440101000000Z")].concat(),
            ),
            subject: name(&[(COMMON_NAME, UTF8, b"Anna Rossi")]),
            // A point of P-256 (RFC 5480).
            key: hex::decode(
                "3059301306072A8648CE3D020106082A8648CE3D030107034200041C51A6AC1FB6688564E6CBFB9A3C7245\
                 2EE1D413149DDE24D8A43BB256648783739ED8AC6D4BEC2A480B208E0A42C8350682709F3CD46E5A0F1D75\
                 96C3682FC7",
            )
            .unwrap(),
            extensions: None,
        }
    }

    /// The same with another part in the place of one.
    pub(crate) fn with(mut self, part: &str, bytes: Vec<u8>) -> Self {
        match part {
            "serial" => self.serial = bytes,
            "validity" => self.validity = bytes,
            "key" => self.key = bytes,
            "extensions" => self.extensions = Some(bytes),
            "name" => {
                self.issuer.clone_from(&bytes);
                self.subject = bytes;
            }
            other => panic!("a certificate has no {other}"),
        }
        self
    }

    /// The certificate. Nobody made its signature.
    pub(crate) fn der(&self) -> Vec<u8> {
        // ecdsa-with-SHA256 (RFC 5758, 3.2)
        let algorithm = hex::decode("300A06082A8648CE3D040302").unwrap();
        let mut body = vec![0xA0, 0x03, 0x02, 0x01, 0x02];
        for part in [
            &self.serial,
            &algorithm,
            &self.issuer,
            &self.validity,
            &self.subject,
            &self.key,
        ] {
            body.extend_from_slice(part);
        }
        if let Some(extensions) = &self.extensions {
            body.extend(encode(0xA3, extensions));
        }
        let signature = encode(0x03, &hex::decode("003006020101020101").unwrap());
        encode(
            SEQUENCE,
            &[encode(SEQUENCE, &body), algorithm, signature].concat(),
        )
    }
}

/// Attribute types (X.520).
pub(crate) const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
pub(crate) const UNIT: &[u8] = &[0x55, 0x04, 0x0B];
pub(crate) const ORGANISATION: &[u8] = &[0x55, 0x04, 0x0A];

/// Types of strings (X.680, 8.4).
pub(crate) const UTF8: u32 = 0x0C;
pub(crate) const PRINTABLE: u32 = 0x13;
pub(crate) const T61: u32 = 0x14;
pub(crate) const IA5: u32 = 0x16;
pub(crate) const UNIVERSAL: u32 = 0x1C;
pub(crate) const BMP: u32 = 0x1E;

/// A name of these attributes: type, type of string, value.
pub(crate) fn name(attributes: &[(&[u8], u32, &[u8])]) -> Vec<u8> {
    let one = |(kind, string, value): &(&[u8], u32, &[u8])| {
        let pair = [encode(0x06, kind), encode(*string, value)].concat();
        encode(0x31, &encode(SEQUENCE, &pair))
    };
    let all: Vec<u8> = attributes.iter().flat_map(one).collect();
    encode(SEQUENCE, &all)
}

/// Alternative names of every kind with `text` in them (RFC 5280, 4.2.1.6), as extensions.
pub(crate) fn alternative_names(text: &[u8]) -> Vec<u8> {
    // Microsoft's user principal name.
    let principal = hex::decode("060A2B060104018237140203").unwrap();
    let principal = [principal, encode(0xA0, &encode(UTF8, text))].concat();
    let names = [
        encode(0x81, text),
        encode(0x82, text),
        encode(0x86, text),
        encode(0x87, text),
        encode(0xA4, &name(&[(COMMON_NAME, UTF8, text)])),
        encode(0xA0, &principal),
        encode(0x88, text),
    ];
    let value = encode(0x04, &encode(SEQUENCE, &names.concat()));
    let extension = [encode(0x06, &[0x55, 0x1D, 0x11]), value].concat();
    // Netscape's comment, which is shown as bytes.
    let comment = hex::decode("0609608648018 6F842010D".replace(' ', "").as_str()).unwrap();
    let comment = [comment, encode(0x04, &encode(IA5, text))].concat();
    let all = [encode(SEQUENCE, &extension), encode(SEQUENCE, &comment)].concat();
    encode(SEQUENCE, &all)
}
