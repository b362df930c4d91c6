//! Practice cards: simulated cards to rehearse on, and to test with. A card is a function from
//! command bytes to response bytes ([`Card`]), so it can lie in a [`SimulatedReader`] or be served
//! to a real smart card service.
//!
//! Written from the standards alone; shares nothing with the drivers but `iso7816`.

mod card;
mod cardos;
mod certificates;
mod chip;
pub mod faults;
mod filed;
mod globalplatform;
mod interface;
mod keys;
mod muscle;
mod openpgp;
mod pin;
mod pinpad;
mod piv;
mod pkcs15;
mod pool;
mod random;
mod reader;
mod rubbish;
mod unknown;
pub mod vpcd;
pub mod wardrobe;

pub use card::{Brake, Card};
pub use cardos::{CardOs, Model as CardOsModel, Owner as CardOsOwner};
pub use chip::{Applet, Chip};
pub use filed::Filed;
pub use globalplatform::{
    Diversification, Factory, GlobalPlatform, Model as GlobalPlatformModel, Protocol,
};
pub use keys::{KeyKind, PrivateKey};
pub use muscle::{Build as MuscleBuild, Muscle, Owner as MuscleOwner};
pub use openpgp::{KeyRef, Model, OpenPgp};
pub use pinpad::{Keys, Typed};
pub use piv::{Piv, YubiKey, certificate_object};
pub use random::Random;
pub use reader::{Occupancy, SimulatedReader};
pub use rubbish::{Manner, Rubbish};
pub use unknown::PaymentDirectory;
