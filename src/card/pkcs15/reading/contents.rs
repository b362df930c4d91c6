//! What the entries of the lists point at: certificates, public keys and data.

use super::{Listed, Reading};
use crate::card::pkcs15::files::Read;
use crate::card::pkcs15::objects::{Place, Value};
use crate::card::pkcs15::public_keys;
use crate::card::{CardError, iso};
use crate::iso7816::StatusWord;
use crate::iso7816::tlv::ber;
use crate::pki::certificate as x509;
use crate::token::{
    Access, Application, Certificate, DataKind, DataObject, Key, KeyRef, PinReference, PublicKey,
};
use crate::transport::channel::Channel;

impl Reading {
    pub(super) fn read_certificate(
        &self,
        found: Listed,
        channel: &mut Channel<'_>,
        application: &mut Application,
    ) -> Result<(), CardError> {
        let read = match self.known_certificate(&found) {
            Some(der) => Ok(Some(der)),
            None => self.first_object(&found.value, channel),
        };
        if is_locked(&read) {
            application.data.push(DataObject {
                kind: DataKind::Named,
                label: found.label,
                access: Access::Pin(found.guardian),
                content: None,
                facts: found.facts,
            });
            return Ok(());
        }
        let der = iso::noted(application, "certificate", read)?;
        let Some(der) = der else {
            return Ok(());
        };
        let certificate = Certificate {
            label: found.label,
            facts: found.facts,
            ..x509::stored(found.reference, whole(&der).to_vec())
        };
        // The lists tell the size of a curve, and the certificate which it is.
        if let Some(summary) = &certificate.summary {
            tell_kind(application, found.reference, &summary.public_key);
        }
        application.certificates.push(certificate);
        Ok(())
    }

    /// The public half of a key, where no certificate has it.
    pub(super) fn read_public_key(
        &self,
        index: usize,
        (reference, value): (KeyRef, Value),
        channel: &mut Channel<'_>,
        application: &mut Application,
    ) -> Result<(), CardError> {
        let in_certificate = application
            .certificates
            .iter()
            .any(|certificate| certificate.slot == reference && certificate.summary.is_some());
        let has_private = application
            .keys
            .iter()
            .any(|key| key.reference == reference);
        let wanted = |key: &Key| key.reference == reference && key.public_key.is_none();
        if in_certificate || has_private && !application.keys.iter().any(wanted) {
            return Ok(());
        }
        let bytes = self.first_object(&value, channel);
        if is_locked(&bytes) {
            return Ok(());
        }
        let Some(bytes) = iso::noted(application, "public key", bytes)? else {
            return Ok(());
        };
        let Some(found) = public_keys::of(&bytes) else {
            if !public_keys::is_bare_point(&bytes) {
                application.mark("public key: none");
            }
            return Ok(());
        };
        tell_kind(application, reference, &found);
        for key in application.keys.iter_mut().filter(|key| wanted(key)) {
            key.public_key = Some(found.clone());
        }
        if let Some(object) = application.public_keys.get_mut(index) {
            object.public_key = Some(found);
        }
        Ok(())
    }

    /// What a value holds that is one object.
    pub(super) fn first_object(
        &self,
        value: &Value,
        channel: &mut Channel<'_>,
    ) -> Result<Option<Vec<u8>>, CardError> {
        let part = value.place().and_then(Place::part);
        let read = match part {
            None => self.source.object,
            Some(_) => self.source.whole,
        };
        self.content(value, read, channel)
    }

    /// What a value holds. There always is something: what is not there is an error.
    fn content(
        &self,
        value: &Value,
        read: Read,
        channel: &mut Channel<'_>,
    ) -> Result<Option<Vec<u8>>, CardError> {
        match value {
            Value::Direct(bytes) => Ok(Some(bytes.clone())),
            Value::At(place) => {
                let file = read(channel, &self.path(place)?)?;
                let file = file.ok_or(CardError::NotFound {
                    what: "the file of an object",
                })?;
                let cut = place.cut(file);
                cut.map(Some)
                    .ok_or(CardError::Malformed("a part of a file that is not there"))
            }
        }
    }

    /// Data that can be read. What only a PIN opens is named, and not asked for without it.
    pub(super) fn read_data(
        &self,
        index: usize,
        value: &Value,
        guardian: PinReference,
        channel: &mut Channel<'_>,
        application: &mut Application,
    ) -> Result<(), CardError> {
        let Some(object) = application.data.get_mut(index) else {
            return Ok(());
        };
        if !self.is_open(object.access) {
            return Ok(());
        }
        let content = match self.known_data(object) {
            Some(content) => Ok(Some(content)),
            None => self.content(value, self.source.whole, channel),
        };
        if is_locked(&content) {
            object.access = Access::Pin(guardian);
            return Ok(());
        }
        let content = iso::noted(application, "data", content)?;
        if let Some(object) = application.data.get_mut(index) {
            object.content = content;
        }
        Ok(())
    }

    /// A certificate that was shown before the PIN: it is not read twice.
    fn known_certificate(&self, found: &Listed) -> Option<Vec<u8>> {
        let (_, shown) = self.verified.as_ref()?;
        let mut all = shown.certificates.iter();
        let known = all.find(|known| known.facts == found.facts && known.label == found.label)?;
        Some(known.der.clone())
    }

    /// The same for data.
    fn known_data(&self, found: &DataObject) -> Option<Vec<u8>> {
        let (_, shown) = self.verified.as_ref()?;
        let mut all = shown.data.iter();
        let known = all.find(|known| known.facts == found.facts && known.label == found.label)?;
        known.content.clone()
    }
}

/// Whether the card wants a PIN first.
pub(super) fn is_locked<T>(read: &Result<T, CardError>) -> bool {
    matches!(read, Err(CardError::Status { sw, .. })
        if matches!(*sw, StatusWord::SECURITY | iso::MUSCLE_UNAUTHORIZED))
}

/// The kind of a key whose entry does not tell it.
fn tell_kind(application: &mut Application, reference: KeyRef, public: &PublicKey) {
    for key in &mut application.keys {
        if key.reference == reference && key.algorithm.is_none() {
            key.algorithm = Some(public.algorithm.clone());
        }
    }
}

/// The first object in a file that may be longer.
pub(in crate::card) fn whole(bytes: &[u8]) -> &[u8] {
    let mut objects = ber::objects(bytes);
    match objects.next() {
        Some(_) => bytes
            .get(..bytes.len() - objects.rest().len())
            .unwrap_or(bytes),
        None => bytes,
    }
}
