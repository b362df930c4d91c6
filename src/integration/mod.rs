//! Files of other programs, changed so that these work with Symbolon, and taken back again.
//!
//! Touches no card. Every change is a value first ([`change::Change`]): it is looked at, carried
//! out whole or not at all, and undone if what comes after does not go well.

pub mod change;
pub mod gnupg;
