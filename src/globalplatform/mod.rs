//! GlobalPlatform and Open Platform: what the card manager of a Java card tells, the secure channel to
//! it, and what is done through it. Facts: sheet "globalplatform".

mod aid;
pub mod cap;
pub mod script;

pub use aid::{Aid, AidError};
