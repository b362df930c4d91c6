//! The applet's own status words (sheet "muscle", 9).

use crate::iso7816::StatusWord;

/// No room for the object.
pub(super) const NO_MEMORY: StatusWord = StatusWord(0x9C01);
/// A PIN, an unblock code or a cryptogram is wrong.
pub(super) const AUTH_FAILED: StatusWord = StatusWord(0x9C02);
/// Not in this state, or not in this slot.
pub(super) const NOT_ALLOWED: StatusWord = StatusWord(0x9C03);
/// Not in this build, or the applet is not set up.
pub(super) const UNSUPPORTED: StatusWord = StatusWord(0x9C05);
/// An identity is missing.
pub(super) const UNAUTHORIZED: StatusWord = StatusWord(0x9C06);
/// No such object.
pub(super) const NO_OBJECT: StatusWord = StatusWord(0x9C07);
/// There is such an object.
pub(super) const OBJECT_EXISTS: StatusWord = StatusWord(0x9C08);
/// The algorithm does not fit.
pub(super) const WRONG_ALGORITHM: StatusWord = StatusWord(0x9C09);
/// No tries are left.
pub(super) const BLOCKED: StatusWord = StatusWord(0x9C0C);
/// Said of DSA.
pub(super) const UNSPECIFIED: StatusWord = StatusWord(0x9C0D);
/// Something in the data is wrong.
pub(super) const WRONG_PARAMETER: StatusWord = StatusWord(0x9C0F);
/// P1.
pub(super) const WRONG_P1: StatusWord = StatusWord(0x9C10);
/// P2.
pub(super) const WRONG_P2: StatusWord = StatusWord(0x9C11);
/// The list of objects is at its end.
pub(super) const SEQUENCE_END: StatusWord = StatusWord(0x9C12);
/// A cipher was not begun.
pub(super) const INTERNAL: StatusWord = StatusWord(0x9CFF);
/// What a Java card says of an exception that the applet did not catch.
pub(super) const EXCEPTION: StatusWord = StatusWord::UNKNOWN;
