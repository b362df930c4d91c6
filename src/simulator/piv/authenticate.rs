//! GENERAL AUTHENTICATE (SP 800-73-4 Part 2, 3.2.4): signing, deciphering, key agreement.

use super::Piv;
use super::keys::{PinPolicy, algorithm};
use super::management::{Challenge, wrapped};
use crate::iso7816::tlv::ber;
use crate::iso7816::{Parsed, StatusWord};
use crate::simulator::chip::Result;
use crate::simulator::keys::KeyKind;

impl Piv {
    pub(super) fn general_authenticate(
        &mut self,
        command: &Parsed<'_>,
        fresh: bool,
        challenge: Option<Challenge>,
    ) -> Result {
        let [_, _, wanted, slot] = command.header;
        let template = ber::find(command.data, &[0x7C]).ok_or(StatusWord::WRONG_DATA)?;
        if slot == 0x9B {
            return self.prove_management(wanted, template, challenge);
        }
        let slot = match slot {
            // The attestation key signs nothing but attestations.
            0x82..=0x95 | 0x9A | 0x9C..=0x9E => {
                self.keys.get(&slot).ok_or(StatusWord::NO_OBJECT)?
            }
            _ => return Err(StatusWord::WRONG_P1P2),
        };
        if algorithm(slot.key.kind()) != wanted {
            return Err(StatusWord::WRONG_P1P2);
        }
        let allowed = match slot.pin_policy {
            PinPolicy::Never => true,
            PinPolicy::Once => self.verified,
            PinPolicy::Always => fresh,
        };
        if !allowed {
            return Err(StatusWord::SECURITY);
        }
        if ber::find(template, &[0x82]) != Some(&[]) {
            return Err(StatusWord::WRONG_DATA);
        }
        let input = ber::find(template, &[0x81]);
        let point = ber::find(template, &[0x85]);
        let result = match (input, point, slot.key.kind()) {
            (Some(input), None, KeyKind::Rsa(_)) => slot.key.rsa(input),
            (Some(input), None, KeyKind::P256) if input.len() <= 32 => slot.key.ecdsa_der(input),
            (Some(input), None, KeyKind::P384) if input.len() <= 48 => slot.key.ecdsa_der(input),
            (Some(input), None, KeyKind::Ed25519) => slot.key.eddsa(input),
            (None, Some(point), _) => slot.key.agree(point),
            _ => None,
        };
        wrapped(0x82, result)
    }
}
