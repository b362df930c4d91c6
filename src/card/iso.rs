//! Commands that families share (ISO/IEC 7816-4).

use super::CardError;
use crate::iso7816::tlv::compact;
use crate::iso7816::{Command, Le, Response, StatusWord};
use crate::token::{Application, PinRole, TriesLeft};
use crate::transport::channel::Channel;

/// A right is missing, as the MUSCLE applet says it (sheet "muscle", 9).
pub(super) const MUSCLE_UNAUTHORIZED: StatusWord = StatusWord(0x9C06);

/// Not set up yet, as the MUSCLE applet says it.
pub(super) const MUSCLE_UNSUPPORTED: StatusWord = StatusWord(0x9C05);

/// A PIN was wrong, as the MUSCLE applet says it; it tells no number of tries.
pub(super) const MUSCLE_WRONG_PIN: StatusWord = StatusWord(0x9C02);

/// Selects an application by its identifier, which may be cut at the right (7816-4:2020,
/// 11.2.2). Nothing if the card says that there is none.
///
/// # Errors
///
/// [`CardError::Link`], or [`CardError::Status`] for an answer that is neither.
pub(super) fn select(channel: &mut Channel<'_>, aid: &[u8]) -> Result<Option<Response>, CardError> {
    let answer = channel.transmit(&selection(aid))?;
    if answer.sw.is_ok() || answer.sw == StatusWord::TERMINATED {
        return Ok(Some(answer));
    }
    // Many cards refuse an unknown application with something of their own; nothing is
    // selected then, and that is all that matters here.
    channel.count_as_absent();
    Ok(None)
}

/// SELECT by name.
pub(super) fn selection(aid: &[u8]) -> Command {
    Command::new([0x00, 0xA4, 0x04, 0x00])
        .data(aid)
        .expecting(Le::ALL)
}

/// Whether what is selected takes commands of the standard at all, with one that changes nothing:
/// READ BINARY. The MUSCLE applet says "done" to any SELECT, and knows no other class than its own
/// (sheet "muscle", 1 and 2). Where this is not so, the last SELECT was one of something that is
/// not there.
///
/// # Errors
///
/// [`CardError::Link`].
pub(super) fn knows_files(channel: &mut Channel<'_>) -> Result<bool, CardError> {
    let command = Command::new([0x00, 0xB0, 0x00, 0x00]).expecting(Le::bytes(1));
    let known = channel.transmit(&command)?.sw != StatusWord::NO_CLASS;
    if !known {
        channel.count_as_absent();
    }
    Ok(known)
}

/// Whether the MUSCLE applet is what is selected, whatever SELECT said: asked is its GetStatus (sheet
/// "muscle", 1 and 8).
///
/// # Errors
///
/// [`CardError::Link`].
pub(super) fn is_muscle(channel: &mut Channel<'_>) -> Result<bool, CardError> {
    let command = Command::new([0xB0, 0x3C, 0x00, 0x00]).expecting(Le::bytes(0x10));
    let answer = channel.transmit(&command)?;
    let is_status = answer.sw.is_ok() && answer.data.first() == Some(&0x01);
    Ok(is_status || answer.sw == MUSCLE_UNSUPPORTED)
}

/// Whether the historical bytes announce extended length (7816-4:2020, 12.2.2, third software
/// function table, bit 7).
pub(super) fn announces_extended(historical: &[u8]) -> bool {
    let [0x00 | 0x80 | 0x10, objects @ ..] = historical else {
        return false;
    };
    let mut capabilities = compact::objects(objects).filter(|(tag, _)| *tag == 7);
    capabilities.any(|(_, value)| value.get(2).is_some_and(|table| table & 0x40 != 0))
}

/// What VERIFY and its kin said.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    /// Right.
    Satisfied,
    /// Wrong, or a question for the counter: so many tries are left.
    Refused(TriesLeft),
    /// Something that says nothing about the PIN.
    Other(StatusWord),
}

impl Verdict {
    /// Reads a status word (7816-4:2020, 11.6.6).
    pub(super) fn of(sw: StatusWord) -> Self {
        match (sw, sw.counter()) {
            (StatusWord::OK, _) => Self::Satisfied,
            (StatusWord::BLOCKED, _) => Self::Refused(TriesLeft::Blocked),
            (StatusWord::CHECK_FAILED, _) => Self::Refused(TriesLeft::Unknown),
            (_, Some(left)) => Self::Refused(TriesLeft::from_counter(left)),
            (sw, None) => Self::Other(sw),
        }
    }

    /// The verdict on a PIN that was sent.
    pub(super) fn judge(self, role: PinRole, operation: &'static str) -> Result<(), CardError> {
        match self {
            Self::Satisfied => Ok(()),
            // Blocked by this very try, or before it: the card does not tell, and the remedy
            // is the same. The guard has read the counter before.
            Self::Refused(TriesLeft::Blocked) => Err(CardError::Blocked { role }),
            Self::Refused(left) => Err(CardError::WrongPin { role, left }),
            Self::Other(sw) => Err(CardError::Status { operation, sw }),
        }
    }
}

/// Notes in the application what is wrong with a part of it, and goes on without that part:
/// one bad object hides no other.
///
/// # Errors
///
/// [`CardError::Link`] only.
pub(super) fn noted<T: Default>(
    application: &mut Application,
    part: &str,
    read: Result<T, CardError>,
) -> Result<T, CardError> {
    match read {
        Ok(read) => Ok(read),
        Err(CardError::Link(error)) => Err(error.into()),
        Err(error) => {
            application.mark(&format!("{part}: {error}"));
            Ok(T::default())
        }
    }
}

/// Data of a GET DATA that may be absent.
///
/// # Errors
///
/// [`CardError::Status`] for an answer that is neither data nor absence.
pub(super) fn present(
    answer: Response,
    operation: &'static str,
) -> Result<Option<Vec<u8>>, CardError> {
    match answer.sw {
        StatusWord::OK => Ok(Some(answer.data)),
        sw if sw.is_absence() => Ok(None),
        sw => Err(CardError::Status { operation, sw }),
    }
}
