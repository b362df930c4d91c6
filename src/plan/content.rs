//! Plans for what is on a Java card: what is needed to make them, and the plans.

pub use crate::card::task::Opening;
pub use crate::globalplatform::cap::{self, CapError, CapFile, CapFinding, CardSide};
pub use crate::globalplatform::{
    Aid, AidError, ChannelError, Diversification, Edition, KeyFamily, Keys, Level, WellKnownKey,
};
