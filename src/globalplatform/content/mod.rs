//! What changes a card: commands as data, and what the answers to them mean (sheet
//! "globalplatform", 4). All are sent through a secure channel.

mod answer;
mod install;
mod load;
mod put_key;

pub use answer::{ContentError, Operation, Receipt, judge};
pub use install::{
    Install, Limits, Rounding, for_extradition, for_install, for_load, for_personalization,
    make_selectable,
};
pub use load::{LoadError, Signature, load, stream};
pub use put_key::{DesKeyType, PutKey, put_key, versions};

use zeroize::Zeroizing;

use super::Aid;
use super::channel::SecureChannel;
use crate::base::secret::Secret;
use crate::iso7816::tlv::ber;
use crate::iso7816::{Command, Le};
use crate::transport::channel::Channel;

/// What a life-cycle state is set for (P1 of SET STATUS).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StatusOf {
    /// The card: 01, 07, 0F one way; 7F and back; FF is the end of the card.
    Card,
    /// An application or a security domain: 80 locks it, 00 unlocks it.
    Application,
    /// A security domain with all that belongs to it.
    DomainWithApplications,
}

/// How data for STORE DATA is built.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum StoreFormat {
    /// As the application wants it.
    #[default]
    Any,
    /// Data groups: identifier, length, data.
    Dgi,
    /// BER-TLV.
    BerTlv,
}

/// Sends a command and says what came of it.
///
/// # Errors
///
/// [`ContentError`]. After [`ContentError::Channel`] it is not known whether it was carried out.
pub fn carry_out(
    secure: &mut SecureChannel,
    channel: &mut Channel<'_>,
    operation: Operation,
    command: &Command,
) -> Result<Receipt, ContentError> {
    let answer = secure.transmit(channel, command)?;
    judge(operation, &answer)
}

/// DELETE of an application or a package.
///
/// With `related`, what was made of a package goes with it; Open Platform 2.0.1' does not know it.
#[must_use]
pub fn delete(aid: &Aid, related: bool) -> Command {
    let p2 = if related { 0x80 } else { 0x00 };
    Command::new([0x80, 0xE4, 0x00, p2])
        .data(ber::encode(0x4F, aid.bytes()))
        .expecting(Le::ALL)
}

/// DELETE of keys: those of a version, those with a number, or one with both.
#[must_use]
pub fn delete_key(id: Option<u8>, version: Option<u8>) -> Command {
    let mut data = Vec::new();
    if let Some(id) = id {
        ber::push(&mut data, 0xD0, &[id]);
    }
    if let Some(version) = version {
        ber::push(&mut data, 0xD2, &[version]);
    }
    Command::new([0x80, 0xE4, 0x00, 0x00])
        .data(data)
        .expecting(Le::ALL)
}

/// SET STATUS. Without a name it is for the card.
#[must_use]
pub fn set_status(of: StatusOf, state: u8, aid: Option<&Aid>) -> Command {
    let p1 = match of {
        StatusOf::Card => 0x80,
        StatusOf::Application => 0x40,
        StatusOf::DomainWithApplications => 0x60,
    };
    let command = Command::new([0x80, 0xF0, p1, state]);
    match aid {
        Some(aid) => command.data(aid.bytes()),
        None => command,
    }
}

/// STORE DATA: one block, the last or one before. What is stored is nobody's to see.
#[must_use]
pub fn store_data(
    block: u8,
    last: bool,
    format: StoreFormat,
    encrypted: bool,
    data: Secret,
) -> Command {
    let mut p1 = match format {
        StoreFormat::Any => 0x00,
        StoreFormat::Dgi => 0x08,
        StoreFormat::BerTlv => 0x10,
    };
    if last {
        p1 |= 0x80;
    }
    if encrypted {
        p1 |= 0x60;
    }
    Command::new([0x80, 0xE2, p1, block]).secret(data)
}

/// Appends a value with its length before it, as INSTALL has them: in one byte up to 7F.
fn push_counted(out: &mut Vec<u8>, value: &[u8]) {
    // What a data object has behind its tag.
    let object = Zeroizing::new(ber::encode(0x80, value));
    out.extend(object.iter().skip(1));
}
