//! What each command does.

pub(super) mod apdu;
pub(super) mod card;
pub(super) mod certificates;
mod choose;
pub(super) mod gp;
pub(super) mod keys;
pub(super) mod pins;
pub(super) mod plan;
pub(super) mod practice;
pub(super) mod readers;
pub(super) mod show;
