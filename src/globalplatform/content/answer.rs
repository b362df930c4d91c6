//! What the answers to commands that change a card mean (sheet "globalplatform", 4 and 4.3).

use crate::globalplatform::channel::ChannelError;
use crate::iso7816::tlv::ber;
use crate::iso7816::{Response, StatusWord};

/// Which command was answered: the same status word means different things.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Operation {
    /// DELETE of an application or a package.
    Delete,
    /// DELETE of keys.
    DeleteKey,
    /// INSTALL \[for load\].
    InstallForLoad,
    /// LOAD.
    Load,
    /// INSTALL \[for install\], with or without \[for make selectable\].
    InstallForInstall,
    /// The other kinds of INSTALL.
    InstallOther,
    /// SET STATUS.
    SetStatus,
    /// STORE DATA.
    StoreData,
    /// PUT KEY.
    PutKey,
}

/// What a card tells besides "done".
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Receipt {
    /// The receipt of delegated management; empty from most cards.
    pub receipt: Vec<u8>,
    /// Bytes that do not stay, as some cards of Open Platform tell after INSTALL.
    pub ram: Option<u32>,
    /// Bytes that stay, as some cards of Open Platform tell after INSTALL.
    pub data: Option<u32>,
}

/// Why a card did not do what it was asked for.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ContentError {
    /// The secure channel.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// There is no such thing on the card.
    #[error("not on the card: {sw}")]
    NotFound {
        /// What it said.
        sw: StatusWord,
    },
    /// Something else on the card needs it: a package with instances, or one that others import.
    #[error("still in use")]
    StillReferenced,
    /// The data are wrong, or there is something with this name already: cards say the same to both.
    #[error("wrong data, or it exists already: {sw}")]
    WrongData {
        /// What it said.
        sw: StatusWord,
    },
    /// There is not enough memory.
    #[error("not enough memory")]
    NoMemory,
    /// The memory of the card failed.
    #[error("the memory of the card failed")]
    MemoryFailure,
    /// A package that this one needs is not on the card, or in another version.
    #[error("a package that this one imports is missing")]
    ImportMissing,
    /// The applet broke off while it was installed.
    #[error("the applet broke off")]
    AppletThrew,
    /// The card does not allow it: right of access, life cycle, or a broken channel.
    #[error("not allowed: {sw}")]
    Security {
        /// What it said.
        sw: StatusWord,
    },
    /// It cannot be done now: blocks in the wrong order, or a state that does not allow it.
    #[error("conditions not met")]
    Conditions,
    /// The check value of a key is wrong.
    #[error("the card computed another check value")]
    CheckValue,
    /// The card has keys now that are not those that were sent.
    #[error("the card has other keys now")]
    OtherKeys,
    /// The card has no such function, or not with these parameters.
    #[error("not supported: {sw}")]
    NotSupported {
        /// What it said.
        sw: StatusWord,
    },
    /// The card does not take a command of this length.
    #[error("wrong length")]
    Length,
    /// Another status word.
    #[error("refused: {sw}")]
    Refused {
        /// What it said.
        sw: StatusWord,
    },
}

/// What an answer means.
///
/// # Errors
///
/// [`ContentError`]; nothing was changed on the card then, as far as a card can be believed.
pub fn judge(operation: Operation, answer: &Response) -> Result<Receipt, ContentError> {
    use Operation as O;
    let sw = answer.sw;
    Err(match (sw.0, operation) {
        (0x9000, _) => return Ok(receipt(operation, &answer.data)),
        (0x6A88, _) | (0x6A82, O::Delete | O::DeleteKey) => ContentError::NotFound { sw },
        (0x6985, O::Delete) => ContentError::StillReferenced,
        (0x6985 | 0x6A86, O::Load) | (0x6985, _) => ContentError::Conditions,
        (0x9485, _) | (0x6A80, O::PutKey) => ContentError::CheckValue,
        (0x6A80 | 0x6A89, _) => ContentError::WrongData { sw },
        (0x6A84, _) => ContentError::NoMemory,
        (0x6581, _) => ContentError::MemoryFailure,
        (0x6438, _) => ContentError::ImportMissing,
        (0x6F00, O::InstallForInstall) => ContentError::AppletThrew,
        (0x6982 | 0x6983, _) => ContentError::Security { sw },
        (0x6700, _) => ContentError::Length,
        (0x6A81 | 0x6A86 | 0x6D00 | 0x6E00 | 0x9484, _) => ContentError::NotSupported { sw },
        _ => ContentError::Refused { sw },
    })
}

/// A receipt with its length before it, and what some cards add behind.
fn receipt(operation: Operation, data: &[u8]) -> Receipt {
    if matches!(operation, Operation::PutKey | Operation::StoreData) {
        return Receipt::default();
    }
    let Some((&len, rest)) = data.split_first() else {
        return Receipt::default();
    };
    let (receipt, rest) = rest.split_at_checked(len.into()).unwrap_or_default();
    let number = |tag| {
        let value = ber::find(rest, &[tag]).filter(|value| value.len() <= 4)?;
        Some(
            value
                .iter()
                .fold(0, |all, &byte| all << 8 | u32::from(byte)),
        )
    };
    Receipt {
        receipt: receipt.to_vec(),
        ram: number(0xC7),
        data: number(0xC8),
    }
}

#[cfg(test)]
mod tests {
    use super::{Operation, judge};
    use crate::iso7816::{Response, StatusWord};

    proptest::proptest! {
        #[test]
        fn any_answer_is_judged(data: Vec<u8>, sw: u16) {
            let answer = Response { data, sw: StatusWord(sw) };
            for operation in [Operation::Delete, Operation::Load, Operation::InstallForInstall, Operation::PutKey] {
                proptest::prop_assert_eq!(judge(operation, &answer).is_ok(), sw == 0x9000);
            }
        }
    }
}
