//! The keys of a card manager: three of one cipher, their check values, and how keys of one card come
//! from master keys (sheet "globalplatform", 2.5 and 4).

use serde::{Deserialize, Serialize};

use super::crypto::{self, Cipher, Wiped};
use crate::base::hex::Hex;
use crate::base::secret::Secret;

/// What the keys are for. The same 16 bytes can be keys of both: whoever has them has to know.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyFamily {
    /// Triple DES with two keys, 16 bytes: SCP01 and SCP02.
    TripleDes,
    /// AES, 16, 24 or 32 bytes: SCP03.
    Aes,
}

/// The first three bytes of what a key makes of a known block: they tell keys apart, and do not give
/// them away.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct CheckValue(pub [u8; 3]);

/// The three keys of a key set.
#[derive(Debug)]
pub struct Keys {
    family: KeyFamily,
    enc: Secret,
    mac: Secret,
    dek: Secret,
}

/// What can be wrong with keys.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum KeyError {
    /// The cipher has no keys of this length.
    #[error("no key of this cipher has {len} bytes")]
    Length {
        /// How many bytes there are.
        len: usize,
    },
    /// The three keys are not of one length.
    #[error("the three keys have different lengths")]
    Mixed,
    /// This way to derive keys is for another cipher.
    #[error("this diversification is not for keys of this cipher")]
    Diversification,
    /// No key set that is put onto a card can have this version, or be replaced by it.
    #[error("no key set has the version {version:02X}")]
    Version {
        /// The version.
        version: u8,
    },
}

/// Keys that everybody knows.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WellKnownKey {
    /// `404142..4F`, the key of most developers' cards.
    Test,
}

/// How the keys of one card come from master keys, with the key diversification data that the card
/// tells (sheet "globalplatform", 2.5).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Diversification {
    /// They are the keys.
    #[default]
    None,
    /// VISA2: bytes 0, 1 and 4 to 7 of the data. Triple DES.
    Visa2,
    /// EMV Card Personalization Specification 1.1: bytes 4 to 9. Triple DES.
    Emv,
    /// KDF3: CMAC over a counter, the kind of key and the data. AES.
    Kdf3,
}

/// The test key, `404142434445464748494A4B4C4D4E4F`.
const TEST_KEY: &[u8; 16] = b"@ABCDEFGHIJKLMNO";

impl WellKnownKey {
    /// The keys themselves, for cards that are delivered with them.
    #[must_use]
    pub fn keys(self, family: KeyFamily) -> Keys {
        let key = || match self {
            Self::Test => Secret::new(TEST_KEY),
        };
        // Sixteen bytes are right for both.
        Keys {
            family,
            enc: key(),
            mac: key(),
            dek: key(),
        }
    }
}

impl Keys {
    /// A key set of three keys.
    ///
    /// # Errors
    ///
    /// [`KeyError::Length`] and [`KeyError::Mixed`].
    pub fn three(
        family: KeyFamily,
        enc: Secret,
        mac: Secret,
        dek: Secret,
    ) -> Result<Self, KeyError> {
        let len = enc.len();
        if mac.len() != len || dek.len() != len {
            return Err(KeyError::Mixed);
        }
        match (family, len) {
            (KeyFamily::TripleDes, 16) | (KeyFamily::Aes, 16 | 24 | 32) => {}
            _ => return Err(KeyError::Length { len }),
        }
        Ok(Self {
            family,
            enc,
            mac,
            dek,
        })
    }

    /// A key set of three times the same key.
    ///
    /// # Errors
    ///
    /// [`KeyError::Length`].
    pub fn one(family: KeyFamily, key: Secret) -> Result<Self, KeyError> {
        let (enc, mac) = (key.duplicate(), key.duplicate());
        Self::three(family, enc, mac, key)
    }

    /// A second copy: for each command that goes to a card by itself.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self {
            family: self.family,
            enc: self.enc.duplicate(),
            mac: self.mac.duplicate(),
            dek: self.dek.duplicate(),
        }
    }

    /// What they are for.
    #[must_use]
    pub fn family(&self) -> KeyFamily {
        self.family
    }

    /// The length of each, in bytes.
    #[must_use]
    pub fn key_len(&self) -> usize {
        self.enc.len()
    }

    /// The key that session keys for encryption come from.
    pub(super) fn enc(&self) -> &[u8] {
        self.enc.expose()
    }

    /// The key that session keys for MACs come from.
    pub(super) fn mac(&self) -> &[u8] {
        self.mac.expose()
    }

    /// The key that other keys are encrypted with, or that it comes from.
    pub(super) fn dek(&self) -> &[u8] {
        self.dek.expose()
    }

    /// All three, in the order of their numbers on the card.
    pub(super) fn all(&self) -> [&Secret; 3] {
        [&self.enc, &self.mac, &self.dek]
    }

    /// Whether all three are the same.
    #[must_use]
    pub fn is_one(&self) -> bool {
        self.enc.same_as(&self.mac) && self.enc.same_as(&self.dek)
    }

    /// The check values of the three.
    ///
    /// # Errors
    ///
    /// None for keys that were made by this type.
    pub fn check_values(&self) -> Result<[CheckValue; 3], KeyError> {
        Ok([
            check_value(self.family, self.enc())?,
            check_value(self.family, self.mac())?,
            check_value(self.family, self.dek())?,
        ])
    }

    /// Which keys that everybody knows these are.
    #[must_use]
    pub fn well_known(&self) -> Option<WellKnownKey> {
        let test = self.is_one() && crypto::same(self.enc(), TEST_KEY);
        test.then_some(WellKnownKey::Test)
    }

    /// The keys of the card that told `data`, if these are master keys.
    ///
    /// # Errors
    ///
    /// [`KeyError::Diversification`] for keys of another cipher.
    pub fn diversified(&self, how: Diversification, data: &[u8; 10]) -> Result<Self, KeyError> {
        let derive = |number, key: &Secret| derive(how, self.family, number, key.expose(), data);
        Ok(Self {
            family: self.family,
            enc: derive(1, &self.enc)?,
            mac: derive(2, &self.mac)?,
            dek: derive(3, &self.dek)?,
        })
    }
}

/// The check value of a key: of 8 bytes 00 with triple DES, of 16 bytes 01 with AES.
///
/// # Errors
///
/// [`KeyError::Length`].
pub fn check_value(family: KeyFamily, key: &[u8]) -> Result<CheckValue, KeyError> {
    let out = match family {
        KeyFamily::TripleDes => Cipher::triple_des(key)?.ecb(&[0; 8]),
        KeyFamily::Aes => Cipher::aes(key)?.ecb(&[1; 16]),
    };
    Ok(CheckValue(out.first_chunk().copied().unwrap_or_default()))
}

fn derive(
    how: Diversification,
    family: KeyFamily,
    number: u8,
    master: &[u8],
    data: &[u8; 10],
) -> Result<Secret, KeyError> {
    let &[d0, d1, _, _, d4, d5, d6, d7, d8, d9] = data;
    let own = match (how, family) {
        (Diversification::None, _) => return Ok(Secret::new(master)),
        (Diversification::Visa2, KeyFamily::TripleDes) => [d0, d1, d4, d5, d6, d7],
        (Diversification::Emv, KeyFamily::TripleDes) => [d4, d5, d6, d7, d8, d9],
        (Diversification::Kdf3, KeyFamily::Aes) => return kdf3(number, master, data),
        _ => return Err(KeyError::Diversification),
    };
    let block = [&own[..], &[0xF0, number], &own, &[0x0F, number]].concat();
    Ok(Secret::new(&Cipher::triple_des(master)?.ecb(&block)))
}

fn kdf3(number: u8, master: &[u8], data: &[u8; 10]) -> Result<Secret, KeyError> {
    let mut key = Secret::with_capacity(32);
    for counter in [1, 2] {
        let head = [counter, 0, 0, 0, number, 0];
        let block = Wiped::new(crypto::aes_cmac(master, &[&head, data])?.to_vec());
        key.extend(&block);
    }
    key.truncate(master.len());
    Ok(key)
}

impl Serialize for CheckValue {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Hex(self.0.to_vec()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for CheckValue {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Hex(bytes) = Hex::deserialize(deserializer)?;
        let bytes = bytes
            .try_into()
            .map_err(|_| serde::de::Error::custom("a check value has three bytes"))?;
        Ok(Self(bytes))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{Diversification, KeyError, KeyFamily, Keys, WellKnownKey, check_value};
    use crate::base::hex;
    use crate::base::secret::Secret;

    fn one(family: KeyFamily, key: &str) -> Result<Keys, KeyError> {
        Keys::one(family, hex::decode_secret(key).unwrap())
    }

    fn value(family: KeyFamily, key: &str) -> String {
        let key = hex::decode(key).unwrap();
        hex::encode(&check_value(family, &key).unwrap().0)
    }

    #[test]
    fn check_values_of_the_sheet() {
        let test = "404142434445464748494A4B4C4D4E4F";
        assert_eq!(value(KeyFamily::TripleDes, test), "8BAF47");
        assert_eq!(value(KeyFamily::Aes, test), "504A77");
        for (key, expected) in [
            ("000102030405060708090A0B0C0D0E0F", "C35280"),
            ("101112131415161718191A1B1C1D1E1F", "013808"),
            ("202122232425262728292A2B2C2D2E2F", "840DE5"),
        ] {
            assert_eq!(value(KeyFamily::Aes, key), expected);
        }
    }

    #[test]
    fn keys_of_no_cipher_are_refused() {
        for len in [0, 8, 15, 24, 32] {
            let refused = Keys::one(KeyFamily::TripleDes, Secret::new(&vec![1; len]));
            assert_eq!(refused.err(), Some(KeyError::Length { len }));
        }
        for len in [0, 8, 17, 33] {
            let refused = Keys::one(KeyFamily::Aes, Secret::new(&vec![1; len]));
            assert_eq!(refused.err(), Some(KeyError::Length { len }));
        }
        let key = |len| Secret::new(&vec![1; len]);
        let mixed = Keys::three(KeyFamily::Aes, key(16), key(24), key(16));
        assert_eq!(mixed.err(), Some(KeyError::Mixed));
    }

    #[test]
    fn the_test_key_is_known_and_others_are_not() {
        let keys = WellKnownKey::Test.keys(KeyFamily::TripleDes);
        assert_eq!(keys.well_known(), Some(WellKnownKey::Test));
        let given = one(KeyFamily::Aes, "404142434445464748494A4B4C4D4E4F").unwrap();
        assert_eq!(given.well_known(), Some(WellKnownKey::Test));
        let other = one(KeyFamily::Aes, "404142434445464748494A4B4C4D4E50").unwrap();
        assert_eq!(other.well_known(), None);
    }

    #[test]
    fn a_dump_has_no_key_in_it() {
        let shown = format!("{:?}", WellKnownKey::Test.keys(KeyFamily::Aes));
        assert!(
            shown.contains("16 bytes") && !shown.contains("64, 65"),
            "{shown}"
        );
    }

    /// Sheet "globalplatform", 6.9.
    #[test]
    fn keys_of_one_card_come_from_a_master_key() {
        let master = "404142434445464748494A4B4C4D4E4F";
        let data = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
        let own = |family, how| {
            let keys = one(family, master)
                .unwrap()
                .diversified(how, &data)
                .unwrap();
            let values = keys.check_values().unwrap();
            [0, 1, 2].map(|at| {
                let key = hex::encode(keys.all()[at].expose());
                (key, hex::encode(&values[at].0))
            })
        };
        let expect = |found: [(String, String); 3], expected: [(&str, &str); 3]| {
            for ((key, value), (expected_key, expected_value)) in found.iter().zip(expected) {
                assert_eq!((&key[..], &value[..]), (expected_key, expected_value));
            }
        };
        expect(
            own(KeyFamily::TripleDes, Diversification::Visa2),
            [
                ("8510FC973208218CA86888BCEC203635", "2BE598"),
                ("1068B5FB6F06C78C7A4DFC343B21C78F", "58DA38"),
                ("2DAEE809C71405FF259C3BE695A1F66E", "3C328E"),
            ],
        );
        expect(
            own(KeyFamily::TripleDes, Diversification::Emv),
            [
                ("0EF59FCBF8019B62E62AF6EA20B8BF25", "C33013"),
                ("3E383EB6F2762B88155F76BDFED05A02", "6F4CA6"),
                ("64021E43C0C7D264A1C7C6D01E1C8761", "BB8179"),
            ],
        );
        expect(
            own(KeyFamily::Aes, Diversification::Kdf3),
            [
                ("808BC985A1069AD2A9AC94E0FE7B8843", "E79C05"),
                ("65942E0BF4F3F32AEFACBA5671456275", "D1BD77"),
                ("6A74F6F6040CCA10D8A3FDC7914FD7CC", "3FDE8C"),
            ],
        );
    }

    #[test]
    fn long_keys_take_two_blocks() {
        let master = "8C72C72CF908411653018807950D82FBAD947562F0828A0B10B8B9606ABF3BCD";
        let data = [0xD9, 0xB1, 0xDE, 0x5D, 0x03, 0x62, 0xDE, 0xDC, 0xE4, 0xFB];
        let keys = one(KeyFamily::Aes, master).unwrap();
        let own = keys.diversified(Diversification::Kdf3, &data).unwrap();
        assert_eq!(
            hex::encode(own.enc()),
            "9AAC5D0B3601F89438A0D9D0B6B256CFB47E6462DFA5228D3420C4AC7C224781"
        );
    }

    #[test]
    fn a_way_for_another_cipher_is_refused() {
        let aes = WellKnownKey::Test.keys(KeyFamily::Aes);
        let des = WellKnownKey::Test.keys(KeyFamily::TripleDes);
        for (keys, how) in [
            (&aes, Diversification::Visa2),
            (&aes, Diversification::Emv),
            (&des, Diversification::Kdf3),
        ] {
            let refused = keys.diversified(how, &[0; 10]);
            assert_eq!(refused.err(), Some(KeyError::Diversification));
        }
    }
}
