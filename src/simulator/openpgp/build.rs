//! Laying down what a used card holds.

use super::attributes::Attributes;
use super::fingerprint::fingerprint;
use super::{KeyRef, OpenPgp};
use crate::simulator::keys::PrivateKey;
use crate::simulator::pin::Pin;
use crate::simulator::random::Random;

impl OpenPgp {
    /// With a key that was made on the card, and the fingerprint that GnuPG would have written for
    /// it. `created` is in seconds since 1970.
    #[must_use]
    pub fn with_key(mut self, key: KeyRef, private: PrivateKey, created: u32) -> Self {
        let attributes = Attributes::of(&self.model, key, private.kind());
        let fingerprint = fingerprint(&attributes, &private, created);
        let slot = self.slot_mut(key);
        slot.attributes = attributes;
        slot.fingerprint = fingerprint;
        slot.created = created.to_be_bytes();
        self.install(key, private, false);
        self
    }

    /// The keys there are came from outside.
    #[must_use]
    pub fn with_keys_imported(mut self) -> Self {
        for key in KeyRef::ALL {
            self.slot_mut(key).imported = true;
        }
        self
    }

    /// With a cardholder: name as `Surname<<Given`, languages such as `deen`, sex as an ISO/IEC
    /// 5218 digit.
    #[must_use]
    pub fn with_holder(self, name: &str, languages: &str, sex: char) -> Self {
        let mut digit = [0; 4];
        self.with_object(0x5B, name.as_bytes())
            .with_object(0x5F2D, languages.as_bytes())
            .with_object(0x5F35, sex.encode_utf8(&mut digit).as_bytes())
    }

    /// With a simple data object: login (5E), URL (5F50), a private one (0101 to 0104), ...
    #[must_use]
    pub fn with_object(mut self, tag: u32, value: &[u8]) -> Self {
        self.objects.insert(tag, value.to_vec());
        self
    }

    /// With a certificate for a key.
    #[must_use]
    pub fn with_certificate(mut self, key: KeyRef, der: &[u8]) -> Self {
        self.lay_certificate(key, der.to_vec());
        self
    }

    pub(super) fn lay_certificate(&mut self, key: KeyRef, der: Vec<u8>) {
        let [authentication, decryption, signature] = &mut self.certificates;
        *match key {
            KeyRef::Authentication => authentication,
            KeyRef::Decryption => decryption,
            KeyRef::Signature => signature,
        } = der;
    }

    /// With so many signatures made.
    #[must_use]
    pub fn with_signatures(mut self, count: u32) -> Self {
        self.signatures = count;
        self
    }

    /// With another PW1 of at least six characters.
    #[must_use]
    pub fn with_pw1(mut self, pin: &str) -> Self {
        self.pw1 = Pin::new(pin.as_bytes(), self.pw1.tries);
        self
    }

    /// With another PW3 of at least eight characters.
    #[must_use]
    pub fn with_pw3(mut self, pin: &str) -> Self {
        self.pw3 = Pin::new(pin.as_bytes(), self.pw3.tries);
        self
    }

    /// With a resetting code of at least eight characters.
    #[must_use]
    pub fn with_resetting_code(mut self, code: &str) -> Self {
        self.rc = Pin::new(code.as_bytes(), self.rc.tries);
        self
    }

    /// With so many tries left of PW1, the resetting code if it is set, and PW3.
    #[must_use]
    pub fn with_tries_left(mut self, pw1: u8, rc: u8, pw3: u8) -> Self {
        self.pw1.left = pw1;
        if self.rc.is_set() {
            self.rc.left = rc;
        }
        self.pw3.left = pw3;
        self
    }

    /// One VERIFY of PW1 is good for many signatures.
    #[must_use]
    pub fn with_lasting_pw1(mut self) -> Self {
        self.lasting = true;
        self
    }

    /// The source of its challenges, for published vectors.
    pub fn random(&mut self) -> &mut Random {
        &mut self.random
    }
}
