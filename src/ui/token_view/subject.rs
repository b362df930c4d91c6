//! What the pages are about.

use std::sync::Arc;

use crate::plan::journal::Unfinished;
use crate::token::{Identity, Reader, Token};

/// A token in a reader at a moment.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    /// Where it is.
    pub(super) reader: Reader,
    /// Which card.
    pub(super) identity: Identity,
    /// What is on it.
    pub(super) token: Arc<Token>,
    /// The plan that was broken off on it.
    pub(super) unfinished: Option<Arc<Unfinished>>,
    /// The moment, in seconds since 1970.
    pub(super) now: i64,
}
