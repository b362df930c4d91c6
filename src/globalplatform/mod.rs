//! GlobalPlatform and Open Platform: what the card manager of a Java card tells, the secure channel to
//! it, and what is done through it. Facts: sheet "globalplatform".

mod aid;
pub mod attempts;
pub mod cap;
pub mod channel;
pub mod content;
mod crypto;
pub mod discovery;
pub mod keys;
pub mod registry;
pub mod script;

pub use aid::{Aid, AidError};
pub use attempts::{Attempts, CardId, KeptAttempts, MAX_USUAL_TRIES};
pub use channel::{ChannelError, Edition, Level, SecureChannel, Wish};
pub use keys::{Diversification, KeyFamily, Keys, WellKnownKey};
