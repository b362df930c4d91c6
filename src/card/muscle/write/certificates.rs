//! Certificates in the objects.

use super::Survey;
use super::hand::{GUARDED, Hand, file};
use crate::card::CardError;
use crate::card::muscle::MuscleError;
use crate::card::pkcs15::directory::Kind;
use crate::card::pkcs15::encode;
use crate::card::task::NewCertificate;
use crate::transport::channel::Channel;

/// The high byte of the files of certificates.
const FILES: u8 = 0x31;

/// Stores a certificate. One with the same identifier is replaced: the new one is there before the
/// list names it, and the old one until then.
///
/// # Errors
///
/// [`MuscleError::Full`],
/// [`MuscleError::NotPersonalised`], or another [`CardError`]; it
/// may be done again.
pub fn store_certificate(
    channel: &mut Channel<'_>,
    survey: &mut Survey,
    new: &NewCertificate,
) -> Result<(), CardError> {
    let mut hand = Hand::new(channel, survey);
    let old = hand.object_of(Kind::Certificates, &new.id.0);
    let object = hand.free_file(Kind::Certificates, FILES)?;
    hand.put(object, new.der.0.len(), GUARDED, &new.der.0)?;
    let entry = encode::certificate(new, file(object));
    if let Err(error) = hand.edit(Kind::Certificates, &new.id.0, Some(entry)) {
        // Nothing names it: it would only eat the memory that is missing.
        if error == MuscleError::Full.into() {
            hand.remove(object, false)?;
        }
        return Err(error);
    }
    if let Some(old) = old {
        hand.remove(old, false)?;
    }
    *survey = hand.survey;
    Ok(())
}

/// Deletes a certificate, its entry first.
///
/// # Errors
///
/// [`CardError`]; it may be done again.
pub fn delete_certificate(
    channel: &mut Channel<'_>,
    survey: &mut Survey,
    id: &[u8],
) -> Result<(), CardError> {
    let mut hand = Hand::new(channel, survey);
    let object = hand.object_of(Kind::Certificates, id);
    hand.edit(Kind::Certificates, id, None)?;
    if let Some(object) = object {
        hand.remove(object, false)?;
    }
    *survey = hand.survey;
    Ok(())
}
