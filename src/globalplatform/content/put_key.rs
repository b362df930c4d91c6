//! PUT KEY: a new key set. If this goes wrong without anyone knowing, the card manager is lost.

use crate::base::secret::Secret;
use crate::globalplatform::channel::{ChannelError, SecureChannel};
use crate::globalplatform::crypto;
use crate::globalplatform::keys::KeyError;
use crate::globalplatform::keys::{CheckValue, KeyFamily, Keys};
use crate::iso7816::{Command, Le};
use crate::transport::channel::Channel;

use super::{ContentError, Operation, judge};

/// How keys of DES are announced.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum DesKeyType {
    /// 80, of GlobalPlatform.
    #[default]
    Des,
    /// 81, of Open Platform 2.0.1'.
    DesEcb,
}

/// PUT KEY, and what the card has to answer.
#[derive(Debug)]
pub struct PutKey {
    /// The command.
    pub command: Command,
    version: u8,
    check_values: [CheckValue; 3],
}

/// The version of a new key set, and that in the place of which it comes, as PUT KEY takes them (sheet,
/// 1.3): 01 to 7F, and 00 where nothing is replaced. Keys of the factory, FF, cannot be named, and make
/// way by themselves.
///
/// # Errors
///
/// [`KeyError::Version`].
pub fn versions(version: u8, replaced: Option<u8>) -> Result<(u8, u8), KeyError> {
    let bounded = |version: u8| match version {
        0x01..=0x7F => Ok(version),
        _ => Err(KeyError::Version { version }),
    };
    let replaced = match replaced {
        None | Some(0xFF) => 0,
        Some(version) => bounded(version)?,
    };
    Ok((bounded(version)?, replaced))
}

/// PUT KEY for three keys with the numbers 1 to 3, in place of the key set `replaced`, or as a new
/// one if there is none. A key set is only replaced by keys of the same length.
///
/// # Errors
///
/// [`ChannelError::OtherFamily`] if the channel cannot carry such keys; [`KeyError::Version`] as
/// [`versions`].
pub fn put_key(
    secure: &SecureChannel,
    version: u8,
    replaced: Option<u8>,
    keys: &Keys,
    des: DesKeyType,
) -> Result<PutKey, ChannelError> {
    if keys.family() != secure.family() {
        let (found, family) = (secure.protocol(), keys.family());
        return Err(ChannelError::OtherFamily { found, family });
    }
    let (version, replaced) = versions(version, replaced)?;
    let check_values = keys.check_values()?;
    let mut data = Secret::with_capacity(160);
    data.extend(&[version]);
    for (key, CheckValue(value)) in keys.all().into_iter().zip(check_values) {
        let sealed = secure.seal_key(key.expose())?;
        // At most 33 bytes.
        let byte = |len: usize| u8::try_from(len).unwrap_or(u8::MAX);
        match keys.family() {
            KeyFamily::TripleDes => {
                let kind = match des {
                    DesKeyType::Des => 0x80,
                    DesKeyType::DesEcb => 0x81,
                };
                data.extend(&[kind, byte(sealed.len())]);
            }
            KeyFamily::Aes => data.extend(&[0x88, byte(sealed.len() + 1), byte(key.len())]),
        }
        data.extend(&sealed);
        data.extend(&[3]);
        data.extend(&value);
    }
    let several = 0x81;
    let command = Command::new([0x80, 0xD8, replaced, several])
        .secret(data)
        .expecting(Le::ALL);
    Ok(PutKey {
        command,
        version,
        check_values,
    })
}

impl PutKey {
    /// Sends it, and looks whether the card has these keys then.
    ///
    /// # Errors
    ///
    /// [`ContentError`]; after [`ContentError::OtherKeys`] and [`ContentError::Channel`] the keys of
    /// the card may be others than before.
    pub fn send(
        &self,
        secure: &mut SecureChannel,
        channel: &mut Channel<'_>,
    ) -> Result<(), ContentError> {
        let answer = secure.transmit(channel, &self.command)?;
        judge(Operation::PutKey, &answer)?;
        self.check(&answer.data)
    }

    /// Whether the card answered that it has these keys, to a command that it has carried out.
    ///
    /// # Errors
    ///
    /// [`ContentError::OtherKeys`]: the card has keys now that are not those that were sent.
    pub fn check(&self, answer: &[u8]) -> Result<(), ContentError> {
        let mut expected = vec![self.version];
        for CheckValue(value) in self.check_values {
            expected.extend(value);
        }
        // Some cards answer with the version alone, or with nothing.
        let same = answer.is_empty() || expected.starts_with(answer) && answer.len() == 1;
        if same || crypto::same(answer, &expected) {
            Ok(())
        } else {
            Err(ContentError::OtherKeys)
        }
    }
}
