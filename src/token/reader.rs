//! Readers, what is in them, and the service behind them.

use serde::Serialize;

use super::Text;

/// Names a reader while the program runs; numbers are never used again.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct ReaderId(pub u32);

/// A PC/SC reader (a token's built-in one too), or a practice reader.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Reader {
    /// Names it in commands and events.
    pub id: ReaderId,
    /// The name that the service gives it.
    pub name: Text,
    /// Whether it exists in this program only and holds a simulated card.
    pub practice: bool,
    /// Whether PINs can be typed on it (PC/SC part 10). Known once a card was connected.
    pub pinpad: bool,
    /// What is in it.
    pub slot: SlotState,
}

/// What a reader holds.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum SlotState {
    /// No card.
    Empty,
    /// A card that answered to reset.
    Present {
        /// Which card, as far as the reader can tell them apart.
        identity: Identity,
    },
    /// Another program keeps the card for itself.
    Held {
        /// Its name, where it could be found.
        by: Option<Text>,
    },
    /// A card that does not answer to reset.
    Mute,
    /// The reader is listed, but the service cannot reach it.
    Unavailable,
}

/// Which card in which reader: a PIN typed for one never goes to another.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
pub struct Identity {
    /// Where it is.
    pub reader: ReaderId,
    /// Counts the cards put into this reader while the program runs.
    pub insertion: u64,
}

/// The smart card service, as a whole.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceState {
    /// Not asked yet.
    Starting,
    /// It answers.
    Running,
    /// No such program on this machine.
    NotInstalled,
    /// Installed, but nobody answers.
    Stopped,
    /// It answers, and refuses this user or session.
    Refused,
    /// It is there, and does not answer, or not as it should.
    Silent,
}

/// Transmission protocols (ISO/IEC 7816-3).
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CardProtocol {
    /// Character by character; no command with data both ways.
    T0,
    /// In blocks.
    T1,
}
