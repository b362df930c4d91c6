//! VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER (7.2.2 to 7.2.4).

use super::{OpenPgp, PW1, PW3, Verified, WRONG_P1P2};
use crate::iso7816::StatusWord;
use crate::iso7816::tlv::ber;
use crate::simulator::chip::Result;
use crate::simulator::pin::{Pin, Verdict};

/// Fewest characters of PW1.
const PW1_MIN: usize = 6;
/// Fewest characters of PW3 and of the resetting code.
const PW3_MIN: usize = 8;

impl OpenPgp {
    pub(super) fn verify(&mut self, p1: u8, reference: u8, data: &[u8]) -> Result {
        if !matches!(reference, 0x81..=0x83) {
            return Err(WRONG_P1P2);
        }
        match (p1, data) {
            (0x00, []) => self.verified_already(reference),
            (0xFF, []) if self.model.is_version_3() => {
                self.mark(reference, false);
                Ok(Vec::new())
            }
            (0x00, pin) => {
                self.as_long_as_a_digest(pin)?;
                self.mark(reference, false);
                let verdict = match reference {
                    0x83 => self.pw3.check(pin),
                    _ => self.pw1.check(pin),
                };
                self.judge(verdict)?;
                self.mark(reference, true);
                Ok(Vec::new())
            }
            _ => Err(WRONG_P1P2),
        }
    }

    /// The empty VERIFY: `9000` if it is verified already.
    fn verified_already(&self, reference: u8) -> Result {
        let (verified, pin) = match reference {
            0x81 => (self.verified.signing, &self.pw1),
            0x82 => (self.verified.other, &self.pw1),
            _ => (self.verified.admin, &self.pw3),
        };
        if verified {
            Ok(Vec::new())
        } else if self.model.tells_tries || pin.is_blocked() {
            Err(pin.status())
        } else {
            Err(StatusWord::SECURITY)
        }
    }

    fn mark(&mut self, reference: u8, verified: bool) {
        match reference {
            0x81 => self.verified.signing = verified,
            0x82 => self.verified.other = verified,
            _ => self.verified.admin = verified,
        }
    }

    /// A verdict in the words of this make of card.
    fn judge(&self, verdict: Verdict) -> Result<()> {
        match verdict {
            Verdict::Wrong(_) if !self.model.tells_tries => Err(StatusWord::SECURITY),
            verdict => verdict.or_status(),
        }
    }

    /// The data is the old PIN and the new one without anything between; only the length of the
    /// old one tells where it ends.
    pub(super) fn change(&mut self, p1: u8, reference: u8, data: &[u8]) -> Result {
        if p1 != 0x00 {
            return Err(WRONG_P1P2);
        }
        let (len, min) = match reference {
            0x81 => (self.pw1.len(), PW1_MIN),
            0x83 => (self.pw3.len(), PW3_MIN),
            _ => return Err(WRONG_P1P2),
        };
        let (old, new) = data.split_at_checked(len).unwrap_or((data, &[]));
        self.new_pin_fits(new, min)?;
        self.verified = match reference {
            0x81 => Verified {
                signing: false,
                other: false,
                ..self.verified
            },
            _ => Verified {
                admin: false,
                ..self.verified
            },
        };
        let pin = if reference == 0x81 {
            &mut self.pw1
        } else {
            &mut self.pw3
        };
        let verdict = pin.check(old);
        if verdict == Verdict::Right {
            pin.replace(new);
        }
        self.judge(verdict)?;
        Ok(Vec::new())
    }

    /// P1 = 00: resetting code and new PW1; P1 = 02: new PW1, after PW3.
    pub(super) fn unblock(&mut self, p1: u8, reference: u8, data: &[u8]) -> Result {
        if reference != 0x81 {
            return Err(WRONG_P1P2);
        }
        let new = match p1 {
            0x00 => {
                if !self.rc.is_set() {
                    return Err(StatusWord::BLOCKED);
                }
                let (code, new) = data.split_at_checked(self.rc.len()).unwrap_or((data, &[]));
                self.new_pin_fits(new, PW1_MIN)?;
                let verdict = self.rc.check(code);
                self.judge(verdict)?;
                new
            }
            0x02 => {
                if !self.verified.admin {
                    return Err(StatusWord::SECURITY);
                }
                self.new_pin_fits(data, PW1_MIN)?;
                data
            }
            _ => return Err(WRONG_P1P2),
        };
        self.pw1.replace(new);
        self.verified.signing = false;
        self.verified.other = false;
        Ok(Vec::new())
    }

    /// Whether a new PIN has a length that this card takes. Nothing has been compared then.
    pub(super) fn new_pin_fits(&self, pin: &[u8], min: usize) -> Result<()> {
        match self.digest_len() {
            Some(len) if pin.len() == len => Ok(()),
            None if (min..=usize::from(self.model.pin_max)).contains(&pin.len()) => Ok(()),
            _ => Err(StatusWord::WRONG_DATA),
        }
    }

    /// With key derivation a PIN of another length than that of a digest is not even compared.
    fn as_long_as_a_digest(&self, pin: &[u8]) -> Result<()> {
        match self.digest_len() {
            Some(len) if pin.len() != len => Err(StatusWord::WRONG_LENGTH),
            _ => Ok(()),
        }
    }

    /// Bytes of a derived PIN; nothing if PINs are sent as they are.
    fn digest_len(&self) -> Option<usize> {
        let kdf = self.kdf();
        if ber::find(kdf, &[0x81]) != Some(&[0x03]) {
            return None;
        }
        match ber::find(kdf, &[0x82]) {
            Some([0x0A]) => Some(64),
            _ => Some(32),
        }
    }

    /// SET PIN RETRIES of a YubiKey: PINs become the factory ones.
    pub(super) fn set_tries(&mut self, data: &[u8]) -> Result {
        if !self.verified.admin {
            return Err(StatusWord::SECURITY);
        }
        let (&[pw1, rc, pw3], false) = (data, data.contains(&0)) else {
            return Err(StatusWord::WRONG_DATA);
        };
        let part = |tag| ber::find(self.kdf(), &[tag]).map(<[u8]>::to_vec);
        let derived = self.digest_len().is_some();
        let initial = |tag, factory: &[u8]| {
            part(tag)
                .filter(|_| derived)
                .unwrap_or_else(|| factory.to_vec())
        };
        let (first, third) = (initial(0x87, PW1), initial(0x88, PW3));
        self.pw1 = Pin::new(&first, pw1);
        self.rc = Pin::unset(rc);
        self.pw3 = Pin::new(&third, pw3);
        self.verified = Verified::default();
        Ok(Vec::new())
    }
}
