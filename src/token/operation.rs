//! What can be done to a PIN, and why not.

use serde::Serialize;

use super::PinReference;

/// One thing that can be done to a PIN.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Operation {
    /// What.
    pub kind: OperationKind,
    /// The PINs or codes of which one is needed; one of them may be the PIN itself.
    pub needs: Vec<PinReference>,
    /// Why it cannot be done now; nothing if it can.
    pub impossible: Option<Reason>,
}

/// The four things done to a PIN, and the first setting of one that is not there.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationKind {
    /// Check it; a right PIN brings all tries back.
    Verify,
    /// Replace it, knowing it.
    Change,
    /// Give a new one, knowing another code.
    Unblock,
    /// Set it for the first time, or anew, with another PIN.
    Set,
}

/// Why something cannot be done.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It is blocked.
    Blocked,
    /// It is not set.
    NotSet,
    /// Everything that could unblock it is blocked or not set itself.
    NothingUnblocks,
    /// This family, or this card of it, has no such operation.
    Unsupported,
}
